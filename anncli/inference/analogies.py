"""Analogies of words: `Athens Greece Oslo Norway` asks for the word that is to Oslo what Greece is to Athens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.inference.similar_words import unit_rows
from anncli.network.word_vectors import WordVectors

# Questions times words whose cosines are held at once.
_MOST_COSINES = 1 << 22

Question = tuple[str, str, str, str]


class AnalogyScore(NamedTuple):
    """Of a section: how many questions were answered right, how many were asked, and how many were left out because the network
    does not know all four words."""

    name: str
    right: int
    asked: int
    left_out: int

    @property
    def fraction(self) -> float | None:
        """Of the questions that were asked those answered right, None where none was asked."""
        return self.right / self.asked if self.asked else None


def score_analogies(
    known: WordVectors, sections: Sequence[tuple[str, Sequence[Question]]], limit: int | None = None
) -> list[AnalogyScore]:
    """The score of each section, and last the total.

    A question a b c d is answered by the word whose vector is nearest to b - a + c, all of length 1 (3CosAdd); a, b and c are no
    answers. Where the words have no capitals, neither has a question.
    Args: sections: name and questions; limit: only so many words, the most frequent, are known; None: all.
    Source: Mikolov, Yih & Zweig 2013, NAACL, 746-751; the protocol is that of compute-accuracy of word2vec.
    """
    known = known if limit is None else WordVectors(known.words[:limit], known.vectors[:limit])
    units, numbers, is_folded = unit_rows(known.vectors), known.numbers, known.is_folded
    scores = []
    for name, questions in sections:
        written = [[word.lower() for word in each] if is_folded else each for each in questions]
        found = [[numbers[word] for word in each] for each in written if all(word in numbers for word in each)]
        right = _right(units, np.array(found, dtype=np.int64).reshape(-1, 4))
        scores.append(AnalogyScore(name, int(right.sum()), len(found), len(questions) - len(found)))
    total = (sum(getattr(score, field) for score in scores) for field in ("right", "asked", "left_out"))
    return [*scores, AnalogyScore("total", *total)]


def _right(units: Array, questions: Array) -> Array:
    """bool (n,): whether the nearest word to b - a + c is d, for questions (n, 4) by numbers of words."""
    right = np.zeros(len(questions), dtype=bool)
    step = max(1, _MOST_COSINES // max(1, len(units)))
    for start in range(0, len(questions), step):
        part = questions[start : start + step]
        wanted = units[part[:, 1]] - units[part[:, 0]] + units[part[:, 2]]
        cosines = wanted @ units.T
        np.put_along_axis(cosines, part[:, :3], -np.inf, axis=1)
        right[start : start + step] = cosines.argmax(axis=1) == part[:, 3]
    return right
