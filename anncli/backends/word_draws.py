"""The draws of word vectors: which words of a text stay, which stand around each of them, and what their windows predict.

Every draw is a number of the splitmix64 sequence of a counter, the place of a word in the text, so that a training may go on from
any place, and the compiled code (word_windows.h) draws the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, blocks
from anncli.backends.presentation import splitmix64
from anncli.backends.word_tables import NoiseTable, WordTree, keep_limits, noise_table, word_tree
from anncli.network.layers.word_prediction import WordPrediction

_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


class Window(NamedTuple):
    """One window: `around` are the words around the one in the middle; `rows` (n,) are predicted, words or nodes of the tree, and
    should be told to be there where `labels` (n,) is 1; predicted: how many words that are."""

    place: int
    middle: int
    around: Array
    rows: Array
    labels: Array
    predicted: int


class WordDraws:
    """The draws of one layer for a text: tokens int32 (T,), the words of its sentences, which begin at starts (n + 1,).

    Args: n_words: how many words there are; the counts are those of the text; tree_counts (n_words,): those that the tree is made of,
    None: those of the text. The nodes of a trained network are those of its own texts, whatever text it goes on with.
    """

    def __init__(
        self, layer: WordPrediction, n_words: int, tokens: Array, starts: Array, tree_counts: Array | None = None
    ) -> None:
        self.layer, self.n_words, self.tokens, self.starts = layer, n_words, tokens, starts
        counts = np.zeros(n_words, dtype=np.int64)
        for part in blocks(len(tokens)):
            # Of all at once numpy makes an int64 copy.
            counts += np.bincount(tokens[part], minlength=n_words)
        self.keep = keep_limits(counts, layer.subsample)
        self.noise: NoiseTable = noise_table(counts) if not layer.is_hierarchical else _NO_NOISE
        own = counts if tree_counts is None else tree_counts
        self.tree: WordTree | None = word_tree(own) if layer.is_hierarchical else None

    def windows(self, key: int, first: int, last: int) -> Iterator[Window]:
        """The windows whose middle is one of the places first .. last - 1; key: of the epoch."""
        sentence = int(np.searchsorted(self.starts, first, side="right")) - 1
        while sentence < len(self.starts) - 1 and self.starts[sentence] < last:
            begin, end = int(self.starts[sentence]), int(self.starts[sentence + 1])
            yield from self._of_sentence(key, begin, end, max(first, begin), min(last, end))
            sentence += 1

    def _of_sentence(self, key: int, begin: int, end: int, first: int, last: int) -> Iterator[Window]:
        drawn = splitmix64(key, np.arange(begin, end, dtype=np.uint64))
        words = self.tokens[begin:end]
        places = np.flatnonzero((drawn & _LOW) <= self.keep[words])
        reach = 1 + ((drawn[places] >> _HALF) * np.uint64(self.layer.window) >> _HALF).astype(np.int64)
        for number in range(*np.searchsorted(places, [first - begin, last - begin]).tolist()):
            low, place = max(0, number - int(reach[number])), int(places[number])
            around = words[np.concatenate([places[low:number], places[number + 1 : number + int(reach[number]) + 1]])]
            if len(around):
                middle = int(words[place])
                targets = np.array([middle]) if self.layer.is_mean else around
                rows, labels = self._asked(targets, int(drawn[place]))
                yield Window(begin + place, middle, around, rows, labels, len(targets))

    def _asked(self, targets: Array, drawn: int) -> tuple[Array, Array]:
        """The rows of `targets`, each with its noise words or its path through the tree, and their labels."""
        if self.tree is not None:
            starts, path = self.tree
            entries = np.concatenate([path[starts[word] : starts[word + 1]] for word in targets])
            return entries >> 1, (entries & 1).astype(np.float32)
        n, many = self.layer.negative, len(targets)
        z = splitmix64(drawn, np.arange(many * n, dtype=np.uint64))
        columns = ((z >> _HALF) * np.uint64(self.n_words) >> _HALF).astype(np.int64)
        words = np.where((z & _LOW) <= self.noise.limit[columns], columns, self.noise.other[columns])
        rows = np.concatenate([np.asarray(targets)[:, None], words.reshape(many, n)], axis=1).reshape(-1)
        labels = np.zeros((many, 1 + n), dtype=np.float32)
        labels[:, 0] = 1
        return rows, labels.reshape(-1)


_NO_NOISE = NoiseTable(np.zeros(0, dtype=np.uint32), np.zeros(0, dtype=np.int32))


def epoch_key(seed: int, epoch: int) -> int:
    """The key of the draws of an epoch, which is counted from 0."""
    return int(splitmix64(seed, np.array([epoch], dtype=np.uint64))[0])
