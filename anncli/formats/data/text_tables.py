"""The format `csv`: a text table with one row per line, cells between delimiters, of numbers and words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from anncli.arrays import Array
from anncli.compiled.row_text import text_of
from anncli.compiled.table_syntax import Flaw, Rows
from anncli.compiled.table_text import parse_rows
from anncli.errors import DataError, count_of, quoted
from anncli.formats.data.base import TableWant
from anncli.formats.data.csv_writer import write as write
from anncli.formats.data.text_cells import ForeignNumbers
from anncli.formats.data.text_layout import LayoutFinder, TableLayout
from anncli.formats.data.text_pieces import Piece, Pieces, bad_byte_before
from anncli.formats.data.typed import RoundedNumbers
from anncli.formats.files.source import ByteSource
from anncli.tables import Table, TableColumn

_WRONG = {
    Flaw.AFTER_QUOTE: ("text follows the closing quote", "write a quote that is part of the value twice"),
    Flaw.OPEN_QUOTE: ("a quote is opened and not closed", "close it; a quote that is part of the value is written twice inside quotes"),
    Flaw.RETURN: ("holds a carriage return inside a line", "end lines with a line feed, or put the value in quotes"),
    Flaw.NOT_UTF8: ("is not UTF-8 text", "save it as UTF-8"),
    Flaw.TOO_LONG: ("a row of more than 16 MiB begins here", "close the quote that it opens, or check that this is the right file"),
}  # fmt: skip


class TextTables:
    """The format `csv`; it reads what no other format of tables claims."""

    def sniff(self, head: bytes) -> bool:
        return b"\0" not in head

    def open_table(self, source: ByteSource, want: TableWant) -> Iterator[Table]:
        pieces = Pieces(source)
        layout = LayoutFinder(source.shown, source.name, want).find(pieces.first)
        bad = bad_byte_before(pieces.first, layout.at)
        if bad is not None:
            message, advice = _WRONG[Flaw.NOT_UTF8]
            line = 1 + pieces.first.count(b"\n", 0, bad)
            raise DataError(message, path=source.shown, line=line, advice=advice)
        rounded = RoundedNumbers(source.shown, want.remarks)
        for table in _tables(
            source.shown, layout, pieces.rows(layout.at, layout.syntax, want.block_rows, want.is_whole)
        ):
            rounded.watch(table)
            yield table


FORMAT = TextTables()


def _tables(shown: str, layout: TableLayout, pieces: Iterator[Piece]) -> Iterator[Table]:
    """A table of each piece, at least one; raises DataError at the first flaw, after the rows above it."""
    foreign, line, is_first = ForeignNumbers(), layout.line, True
    for text, rows in pieces:
        if rows.n_rows:
            table = _table(rows, layout, line)
            foreign.watch(table.columns, table.lines)
            yield table
            is_first = False
        line += rows.n_lines
        if rows.flaw:
            raise _fault(rows, text, layout, shown, line)
    foreign.check(shown)
    if is_first:
        yield _table(parse_rows(b"", 0, layout.syntax, True, 1), layout, line)


def _table(rows: Rows, layout: TableLayout, line: int) -> Table:
    columns = tuple(TableColumn(name, *column[1:]) for name, column in zip(layout.names, rows.columns, strict=True))
    lines = _numbered(rows.lines, line)
    return Table(columns, rows.n_rows, layout.is_named, lines, layout.header_line, matrix=rows.matrix)


def _numbered(lines: Sequence[int] | Array, first: int) -> Sequence[int]:
    """The line numbers of rows; a range where rows stand in consecutive lines."""
    if not len(lines) or lines[-1] - lines[0] == len(lines) - 1:
        start = first + (int(lines[0]) if len(lines) else 0)
        return range(start, start + len(lines))
    return [first + int(line) for line in lines]


def _fault(rows: Rows, text: bytes | bytearray, layout: TableLayout, shown: str, line: int) -> DataError:
    """The error for the row that `rows` ends before, in this line."""
    if rows.flaw != Flaw.COUNT:
        message, advice = _WRONG[rows.flaw]
        return DataError(message, path=shown, line=line, column=rows.flaw_cell or None, advice=advice)
    columns = count_of(layout.syntax.n_columns, "column")
    row = bytes(text[rows.at : text.find(b"\n", rows.at)]).strip()
    found = quoted(text_of(row[:200]))
    message = f"expected {count_of(layout.syntax.n_columns, 'value')}, found {rows.flaw_cell} ({found})"
    advice = f"the rows above have {columns}" if line > layout.line else f"a row below has {columns}"
    if layout.is_named:
        advice = f"line {layout.header_line} names {columns}"
    elif layout.is_wanted:
        advice = f"the network has {count_of(layout.syntax.n_columns, 'input')}"
    if row.startswith(b"#"):
        advice += "; comments may only stand above the table"
    return DataError(message, path=shown, line=line, advice=advice)
