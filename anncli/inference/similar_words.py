"""Words whose vectors point the same way: the nearest to a word, or to a sum and difference of words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.errors import ValueFault, near_names, quoted
from anncli.network.word_vectors import WordVectors


class Term(NamedTuple):
    """A word with its sign, 1 or -1."""

    word: str
    sign: int = 1


class Similar(NamedTuple):
    """A word and the cosine of the angle between its vector and what was asked for, -1 to 1."""

    word: str
    cosine: float


def unit_rows(vectors: Array) -> Array:
    """float32 (V, d): the vectors with length 1; vectors of zeros stay as they are."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: Array = vectors / np.where(lengths == 0, np.float32(1), lengths)
    return units


def similar_words(known: WordVectors, terms: Sequence[Term], n: int) -> list[Similar]:
    """The n words nearest to the sum of the terms, each scaled to length 1, best first, without the words of the terms.

    Raises: ValueFault for a word that is not known, and for terms whose sum is nothing.
    Source: Mikolov, Yih & Zweig 2013, NAACL, 746-751.
    """
    numbers = [number_of(known, term.word) for term in terms]
    units = unit_rows(known.vectors)
    signs = np.array([term.sign for term in terms], dtype=np.float32)
    wanted = signs @ units[numbers]
    length = float(np.linalg.norm(wanted))
    # Rounding leaves about 1e-7 of terms that cancel each other out.
    if length < 1e-5:
        raise ValueFault("the words cancel each other out: nothing is left to look for", "leave one of them out")
    cosines = units @ (wanted / np.float32(length))
    cosines[numbers] = -np.inf
    # Zeros have no direction.
    cosines[~units.any(axis=1)] = -np.inf
    best = np.argsort(-cosines, kind="stable")[:n]
    return [Similar(known.words[k], float(cosines[k])) for k in best.tolist() if np.isfinite(cosines[k])]


def number_of(known: WordVectors, word: str) -> int:
    """The number of a word, also written with other capitals where the words have none; raises ValueFault with the nearest spelling."""
    numbers = known.numbers
    found = numbers.get(word)
    if found is None and known.is_folded:
        found = numbers.get(word.lower())
    if found is None:
        raise ValueFault(f"the network does not know the word {quoted(word)}", _spelling(known, word))
    return found


def _spelling(known: WordVectors, word: str) -> str:
    near = near_names(word, known.words)[:3]
    if near:
        return f"did you mean {' or '.join(map(repr, near))}?"
    return f"it knows {len(known.words)} words; ann info lists them"
