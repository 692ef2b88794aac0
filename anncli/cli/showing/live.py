"""Showing work while it goes on: on a terminal one line that is overwritten, in a log a line from time to time."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

from anncli.cli.showing.line_fit import columns_of, terminal_width
from anncli.cli.showing.work import Work
from anncli.experiments.executors.holding import signals_held

# Seconds between two lines of a log. Tests shorten it by the variable, which is no option.
HEARTBEAT = 30.0
_HEARTBEAT_VARIABLE = "_ANN_HEARTBEAT"
# Seconds between two drawings: drawing must not take longer than the work, and the clock goes on where the work does not.
_FASTEST, _SLOWEST = 0.1, 1.0


class Live:
    """Inside the block, a thread shows the work; touch() shows it when something has changed.

    is_terminal: whether to draw a line; otherwise `say` is called with a sentence every 30 seconds. delay: seconds before the
    first drawing.
    """

    def __init__(self, work: Work, is_terminal: bool, say: Callable[[str], None], delay: float = 0.0) -> None:
        self._work, self._is_terminal, self._say = work, is_terminal, say
        self._next = time.monotonic() + delay
        self._drawn = False
        self._lock, self._ended = threading.RLock(), threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        # Signals are for the main thread.
        with signals_held():
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._erase()

    def touch(self) -> None:
        """Draw the line anew, unless that was done just now."""
        if self._is_terminal and time.monotonic() >= self._next:
            self._draw()

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Without the line, for other text on the terminal."""
        with self._lock:
            was_drawn = self._drawn
            self._erase()
            yield
            if was_drawn:
                self._draw()

    def _watch(self) -> None:
        pause = _SLOWEST if self._is_terminal else float(os.environ.get(_HEARTBEAT_VARIABLE) or HEARTBEAT)
        while not self._ended.wait(pause):
            if self._is_terminal:
                self.touch()
            elif sentence := self._work.sentence():
                self._say(sentence)

    def _draw(self) -> None:
        with self._lock:
            if self._ended.is_set():
                return
            self._next = time.monotonic() + _FASTEST
            # The last column stays free: a terminal goes to the next line when that is written.
            width = terminal_width() - 1
            line = self._work.line(width)
            if line or self._drawn:
                assert columns_of(line) <= max(width, 0)
                self._write(line)
                self._drawn = bool(line)

    def _erase(self) -> None:
        with self._lock:
            if self._drawn:
                self._write("")
                self._drawn = False

    def _write(self, line: str) -> None:
        # A closed terminal must not end the work.
        with suppress(OSError, ValueError):
            sys.stderr.write(f"\r\033[K{line}")
            sys.stderr.flush()
