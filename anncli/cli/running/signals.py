"""Signals: the first SIGINT, SIGTERM or SIGHUP ends the training after the epoch, the second ends the program at once."""

from __future__ import annotations

import os
import signal
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self

from anncli.cli.interrupt import Interrupts
from anncli.errors import ExitCode
from anncli.experiments.executors.holding import signals_held

CODES = {signal.SIGINT: ExitCode.SIGINT, signal.SIGTERM: ExitCode.SIGTERM}
# The terminal was closed. Windows has no such signal.
if hasattr(signal, "SIGHUP"):
    CODES[signal.SIGHUP] = ExitCode.SIGHUP
_LEAVE = 0


class SignalWatch(ABC):
    """Inside the block, the signals of CODES go to handle(), and a thread sees their numbers at once, through seen().

    Python runs handlers only between its own instructions, and an epoch is one long call of compiled code. The numbers
    of signals reach a pipe at once, so the thread that reads it can end the program during the call.
    A signal that was ignored when the program started (SIGINT in a background job, SIGHUP after nohup) stays ignored.
    """

    def __enter__(self) -> Self:
        self._before = {}
        for number in CODES:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self.handle)
        self._end, self._start = os.pipe()
        os.set_blocking(self._start, False)
        self._wakeup = signal.set_wakeup_fd(self._start, warn_on_full_buffer=False)
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        # The watcher takes no signals itself: Python would then interrupt the main thread even where that blocks them,
        # as it does while it starts a worker, and the half-started worker would print a traceback.
        with signals_held():
            self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup)
        os.write(self._start, bytes([_LEAVE]))
        self._watcher.join()
        os.close(self._start)
        os.close(self._end)

    @abstractmethod
    def handle(self, number: int, frame: FrameType | None) -> None:
        """What the main thread does with a signal, between two of its instructions."""

    @abstractmethod
    def seen(self, number: int) -> None:
        """What the watching thread does with a signal, as soon as it arrives."""

    def _watch(self) -> None:
        while (number := os.read(self._end, 1)[0]) != _LEAVE:
            if number in self._before:
                self.seen(number)


class Interruption(SignalWatch):
    """Inside the block, `caught` is the exit code of the first signal received, or None."""

    caught: ExitCode | None = None
    _count = 0
    _breaks = False

    @contextmanager
    def breaking(self) -> Iterator[None]:
        """A wait for other processes: a first signal raises KeyboardInterrupt in it."""
        self._breaks = True
        try:
            if self.caught is not None:
                raise KeyboardInterrupt
            yield
        finally:
            self._breaks = False

    def handle(self, number: int, frame: FrameType | None) -> None:
        if self.caught is None:
            self.caught = CODES[signal.Signals(number)]
            if self._breaks:
                # A second one must not interrupt the clean-up that this one begins.
                self._breaks = False
                raise KeyboardInterrupt

    def seen(self, number: int) -> None:
        self._count += 1
        if self._count == 2:
            # No clean-up, which could hang; a file that is being replaced is complete at every moment.
            Interrupts.leave(CODES[signal.Signals(number)])
