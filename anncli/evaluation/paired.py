"""Paired tests: whether two networks differ on the same rows, or two definitions on the same splits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.evaluation.distributions import (
    binomial_two_sided,
    normal_quantile,
    normal_tails,
    student_quantile,
    student_tails,
)
from anncli.evaluation.interval import Interval
from anncli.evaluation.intervals import corrected_deviation, difference_variance, placements


class Verdict(NamedTuple):
    """difference: of the metric, the first less the second; p: the probability of one as large by chance alone; error: its
    standard error, None where the test has none; freedom: the degrees of freedom of the error, None for many."""

    difference: float
    p: float
    error: float | None = None
    freedom: int | None = None

    def interval(self, confidence: float = 0.95) -> Interval | None:
        """Of the difference, from its error."""
        if self.error is None:
            return None
        level = (1 + confidence) / 2
        wide = normal_quantile(level) if self.freedom is None else student_quantile(level, self.freedom)
        return Interval(self.difference - wide * self.error, self.difference + wide * self.error)


def mcnemar(first: Array, second: Array) -> Verdict:
    """Of masks (n,) of the rows that each network predicts right: difference of accuracies, exact p of the rows on which they differ.

    Source: McNemar 1947, Psychometrika 12, 153-157; exact by the binomial distribution.
    """
    only_first, only_second = int(np.count_nonzero(first & ~second)), int(np.count_nonzero(second & ~first))
    difference = (only_first - only_second) / max(len(first), 1)
    return Verdict(difference, binomial_two_sided(only_first, only_first + only_second))


def accuracy_interval(first: Array, second: Array, confidence: float = 0.95) -> Interval:
    """Of the difference of the accuracies of mcnemar(). Half a row is added to each of the four cells, so that it has a width
    where the masks never differ.

    Source: Agresti & Min 2005, Statistics in Medicine 24, 729-740.
    """
    only_first, only_second = int(np.count_nonzero(first & ~second)), int(np.count_nonzero(second & ~first))
    n, differ, less = len(first) + 2, only_first + only_second + 1, only_first - only_second
    middle, error = less / n, math.sqrt(max(0.0, differ - less * less / n)) / n
    wide, found = normal_quantile((1 + confidence) / 2) * error, less / max(len(first), 1)
    return Interval(max(-1.0, min(middle - wide, found)), min(1.0, max(middle + wide, found)))


def compare_areas(first: Array, second: Array, is_positive: Array) -> Verdict | None:
    """Of two scores (n,) of the same rows: difference of the areas under the ROC curve (DeLong et al. 1988); None unless there are
    two rows of each class."""
    areas = placements(first, is_positive), placements(second, is_positive)
    if areas[0] is None or areas[1] is None:
        return None
    difference, variance = areas[0].value - areas[1].value, difference_variance(areas[0], areas[1])
    if variance == 0:
        return Verdict(difference, float(difference == 0), 0.0)
    error = math.sqrt(variance)
    return Verdict(difference, normal_tails(difference / error), error)


def corrected_t(first: Sequence[float], second: Sequence[float], test_share: float) -> Verdict | None:
    """Of the results of two definitions on the same splits (Nadeau & Bengio 2003); None for fewer than two splits.

    Args: test_share: test rows / training rows of a split.
    """
    if len(first) < 2:
        return None
    differences = [a - b for a, b in zip(first, second, strict=True)]
    mean, deviation = float(np.mean(differences)), corrected_deviation(differences, test_share)
    freedom = len(differences) - 1
    if deviation == 0:
        return Verdict(mean, float(mean == 0), 0.0, freedom)
    return Verdict(mean, student_tails(mean / deviation, freedom), deviation, freedom)


def holm(values: Sequence[float]) -> list[float]:
    """The p values of several tests, raised so that the chance of a single false one among them stays what it says.

    Source: Holm 1979, Scandinavian Journal of Statistics 6, 65-70.
    """
    order = sorted(range(len(values)), key=lambda k: values[k])
    adjusted, highest = [0.0] * len(values), 0.0
    for place, k in enumerate(order):
        highest = max(highest, min(1.0, (len(values) - place) * values[k]))
        adjusted[k] = highest
    return adjusted
