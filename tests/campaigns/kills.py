"""kill -9, SIGTERM, SIGINT and SIGHUP at random moments of a training that writes network, checkpoint and history."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from pathlib import Path

from children import NETWORK, Report, small_folder, start, wait

import anncli
from anncli.formats.files.checkpoint import load_checkpoint

WORDS = [
    "train",
    "net.nn",
    "pos.txt",
    "neg.txt",
    "40",
    "-q",
    "--checkpoint",
    "c",
    "--checkpoint-every",
    "1",
    "--history",
    "h",
]
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def campaign(folder: Path, tries: int, seed: int) -> Report:
    report, dice = Report("signal at a random moment of writing"), random.Random(seed)
    small_folder(folder)
    for number in range(tries):
        sent = SIGNALS[number % len(SIGNALS)]
        (folder / "net.nn").write_text(NETWORK)
        for name in ("c", "h"):
            (folder / name).unlink(missing_ok=True)
        child = start(WORDS, folder)
        delay = dice.uniform(0, 0.12)
        time.sleep(delay)
        os.kill(child, sent)
        ended = wait(child, folder)
        report.count(
            f"{sent.name} after {delay:.4f} s (seed {seed}, try {number})",
            ended.code,
            fault_of(folder, sent, ended.code),
        )
    return report


def fault_of(folder: Path, sent: signal.Signals, code: int | None) -> str | None:
    """What is wrong with the files and the exit code."""
    if code is None:
        return "hangs"
    if code not in (0, -sent, 128 + sent):
        return f"ended with {code}"
    if "Traceback" in (folder / ".stderr").read_text():
        return "a traceback"
    try:
        network = anncli.load(folder / "net.nn")
        if (folder / "net.nn").read_text() != NETWORK and not network.is_trained:
            return "the network is neither the old nor a new one"
        # A signal that the training took must not lose it.
        if code == 128 + sent and (folder / "h").exists() and not network.is_trained:
            return "the training is lost"
        if (folder / "c").exists():
            load_checkpoint(folder / "c")
        if (folder / "h").exists():
            lines = (folder / "h").read_text().split("\n")
            for line in lines[:-1]:
                json.loads(line)
    except Exception as fault:
        return f"left broken: {fault}"
    return None
