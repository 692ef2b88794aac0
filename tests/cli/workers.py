"""The processes of a command that takes long, or runs many trainings: waiting for them, finding them, asking whether they live."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ann_process import clean_environment


def wait_for(condition: Callable[[], object]) -> None:
    for _ in range(6000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("waited for a minute")


def children(process: int) -> list[int]:
    """The workers of a process; its other children belong to multiprocessing."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"\nPPid:\t{process}\n" in (entry / "status").read_text():
                found += [int(entry.name)] * (b"spawn_main" in (entry / "cmdline").read_bytes())
        except OSError:
            continue
    return found


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def catches(process: int, number: int) -> bool:
    """Whether the process handles the signal, which such a command does from its first training on."""
    caught = re.search(r"SigCgt:\s*(\w+)", Path(f"/proc/{process}/status").read_text())
    return caught is not None and bool(int(caught[1], 16) >> (number - 1) & 1)


@contextmanager
def running_since(ledger: Path, lines: int, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`ann` with these arguments, in the folder of its ledger or history, which has so many lines when the block begins."""
    process = subprocess.Popen(
        [sys.executable, "-m", "anncli", *arguments],
        cwd=ledger.parent,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(lambda: process.poll() is not None or (ledger.exists() and ledger.read_bytes().count(b"\n") >= lines))
        assert process.poll() is None, process.communicate()
        yield process
    finally:
        process.kill()
        process.communicate()
