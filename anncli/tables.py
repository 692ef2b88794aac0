"""Tables: named columns whose cells are numbers, words or missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array, Tokens
from anncli.maps import taken_rows

MISSING = -1
"""The code of a missing cell."""

ABOUT_ROWS = ("weight", "group", "order", "sequence", "row_names")
"""What columns say about rows: how much each counts, which belong together, their time, whose rows they are, and their names."""

_NUMERIC = frozenset("0123456789+-.eE")


class TableColumn(NamedTuple):
    """A column of n cells; it holds either `numbers` or `codes`.

    numbers: float32 or float64 (n,), NaN where the cell is missing: every other cell is a number; it may be a view of
    Table.matrix. codes: int32 (n,), for each cell the place of its word in `words`, MISSING where there is none; words:
    different, in order of their first appearance. A number among words is a word, as number_word() writes it, so that
    01 and 1.0 are the word 1: whether a column holds only numbers may show late, and must not change what was read.
    is_declared: `words` are the levels that the file declares, in its order, also those of which it has no cell.
    len() is the number of cells, so _replace() does not work.
    """

    name: str
    numbers: Array | None = None
    codes: Array | None = None
    words: tuple[str, ...] = ()
    is_declared: bool = False

    def __repr__(self) -> str:
        what = "numbers" if self.codes is None else f"{len(self.words)} words"
        return f"<TableColumn {self.name!r} of {len(self)} cells, {what}>"

    def __len__(self) -> int:
        cells = self.numbers if self.numbers is not None else self.codes
        return 0 if cells is None else len(cells)

    @property
    def is_missing(self) -> Array:
        """bool (n,)."""
        if self.numbers is not None:
            return np.isnan(self.numbers)
        assert self.codes is not None
        missing: Array = self.codes == MISSING
        return missing

    def as_words(self) -> TableColumn:
        """The column with every number as a word."""
        if self.numbers is None:
            return self
        missing = np.isnan(self.numbers)
        different, first, inverse = np.unique(self.numbers[~missing], return_index=True, return_inverse=True)
        order = np.argsort(first)
        # A float32 number has the word of its shortest text, which is also that of the number in the file.
        shortest = different.astype(str).astype(np.float64) if different.dtype == np.float32 else different
        codes = np.full(len(self.numbers), MISSING, dtype=np.int32)
        codes[~missing] = np.argsort(order)[inverse]
        return TableColumn(self.name, codes=codes, words=tuple(number_word(float(x)) for x in shortest[order]))

    def as_numbers(self) -> TableColumn | None:
        """The column with every word as a number (float64), None where a word is none."""
        if self.numbers is not None:
            return self
        assert self.codes is not None
        values = [word_number(word) for word in self.words]
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            return None
        return TableColumn(self.name, np.array([*known, np.nan])[self.codes])

    def take(self, rows: Array) -> TableColumn:
        """The cells of the rows (m,)."""
        if self.numbers is not None:
            return TableColumn(self.name, taken_rows(self.numbers, rows), *self[2:])
        assert self.codes is not None
        return TableColumn(self.name, None, self.codes[rows], *self[3:])


class _Table(NamedTuple):
    columns: tuple[TableColumn, ...]
    n_rows: int
    is_named: bool = True
    lines: Sequence[int] = ()
    header_line: int = 0
    labels: tuple[str, ...] = ()
    task: str = ""
    matrix: Array | None = None
    matrix_start: int = 0
    group: str = ""
    weight: str = ""
    sets: tuple[tuple[str, int], ...] = ()
    absent_is_zero: bool = False
    samples: Array | None = None
    tokens: Tokens | None = None


class Table(_Table):
    """Consecutive rows of a file, or all of them.

    columns: of equal length, with different names; a file without names has those of their places: '1', '2', ...;
    n_rows; is_named: whether the file names its columns; lines: the physical line (from 1) of each row, or only of the
    first rows; header_line: where the names stand, 0 where nowhere; labels: the names of the columns that the format
    declares to be the answer, or (); task: 'classification' or 'regression' where the format declares it, else ''; matrix:
    float32 or float64 (n_rows, m), C order, or None: the numbers of the m columns from `matrix_start` on are its columns;
    of a memory map it may be some of the columns, so that its rows do not follow each other at once;
    group, weight: the columns that the format declares to say which rows belong together and how much each counts, or '';
    sets: the sets into which the format divides the rows of the whole file: names and counts, in the order of the rows;
    absent_is_zero: rows leave out what is 0, so that a column that the file does not have is 0 in all of them;
    samples: int64 (n_rows,), the number from 0 of the sample that each row belongs to, whose rows follow each other, or None
    where every row is a sample; tokens: the tokens of each row, with the numbers that the file has, or None.
    """

    def __repr__(self) -> str:
        return f"<Table of {self.n_rows} rows, {len(self.columns)} columns>"

    def __reduce__(self) -> tuple[Any, ...]:
        """For other processes: the numbers of the matrix once, and not in its columns again."""
        start, stop = self.matrix_start, self.matrix_start + (0 if self.matrix is None else self.matrix.shape[1])
        columns = [TableColumn(c.name) if start <= k < stop else c for k, c in enumerate(self.columns)]
        return _with_columns_of_matrix, (tuple(self._replace(columns=tuple(columns))),)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @cached_property
    def by_name(self) -> dict[str, TableColumn]:
        """The columns under their names: tables of 10,000 columns would take minutes to search through."""
        return {column.name: column for column in self.columns}

    def column(self, name: str) -> TableColumn:
        """The column of that name; raises KeyError where there is none."""
        return self.by_name[name]

    def line_of(self, row: int) -> int | None:
        """The physical line of a row where it is known."""
        return self.lines[row] if row < len(self.lines) else None

    def lines_of(self, rows: Array) -> list[int]:
        """The physical lines of the rows (m,), ascending, as far as they are known."""
        return [self.lines[row] for row in rows[: np.searchsorted(rows, len(self.lines))].tolist()]

    def take(self, rows: Array) -> Table:
        """The table of the rows (m,), ascending."""
        matrix = None if self.matrix is None else taken_rows(self.matrix, rows)
        # Of a memory map, each reading of a column brings the whole file into memory.
        parts = {} if matrix is None else dict(enumerate(matrix.T, self.matrix_start))
        taken = [
            TableColumn(column.name, parts[at]) if at in parts else column.take(rows)
            for at, column in enumerate(self.columns)
        ]
        own = None if self.samples is None else self.samples[rows]
        lines, tokens = self.lines_of(rows), None if self.tokens is None else self.tokens[rows]
        return self._replace(
            columns=tuple(taken), n_rows=len(rows), lines=lines, matrix=matrix, samples=own, tokens=tokens
        )

    def part(self, rows: slice) -> Table:
        """The table of consecutive rows, whose arrays are views of this one's."""
        columns = tuple(
            TableColumn(
                column.name,
                None if column.numbers is None else column.numbers[rows],
                None if column.codes is None else column.codes[rows],
                *column[3:],
            )
            for column in self.columns
        )
        matrix = None if self.matrix is None else self.matrix[rows]
        n_rows = len(range(*rows.indices(self.n_rows)))
        own, lines = None if self.samples is None else self.samples[rows], self.lines[rows]
        tokens = None if self.tokens is None else self.tokens[rows]
        return self._replace(columns=columns, n_rows=n_rows, lines=lines, matrix=matrix, samples=own, tokens=tokens)

    def held(self, names: Iterable[str]) -> Table:
        """The table with copies of those of the columns that were views of the matrix, whose rows may lie on the disk."""
        wanted = set(names)
        columns = (
            TableColumn(column.name, column.numbers.copy())
            if column.name in wanted and column.numbers is not None and column.numbers.base is not None
            else column
            for column in self.columns
        )
        return self._replace(columns=tuple(columns))

    def select(self, names: Sequence[str]) -> Table:
        """The table of these columns, in this order; raises KeyError for one that is not there."""
        if tuple(names) == self.names:
            return self
        return self._replace(columns=tuple(self.column(name) for name in names), matrix=None, matrix_start=0)

    def rename(self, names: Sequence[str]) -> Table:
        """The table with other names of its columns, in their order."""
        columns = (TableColumn(name, *column[1:]) for column, name in zip(self.columns, names, strict=True))
        return self._replace(columns=tuple(columns))


def _with_columns_of_matrix(fields: tuple[Any, ...]) -> Table:
    table = Table(*fields)
    if table.matrix is None:
        return table
    columns = list(table.columns)
    for at in range(table.matrix.shape[1]):
        place = table.matrix_start + at
        columns[place] = TableColumn(columns[place].name, table.matrix[:, at])
    return table._replace(columns=tuple(columns))


class _Roles(NamedTuple):
    columns: tuple[str, ...]
    labels: tuple[str, ...]
    inputs: tuple[str, ...]
    weight: str | None = None
    group: str | None = None
    order: str | None = None
    task: str = "classification"
    is_named: bool = True
    sequence: str | None = None
    row_names: str | None = None


class Roles(_Roles):
    """What the columns of a table are for; columns are named.

    columns: all of them, in the order of the file that was trained on; is_named: whether that file names them;
    labels: the answers; inputs: in the order of the file, which are their own answers in a regression without labels; weight,
    group, order, sequence, row_names: a column or None; the others are ignored.
    task: 'classification' or 'regression'.
    """

    @property
    def used(self) -> tuple[str, ...]:
        """The columns with a role: labels, inputs, weight, group, order, sequence, row_names."""
        return (*self.labels, *self.inputs, *(name for role in ABOUT_ROWS if (name := getattr(self, role))))

    @property
    def shape(self) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
        """All columns, the labels, and whether they are named."""
        return self.columns, self.labels, self.is_named

    @property
    def reconstructs(self) -> bool:
        """Whether the inputs are their own answers."""
        return not self.labels and self.task == "regression"

    @cached_property
    def _role_of(self) -> dict[str, str]:
        others = {name: role for role in ABOUT_ROWS if (name := getattr(self, role))}
        return others | dict.fromkeys(self.inputs, "input") | dict.fromkeys(self.labels, "label")

    def role_of(self, name: str) -> str:
        """'label', 'input', 'ignore', or one of ABOUT_ROWS."""
        return self._role_of.get(name, "ignore")

    @property
    def ignored(self) -> tuple[str, ...]:
        """The columns without a role."""
        return tuple(name for name in self.columns if name not in self._role_of)


def number_word(value: float) -> str:
    """A finite number as a word: the shortest text that gives it back, whole numbers below 1e16 without a point."""
    return str(int(value)) if value == int(value) and abs(value) < 1e16 else repr(value)


def word_number(word: str) -> float | None:
    """The finite number that a word is, None where it is none: float() also takes 1_000, nan, infinity and digits of other
    scripts, and makes infinity of a number too large for a float64, which stays a word in files too."""
    if not word or not _NUMERIC.issuperset(word):
        return None
    try:
        value = float(word)
    except ValueError:
        return None
    return value if isfinite(value) else None


def make_table(columns: Mapping[str, Sequence[float | str | None]]) -> Table:
    """A table of values in Python: numbers, words, and None for missing cells; a column with a word is one of words."""
    made = []
    for name, cells in columns.items():
        if all(cell is None or not isinstance(cell, str) for cell in cells):
            made.append(TableColumn(name, np.array([np.nan if cell is None else cell for cell in cells], np.float64)))
            continue
        places: dict[str, int] = {}
        words = [cell if cell is None or isinstance(cell, str) else number_word(cell) for cell in cells]
        codes = [MISSING if word is None else places.setdefault(word, len(places)) for word in words]
        made.append(TableColumn(name, codes=np.array(codes, dtype=np.int32), words=tuple(places)))
    return Table(tuple(made), len(made[0]))
