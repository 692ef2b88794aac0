"""Vectors of words in two dimensions: the two directions in which they differ most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.errors import ValueFault
from anncli.inference.similar_words import number_of, unit_rows
from anncli.network.word_vectors import WordVectors

#: How many of the most frequent words are taken where none are named.
USUAL_WORDS = 100


class WordPlane(NamedTuple):
    """words: n of them; places: float64 (n, 2); fractions: how much of the variance each of the two directions holds, 0 to 1; is_named: whether
    somebody named the words, else they are the most frequent ones."""

    words: tuple[str, ...]
    places: Array
    fractions: tuple[float, float]
    is_named: bool


def word_plane(known: WordVectors, named: Sequence[str] = ()) -> WordPlane:
    """The first two principal components of the vectors, scaled to length 1, of these words, or of the most frequent ones.

    The largest number of each direction is above 0, so that the same vectors always give the same picture.
    Raises: ValueFault for words that are not known, and for fewer than three different ones.
    Source: Pearson 1901, Philosophical Magazine 2, 559-572.
    """
    numbers = list(dict.fromkeys(number_of(known, word) for word in named)) or list(range(min(USUAL_WORDS, len(known.words))))  # fmt: skip
    if len(numbers) < 3:
        raise ValueFault("a plane needs three words or more", "name more of them")
    vectors = unit_rows(known.vectors)[numbers].astype(np.float64)
    centred = vectors - vectors.mean(axis=0)
    _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    total = float(np.square(sizes).sum())
    if total == 0:
        raise ValueFault("the vectors of these words are equal", "name others")
    plane = np.zeros((2, vectors.shape[1]))
    plane[: min(2, len(directions))] = directions[:2]
    for direction in plane:
        direction *= -1 if direction[np.argmax(np.abs(direction))] < 0 else 1
    fractions = [float(size**2) / total for size in (*sizes[:2], 0.0, 0.0)][:2]
    words = tuple(known.words[number] for number in numbers)
    return WordPlane(words, centred @ plane.T, (fractions[0], fractions[1]), bool(named))
