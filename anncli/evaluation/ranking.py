"""The ranking of scores: how well they separate positives from negatives, whatever the threshold."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from anncli.arrays import Array, blocks


def area_under_curve(scores: Array, is_positive: npt.NDArray[np.bool_], weights: Array | None = None) -> float | None:
    """Fraction of (positive, negative) pairs in which the positive has the higher score; a tie counts a half.

    Args: scores (n,), finite; is_positive (n,); weights (n,) above 0: a pair weighs the product of its weights.
    Returns: None unless both classes are there. Time: O(n log n).
    Source: Mann & Whitney 1947; Hanley & McNeil 1982, Radiology 143, 29-36 (it is the area under the ROC curve).
    """
    n, n_positive = len(scores), int(np.count_nonzero(is_positive))
    pairs = n_positive * (n - n_positive)
    if not pairs:
        return None
    if weights is not None:
        return _weighted_area(scores, is_positive, weights)
    # Only the smaller class is copied and sorted as a whole, the other one a block at a time.
    few_are_positive = 2 * n_positive <= n
    few = scores[is_positive == few_are_positive]
    few.sort()
    # For each score of the other class: how many of the few are below it plus how many are not above it. That is twice
    # the number of pairs it wins, a whole number, so nothing is rounded before the one division.
    won = 0
    for block in blocks(n):
        others = scores[block][is_positive[block] != few_are_positive]
        others.sort()
        for side in ("left", "right"):
            won += int(np.searchsorted(few, others, side=side).sum())
    return (2 * pairs - won if few_are_positive else won) / (2 * pairs)


def average_precision(scores: Array, is_positive: npt.NDArray[np.bool_], weights: Array | None = None) -> float | None:
    """The mean, over the positives, of the precision of the threshold at their score: the area under the precision-recall curve as
    a step function.

    Args: see area_under_curve(); rows of equal scores stand on one side of the threshold.
    Returns: None where no row is positive. Time: O(n log n).
    Source: Davis & Goadrich 2006, ICML, 233-240, on why the points are not joined by straight lines.
    """
    own, other = (_Sorted.of(scores, mask, weights) for mask in (is_positive, ~is_positive))
    if not len(own.values):
        return None
    total = 0.0
    for block in blocks(len(own.values)):
        true, false = own.not_below(own.values[block]), other.not_below(own.values[block])
        precision = true / (true + false)
        total += float(precision.sum() if own.weights is None else own.weights[block] @ precision)
    return total / (len(own.values) if own.weights is None else float(own.weights.sum()))


class _Sorted(NamedTuple):
    """Scores (m,) of one class, ascending; with weights (m,) of these rows and of the k lowest of them (m + 1,)."""

    values: Array
    weights: Array | None
    below: Array | None

    @classmethod
    def of(cls, scores: Array, mask: npt.NDArray[np.bool_], weights: Array | None) -> Self:
        values = scores[mask]
        if weights is None:
            values.sort()
            return cls(values, None, None)
        order = np.argsort(values, kind="stable")
        own = weights[mask][order].astype(np.float64)
        return cls(values[order], own, np.concatenate([[0.0], np.cumsum(own)]))

    def not_below(self, limits: Array) -> Array:
        """How many of the scores, or what weight of them, is not below each of the limits."""
        places = np.searchsorted(self.values, limits, side="left")
        found: Array = len(self.values) - places if self.below is None else self.below[-1] - self.below[places]
        return found


def _weighted_area(scores: Array, is_positive: npt.NDArray[np.bool_], weights: Array) -> float:
    negative, own = scores[~is_positive], weights[is_positive].astype(np.float64)
    order = np.argsort(negative, kind="stable")
    # Weight of the k lowest negatives, for k from 0 up.
    below = np.concatenate([[0.0], np.cumsum(weights[~is_positive][order], dtype=np.float64)])
    negative = negative[order]
    sides = [below[np.searchsorted(negative, scores[is_positive], side=side)] for side in ("left", "right")]
    return float(own @ (sides[0] + sides[1])) / (2 * float(own.sum()) * float(below[-1]))
