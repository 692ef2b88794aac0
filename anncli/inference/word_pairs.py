"""Pairs of words that people called more or less alike, and how alike their vectors are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from anncli.evaluation.interval import Interval
from anncli.evaluation.rank_correlation import spearman, spearman_interval
from anncli.inference.similar_words import unit_rows
from anncli.network.word_vectors import WordVectors


class WordPair(NamedTuple):
    """Two words, and how alike people found them."""

    one: str
    other: str
    score: float


class PairScore(NamedTuple):
    """spearman: the rank correlation of the scores with the cosines of the vectors, or in words why there is none; interval: that of
    95 %; compared, left_out: pairs whose words are both known, and others."""

    spearman: float | str
    interval: Interval | None
    compared: int
    left_out: int


def score_pairs(known: WordVectors, pairs: Sequence[WordPair], limit: int | None = None) -> PairScore:
    """Spearman's correlation over all pairs whose words are both known. Where the words of the network have no capitals, those of the
    pairs have none. limit: as in score_analogies()."""
    numbers, is_folded = known.numbers, known.is_folded
    found = [
        (*(numbers.get(word.lower() if is_folded else word, -1) for word in (pair.one, pair.other)), pair.score)
        for pair in pairs
    ]
    most = len(known.words) if limit is None else limit
    kept = [each for each in found if 0 <= each[0] < most and 0 <= each[1] < most]
    table = np.array(kept, dtype=np.float64).reshape(-1, 3)
    units = unit_rows(known.vectors).astype(np.float64)
    cosines = (units[table[:, 0].astype(np.int64)] * units[table[:, 1].astype(np.int64)]).sum(axis=1)
    found_correlation = spearman(table[:, 2], cosines)
    interval = None if isinstance(found_correlation, str) else spearman_interval(found_correlation, len(kept))
    return PairScore(found_correlation, interval, len(kept), len(pairs) - len(kept))
