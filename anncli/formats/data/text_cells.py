"""Cells that are no numbers for us: numbers of other programs and cultures, which are refused, and dates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from anncli.compiled.row_text import NUMBER
from anncli.errors import DataError, quoted
from anncli.tables import Table, TableColumn

# A thousand or more with marks between the thousands: 1,234 or 1.234.567,5 or 1'234.5.
_THOUSANDS = re.compile(
    r"[+-]?[0-9]{1,3}(?:(?:,[0-9]{3})+(?:\.[0-9]+)?|(?:\.[0-9]{3})+(?:,[0-9]+)?|(?:['\u2019\u00a0 ][0-9]{3})+(?:[.,][0-9]+)?)"
)
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?")
_DECIMAL_POINT = re.compile(r"[+-]?[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?")
_FORTRAN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[dD][+-]?[0-9]+")

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_TIME = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?: ?[ap]m)?(?: ?(?:z|utc|[+-][0-9]{2}:?[0-9]{2}))?"
_DAY = (
    r"(?:[0-9]{4}[-/.][0-9]{1,2}(?:[-/.][0-9]{1,2})?|[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:[0-9]{4}|[0-9]{2})"
    rf"|[0-9]{{1,2}}[- ]{_MONTH}[- ,]*[0-9]{{2,4}}|{_MONTH}[- ][0-9]{{1,2}},? [0-9]{{4}}|{_MONTH}[- ][0-9]{{2,4}})"
)
_DATE_OR_TIME = re.compile(rf"(?:[a-z]{{3,9}},? )?(?:{_DAY}(?:[t ]+{_TIME})?|{_TIME})", re.IGNORECASE)


def look_like_dates(words: Iterable[str]) -> bool:
    """Whether the words of a column are dates or times, all of them: 2024-05-01, 1.5.2024 12:30, 01/May/2024, 12:30:00."""
    words = list(words)
    return bool(words) and all(_DATE_OR_TIME.fullmatch(word.strip()) for word in words)


def odd_words(column: TableColumn, most: int = 3) -> tuple[int, tuple[str, ...]]:
    """How many of the cells of a column with words are numbers, and the first words that are none: perhaps misspelt numbers."""
    assert column.codes is not None
    are_numbers = [NUMBER.fullmatch(word.encode()) is not None for word in column.words]
    n_numbers = sum(are_numbers[code] for code in column.codes.tolist() if code >= 0)
    return n_numbers, tuple(word for word, is_number in zip(column.words, are_numbers, strict=True) if not is_number)[
        :most
    ]


def first_row_of(table: Table, name: str, word: str) -> int:
    """The first row whose cell in a column with words is `word`."""
    column = table.column(name)
    assert column.codes is not None
    return int((column.codes == column.words.index(word)).argmax())


class ForeignNumbers:
    """Watches for columns that hold nothing but numbers, some of them written with marks that are not ours.

    Such a column is refused: as words its numbers would lose their meaning. In a column with other words they are words.
    """

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, int | None, int]] = {}
        self._cleared: set[str] = set()

    def watch(self, columns: Sequence[TableColumn], lines: Sequence[int]) -> None:
        """Take notice of the columns of a batch and the lines of its rows."""
        for place, column in enumerate(columns, 1):
            if column.codes is None or column.name in self._cleared:
                continue
            for code, word in enumerate(column.words):
                if NUMBER.fullmatch(word.encode()):
                    continue
                if not _is_foreign(word.strip()):
                    self._cleared.add(column.name)
                    break
                if column.name not in self._found:
                    row = int((column.codes == code).argmax())
                    self._found[column.name] = word, lines[row] if row < len(lines) else None, place

    def check(self, shown: str) -> None:
        """Raises DataError for the first such column."""
        for name, (word, line, place) in self._found.items():
            if name not in self._cleared:
                message = f"column {quoted(name)} holds numbers with marks, as {quoted(word)}"
                raise DataError(message, path=shown, line=line, column=place, advice=_advice(word.strip()))


def _is_foreign(word: str) -> bool:
    return any(pattern.fullmatch(word) for pattern in (_THOUSANDS, _DECIMAL_COMMA, _DECIMAL_POINT, _FORTRAN))


def _advice(word: str) -> str:
    if _FORTRAN.fullmatch(word):
        return "write exponents with E"
    if _DECIMAL_POINT.fullmatch(word):
        return "write decimals alike; where the mark is a point, say --decimal ."
    if _DECIMAL_COMMA.fullmatch(word) and not _THOUSANDS.fullmatch(word):
        return "if the comma is the decimal mark, say --decimal ,"
    return "write thousands without a mark between them"
