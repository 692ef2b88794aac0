"""Work in hand: what there is to say of it, as one line of a terminal and as a sentence for a log."""

from __future__ import annotations

import time
from typing import Protocol

from anncli.cli.showing.line_fit import Piece, bar, clock, fitted, span

# A shorter time says little about the pace.
_FEWEST_SECONDS = 1.0


class Work(Protocol):
    """Something that takes long."""

    def line(self, width: int) -> str:
        """For a terminal of so many columns; '' while there is nothing to show."""

    def sentence(self) -> str:
        """For a log; '' where there is nothing to say."""


class Pace:
    """How long counted work takes: seconds since it began, and about how many are left."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self._first: tuple[float, float] | None = None
        self._done = 0.0

    def see(self, done: float) -> None:
        """So much is done; what was done before the first call, as by an earlier run, tells nothing about the pace."""
        if self._first is None:
            self._first = max(0.0, done - 1), self.began
        self._done = done

    def restart(self) -> None:
        """Other work begins, at another pace."""
        self._first, self._done = (0.0, time.monotonic()), 0.0

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.began

    def left(self, total: float) -> float | None:
        """Seconds until `total` are done; None where nothing tells, as in the first second."""
        if self._first is None or self._done <= self._first[0]:
            return None
        done, began = self._first
        spent = time.monotonic() - began
        return spent / (self._done - done) * max(0.0, total - self._done) if spent >= _FEWEST_SECONDS else None


class Counted:
    """Work of `length` pieces: trainings, columns ..."""

    def __init__(self, length: int, unit: str) -> None:
        self.length, self.unit, self.done, self.text, self.pace = length, unit, 0, "", Pace()

    def update(self, done: int, text: str) -> None:
        """So many pieces are done; text: about the last one."""
        self.done, self.text = done, text
        self.pace.see(done)

    def line(self, width: int) -> str:
        left = self.pace.left(self.length)
        pieces = [
            Piece(bar(self.done / self.length, width), 1),
            Piece(f"{self.unit} {self.done}/{self.length}", 9),
            Piece(clock(self.pace.elapsed), 7),
            Piece("" if left is None else f"{clock(left)} left", 6),
            Piece(self.text, 2),
        ]
        return fitted(pieces, width)

    def sentence(self) -> str:
        left = self.pace.left(self.length)
        text = f"{self.done} of {self.length} {self.unit}s, {span(self.pace.elapsed)}"
        return text if left is None else f"{text}, about {span(left)} left"


class Timed:
    """Work of which nothing is known but how long it has taken; text: what it is."""

    def __init__(self, text: str) -> None:
        self.text, self.pace = text, Pace()

    def line(self, width: int) -> str:
        return fitted([Piece(self.text, 9), Piece(clock(self.pace.elapsed), 7)], width)

    def sentence(self) -> str:
        return f"{self.text}, {span(self.pace.elapsed)}"
