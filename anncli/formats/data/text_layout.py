"""The layout of a text table: where its rows begin, how they are written and what the columns are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from anncli.compiled.row_text import text_of
from anncli.compiled.table_syntax import Syntax
from anncli.compiled.table_text_python import RecordReader
from anncli.errors import DataError, UsageError, count_of, quoted
from anncli.formats.data.base import TableWant
from anncli.formats.data.layout import shown_delimiter
from anncli.formats.data.text_header import FirstRow, column_names
from anncli.formats.data.text_pieces import BEFORE_TABLE
from anncli.formats.data.text_syntax import SAMPLE_ROWS, Reading, Sample, find_syntax, read_sample

# '' and a blank mean any run of blanks.
_DELIMITER = re.compile(r"[ \t!$%&()*,/:;<=>?@\[\]^`{|}~]?")
# More columns are a file without line ends, or one with a wrong delimiter.
_MOST_COLUMNS = 100_000
# What Excel reads, and some programs write, above the table.
_SEPARATOR_LINE = re.compile(rb"sep=([,;|\t])\r*\n", re.IGNORECASE)


class TableLayout(NamedTuple):
    """syntax; names of the columns; is_named: whether the file names them; header_line: where, 0 where nowhere; at, line:
    where the rows begin, in bytes and as the number of the line; is_wanted: whether the network, not the file, says how many
    columns there are."""

    syntax: Syntax
    names: tuple[str, ...]
    is_named: bool
    header_line: int
    at: int
    line: int
    is_wanted: bool = False


class LayoutFinder:
    """Finds the layout of a file from its beginning. shown, name: of the file, in messages and without its folder."""

    def __init__(self, shown: str, name: str, want: TableWant) -> None:
        self.shown, self.name, self.want = shown, name, want
        if want.delimiter is not None and not _DELIMITER.fullmatch(want.delimiter):
            advice = "use one character, as , ; | or a tab, or '' for blanks"
            raise UsageError(f"{quoted(want.delimiter)} cannot separate values", advice=advice)

    def find(self, text: bytes) -> TableLayout:
        """What the beginning of the table shows; raises DataError where it can be read in two ways."""
        start, line, delimiter = self._start(text)
        sample = Sample(text[start:], self.shown, line, self.name)
        syntax = find_syntax(sample, delimiter, self.want.decimal, self.want.na)
        reading = read_sample(sample, syntax, SAMPLE_ROWS)
        if not reading.rows:
            reading = reading._replace(rows=((b"",),), lines=(line,), ended=(False,))
        n_columns, is_ended = _width(reading)
        if n_columns > _MOST_COLUMNS:
            message = f"{n_columns} values in a row, at most {_MOST_COLUMNS} are read"
            raise DataError(
                message, path=self.shown, line=reading.lines[0], advice="check that rows end with a line feed"
            )
        syntax = syntax._replace(n_columns=n_columns, is_ended=is_ended)
        rows = [row[:-1] if is_ended and len(row) > n_columns else row for row in reading.rows]
        if not self._is_named(rows, syntax, reading.lines[0]):
            # Where rows differ, those of another number than the network takes are the faults.
            is_wanted = n_columns != self.want.values and any(len(row) == self.want.values for row in rows)
            if is_wanted:
                syntax = syntax._replace(n_columns=self.want.values, is_ended=False)
            names = tuple(str(k + 1) for k in range(syntax.n_columns))
            self._remark(syntax, "without names")
            return TableLayout(syntax, names, False, 0, start, line, is_wanted)
        names, remarks = column_names(rows[0], n_columns, self.shown, reading.lines[0])
        self._remark(syntax, f"the first row names them {', '.join(names)}", remarks)
        record = RecordReader(syntax).record(sample.text, 0, is_last=True)
        assert record is not None
        line += sample.text.count(b"\n", 0, record.end)
        return TableLayout(syntax, names, True, reading.lines[0], start + record.end, line)

    def _start(self, text: bytes) -> tuple[int, int, str | None]:
        """Where the table begins below empty lines and comments, the number of that line, and the delimiter if it is known."""
        start = BEFORE_TABLE.match(text).end()  # type: ignore[union-attr]
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
        # Columns without names are called by their places.
        known = {name for name in self.want.names if not name.isdecimal()}
        for place, cell in enumerate(rows[0] if known else ()):
            # A word of a category may be the name of a column too.
            if text_of(cell).strip() in known and not any(cell == row[place] for row in rows[1:] if place < len(row)):
                return True
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


def _width(reading: Reading) -> tuple[int, bool]:
    """The columns of a table, and whether rows end with a delimiter that separates nothing."""
    count, _ = reading.usual
    below = [k for k, row in enumerate(reading.rows) if k and len(row) == count] or [0]
    first = len(reading.rows[0])
    if first not in (count, count - 1):
        # The first row decides, and the others are faults.
        return first, False
    ended = count > 1 and all(reading.ended[k] for k in below) and (reading.ended[0] or first == count - 1)
    return (count - 1, True) if ended and reading.syntax.delimiter else (count, False)
