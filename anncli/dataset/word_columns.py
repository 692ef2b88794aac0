"""What the words of a column are: dates, numbers with a sign behind or before them, or misspelt numbers among others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import numpy as np

from anncli.errors import count_of, quoted
from anncli.tables import MISSING, TableColumn, word_number

# A column holds dates, or numbers with a sign, if more of its words than these do.
_MOSTLY = 0.9
# So many words tell.
_TELLING = 1000
# Fewer different numbers among words can be codes.
_MANY_NUMBERS = 20


@cache
def _date_or_time() -> re.Pattern[str]:
    month = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
    time = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?: ?[ap]m)?(?: ?(?:[a-z]{1,5}|[+-][0-9]{2}:?[0-9]{2}))?"
    # Of two numbers the second must be a month: 1996-99 is a span of years.
    day = (
        r"(?:[0-9]{4}[-/.](?:0?[1-9]|1[0-2])(?:[-/.][0-9]{1,2})?|[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:[0-9]{4}|[0-9]{2})"
        rf"|[0-9]{{1,2}}(?:st|nd|rd|th)?[-/ ]{month}[-/ ,]*[0-9]{{2,4}}|{month}[- ][0-9]{{1,2}}(?:st|nd|rd|th)?,? [0-9]{{4}}"
        rf"|{month}[- ][0-9]{{2,4}})"
    )
    basic = r"[0-9]{8}t[0-9]{2,6}(?:[.,][0-9]+)?z?"
    return re.compile(rf"(?:[a-z]{{3,9}},? )?(?:{day}(?:[t ]+{time})?|{time})|{basic}", re.IGNORECASE)


# 12.5 %, $1,200.00, EUR 5, -3 kr
_SIGN = r"(?:[%\u2030$\u20ac\u00a3\u00a5\u20b9]|eur|usd|gbp|chf|jpy|kr)"
_SIGNED = re.compile(rf"[+-]?(?:{_SIGN}\s?[+-]?[0-9][0-9.,']*|\.?[0-9][0-9.,']*\s?{_SIGN})", re.IGNORECASE | re.ASCII)


def look_like_dates(words: Sequence[str]) -> bool:
    """Whether the words of a column are dates or times, nearly all: 2024-05-01, 1.5.2024 12:30, 01/May/2024, 12:30:00."""
    return _are_mostly(words, _date_or_time())


def _are_mostly(words: Sequence[str], pattern: re.Pattern[str]) -> bool:
    telling = words[:_TELLING]
    return sum(pattern.fullmatch(word.strip()) is not None for word in telling) > _MOSTLY * len(telling)


def number_doubt(column: TableColumn) -> str:
    """What suggests that a column of words is one of numbers, as part of a sentence: 'holds ...'; '' where nothing does."""
    if column.codes is None or column.is_declared:
        return ""
    if _are_mostly(column.words, _SIGNED):
        return f"holds numbers with signs ({some_words(column.words)})"
    are_numbers = np.array([word_number(word) is not None for word in column.words], dtype=bool)
    different, others = int(are_numbers.sum()), [w for w, n in zip(column.words, are_numbers, strict=True) if not n]
    n_numbers = int(np.append(are_numbers, False)[column.codes].sum())
    n_words = int((column.codes != MISSING).sum()) - n_numbers
    if not others or n_numbers <= n_words or different < 3 or different <= min(_MANY_NUMBERS, n_numbers // 2):
        return ""
    return f"holds {count_of(n_numbers, 'number')}, and among them {count_of(n_words, 'cell')} with words ({some_words(others)})"


def some_words(words: Sequence[str]) -> str:
    """The first words, quoted."""
    return ", ".join(map(quoted, words[:3])) + (", ..." if len(words) > 3 else "")


def same_but_for_case(words: Sequence[str]) -> str:
    """The words of a column that differ only in upper and lower case from an earlier one, each after that; '' for none."""
    first: dict[str, str] = {}
    alike = [(first[word.lower()], word) for word in words if first.setdefault(word.lower(), word) != word]
    shown = ", ".join(f"{quoted(one)} and {quoted(other)}" for one, other in alike[:3])
    return shown + (", ..." if len(alike) > 3 else "")
