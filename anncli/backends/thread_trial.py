"""A thread trial: whether sharing a call among threads pays on this machine now, found out by the clock.

The results of a call do not depend on the number of threads, so trying both during training changes nothing but time.
Cores that share their arithmetic units, or have other work, make a second thread a loss however large the network is.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

# Multiplications between two meetings of the threads below which the waiting eats the gain: not worth a trial.
SHARED_WORK = 2_000_000
_ROUNDS = 3
# What the threads must save to be worth their noise.
_GAIN = 0.9
_MOST_THREADS = 64


def available_processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class ThreadTrial:
    """How many threads to use for one kind of call: one and all in turn at first, then whichever was faster per row."""

    def __init__(self, work: int) -> None:
        self.many = min(available_processors(), work // SHARED_WORK, _MOST_THREADS)
        self.alone: list[float] = []
        self.together: list[float] = []
        self.gave_up = self.many < 2

    def choose(self) -> int:
        if self.gave_up:
            return 1
        if len(self.together) < _ROUNDS:
            return 1 if len(self.alone) <= len(self.together) else self.many
        return self.many

    @contextmanager
    def measured(self, n_rows: int) -> Iterator[int]:
        """The number of threads for a call over n_rows, whose time is taken."""
        threads = self.choose()
        if self.gave_up:
            yield 1
            return
        start = time.perf_counter()
        yield threads
        self.note(threads, (time.perf_counter() - start) / max(1, n_rows))

    def note(self, threads: int, seconds_per_row: float) -> None:
        """Remember a time; once all together were slower than one alone, one it stays."""
        (self.alone if threads == 1 else self.together).append(seconds_per_row)
        if len(self.together) >= _ROUNDS:
            self.together = self.together[-_ROUNDS:]
            self.gave_up = min(self.together) > _GAIN * min(self.alone)
