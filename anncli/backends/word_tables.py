"""What the counts of words decide: which places of a text are left out, how noise words are drawn, and the tree of words.

V is the number of words, which are sorted by their counts, the most frequent first.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array

# Random numbers have 32 bits; a place stays, or a column of the alias table is its own word, where they are not above a limit.
_ALL, _HIGHEST = 1 << 32, (1 << 32) - 1
# Noise words are drawn with their counts to this power (Mikolov et al. 2013).
_POWER = 0.75


class NoiseTable(NamedTuple):
    """An alias table: a column is drawn evenly; below its limit it is its own word, otherwise the other one.

    limit: uint32 (V,); other: int32 (V,). Source: Walker 1977, An efficient method for generating discrete random variables.
    """

    limit: Array
    other: Array


class WordTree(NamedTuple):
    """A Huffman tree: the path of word k from the root are the entries starts[k] .. starts[k + 1] - 1 of `path`, each 2 * node + label
    with label 1 where the path goes to the first child.

    starts: int64 (V + 1,); path: int32. The inner nodes have the numbers 0 .. V - 2, the root the last one.
    Source: Huffman 1952; Morin & Bengio 2005, Hierarchical probabilistic neural network language model.
    """

    starts: Array
    path: Array


def keep_limits(counts: Array, subsample: float) -> Array:
    """uint32 (V,): a place of word k stays if its random number is not above the limit.

    The word stays with probability min(1, (sqrt(f/s) + 1) s/f), f its part of all words, s = subsample; 0 keeps all.
    Source: word2vec's program, after Mikolov et al. 2013.
    """
    chances = np.ones(len(counts))
    if subsample:
        threshold = subsample * counts.sum()
        present = counts > 0
        ratio = counts[present] / threshold
        chances[present] = np.minimum(1.0, (np.sqrt(ratio) + 1) / ratio)
    return np.minimum(np.floor(chances * _ALL), _HIGHEST).astype(np.uint32)


def noise_table(counts: Array) -> NoiseTable:
    """The alias table of words drawn with probability proportional to counts^0.75."""
    n = len(counts)
    parts = counts.astype(np.float64) ** _POWER
    shares = (parts * (n / np.add.reduce(parts))).tolist()
    limit, other = np.full(n, _HIGHEST, dtype=np.uint32), np.arange(n, dtype=np.int32)
    small = [k for k in range(n) if shares[k] < 1]
    large = [k for k in range(n) if shares[k] >= 1]
    while small and large:
        less, more = small.pop(), large[-1]
        limit[less], other[less] = min(int(shares[less] * _ALL), _HIGHEST), more
        shares[more] -= 1 - shares[less]
        if shares[more] < 1:
            small.append(large.pop())
    return NoiseTable(limit, other)


def word_tree(counts: Array) -> WordTree:
    """The Huffman tree of words; of equal counts the word with the higher number comes first, and words before inner nodes."""
    n = len(counts)
    # Inner nodes have numbers from n on here, so that words come before them.
    heap = [(int(count), n - 1 - k if k < n else k, k) for k, count in enumerate(counts.tolist())]
    heapq.heapify(heap)
    parent, label = [0] * (2 * n - 1), [0] * (2 * n - 1)
    for node in range(n, 2 * n - 1):
        (one, _, first), (two, _, second) = heapq.heappop(heap), heapq.heappop(heap)
        parent[first] = parent[second] = node
        label[first] = 1
        heapq.heappush(heap, (one + two, node, node))
    lengths, entries = list[int](), list[int]()
    for word in range(n):
        steps, place = [], word
        while place != 2 * n - 2:
            steps.append(2 * (parent[place] - n) + label[place])
            place = parent[place]
        entries += reversed(steps)
        lengths.append(len(steps))
    starts = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(lengths, out=starts[1:])
    return WordTree(starts, np.array(entries, dtype=np.int32))
