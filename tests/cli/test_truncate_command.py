"""`--truncate N` from the shell: what it changes, where it is kept, and what cannot have it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from inside import Done, ann
from signed_sums import signed_sums

import anncli

__all__ = ["ann"]
Run = Callable[..., Done]

DEFINITION = "anncli: 1\ninputs: any x 2\nlayers: [3 lstm, 1 logistic]\n"
NOT_WITH = "not with the trainer {}: it measures its steps by the loss; use adam, sgd or rprop, or leave --truncate out"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "x.csv").write_text(signed_sums(24, 2, 12))
    (tmp_path / "r.def").write_text(DEFINITION)
    return tmp_path


def train(folder: Path, ann: Run, *options: object, epochs: int = 4) -> np.ndarray:
    """The weights after some epochs."""
    ann("train", "r.def", "x.csv", epochs, "--label", "last", "-o", "r.nn", "-q", *options)
    parameters = anncli.load(folder / "r.nn").parameters
    assert parameters is not None
    return parameters


def test_pieces_change_the_training_and_stand_in_the_record(folder: Path, ann: Run) -> None:
    whole, cut = train(folder, ann), train(folder, ann, "--truncate", 3)
    assert np.abs(whole - cut).max() > 1e-3
    network = anncli.load(folder / "r.nn")
    assert network.record["truncate"] == 3
    assert "truncate" not in anncli.load(folder / "r.def").record
    assert "truncate       3" in ann("info", "r.nn").stdout
    assert "--truncate 3" in ann("info", "r.nn").stdout
    # The command that the file names makes the same file.
    line = next(line for line in ann("info", "r.nn").stdout.splitlines() if line.strip().startswith("repeat"))
    before = (folder / "r.nn").read_bytes()
    ann(*line.split()[2:], "-q")
    assert (folder / "r.nn").read_bytes() == before
    shown = ann("train", "r.def", "x.csv", 4, "--label", "last", "--truncate", 3, "--dry-run").stdout
    assert re.search("^truncate +3$", shown, re.MULTILINE)
    # Samples of fewer rows are not cut, and the updates are the same ones.
    assert np.array_equal(train(folder, ann, "--truncate", 12), train(folder, ann, "--truncate", 100))
    np.testing.assert_allclose(train(folder, ann, "--truncate", 12), whole, rtol=0, atol=1e-5)


def test_every_place_of_an_option(folder: Path, ann: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, whole = train(folder, ann, "--truncate", 3), train(folder, ann)
    (folder / "run.yaml").write_text("truncate: 3\n")
    assert np.array_equal(train(folder, ann, "--config", "run.yaml"), wanted)
    (folder / "r.def").write_text(DEFINITION + "training:\n  truncate: 3\n")
    assert np.array_equal(train(folder, ann), wanted)
    # The gradient check is that of the whole samples, whatever the file says.
    ann("gradcheck", "r.def", "x.csv", "--label", "last")
    assert np.array_equal(train(folder, ann, "--truncate", "none"), whole)
    (folder / "r.def").write_text(DEFINITION)
    monkeypatch.setenv("ANN_TRUNCATE", "3")
    assert np.array_equal(train(folder, ann), wanted)
    monkeypatch.delenv("ANN_TRUNCATE")
    assert np.array_equal(train(folder, ann, "--option", "truncate=3"), wanted)


@pytest.mark.slow
def test_all_trainers_that_take_pieces(folder: Path, ann: Run) -> None:
    for trainer in ("schedule-free", "nadam", "rmsprop", "adagrad", "sgd", "online", "rprop", "gdx", "quickprop"):
        options = ("--trainer", trainer, "--validation", 0)
        whole, cut = train(folder, ann, *options, epochs=2), train(folder, ann, *options, "--truncate", 2, epochs=2)
        assert np.abs(whole - cut).max() > 1e-6, trainer


def test_dropout_noise_and_penalties_with_pieces(folder: Path, ann: Run) -> None:
    options = ("--dropout", 0.2, "--input-noise", 0.1, "--l1", 0.001, "--clip", 1, "--class-weight", "balanced")
    one = train(folder, ann, *options, "--truncate", 4, "--restarts", 2)
    assert np.array_equal(train(folder, ann, *options, "--truncate", 4, "--restarts", 2, "--threads", 2), one)


@pytest.mark.parametrize("trainer", ["adam", "rmsprop", "rprop"])
@pytest.mark.parametrize("option", [(), ("--dropout", 0.2)])
def test_a_resumed_training_gives_the_bytes_of_the_whole_one(
    folder: Path, ann: Run, trainer: str, option: tuple[object, ...]
) -> None:
    if option and trainer == "rprop":
        return
    words = ("train", "r.def", "x.csv", "--label", "last", "--trainer", trainer, "--truncate", 3, "-q", *option)
    ann(*words, "--epochs", 6, "-o", "whole.nn")
    ann(*words, "--epochs", 4, "-o", "half.nn", "--checkpoint", "k.ckpt", "--checkpoint-every", 2)
    ann(*words, "--epochs", 6, "-o", "resumed.nn", "--resume", "k.ckpt")
    assert (folder / "resumed.nn").read_bytes() == (folder / "whole.nn").read_bytes()
    done = ann(*words, "--epochs", 6, "--resume", "k.ckpt", "--truncate", 4, check=2)
    assert done.stderr == "ann: --resume k.ckpt: it was written with truncate 3, this run has truncate 4; repeat the options of the first run\n"  # fmt: skip


@pytest.mark.parametrize("value", ["0", "-1", "2.5", "many", "nan", "1e99"])
def test_a_truncation_is_a_whole_number_above_0(folder: Path, ann: Run, value: str) -> None:
    said = ann("train", "r.def", "none.csv", f"--truncate={value}", check=2).stderr
    assert said.startswith("ann: --truncate: must be ")
    assert said.endswith("write for example 50\n")


@pytest.mark.parametrize("command", ["train", "cv", "search"])
@pytest.mark.parametrize("trainer", ["scg", "lbfgs", "bfgs", "oss", "cgf", "cgp", "cgb", "lm", "br"])
def test_trainers_that_measure_their_steps_by_the_loss(folder: Path, ann: Run, command: str, trainer: str) -> None:
    said = ann(command, "r.def", "none.csv", "--truncate", 5, "--trainer", trainer, check=2).stderr
    assert said == f"ann: --truncate 5: {NOT_WITH.format(trainer)}\n"


def test_a_trainer_without_gradients(folder: Path, ann: Run) -> None:
    said = ann("train", "r.def", "none.csv", "--truncate", 5, "--trainer", "es", check=2).stderr
    assert said == "ann: --truncate 5: not with the trainer es: it uses no gradient; use adam, sgd or rprop, or leave --truncate out\n"  # fmt: skip


@pytest.mark.parametrize(
    ("inputs", "layers", "message"),
    [
        ("2", "3 tanh, 1 logistic", "a sample of this network is one row, which has no rows before it; leave --truncate out"),
        ("any x 2", "3 lstm, last, 1 logistic", "layer 2 (`last`) needs the whole sample; without it the network answers for every row; or leave --truncate out"),
        ("any x 2", "3 gru bidirectional, 1 logistic", "layer 1 (`3 gru bidirectional`) needs the whole sample; leave `bidirectional` or --truncate out"),
        ("any x 2", "3 tanh convolution 3, 3 lstm, 1 logistic", "layer 1 (`3 tanh convolution 3`) needs the whole sample; leave --truncate out"),
        ("any x 2", "3 tanh communicate, 1 logistic", "layer 1 (`3 tanh communicate`) needs the whole sample; leave --truncate out"),
        ("9 tokens", "3 tanh, 1 logistic", "layer 1 (`3 tanh`) needs the whole sample; begin with `64 embedding` or a recurrent layer, or leave --truncate out"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["train", "cv", "search", "bench"])
def test_networks_that_need_the_whole_sample(
    folder: Path, ann: Run, command: str, inputs: str, layers: str, message: str
) -> None:
    (folder / "w.def").write_text(f"anncli: 1\ninputs: {inputs}\nlayers: [{layers}]\n")
    assert ann(command, "w.def", "none.csv", "--truncate", 5, check=2).stderr == f"ann: --truncate 5: {message}\n"


@pytest.mark.parametrize("command", ["train", "cv", "search", "bench"])
def test_a_new_network_has_no_state(folder: Path, ann: Run, command: str) -> None:
    message = "the network that is made here does not read row after row; write a network with a layer such as `32 lstm`, or leave it out"
    assert ann(command, "none.csv", "--truncate", 5, check=2).stderr.endswith(f"ann: --truncate 5: {message}\n")


def test_pruning_is_for_whole_samples(folder: Path, ann: Run) -> None:
    train(folder, ann)
    said = ann("train", "r.nn", "none.csv", "--continue", "--prune", 0.2, "--truncate", 5, check=2).stderr
    assert said == "ann: --truncate 5 and --prune exclude each other; prune with whole samples\n"


@pytest.mark.slow
def test_experiments_take_pieces(folder: Path, ann: Run) -> None:
    cut = json.loads(ann("cv", "r.def", "x.csv", 4, "--label", "last", "--folds", 3, "--truncate", 3, "--json").stdout)
    whole = json.loads(ann("cv", "r.def", "x.csv", 4, "--label", "last", "--folds", 3, "--json").stdout)
    assert cut["folds"] != whole["folds"]
    options = ("--label", "last", "--truncate", "2..8", "--trials", 3, "--outer-folds", 2, "-o", "best.nn")
    found = json.loads(ann("search", "r.def", "x.csv", 4, *options, "--json").stdout)
    # The first trial has the defaults.
    tried = [trial["options"].get("truncate") for trial in found["trials"]]
    assert tried[0] is None
    assert all(2 <= int(value) <= 8 for value in tried[1:])
    assert anncli.load(folder / "best.nn").record.get("truncate") == (
        None if not found["kept"] else int(tried[found["kept"]])
    )
    shown = ann("bench", "r.def", "x.csv", 3, "--label", "last", "--truncate", 3, "--trainers", "adam,scg", "--starts", 1, "--plot", "none").stdout  # fmt: skip
    assert "not with the trainer scg" in shown


def test_the_python_api_has_it_too(folder: Path) -> None:
    rng = np.random.default_rng(0)
    samples = [rng.normal(size=(n, 2)) for n in (3, 8, 5, 9)]
    data = anncli.Dataset(samples, targets=np.concatenate([s[:, 0].cumsum() for s in samples]), by_row=True)
    networks = []
    for more in ({}, {"truncate": 2}):
        given = anncli.Network.create(anncli.load(folder / "r.def").topology.inputs, ["3 gru", "1 linear"])
        networks.append(anncli.train(given, data, epochs=3, validation=0, **more).network)
    assert not np.array_equal(networks[0].parameters, networks[1].parameters)
    assert networks[1].record["truncate"] == 2


def test_texts_are_taken_in_pieces_unless_told_otherwise(folder: Path, ann: Run) -> None:
    words = ("the", "cat", "sat", "on", "a", "mat")
    (folder / "t.txt").write_text(" ".join(words[(k * k + k // 3) % 6] for k in range(120)) + "\n")
    (folder / "c.def").write_text("anncli: 1\ninputs: characters\nlayers: [3 lstm, softmax]\n")
    records = []
    for more in ((), ("--truncate", "none"), ("--truncate", 20), ("--trainer", "scg")):
        ann("train", "c.def", "t.txt", 1, "-o", "c.nn", "-q", *more)
        records.append(anncli.load(folder / "c.nn").record.get("truncate"))
    assert records == [50, None, 20, None]
    assert "the gradient is right" in ann("gradcheck", "c.def", "t.txt").stdout
