"""Distributions that intervals and tests need: normal and Student quantiles, exact binomial tails (no numpy)."""

from __future__ import annotations

import math
from statistics import NormalDist

_TINY, _TERMS = 1e-300, 500
# Sums of binomial coefficients of more take long.
_MOST_COINS = 1000


def normal_quantile(p: float) -> float:
    """The value below which a standard normal variable lies with probability p, 0 < p < 1."""
    return NormalDist().inv_cdf(p)


def normal_distribution(z: float) -> float:
    """The probability that a standard normal variable is at most z."""
    return math.erfc(-z / math.sqrt(2)) / 2


def normal_tails(z: float) -> float:
    """The probability that a standard normal variable is farther from 0 than z."""
    return math.erfc(abs(z) / math.sqrt(2))


def student_tails(t: float, freedom: float) -> float:
    """The probability that a variable of Student's distribution with `freedom` > 0 degrees is farther from 0 than t."""
    if not math.isfinite(t):
        return 0.0
    return regularized_beta(freedom / (freedom + t * t), freedom / 2, 0.5)


def student_quantile(p: float, freedom: float) -> float:
    """The value below which a variable of Student's distribution lies with probability p, 0.5 <= p < 1; by bisection."""
    low, high = 0.0, 1.0
    while student_tails(high, freedom) > 2 * (1 - p):
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if student_tails(middle, freedom) > 2 * (1 - p):
            low = middle
        else:
            high = middle
    return (low + high) / 2


def binomial_two_sided(k: int, n: int) -> float:
    """The probability of a count as far from n / 2 as k, or farther, among n fair coins; 1 for n = 0."""
    few = min(k, n - k)
    if 2 * few == n:
        return 1.0
    if n > _MOST_COINS:
        # The distribution function of the binomial is that of a beta variable.
        return min(1.0, 2 * regularized_beta(0.5, n - few, few + 1))
    tail = sum(math.comb(n, i) for i in range(few + 1))
    return min(1.0, 2 * tail / 2**n)


def regularized_beta(x: float, a: float, b: float) -> float:
    """I_x(a, b), the distribution function of a beta variable, with an error below 1e-13; a, b > 0, 0 <= x <= 1.

    Source: the continued fraction of Didonato & Morris 1992, ACM TOMS 18, 360-373, by Lentz's method.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _beta_fraction(x, a, b) / a
    return 1 - front * _beta_fraction(1 - x, b, a) / b


def _beta_fraction(x: float, a: float, b: float) -> float:
    c, d = 1.0, 1 / _nonzero(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, _TERMS):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _nonzero(1 + numerator * d)
            c = _nonzero(1 + numerator / c)
            found *= c * d
        if abs(c * d - 1) < 1e-16:
            break
    return found


def _nonzero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
