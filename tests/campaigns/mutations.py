"""Files with random damage: networks, checkpoints, data, lists, configs. Each is read, or refused in one line by name."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

from children import Report, run
from failing_calls import prepared

# The command that reads each file, and the exit codes it may refuse it with.
READERS = {
    "old.nn": ("predict old.nn pos.txt", {4, 3}),
    "c0": ("train net.nn pos.txt neg.txt 4 --resume c0 --output o.nn -q --refit no", {4, 2}),
    "pos.txt": ("predict old.nn pos.txt", {3}),
    "pos.txt.gz": ("predict old.nn pos.txt.gz", {3}),
    "list.txt": ("train net.nn list.txt 1 --output o.nn -q --validation 0", {3, 2, 1}),
    "m.hea": ("train net.nn list.txt 1 --output o.nn -q --validation 0", {3, 2, 1}),
    "cfg.yaml": ("train net.nn pos.txt neg.txt 1 --config cfg.yaml --output o.nn -q", {2, 1}),
}


def campaign(folder: Path, tries: int, seed: int) -> Report:
    """Args: tries: mutations of each file."""
    report, dice = Report("mutated file"), random.Random(seed)
    prepared(folder)
    (folder / "cfg.yaml").write_text("learning_rate: 0.01\nseed: 3\nbatch-size: 4\n")
    (folder / "pos.txt.gz").write_bytes(gzip.compress((folder / "pos.txt").read_bytes(), mtime=0))
    for name, (command, codes) in READERS.items():
        good = (folder / name).read_bytes()
        for number in range(tries):
            (folder / name).write_bytes(mutated(good, dice))
            ended = run(command.split(), folder)
            fault = ended.fault()
            if not fault and ended.code and ended.code not in codes:
                fault = f"ended with {ended.code}: {ended.stderr[:200]}"
            if not fault and ended.code and ended.stderr.count("\n") > 2:
                fault = f"more than one line: {ended.stderr[:300]}"
            report.count(f"{name}, seed {seed}, mutation {number}", ended.code, fault)
        (folder / name).write_bytes(good)
    return report


def mutated(data: bytes, dice: random.Random) -> bytes:
    """Some bytes changed, removed, repeated or moved."""
    result = bytearray(data)
    for _ in range(dice.choice((1, 1, 1, 2, 5, 20))):
        at = dice.randrange(len(result) + 1)
        length = dice.choice((1, 1, 2, 8, 64))
        kind = dice.randrange(6)
        if kind == 0 and result:
            result[at % len(result)] = dice.randrange(256)
        elif kind == 1:
            del result[at : at + length]
        elif kind == 2:
            result[at:at] = result[at : at + length]
        elif kind == 3:
            result[at:at] = bytes(dice.randrange(256) for _ in range(length))
        elif kind == 4:
            result[at:at] = dice.choice((b"-1", b"1e999", b"nan", b"\0", b"999999999999", b"\n", b": ", b"[", b"\xff"))
        elif dice.random() < 0.2:
            del result[at:]
    return bytes(result)
