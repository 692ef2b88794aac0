"""How a text table is written, and what a piece of one holds: what both parsers of table_text.py take and give."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from anncli.arrays import Array
from anncli.tables import TableColumn


class Syntax(NamedTuple):
    """How a table is written: delimiter: between cells, one character, '' for a run of blanks; quote: '"', "'" or '' for
    none; is_escaped: inside quotes a backslash takes away the meaning of a quote or a backslash; decimal: '.' or ',';
    na: words that stand for a missing cell, lower case; n_columns: the cells of a row; is_ended: a row may end with a
    delimiter that separates nothing."""

    delimiter: str = ","
    quote: str = '"'
    is_escaped: bool = False
    decimal: str = "."
    na: tuple[str, ...] = ()
    n_columns: int = 1
    is_ended: bool = False


class Flaw(IntEnum):
    """What is wrong with a row. The parsers find the first four; whoever cuts the text into pieces finds the others."""

    NONE = 0
    COUNT = 1
    AFTER_QUOTE = 2
    OPEN_QUOTE = 3
    RETURN = 4
    NOT_UTF8 = 5
    TOO_LONG = 6


class Rows(NamedTuple):
    """What a piece of text holds.

    columns: as in a Table, named '1', '2', ...; n_rows; at: where the next row begins, or the one with a flaw; lines: for
    each row the line that it begins in, from 0 where the text began; n_lines: the lines before `at`; flaw: of the row
    at `at`, with the number of the cell from 1, or the count of its cells for Flaw.COUNT; matrix: float64 (n_rows,
    n_columns) if every column holds numbers only, and the columns are views of it, or None.
    """

    columns: tuple[TableColumn, ...]
    n_rows: int
    at: int
    lines: Sequence[int] | Array
    n_lines: int
    flaw: Flaw = Flaw.NONE
    flaw_cell: int = 0
    matrix: Array | None = None
