"""The k nearest neighbours: rows are predicted by the training rows that are most like them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from anncli.arrays import Array

# Of these numbers of neighbours the one is taken that predicts the training rows best, each by the others.
CHOICES = (1, 3, 5, 9, 15, 25)
# At most so many training rows are predicted to choose it.
MOST_JUDGED = 2000
# Distances held at a time.
_BLOCK = 1 << 22
# Rounding of the squared distances that the matrix product gives, relative to the squared norms.
_ROUNDING = 1e-10


def nearest(known: Array, asked: Array, k: int, own: Array | None = None) -> Array:
    """int64 (m, k): for each row of asked (m, d) the numbers of the k nearest rows of known (n, d), the nearest first.

    Euclidean distances in float64. Of rows equally far away the first ones count as nearer.
    Args: k: at most n, or n - 1 with own; own (m,): for each asked row the row of known that it is itself, which is left out.
    """
    known, asked = known.astype(np.float64), asked.astype(np.float64)
    squares = np.einsum("ij,ij->i", known, known)
    found = np.empty((len(asked), k), dtype=np.int64)
    for block in _blocks(len(asked), len(known)):
        rows = asked[block]
        norms = np.einsum("ij,ij->i", rows, rows)
        distances = squares + norms[:, None] - 2 * (rows @ known.T)
        if own is not None:
            distances[np.arange(len(rows)), own[block]] = np.inf
        limits = np.partition(distances, k - 1, axis=1)[:, k - 1]
        limits += _ROUNDING * (1 + norms + squares.max(initial=0.0))
        for place, (row, limit) in enumerate(zip(rows, limits, strict=True)):
            # The product rounds: of all rows that may be among the nearest the distance is computed anew.
            near = np.flatnonzero(distances[place] <= limit)
            exact = ((known[near] - row) ** 2).sum(axis=1)
            found[block.start + place] = near[np.argsort(exact, kind="stable")[:k]]
    return found


def _blocks(n_asked: int, n_known: int) -> Iterator[slice]:
    size = max(1, _BLOCK // max(1, n_known))
    return (slice(start, min(start + size, n_asked)) for start in range(0, n_asked, size))


def averages(values: Array, neighbours: Array, weights: Array | None = None) -> Array:
    """float64 (m, c): the mean of the values (n, c) of each row's neighbours (m, k), by the weights (n,) of these rows."""
    if weights is None:
        return values[neighbours].astype(np.float64).mean(axis=1)
    own = weights[neighbours].astype(np.float64)[:, :, None]
    found: Array = (values[neighbours] * own).sum(axis=1) / own.sum(axis=1)
    return found


def choose_k(known: Array, values: Array, is_of_classes: bool, weights: Array | None = None) -> int:
    """The number of neighbours, of CHOICES, that predicts the values (n, c) of the known rows best, each by the others: the
    most right classes (values are 1 for the class of a row and 0 for others), or the smallest squared error. Of equal
    ones the largest; 1 for a single row.

    Of more than 2,000 rows, 2,000 at equal distances are predicted.
    """
    choices = [k for k in CHOICES if k < len(known)]
    if not choices:
        return 1
    judged = np.linspace(0, len(known) - 1, min(len(known), MOST_JUDGED)).astype(np.int64)
    around = nearest(known, known[judged], choices[-1], judged)
    own = np.ones(len(judged)) if weights is None else weights[judged].astype(np.float64)
    best, chosen = -np.inf, choices[0]
    for k in choices:
        predicted = averages(values, around[:, :k], weights)
        if is_of_classes:
            score = float(own @ (predicted.argmax(axis=1) == values[judged].argmax(axis=1)))
        else:
            score = -float(own @ ((predicted - values[judged]) ** 2).sum(axis=1))
        if score >= best:
            best, chosen = score, k
    return chosen
