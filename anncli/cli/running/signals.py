"""Signals: the first SIGINT, SIGTERM or SIGHUP ends the training after the epoch, the second ends the program at once."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType, TracebackType

from anncli.errors import ExitCode

_CODES = {signal.SIGINT: ExitCode.SIGINT, signal.SIGTERM: ExitCode.SIGTERM}
# The terminal was closed. Windows has no such signal.
if hasattr(signal, "SIGHUP"):
    _CODES[signal.SIGHUP] = ExitCode.SIGHUP
_LEAVE = 0


class Interruption:
    """Inside the block, `caught` is the exit code of the first signal received, or None.

    A signal that was ignored when the program started (SIGINT in a background job, SIGHUP after nohup) stays ignored.
    """

    caught: ExitCode | None = None

    def __enter__(self) -> Interruption:
        self._before = {}
        for number in _CODES:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._handle)
        # Python runs handlers only between its own instructions, and an epoch is one long call of compiled code. The
        # numbers of signals reach a pipe at once, so a thread that reads it can end the program during the call.
        self._end, self._start = os.pipe()
        os.set_blocking(self._start, False)
        self._wakeup = signal.set_wakeup_fd(self._start, warn_on_full_buffer=False)
        self._watcher = threading.Thread(target=self._watch, daemon=True)
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

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.caught is None:
            self.caught = _CODES[signal.Signals(number)]

    def _watch(self) -> None:
        seen = 0
        while (number := os.read(self._end, 1)[0]) != _LEAVE:
            seen += number in self._before
            if seen == 2:
                # No clean-up, which could hang; a file that is being replaced is complete at every moment.
                os._exit(_CODES[signal.Signals(number)])
