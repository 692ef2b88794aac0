"""How a text table is written: its delimiter, quotes and decimal mark, found in the first rows.

Where two readings are possible, neither is chosen: the DataError names both and the option that decides.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from anncli.compiled.row_text import NUMBER, text_of
from anncli.compiled.table_syntax import Flaw, Syntax
from anncli.compiled.table_text_python import BLANKS, RecordReader
from anncli.errors import DataError, quoted
from anncli.formats.data.layout import refuse_decimal_commas, shown_delimiter

# So many rows show how a table is written, and so many whether its first row names the columns.
TELLING_ROWS, SAMPLE_ROWS = 100, 1000
# Of wide tables fewer rows are enough.
_MOST_CELLS, _FEWEST_ROWS = 20_000, 5
_CANDIDATES = (",", ";", "\t", "|")
_ENDINGS = {".tsv": "\t", ".tab": "\t", ".psv": "|"}
DECIMAL_COMMA = re.compile(rb"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?")
_DECIMAL_POINT = re.compile(rb"[+-]?[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?")
# 1,234 is a number with a decimal comma, or one thousand two hundred and thirty-four.
_COULD_BE_THOUSANDS = re.compile(rb"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+")
_OPENED_SINGLE = re.compile(rb"(?:^|[,;|\t])[ ]*'", re.MULTILINE)
_OPENED_DOUBLE = re.compile(rb'(?:^|[,;|\t ])[ ]*"', re.MULTILINE)


class Sample(NamedTuple):
    """The beginning of a table: text: from its first row on, whole rows unless they are cut inside quotes; shown: the name
    of the file; line: the number of its first line; name: of the file, whose ending may decide."""

    text: bytes
    shown: str
    line: int
    name: str = ""


class Reading(NamedTuple):
    """One way to read the sample: rows: their cells; lines: their line numbers; ended: whether each ends with an empty cell
    without quotes; flaw: of the row after them."""

    syntax: Syntax
    rows: tuple[tuple[bytes, ...], ...]
    lines: tuple[int, ...]
    ended: tuple[bool, ...]
    flaw: Flaw = Flaw.NONE

    @property
    def usual(self) -> tuple[int, float]:
        """The most frequent count of cells, and the share of the rows that have it; the first row may name one less."""
        counts = [len(row) for row in self.rows[1:]] or [len(row) for row in self.rows]
        (count, number), *_ = Counter(counts).most_common(1) or [(0, 0)]
        return count, number / max(1, len(counts))

    @property
    def is_even(self) -> bool:
        """Whether it has several columns, and all rows the same count of cells."""
        count, share = self.usual
        first = len(self.rows[0]) if self.rows else 0
        return not self.flaw and count > 1 and share == 1 and first in (count, count - 1)


def read_sample(sample: Sample, syntax: Syntax, most: int) -> Reading:
    """The first rows of the sample, whatever their numbers of cells."""
    reader = RecordReader(syntax)
    rows, lines, ended = list[tuple[bytes, ...]](), list[int](), list[bool]()
    at, line, n_cells = 0, sample.line, 0
    while len(rows) < most and (n_cells < _MOST_CELLS or len(rows) < _FEWEST_ROWS):
        at, line = reader.skip_empty(sample.text, at, line)
        record = reader.record(sample.text, at, is_last=False)
        if record is None or record.flaw:
            return Reading(syntax, tuple(rows), tuple(lines), tuple(ended), record.flaw if record else Flaw.NONE)
        rows.append(tuple(record.cells))
        lines.append(line)
        ended.append(record.is_ended)
        n_cells += len(record.cells)
        line += sample.text.count(b"\n", at, record.end)
        at = record.end
    return Reading(syntax, tuple(rows), tuple(lines), tuple(ended))


def find_syntax(sample: Sample, delimiter: str | None, decimal: str | None, na: tuple[str, ...]) -> Syntax:
    """The syntax of a table, all but the count of its columns.

    Args: delimiter, decimal, where they are known. Raises: DataError where the table can be read in two ways.
    """
    reading = _quoting(sample, Syntax(delimiter.strip(" "), na=na)) if delimiter is not None else _delimited(sample, na)
    if decimal is None:
        decimal = _decimal_mark(reading, sample)
    return reading.syntax._replace(decimal=decimal)


def _quoting(sample: Sample, syntax: Syntax) -> Reading:
    """The sample read with a delimiter and the quotes that it shows."""
    reading = read_sample(sample, syntax, TELLING_ROWS)
    if b"'" in sample.text and not _OPENED_DOUBLE.search(sample.text) and _OPENED_SINGLE.search(sample.text):
        single = read_sample(sample, syntax._replace(quote="'"), TELLING_ROWS)
        before = [cell for row in reading.rows for cell in row if cell.startswith(b"'")]
        if before and not single.flaw and len(single.rows) and (single.is_even or not reading.is_even):
            reading = single
    if b"\\" in sample.text and not reading.is_even:
        escaped = read_sample(sample, reading.syntax._replace(is_escaped=True), TELLING_ROWS)
        if escaped.is_even or (reading.flaw and not escaped.flaw):
            return escaped
    return reading


def _delimited(sample: Sample, na: tuple[str, ...]) -> Reading:
    """The reading whose delimiter gives all rows the same count of cells."""
    first, *others = _CANDIDATES
    found = [first, *(delimiter for delimiter in others if delimiter.encode() in sample.text)]
    readings = [_quoting(sample, Syntax(delimiter, na=na)) for delimiter in found]
    even = [reading for reading in readings if reading.is_even and not _has_numbers_between_blanks(reading)]
    if len(even) > 1:
        even = _one_of(even, sample)
    blanks = None
    if not even or even[0].syntax.delimiter == "\t":
        blanks = _quoting(sample, Syntax("", na=na))
    if even:
        if blanks is not None and blanks.is_even:
            _refuse_wide_gaps(even[0], blanks, sample)
        return even[0]
    assert blanks is not None
    if blanks.is_even and not _has_marks_at_ends(blanks):
        return blanks
    # No delimiter makes all rows equal: the one of most rows, whose odd rows are faults.
    best = max([*readings, blanks], key=lambda reading: reading.usual[1] if reading.usual[0] > 1 else 0)
    return best if best.usual[0] > 1 and best.usual[1] > 0.5 else readings[0]


def _one_of(even: list[Reading], sample: Sample) -> list[Reading]:
    """The one of several possible readings that the sample speaks for; raises DataError if there is none."""
    by_decimals = [r for r in even if r.syntax.delimiter != "," and _explains_commas(r)]
    if by_decimals and any(r.syntax.delimiter == "," for r in even):
        even = [reading for reading in even if reading.syntax.delimiter != ","]
    ending = sample.name.lower().removesuffix(".gz").rpartition(".")[2]
    said = _ENDINGS.get(f".{ending}")
    even = [reading for reading in even if reading.syntax.delimiter == said] or even
    if len(even) == 1:
        return even
    first, second = even[:2]
    one, other = (shown_delimiter(reading.syntax.delimiter) for reading in (first, second))
    message = f"can be read as {first.usual[0]} columns between {one}, or as {second.usual[0]} between {other}"
    options = " or ".join(_delimiter_option(reading.syntax.delimiter) for reading in (first, second))
    raise DataError(message, path=sample.shown, line=sample.line, advice=f"say which with {options}")


def _delimiter_option(delimiter: str) -> str:
    return {"\t": "--delimiter tab", "": "--delimiter blanks"}.get(delimiter, f"--delimiter '{delimiter}'")


def _explains_commas(reading: Reading) -> bool:
    """Whether every cell with a comma is a number with a decimal comma; the first row may name the columns."""
    cells = [cell for row in reading.rows[1:] or reading.rows for cell in row if b"," in cell]
    return bool(cells) and all(DECIMAL_COMMA.fullmatch(cell.strip(BLANKS)) for cell in cells)


def _has_numbers_between_blanks(reading: Reading) -> bool:
    """Whether every row but a line of names has a cell of several numbers: the delimiter is the blank."""
    rows = reading.rows[1:] or reading.rows
    return all(any(map(_holds_numbers, row)) for row in rows)


def _holds_numbers(cell: bytes) -> bool:
    """Whether a cell begins with two numbers, with a decimal point or comma, and blanks between them."""
    words = cell.split(None, 2)[:2]
    return len(words) == 2 and all(NUMBER.fullmatch(word.replace(b",", b".", 1)) for word in words)


def _has_marks_at_ends(blanks: Reading) -> bool:
    """Whether cells between blanks end with another delimiter, so that blanks only follow it."""
    return any(cell.endswith((b",", b";", b"|")) for row in blanks.rows for cell in row)


def _refuse_wide_gaps(tabs: Reading, blanks: Reading, sample: Sample) -> None:
    """Raises DataError for two tabs in a row that can be an empty cell or a wide gap."""
    by_tabs, by_blanks = tabs.usual[0], blanks.usual[0]
    if by_blanks < by_tabs and all(b"" in row for row in tabs.rows):
        message = f"two tabs in a row: {by_tabs} columns with empty cells, or {by_blanks} columns with wide gaps"
        advice = f"say which with {_delimiter_option(chr(9))} or {_delimiter_option('')}"
        raise DataError(message, path=sample.shown, line=sample.line, advice=advice)


def _decimal_mark(reading: Reading, sample: Sample) -> str:
    """The decimal mark of a table whose delimiter is known; raises DataError where commas can be read in two ways."""
    delimiter, rows = reading.syntax.delimiter, reading.rows
    if delimiter == ",":
        # A line of names shows how many columns there are.
        if rows and any(NUMBER.fullmatch(cell) for cell in rows[0]):
            lines = sample.text.split(b"\n", TELLING_ROWS)[:TELLING_ROWS]
            refuse_decimal_commas([line for line in lines if line.strip()], sample.shown, sample.line)
        return "."
    places = [(line, k, cell) for line, row in zip(reading.lines, rows, strict=True) for k, cell in enumerate(row, 1)]
    commas = [place for place in places if DECIMAL_COMMA.fullmatch(place[2].strip(BLANKS))]
    points = [place for place in places if _DECIMAL_POINT.fullmatch(place[2].strip(BLANKS))]
    if not commas:
        return "."
    line, k, cell = commas[0]
    found = quoted(text_of(cell))
    if not delimiter:
        raise DataError(
            f"{found} can be a number with a decimal comma", path=sample.shown, line=line, column=k,
            advice="say --decimal , if it is; otherwise --delimiter ,",
        )  # fmt: skip
    if all(_COULD_BE_THOUSANDS.fullmatch(cell.strip(BLANKS)) for _, _, cell in commas):
        number = text_of(cell)
        message = f"{found} can be {number.replace(',', '.')} or {number.replace(',', '')}"
        advice = "say --decimal , for the first; for the second write thousands without a mark between them"
        raise DataError(message, path=sample.shown, line=line, column=k, advice=advice)
    if points:
        other = quoted(text_of(points[0][2]))
        raise DataError(
            f"{found} has a decimal comma, {other} in line {points[0][0]} a decimal point", path=sample.shown, line=line,
            column=k, advice="say which is the mark of this file with --decimal , or --decimal .",
        )  # fmt: skip
    return ","
