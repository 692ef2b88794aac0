"""`ann train --executor` with --restarts or --ensemble: the same files whoever trains, what is refused, and what a signal leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ann_process import NETWORK, Ann, clean_environment
from workers import catches, children, is_alive, wait_for

from anncli.compiled import native_module

TRAIN = ("train", "net.nn", "pos.txt", "neg.txt", "30")
WRITTEN = ("-o", "out.nn", "--history", "h.jsonl", "--checkpoint", "c", "--force")


def files(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in ("out.nn", "h.jsonl", "c")]


@pytest.mark.slow
@pytest.mark.parametrize(
    "parts", [("--restarts", "4"), ("--ensemble", "2", "--restarts", "2", "--trainer", "lm")], ids=str
)
def test_files_do_not_depend_on_the_executor(small: Path, ann: Ann, parts: tuple[str, ...]) -> None:
    written = WRITTEN[:-1]
    expected = ann(*TRAIN, *parts, *written).stdout, files(small)
    for executor in (
        ("threads", "--jobs", "2"), ("processes", "--jobs", "2"), ("processes", "--jobs", "64"), ("in-process",),
    ):  # fmt: skip
        found = ann(*TRAIN, *parts, *written, "--executor", *executor)
        assert (found.stdout, files(small)) == expected, executor
    told = "restart" if parts[0] == "--restarts" else "network"
    said = ann(*TRAIN, *parts, *written, "--executor", "processes").stderr
    assert said.startswith(f"ann: with --executor processes, a checkpoint is written when a {told} has ended\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "--executor runs the trainings of --restarts or --ensemble, and this is one training; leave it out, or add for example --restarts 4"),
        (("--restarts", 2, "--time-limit", 5), "--time-limit holds in this process alone, and --executor processes trains in others; leave one of the two out, or say --executor threads"),
        pytest.param(
            ("--ensemble", 2, "--reproducible"), "--reproducible holds in this process alone, and --executor processes trains in others; leave one of the two out, or say --executor threads",
            marks=pytest.mark.skipif(native_module() is None, reason="--reproducible needs the compiled kernels"),
        ),
    ],
)  # fmt: skip
def test_what_is_refused_before_data_are_read(
    small: Path, ann: Ann, arguments: tuple[object, ...], message: str
) -> None:
    words = ("train", "net.nn", "none.txt", "neg.txt", "30", "--executor", "processes", *arguments)
    found = ann(*words, check=2)
    assert (found.stdout, found.stderr) == ("", f"ann: {message}\n")


@pytest.mark.slow
def test_a_variable_is_no_reason_to_refuse(small: Path, ann: Ann) -> None:
    """It serves many runs: what it cannot mean here is done by this process."""
    expected = ann(*TRAIN, "-o", "out.nn").stdout
    assert ann(*TRAIN, "-o", "out.nn", env={"ANN_EXECUTOR": "processes"}).stdout == expected


@contextmanager
def long_training(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "anncli", "train", "net.nn", "pos.txt", "neg.txt", *arguments],
        cwd=folder,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def working(process: subprocess.Popen[str], number: int) -> list[int]:
    """The workers, when so many are there and the command watches signals."""
    wait_for(
        lambda: (
            process.poll() is not None
            or (len(children(process.pid)) == number and catches(process.pid, signal.SIGTERM))
        )
    )
    assert process.poll() is None, process.communicate()
    return children(process.pid)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["int", "term"])
@pytest.mark.parametrize("parts", ["--restarts", "--ensemble"])
def test_a_signal_before_the_first_end_writes_nothing(small: Path, parts: str, number: int, code: int) -> None:
    more = ("--patience", "0", "--executor", "processes", "--jobs", "2", parts, "3", "--checkpoint", "c")
    with long_training(small, "100000000", *more) as process:
        workers = working(process, 2)
        process.send_signal(number)
        output, message = process.communicate(timeout=60)
    assert (process.returncode, output) == (code, "")
    part = "restart" if parts == "--restarts" else "network"
    assert message.splitlines()[-1] == f"ann: interrupted before the first {part} had ended; nothing was written"
    wait_for(lambda: not any(map(is_alive, workers)))
    assert (small / "net.nn").read_text() == NETWORK
    assert not (small / "c").exists()


@pytest.mark.slow
def test_what_had_ended_is_kept_at_a_signal_and_goes_on(small: Path, ann: Ann) -> None:
    """Two restarts of three have ended when the signal comes: their best is written, and --resume trains the third."""
    more = (
        "--restarts",
        "3",
        "--patience",
        "0",
        "--executor",
        "processes",
        "--history",
        "h.jsonl",
        "--checkpoint",
        "c",
    )
    epochs = "4000"
    with long_training(small, epochs, *more, "-o", "first.nn") as process:
        wait_for(lambda: process.poll() is not None or ((small / "c").exists() and _restarts(small) == {1, 2}))
        assert process.poll() is None, process.communicate()
        process.send_signal(signal.SIGINT)
        _output, message = process.communicate(timeout=60)
    if process.returncode == 0:
        pytest.skip("the third restart ended before the signal")
    assert process.returncode == 130
    assert message.splitlines()[-1].startswith(f"ann: interrupted after epoch {epochs}; the network of epoch ")
    assert message.endswith("was written to first.nn; continue with --resume c\n")
    ann("info", "first.nn", "--verify")
    words = ("train", "net.nn", "pos.txt", "neg.txt", epochs, *more)
    ann(*words, "-o", "out.nn", "--resume", "c")
    resumed = files(small)
    ann("train", "net.nn", "pos.txt", "neg.txt", epochs, *more[:4], *more[6:], "-o", "out.nn")
    assert resumed == files(small)


def _restarts(folder: Path) -> set[int]:
    lines = (folder / "h.jsonl").read_text().splitlines() if (folder / "h.jsonl").exists() else []
    return {json.loads(line)["start"] for line in lines if line.endswith("}")}


@pytest.mark.slow
def test_a_worker_that_is_killed_begins_again(small: Path, ann: Ann) -> None:
    more = ("--restarts", "4", "--patience", "0", "--executor", "processes", "--jobs", "2", "-o", "out.nn")
    with long_training(small, "2000", *more) as process:
        os.kill(working(process, 2)[0], signal.SIGKILL)
        output, message = process.communicate(timeout=120)
    assert process.returncode == 0, message
    killed = (small / "out.nn").read_bytes()
    assert message.startswith("ann: warning: a worker process was killed by SIGKILL ")
    assert output == ann("train", "net.nn", "pos.txt", "neg.txt", "2000", *more[:4], "-o", "out.nn").stdout
    assert killed == (small / "out.nn").read_bytes()
