"""Intervals of metrics of scores: areas under curves, and the calibration error."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from anncli.arrays import Array, random_stream
from anncli.evaluation.curves import BINS, bin_limits
from anncli.evaluation.interval import Interval
from anncli.evaluation.intervals import DRAWS, logit_interval, wilson
from anncli.evaluation.resampling import Part, Resampler

# Different scores of a precision-recall curve that is drawn again and again; more are put together to so many.
_LEVELS = 256


def area_interval(
    value: float, scores: Iterable[tuple[Array, Array]], confidence: float, weights: Array | None = None
) -> Interval | None:
    """Of the mean of areas under ROC curves, of scores (n,) and a mask (n,) for each, all of the same rows.

    The variance is that of what each row adds to the mean, as DeLong et al. 1988 have it for one area; the interval is on the
    logit, as that of delong().
    Args: weights (n,) above 0. Returns: None where no area has rows of both classes.
    """
    own, added, n_areas, few = np.ones(1), np.zeros(1), 0, math.inf
    if weights is not None:
        own = weights / weights.mean(dtype=np.float64)
    for given, mask in scores:
        n_few = min(int(np.count_nonzero(mask)), int(np.count_nonzero(~mask)))
        if n_few:
            added = added + _influence(given, mask, weights)
            few, n_areas = min(few, n_few), n_areas + 1
    if not n_areas:
        return None
    if not 0 < value < 1:
        return wilson(value * few, few, confidence)
    deviation = math.sqrt(float(np.square(own * added / n_areas).sum())) / len(added)
    return logit_interval(value, deviation, confidence)


def _influence(scores: Array, mask: Array, weights: Array | None) -> Array:
    """What each row (n,) adds to n times the area beyond its mean: for a positive the weight of the negatives below it, against the
    area, over the frequency of positives; for a negative likewise."""
    n, order = len(scores), np.argsort(scores, kind="stable")
    rising, positive = scores[order], mask[order]
    own = np.ones(n) if weights is None else (weights / weights.mean(dtype=np.float64))[order]
    starts = np.flatnonzero(np.append(True, rising[1:] != rising[:-1]))
    level = np.cumsum(np.append(False, rising[1:] != rising[:-1]))
    share = np.empty(n)
    for mine in (positive, ~positive):
        others = np.add.reduceat(np.where(mine, 0.0, own), starts)
        # Those of a lower score, and half of those with the same.
        share[mine] = ((np.cumsum(others) - others / 2) / others.sum())[level[mine]]
    share[~positive] = 1 - share[~positive]
    found = np.empty(n)
    for mine in (positive, ~positive):
        total = own[mine].sum()
        found[order[mine]] = (share[mine] - own[mine] @ share[mine] / total) * n / total
    return found


def precision_interval(resampler: Resampler, value: float | None, scores: Array, is_positive: Array) -> Interval | None:
    """Of the average precision of finite scores (n,); see average_precision()."""
    drawn, left = precision_draws(resampler, value, scores, is_positive)
    return within(resampler.interval(value, drawn, left))


def precision_draws(
    resampler: Resampler, value: float | None, scores: Array, is_positive: Array
) -> tuple[Array, Array]:
    """The average precision in every draw (d,) and without each group (g,); more than _LEVELS different scores are put together,
    and what this changes at the whole is taken off."""
    levels = np.unique(scores)
    if len(levels) > _LEVELS:
        levels = np.unique(bin_limits(scores, None, _LEVELS))
    places = np.searchsorted(levels, scores)
    n_levels = len(levels) + 1
    sums = resampler.sums(Part(places * 2 + is_positive, 2 * n_levels), n_cells=2 * _LEVELS)
    whole = float(_average_precision(sums.sum(axis=0)))
    drawn, left = resampler.draws(sums, _average_precision)
    shift = 0.0 if value is None else value - whole
    return drawn + shift, left + shift


def _average_precision(sums: Array) -> Array:
    """From the negatives and positives of each level (..., 2 m), by rising score."""
    falling = sums[..., ::-1]
    positive, negative = falling[..., ::2], falling[..., 1::2]
    true, false = np.cumsum(positive, axis=-1), np.cumsum(negative, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.nan_to_num(true / (true + false))
        found: Array = (positive * precision).sum(axis=-1) / true[..., -1]
    return found


def within(interval: Interval | None, low: float = 0.0, high: float = 1.0) -> Interval | None:
    """The part of an interval that is possible."""
    return None if interval is None else Interval(max(low, interval.low), min(high, interval.high))


def calibration_interval(
    resampler: Resampler, value: float | None, probabilities: Array, hits: Array
) -> Interval | None:
    """Of the calibration error, in the bins of the probabilities as they are.

    Chance alone makes the error larger than it is, so the lower end is 0 where probabilities that are right would give an error
    as large (Broecker & Smith 2007, Weather and Forecasting 22, 651-661); otherwise bias_corrected() allows for it.
    Args: probabilities (n,), or (n, m) where each row has several; hits, of the same shape: whether the event came.
    """
    if value is None:
        return None
    columns = probabilities.reshape(len(probabilities), -1).T.astype(np.float64)
    own = np.ones(len(probabilities)) if resampler.weights is None else resampler.weights
    each = None if resampler.weights is None else np.repeat(own, len(columns))
    limits = bin_limits(probabilities.reshape(-1), each)
    places = [np.searchsorted(limits, column.astype(probabilities.dtype)) for column in columns]
    misses = columns - hits.reshape(len(hits), -1).T
    parts = (Part(place, BINS, missed) for place, missed in zip(places, misses, strict=True))

    def error(sums: Array) -> Array:
        of_bins = sums[..., 1:].reshape(*sums.shape[:-1], len(columns), BINS).sum(axis=-2)
        found: Array = np.abs(of_bins).sum(axis=-1) / (sums[..., 0] * len(columns))
        return found

    found = resampler.interval(value, *resampler.draws(resampler.sums(Part(), *parts), error))
    chance = np.zeros(BINS)
    for place, given in zip(places, columns, strict=True):
        chance += np.bincount(place, own**2 * given * (1 - given), minlength=BINS)
    rng = random_stream(resampler.seed, "bootstrap", 4)
    by_chance = np.abs(rng.normal(size=(DRAWS, BINS)) * np.sqrt(chance)).sum(axis=1) / (own.sum() * len(columns))
    if found is not None and value <= np.quantile(by_chance, resampler.confidence):
        return Interval(0.0, found.high)
    return found
