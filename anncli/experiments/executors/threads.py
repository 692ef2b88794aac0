"""The executor of threads: compiled code releases the interpreter lock, so trainings run at the same time and share data."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

from anncli.experiments.executors.base import Stopped, Work
from anncli.experiments.spec import Result, Spec

Report = TypeVar("Report")


class Threads:
    """Runs up to `jobs` specs at a time; results come in the order in which they are ready."""

    def __init__(self, work: Work, jobs: int) -> None:
        self.work, self.jobs = work, jobs

    def run(self, specs: Sequence[Spec]) -> Iterator[Result]:
        stopped = threading.Event()
        ready: SimpleQueue[Future[Result]] = SimpleQueue()

        def run_one(spec: Spec) -> Result:
            if stopped.is_set():
                raise Stopped
            return self.work(spec, stopped.is_set)

        with ThreadPoolExecutor(self.jobs) as pool:
            try:
                for spec in specs:
                    pool.submit(run_one, spec).add_done_callback(ready.put)
                for _ in specs:
                    yield ready.get().result()
            finally:
                stopped.set()


def run_concurrently(calls: Sequence[Callable[[], Iterator[Report]]], jobs: int) -> Iterator[Report]:
    """All reports of the first call, then all of the second, and so on, while up to `jobs` calls run at a time.

    The calls must not share what they change. When the iterator is closed, every call ends after its next report; an
    error in a call is raised when its turn comes.
    """
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
