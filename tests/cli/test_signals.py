"""Signals during training: the epoch ends, the network so far is written, and the exit code names the signal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ann_process import NETWORK, Ann, clean_environment

LONG = ("net.nn", "pos.txt", "neg.txt", "100000000", "--patience", "0", "--history", "h.jsonl")


@contextmanager
def training(
    folder: Path, *arguments: str, before: Callable[[], object] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A training that would last for days, in its epochs when the block begins."""
    history = folder / "h.jsonl"
    history.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "anncli", "train", *LONG, *arguments],
        cwd=folder,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=before,
    )
    try:
        for _ in range(6000):
            if history.exists() and history.stat().st_size:
                break
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_epoch_ends_and_the_network_is_written(small: Path, ann: Ann, number: int, code: int) -> None:
    with training(small) as process:
        process.send_signal(number)
        output, message = process.communicate(timeout=60)
    assert process.returncode == code
    assert message.startswith("ann: interrupted after epoch ")
    assert message.endswith(" was written to net.nn\n")
    assert ": interrupted after " in output
    assert (small / "net.nn").read_text().startswith(NETWORK + "trained:\n")
    ann("info", "net.nn", "--verify")
    lines = (small / "h.jsonl").read_text().splitlines()
    assert message.startswith(f"ann: interrupted after epoch {len(lines)};")


def test_nothing_is_written_where_that_is_asked_for(small: Path) -> None:
    with training(small, "--no-keep-on-interrupt") as process:
        process.send_signal(signal.SIGINT)
        output, message = process.communicate(timeout=60)
    assert process.returncode == 130
    assert (output, message) == ("", "ann: interrupted; nothing was written (--no-keep-on-interrupt)\n")
    assert (small / "net.nn").read_text() == NETWORK


def test_a_second_signal_ends_at_once_even_within_an_epoch(small: Path) -> None:
    """The epoch here takes minutes: it is one call of compiled code, between whose instructions no handler runs."""
    for name, sign in (("pos.txt", 1), ("neg.txt", -1)):
        (small / name).write_text("".join(f"{sign * (k % 17)} {k % 13}\n" for k in range(20000)))
    (small / "net.nn").write_text(NETWORK.replace("[3 tanh", "[1500 tanh, 1500 tanh"))
    process = subprocess.Popen(
        [sys.executable, "-m", "anncli", "train", "net.nn", "pos.txt", "neg.txt", "5", "--trainer", "online", "--history", "h.jsonl"],
        cwd=small,
        env=clean_environment(),
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    try:
        for _ in range(6000):
            if (small / "h.jsonl").exists():
                break
            time.sleep(0.01)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 143
    assert "trained:" not in (small / "net.nn").read_text()


def test_an_ignored_interrupt_stays_ignored(small: Path) -> None:
    with training(small, before=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)) as process:
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        _, message = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "was written to net.nn" in message


def test_the_classic_form_keeps_its_network_too(small: Path, ann: Ann) -> None:
    (small / "old.nn").write_text("3\n2 2 1\n")
    (small / "pos.txt").write_text("1 1\n0 0\n")
    (small / "neg.txt").write_text("0 0\n1 1\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "anncli", "t", "old.nn", "pos.txt", "neg.txt", "100000000"],
        cwd=small,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(b"  epoch: 5 "):
            process.send_signal(signal.SIGINT)
            break
    _, message = process.communicate(timeout=60)
    assert process.returncode == 130
    # Five epochs of XOR tell nothing apart, which a warning says first.
    assert message.endswith(b"ann: interrupted; the network so far was written to old.nn\n")
    ann("r", "old.nn", "pos.txt")


def test_an_interrupt_while_reading_is_one_line(small: Path) -> None:
    os.mkfifo(small / "pipe.txt")
    process = subprocess.Popen(
        [sys.executable, "-m", "anncli", "train", "net.nn", "pipe.txt", "neg.txt", "5"],
        cwd=small,
        env=clean_environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    # Opening succeeds when the reader is there.
    with open(small / "pipe.txt", "w") as pipe:
        pipe.write("1 2\n")
        pipe.flush()
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, message = process.communicate(timeout=60)
    assert (process.returncode, message) == (130, "ann: interrupted\n")
    assert (small / "net.nn").read_text() == NETWORK
