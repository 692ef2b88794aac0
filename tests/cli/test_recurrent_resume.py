"""Trainings of recurrent networks that are stopped or killed: they go on to the bytes of one that never was, also in pieces."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from ann_process import Ann
from signed_sums import signed_sums
from workers import running_since

pytestmark = pytest.mark.slow

EPOCHS = 250
SIGNALS = [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)]
# The trainer and its options, and the signals that it is stopped by.
RUNS = {
    "adam": ("--trainer", "adam"),
    "adam in pieces": ("--trainer", "adam", "--truncate", "5", "--dropout", "0.1"),
    "rprop": ("--trainer", "rprop"),
    "rprop in pieces": ("--trainer", "rprop", "--truncate", "5"),
    "scg": ("--trainer", "scg"),
    "lbfgs": ("--trainer", "lbfgs"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "x.csv").write_text(signed_sums(60, 1, 24))
    (tmp_path / "r.nn").write_text("anncli: 1\ninputs: any x 2\nlayers: [6 lstm, 4 lstm, 1 logistic]\n")
    return tmp_path


@pytest.mark.parametrize("name", RUNS)
def test_a_run_that_was_stopped_goes_on_to_the_same_bytes(name: str, folder: Path, ann: Ann) -> None:
    run = ("r.nn", "x.csv", str(EPOCHS), "--label", "last", "--patience", "0", *RUNS[name])
    ann("train", *run, "-o", "whole.nn", "-q")
    wanted = (folder / "whole.nn").read_bytes()
    definition = (folder / "r.nn").read_bytes()
    for number, code in SIGNALS:
        (folder / "r.nn").write_bytes(definition)
        (folder / "h.jsonl").unlink(missing_ok=True)
        saved = ("--checkpoint", "run.ckpt", "--checkpoint-every", "4")
        with running_since(folder / "h.jsonl", 10, "train", *run, *saved, "--history", "h.jsonl") as process:
            process.send_signal(number)
            _, message = process.communicate(timeout=60)
        assert process.returncode == code, message
        ann("train", *run, *saved, "--resume", "run.ckpt", "-q")
        assert (folder / "r.nn").read_bytes() == wanted, (name, number)
