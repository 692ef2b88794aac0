"""Signals held back while a thread or a process starts."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

# A terminal and a batch system send these to all processes of a command; only the parent handles them.
HELD_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def signals_held() -> Iterator[None]:
    """Block these signals in this thread; threads and processes that it starts begin with them blocked."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HELD_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
