"""Ending at a signal: for commands of many trainings, which keep what is finished at every moment."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType

from anncli.errors import ExitCode, Interrupted, printable
from anncli.experiments.executors.child import signals_held

_CODES = {signal.SIGINT: ExitCode.SIGINT, signal.SIGTERM: ExitCode.SIGTERM}
# Seconds that the main thread has, to end its workers and the program, before the program ends without it.
_GRACE = 1.0
_LEAVE = 0


class EndingAtSignals:
    """SIGINT and SIGTERM end what it encloses with Interrupted; `message` says what was kept.

    A main thread that is in a long call of compiled code does not see the exception before the call returns: after a
    second the program ends all the same, with the same message and exit code. A signal that was ignored when the
    program started (SIGINT in a background job) stays ignored.
    """

    def __init__(self, message: Callable[[], str]) -> None:
        self._message = message
        self._caught: ExitCode | None = None

    def __enter__(self) -> EndingAtSignals:
        self._before = {}
        for number in _CODES:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._handle)
        # Python runs handlers between its own instructions only, but the numbers of signals reach a pipe at once.
        self._end, self._start = os.pipe()
        os.set_blocking(self._start, False)
        self._wakeup = signal.set_wakeup_fd(self._start, warn_on_full_buffer=False)
        self._left = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        # The watcher takes no signals itself: Python would then interrupt the main thread even where that blocks them,
        # as it does while it starts a worker, and the half-started worker would print a traceback.
        with signals_held():
            self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.set()
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup)
        os.write(self._start, bytes([_LEAVE]))
        self._watcher.join()
        os.close(self._start)
        os.close(self._end)
        if isinstance(error, KeyboardInterrupt) and self._caught is not None:
            raise Interrupted(self._message(), self._caught) from None

    def _handle(self, number: int, frame: FrameType | None) -> None:
        # Once: a second signal must not interrupt the clean-up that the first one began. No AnnError, which code that
        # turns errors of a training into results would catch.
        if self._caught is None:
            self._caught = _CODES[signal.Signals(number)]
            raise KeyboardInterrupt

    def _watch(self) -> None:
        while (number := os.read(self._end, 1)[0]) != _LEAVE:
            if number in self._before and not self._left.wait(_GRACE):
                with suppress(OSError, ValueError):
                    sys.stderr.write(f"ann: {printable(self._message())}\n")
                    sys.stderr.flush()
                os._exit(_CODES[signal.Signals(number)])
