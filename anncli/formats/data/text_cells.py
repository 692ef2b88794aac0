"""Cells that are no numbers for us: numbers of other programs and cultures, which are refused."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cache

from anncli.compiled.row_text import NUMBER
from anncli.errors import DataError, quoted
from anncli.tables import TableColumn

_PLAIN = "", ""
_TOO_LARGE = "too large for a 64-bit float", "correct it, or scale the values down"
# How numbers of other programs and cultures are written: what is odd about them, and what to do.
_OTHER_WAYS = (
    # 1,234 or 1.234.567,5 or 1'234.5 or 1_000
    (r"[+-]?[0-9]{1,3}(?:(?:,[0-9]{3})+(?:\.[0-9]+)?|(?:\.[0-9]{3})+,[0-9]+|(?:\.[0-9]{3}){2,}|(?:[_'\u2019\u00a0 ][0-9]{3})+(?:[.,][0-9]+)?)",
     "with marks between the thousands", "write thousands without a mark between them"),
    (r"[+-]?[0-9]*,[0-9]+(?:e[+-]?[0-9]+)?", "with a decimal comma", "if the comma is the decimal mark, say --decimal ,"),
    (r"[+-]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)d[+-]?[0-9]+", "with the exponent of Fortran", "write exponents with E"),
    (r"[+-]?0x[0-9a-f.]+p[+-]?[0-9]+", "in hexadecimal", "write it with decimals"),
    (r"[+-]?(?:inf|infinity|nan(?:\(.*\))?|[0-9]*+\.?[0-9]*+#(?:inf|ind|qnan|snan|nan)[0-9]*)",
     "not finite", "replace the value, or name it with --na if it stands for a missing one"),
    (r"[\u2212\u2013\u2010\uff0d][0-9.,]*[0-9]", "with another minus sign", "write the minus sign as -"),
)  # fmt: skip


@cache
def _other_ways() -> tuple[tuple[re.Pattern[str], tuple[str, str]], ...]:
    return tuple((re.compile(pattern, re.IGNORECASE), (odd, advice)) for pattern, odd, advice in _OTHER_WAYS)


class ForeignNumbers:
    """Watches for columns that hold nothing but numbers, some of them written in a way that is not ours, or not finite.

    Such a column is refused: as words its numbers would lose their meaning. In a column with other words they are words.
    """

    def __init__(self) -> None:
        # The place of each column that had words, and its first odd one with its line.
        self._worded: dict[int, str] = {}
        self._odd: dict[int, tuple[str, int | None]] = {}
        self._cleared: set[int] = set()

    def watch(self, columns: Sequence[TableColumn], lines: Sequence[int]) -> None:
        """Take notice of the columns of a batch and the lines of its rows."""
        for place, column in enumerate(columns, 1):
            if column.codes is None or place in self._cleared:
                continue
            self._worded[place] = column.name
            for code, word in enumerate(column.words):
                odd = _oddity(word.strip())
                if odd is None:
                    self._cleared.add(place)
                    break
                if odd is not _PLAIN and place not in self._odd:
                    row = int((column.codes == code).argmax())
                    self._odd[place] = word, lines[row] if row < len(lines) else None

    def check(self, shown: str) -> None:
        """Raises DataError for the first such column."""
        place = min(self._worded.keys() - self._cleared, default=0)
        if not place:
            return
        name = quoted(self._worded[place])
        if place in self._odd:
            word, line = self._odd[place]
            message, advice = _oddity(word.strip()) or _PLAIN
            message = f"column {name} holds numbers, one of them {message}: {quoted(word)}"
            raise DataError(message, path=shown, line=line, column=place, advice=advice)
        # The decimal mark is a comma: numbers with a point were no numbers for the reader.
        message = f"column {name} holds numbers with a decimal comma and numbers with a point"
        raise DataError(
            message, path=shown, advice="write all decimals alike; where the point is the mark, say --decimal ."
        )


def _oddity(word: str) -> tuple[str, str] | None:
    """What is odd about a number that is written in another way, and what to do about it; None for other words."""
    if NUMBER.fullmatch(word.encode()):
        return _PLAIN if math.isfinite(float(word)) else _TOO_LARGE
    return next((out for pattern, out in _other_ways() if pattern.fullmatch(word)), None)
