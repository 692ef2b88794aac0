"""Which words decide: by how much the scores of a network change when a word is left out of a text."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from anncli.analysis.left_out import LeftOut, WordForm, left_out
from anncli.analysis.text_scores import text_scores
from anncli.arrays import Array
from anncli.compiled.lexicon import WordRule
from anncli.network.network import Network

# Different words of a text that are left out one by one: a whole book in one text would take days.
MOST_WORDS = 2000
# Characters of texts that are computed at once.
_PORTION = 1 << 22
# Characters after which a portion ends within a text, because a book without each of its words is as many books.
_MOST = 1 << 26


class TextEffects(NamedTuple):
    """Of one text. words, counts: the different words, and how often each is there; scores (n_outputs,): of the whole text; changes
    (n_words, n_outputs): the score with the word less that without it, NaN where nothing that the network can take is left;
    n_left: different words that were not looked at."""

    words: tuple[str, ...]
    counts: tuple[int, ...]
    scores: Array
    changes: Array
    n_left: int = 0


class WordEffect(NamedTuple):
    """A word: in how many texts it is; means, deviations (n_outputs,): of the changes of the scores in these texts; spreads (n_outputs,): the
    standard deviation of what the word does to a score over all texts, 0 in those without it: how much it tells texts apart."""

    word: str
    n_texts: int
    means: Array
    deviations: Array
    spreads: Array


def word_form(network: Network) -> WordForm:
    """What the words of its texts are: those of its vocabulary, and of characters those that stand between blanks and signs."""
    assert network.vocabulary is not None
    rule: WordRule | None = getattr(network.vocabulary.definition, "rule", None)
    return WordForm(fold=False) if rule is None else WordForm(rule.split, rule.fold)


def text_effects(
    network: Network, texts: Sequence[str], threads: int = 1, progress: Callable[[int, str], None] | None = None
) -> list[TextEffects]:
    """The effects of the words of each text. Args: progress: called with the number of texts that are done, and ''.

    Source: occlusion, as of parts of pictures in Zeiler & Fergus 2014, ECCV, and of words in Li, Monroe & Jurafsky 2016, arXiv 1612.08220.
    """
    found, begun, rows = list[TextEffects](), deque[LeftOut](), list[Array]()
    for portion in _portions(texts, word_form(network), begun):
        rows.extend(text_scores(network, portion, threads))
        while begun and len(rows) > len(begun[0].words):
            parts = begun.popleft()
            n_scores = 1 + len(parts.words)
            found.append(_effects(parts, np.stack(rows[:n_scores])))
            del rows[:n_scores]
        if progress is not None:
            progress(len(found), "")
    return found


def _effects(parts: LeftOut, scores: Array) -> TextEffects:
    """Of the scores (1 + n_words, n_outputs) of a text and of the text without each word."""
    return TextEffects(parts.words, parts.counts, scores[0], scores[:1] - scores[1:], parts.n_more)


def _portions(texts: Sequence[str], form: WordForm, begun: deque[LeftOut]) -> Iterator[list[str]]:
    """Each text, and after it the text without each of its words, about _PORTION characters at once, and never more than _MOST and one text;
    begun: takes what is left of each text as soon as the first portion has something of it."""
    portion, size = list[str](), 0
    for text in texts:
        parts = left_out(text, form, MOST_WORDS)
        begun.append(parts)
        for each in chain((text,), parts.texts()):
            portion.append(each)
            size += len(text)
            if size > _MOST:
                yield portion
                portion, size = [], 0
        if size > _PORTION:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def least_texts(n_texts: int) -> int:
    """In how many of so many texts a word has to be for its mean to say something: in one of 200, and in two."""
    return max(2, -(-n_texts // 200))


def word_effects(effects: Sequence[TextEffects], least: int = 1) -> list[WordEffect]:
    """The mean effects of the words that are in `least` texts or more, in the order of the words."""
    places: dict[str, int] = {}
    numbers = [places.setdefault(word, len(places)) for one in effects for word in one.words]
    if not numbers:
        return []
    changes = np.concatenate([one.changes for one in effects])
    known = ~np.isnan(changes).any(axis=1)
    rows, changes = np.array(numbers)[known], changes[known]
    counts = np.bincount(rows, minlength=len(places))
    means = _sums(rows, changes, len(places)) / np.maximum(counts, 1)[:, None]
    squares = _sums(rows, (changes - means[rows]) ** 2, len(places))
    deviations = np.sqrt(squares / np.maximum(counts - 1, 1)[:, None])
    of_all, square_of_all = (counts[:, None] * each / len(effects) for each in (means, means**2))
    spreads = np.sqrt(np.maximum(squares / len(effects) + square_of_all - of_all**2, 0))
    words = [*places]
    kept = sorted(np.flatnonzero(counts >= least).tolist(), key=words.__getitem__)
    return [WordEffect(words[k], int(counts[k]), means[k], deviations[k], spreads[k]) for k in kept]


def _sums(rows: Array, values: Array, n: int) -> Array:
    """(n, K): the sums of the values (m, K) of the same row."""
    return np.stack([np.bincount(rows, values[:, k], minlength=n) for k in range(values.shape[1])], axis=1)
