"""Findings about data: what is said, where, and what to do about it; and the rows that are examined."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

from anncli.tables import Table, TableColumn


class Finding(NamedTuple):
    """One thing that a person should know about data.

    kind: one of FINDING_NAMES; is_serious: whether it is likely to spoil a training or its figures; message, advice: as
    in errors; path, line, column: its place, the column counted from 1, None where there is none; name: the column, or '';
    affected: how many cells or rows it is about; rows: whose they are, '' for the training rows.
    """

    kind: str
    is_serious: bool
    message: str
    advice: str = ""
    path: str | None = None
    line: int | None = None
    column: int | None = None
    name: str = ""
    affected: int = 0
    rows: str = ""


class Part(NamedTuple):
    """Consecutive rows of one file: its name for messages, and how many there are."""

    shown: str
    n_rows: int


class _Examined(NamedTuple):
    table: Table
    inputs: tuple[str, ...]
    labels: tuple[str, ...] = ()
    task: str = ""
    parts: tuple[Part, ...] = ()
    positions: Mapping[str, int] = {}
    categories: frozenset[str] = frozenset()
    group: str | None = None
    title: str = ""


class Examined(_Examined):
    """The rows of a set.

    table: has the columns of `inputs` and `labels`; task: 'classification', 'multi-label', 'regression' or '' without labels;
    parts: the files of the rows, in order; positions: the place of each column in the file, from 1; categories: columns of
    numbers that are codes; group: the column whose values rows that belong together have in common, or None; title: of the
    set, as messages name it, '' for the training rows.
    """

    @property
    def n_rows(self) -> int:
        return self.table.n_rows

    @property
    def predicts_classes(self) -> bool:
        return self.task in ("classification", "multi-label")

    @property
    def shown(self) -> str:
        """The files of the rows, for messages."""
        names = [part.shown for part in self.parts]
        return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")

    def column_of(self, name: str) -> TableColumn:
        """The column, as words where it holds codes of categories or classes."""
        column = self.table.column(name)
        return column.as_words() if self._holds_codes(name) else column

    def _holds_codes(self, name: str) -> bool:
        return name in self.categories or (name in self.labels and self.predicts_classes)

    def with_words(self) -> Examined:
        """The same with words in place of numbers that are codes of categories or classes: parts of it then have the same code
        for the same word."""
        columns = tuple(c.as_words() if self._holds_codes(c.name) else c for c in self.table.columns)
        # The numbers of a matrix would come back with Table.take().
        return self._replace(table=self.table._replace(columns=columns, matrix=None))

    def place_of(self, row: int) -> tuple[str | None, int | None]:
        """The file of a row, and its line in it where it is known."""
        first = 0
        for part in self.parts:
            if row < first + part.n_rows:
                return part.shown, self.table.line_of(row)
            first += part.n_rows
        return None, self.table.line_of(row)

    def shown_place(self, row: int) -> str:
        """The same as text: 'FILE:LINE', or the number of the row in the file where the line is not known."""
        path, line = self.place_of(row)
        if line is not None:
            return f"{path}:{line}" if path else f"line {line}"
        first = 0
        for part in self.parts:
            if row < first + part.n_rows:
                return f"row {row - first + 1} of {part.shown}"
            first += part.n_rows
        return f"row {row + 1}"

    def finding(
        self, kind: str, is_serious: bool, message: str, advice: str = "", *, name: str = "", row: int | None = None,
        count: int = 0,
    ) -> Finding:  # fmt: skip
        """A finding about a column, or about a cell of it in a row."""
        path, line = (None, None) if row is None else self.place_of(row)
        if path is None and self.parts:
            path = self.parts[0].shown
        if line is None and row is None and name:
            line = self.table.header_line or None
        # A place needs its line before it.
        column = self.positions.get(name) if line is not None else None
        return Finding(kind, is_serious, message, advice, path, line, column, name, count, self.title)

    @cached_property
    def whole(self) -> tuple[str, ...]:
        """All columns that are examined, labels last."""
        return (*self.inputs, *self.labels)


def ignore(name: str) -> str:
    """What to type to leave a column out."""
    word = f'"{name}"' if "," in name else name
    return f"--ignore {shlex.quote(word)}"


def fraction_of(count: int, total: int) -> str:
    """'12 of 700 (1.7 %)'."""
    return f"{count} of {total} ({100 * count / max(total, 1):.3g} %)"
