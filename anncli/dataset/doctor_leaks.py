"""Columns that tell the label: they are often made from it, and not known where the network is used."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.dataset.column_view import ColumnView
from anncli.dataset.findings import Examined, Finding, ignore
from anncli.errors import count_of, quoted

# A column leaks if it is wrong in at most this fraction of the rows.
_WRONG = 0.001
# Squares of correlations, and fractions of the variance, above this leave nothing to learn (|r| > 0.9999).
_EXPLAINED = 0.9998
# By chance, one table of 10^6 has such a column.
_CHANCE = 6.0
_FEWEST_ROWS = 20
# Most cells of a table of values by classes.
_MOST_CELLS = 1 << 22

Find = Callable[[ColumnView, Examined], Iterator[Finding]]


class _Told(NamedTuple):
    """How a column tells the label: in words, with LABEL for its name, and how many rows it gets wrong."""

    how: str
    n_wrong: int


def leak_finder(rows: Examined) -> Find:
    """The function that finds whether a column tells one of the labels."""
    answers = [_Answer(rows, name) for name in rows.labels]

    def find(view: ColumnView, rows: Examined) -> Iterator[Finding]:
        if view.name in rows.labels or view.n < _FEWEST_ROWS:
            return
        for answer in answers:
            if told := answer.told_by(view):
                wrong = f", except in {count_of(told.n_wrong, 'row')}" if told.n_wrong else ""
                how = told.how.replace("LABEL", f"the label {quoted(answer.name)}")
                message = f"column {quoted(view.name)} {how}{wrong}"
                advice = f"if it is not known before the answer is, leave it out with {ignore(view.name)}"
                yield rows.finding("leak", True, message, advice, name=view.name, count=view.n - told.n_wrong)
                return

    return find


class _Answer:
    """One label: the numbers of its classes, or its numbers."""

    def __init__(self, rows: Examined, name: str) -> None:
        self.name = name
        self.view = ColumnView(rows.column_of(name))
        self.is_classes = not self.view.is_number
        self.is_whole = not self.view.n_missing
        # Decimal digits that chance would have to guess for each row.
        shares = self.view.counts / max(1, self.view.n_present)
        self.digits = float(-(shares * np.log10(shares)).sum()) if self.is_classes else 0.0
        self.chance = _CHANCE + math.log10(max(1, len(rows.inputs)))

    def told_by(self, view: ColumnView) -> _Told | None:
        """How a column tells this label, None if it does not."""
        if self.view.n_values < 2 or view.n_values < 1:
            return None
        if not self.is_whole:
            known = np.flatnonzero(~self.view.is_missing)
            view = ColumnView(view.column.take(known))
            if len(known) < _FEWEST_ROWS or not view.n_present:
                return None
        found = self._by_class(view) if self.is_classes else self._by_number(view)
        return found or self._by_gaps(view)

    def _labels(self) -> Array:
        """The numbers of the classes, or the numbers, of all rows that have a label."""
        values = self.view.ranks if self.is_classes else self.view.numbers
        return values if self.is_whole or not self.is_classes else values[self.view.present]

    def _by_class(self, view: ColumnView) -> _Told | None:
        labels = self._labels()[view.present]
        most_wrong = int(_WRONG * view.n_present)
        if view.n_values < 2 or view.n_missing > most_wrong:
            return None
        n_wrong, leading = self._leading(view, labels)
        if view.is_number and n_wrong <= most_wrong:
            # Each class has an interval of its own; a lonely row in another one begins two more.
            intervals = 1 + int(np.count_nonzero(leading[1:] != leading[:-1]))
            wrong = n_wrong + max(0, intervals - self.view.n_values + 1) // 2
            if wrong <= most_wrong and self._is_telling(view.n_present, self.view.n_values):
                cuts = "a single threshold" if self.view.n_values == 2 else "thresholds"
                return _Told(f"separates the classes of LABEL by {cuts}", wrong)
        n_lonely = int(np.count_nonzero(view.counts == 1))
        if n_wrong + n_lonely <= most_wrong and self._is_telling(view.n_present, view.n_values):
            same = view.n_values == self.view.n_values
            return _Told("stands for LABEL" if same else "determines LABEL", n_wrong + n_lonely)
        return None

    def _leading(self, view: ColumnView, labels: Array) -> tuple[int, Array]:
        """How many rows are not of the most frequent class of their value, and that class for each value."""
        n_classes = self.view.n_values
        # Of numbers that hardly repeat, the order is enough.
        is_dense = view.is_number and 4 * view.n_values > view.n_present
        if view.n_values * n_classes <= _MOST_CELLS and not is_dense:
            cells = view.ranks[view.present].astype(np.int64) * n_classes + labels
            table = np.bincount(cells, minlength=view.n_values * n_classes).reshape(-1, n_classes)
            return view.n_present - int(table.max(axis=1).sum()), table.argmax(axis=1)
        if not view.is_number:
            return view.n_present, np.empty(0, dtype=np.int64)
        ordered = labels[view.order]
        low, high = np.minimum.reduceat(ordered, view.starts), np.maximum.reduceat(ordered, view.starts)
        return int(view.counts[low != high].sum()), low

    def _is_telling(self, n_rows: int, n_groups: int) -> bool:
        return (n_rows - n_groups) * self.digits >= self.chance

    def _by_gaps(self, view: ColumnView) -> _Told | None:
        """Whether the cells that are missing tell the class."""
        if not self.is_classes or self.view.n_values != 2 or not view.n_missing:
            return None
        labels, missing = self._labels(), view.is_missing
        n_same = int(np.count_nonzero(labels[missing] == 1)) + int(np.count_nonzero(labels[~missing] == 0))
        n_wrong = min(n_same, view.n - n_same)
        if n_wrong <= _WRONG * view.n and self._is_telling(view.n, 2):
            return _Told("is missing in the rows of one class of LABEL", n_wrong)
        return None

    def _by_number(self, view: ColumnView) -> _Told | None:
        present = self._labels()[view.present].astype(np.float64)
        if len(present) < _FEWEST_ROWS or view.n_values < 3 or view.n_missing > _WRONG * view.n:
            return None
        if view.is_number:
            if _r2(view.numbers.astype(np.float64), present) > _EXPLAINED:
                return _Told("is, but for a factor and a shift, LABEL", 0)
            ranks = np.unique(present, return_inverse=True)[1]
            of_view = view.ranks[view.present]
            if min(view.n_values, int(ranks.max()) + 1) >= _FEWEST_ROWS and _r2(of_view, ranks) > _EXPLAINED:
                return _Told("puts the rows in the same order as LABEL", 0)
        if view.n_values > view.n_present // 2:
            return None
        of_view = view.ranks[view.present]
        means = np.bincount(of_view, present) / view.counts
        inside = float(((present - means[of_view]) ** 2).sum()) / max(
            float(((present - present.mean()) ** 2).sum()), 1e-300
        )
        if self.view.n_values > 2 and inside < 1 - _EXPLAINED and not (view.counts == 1).any():
            return _Told("determines LABEL", 0)
        return None


def _r2(values: Array, others: Array) -> float:
    """The square of the correlation of two lists of numbers, 0 where one is constant."""
    with np.errstate(all="ignore"):
        x, y = values - values.mean(), others - others.mean()
        x, y = x / max(float(np.abs(x).max()), 1e-300), y / max(float(np.abs(y).max()), 1e-300)
        found = float(x @ y) ** 2 / (float(x @ x) * float(y @ y) or 1.0)
    return found if math.isfinite(found) else 0.0
