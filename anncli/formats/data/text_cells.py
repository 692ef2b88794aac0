"""Cells that are no numbers for us: numbers of other programs and cultures, which are refused, and dates."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from anncli.compiled.row_text import NUMBER
from anncli.errors import DataError, quoted
from anncli.tables import Table, TableColumn

_POINT = "with a decimal point", "write all decimals alike; where the point is the mark, say --decimal ."
# How numbers of other programs and cultures are written: what is odd about them, and what to do.
_WAYS = tuple(
    (re.compile(pattern, re.IGNORECASE), (odd, advice))
    for pattern, odd, advice in (
        # 1,234 or 1.234.567,5 or 1'234.5
        (r"[+-]?[0-9]{1,3}(?:(?:,[0-9]{3})+(?:\.[0-9]+)?|(?:\.[0-9]{3})+,[0-9]+|(?:\.[0-9]{3}){2,}|(?:['\u2019\u00a0 ][0-9]{3})+(?:[.,][0-9]+)?)",
         "with marks between the thousands", "write thousands without a mark between them"),
        (r"[+-]?[0-9]*,[0-9]+(?:e[+-]?[0-9]+)?", "with a decimal comma", "if the comma is the decimal mark, say --decimal ,"),
        (r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)d[+-]?[0-9]+", "with the exponent of Fortran", "write exponents with E"),
        (r"[+-]?(?:inf|infinity|nan(?:\(.*\))?|[0-9]*\.?[0-9]*#(?:inf|ind|qnan|snan|nan)[0-9]*)",
         "not finite", "replace the value, or name it with --na if it stands for a missing one"),
        (r"[\u2212\u2013\u2010\uff0d][0-9]*[.,]?[0-9]+", "with another minus sign", "write the minus sign as -"),
    )
)  # fmt: skip

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
    """Watches for columns that hold nothing but numbers, some of them written in a way that is not ours, or not finite.

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
            odd = None
            for word in column.words:
                is_number = NUMBER.fullmatch(word.encode()) is not None
                if not is_number and not _way_out(word.strip()):
                    self._cleared.add(column.name)
                    break
                # Where the decimal mark is a comma, a word with a point is one that the reader did not take for a number.
                odd = word if odd is None and not (is_number and _is_plain(word)) else odd
            if odd is not None and column.name not in self._found:
                row = int((column.codes == column.words.index(odd)).argmax())
                self._found[column.name] = odd, lines[row] if row < len(lines) else None, place

    def check(self, shown: str) -> None:
        """Raises DataError for the first such column."""
        for name, (word, line, place) in self._found.items():
            if name not in self._cleared:
                message, advice = _way_out(word.strip()) or _POINT
                message = f"column {quoted(name)} holds numbers, one of them {message}: {quoted(word)}"
                raise DataError(message, path=shown, line=line, column=place, advice=advice)


def _is_plain(word: str) -> bool:
    """Whether a number is a word that can only come from a number that the reader took for one."""
    return "." not in word and math.isfinite(float(word))


def _way_out(word: str) -> tuple[str, str] | None:
    """What is odd about a number that is written in another way, and what to do about it; None for other words."""
    if NUMBER.fullmatch(word.encode()):
        return (
            None
            if math.isfinite(float(word))
            else ("too large for a 64-bit float", "correct it, or scale the values down")
        )
    return next((out for pattern, out in _WAYS if pattern.fullmatch(word)), None)
