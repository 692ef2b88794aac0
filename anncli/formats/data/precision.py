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
# Of each file at most so many rows are looked at once more, and so many values are kept.
MOST_ROWS, _MOST_VALUES = 20_000, 1 << 20
# Fewer collisions among the values of a column do not matter.
_COLLISIONS = 0.01
# Columns that are not narrow as a whole are looked at in a sample of rows and values, and need more collisions in it.
_SAMPLE_ROWS, _SAMPLE_VALUES, _FEWEST_ROWS = 300, 100_000, 8
_SAMPLE_COLLISIONS = 0.1
# Below this float32 has fewer and fewer digits, and then only 0.
_TINY = float(np.finfo(np.float32).tiny)
# Fractions that differ by less, relative to their size, were meant to be equal: 0.1 + 0.2 and 0.3.
_ROUNDING = 2.0**-50


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
            self._rows_left, self._values_left = MOST_ROWS, _MOST_VALUES
        if not len(rows) or not self._rows_left:
            return
        suspects = self._narrow(rows[:_FIRST_ROWS]) | self._losing(rows, exact) if is_first else set()
        if rows.max() >= WHOLE or rows.min() <= -WHOLE:
            suspects |= set(np.flatnonzero((np.abs(rows) >= WHOLE).any(axis=0)).tolist())
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

    def _losing(self, rows: Array, exact: Exact) -> set[int]:
        """The columns that lose values in a sample, though they are not narrow: most values are close together and a few
        are far away (a 0 or -999 for a missing one), or they are so small that they become 0."""
        n = max(_FEWEST_ROWS, min(_SAMPLE_ROWS, _SAMPLE_VALUES // rows.shape[1]))
        rows = rows[:n]
        middle = np.partition(rows, len(rows) // 2, axis=0)[len(rows) // 2].astype(np.float64)
        close = np.abs(rows - middle) < _NARROW * np.abs(middle)
        is_close, is_tiny = close.sum(axis=0) > len(rows) / 2, (np.abs(rows) < _TINY).any(axis=0)
        if not (is_close.any() or is_tiny.any()):
            return set()
        columns = np.flatnonzero(is_close | is_tiny).tolist()
        values, found = exact(n, columns), set[int]()
        # All columns at once: a loop over the columns of a wide table would take longer than reading it.
        ordered = np.sort(values, axis=0)
        rounded = ordered.astype(np.float32)
        meet = ((ordered[1:] != ordered[:-1]) & (rounded[1:] == rounded[:-1])).any(axis=0)
        for column, own in ((columns[k], values[:, k]) for k in np.flatnonzero(meet)):
            # A column with a 0 may have other values that are computed with rounding errors; these are no loss.
            distinct = _distinct(own if is_close[column] else own[np.abs(own) < _TINY])
            lost = len(distinct) - len(np.unique(distinct.astype(np.float32)))
            if lost > _SAMPLE_COLLISIONS * len(np.unique(own)):
                found.add(column)
        return found

    def warnings(self) -> list[str]:
        """One line for each column whose different values became equal."""
        return [text for column, name in sorted(self._exact) if (text := self._loss(column, name))]

    def _loss(self, column: int, name: str) -> str | None:
        exact = _distinct(np.array(list(self._exact[column, name])))
        rounded = exact.astype(np.float32)
        n_left = len(np.unique(rounded))
        if len(exact) - n_left <= _COLLISIONS * len(exact):
            return None
        lost = int(np.flatnonzero(rounded[1:] == rounded[:-1])[0])
        one, other = _shown(exact[lost]), _shown(exact[lost + 1])
        shown = f"column {column + 1}" + (f" ('{name}')" if name else "")
        difference = f"{exact[lost + 1] - exact[lost]:.6g}"
        is_tiny = abs(rounded[lost]) < _TINY
        way_out = "multiply the column by a constant" if is_tiny else "subtract a constant from the column"
        return (
            f"{shown}: {one} and {other} differ by {difference} and become the same 32-bit number {_shown(rounded[lost])}; "
            f"{len(exact)} different values become {n_left}; {way_out}, or leave it out"
        )


def _distinct(values: Array) -> Array:
    """The different values in order; of fractions that only rounding errors keep apart, the first."""
    values = np.unique(values)
    steps = np.diff(values)
    apart = (steps > _ROUNDING * np.abs(values[1:])) | (values[1:] == np.rint(values[1:]))
    return np.concatenate([values[:1], values[1:][apart]])


def _shown(number: float) -> str:
    """A number with all its digits, a whole one without a point."""
    number = float(number)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
