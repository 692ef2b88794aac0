"""A table that is written: batches that can be read again, and whose columns keep their kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from anncli.arrays import Array
from anncli.formats.data.joined import join_tables
from anncli.tables import MISSING, Table, TableColumn

_SINGLE, _DOUBLE, _WORDS = 1, 2, 3


class KindsChanged(Exception):
    """A column became wider after its first rows were given: begin anew, the stream now knows it."""


class TableStream:
    """Batches of one table, at least one; every iteration reads them again."""

    def __init__(self, open_tables: Callable[[], Iterator[Table]], can_reopen: bool = True) -> None:
        """open_tables: gives the batches; can_reopen: False for a pipe, whose table is held in memory where that is needed."""
        self._open, self._can_reopen = open_tables, can_reopen
        self._widths: dict[str, int] = {}

    def __iter__(self) -> Iterator[Table]:
        yield from self._open()

    def settled(self) -> Iterator[Table]:
        """The batches, with columns that hold numbers of one type, or words, in all of them.

        Raises: KindsChanged where that shows late; the next iteration has the wider kinds from the beginning.
        """
        if not self._can_reopen:
            table = join_tables(list(self._open()))
            self._open, self._can_reopen = lambda: iter([table]), True
        is_first, batches = True, self._open()
        for table in batches:
            if self._learn(table) and not is_first:
                for later in batches:
                    self._learn(later)
                raise KindsChanged
            is_first = False
            yield table._replace(columns=tuple(map(self._widened, table.columns)), matrix=None)

    def _learn(self, table: Table) -> bool:
        """Whether a column is wider than those of its name before."""
        found = {column.name: _width(column) for column in table.columns}
        is_new = any(width > self._widths.get(name, 0) for name, width in found.items())
        self._widths = {name: max(width, self._widths.get(name, 0)) for name, width in found.items()}
        return is_new

    def _widened(self, column: TableColumn) -> TableColumn:
        width = self._widths[column.name]
        if width == _WORDS:
            return column.as_words()
        if width == _DOUBLE and column.numbers is not None:
            return TableColumn(column.name, column.numbers.astype(np.float64, copy=False))
        return column


def settled(tables: Iterable[Table]) -> Iterator[Table]:
    """The batches of a TableStream, or of anything else, whose columns keep their kinds; see TableStream.settled()."""
    if isinstance(tables, TableStream):
        return tables.settled()
    return TableStream(lambda: iter(tables), can_reopen=False).settled()


def write_stream(write: Callable[[str, TableStream], None], path: str, stream: TableStream) -> None:
    """Call a writer until the kinds of the columns no longer change: at most once more as a rule."""
    while True:
        try:
            write(path, stream)
        except KindsChanged:
            continue
        return


class Levels:
    """Numbers the words of each column over all batches, in order of their first appearance."""

    def __init__(self) -> None:
        self.words: dict[str, dict[str, int]] = {}

    def codes(self, column: TableColumn) -> Array:
        """int32 (n,), MISSING where the cell is missing."""
        assert column.codes is not None
        known = self.words.setdefault(column.name, {})
        places = [known.setdefault(word, len(known)) for word in column.words]
        return np.array([*places, MISSING], dtype=np.int32)[column.codes]


def _width(column: TableColumn) -> int:
    if column.numbers is None:
        return _WORDS
    return _SINGLE if column.numbers.dtype == np.float32 else _DOUBLE
