"""The child of the executor of processes: takes specs from a connection and sends their results back."""

from __future__ import annotations

import os
import signal
import warnings
from multiprocessing import connection, parent_process
from threading import Thread
from typing import Any

from anncli.experiments.executors.base import never
from anncli.experiments.executors.holding import HELD_SIGNALS
from anncli.experiments.spec import Failure, Result
from anncli.limits import BLAS_THREAD_VARIABLES

READY = "ready"


def serve(specs: Any) -> None:
    """Run the specs that come through the connection, until it ends.

    The first message is (work, datasets by digest). This module imports no numpy, so that the variables are set before
    it loads BLAS.
    """
    for number in HELD_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD_SIGNALS)
    for variable in BLAS_THREAD_VARIABLES:
        # For the C libraries alone: os.environ keeps the values that the user set.
        os.putenv(variable, "1")
    warnings.filterwarnings("ignore", category=RuntimeWarning)
    Thread(target=_end_with_parent, daemon=True).start()
    try:
        work, datasets = specs.recv()
        if datasets:
            from anncli.experiments.inputs import keep

            keep(datasets)
        specs.send(READY)
        while True:
            spec = specs.recv()
            result = work(spec, never)
            try:
                specs.send(result)
            except MemoryError:
                # The copy that is sent has no room; nothing of it has left yet.
                failure = Failure("out of memory", "use fewer --jobs, fewer rows or a smaller network", repeats=False)
                specs.send(Result(spec.digest(), error=failure))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        # The parent has closed its side: there is nobody to work for.
        pass


def _end_with_parent() -> None:
    """End this process when the parent dies, also in the middle of a spec."""
    parent = parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)
