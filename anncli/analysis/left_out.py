"""A text without each of its words: what an explanation of its score compares it with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# What a word is where the symbols of a network do not say so, and by the names of the rules of words.
_PATTERNS = {"words": re.compile(r"\w+"), "spaces": re.compile(r"\S+")}


class WordForm(NamedTuple):
    """split: 'words', runs of letters, digits and underscores, or 'spaces', what stands between white space; fold: upper and lower case are
    the same word, and texts become small letters before they are split."""

    split: str = "words"
    fold: bool = True


class LeftOut(NamedTuple):
    """words: the different words of a text, in the order of their first places; counts: how often each is there; text: in which they are
    left out; spans: where each of them begins and ends there; n_more: different words beside them."""

    words: tuple[str, ...]
    counts: tuple[int, ...]
    text: str
    spans: tuple[list[tuple[int, int]], ...]
    n_more: int = 0

    def texts(self) -> Iterator[str]:
        """The text without each of the words, one after the other: all of them at once would be as many copies of a book."""
        return ("".join(_around(self.text, spans)) for spans in self.spans)


def left_out(text: str, form: WordForm, most: int | None = None) -> LeftOut:
    """The text without each of its words, at all places of that word; most: of so many different words, those that come first, None
    for all.

    One blank goes with each word, so that a network of characters does not meet two in a row.
    """
    # As the lexicon does: a word whose small letters hold a mark is two words.
    text = text.lower() if form.fold else text
    places: dict[str, list[tuple[int, int]]] = {}
    for match in _PATTERNS[form.split].finditer(text):
        places.setdefault(match[0], []).append(match.span())
    chosen = [*places.items()][:most]
    words, counts = tuple(word for word, _ in chosen), tuple(len(spans) for _, spans in chosen)
    return LeftOut(words, counts, text, tuple(spans for _, spans in chosen), len(places) - len(chosen))


def _around(text: str, spans: list[tuple[int, int]]) -> Iterator[str]:
    """The pieces of a text between some spans."""
    begin = 0
    for start, stop in spans:
        if start > begin and text[start - 1] == " ":
            start -= 1
        elif start == 0 and text[stop : stop + 1] == " ":
            stop += 1
        yield text[begin:start]
        begin = stop
    yield text[begin:]
