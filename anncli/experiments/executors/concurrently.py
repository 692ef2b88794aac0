"""Calls at the same time in threads, with their reports in order: how restarts of one training share the processors."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future
    from queue import SimpleQueue

Report = TypeVar("Report")


def run_concurrently(calls: Sequence[Callable[[], Iterator[Report]]], jobs: int) -> Iterator[Report]:
    """All reports of the first call, then all of the second, and so on, while up to `jobs` calls run at a time.

    The calls must not share what they change. When the iterator is closed, every call ends after its next report; an
    error in a call is raised when its turn comes.
    """
    # These modules load `logging`, and trainings without restarts would wait for it.
    from concurrent.futures import ThreadPoolExecutor
    from queue import SimpleQueue

    queues: list[SimpleQueue[Report | None]] = [SimpleQueue() for _ in calls]
    stopped = threading.Event()

    def run_one(call: Callable[[], Iterator[Report]], queue: SimpleQueue[Report | None]) -> None:
        try:
            if not stopped.is_set():
                for report in call():
                    queue.put(report)
                    if stopped.is_set():
                        break
        finally:
            queue.put(None)

    with ThreadPoolExecutor(jobs) as pool:
        try:
            futures: list[Future[None]] = [pool.submit(run_one, *pair) for pair in zip(calls, queues, strict=True)]
            for future, queue in zip(futures, queues, strict=True):
                while (report := queue.get()) is not None:
                    yield report
                future.result()
        finally:
            stopped.set()
