"""The format `csv`: a text table with one row per line, cells between delimiters, of numbers and words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from anncli.compiled.row_text import text_of
from anncli.compiled.table_syntax import Flaw, Rows, Syntax
from anncli.compiled.table_text import parse_rows
from anncli.compiled.table_text_python import RecordReader
from anncli.errors import DataError, count_of, quoted
from anncli.formats.data.base import TableWant
from anncli.formats.data.csv_writer import write as write
from anncli.formats.data.layout import shown_delimiter
from anncli.formats.data.text_cells import ForeignNumbers
from anncli.formats.data.text_header import FirstRow, column_names
from anncli.formats.data.text_syntax import SAMPLE_ROWS, Reading, Sample, find_syntax, read_sample
from anncli.formats.files.source import ByteSource
from anncli.tables import Table, TableColumn

# The text that is looked at before the first row is read, and the text of one batch.
SAMPLE_BYTES = 1 << 20
# A row longer than this has a quote that nothing closes.
_LONGEST_ROW = 1 << 24
_BEFORE_TABLE = re.compile(rb"(?:[ \t\r\v\f]*(?:#[^\n]*)?\n)*")
# What Excel reads, and some programs write, above the table.
_SEPARATOR_LINE = re.compile(rb"sep=([,;|\t])\r*\n", re.IGNORECASE)


class TextTables:
    """The format `csv`; it reads what no other format of tables claims."""

    def sniff(self, head: bytes) -> bool:
        return b"\0" not in head

    def open_table(self, source: ByteSource, want: TableWant) -> Iterator[Table]:
        yield from _TableReader(source, want).tables()


FORMAT = TextTables()


class Layout(NamedTuple):
    """syntax; names of the columns; is_named; header_line, 0 where there is none; at, line: where the rows begin."""

    syntax: Syntax
    names: tuple[str, ...]
    is_named: bool
    header_line: int
    at: int
    line: int


class _TableReader:
    """Reads one source. line: the number of the line at the place reached."""

    def __init__(self, source: ByteSource, want: TableWant) -> None:
        self.source, self.want, self.shown = source, want, source.shown
        self.line = 1
        self._foreign = ForeignNumbers()

    def tables(self) -> Iterator[Table]:
        """The table in batches; raises DataError at the first fault, after the rows above it."""
        pieces = _pieces(self.source)
        text, is_last = next(pieces)
        layout = self._layout(text, is_last)
        self.line, at, n_batches = layout.line, layout.at, 0
        while True:
            rows = parse_rows(text, at, layout.syntax, is_last, self.want.block_rows)
            if rows.n_rows:
                yield self._table(rows, layout)
                n_batches += 1
            at, self.line = rows.at, self.line + rows.n_lines
            if rows.flaw:
                raise self._fault(rows, text, layout)
            if rows.n_rows == self.want.block_rows:
                continue
            if is_last:
                break
            if len(text) - at > _LONGEST_ROW:
                raise DataError(f"a row of more than {_LONGEST_ROW >> 20} MiB begins here", path=self.shown, line=self.line, advice="close the quote that it opens")  # fmt: skip
            more, is_last = next(pieces)
            text, at = text[at:] + more, 0
        self._foreign.check(self.shown)
        if not n_batches:
            empty = parse_rows(b"", 0, layout.syntax, True, 1)
            yield self._table(empty, layout)

    def _table(self, rows: Rows, layout: Layout) -> Table:
        columns = tuple(TableColumn(name, *column[1:]) for name, column in zip(layout.names, rows.columns, strict=True))
        lines = _numbered(rows.lines, self.line)
        self._foreign.watch(columns, lines)
        return Table(columns, rows.n_rows, layout.is_named, lines, layout.header_line, matrix=rows.matrix)

    def _layout(self, text: bytes, is_last: bool) -> Layout:
        """What the beginning of the table shows; raises DataError where it can be read in two ways."""
        start, line, delimiter = self._start(text)
        sample = Sample(text[start:], self.shown, line, self.source.name)
        syntax = find_syntax(sample, delimiter, self.want.decimal, self.want.na)
        reading = read_sample(sample, syntax, SAMPLE_ROWS)
        if not reading.rows:
            reading = reading._replace(rows=((b"",),), lines=(line,), ended=(False,))
        n_columns, is_ended = _width(reading)
        syntax = syntax._replace(n_columns=n_columns, is_ended=is_ended)
        rows = [row[:-1] if is_ended and len(row) > n_columns else row for row in reading.rows]
        if not self._is_named(rows, syntax, reading.lines[0]):
            names = tuple(str(k + 1) for k in range(n_columns))
            self._remark(syntax, "without names")
            return Layout(syntax, names, False, 0, start, line)
        names, remarks = column_names(rows[0], n_columns, self.shown, reading.lines[0])
        self._remark(syntax, f"the first row names them {', '.join(names)}", remarks)
        record = RecordReader(syntax).record(sample.text, 0, is_last)
        assert record is not None
        line += sample.text.count(b"\n", 0, record.end)
        return Layout(syntax, names, True, reading.lines[0], start + record.end, line)

    def _start(self, text: bytes) -> tuple[int, int, str | None]:
        """Where the table begins below empty lines and comments, the number of that line, and the delimiter if it is known."""
        start = _BEFORE_TABLE.match(text).end()  # type: ignore[union-attr]
        delimiter = self.want.delimiter
        said = _SEPARATOR_LINE.match(text, start)
        if said:
            delimiter, start = text_of(said[1]) if delimiter is None else delimiter, said.end()
        if start == len(text):
            raise DataError("holds no table, only empty lines and comments" if start else "is empty", path=self.shown, advice="write a row of values per line")  # fmt: skip
        return start, 1 + text.count(b"\n", 0, start), delimiter

    def _is_named(self, rows: Sequence[Sequence[bytes]], syntax: Syntax, line: int) -> bool:
        if self.want.header is not None:
            return self.want.header
        return FirstRow(rows, syntax, self.shown, line).names_columns()

    def _remark(self, syntax: Syntax, named: str, more: Sequence[str] = ()) -> None:
        if self.want.remarks is None:
            return
        extras = [f"quotes are {syntax.quote}"] if syntax.quote == "'" else []
        extras += ["a backslash stands before quotes inside quotes"] if syntax.is_escaped else []
        extras += ["the decimal mark is a comma"] if syntax.decimal == "," else []
        extras += ["a delimiter at the end of every row"] if syntax.is_ended else []
        columns = f"{count_of(syntax.n_columns, 'column')} separated by {shown_delimiter(syntax.delimiter)}"
        self.want.remarks.guess(self.shown, "; ".join([f"{columns}, {named}", *extras, *more]))

    def _fault(self, rows: Rows, text: bytes, layout: Layout) -> DataError:
        """The error for the row that `rows` ends before."""
        width, shown = layout.syntax.n_columns, self.shown
        if rows.flaw == Flaw.COUNT:
            end = text.find(b"\n", rows.at)
            found = quoted(text_of(text[rows.at : end].strip()[:200]))
            message = f"expected {count_of(width, 'value')}, found {rows.flaw_cell} ({found})"
            reason = f"line {layout.header_line} names {count_of(width, 'column')}" if layout.is_named else f"the first row has {width}"  # fmt: skip
            if text[rows.at : rows.at + 1] == b"#":
                reason += "; comments may only stand above the table"
            return DataError(message, path=shown, line=self.line, advice=reason)
        message, advice = {
            Flaw.AFTER_QUOTE: ("text follows the closing quote", "write a quote that is part of the value twice"),
            Flaw.OPEN_QUOTE: ("a quote is opened and not closed", "close it, or write it twice inside quotes if it is part of the value"),
            Flaw.RETURN: ("holds a carriage return inside a line", "end lines with a line feed, or put the value in quotes"),
        }[rows.flaw]  # fmt: skip
        return DataError(message, path=shown, line=self.line, column=rows.flaw_cell, advice=advice)


def _width(reading: Reading) -> tuple[int, bool]:
    """The columns of a table, and whether rows end with a delimiter that separates nothing."""
    count, _ = reading.usual
    below = [k for k, row in enumerate(reading.rows) if k and len(row) == count] or [0]
    first = len(reading.rows[0])
    ended = all(reading.ended[k] for k in below) and count > 1 and (reading.ended[0] or first == count - 1)
    if ended and reading.syntax.delimiter:
        return count - 1, True
    return (count if first in (count, count - 1) else first), False


def _numbered(lines: Sequence[int], first: int) -> Sequence[int]:
    """The line numbers of rows; a range where rows stand in consecutive lines."""
    if not len(lines) or lines[-1] - lines[0] == len(lines) - 1:
        start = first + (lines[0] if len(lines) else 0)
        return range(start, start + len(lines))
    return [first + line for line in lines]


def _pieces(source: ByteSource) -> Iterator[tuple[bytes, bool]]:
    """The text in pieces of about SAMPLE_BYTES, and whether a piece is the last, which ends with a line end."""
    waiting, returns_only = bytearray(), None
    for chunk in source.text(SAMPLE_BYTES):
        if returns_only is None and (b"\n" in chunk or b"\r" in chunk):
            # Lines that end with a carriage return alone, as on old Macintosh computers.
            returns_only = b"\n" not in chunk and chunk.find(b"\r") < len(chunk) - 1
        waiting += chunk.replace(b"\r", b"\n") if returns_only else chunk
        if len(waiting) > SAMPLE_BYTES:
            yield bytes(waiting), False
            waiting = bytearray()
    text = bytes(waiting)
    yield text if text.endswith(b"\n") or not text else text + b"\n", True
