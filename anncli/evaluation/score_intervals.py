"""Intervals of metrics of scores: areas under curves, and the calibration error."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from anncli.arrays import Array, random_stream
from anncli.evaluation.curves import BINS, bin_limits
from anncli.evaluation.interval import Interval
from anncli.evaluation.intervals import logit_interval, wilson
from anncli.evaluation.resampling import DRAWS, Part, Resampler

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

    Chance alone makes the distance of probability and frequency in a bin larger than it is. So distances are drawn about smaller
    ones, whose means with chance are those that were found, and what they exceed these by is taken off at the lower end (the
    basic bootstrap of Davison & Hinkley 1997, section 5.2). The upper end is farther by the spread of the draws alone, because
    little is known about distances that chance hides.
    Args: probabilities (n,), or (n, m) where each row has several; hits, of the same shape: whether the event came.
    """
    if value is None:
        return None
    columns, came = (values.reshape(len(values), -1).T for values in (probabilities, hits))
    own = resampler.weights
    limits = bin_limits(probabilities.reshape(-1), None if own is None else np.repeat(own, len(columns)))
    places = [np.searchsorted(limits, column) for column in columns]
    misses = [
        Part(k, BINS, column.astype(np.float64) - hit) for k, column, hit in zip(places, columns, came, strict=True)
    ]
    sums = resampler.sums(*misses, *(Part(place, BINS) for place in places))
    missed, weight = sums.reshape(len(sums), 2, len(columns), BINS).sum(axis=2).swapaxes(0, 1)
    total, distances = weight.sum(), missed.sum(axis=0)
    mean = distances / np.maximum(weight.sum(axis=0), 1e-300)
    # The mean of a bin is that of its own rows, so that they are nearer to it than to the true one.
    n_rows = max(2.0, probabilities.size / BINS)
    spread = np.sqrt(np.square(missed - weight * mean).sum(axis=0) * n_rows / (n_rows - 1))
    # Chance adds nothing to a distance of many deviations.
    is_far = np.abs(distances) > 20 * spread
    smaller = np.abs(distances)
    smaller[~is_far] = spread[~is_far] * _unfolded(smaller[~is_far] / np.maximum(spread[~is_far], 1e-300))
    rng = random_stream(resampler.seed, "bootstrap", 4)
    noise, level = spread * rng.normal(size=(DRAWS, BINS)), (1 + resampler.confidence) / 2
    ends = np.quantile(np.abs(smaller + noise).sum(axis=1), [0.5, level])
    low, high = value - (ends[1] - smaller.sum()) / total, value + (ends[1] - ends[0]) / total
    # Of probabilities that are right, chance alone would make such an error.
    is_chance = value * total <= np.quantile(np.abs(noise).sum(axis=1), level)
    return Interval(0.0 if is_chance else max(0.0, min(float(low), value)), min(1.0, float(high)))


def _unfolded(means: Array) -> Array:
    """The t >= 0 for which the absolute value of a normal variable with mean t and deviation 1 has these means; by bisection, 0
    where none has."""
    low, high = np.zeros_like(means), means + 1
    for _ in range(60):
        t = (low + high) / 2
        error = np.array([math.erf(x) for x in t / math.sqrt(2)])
        above = math.sqrt(2 / math.pi) * np.exp(-t * t / 2) + t * error > means
        low, high = np.where(above, low, t), np.where(above, t, high)
    return low
