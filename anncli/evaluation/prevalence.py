"""Predictive values at another prevalence: what PPV and NPV would be where another fraction of the rows is positive."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from anncli.evaluation.binary import BinaryEvaluation
from anncli.evaluation.interval import Interval


class PredictiveValues(NamedTuple):
    """ppv and npv by Bayes' rule from sensitivity and specificity, None where one of these is undefined; their intervals, None
    where the evaluation has none."""

    prevalence: float
    ppv: float | None
    npv: float | None
    ppv_interval: Interval | None
    npv_interval: Interval | None

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values for JSON."""
        ends = {"ppv": self.ppv_interval, "npv": self.npv_interval}
        found = {"prevalence": self.prevalence, "ppv": self.ppv, "npv": self.npv}
        return {**found, "intervals": {name: [*pair] for name, pair in ends.items() if pair is not None}}


def at_prevalence(evaluation: BinaryEvaluation, prevalence: float) -> PredictiveValues:
    """The predictive values where `prevalence`, 0 < P < 1, of the rows is positive, and the classifier errs as it does here.

    PPV = P SE / (P SE + (1 - P) (1 - SP)), a function of the likelihood ratio SE / (1 - SP); NPV likewise of SP / (1 - SE). The
    intervals are those of the logarithms of these ratios, of the intervals of SE and SP.
    Sources: Altman & Bland 1994, BMJ 309, 102; Mercaldo, Lau & Zhou 2007, Statistics in Medicine 26, 2170-2183, on the
    logit; Zou & Donner 2008, Statistics in Medicine 27, 1693-1702, on intervals of a difference.
    """
    se, sp = evaluation.sensitivity, evaluation.specificity
    if se is None or sp is None:
        return PredictiveValues(prevalence, None, None, None, None)
    of_se, of_sp = evaluation.intervals.get("sensitivity"), evaluation.intervals.get("specificity")
    ppv, of_ppv = _with_interval((se, of_se), (sp, of_sp), prevalence)
    npv, of_npv = _with_interval((sp, of_sp), (se, of_se), 1 - prevalence)
    return PredictiveValues(prevalence, ppv, npv, of_ppv, of_npv)


_Rate = tuple[float, Interval | None]


def _with_interval(own: _Rate, other: _Rate, frequency: float) -> tuple[float | None, Interval | None]:
    """The predictive value of a class, from the fraction of it that is predicted as such and that of the other class."""
    (a, of_a), (b, of_b) = own, other
    value = _value(_ratio(a, 1 - b), frequency)
    if value is None or of_a is None or of_b is None:
        return value, None
    return value, Interval(*(_value(end, frequency) or 0.0 for end in _interval(a, of_a, 1 - b, _wrong(of_b))))


def _wrong(of_rate: Interval) -> Interval:
    """Of 1 - rate."""
    return Interval(1 - of_rate.high, 1 - of_rate.low)


def _ratio(part: float, other: float) -> float | None:
    """The logarithm of part / other, None for 0 / 0."""
    if part == other == 0:
        return None
    return math.inf if other == 0 else math.log(part / other) if part > 0 else -math.inf


def _value(log_ratio: float | None, frequency: float) -> float | None:
    """The predictive value of a likelihood ratio, where `frequency` of the rows is of the class that is predicted."""
    if log_ratio is None:
        return None
    odds = log_ratio + math.log(frequency / (1 - frequency))
    return 1 / (1 + math.exp(-odds)) if odds > -700 else 0.0


def _interval(a: float, of_a: Interval, b: float, of_b: Interval) -> tuple[float, float]:
    """Of log(a / b): the distances of the ends from log a and log b, as the sides of right angles. Where a or b is 0, both ends of
    each at once, which is wider."""
    low, high = _ratio(of_a.low, of_b.high), _ratio(of_a.high, of_b.low)
    if min(a, b) > 0:
        middle = math.log(a / b)
        low = -math.inf if of_a.low == 0 else middle - math.hypot(math.log(a / of_a.low), math.log(of_b.high / b))
        high = math.inf if of_b.low == 0 else middle + math.hypot(math.log(of_a.high / a), math.log(b / of_b.low))
    return -math.inf if low is None else low, math.inf if high is None else high
