"""The loss of float32: different numbers of a column that become one number when they are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from anncli.arrays import Array

# From here on float32 does not hold every whole number.
WHOLE = 2.0**24
# A column whose values differ by less than this, relative to their size, has few float32 numbers to take.
_NARROW = 2.0**-14
_FIRST_ROWS = 1000
# Of each file at most so many rows are looked at once more.
MOST_ROWS = 20_000
# Fewer collisions among the values of a column do not matter.
_COLLISIONS = 0.01


class Precision:
    """Collects the exact values of the columns that may lose some; ordinary columns cost a look at the largest value."""

    def __init__(self) -> None:
        self._exact: dict[int, set[float]] = {}
        self._names: dict[int, str] = {}
        self._rows_left = MOST_ROWS

    def watch(self, rows: Array, exact: Callable[[int], Array], names: Sequence[str] = (), *, is_first: bool) -> None:
        """Look at rows (n, width) float32 of a file; exact(n) gives the first n of them at most in float64; is_first:
        they are the first ones of their file."""
        self._rows_left = MOST_ROWS if is_first else self._rows_left
        if not len(rows) or not self._rows_left:
            return
        suspects = self._narrow(rows[:_FIRST_ROWS]) if is_first else set()
        if rows.max() >= WHOLE or rows.min() <= -WHOLE:
            suspects |= set(np.flatnonzero((np.abs(rows) >= WHOLE).any(axis=0)).tolist())
        if not suspects:
            return
        values = exact(self._rows_left)
        self._rows_left -= len(values)
        for column in suspects:
            self._exact.setdefault(column, set()).update(values[:, column].tolist())
            if names:
                self._names[column] = names[column]

    def _narrow(self, rows: Array) -> set[int]:
        low, high = rows.min(axis=0).astype(np.float64), rows.max(axis=0).astype(np.float64)
        size = np.maximum(np.abs(low), np.abs(high))
        return set(np.flatnonzero((high - low < _NARROW * size) & (size > 0)).tolist())

    def warnings(self) -> list[str]:
        """One line for each column whose different values became equal."""
        return [text for column in sorted(self._exact) if (text := self._loss(column))]

    def _loss(self, column: int) -> str | None:
        exact = np.array(sorted(self._exact[column]))
        rounded = exact.astype(np.float32)
        n_left = len(np.unique(rounded))
        if len(exact) - n_left <= _COLLISIONS * len(exact):
            return None
        lost = int(np.flatnonzero(rounded[1:] == rounded[:-1])[0])
        one, other = _shown(exact[lost]), _shown(exact[lost + 1])
        name = f"column {column + 1} ('{self._names[column]}')" if column in self._names else f"column {column + 1}"
        difference = f"{exact[lost + 1] - exact[lost]:.6g}"
        return (
            f"{name}: {one} and {other} differ by {difference} and become the same 32-bit number {_shown(rounded[lost])}; "
            f"{len(exact)} different values become {n_left}; subtract a constant from the column, or leave it out"
        )


def _shown(number: float) -> str:
    """A number with all its digits, a whole one without a point."""
    number = float(number)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
