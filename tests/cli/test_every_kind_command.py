"""Commands and options on networks of every kind: pictures, samples of several rows, tokens."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from pathlib import Path

import numpy as np
import pytest
from inside import Done, ann

import anncli
from anncli.network.layers.base import Shape
from anncli.network.network import Network
from anncli.network.topology import Topology

__all__ = ["ann"]
Run = Callable[..., Done]

SERIES = Shape(2, None)
TOKENS = Shape(4, None, None, True)
BLOCKS = "a,b,y\n1,2,in\n3,1,in\n\n5,5,out\n\n2,0,in\n0,1,in\n1,1,in\n\n4,4,out\n"
SPARSE = "1 1:2 4:0.5\n-1 2:1\n1 4:1\n-1 3:2\n"


def write(path: Path, layers: str, shape: Shape) -> None:
    topology = Topology(shape, layers.split(", "))
    parameters = np.linspace(-1, 1, topology.n_parameters).astype(np.float32)
    anncli.save(Network(topology, parameters, classes=("in", "out")), path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "s.nn", "mean, 1 logistic", SERIES)
    write(tmp_path / "t.nn", "2 tanh, 1 logistic", TOKENS)
    (tmp_path / "x.csv").write_text(BLOCKS)
    (tmp_path / "x.svm").write_text(SPARSE)
    (tmp_path / "s.def").write_text("anncli: 1\ninputs: any x 2\nlayers: [mean, 1 logistic]\n")
    (tmp_path / "r.def").write_text("anncli: 1\ninputs: any x 2\nlayers: [1 linear]\n")
    (tmp_path / "t.def").write_text("anncli: 1\ninputs: 4 tokens\nlayers: [2 tanh, 1 logistic]\n")
    return tmp_path


@pytest.mark.parametrize("command", ["train", "cv", "bench", "search", "gradcheck"])
def test_scalings_of_tokens_are_refused_before_the_data_are_read(folder: Path, ann: Run, command: str) -> None:
    done = ann(command, "t.def", "none.svm", "--scaling", "zscore", check=2)
    assert done.stderr == (
        "ann: --scaling zscore: tokens are not scaled, because the zeros between them would get values; leave it out\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train", "s.def", "none.csv", "--baselines"], "--baselines: there are none for samples of several rows or of tokens; leave it out"),
        (["cv", "s.def", "none.csv", "--baselines"], "--baselines: there are none for samples of several rows or of tokens; leave it out"),
        (["search", "t.def", "none.csv", "--baselines"], "--baselines: there are none for samples of several rows or of tokens; leave it out"),
        (["cv", "s.def", "none.csv", "--predictions", "p.csv", "--with", "a"], "--with is for samples of one row each; leave it out"),
        (["plot", "boundary", "s.nn", "none.csv"], "plot boundary is for samples of one row of numbers, and this network takes `inputs: any x 2`; `ann test` and `ann cv` evaluate such a network"),
        (["t", "s.def", "none.csv", "none2.csv", "3"], "ann t is for samples of one row of numbers, and this network takes `inputs: any x 2`; use ann train"),
        (["r", "s.nn", "none.csv"], "ann r is for samples of one row of numbers, and this network takes `inputs: any x 2`; use ann predict"),
        (["plot", "importance", "t.nn", "none.csv"], "plot importance is for samples of one row of numbers, and this network takes `inputs: 4 tokens`; `ann test` and `ann cv` evaluate such a network"),
    ],
)  # fmt: skip
def test_what_other_samples_do_not_have_is_refused_before_they_are_read(
    folder: Path, ann: Run, words: list[str], message: str
) -> None:
    assert ann(*words, check=2).stderr == f"ann: {message}\n"


def test_weights_of_tokens_are_called_as_the_data_number_them(folder: Path, ann: Run) -> None:
    (folder / "zero.svm").write_text("1 0:2 3:0.5\n-1 1:1\n1 3:1\n-1 2:2\n")
    ann("train", "t.def", "zero.svm", 3, "--validation", 0, "-o", "zero.nn", "-q")
    sources = [line.split("  ")[4].strip() for line in ann("info", "zero.nn", "--weights").stdout.splitlines()[1:6]]
    assert sources == ["bias", "token 0", "token 1", "token 2", "token 3"]
    shown = ann("gradcheck", "zero.nn", "zero.svm", "--row", 1, "--show").stdout
    assert "sample 1 of 4, class 1" in shown
    assert "inputs\n  token 0  2\n  token 3  0.5\n" in shown
    assert "weight from token 3" in ann("gradcheck", "zero.nn", "zero.svm", "--row", 1, "--show", "--json").stdout
    ann("plot", "weights", "zero.nn", "-o", "w.svg")
    svg = (folder / "w.svg").read_text()
    assert "token 0" in svg
    assert "token 4" not in svg


def test_an_answer_among_the_columns_of_a_pipe_is_passed_over(
    folder: Path, ann: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann("train", "s.def", "x.csv", 3, "--label", "y", "--validation", 0, "-o", "new.nn", "-q")
    wanted = ann("predict", "new.nn", "x.csv").stdout
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(BLOCKS.encode())))
    assert ann("predict", "new.nn").stdout == wanted
    assert len(wanted.splitlines()) == 4


def test_the_positive_class_is_that_of_fewer_samples_not_rows(folder: Path, ann: Run) -> None:
    # Two samples of class p with 2 rows, three of class q with 1 row.
    (folder / "p.csv").write_text("a,b,k\n1,2,p\n3,1,p\n\n5,5,q\n\n2,0,p\n0,1,p\n\n1,1,q\n\n4,4,q\n")
    said = ann("train", "s.def", "p.csv", 3, "--label", "k", "--validation", 0, "-o", "new.nn").stderr
    assert "the positive class is 'p': it is the rarer one" in said
    (folder / "r2.def").write_text("anncli: 1\ninputs: any x 2\nlayers: [1 logistic]\n")
    said = ann("train", "r2.def", "p.csv", 3, "--label", "k", "--validation", 0, "-o", "new2.nn").stderr
    assert "the positive class is 'q': it is the rarer one" in said


def test_classes_of_numbers_are_refused(folder: Path, ann: Run) -> None:
    (folder / "n.csv").write_text("a,b,y\n1,2,3.5\n3,1,4\n\n5,5,10.5\n")
    ann("train", "r.def", "n.csv", 3, "--label", "y", "--validation", 0, "-o", "n.nn", "-q")
    message = "ann: --classes is for classes, and this network predicts numbers; leave it out\n"
    assert ann("predict", "n.nn", "n.csv", "--classes", check=2).stderr == message


def test_gradients_of_sequences(folder: Path, ann: Run) -> None:
    (folder / "s.csv").write_text("who,t,a,b,y\nx,2,3,1,in\nz,1,5,5,out\nx,1,1,2,in\n")
    asked = ("--sequence", "who", "--order", "t", "--label", "y")
    shown = ann("gradcheck", "s.def", "s.csv", *asked, "--row", 1, "--show").stdout
    assert "sample 1 of 2, class in" in shown
    assert "x of row 1  1  2\n  x of row 2  3  1\n" in shown.replace("    ", "  ")
    assert "on 2 samples" in ann("gradcheck", "s.def", "s.csv", *asked).stdout


TABLE = "who,t,a,b,y\nx,2,3,1,in\nz,1,5,5,out\nx,1,1,2,in\nz,2,4,4,out\n"


@pytest.mark.parametrize("command", ["test", "compare s.nn", "curvature", "report", "plot roc"])
def test_a_network_of_blocks_takes_sequences(folder: Path, ann: Run, command: str) -> None:
    (folder / "s.csv").write_text(TABLE)
    name, *more = command.split()
    ann("train", "s.def", "x.csv", 3, "--label", "y", "--validation", 0, "-o", "s.nn", "-q", "--no-backup")
    done = ann(name, *more, "s.nn", "s.csv", "--sequence", "who", "--label", "y")
    if name == "test":
        assert "samples that trained the network: none of these" in done.stdout
        assert done.stdout.splitlines()[1].split()[:2] == ["test", "2"]


def test_a_table_that_is_one_sample_is_warned_of(folder: Path, ann: Run) -> None:
    (folder / "s.csv").write_text(TABLE)
    (folder / "by.def").write_text("anncli: 1\ninputs: any x 2\nlayers: [1 logistic]\n")
    asked = ("--label", "y", "--ignore", "who,t")
    warning = (
        "s.csv: all 4 rows are one sample; an empty line separates samples, and --sequence NAME says whose the rows are"
    )
    assert warning in ann("train", "by.def", "s.csv", 3, *asked, "-o", "by.nn").stderr
    assert warning in ann("test", "by.nn", "s.csv").stderr
    said = ann("cv", "by.def", "s.csv", 3, *asked, check=2).stderr
    assert said.endswith("--folds 10: there is 1 sample; give more rows\n")
    assert warning not in ann("test", "by.nn", "s.csv", "--sequence", "who").stderr


def test_an_import_of_what_was_exported(folder: Path, ann: Run) -> None:
    for name, data in (("t", "x.svm"), ("s", "x.csv")):
        ann("train", f"{name}.def", data, 3, "--validation", 0, "-o", f"{name}2.nn", "-q")
        ann("export", f"{name}2.nn", "-o", f"{name}.json")
        ann("import", f"{name}.json", "-o", f"{name}3.nn")
        assert ann("predict", f"{name}3.nn", data).stdout == ann("predict", f"{name}2.nn", data).stdout
        ann("info", f"{name}3.nn", "--verify")


def test_an_export_is_measured_on_samples(folder: Path, ann: Run) -> None:
    ann("train", "s.def", "x.csv", 3, "--validation", 0, "-o", "s2.nn", "-q")
    given = ann("test", "s2.nn", "x.csv", "--json").stdout
    accuracy = float(given.split('"accuracy": ')[1].split(",")[0])
    done = ann("export", "s2.nn", "x.csv", "-o", "s.json")
    assert f"{100 * accuracy:.2f}, of the network {100 * accuracy:.2f} (4 " in done.stdout


@pytest.mark.parametrize("layers", ["window 1, 8 tanh, last, 1 logistic", "mean, 8 relu, 1 logistic"])
def test_layers_without_weights_are_no_small_hidden_layers(folder: Path, ann: Run, layers: str) -> None:
    blocks = "\n\n".join(f"{k % 7},{k % 3},{'ab'[k % 2]}\n{k % 5},{k % 4},{'ab'[k % 2]}" for k in range(30))
    (folder / "many.csv").write_text(f"a,b,y\n{blocks}\n")
    (folder / "w.def").write_text(f"anncli: 1\ninputs: any x 2\nlayers: [{layers}]\n")
    said = ann("train", "w.def", "many.csv", 22, "--label", "y", "--learning-rate", 1e-6, "-o", "w.nn").stderr
    assert "still improving" in said
    assert "stuck in a local minimum" not in said


def test_the_column_of_tokens_is_not_said_to_be_constant(folder: Path, ann: Run) -> None:
    assert "says nothing" not in ann("train", "t.def", "x.svm", 3, "-o", "new.nn").stderr


def test_networks_of_other_samples_or_answers_are_refused_before_the_data_are_read(folder: Path, ann: Run) -> None:
    write(folder / "rows.nn", "1 logistic", SERIES)
    message = "ann: --teacher: 'rows.nn' has an answer for every row, this network has an answer for each sample; both need answers of one kind\n"
    assert ann("train", "s.def", "none.csv", "--teacher", "rows.nn", check=2).stderr == message
    message = "ann: --teacher: 't.nn' takes `inputs: 4 tokens`, this network `inputs: any x 2`; both need samples of one kind\n"
    assert ann("train", "s.def", "none.csv", "--teacher", "t.nn", check=2).stderr == message
    message = "ann: s.nn: it has an answer for each sample, and rows.nn has an answer for every row; compare networks that answer the same question\n"
    assert ann("compare", "rows.nn", "s.nn", "none.csv", check=4).stderr == message


# The inputs and layers of a definition, and rows of two columns and a class, or tokens.
KINDS = {
    "picture": ("1x2", "2 tanh convolution 1x2, 1 logistic"),
    "vector": ("1x2", "2x2 tanh complex, 1 logistic"),
    "sample": ("any x 2", "3 tanh convolution 2, mean, 1 logistic"),
    "agents": ("any x 2", "3 tanh communicate, 1 logistic"),
    "recurrent": ("any x 2", "3 tanh recurrent, 1 logistic"),
    "lstm": ("any x 2", "3 lstm, 2 lstm bidirectional, last, 1 logistic"),
    "gru": ("any x 2", "3 gru, mean, 1 logistic"),
    "tokens in time": ("4 tokens", "3 lstm, last, 1 logistic"),
    "sparse": ("4 tokens", "3 tanh, 1 logistic"),
    "embedding": ("4 tokens", "3 embedding, max, 1 logistic"),
    "spikes of tokens": ("4 spikes", "8 lif mean 3.0 sd 1.0, 2 peak-voltage"),
    "latencies": ("{spikes: 3, code: latency, t_max: 0.03, bias_spike: 0.0, range: -9..9}", "8 lif, 2 first-spike"),
}


def _train(folder: Path, ann: Run, kind: str, *options: object) -> bytes:
    """The bytes of the network that 8 epochs give."""
    inputs, layers = KINDS[kind]
    (folder / "k.def").write_text(f"anncli: 1\ninputs: {inputs}\nlayers: [{layers}]\n")
    rng = np.random.default_rng(1)
    if inputs == "4 spikes":
        data, lines = "k.svm", [f"{k % 2} {1 + k % 2}:0.00{k % 7} 3:0.01 {2 - k % 2}:0.02" for k in range(40)]
    elif "tokens" in inputs:
        data, lines = "k.svm", [f"{k % 2} {1 + k % 2 + k % 3 % 2}:1 4:{1 + k % 5}" for k in range(40)]
    else:
        gap = "\n" if "any" in inputs else ""
        data, lines = "k.csv", [f"{rng.normal() + k % 2:.3f},{rng.normal():.3f},{'ab'[k % 2]}{gap}" for k in range(40)]
    (folder / data).write_text("\n".join(lines) + "\n")
    ann("train", "k.def", data, 8, "--validation", 0.25, "-o", "k.nn", "-q", "--no-backup", *options)
    return (folder / "k.nn").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("trainer", ["adam", "rprop", "scg", "lbfgs"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_resumed_training_gives_the_bytes_of_the_whole_one(folder: Path, ann: Run, kind: str, trainer: str) -> None:
    if "lif" in KINDS[kind][1] and trainer in ("scg", "lbfgs"):
        pytest.skip("the loss of spiking neurons jumps")
    whole = _train(folder, ann, kind, "--trainer", trainer)
    ann("train", "k.def", "k.svm" if "4 " in KINDS[kind][0] else "k.csv", 5, "--validation", 0.25, "-o", "h.nn", "-q",
        "--trainer", trainer, "--checkpoint", "k.ckpt", "--checkpoint-every", 2)  # fmt: skip
    assert _train(folder, ann, kind, "--trainer", trainer, "--resume", "k.ckpt") == whole


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_threads_and_jobs_give_the_same_bytes(folder: Path, ann: Run, kind: str) -> None:
    assert _train(folder, ann, kind, "--threads", 2) == _train(folder, ann, kind)
    more = ("--ensemble", 2)
    assert _train(folder, ann, kind, *more, "--jobs", 2) == _train(folder, ann, kind, *more)


def test_a_row_without_an_answer_is_not_cut_out_of_its_sample(folder: Path, ann: Run) -> None:
    (folder / "part.csv").write_text("a,b,y\n1,2,in\n3,1,in\n\n5,5,out\n\n2,0,in\n0,1,\n")
    asked = ("--label", "y", "--missing-label", "drop", "--validation", 0, "-o", "new.nn")
    message = "ann: part.csv:8: a row without an answer in column 'y', and other rows of its sample have one; give all rows of a sample its answer\n"
    assert ann("train", "s.def", "part.csv", 3, *asked, check=3).stderr.endswith(message)
    # A sample none of whose rows has one is left out.
    (folder / "whole.csv").write_text("a,b,y\n1,2,in\n3,1,in\n\n5,5,out\n\n2,0,\n0,1,\n")
    ann("train", "s.def", "whole.csv", 3, *asked, "-q")
    assert ann("test", "new.nn", "whole.csv", "--missing-label", "drop").stdout.splitlines()[1].split()[1] == "2"


def test_how_far_the_gradient_reaches_back_in_time(folder: Path, ann: Run) -> None:
    # h_t = x_t + h_{t-1} / 2, on samples of 12 rows whose classes nothing tells apart: 0.5^7 is below 1 %.
    topology = Topology(Shape(1, None), ["1 linear recurrent", "last", "1 logistic"])
    weights = np.array([0, 1, 0.5, 0, 1], np.float32)
    anncli.save(Network(topology, weights, classes=("in", "out")), folder / "half.nn")
    rng = np.random.default_rng(1)
    samples = ["".join(f"{x:.3f},{'in' if k % 2 else 'out'}\n" for x in rng.normal(size=12)) for k in range(40)]
    (folder / "x.csv").write_text("a,y\n" + "\n".join(samples))
    line = "in time   layer 1: the gradient falls to 1 % after 7 rows\n"
    assert line in ann("gradcheck", "half.nn", "x.csv").stdout
    document = json.loads(ann("gradcheck", "half.nn", "x.csv", "--json").stdout)
    (found,) = document["in_time"]
    assert found.pop("left") == pytest.approx(0.5**11, rel=1e-5)
    assert found == {"layer": 1, "rows": 11, "vanishes_after": 7, "largest": 1.0, "largest_after": 0}
    shown = ann("gradcheck", "half.nn", "x.csv", "--row", 1, "--show").stdout
    assert re.search(r"  dE/da above of row 1 +0\n", shown)
    train = ("train", "half.nn", "x.csv", 2, "--continue", "--learning-rate", 1e-9, "--validation", 0)
    remark = "hidden layer 1: the gradient through time falls to 1 % after 7 rows, and rows before that teach nothing; use `1 lstm memory 12`"
    done = ann(*train, "--json")
    assert json.loads(done.stdout)["diagnosis"] == [remark]
    assert f"ann: {remark}\n" in done.stderr


@pytest.mark.parametrize("more", [(), ("--truncate", 1)])
def test_class_means_of_networks_that_answer_every_row(folder: Path, ann: Run, more: tuple[object, ...]) -> None:
    (folder / "by.def").write_text("anncli: 1\ninputs: any x 2\nlayers: [2 lstm, 1 logistic]\n")
    options = ("--trainer", "online", "--tolerance", 0.6, "--quiet-epochs", 2, "--validation", 0, *more)
    done = ann("train", "by.def", "x.csv", 20, "--label", "y", *options, "-o", "by.nn")
    assert "class means within 0.6 of their targets for 2 epochs" in done.stdout
    message = "ann: --alternate presents samples of the classes in turn, and this network has a class for every row; leave it out\n"
    for command in ("train", "cv"):
        asked = ("--trainer", "online", "--alternate")
        assert ann(command, "by.def", "none.csv", *asked, check=2).stderr == message
