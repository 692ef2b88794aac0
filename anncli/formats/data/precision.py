"""The loss of float32: different numbers of a column that become one number when they are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from anncli.arrays import Array

# From here on float32 does not hold every whole number.
_WHOLE = 2.0**24
# A column whose values differ by less than this, relative to their size, has few float32 numbers to take.
_NARROW = 2.0**-14
_FIRST_ROWS = 1000
# Of each file at most so many rows are looked at once more, and so many values are kept.
_MOST_ROWS, _MOST_VALUES = 20_000, 1 << 20
# Fewer collisions among the values of a column do not matter.
_COLLISIONS = 0.01


# The first n rows of some columns, as float64 (n or fewer, columns).
Exact = Callable[[int, Sequence[int]], Array]


class Precision:
    """Collects the exact values of the columns that may lose some; ordinary columns cost a look at the largest value."""

    def __init__(self) -> None:
        # By place and name: files may have their columns in different orders.
        self._exact: dict[tuple[int, str], set[float]] = {}
        self._rows_left = self._values_left = 0

    def watch(
        self, rows: Array, exact: Exact, names: Sequence[str] = (), used: Sequence[str] = (), *, is_first: bool
    ) -> None:
        """Look at rows (n, width) float32 of a file; exact gives them as they are written; names: of the columns, or ();
        used: the names of those that count, () for all; is_first: they are the first rows of their file."""
        if is_first:
            self._rows_left, self._values_left = _MOST_ROWS, _MOST_VALUES
        if not len(rows) or not self._rows_left:
            return
        suspects = self._narrow(rows[:_FIRST_ROWS]) if is_first else set()
        if rows.max() >= _WHOLE or rows.min() <= -_WHOLE:
            suspects |= set(np.flatnonzero((np.abs(rows) >= _WHOLE).any(axis=0)).tolist())
        if names and used:
            wanted = set(used)
            suspects = {column for column in suspects if names[column] in wanted}
        columns = sorted(suspects)
        n_rows = min(self._rows_left, self._values_left // max(len(columns), 1))
        if not columns or not n_rows:
            return
        values = exact(n_rows, columns)
        self._rows_left -= len(values)
        self._values_left -= values.size
        for column, of_column in zip(columns, values.T, strict=True):
            name = names[column] if names else ""
            self._exact.setdefault((column, name), set()).update(of_column.tolist())

    def _narrow(self, rows: Array) -> set[int]:
        low, high = rows.min(axis=0).astype(np.float64), rows.max(axis=0).astype(np.float64)
        size = np.maximum(np.abs(low), np.abs(high))
        return set(np.flatnonzero((high - low < _NARROW * size) & (size > 0)).tolist())

    def warnings(self) -> list[str]:
        """One line for each column whose different values became equal."""
        return [text for column, name in sorted(self._exact) if (text := self._loss(column, name))]

    def _loss(self, column: int, name: str) -> str | None:
        exact = np.array(sorted(self._exact[column, name]))
        rounded = exact.astype(np.float32)
        n_left = len(np.unique(rounded))
        if len(exact) - n_left <= _COLLISIONS * len(exact):
            return None
        lost = int(np.flatnonzero(rounded[1:] == rounded[:-1])[0])
        one, other = _shown(exact[lost]), _shown(exact[lost + 1])
        shown = f"column {column + 1}" + (f" ('{name}')" if name else "")
        difference = f"{exact[lost + 1] - exact[lost]:.6g}"
        return (
            f"{shown}: {one} and {other} differ by {difference} and become the same 32-bit number {_shown(rounded[lost])}; "
            f"{len(exact)} different values become {n_left}; subtract a constant from the column, or leave it out"
        )


def _shown(number: float) -> str:
    """A number with all its digits, a whole one without a point."""
    number = float(number)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
