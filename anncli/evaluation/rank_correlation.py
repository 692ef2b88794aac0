"""How far two lists of numbers put things into the same order: Spearman's rank correlation."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from anncli.arrays import Array
from anncli.evaluation.interval import Interval


def spearman(one: Array, other: Array) -> float | str:
    """The correlation of the ranks of two lists (n,), -1 to 1; equal numbers have the mean of their ranks. Or in words why it is undefined.

    Source: Spearman 1904, American Journal of Psychology 15, 72-101; with ties: Kendall 1945, Biometrika 33, 239-251.
    """
    if len(one) < 2:
        return "there are fewer than two pairs"
    ranks = [_ranks(np.asarray(values, dtype=np.float64)) for values in (one, other)]
    apart = [own - own.mean() for own in ranks]
    spread = math.sqrt(float((apart[0] ** 2).sum()) * float((apart[1] ** 2).sum()))
    if spread == 0:
        return "all numbers are equal"
    return max(-1.0, min(1.0, float((apart[0] * apart[1]).sum()) / spread))


def spearman_interval(correlation: float, n: int, level: float = 0.95) -> Interval | None:
    """The interval for Spearman's correlation of n pairs; None for fewer than four pairs.

    Fisher's z, with the variance (1 + r^2/2) / (n - 3). Source: Bonett & Wright 2000, Psychometrika 65, 23-28.
    """
    if n < 4:
        return None
    if abs(correlation) == 1:
        return Interval(correlation, correlation)
    reach = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt((1 + correlation**2 / 2) / (n - 3))
    z = math.atanh(correlation)
    return Interval(math.tanh(z - reach), math.tanh(z + reach))


def _ranks(values: Array) -> Array:
    """(n,) from 1 up; equal values share the mean of their ranks."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    shared: Array = (last - (counts - 1) / 2)[places.reshape(-1)]
    return shared
