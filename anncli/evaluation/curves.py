"""Curves of scores: how true and false positives, precision and recall go with the threshold, and how far probabilities are right."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from anncli.arrays import Array, blocks

#: Bins of a reliability curve.
BINS = 10


class RocCurve(NamedTuple):
    """Points (m,) by falling threshold, from (0, 0) at infinity to (1, 1): a row counts as positive where its score is not below
    the threshold. One point for each different score, so that rows of equal scores never stand on different sides."""

    thresholds: Array
    false_positive_rate: Array
    true_positive_rate: Array


class PrecisionRecallCurve(NamedTuple):
    """Points (m,) by falling threshold, which are those of RocCurve; at infinity, where no row is positive, the precision is 1."""

    thresholds: Array
    recall: Array
    precision: Array


class Reliability(NamedTuple):
    """Bins (b,) of rows, by rising probability: the mean probability, the fraction of hits, and the rows, or their weight."""

    predicted: Array
    observed: Array
    weight: Array

    @property
    def error(self) -> float:
        """The mean distance of the two over the rows: the expected calibration error."""
        return float(self.weight @ np.abs(self.predicted - self.observed) / self.weight.sum())


def roc_curve(scores: Array, is_positive: npt.NDArray[np.bool_], weights: Array | None = None) -> RocCurve | None:
    """Of finite scores (n,), a mask (n,) and weights (n,) above 0; None unless both classes are there."""
    thresholds, positives, negatives = _totals(scores, is_positive, weights)
    if not positives[-1] or not negatives[-1]:
        return None
    return RocCurve(thresholds, negatives / negatives[-1], positives / positives[-1])


def precision_recall_curve(
    scores: Array, is_positive: npt.NDArray[np.bool_], weights: Array | None = None
) -> PrecisionRecallCurve | None:
    """The same arguments; None where no row is positive."""
    thresholds, positives, negatives = _totals(scores, is_positive, weights)
    if not positives[-1]:
        return None
    precision = np.ones(len(thresholds))
    precision[1:] = positives[1:] / (positives + negatives)[1:]
    return PrecisionRecallCurve(thresholds, positives / positives[-1], precision)


def reliability(
    probabilities: Array, hits: npt.NDArray[np.bool_], weights: Array | None = None, bins: int = BINS
) -> Reliability | None:
    """Of finite probabilities (n,) of an event, whether it came (n,), and weights (n,) above 0; None without rows.

    Bins hold equal numbers of rows, or equal weight, as far as rows of the same probability stay together; empty ones are left
    out. Sources: Murphy & Winkler 1977, Applied Statistics 26, 41-47; the error: Naeini et al. 2015, AAAI, 2901-2907.
    """
    if not len(probabilities):
        return None
    limits, sums = bin_limits(probabilities, weights, bins), np.zeros((3, bins))
    for block in blocks(len(probabilities)):
        given, own = probabilities[block], np.ones(1) if weights is None else weights[block].astype(np.float64)
        places = np.searchsorted(limits, given)
        for total, values in zip(sums, (own * given, own * hits[block], own * np.ones(len(given))), strict=True):
            total += np.bincount(places, values, minlength=bins)
    predicted, observed, weight = sums[:, sums[2] > 0]
    return Reliability(predicted / weight, observed / weight, weight)


def bin_limits(probabilities: Array, weights: Array | None, bins: int = BINS) -> Array:
    """The largest probability (bins - 1,) of each bin but the last: the smallest one that so large a fraction of the rows, or of
    their weight, does not exceed."""
    shares = np.arange(1, bins) / bins
    if weights is None:
        values = np.sort(probabilities)
        found: Array = values[np.ceil(shares * len(values) - 1e-9).astype(np.int64) - 1]
        return found
    order = np.argsort(probabilities, kind="stable")
    totals = np.cumsum(weights[order], dtype=np.float64)
    # A little less than the fraction, so that rounding of the sum does not choose the next one.
    chosen: Array = order[np.searchsorted(totals, shares * totals[-1] * (1 - 1e-12))]
    return probabilities[chosen]


def _totals(scores: Array, is_positive: npt.NDArray[np.bool_], weights: Array | None) -> tuple[Array, Array, Array]:
    """Thresholds (m,), falling from infinity, and the positives and negatives, or their weights, that are not below each."""
    order = np.argsort(scores, kind="stable")[::-1]
    falling, own = scores[order].astype(np.float64), is_positive[order]
    last = np.flatnonzero(np.append(falling[1:] != falling[:-1], True)) if len(falling) else np.empty(0, dtype=np.int64)
    found = [np.append(np.inf, falling[last])]
    for mask in (own, ~own):
        sums = np.cumsum(mask if weights is None else np.where(mask, weights[order], 0.0), dtype=np.float64)
        found.append(np.append(0.0, sums[last]))
    return found[0], found[1], found[2]
