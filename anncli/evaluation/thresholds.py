"""The threshold between two classes: the cut between neighbouring scores that a rule likes best."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.evaluation.names import Rule

# Values of a rule that differ by less are equal: the same fraction, computed from other counts, may differ in the last digits.
_DIGITS = 12


class Cut(NamedTuple):
    """A chosen threshold; is_met: whether the metric of the rule is at least its limit (always, where it has none); value:
    of the quantity that the rule is about; sensitivity, specificity, ppv: at this threshold, None where undefined."""

    threshold: float
    is_met: bool
    value: float
    sensitivity: float | None
    specificity: float | None
    ppv: float | None


class _Counts(NamedTuple):
    """Correct and wrong predictions at every cut (m + 1,): the cut k predicts the k highest of m different scores positive."""

    tp: Array
    fp: Array
    fn: Array
    tn: Array


def choose_cut(
    scores: Array,
    is_positive: Array,
    rule: Rule,
    weights: Array | None = None,
    limits: tuple[float, float] = (-np.inf, np.inf),
) -> Cut:
    """The best cut by `rule` of scores (n,), where a score strictly above the threshold is predicted positive.

    Of cuts that the rule likes equally well, the one with the fewest wrong predictions is taken, and of these the highest.
    Where no cut reaches the limit of a rule, the nearest one is taken and is_met is False. The threshold lies in the middle
    between two neighbouring scores, so that a rounding of scores changes no prediction, and is a float32 as they are.
    Args: is_positive (n,) bool; weights (n,) above 0: every count is a sum of them; limits: lowest and highest possible score.
    Raises: ValueError unless the scores are finite and both classes are there. Time: O(n log n).
    """
    if not np.isfinite(scores).all():
        raise ValueError("a score is not finite")
    if not is_positive.any() or is_positive.all():
        raise ValueError("a rule needs rows of both classes")
    levels, counts = _counts(scores, is_positive, weights)
    value, second, is_met = _valued(counts, rule)
    wrong = counts.fp + counts.fn
    # The last key counts most; np.lexsort is stable, so that the reversed order breaks ties for the highest cut.
    order = np.lexsort((np.arange(len(wrong))[::-1], -wrong, second.round(_DIGITS), value.round(_DIGITS), is_met))
    best = int(order[-1])
    tp, fp, fn, tn = (float(count[best]) for count in counts)
    shown = _primary(counts, rule)[best]
    return Cut(
        _between(levels, best, limits), bool(is_met[best]), float(shown),
        tp / (tp + fn), tn / (tn + fp), tp / (tp + fp) if tp + fp else None,
    )  # fmt: skip


def _counts(scores: Array, is_positive: Array, weights: Array | None) -> tuple[Array, _Counts]:
    """The different scores (m,), descending, and the counts at every cut."""
    own = np.ones(len(scores)) if weights is None else np.asarray(weights, dtype=np.float64)
    order = np.argsort(-scores, kind="stable")
    ranked, positive, own = scores[order], is_positive[order], own[order]
    # The last place of every run of equal scores.
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    tp, fp = (np.append(0.0, np.cumsum(np.where(mask, own, 0.0))[ends]) for mask in (positive, ~positive))
    # Sums of weights at the last cut may not leave a rounding error where nothing is.
    return ranked[ends], _Counts(tp, fp, tp[-1] - tp, fp[-1] - fp)


def _primary(counts: _Counts, rule: Rule) -> Array:
    """The quantity that the rule is about, at every cut; nan where it is undefined."""
    tp, fp, fn, tn = counts
    with np.errstate(divide="ignore", invalid="ignore"):
        if rule.name in ("f1", "fbeta"):
            square = (rule.numbers[0] if rule.numbers else 1.0) ** 2
            return (1 + square) * tp / ((1 + square) * tp + square * fn + fp)
        if rule.name == "mcc":
            product = np.sqrt(tp + fp) * np.sqrt(tp + fn) * np.sqrt(tn + fp) * np.sqrt(tn + fn)
            return np.where(product > 0, (tp * tn - fp * fn) / product, 0.0)
        if rule.name == "cost":
            return (rule.numbers[0] * fp + rule.numbers[1] * fn) / (tp + fp + fn + tn)
        rates = {"se": tp / (tp + fn), "sp": tn / (tn + fp), "ppv": tp / (tp + fp), "npv": tn / (tn + fn)}
    return rates["se"] + rates["sp"] - 1 if rule.name == "youden" else rates[rule.name]


def _valued(counts: _Counts, rule: Rule) -> tuple[Array, Array, Array]:
    """What is made as high as possible, first and second, and whether the rule is met; the second is 0 for rules without a limit."""
    primary = np.nan_to_num(_primary(counts, rule), nan=-1.0)
    if rule.name == "cost":
        primary = -primary
    if not rule.is_floor:
        return primary, np.zeros_like(primary), np.ones(len(primary), dtype=bool)
    tp, fp, fn, tn = counts
    is_met = primary.round(_DIGITS) >= round(rule.numbers[0], _DIGITS)
    other = tn / (tn + fp) if rule.name in ("se", "npv") else tp / (tp + fn)
    # Among cuts that meet it the other rate counts first, and among those that do not the metric of the rule itself.
    return np.where(is_met, other, primary), np.where(is_met, primary, other), is_met


def _between(levels: Array, cut: int, limits: tuple[float, float]) -> float:
    """A float32 number below the `cut` highest of the different scores (m,), descending, and not below the next one."""
    lowest, highest = limits
    if cut == 0:
        return _middle(float(levels[0]), highest if levels[0] < highest < np.inf else float(levels[0]) + 1)
    if cut == len(levels):
        return _middle(lowest if -np.inf < lowest < levels[-1] else float(levels[-1]) - 1, float(levels[-1]))
    return _middle(float(levels[cut]), float(levels[cut - 1]))


def _middle(low: float, high: float) -> float:
    """The middle as the shortest decimal number that is the same float32: at least `low`, below `high`."""
    middle = np.float32((low + high) / 2)
    if not low <= middle < high:
        middle = np.float32(low)
    return float(str(middle))
