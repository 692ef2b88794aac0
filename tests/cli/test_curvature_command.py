"""`ann curvature` and `ann plot spectrum`, as a user runs them."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ann_process import clean_environment
from inside import Done, ann

from anncli.formats.networks.storage import load, save

__all__ = ["ann"]

Ann = Callable[..., Done]
FILES = ("pos.txt", "neg.txt")


def test_the_report_of_a_small_network(trained: Path, ann: Ann) -> None:
    done = ann("curvature", "net.nn", *FILES)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("net.nn: 2-3-1, 13 parameters; loss binary-cross-entropy, L2 penalty 0.156")
    assert lines[0].endswith(", 16 rows")
    assert lines[1] == "Hessian of the mean loss on these rows, without the penalty"
    assert lines[3].split() == ["trace", "100", "probes", "+/-", "exact"]
    assert [line.split("  ")[0] for line in lines[4:7]] == ["layer 1: 3 tanh", "layer 2: 1 logistic", "all layers"]
    assert lines[8].split() == ["eigenvalue", "largest", "smallest"]
    assert [line.split("  ")[0] for line in lines[-6:]] == [
        "sharpness", "shape", "gradient", "condition", "effective parameters", "rows",
    ]  # fmt: skip
    assert "step sizes of gradient descent above 2/(" in done.stdout
    assert lines[-1].endswith("all of these rows trained the network")
    # It is no minimum and no saddle where the gradient is not 0.
    assert lines[-4].endswith(": training can still lower it")
    assert "minimum" not in lines[-5]
    assert "saddle" not in lines[-5]
    # With the seed everything is decided.
    assert (
        ann("curvature", "net.nn", *FILES).stdout
        == done.stdout
        != ann("curvature", "net.nn", *FILES, "--seed", 1).stdout
    )


def test_numbers_of_the_document_belong_together(trained: Path, ann: Ann) -> None:
    found = json.loads(ann("curvature", "net.nn", *FILES, "--json", "--eigenvalues", 13, "--probes", 50).stdout)
    values = [entry["value"] for entry in found["largest"]]
    assert len(values) == found["parameters"] == 13
    assert values == [entry["value"] for entry in found["smallest"]][::-1]
    assert found["trace"]["exact"] == pytest.approx(sum(values))
    assert found["trace"]["exact"] == pytest.approx(sum(layer["exact"] for layer in found["layers"]))
    assert abs(found["trace"]["mean"] - found["trace"]["exact"]) < 4 * found["trace"]["error"]
    l2 = found["l2"]
    assert found["step_limit"] == pytest.approx(2 / (values[0] + l2))
    positive = np.maximum(values, 0)
    assert found["effective_parameters"]["mean"] == pytest.approx((positive / (positive + l2)).sum())
    plain = json.loads(ann("curvature", "net.nn", *FILES, "--json", "--l2", 0, "--matrix", "gauss-newton").stdout)
    assert (plain["l2"], plain["effective_parameters"], plain["shape"], plain["negative"]["mean"]) == (0, None, None, 0)
    other = json.loads(ann("curvature", "net.nn", *FILES, "--json", "--loss", "mse").stdout)
    assert other["loss"] == "mse"
    assert other["trace"]["exact"] != found["trace"]["exact"]


def test_rows_are_drawn_and_said(trained: Path, ann: Ann) -> None:
    done = ann("curvature", "net.nn", *FILES, "--rows", 6, "--json")
    assert json.loads(done.stdout)["rows"] == 6
    assert "ann: the curvature is measured on 6 of the 16 rows, drawn by --seed 0; --rows N takes more" in done.stderr
    assert "drawn by" not in ann("curvature", "net.nn", *FILES, "--rows", 16).stderr


def test_tables_of_numbers_and_kinks(tmp_path: Path, ann: Ann) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2))
    rows = [f"{a:.3f},{b:.3f},{np.sin(a) + b:.3f}" for a, b in x]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,price", *rows, ""]))
    ann("train", "t.csv", "--label", "price", 30, "--hidden", 4, "--activation", "relu", "-o", "r.nn", "-q")
    done = ann("curvature", "r.nn", "t.csv")
    assert "loss mse" in done.stdout
    assert "ann: warning: layer 1 (`4 relu`) of this network has kinks" in done.stderr
    assert "kinks" not in ann("curvature", "r.nn", "t.csv", "--matrix", "gauss-newton").stderr
    ann("train", "t.csv", "--label", "price", 5, "--hidden", 4, "--loss", "mae", "-o", "m.nn", "-q")
    message = (
        "ann: loss mae is made of straight lines: its second derivative is 0, but for the kinks where an error is 0"
    )
    for words in (("curvature",), ("plot", "spectrum")):
        assert ann(*words, "m.nn", "none.csv", check=2).stderr.startswith(message)
    assert "loss huber:1" in ann("curvature", "m.nn", "t.csv", "--loss", "huber:1").stdout
    ann("train", "t.csv", "--label", "price", 2, "--loss", "quantile:0.1,0.9", "-o", "q.nn", "-q")
    for words in ((), ("--loss", "mse")):
        assert "ann: loss quantile:0.1,0.9 is made of" in ann("curvature", "q.nn", "none.csv", *words, check=2).stderr


SERIES = "s,a,b,w,y\n" + "".join(
    f"{k // 4},{np.sin(k):.3f},{np.cos(3 * k):.3f},{1 + k // 4 % 3},{'' if k % 7 == 3 else round(float(np.sin(k - 1)), 3)}\n"
    for k in range(80)
)


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("inputs: 2\nlayers: [3 tanh, 1 logistic]", [*FILES, "--class-weight", "3,1"]),
        ("inputs: 2\nlayers: [3 tanh, 1 logistic]", [*FILES, "--loss", "mse", "--targets", "0.9,0.2"]),
        ("inputs: {table: auto}\nlayers: [3 gelu, 1 linear]", ["t.csv", "--label", "y", "--missing-label", "drop", "--weight", "w", "--ignore", "s", "--loss", "huber:0.5"]),
        ("inputs: any x 2\nlayers: [4 tanh convolution 3, 1 linear]\ntask: regression", ["t.csv", "--label", "y", "--sequence", "s", "--ignore", "w"]),
        ("inputs: any x 2\nlayers: [4 tanh convolution 3, 1 linear]\ntask: regression", ["t.csv", "--label", "y", "--sequence", "s", "--weight", "w"]),
    ],
)  # fmt: skip
def test_the_loss_is_that_of_the_training(small: Path, ann: Ann, head: str, words: list[str]) -> None:
    """On the rows that trained the network, whatever they weigh and whether samples or their rows have answers."""
    (small / "t.csv").write_text(SERIES)
    (small / "n.nn").write_text(f"anncli: 1\n{head}\n")
    ann("train", "n.nn", *words, 30, "--validation", 0, "-q")
    of_training = ("--class-weight", "--loss", "--targets")
    kept = [w for k, w in enumerate(words) if w not in of_training and (not k or words[k - 1] not in of_training)]
    found = json.loads(ann("curvature", "n.nn", *kept, "--json").stdout)
    assert found["value"] == pytest.approx(load(str(small / "n.nn")).record["sets"]["training"]["loss"], rel=2e-5)
    assert found["trace"]["exact"] == pytest.approx(sum(layer["exact"] for layer in found["layers"]))


def test_figures_of_samples_whose_rows_have_answers(small: Path, ann: Ann) -> None:
    (small / "t.csv").write_text(SERIES)
    (small / "n.nn").write_text(
        "anncli: 1\ninputs: any x 2\nlayers: [4 tanh convolution 3, 1 linear]\ntask: regression\n"
    )
    words = ("t.csv", "--label", "y", "--sequence", "s", "--ignore", "w")
    ann("train", "n.nn", *words, 10, "-q")
    for figure in ("spectrum", "surface", "residuals", "predicted"):
        ann("plot", figure, "n.nn", *words, "-o", f"{figure}.csv")
    rows = list(csv.DictReader(io.StringIO((small / "predicted.csv").read_text())))
    # Of 80 rows every seventh has no answer.
    answered = [k for k in range(80) if k % 7 != 3]
    assert [int(row["row"]) for row in rows if row.get("set", "all").startswith("all")] == [k + 1 for k in answered]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("net.nn", "none.txt", "--matrix", "fisher"), 2, "--matrix: unknown matrix 'fisher'; use one of hessian, gauss-newton"),
        (("net.nn", "none.txt", "--probes", 1), 2, "--probes: must be a whole number, at least 2, found '1'; write for example 100"),
        (("net.nn", "none.txt", "--eigenvalues", 31), 2, "--eigenvalues: must be at most 30, found '31'; write for example 5"),
        (("net.nn", "none.txt", "--loss", "mse", "--l2", "-1"), 2, "--l2: must be a number at least 0, found '-1'; write for example 1e-4"),
        (("net.nn", "none.txt", "--loss", "cross-entropy"), 2, "--loss: loss cross-entropy needs softmax outputs, this network has logistic; use loss binary-cross-entropy"),
        (("net.nn", "none.txt", "--loss", "poisson"), 2, "--loss: loss poisson needs exp outputs"),
        (("plain.nn", *FILES), 4, "plain.nn: the network has no weights yet; train it first"),
        (("net.nn", "none.txt"), 3, "none.txt: no such file"),
        ((), 2, "Missing argument 'NETWORK'"),
    ],
)  # fmt: skip
def test_what_is_refused(trained: Path, ann: Ann, words: tuple[object, ...], code: int, message: str) -> None:
    (trained / "plain.nn").write_text("anncli: 1\ninputs: 2\nlayers: [1 logistic]\n")
    assert ann("curvature", *words, check=code).stderr.startswith(f"ann: {message}")


def test_units_that_are_all_saturated(trained: Path, ann: Ann) -> None:
    network = load(str(trained / "net.nn"))
    network.set_parameters(np.full(13, 1e38))
    save(network, str(trained / "wild.nn"))
    assert (
        "all eigenvalues are 0: the loss is level here"
        in ann("curvature", "wild.nn", *FILES, "--matrix", "hessian").stdout
    )
    assert "all eigenvalues are 0" in ann("plot", "spectrum", "wild.nn", *FILES, check=2).stderr


def test_a_spectrum_is_drawn(trained: Path, ann: Ann) -> None:
    done = ann("plot", "spectrum", "net.nn", *FILES, "-v")
    assert done.stdout == "spectrum written to net-spectrum.svg\n"
    assert "The 13 eigenvalues of the Hessian of the mean loss on 16 rows, without penalty: from " in done.stderr
    first = (trained / "net-spectrum.svg").read_bytes()
    assert ann("plot", "spectrum", "net.nn", *FILES, "-o", "-").stdout.encode() == first
    ann("plot", "spectrum", "net.nn", *FILES, "-o", "s.csv", "--matrix", "gauss-newton", "--rows", 9)
    rows = list(csv.DictReader(io.StringIO((trained / "s.csv").read_text())))
    assert sum(float(row["eigenvalues"]) for row in rows) == pytest.approx(13)
    assert float(rows[0]["from"]) == 0
    # A bar is a piece of 1/60 of the range.
    assert float(rows[0]["to"]) == pytest.approx(float(rows[-1]["to"]) / 60)
    message = "ann: --matrix is not for plot roc; use it with plot spectrum"
    assert ann("plot", "roc", "net.nn", *FILES, "--matrix", "hessian", check=2).stderr.startswith(message)


@pytest.mark.slow
def test_a_signal_ends_the_work(trained: Path) -> None:
    line = [sys.executable, "-m", "anncli", "curvature", "net.nn", *FILES, "--probes", "100000000", "--json"]
    process = subprocess.Popen(
        line, cwd=trained, env=clean_environment(_ANN_HEARTBEAT="0.1"), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )  # fmt: skip
    assert process.stderr is not None
    next(text for text in process.stderr if " products, " in text)
    process.send_signal(signal.SIGINT)
    out, rest = process.communicate(timeout=60)
    assert process.returncode == 130
    assert rest.splitlines()[-1] == "ann: interrupted"
    assert json.loads(out)["error"]["exit_code"] == 130


def test_tokens_and_series(small: Path, ann: Ann) -> None:
    (small / "t.svm").write_text("".join(f"{1 + k % 2} {1 + k % 5}:1 {6 + k % 3}:{k % 7 + 1}\n" for k in range(30)))
    (small / "e.nn").write_text("anncli: 1\ninputs: 9 tokens\nlayers: [3 embedding, mean, 2 softmax]\n")
    ann("train", "e.nn", "t.svm", 5, "--validation", 0, "-q")
    done = ann("curvature", "e.nn", "t.svm")
    assert ", 30 samples\nHessian of the mean loss on these samples, without the penalty\n" in done.stdout
    assert done.stdout.endswith("\nsamples               all of these samples trained the network\n")
    assert [line.split("  ")[0] for line in done.stdout.splitlines()[4:7]] == [
        "layer 1: 3 embedding", "layer 2: mean", "layer 3: 2 softmax",
    ]  # fmt: skip
