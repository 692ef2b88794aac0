"""A scheduler and workers of Dask on this machine, as processes, and how to lose them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ann_process import clean_environment
from workers import wait_for

# What keeps this machine from being slowed down by what no test needs.
QUIET = ("--no-dashboard",)


class LocalCluster:
    """Args: folder for logs; options: of scheduler and workers, such as the files of TLS; scheme: tcp or tls."""

    def __init__(self, folder: Path, *options: str, scheme: str = "tcp") -> None:
        self.folder, self.options, self.scheme = folder, options, scheme
        self.scheduler = self._start("scheduler", "scheduler", "--host", "127.0.0.1", "--port", "0")
        wait_for(lambda: self._address() or self.scheduler.poll() is not None)
        assert self.scheduler.poll() is None, self.log("scheduler")
        self.address = self._address()
        self.workers: list[subprocess.Popen[bytes]] = []

    @property
    def executor(self) -> str:
        """What --executor takes."""
        return f"{'dask' if self.scheme == 'tcp' else 'tls'}://{self.address}"

    def add_worker(self, *options: str, nanny: bool = False, **variables: str) -> subprocess.Popen[bytes]:
        """A worker of one thread, once the scheduler knows it; nanny: with a process that starts it again."""
        name = f"worker-{len(self.workers)}"
        url = f"{self.scheme}://{self.address}"
        kept = () if nanny else ("--no-nanny",)
        process = self._start(name, "worker", url, "--nthreads", "1", *kept, *options, **variables)
        self.workers.append(process)
        wait_for(lambda: "Registered to" in self.log(name) or process.poll() is not None)
        assert process.poll() is None, self.log(name)
        return process

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")

    def close(self) -> None:
        for process in [*self.workers, self.scheduler]:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                for child in descendants(process.pid):
                    os.kill(child, signal.SIGKILL)
                process.kill()
            process.wait()

    def _address(self) -> str:
        found = re.search(r"Scheduler at: +\w+://(\S+)", self.log("scheduler"))
        return found[1] if found else ""

    def _start(self, name: str, what: str, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
        environment = clean_environment(
            OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", DASK_TEMPORARY_DIRECTORY=str(self.folder), **variables
        )
        with open(self.folder / f"{name}.log", "wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", what, *arguments, *QUIET, *self.options],
                env=environment, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip


def descendants(process: int) -> list[int]:
    """The processes that it started, and theirs."""
    path = Path(f"/proc/{process}/task/{process}/children")
    children = [int(word) for word in path.read_text().split()] if path.exists() else []
    return [*children, *(other for child in children for other in descendants(child))]


@contextmanager
def local_cluster(folder: Path, n_workers: int, *options: str, scheme: str = "tcp") -> Iterator[LocalCluster]:
    """A scheduler with so many workers, all of which are ended."""
    folder.mkdir(parents=True, exist_ok=True)
    cluster = LocalCluster(folder, *options, scheme=scheme)
    try:
        for _ in range(n_workers):
            cluster.add_worker()
        yield cluster
    finally:
        cluster.close()
