"""A column as its examination needs it: different values, their order and their counts, each computed once."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from anncli.arrays import Array
from anncli.tables import MISSING, TableColumn


class ColumnView:
    """A column of n cells. Values are the different numbers in ascending order, or the words that occur, in the order of
    the column's list of words."""

    def __init__(self, column: TableColumn) -> None:
        self.column, self.name, self.n = column, column.name, len(column)

    @property
    def is_number(self) -> bool:
        return self.column.numbers is not None

    @cached_property
    def is_missing(self) -> Array:
        return self.column.is_missing

    @cached_property
    def n_missing(self) -> int:
        return int(np.count_nonzero(self.is_missing))

    @property
    def n_present(self) -> int:
        return self.n - self.n_missing

    @cached_property
    def present(self) -> Array | slice:
        """The rows that have a value."""
        return np.flatnonzero(~self.is_missing) if self.n_missing else slice(None)

    @cached_property
    def numbers(self) -> Array:
        """The numbers (n_present,) of a column of numbers, contiguous."""
        assert self.column.numbers is not None
        return np.ascontiguousarray(self.column.numbers[self.present])

    @cached_property
    def order(self) -> Array:
        """(n_present,): places in `numbers`, in ascending order."""
        return np.argsort(self.numbers)

    @cached_property
    def sorted(self) -> Array:
        """(n_present,) the numbers in ascending order."""
        return self.numbers[self.order]

    @cached_property
    def starts(self) -> Array:
        """Where each different number begins in `sorted`."""
        if not self.n_present:
            return np.empty(0, dtype=np.int64)
        return np.flatnonzero(np.append(True, self.sorted[1:] != self.sorted[:-1]))

    @cached_property
    def counts(self) -> Array:
        """(n_values,) how many cells each value has."""
        if self.is_number:
            return np.diff(np.append(self.starts, self.n_present))
        return self._word_counts[self._used]

    @cached_property
    def n_values(self) -> int:
        return len(self.starts) if self.is_number else len(self._used)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words that occur."""
        return tuple(self.column.words[k] for k in self._used.tolist())

    @cached_property
    def ranks(self) -> Array:
        """int32 (n,): the number of each cell's value, MISSING where there is none."""
        if self.is_number:
            ranks = np.full(self.n, MISSING, dtype=np.int32)
            of_present = np.empty(self.n_present, dtype=np.int32)
            of_present[self.order] = np.repeat(np.arange(self.n_values, dtype=np.int32), self.counts)
            ranks[self.present] = of_present
            return ranks
        assert self.column.codes is not None
        if len(self._used) == len(self.column.words):
            return self.column.codes
        numbers = np.full(len(self.column.words) + 1, MISSING, dtype=np.int32)
        numbers[self._used] = np.arange(len(self._used), dtype=np.int32)
        found: Array = numbers[self.column.codes]
        return found

    def first_row(self, where: Array) -> int:
        """The first row that the mask (n_present,) of `numbers` names."""
        place = int(np.argmax(where))
        return place if isinstance(self.present, slice) else int(self.present[place])

    def row_of(self, value: int) -> int:
        """The first row that has the value of this number."""
        return int(np.argmax(self.ranks == value))

    def text_of(self, value: int) -> str:
        """A value as messages show it."""
        if self.is_number:
            return f"{float(self.sorted[self.starts[value]]):.6g}"
        return f"'{self.words[value]}'"

    @cached_property
    def _word_counts(self) -> Array:
        codes = self.column.codes
        assert codes is not None
        return np.bincount(codes[codes != MISSING], minlength=len(self.column.words))

    @cached_property
    def _used(self) -> Array:
        return np.flatnonzero(self._word_counts)
