"""`ann train --ensemble N`, and what other commands do with its file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ann_process import Ann

TRAIN = ("train", "net.nn", "pos.txt", "neg.txt", 12, "--ensemble", 3)


@pytest.fixture
def ensemble(small: Path, ann: Ann) -> Path:
    ann(*TRAIN, "-o", "e.nn", "-q")
    return small


def test_the_report_is_about_the_mean(small: Path, ann: Ann) -> None:
    done = ann(*TRAIN, "-o", "e.nn", "--test", 0.25)
    line = done.stdout.splitlines()[2]
    assert line.startswith("ensemble of 3 networks: 12 to 12 epochs, validation loss 0.")
    assert line.endswith("; the tables are those of the mean of their outputs")
    assert "restarts" not in done.stdout
    assert ann("info", "e.nn").stdout.count("\n  members ") == 3


@pytest.mark.slow
def test_networks_at_once_give_the_same_bytes(ensemble: Path, ann: Ann) -> None:
    for options in (("--jobs", 3), ("--threads", 2), ("--checkpoint", "c.ckpt")):
        ann(*TRAIN, "-o", "o.nn", "-q", *options)
        assert (ensemble / "o.nn").read_bytes() == (ensemble / "e.nn").read_bytes()
    ann(*TRAIN, "-o", "o.nn", "-q", "--resume", "c.ckpt")
    assert (ensemble / "o.nn").read_bytes() == (ensemble / "e.nn").read_bytes()
    assert (
        "--resume c.ckpt: it was written with ensemble 3, this run has ensemble 2"
        in ann(*TRAIN[:-1], 2, "-o", "o.nn", "--resume", "c.ckpt", check=2).stderr
    )


@pytest.mark.slow
def test_commands_that_use_a_network_take_it(ensemble: Path, ann: Ann) -> None:
    assert json.loads(ann("info", "e.nn", "--verify", "--json").stdout)["members"] == 3
    sets = json.loads(ann("test", "e.nn", "pos.txt", "neg.txt", "--json").stdout)["sets"]
    assert sets["test"]["n"] == 16
    one, three = (ann("predict", "e.nn", "pos.txt", "--threads", n).stdout for n in (1, 3))
    assert one == three
    assert len(one.splitlines()) == 8
    ann("cv", "net.nn", "pos.txt", "neg.txt", 5, "--folds", 2, "--ensemble", 2)
    # Trained anew it is one network again, and is kept.
    done = ann("train", "e.nn", "pos.txt", "neg.txt", 5)
    assert "e.nn is a network trained for 12 epochs; training anew from its definition" in done.stderr
    assert "members:" not in (ensemble / "e.nn").read_text()
    assert "members:" in (ensemble / "e.nn~").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("gradcheck", "e.nn", "pos.txt", "neg.txt"), "e.nn: ann gradcheck needs one network, and this is an ensemble of 3; train one without --ensemble"),
        (("curvature", "e.nn", "none.txt"), "e.nn: ann curvature needs one network, and this is an ensemble of 3; train one without --ensemble"),
        (("plot", "spectrum", "e.nn", "none.txt"), "e.nn: ann plot spectrum needs one network, and this is an ensemble of 3; train one without --ensemble"),
        (("bench", "e.nn", "pos.txt", "neg.txt", 2), "e.nn: ann bench needs one network, and this is an ensemble of 3; train one without --ensemble"),
        (("cv", "e.nn", "pos.txt", "neg.txt", 2), "e.nn: ann cv needs one network, and this is an ensemble of 3; train one without --ensemble"),
        (("train", "e.nn", "pos.txt", "neg.txt", 2, "--continue"), "e.nn: --continue needs one network, and this is an ensemble of 3; train one without --ensemble"),
        (("train", "net.nn", "pos.txt", "neg.txt", 2, "--ensemble", 2, "--dialect", "ann1dn", "-o", "x.nn"), "--ensemble: a file of the format ann1dn holds one network; write it with --dialect ann"),
        (("train", "net.nn", "pos.txt", "neg.txt", "--ensemble", 0), "--ensemble: must be a whole number, at least 1, found '0'; write for example 5"),
    ],
)  # fmt: skip
def test_what_needs_one_network_refuses(ensemble: Path, ann: Ann, words: tuple[object, ...], message: str) -> None:
    before = (ensemble / "e.nn").read_bytes()
    assert ann(*words, check=2).stderr == f"ann: {message}\n"
    assert (ensemble / "e.nn").read_bytes() == before
