"""An evaluation of two classes: counts of correct and wrong predictions, the rates made of them, AUC and mse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.evaluation.brief import brief
from anncli.evaluation.correlation import cohen_kappa, matthews_correlation
from anncli.evaluation.interval import NO_INTERVALS, Interval, intervals_document
from anncli.evaluation.means import count, mean_squared_error, why_no_mse
from anncli.evaluation.probabilities import ProbabilityMetrics, of_scores, or_none
from anncli.evaluation.ranking import area_under_curve, average_precision


class BinaryEvaluation(NamedTuple):
    """How scores compare with labels; class 0 is positive. Rates are from 0 to 1, or None where undefined.

    n = tp + fn + tn + fp labelled samples, n_unlabelled more were left out; sensitivity (SE) tp/(tp+fn);
    specificity (SP) tn/(tn+fp); ppv tp/(tp+fp); npv tn/(tn+fn); balanced_accuracy: mean of sensitivity and specificity;
    mcc, kappa: see correlation.py; f1 2tp/(2tp+fp+fn); auc, pr_auc (average precision): see ranking.py;
    mse: mean of (score - target)^2; log_loss, brier, calibration_error: see probabilities.py;
    majority_share: the accuracy of always predicting the larger class; undefined: the reason for each None, by field name;
    intervals: of metrics by field name, see confidence.py, empty where nobody asked; n_undecided: samples that were not
    decided and left out, and coverage: the fraction of the others, both None where every sample is decided. With sample
    weights the counts are sums of weights.
    """

    classes: tuple[str, ...]
    n: int | float
    n_unlabelled: int
    tp: int | float
    fn: int | float
    tn: int | float
    fp: int | float
    sensitivity: float | None
    specificity: float | None
    ppv: float | None
    npv: float | None
    accuracy: float | None
    balanced_accuracy: float | None
    mcc: float | None
    kappa: float | None
    f1: float | None
    auc: float | None
    pr_auc: float | None
    mse: float | None
    log_loss: float | None
    brier: float | None
    calibration_error: float | None
    majority_share: float | None
    undefined: Mapping[str, str]
    intervals: Mapping[str, Interval] = NO_INTERVALS
    n_undecided: int | float | None = None
    coverage: float | None = None

    def __repr__(self) -> str:
        return brief(self, "accuracy", "sensitivity", "specificity", "auc", "mcc")

    @property
    def class_counts(self) -> tuple[int | float, ...]:
        """Labelled samples of each class."""
        return self.tp + self.fn, self.tn + self.fp

    @property
    def predicted_counts(self) -> tuple[int | float, ...]:
        """How often each class was predicted."""
        return self.tp + self.fp, self.tn + self.fn

    @property
    def recalls(self) -> tuple[float | None, ...]:
        """The fraction of each class that was predicted as such."""
        return self.sensitivity, self.specificity

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values for JSON, keys as the fields; an undefined metric is None."""
        found = {**self._asdict(), "classes": list(self.classes), "undefined": dict(self.undefined)}
        for name in ("intervals", *(("n_undecided", "coverage") if self.n_undecided is None else ())):
            del found[name]
        return found | intervals_document(self.intervals)


class _Counts(NamedTuple):
    tp: int | float
    fn: int | float
    tn: int | float
    fp: int | float


def evaluate_scores(
    scores: Array,
    labels: Array,
    threshold: float | Array,
    targets: tuple[float, float] | None,
    classes: tuple[str, ...],
    n_unlabelled: int = 0,
    weights: Array | None = None,
    only_rates: bool = False,
) -> BinaryEvaluation:
    """Compare scores (n,) with labels (n,), 0 positive or 1 negative; a score strictly above `threshold` is predicted
    positive.

    Args: targets: the scores (high, low) of training, for the mse, and to know probabilities; None leaves these metrics
        undefined; weights (n,) above 0; only_rates: see evaluate_outputs().
    """
    is_positive = labels == 0
    counts = _counts(scores > np.asarray(threshold, dtype=scores.dtype), is_positive, weights)
    rates, undefined = _rates(counts)
    mse = mean_squared_error(scores[:, None], labels, targets, weights)
    if mse is None:
        undefined["mse"] = why_no_mse(scores, targets)
    auc, pr_auc, probability = None, None, ProbabilityMetrics(None, None, None)
    if not only_rates:
        auc, pr_auc = _ranking(scores, is_positive, weights, undefined)
        probability = or_none(of_scores(scores, is_positive, targets, weights), undefined)
    return BinaryEvaluation(
        classes=classes, n=sum(counts), n_unlabelled=n_unlabelled,
        tp=counts.tp, fn=counts.fn, tn=counts.tn, fp=counts.fp,
        sensitivity=rates["sensitivity"], specificity=rates["specificity"], ppv=rates["ppv"], npv=rates["npv"],
        accuracy=rates["accuracy"], balanced_accuracy=rates["balanced_accuracy"], mcc=rates["mcc"], kappa=rates["kappa"],
        f1=rates["f1"], auc=auc, pr_auc=pr_auc, mse=mse, **probability._asdict(),
        majority_share=rates["majority_share"], undefined=undefined,
    )  # fmt: skip


def _ranking(
    scores: Array, is_positive: Array, weights: Array | None, undefined: dict[str, str]
) -> tuple[float | None, float | None]:
    """auc and pr_auc; the reason for each None is added to `undefined`."""
    if not np.isfinite(scores).all():
        undefined |= dict.fromkeys(("auc", "pr_auc"), "a score is not finite")
        return None, None
    auc, pr_auc = (measure(scores, is_positive, weights) for measure in (area_under_curve, average_precision))
    if auc is None:
        undefined["auc"] = "it needs samples of both classes"
    if pr_auc is None:
        undefined["pr_auc"] = "no sample is positive"
    return auc, pr_auc


def _counts(predicted: Array, is_positive: Array, weights: Array | None) -> _Counts:
    """Each is counted by itself: a difference of sums of weights would leave a rounding error where nothing is."""
    tp, fp = count(predicted & is_positive, weights), count(predicted & ~is_positive, weights)
    np.logical_not(predicted, out=predicted)
    return _Counts(tp, count(predicted & is_positive, weights), count(predicted & ~is_positive, weights), fp)


def _rates(counts: _Counts) -> tuple[dict[str, float | None], dict[str, str]]:
    """The rates by field name, None where undefined, and the reason for each None."""
    tp, fn, tn, fp = counts
    n = sum(counts)
    table = (
        ("sensitivity", tp, tp + fn, "no sample is positive"),
        ("specificity", tn, tn + fp, "no sample is negative"),
        ("ppv", tp, tp + fp, "no sample was predicted positive"),
        ("npv", tn, tn + fn, "no sample was predicted negative"),
        ("accuracy", tp + tn, n, "no sample has a label"),
        ("f1", 2 * tp, 2 * tp + fp + fn, "no sample is positive or was predicted positive"),
        ("majority_share", max(tp + fn, tn + fp), n, "no sample has a label"),
    )
    values = {name: part / whole if whole else None for name, part, whole, _ in table}
    undefined = {name: reason for name, _, whole, reason in table if not whole}
    sensitivity, specificity = values["sensitivity"], values["specificity"]
    if sensitivity is not None and specificity is not None:
        values["balanced_accuracy"] = (sensitivity + specificity) / 2
    else:
        values["balanced_accuracy"] = None
        undefined["balanced_accuracy"] = undefined["sensitivity" if sensitivity is None else "specificity"]
    sums = tp + tn, (tp + fn, tn + fp), (tp + fp, tn + fn)
    mcc, kappa = matthews_correlation(*sums), cohen_kappa(*sums)
    values |= {"mcc": None if isinstance(mcc, str) else mcc, "kappa": None if isinstance(kappa, str) else kappa}
    if isinstance(mcc, str):
        # One of the four sums is 0, and that rate already has its reason.
        undefined["mcc"] = next(undefined[x] for x in ("sensitivity", "specificity", "ppv", "npv") if x in undefined)
    if isinstance(kappa, str):
        undefined["kappa"] = kappa
    return values, undefined
