"""The rows of a text table in Python: the reference of the compiled parser, and its replacement where that is missing."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.compiled.row_text import NUMBER
from anncli.compiled.table_syntax import Flaw, Rows, Syntax
from anncli.tables import MISSING, TableColumn, number_word

# Blanks around a cell. A carriage return is one only at the end of a line.
BLANKS = b" \t\v\f"
_LAST_BLANK = ord(" ")
_EMPTY_LINES, _LINES_WITHOUT_CELLS = (
    re.compile(rb"(?:[%b]*+\n)*+" % blanks) for blanks in (rb" \v\f\r", rb" \t\v\f\r")
)


class Record(NamedTuple):
    """A row as it is written: cells: without quotes, and without the blanks around them unless they are inside quotes;
    end: where the next row begins; flaw and flaw_cell: see Rows; is_ended: the last cell is empty and without quotes."""

    cells: list[bytes]
    end: int
    flaw: Flaw = Flaw.NONE
    flaw_cell: int = 0
    is_ended: bool = False


def parse_rows_python(text: bytes, start: int, syntax: Syntax, is_last: bool, most_rows: int) -> Rows:
    """As table_text.parse_rows()."""
    reader, rows, lines = RecordReader(syntax), list[list[bytes]](), list[int]()
    at, line, flaw, flaw_cell = start, 0, Flaw.NONE, 0
    while len(rows) < most_rows:
        at, line = reader.skip_empty(text, at, line)
        record = reader.record(text, at, is_last)
        if record is None:
            break
        flaw, flaw_cell = _checked(record, syntax)
        if flaw:
            break
        rows.append(record.cells)
        lines.append(line)
        line += text.count(b"\n", at, record.end)
        at = record.end
    names = [str(k + 1) for k in range(syntax.n_columns)]
    cells = list(zip(*rows, strict=True)) if rows else [()] * syntax.n_columns
    columns = tuple(column_of(name, column, syntax) for name, column in zip(names, cells, strict=True))
    numbers = [column.numbers for column in columns if column.numbers is not None]
    matrix = None
    if len(numbers) == len(columns):
        matrix = np.array(numbers).T.copy()
        columns = tuple(TableColumn(name, matrix[:, k]) for k, name in enumerate(names))
    return Rows(columns, len(rows), at, lines, line, flaw, flaw_cell, matrix)


def _checked(record: Record, syntax: Syntax) -> tuple[Flaw, int]:
    """The flaw of a record, whose empty end is taken off where rows may have one."""
    if record.flaw:
        return record.flaw, record.flaw_cell
    if len(record.cells) == syntax.n_columns + 1 and syntax.is_ended and record.is_ended:
        record.cells.pop()
    if len(record.cells) != syntax.n_columns:
        return Flaw.COUNT, len(record.cells)
    return Flaw.NONE, 0


class RecordReader:
    """Finds one row after the other, whatever their number of cells."""

    def __init__(self, syntax: Syntax) -> None:
        self.delimiter, self.quote, self.n_columns = syntax.delimiter.encode(), syntax.quote.encode(), syntax.n_columns
        self.is_escaped = syntax.is_escaped

    def skip_empty(self, text: bytes, at: int, line: int) -> tuple[int, int]:
        """Where the next line with a cell begins, and its number; a line of tabs is a row if it has enough of them."""
        if at < len(text) and text[at] > _LAST_BLANK:
            return at, line
        may_be_tabs = self.delimiter == b"\t" and self.n_columns > 1
        pattern = _EMPTY_LINES if may_be_tabs else _LINES_WITHOUT_CELLS
        while True:
            found = pattern.match(text, at)
            line += text.count(b"\n", at, found.end())  # type: ignore[union-attr]
            at = found.end()  # type: ignore[union-attr]
            end = text.find(b"\n", at)
            content = text[at:end]
            if end < 0 or content.strip(BLANKS + b"\r"):
                break
            if content.count(b"\t") >= self.n_columns - 1:
                break
            at, line = end + 1, line + 1
        return at, line

    def record(self, text: bytes, at: int, is_last: bool) -> Record | None:
        """The row that begins at `at`; None where the text has no end of it."""
        end = text.find(b"\n", at)
        line = text[at:end].rstrip(b"\r")
        if end >= 0 and b"\r" not in line and not (self.quote and self.quote in line):
            cells = [cell.strip(BLANKS) for cell in line.split(self.delimiter)] if self.delimiter else line.split()
            return Record(cells, end + 1, is_ended=bool(self.delimiter) and not cells[-1])
        return self._long_record(text, at, is_last)

    def _long_record(self, text: bytes, at: int, is_last: bool) -> Record | None:
        """As record(), for rows with quotes or a flaw."""
        patterns = _patterns(self.delimiter, self.quote, self.is_escaped)
        start, cells, size = at, list[bytes](), len(text)
        while at < size:
            found = patterns.quoted.match(text, at) if patterns.quoted else None
            cell, end = patterns.unescaped(found[1]) if found else b"", found.end() if found else at
            if not found:
                end = patterns.cell.match(text, at).end()  # type: ignore[union-attr]
                cell = text[at:end]
                if patterns.inside and cell.lstrip(BLANKS).startswith(self.quote):
                    flaw = self._quote_flaw(text, patterns.inside.match(text, at).end(), is_last)  # type: ignore[union-attr]
                    return Record(cells, start, flaw, len(cells) + 1) if flaw else None
            if end >= size:
                break
            is_end = text[end : end + 1] in (b"\n", b"\r") if found else text[end] == 10
            if not found:
                cell = cell.rstrip(b"\r") if is_end else cell
                if b"\r" in cell:
                    return Record(cells, start, Flaw.RETURN, len(cells) + 1)
                cell = cell.strip(BLANKS)
            if cell or found or self.delimiter:
                cells.append(cell)
            if is_end:
                end = text.index(b"\n", end)
                return Record(cells, end + 1, is_ended=bool(self.delimiter) and not found and not cell)
            at = end + 1
        return None

    def _quote_flaw(self, text: bytes, end: int, is_last: bool) -> Flaw:
        """What is wrong with a cell in quotes whose last quote is at `end`; NONE where more text can still mend it."""
        if end == len(text) or not text[end:].startswith(self.quote):
            return Flaw.OPEN_QUOTE if is_last else Flaw.NONE
        return Flaw.AFTER_QUOTE if text[end + 1 :].lstrip(BLANKS).lstrip(b"\r") else Flaw.NONE


class _Patterns(NamedTuple):
    """cell: one without quotes; quoted: one in quotes; inside: its beginning up to the last quote; escape: what stands for a
    single character; the last three None where there are no quotes."""

    cell: re.Pattern[bytes]
    quoted: re.Pattern[bytes] | None = None
    inside: re.Pattern[bytes] | None = None
    escape: re.Pattern[bytes] | None = None

    def unescaped(self, cell: bytes) -> bytes:
        return self.escape.sub(rb"\1", cell) if self.escape else cell


@cache
def _patterns(delimiter: bytes, quote: bytes, is_escaped: bool) -> _Patterns:
    between = re.escape(delimiter) if delimiter else rb" \t\v\f"
    after = re.escape(delimiter) if delimiter else rb"[ \t\v\f]"
    blanks = rb"[ \v\f]*" if delimiter == b"\t" else rb"[ \t\v\f]*"
    cell = re.compile(rb"[^%b\n]*" % between)
    if not quote:
        return _Patterns(cell)
    # No backtracking: a long cell without an end would take long.
    inside = rb"(?:[^%b\\]|%b%b|\\.)*+" if is_escaped else rb"(?:[^%b]|%b%b)*+"
    inside %= (quote, quote, quote)
    opened = blanks + quote + rb"(" + inside + rb")"
    closed = opened + quote + (blanks if delimiter else b"") + rb"(?=%b|\r*\n)" % after
    escape = rb"(?:\\(?=[%b\\])|%b(?=%b))(.)" if is_escaped else rb"(?:%b(?=%b))(.)"
    escape %= (quote,) * (3 if is_escaped else 2)
    return _Patterns(cell, re.compile(closed, re.DOTALL), re.compile(opened, re.DOTALL), re.compile(escape))


def column_of(name: str, cells: Sequence[bytes], syntax: Syntax) -> TableColumn:
    """The column of these cells: numbers where all of them are numbers or missing, else words."""
    if syntax.decimal == "." and (values := _plain_numbers(cells, syntax.na)) is not None:
        return TableColumn(name, values)
    reading = CellReader(syntax)
    found = [reading.value(cell) for cell in cells]
    if not any(isinstance(value, str) for value in found):
        return TableColumn(name, np.array(found, dtype=np.float64))
    codes = np.full(len(found), MISSING, dtype=np.int32)
    places: dict[str, int] = {}
    for k, value in enumerate(found):
        if isinstance(value, str) or not math.isnan(value):
            word = value if isinstance(value, str) else number_word(value)
            codes[k] = places.setdefault(word, len(places))
    return TableColumn(name, codes=codes, words=tuple(places))


def _plain_numbers(cells: Sequence[bytes], na: tuple[str, ...]) -> Array | None:
    """The numbers of a column that certainly holds nothing else, or None."""
    if any(NUMBER.fullmatch(word.encode()) for word in na):
        return None
    try:
        values = np.array(list(map(float, cells)), dtype=np.float64)
    except ValueError:
        return None
    # float() reads digits of any script and 1_000, which are no numbers in a file.
    return values if np.isfinite(values).all() and not any(b"_" in cell for cell in cells) else None


class CellReader:
    """What cells mean; equal cells are looked at once."""

    def __init__(self, syntax: Syntax) -> None:
        self.decimal = syntax.decimal.encode()
        na, numbers = missing_words(syntax)
        self.na, self.numbers = {*na, b""}, set(numbers)
        self.known: dict[bytes, float | str] = {}

    def value(self, cell: bytes) -> float | str:
        """A number, NaN for a missing cell, or a word."""
        found = self.known.get(cell)
        if found is None:
            trimmed = cell.strip(BLANKS + b"\r\n")
            read = self._read(trimmed, trimmed.lower() in self.na)
            found = self.known[cell] = cell.decode("utf-8", "replace") if read is None else read
        return found

    def _read(self, trimmed: bytes, is_na: bool) -> float | None:
        if is_na:
            return math.nan
        value = _number(trimmed, self.decimal)
        return math.nan if value in self.numbers else value


@cache
def missing_words(syntax: Syntax) -> tuple[tuple[bytes, ...], tuple[float, ...]]:
    """How a missing cell is written, besides the empty one, and which numbers say the same."""
    words = sorted({word.encode().strip(BLANKS + b"\r").lower() for word in syntax.na} - {b""})
    numbers = [_number(word, syntax.decimal.encode()) for word in words]
    return tuple(words), tuple(number for number in numbers if number is not None)


def _number(trimmed: bytes, decimal: bytes) -> float | None:
    """The number that a cell says, or None; a number too large for a float64 is a word."""
    text = trimmed
    if decimal == b",":
        text = b"" if b"." in trimmed else trimmed.replace(b",", b".", 1)
    value = float(text) if NUMBER.fullmatch(text) else math.inf
    return value if math.isfinite(value) else None
