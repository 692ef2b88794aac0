"""Intervals: the values of a metric that its rows do not contradict, at a confidence such as 0.95."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.evaluation.distributions import normal_quantile, student_quantile
from anncli.evaluation.interval import Interval as Interval


def wilson(successes: float, n: float, confidence: float = 0.95) -> Interval | None:
    """Of a proportion, successes out of n rows; None for n = 0. It stays within 0 and 1 and holds for few rows.

    Source: Wilson 1927, JASA 22, 209-212.
    """
    if n <= 0:
        return None
    z = normal_quantile((1 + confidence) / 2)
    share, add = successes / n, z * z / n
    middle = (share + add / 2) / (1 + add)
    half = z / (1 + add) * math.sqrt(share * (1 - share) / n + add / (4 * n))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


class Area(NamedTuple):
    """An area under the ROC curve, and what its variance is made of: the fraction of the other class that each positive (m,) and
    each negative (n,) is placed right of, a tie counting a half."""

    value: float
    of_positives: Array
    of_negatives: Array


def placements(scores: Array, is_positive: Array) -> Area | None:
    """Of scores (n,) and a mask (n,); None unless there are two rows of each class.

    Source: DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44, 837-845; in O(n log n) as Sun & Xu 2014, IEEE Signal
    Processing Letters 21, 1389-1393.
    """
    positives, negatives = scores[is_positive], scores[~is_positive]
    if min(len(positives), len(negatives)) < 2:
        return None
    own, other = np.sort(positives), np.sort(negatives)

    def below(values: Array, among: Array) -> Array:
        """The fraction of `among`, sorted, that is below each value."""
        sides = [np.searchsorted(among, values, side=side) for side in ("left", "right")]
        found: Array = (sides[0] + sides[1]) / (2 * len(among))
        return found

    of_positives = below(positives, other)
    return Area(float(of_positives.mean()), of_positives, 1 - below(negatives, own))


def area_variance(area: Area) -> float:
    """The variance of an area by DeLong et al. 1988."""
    return _covariance(area, area)


def _covariance(one: Area, other: Area) -> float:
    parts = ((one.of_positives, other.of_positives), (one.of_negatives, other.of_negatives))
    return float(sum(np.cov(a, b)[0, 1] / len(a) for a, b in parts))


def difference_variance(one: Area, other: Area) -> float:
    """The variance of the difference of two areas of the same rows (DeLong et al. 1988)."""
    return max(0.0, area_variance(one) + area_variance(other) - 2 * _covariance(one, other))


def delong(scores: Array, is_positive: Array, confidence: float = 0.95) -> Interval | None:
    """Of the area under the ROC curve; None unless there are two rows of each class.

    On the logit, so that it stays within 0 and 1 (Pepe 2003, The Statistical Evaluation of Medical Tests, section 5.2.4). Classes that are
    separated without an error have no variance: then the interval is that of a proportion of the smaller class.
    """
    area = placements(scores, is_positive)
    if area is None:
        return None
    value, few = area.value, min(len(area.of_positives), len(area.of_negatives))
    if not 0 < value < 1:
        return wilson(value * few, few, confidence)
    return logit_interval(value, math.sqrt(area_variance(area)), confidence)


def logit_interval(value: float, deviation: float, confidence: float = 0.95) -> Interval:
    """Of an estimate between 0 and 1 with a standard error: normal on the logit, so that it stays between them."""
    logit = math.log(value / (1 - value))
    half = normal_quantile((1 + confidence) / 2) * deviation / (value * (1 - value))
    return Interval(_logistic(logit - half), _logistic(logit + half))


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def corrected_resampled(values: Sequence[float], test_share: float, confidence: float = 0.95) -> Interval | None:
    """Of the mean of the results of several splits; None for fewer than two. Training sets overlap, so the variance of the mean is
    s^2 (1/J + test rows / training rows), with J - 1 degrees of freedom.

    Args: test_share: test rows / training rows of a split, 1 / (K - 1) for K folds.
    Source: Nadeau & Bengio 2003, Machine Learning 52, 239-281.
    """
    count = len(values)
    if count < 2:
        return None
    mean = float(np.mean(values))
    half = student_quantile((1 + confidence) / 2, count - 1) * corrected_deviation(values, test_share)
    return Interval(mean - half, mean + half)


def corrected_deviation(values: Sequence[float], test_share: float) -> float:
    """The standard error of the mean of the results of several splits; see corrected_resampled()."""
    return float(np.std(values, ddof=1)) * math.sqrt(1 / len(values) + test_share)
