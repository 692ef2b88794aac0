"""The executor of threads: compiled code releases the interpreter lock, so trainings run at the same time and share data."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue

from anncli.experiments.executors.base import Stopped, Work
from anncli.experiments.spec import Result, Spec


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
