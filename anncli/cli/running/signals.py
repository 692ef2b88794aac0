"""Signals: the first SIGINT or SIGTERM asks for an end after the epoch, the second one ends at once."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType, TracebackType

from anncli.errors import ExitCode

_CODES = {signal.SIGINT: ExitCode.SIGINT, signal.SIGTERM: ExitCode.SIGTERM}
_LEAVE = 0


class Interruption:
    """While it is open, `caught` is the exit code of the first signal that came, else None.

    A signal that was ignored when the program started (SIGINT in a background job) stays ignored.
    """

    caught: ExitCode | None = None

    def __enter__(self) -> Interruption:
        self._before = {}
        for number in _CODES:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._handle)
        # Python calls handlers between its own instructions only, and an epoch is one long call of compiled code. The
        # numbers of signals reach a pipe at once, so a thread that watches it can end the program in the middle.
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
                # At once: no clean-up that could hang; a file being replaced is whole at every moment.
                os._exit(_CODES[signal.Signals(number)])
