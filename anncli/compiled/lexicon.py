"""A lexicon: words of texts, and the numbers that stand for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from anncli.arrays import Array
from anncli.compiled import native_module
from anncli.compiled.lexicon_python import MOST_NGRAMS, SPLITS, PythonLexicon, WordRule, classes_of

__all__ = ["MOST_NGRAMS", "SPLITS", "Lexicon", "WordRule"]

# Texts that are looked up at a time where their numbers are not kept.
_TEXTS = 4096


class Lexicon:
    """Words and sequences of words, which have the numbers 0, 1, ..., and how often they came in texts.

    The numbers of a text stand in its order: first its words, then its sequences of two words, then those of three. Numbers of
    several texts, (T,) int32, lie behind each other; those of text i begin at starts[i], starts (n + 1,) int64.
    """

    def __init__(self, rule: WordRule, words: Sequence[str] = ()) -> None:
        """words: each once; they have come in no text so far. Raises: ValueError for a rule that cannot be, or a word twice."""
        if rule.split not in SPLITS or not 1 <= rule.ngrams <= MOST_NGRAMS:
            raise ValueError(f"no such rule: {rule}")
        if len(set(words)) != len(words):
            raise ValueError("a word stands twice in a lexicon")
        self.rule = rule
        native = native_module()
        self._held = PythonLexicon(rule, words) if native is None else _NativeLexicon(native, rule, words)

    @classmethod
    def of_texts(cls, rule: WordRule, texts: Sequence[str]) -> Self:
        """The lexicon of all words of some texts, whose numbers are not kept."""
        lexicon = cls(rule)
        for first in range(0, len(texts), _TEXTS):
            lexicon.grow(texts[first : first + _TEXTS])
        return lexicon

    def __len__(self) -> int:
        """The number of words."""
        return len(self._held)

    @property
    def words(self) -> list[str]:
        """All words in the order of their numbers."""
        return self._held.words()

    def words_of(self, numbers: Array) -> list[str]:
        """The words of some numbers (n,)."""
        return self._held.words(numbers.astype(np.int32, copy=False))

    @property
    def counts(self) -> Array:
        """How often each word came in grow(), int64."""
        return self._held.counts()[0]

    @property
    def documents(self) -> Array:
        """In how many texts of grow() each word came, int64."""
        return self._held.counts()[1]

    def grow(self, texts: Sequence[str]) -> tuple[Array, Array]:
        """The numbers of texts, and their starts; a new word gets the next number."""
        return self._held.grow(texts)

    def find(self, texts: Sequence[str]) -> tuple[Array, Array]:
        """The numbers of texts, and their starts; a word that the lexicon does not have gets len(self)."""
        return self._held.find(texts)

    def counted(self, texts: Sequence[str]) -> tuple[Array, Array, Array]:
        """Each word of a text once, numbers ascending, without those that the lexicon does not have: (numbers, counts int32, starts)."""
        return self._held.counted(texts)


class _NativeLexicon:
    """The compiled twin of PythonLexicon."""

    def __init__(self, native: Any, rule: WordRule, words: Sequence[str]) -> None:
        self._native, self._n_words = native, len(words)
        self._handle = native.lexicon(
            SPLITS.index(rule.split), rule.fold, rule.least, rule.ngrams, [*words], classes_of
        )

    def __len__(self) -> int:
        return self._n_words

    def words(self, numbers: Array | None = None) -> list[str]:
        found: list[str] = self._native.spell_words(self._handle, numbers)
        return found

    def counts(self) -> tuple[Array, Array]:
        counts, documents = self._native.word_counts(self._handle)
        return _array(counts, np.int64), _array(documents, np.int64)

    def grow(self, texts: Sequence[str]) -> tuple[Array, Array]:
        numbers, starts, self._n_words = self._native.grow_lexicon(self._handle, [*texts])
        return _array(numbers, np.int32), _array(starts, np.int64)

    def find(self, texts: Sequence[str]) -> tuple[Array, Array]:
        numbers, starts, _ = self._native.find_words(self._handle, [*texts])
        return _array(numbers, np.int32), _array(starts, np.int64)

    def counted(self, texts: Sequence[str]) -> tuple[Array, Array, Array]:
        numbers, counts, starts = self._native.count_words(self._handle, [*texts])
        return _array(numbers, np.int32), _array(counts, np.int32), _array(starts, np.int64)


def _array(numbers: bytearray, dtype: type[np.integer[Any]]) -> Array:
    return np.frombuffer(numbers, dtype) if numbers else np.zeros(0, dtype)
