"""Options with values out of range: refused in one line, or computed without a fault."""

from __future__ import annotations

import random
from pathlib import Path

from children import Report, run, small_folder

from anncli.options.table import OPTIONS, options_of
from anncli.training.names import TRAINER_NAMES

VALUES = ("0", "-1", "1", "1e-300", "1e300", "1e30", "nan", "inf", "2147483648", "0.9999999", "word", "")
_TAKEN = {"config", "checkpoint", "resume", "output", "history", "dialect"}


def cases() -> list[list[str]]:
    """Every option of every trainer, and every other option of `ann train`, with every value."""
    found = [
        ["--trainer", trainer, "--option", f"{name}={value}", *(["--loss", "mse"] if trainer == "br" else [])]
        for trainer, info in TRAINER_NAMES.items()
        for name in info.defaults
        for value in VALUES
    ]
    found += [
        [f"--{name.replace('_', '-')}", value]
        for name in options_of("train")
        if OPTIONS[name].kind in ("value", "list") and name not in _TAKEN
        for value in VALUES
    ]
    return found


def campaign(folder: Path, most: int, seed: int) -> Report:
    """Args: most: how many of the cases, drawn by the seed."""
    report = Report("option out of range")
    small_folder(folder)
    chosen = cases()
    random.Random(seed).shuffle(chosen)
    for options in chosen[:most]:
        words = ["train", "net.nn", "pos.txt", "neg.txt", 3, "--output", "o.nn", "-q", *options]
        ended = run(words, folder)
        fault = ended.fault()
        # A teacher is a network file, which is not there, or none.
        expected = (0, 1, 2, 3, 4) if options[0] == "--teacher" else (0, 1, 2, 3)
        if not fault and ended.code not in expected:
            fault = f"ended with {ended.code}: {ended.stderr[:200]}"
        if not fault and ended.code and ended.stderr.count("\n") != 1:
            fault = f"not one line: {ended.stderr[:300]}"
        report.count(" ".join(options), ended.code, fault)
    return report
