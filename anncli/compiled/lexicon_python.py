"""The words of texts and their numbers, in Python: what the compiled lexicon must equal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array

#: How texts are split into words.
SPLITS = ("words", "spaces")
# As scikit-learn has it: letters, digits and underscores of all scripts. A combining mark is none of these.
_WORDS = re.compile(r"\w+")
#: The most words of a sequence that is looked up as one.
MOST_NGRAMS = 3


class WordRule(NamedTuple):
    r"""What is a word of a text.

    split: 'words', runs of letters, digits and underscores (\w of the module re), or 'spaces', what stands between white space;
    fold: case does not count, a text is lower-cased as a whole before it is split; least: shorter words are left out; ngrams:
    sequences of 2 up to so many neighbouring words, joined by a space each, are looked up as words too.
    """

    split: str = "words"
    fold: bool = True
    least: int = 1
    ngrams: int = 1

    def words_of(self, text: str) -> list[str]:
        """The single words of a text, in its order."""
        folded = text.lower() if self.fold else text
        found = _WORDS.findall(folded) if self.split == "words" else folded.split()
        return found if self.least <= 1 else [word for word in found if len(word) >= self.least]


class PythonLexicon:
    """See Lexicon, whose twin this is."""

    def __init__(self, rule: WordRule, words: Sequence[str] = ()) -> None:
        self._rule = rule
        self._numbers = {word: number for number, word in enumerate(words)}
        self._counts = np.zeros(len(self._numbers), dtype=np.int64)
        self._documents = np.zeros(len(self._numbers), dtype=np.int64)

    def words(self, numbers: Array | None = None) -> list[str]:
        """All words, or those of some numbers."""
        words = list(self._numbers)
        return words if numbers is None else [words[number] for number in numbers]

    def counts(self) -> tuple[Array, Array]:
        """How often each word came, and in how many texts."""
        return self._counts.copy(), self._documents.copy()

    def __len__(self) -> int:
        return len(self._numbers)

    def grow(self, texts: Sequence[str]) -> tuple[Array, Array]:
        """See Lexicon."""
        known = self._numbers
        numbers, starts = self._looked_up(texts, lambda word: known.setdefault(word, len(known)))
        self._counts = self._widened(self._counts) + np.bincount(numbers, minlength=len(known))
        each, _, _ = _counted(numbers, starts, len(known))
        self._documents = self._widened(self._documents) + np.bincount(each, minlength=len(known))
        return numbers, starts

    def find(self, texts: Sequence[str]) -> tuple[Array, Array]:
        """See Lexicon."""
        unknown = len(self._numbers)
        return self._looked_up(texts, lambda word: self._numbers.get(word, unknown))

    def counted(self, texts: Sequence[str]) -> tuple[Array, Array, Array]:
        """See Lexicon."""
        return _counted(*self.find(texts), len(self._numbers))

    def _widened(self, counts: Array) -> Array:
        return np.concatenate([counts, np.zeros(len(self._numbers) - len(counts), dtype=np.int64)])

    def _looked_up(self, texts: Sequence[str], number_of: Callable[[str], int]) -> tuple[Array, Array]:
        parts, starts = list[Array](), [0]
        for text in texts:
            part = np.fromiter(map(number_of, self._terms(text)), dtype=np.int32)
            parts.append(part)
            starts.append(starts[-1] + len(part))
        numbers = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int32)
        return numbers, np.array(starts, dtype=np.int64)

    def _terms(self, text: str) -> Iterator[str]:
        words = self._rule.words_of(text)
        yield from words
        for n in range(2, self._rule.ngrams + 1):
            yield from _joined(words, n)


def classes_of(block: int) -> bytes:
    r"""What each of the characters from 256 * block on is, as the compiled code asks: 1 for one of \w, 2 for white space."""
    characters = map(chr, range(256 * block, 256 * (block + 1)))
    return bytes((character.isalnum() or character == "_") + 2 * character.isspace() for character in characters)


def _joined(words: list[str], n: int) -> Iterable[str]:
    """The sequences of n neighbouring words."""
    return map(" ".join, zip(*(words[k:] for k in range(n)), strict=False))


def _counted(numbers: Array, starts: Array, n_words: int) -> tuple[Array, Array, Array]:
    """Each known number of a text once, ascending: (numbers, counts, starts)."""
    n_texts = len(starts) - 1
    texts = np.repeat(np.arange(n_texts, dtype=np.int64), np.diff(starts))
    known = numbers < n_words
    keys, counts = np.unique(texts[known] * max(n_words, 1) + numbers[known], return_counts=True)
    ends = np.searchsorted(keys, np.arange(n_texts + 1, dtype=np.int64) * max(n_words, 1))
    return (keys % max(n_words, 1)).astype(np.int32), counts.astype(np.int32), ends.astype(np.int64)
