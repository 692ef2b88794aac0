"""Steps in time: whether the times of a series are regular, where they have gaps, and which times come next."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.tables import MISSING, TableColumn, number_word

# A series is regular where more of its steps than these have the same length.
_MOSTLY = 0.9
_DATE = re.compile(
    r"([0-9]{4})[-/]([0-9]{2})(?:[-/]([0-9]{2}))?(?:([T ])([0-9]{2}:[0-9]{2})(:[0-9]{2})?(Z|UTC|[+-][0-9]{2}:?[0-9]{2})?)?"
)


class Times(NamedTuple):
    """Times of rows as numbers (n,) that can be added up, and the function that makes a word of one."""

    numbers: Array
    word: Callable[[float], str]


class Steps(NamedTuple):
    """step: how far the times of most neighbouring rows are apart, as a number; n_other: steps of another length, backward ones
    and those to rows of the same time left out."""

    step: float
    n_other: int


def times_in(column: TableColumn) -> Times | None:
    """The times in a column of numbers, or of dates like 2024-01, 2024-01-31 or 2024-01-31 12:00 (also with / or T); None for others,
    and for a column with gaps."""
    given = column.as_numbers()
    if given is not None and given.numbers is not None:
        found = None if np.isnan(given.numbers).any() else given.numbers.astype(np.float64)
        return None if found is None else Times(found, lambda value: number_word(float(f"{value:.12g}")))
    assert column.codes is not None
    matches = [_DATE.fullmatch(word) for word in column.words]
    if (column.codes == MISSING).any() or not matches or any(match is None for match in matches):
        return None
    return _dates([match for match in matches if match is not None], column.codes)


def _dates(matches: list[re.Match[str]], codes: Array) -> Times | None:
    first = matches[0]
    forms = {tuple(match[k] is None for k in (3, 4, 6)) for match in matches}
    days = {match[3] for match in matches}
    if len(forms) > 1 or len({match[7] for match in matches}) > 1:
        return None
    is_monthly = first[4] is None and len(days) == 1
    try:
        texts = [
            f"{m[1]}-{m[2]}" if is_monthly else f"{m[1]}-{m[2]}-{m[3] or '01'}T{m[5] or '00:00'}{m[6] or ''}"
            for m in matches
        ]
        unit = "datetime64[M]" if is_monthly else "datetime64[s]"
        numbers = np.array(texts, dtype=unit).astype(np.int64).astype(np.float64)
    except ValueError:
        return None  # the 31st of February
    slash = "/" in first[0][:5]

    def word(value: float) -> str:
        text = str(np.datetime64(round(value), "M" if is_monthly else "s"))
        if is_monthly:
            text += f"-{first[3]}" if first[3] else ""
        elif first[4] is None:
            text = text[:10]
        else:
            text = text[:10] + first[4] + (text[11:19] if first[6] else text[11:16]) + (first[7] or "")
        return text.replace("-", "/", 2) if slash else text

    return Times(numbers[codes], word)


def steps_of(numbers: Array, series: Array) -> Steps | None:
    """The steps of times (n,), sorted within each series (n,); None where they are not regular."""
    steps = np.diff(numbers)[np.diff(series) == 0]
    steps = steps[steps > 0]
    if not len(steps):
        return None
    # Sums of decimals differ in their last digits.
    lengths, which = np.unique(steps, return_inverse=True)
    values, counts = np.unique(np.array([float(f"{step:.9g}") for step in lengths])[which], return_counts=True)
    n = int(counts.max())
    return Steps(float(values[np.argmax(counts)]), len(steps) - n) if n > _MOSTLY * len(steps) else None


def next_words(times: Times, series: Array, rows: Sequence[int], count: int) -> list[str] | None:
    """The `count` times after that of each of the rows, those of the first row first; None where steps are not regular."""
    steps = steps_of(times.numbers, series)
    if steps is None:
        return None
    return [times.word(float(times.numbers[row]) + k * steps.step) for row in rows for k in range(1, count + 1)]
