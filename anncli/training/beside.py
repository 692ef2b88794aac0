"""Attempts beside each other: independent trainings in threads, their reports in the order of the attempts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue

from anncli.training.attempt import EpochReport

# What makes the epochs of one attempt; called in a thread of its own.
Work = Callable[[], Iterator[EpochReport]]


def side_by_side(works: Sequence[Work], threads: int) -> Iterator[EpochReport]:
    """All reports of the first work, then all of the second ..., while up to `threads` of them run at a time.

    They must not share what they change. Compiled kernels let go of the interpreter, so threads are enough. When the
    iterator is closed, every work ends after its epoch; an error in one of them is raised when its turn comes.
    """
    queues: list[SimpleQueue[EpochReport | None]] = [SimpleQueue() for _ in works]
    ended = threading.Event()

    def run(work: Work, queue: SimpleQueue[EpochReport | None]) -> None:
        try:
            if not ended.is_set():
                for report in work():
                    queue.put(report)
                    if ended.is_set():
                        break
        finally:
            queue.put(None)

    with ThreadPoolExecutor(threads) as pool:
        try:
            futures: list[Future[None]] = [pool.submit(run, *pair) for pair in zip(works, queues, strict=True)]
            for future, queue in zip(futures, queues, strict=True):
                while (report := queue.get()) is not None:
                    yield report
                future.result()
        finally:
            ended.set()
