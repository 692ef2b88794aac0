"""The layout of a table of numbers: what its first lines show of the delimiter, of column names and of the row width.

Where two readings are possible, neither is chosen: the DataError names both and says what to write for either.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from anncli.compiled.row_text import (
    NUMBER,
    decimal_comma_between_blanks,
    fields,
    header_names,
    is_foreign_number,
    is_value,
    starts_with_value,
    strip_comment,
    text_of,
)
from anncli.errors import DataError, listed, quoted

# So many lines of content are looked at.
SAMPLE_LINES = 20
# So many values of a line are looked at; more take longer and show nothing else.
_MOST_VALUES = 10_000
# So many consecutive whole numbers in a first line are hardly a row of values.
_HARDLY_A_ROW = 8

_SHOWN = {"": "blanks", "\t": "tabs"}
COMMENT_MARKS = re.compile(rb"(?:%|//|!|--|\*|@)")


class Layout(NamedTuple):
    """What the first lines show.

    delimiter: '' for blanks, or one character; n_values: the values of a row; names: of the columns, or (); trailing,
    leading: every line ends or begins with a delimiter that separates nothing; rows: the values of the rows looked at;
    numbered: the names are the numbers 0, 1, 2, ...
    """

    delimiter: str
    n_values: int
    names: tuple[str, ...] = ()
    trailing: bool = False
    leading: bool = False
    rows: tuple[tuple[bytes, ...], ...] = ()
    numbered: bool = False

    def text(self) -> str:
        """The layout in words."""
        named = f"the first line names the columns {listed(self.names)}" if self.names else "no column names"
        end = ", a delimiter at the end of every line" if self.trailing else ""
        return f"{self.n_values} values per row, separated by {shown_delimiter(self.delimiter)}{end}; {named}"


def shown_delimiter(delimiter: str) -> str:
    return _SHOWN.get(delimiter, f"'{delimiter}'")


def find_layout(lines: Sequence[tuple[int, bytes]], shown: str, delimiter: str | None = None, n_wanted: int | None = None) -> Layout:  # fmt: skip
    """The layout of a file that begins with these lines of content: (number, text without comment) each.

    Args: shown, the name of the file; delimiter, where it is known; n_wanted, the values of a row, where they are known.
    Raises: DataError where the lines can be read in two ways, or name other columns than the rows have.
    """
    contents = [content for _, content in lines]
    delimiter = guess_delimiter(contents, shown, lines[0][0]) if delimiter is None else delimiter
    leading = delimiter == "\t" and all(content.startswith(b"\t") for content in contents)
    contents = [content[leading:] for content in contents]
    rows = [fields(content, delimiter) for content in contents]
    trailing = _ends_with_delimiter(rows, delimiter, n_wanted)
    rows = [row[:-1] if trailing and len(row) > 1 and not row[-1] else row for row in rows]
    check = _FirstLine(lines, contents, rows, shown, delimiter)
    names, numbered = check.names()
    rows = rows[1:] if names else rows
    n_values = len(names) or len(rows[0])
    return Layout(delimiter, n_values, names, trailing, leading, tuple(map(tuple, rows)), numbered)


def guess_delimiter(contents: Sequence[bytes], shown: str = "", line: int = 0) -> str:
    """The delimiter of the lines: ';', ',', '|', a tab, or '' for blanks; raises DataError where two are possible."""
    # A delimiter inside quotes is none.
    plain = [re.sub(rb'"[^"]*"', b'"', content) for content in contents]
    first = plain[0]
    if len(plain) > 1 and not starts_with_value(first) and not re.search(rb"[;,|\t]", first):
        # A line of names that does not show the delimiter, or a title.
        first = plain[1]
    for delimiter in (";", ",", "|"):
        if delimiter.encode() in first and not decimal_comma_between_blanks(first):
            if delimiter == ",":
                refuse_decimal_commas(plain, shown, line)
            return delimiter
    return "\t" if b"\t" in first and _tabs_separate(plain, shown, line) else ""


def _tabs_separate(contents: Sequence[bytes], shown: str, line: int) -> bool:
    """Whether tabs are the delimiter, rather than blanks of any kind."""
    cells = [content.strip(b"\t").split(b"\t") for content in contents]
    first = [cell for cell in cells[0] if cell.strip()]
    if len(cells[0]) == 1 or any(len(cell.split()) > 1 and is_value(cell.split()[0]) for cell in first):
        return False
    if all(cell.strip() for row in cells for cell in row):
        return True
    # Two tabs in a row: an empty cell, or a wide gap. The count of values decides if only one of them keeps it equal.
    whole = [content.split(b"\t") for content in contents]
    by_tabs, by_blanks = ({len(row) for row in split} for split in (whole, [content.split() for content in contents]))
    if len(by_tabs) > 1 and len(by_blanks) == 1:
        return False
    if len(by_tabs) == 1 and len(by_blanks) == 1:
        message = (
            f"two tabs in a row: {by_tabs.pop()} columns with empty cells, or {by_blanks.pop()} columns with wide gaps"
        )
        advice = "write a value into every cell, or a single tab between values"
        raise DataError(message, path=shown, line=line, advice=advice)
    return True


def refuse_decimal_commas(contents: Sequence[bytes], shown: str, line: int) -> None:
    """Raises DataError where commas stand inside the values as well as between them."""
    advice = (
        "write decimals with a point; if each comma separates two values, write them alike and without leading zeros"
    )
    spaced = [
        re.split(rb",[ \t]+|[ \t]+", content.strip(b" \t,")) for content in contents if starts_with_value(content)
    ]
    if spaced and all(len(row) == len(spaced[0]) > 1 for row in spaced):
        values = [value for row in spaced for value in row]
        if any(b"," in value for value in values) and all(NUMBER.fullmatch(v.replace(b",", b".", 1)) for v in values):
            found = quoted(text_of(contents[0]))
            raise DataError(f"commas inside values and between them: {found}", path=shown, line=line, advice=advice)
    if _decimals_of_commas([content for content in contents if starts_with_value(content)]):
        found = quoted(text_of(contents[0]))
        raise DataError(f"looks like decimal commas: {found}", path=shown, line=line, advice=advice)


def _decimals_of_commas(contents: Sequence[bytes]) -> bool:
    """Whether every second value between commas can only be the decimals of the one before: digits, some with a zero first."""
    rows = [content.split(b",") for content in contents]
    decimals = [value for row in rows for value in row[1::2]]
    if not rows or any(len(row) % 2 for row in rows) or any(b"." in content for content in contents):
        return False
    return all(map(bytes.isdigit, decimals)) and any(len(value) > 1 and value[:1] == b"0" for value in decimals)


def _ends_with_delimiter(rows: Sequence[Sequence[bytes]], delimiter: str, n_wanted: int | None) -> bool:
    """Whether the last column is empty wherever a line has it, and not one that the network wants."""
    if not delimiter or all(row[-1] for row in rows if row):
        return False
    widths = {len(row) - (len(row) > 1 and not row[-1]) for row in rows}
    return len(widths) == 1 and n_wanted != widths.pop() + 1


def is_header(content: bytes, following: bytes, delimiter: str) -> bool:
    """Whether a line names columns: no number in it, and as many names as the next line has values."""
    names, values = header_names(content, delimiter), fields(following, delimiter)
    return (
        len(values) == len(names)
        and all(names)
        and not any(is_value(name.encode()) or is_foreign_number(name.encode()) for name in names)
        and all(map(is_value, values))
    )


def could_be_numbered(content: bytes) -> bool:
    """Whether a first line may number the columns, which only the lines below it can tell."""
    values = [value.strip(b'"') for value in re.split(rb"[\s,;|]+", content.strip(), maxsplit=_HARDLY_A_ROW)]
    return values[:2] == [b"0", b"1"] or (
        len(values) >= _HARDLY_A_ROW and _are_consecutive(values[: _HARDLY_A_ROW - 1])
    )


def _are_consecutive(values: Sequence[bytes]) -> bool:
    """Whether values are whole numbers that each exceed the one before by 1."""
    whole = all(re.fullmatch(rb"0|[1-9][0-9]{0,8}", value) for value in values)
    return whole and all(int(after) - int(before) == 1 for before, after in pairwise(values))


class _FirstLine:
    """Decides whether the first line of a table names its columns."""

    def __init__(self, lines: Sequence[tuple[int, bytes]], contents: Sequence[bytes], rows: Sequence[Sequence[bytes]], shown: str, delimiter: str) -> None:  # fmt: skip
        self.line, self.content, self.rows = lines[0][0], contents[0], rows
        self.second = lines[1][0] if len(lines) > 1 else 0
        self.shown, self.delimiter = shown, delimiter

    def names(self) -> tuple[tuple[str, ...], bool]:
        """The column names, () if the line is a row; and whether they are the numbers 0, 1, 2, ..."""
        if all(map(is_value, self.rows[0][:_MOST_VALUES])):
            return self._numbers()
        names = header_names(self.content, self.delimiter)
        words = [name.encode() for name in names]
        if any(map(is_value, words)):
            self._refuse_an_index(names)
            self._refuse_numbered_names(words)
            return (), False
        if any(map(is_foreign_number, words)):
            return (), False
        if COMMENT_MARKS.match(self.content):
            mark = quoted(text_of(self.content.split()[0]))
            raise self._fault(f"expected a number, found {mark}", "comments begin with #", column=1)
        if len(self.rows) == 1:
            raise self._fault("holds no rows, only a line of names", "write one row of values per line", place=False)
        if not any(is_value(value) for row in self.rows[1:] for value in row[:_MOST_VALUES]):
            return (), False
        if len(self.rows[1]) != len(names):
            names = header_names(strip_comment(self.content), self.delimiter)
        self._check(names)
        return names, False

    def _numbers(self) -> tuple[tuple[str, ...], bool]:
        """Names that are consecutive whole numbers, as a program writes them for columns without names."""
        first, below = self.rows[0], self.rows[1:]
        # The first three tell for nearly every file.
        if len(first) < 2 or not below or not (_are_consecutive(first[:3]) and _are_consecutive(first)):
            return (), False
        texts = tuple(map(text_of, first))
        decimals = [[re.search(rb"[.eE]", value) is not None for value in row] for row in below]
        every, each = all(map(all, decimals)), all(map(any, decimals))
        if int(texts[0]) == 0 and len(first) > 2 and not any(list(row) == list(first) for row in below):
            if each:
                return texts, True
        elif not every:
            if len(first) < _HARDLY_A_ROW or any(_are_consecutive(row[: len(first)]) for row in below):
                return (), False
        elif int(texts[0]) == 0:
            return texts, True
        elif len(first) == 2:
            return (), False
        raise self._fault(
            f"line {self.line} ({', '.join(texts[:3])}, ...) can be a row of values, or the numbers of the columns",
            f"write {texts[0]}.0 for a value; take the line out, or write names with a letter, if it numbers the columns",
            place=False,
        )

    def _refuse_an_index(self, names: tuple[str, ...]) -> None:
        """Raises DataError for numbered columns whose first name is empty: a data frame with its index."""
        if not names[0] and len(names) > 1 and [*names[1:]] == [str(k) for k in range(len(names) - 1)]:
            self._check(names)

    def _refuse_numbered_names(self, words: Sequence[bytes]) -> None:
        """Raises DataError for words and numbers above a row of numbers: a header with a name like 2019."""
        below = self.rows[1] if len(self.rows) > 1 else ()
        odd = [word for word in words if word and not is_value(word) and not is_foreign_number(word)]
        if odd and len(below) == len(words) and all(map(is_value, below)):
            number = quoted(text_of(next(word for word in words if is_value(word))))
            advice = f"correct it; if the line names the columns, {number} is no name: write one with a letter"
            column = list(words).index(odd[0]) + 1
            raise self._fault(f"expected a number, found {quoted(text_of(odd[0]))}", advice, column=column)

    def _check(self, names: tuple[str, ...]) -> None:
        """Raises DataError where the names do not fit the row below them."""
        found, wanted = len(self.rows[1]), len(names)
        if names and not names[0] and wanted in (found, found + 1):
            advice = "write the file without it (pandas: index=False)"
            raise self._fault("has an empty first name, as of an index column", advice)
        if found == wanted and all(names):
            return
        counts = f"line {self.second} has {found} value{'s' * (found != 1)}, line {self.line} {wanted} name{'s' * (wanted != 1)}"  # fmt: skip
        if found == wanted:
            raise self._fault(f"column {names.index('') + 1} has no name", "write one, or take the line out", column=names.index("") + 1)  # fmt: skip
        advice = "correct the names, or take their line out"
        if found == wanted + 1:
            advice = "if row names come first, write the file without them (R: row.names=FALSE)"
        raise self._fault(counts, advice, place=False)

    def _fault(self, message: str, advice: str, column: int | None = None, place: bool = True) -> DataError:
        return DataError(message, path=self.shown, line=self.line if place else None, column=column, advice=advice)
