"""The processes of a command that runs many trainings: waiting for them, finding them, asking whether they live."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path


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
