"""`ann train --prune`, `--prune-loss` and `--teacher` from the shell."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from ann_process import ROOT, Ann

from anncli.formats.networks.storage import load

pytestmark = pytest.mark.slow
IRIS = ROOT / "data/iris.csv"


@pytest.fixture
def big(ann: Ann, tmp_path: Path) -> Path:
    """A network of iris, trained on two thirds of it (old.csv); the others are new.csv."""
    lines = IRIS.read_text().splitlines()
    for name, kept in (("old.csv", (1, 2)), ("new.csv", (0,))):
        rows = [line for number, line in enumerate(lines[1:]) if number % 3 in kept]
        (tmp_path / name).write_text("\n".join([lines[0], *rows]) + "\n")
    ann("train", "old.csv", 40, "--label", "species", "--hidden", "6", "-o", "big.nn")
    return tmp_path / "big.nn"


def zeros(path: Path) -> int:
    network = load(path)
    return sum(int(np.count_nonzero(view == 0)) for view in network.topology.weights(network.all_parameters))


def test_a_fraction_is_removed_and_stays_removed(ann: Ann, big: Path) -> None:
    # 4-6-3: 24 + 18 weights; half of them are 21.
    done = ann("train", "big.nn", "old.csv", 30, "--continue", "--prune", "0.5", "-o", "half.nn")
    assert "removed 21 of 42 weights (50 %), the smallest ones: they are 0, and stay so" in done.stdout
    assert zeros(big.parent / "half.nn") == 21
    assert zeros(big) == 0
    info = json.loads(ann("info", "half.nn", "--json").stdout)
    assert info["zero_weights"] == 21
    assert info["record"]["pruned"] == {"weights": 21, "of": 42}
    ann("info", "half.nn", "--verify")
    # Again: all zeros are held, and more.
    ann("train", "half.nn", "old.csv", 10, "--continue", "--prune", "0.6")
    assert zeros(big.parent / "half.nn") == 25
    assert "zero_weights" not in ann("info", "big.nn").stdout


def test_the_same_bytes_again_and_after_a_break(ann: Ann, big: Path) -> None:
    for name, more in (("prune", ["--continue", "--prune", "0.4"]), ("teach", ["--teacher", "other.nn"])):
        (big.parent / "other.nn").write_bytes(big.read_bytes())
        whole = ["train", "big.nn", "old.csv", "20", *more, "--average", "none"]
        for output in ("one.nn", "two.nn"):
            ann(*whole, "-o", output)
        one = (big.parent / "one.nn").read_bytes()
        assert one == (big.parent / "two.nn").read_bytes(), name
        begun = [*whole]
        begun[3] = "10"
        ann(*begun, "--checkpoint", "run.ckpt", "-o", "three.nn", "--refit", "no")
        ann(*whole, "--refit", "no", "-o", "one.nn")
        ann(*whole, "--resume", "run.ckpt", "-o", "three.nn", "--refit", "no")
        assert (big.parent / "one.nn").read_bytes() == (big.parent / "three.nn").read_bytes(), name


def test_another_teacher_and_another_fraction_are_no_resumption(ann: Ann, big: Path) -> None:
    (big.parent / "other.nn").write_bytes(big.read_bytes())
    train = ["train", "big.nn", "old.csv"]
    ann(*train, 5, "--teacher", "other.nn", "--checkpoint", "run.ckpt", "-o", "x.nn")
    ann("train", "other.nn", "old.csv", 3)
    done = ann(*train, 9, "--teacher", "other.nn", "--resume", "run.ckpt", "-o", "x.nn", check=2)
    assert (
        "--resume run.ckpt: the file of the teacher has changed since; give the teacher of the first run" in done.stderr
    )
    ann(*train, 5, "--continue", "--prune", "0.2", "--checkpoint", "run.ckpt", "-o", "x.nn")
    done = ann(*train, 9, "--continue", "--prune", "0.3", "--resume", "run.ckpt", "-o", "x.nn", check=2)
    assert "it was written with prune 0.2, this run has prune 0.3" in done.stderr


def test_the_loss_decides(ann: Ann, big: Path) -> None:
    done = ann(
        "train", "big.nn", "old.csv", 10, "--continue", "--prune-loss", "0.05", "--validation", "new.csv", "--json"
    )
    pruned = json.loads(done.stdout)["pruned"]
    assert pruned["loss_after"] <= pruned["loss_before"] * 1.05
    assert zeros(big) == pruned["weights"] > 0


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["big.nn", "old.csv", "--prune", "0.3"], 2, "without --continue it is trained anew; add --continue"),
        (["nowhere.csv", "--label", "y", "--prune", "0.3"], 2, "this one has none; train it first"),
        (["big.nn", "no.csv", "--continue", "--prune-loss", "0.1"], 2, "--prune-loss measures the loss on validation rows"),
        (["big.nn", "old.csv", "--continue", "--prune-loss", "0.1", "--validation", "old.csv"], 2, "the validation set has none"),
        (["big.nn", "no.csv", "--continue", "--prune", "1.5"], 2, "--prune"),
        (["big.nn", "no.csv", "--teacher", "none.nn"], 4, "none.nn: no such file"),
        (["big.nn", "no.csv", "--teacher", "old.csv"], 4, "old.csv"),
        (["big.nn", "no.csv", "--teacher", "big.nn", "--memory-limit", "1G"], 2, "leave --memory-limit out"),
        (["big.nn", "no.csv", "--teacher", "big.nn", "--label-smoothing", "0.1"], 2, "--label-smoothing changes answers"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(ann: Ann, big: Path, words: list[str], code: int, message: str) -> None:
    before = big.read_bytes()
    assert message in ann("train", *words, check=code).stderr
    assert big.read_bytes() == before


def test_a_small_network_learns_from_a_big_one(ann: Ann, big: Path) -> None:
    done = ann(
        "train",
        "old.csv",
        30,
        "--label",
        "species",
        "--hidden",
        "2",
        "--teacher",
        "big.nn",
        "-o",
        "small.nn",
        "--test",
        "new.csv",
    )
    assert (
        "learnt from the outputs of big.nn (6 tanh, 3 softmax); labels chose the epoch and made the tables"
        in done.stdout
    )
    record = json.loads(ann("info", "small.nn", "--json").stdout)["record"]
    assert record["taught_by"]["file"] == "big.nn"
    assert record["asked"]["teacher"] == "big.nn"
    assert "rows of validation and test set trained the teacher big.nn" in done.stderr
