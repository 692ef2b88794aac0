"""A thread trial: calls are timed with one thread and with all, to see which is faster on this machine now.

The results of a call do not depend on the number of threads, so trying both during training changes only the time.
On cores that share their arithmetic units, or have other work, a second thread is slower however large the network is.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

# Multiplications between two synchronisations below which waiting costs more than a second thread gains: no trial.
SHARED_WORK = 2_000_000
_ROUNDS = 3
# All threads must need less than this fraction of the time of one.
_GAIN = 0.9
_MOST_THREADS = 64


def available_processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class ThreadTrial:
    """How many threads one kind of call gets: one and all in turn at first, then whichever was faster per row.

    Args: work: multiplications between two synchronisations of the threads.
    """

    def __init__(self, work: int) -> None:
        self.many = min(available_processors(), work // SHARED_WORK, _MOST_THREADS)
        self.alone: list[float] = []
        self.together: list[float] = []
        self.gave_up = self.many < 2

    def choose(self) -> int:
        """The number of threads for the next call."""
        if self.gave_up:
            return 1
        if len(self.together) < _ROUNDS:
            return 1 if len(self.alone) <= len(self.together) else self.many
        return self.many

    @contextmanager
    def measured(self, n_rows: int) -> Iterator[int]:
        """The number of threads for the call over n_rows inside the context, which is timed."""
        threads = self.choose()
        if self.gave_up:
            yield 1
            return
        start = time.perf_counter()
        yield threads
        self.note(threads, (time.perf_counter() - start) / max(1, n_rows))

    def note(self, threads: int, seconds_per_row: float) -> None:
        """Record a time; once all threads together were no faster than one, one is used for good."""
        (self.alone if threads == 1 else self.together).append(seconds_per_row)
        if len(self.together) >= _ROUNDS:
            self.together = self.together[-_ROUNDS:]
            self.gave_up = min(self.together) > _GAIN * min(self.alone)
