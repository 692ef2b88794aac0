"""Words that look wrong: one word in two spellings, numbers and dates among words."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from anncli.dataset.column_view import ColumnView
from anncli.dataset.findings import Examined, Finding, ignore
from anncli.dataset.word_columns import look_like_dates, number_doubt, some_words
from anncli.errors import count_of, quoted
from anncli.tables import word_number

# More words than these are no list of categories that a person typed.
_MOST_WORDS = 1000
_MOST_COMPARED = 200
# A word is taken for a slip if it is so rare, and the word it is near so many times as frequent.
_RARE, _TIMES = 0.01, 20
_SHORTEST = 4
# Words in fewer cells than this fraction of a column of numbers are no categories.
_FEW = 0.05


def find_numbers_as_words(view: ColumnView, rows: Examined) -> Iterator[Finding]:
    """A column of numbers that became one of words, and a column of dates."""
    if view.is_number or not view.n_present or view.column.is_declared or view.name in rows.categories:
        return
    if view.name in rows.labels and rows.predicts_classes and view.n_values <= _MOST_COMPARED:
        return
    name = f"column {quoted(view.name)}"
    if look_like_dates(view.words):
        message = f"{name} holds dates or times ({some_words(view.words)})"
        advice = f"leave it out with {ignore(view.name)}, or turn it into numbers"
        yield rows.finding("numbers-as-words", False, message, advice, name=view.name, count=view.n_present)
        return
    are_numbers = np.array([word_number(word) is not None for word in view.words], dtype=bool)
    n_words = int(view.counts[~are_numbers].sum())
    doubt = number_doubt(view.column)
    if not doubt and are_numbers.sum() >= 3 and 0 < n_words <= _FEW * view.n_present:
        others = [word for word, is_number in zip(view.words, are_numbers, strict=True) if not is_number]
        n_numbers = view.n_present - n_words
        doubt = f"holds {count_of(n_numbers, 'number')}, and among them {count_of(n_words, 'cell')} with words ({some_words(others)})"
    if doubt:
        odd = np.flatnonzero(~are_numbers)
        row = view.row_of(int(odd[0])) if len(odd) else None
        advice = "correct them, or name those that stand for missing values with --na"
        yield rows.finding("numbers-as-words", True, f"{name} {doubt}", advice, name=view.name, row=row, count=n_words)


def find_spelling(view: ColumnView, rows: Examined) -> Iterator[Finding]:
    """Words of a category that are likely to be one word in two spellings."""
    if view.is_number or not 2 <= view.n_values <= _MOST_WORDS:
        return
    first: dict[str, int] = {}
    found = list[tuple[int, int]]()
    for place, word in enumerate(view.words):
        other = first.setdefault(_plain(word), place)
        if other != place:
            found.append((other, place))
    different = {one for pair in found for one in pair}
    if view.n_values <= _MOST_COMPARED and not view.column.is_declared:
        found += [pair for pair in _slips(view) if not different & set(pair)]
    for one, other in found:
        rare, frequent = sorted((one, other), key=lambda place: (int(view.counts[place]), place))
        counts = [int(view.counts[place]) for place in (rare, frequent)]
        what = "the label" if view.name in rows.labels else "column"
        message = f"{what} {quoted(view.name)}: {quoted(view.words[rare])} ({counts[0]}) may be {quoted(view.words[frequent])} ({counts[1]})"
        yield rows.finding(
            "spelling", view.name in rows.labels, message, "write one word in one way",
            name=view.name, row=view.row_of(rare), count=counts[0],
        )  # fmt: skip


def _plain(word: str) -> str:
    """A word without what people write in different ways: case, blanks, hyphens between letters, marks at the end."""
    if word_number(word.strip()) is not None:
        return word.strip()
    plain = re.sub(r"(?<=\w)[\s_-]+(?=\w)", " ", word.casefold()).strip().strip(".,;:\"'")
    return plain.strip() or word


def _slips(view: ColumnView) -> Iterator[tuple[int, int]]:
    """Pairs of a rare word and a frequent one from which one letter tells it apart."""
    most = max(2, int(_RARE * view.n_present))
    for rare, word in enumerate(view.words):
        count = int(view.counts[rare])
        if count > most or len(word) < _SHORTEST or not word.isalpha():
            continue
        for frequent, other in enumerate(view.words):
            if int(view.counts[frequent]) >= _TIMES * count and other.isalpha() and _is_near(word, other):
                yield rare, frequent
                break


def _is_near(one: str, other: str) -> bool:
    """Whether one letter is added, left out or another one, or two neighbours are exchanged."""
    if abs(len(one) - len(other)) > 1 or min(len(one), len(other)) < _SHORTEST:
        return False
    short, long = sorted((one, other), key=len)
    at = next((k for k, letter in enumerate(short) if letter != long[k]), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    rest = short[at + 1 :] == long[at + 1 :]
    return rest or (short[at : at + 2] == long[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :])
