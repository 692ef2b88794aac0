"""An evaluation of labels: each row has any number of them, and each label is a decision of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.evaluation.brief import brief
from anncli.evaluation.interval import NO_INTERVALS, Interval, intervals_document
from anncli.evaluation.means import answered_rows, count
from anncli.evaluation.probabilities import of_scores, or_none
from anncli.evaluation.ranking import area_under_curve, average_precision


class LabelRates(NamedTuple):
    """Counts and rates of one label; rates are from 0 to 1, or None where undefined.

    tp rows that have the label and were given it, fn that were not, fp and tn among the rows without it; sensitivity (SE)
    tp/(tp+fn); specificity (SP) tn/(tn+fp); ppv tp/(tp+fp); f1 2tp/(2tp+fp+fn); auc, pr_auc: see ranking.py.
    """

    name: str
    tp: int | float
    fn: int | float
    tn: int | float
    fp: int | float
    sensitivity: float | None
    specificity: float | None
    ppv: float | None
    f1: float | None
    auc: float | None
    pr_auc: float | None


class MultilabelEvaluation(NamedTuple):
    """How outputs compare with labels; n rows whose labels are known, n_unlabelled more were left out.

    macro_*: plain means over the labels, where an undefined rate counts as 0; micro_*: the rates of the counts of all
    labels together; subset_accuracy: fraction of the rows of which every label is right; hamming_loss: fraction of the
    single labels that are wrong; macro_auc, macro_pr_auc: plain means over the labels that have one; log_loss, brier,
    calibration_error: of all single labels together, see probabilities.py; undefined: the reason for each None, by name;
    intervals: of metrics by name, `ppv of LABEL` for that of a label, see confidence.py; empty where nobody asked. With sample
    weights the counts are sums of weights.
    """

    labels: tuple[LabelRates, ...]
    n: int | float
    n_unlabelled: int
    macro_recall: float | None
    macro_precision: float | None
    macro_f1: float | None
    micro_recall: float | None
    micro_precision: float | None
    micro_f1: float | None
    subset_accuracy: float | None
    hamming_loss: float | None
    macro_auc: float | None
    macro_pr_auc: float | None
    log_loss: float | None
    brier: float | None
    calibration_error: float | None
    undefined: Mapping[str, str]
    intervals: Mapping[str, Interval] = NO_INTERVALS

    def __repr__(self) -> str:
        return brief(self, "macro_f1", "micro_f1", "hamming_loss", "subset_accuracy")

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values for JSON, keys as the fields; an undefined figure is None."""
        labels = [label._asdict() for label in self.labels]
        found = {**self._asdict(), "labels": labels, "undefined": dict(self.undefined)}
        del found["intervals"]
        return found | intervals_document(self.intervals)


def evaluate_labels(
    outputs: Array,
    targets: Array,
    *,
    threshold: float = 0.5,
    names: Sequence[str] = (),
    weights: Array | None = None,
) -> MultilabelEvaluation:
    """Compare outputs (n_samples, n_labels) with targets of the same shape, 1 for rows that have the label and 0 for others.

    An output strictly above `threshold` gives the row the label. Samples with a target that is nan are left out and counted.
    Args: names: of the labels, else 'label 1' ...; weights (n_samples,) >= 0: samples of weight 0 are left out.
    Raises: ValueError for shapes or names that do not fit together.
    """
    outputs, targets = np.asarray(outputs), np.asarray(targets)
    if outputs.ndim != 2 or outputs.shape != targets.shape or not outputs.shape[1]:
        raise ValueError(f"outputs of shape {outputs.shape} and targets of shape {targets.shape} do not fit")
    names = tuple(names) or tuple(f"label {k}" for k in range(1, targets.shape[1] + 1))
    if len(names) != targets.shape[1]:
        raise ValueError(f"{len(names)} names for {targets.shape[1]} labels")
    rows, own, n_unlabelled = answered_rows(targets, weights)
    return _evaluation(outputs[rows], targets[rows] > 0, threshold, names, own, n_unlabelled)


def _evaluation(
    outputs: Array, wanted: Array, threshold: float, names: tuple[str, ...], weights: Array | None, n_unlabelled: int
) -> MultilabelEvaluation:
    """From outputs and what was wanted, bool (n, n_labels)."""
    undefined: dict[str, str] = {}
    given = outputs > outputs.dtype.type(threshold)
    finite = bool(np.isfinite(outputs).all())
    labels = tuple(
        _rates(name, given[:, k], wanted[:, k], outputs[:, k] if finite else None, weights, undefined)
        for k, name in enumerate(names)
    )
    right = (given == wanted).all(axis=1)
    n = count(np.full(right.shape, True), weights)
    if not n:
        undefined |= dict.fromkeys(("subset_accuracy", "hamming_loss"), "no sample has its labels")
    macro = [
        sum(getattr(label, rate) or 0.0 for label in labels) / len(labels) for rate in ("sensitivity", "ppv", "f1")
    ]
    areas = [_mean_of([getattr(label, name) for label in labels]) for name in ("auc", "pr_auc")]
    undefined |= {
        name: "no label has one"
        for name, value in zip(("macro_auc", "macro_pr_auc"), areas, strict=True)
        if value is None
    }
    each = None if weights is None else np.repeat(weights, len(labels))
    probability = or_none(of_scores(outputs.reshape(-1), wanted.reshape(-1), (1.0, 0.0), each), undefined)
    tp, fn, fp = (sum(getattr(label, name) for label in labels) for name in ("tp", "fn", "fp"))
    return MultilabelEvaluation(
        labels, n, n_unlabelled,
        macro_recall=macro[0] if n else None, macro_precision=macro[1] if n else None, macro_f1=macro[2] if n else None,
        micro_recall=_ratio(tp, tp + fn), micro_precision=_ratio(tp, tp + fp), micro_f1=_ratio(2 * tp, 2 * tp + fn + fp),
        subset_accuracy=_ratio(count(right, weights), n), hamming_loss=_ratio(fn + fp, n * len(labels)),
        macro_auc=areas[0], macro_pr_auc=areas[1], **probability._asdict(), undefined=undefined,
    )  # fmt: skip


def _rates(
    name: str, given: Array, wanted: Array, outputs: Array | None, weights: Array | None, undefined: dict[str, str]
) -> LabelRates:
    """The rates of one label (n,), outputs None where one is not finite; the reason for each None is added to `undefined`."""
    tp, fn = count(given & wanted, weights), count(~given & wanted, weights)
    fp, tn = count(given & ~wanted, weights), count(~given & ~wanted, weights)
    auc = None if outputs is None else area_under_curve(outputs, wanted, weights)
    pr_auc = None if outputs is None else average_precision(outputs, wanted, weights)
    infinite = "an output is not finite" if outputs is None else ""
    found = {
        "sensitivity": (_ratio(tp, tp + fn), "no sample has the label"),
        "specificity": (_ratio(tn, tn + fp), "every sample has the label"),
        "ppv": (_ratio(tp, tp + fp), "no sample was given the label"),
        "f1": (_ratio(2 * tp, 2 * tp + fn + fp), "no sample has the label or was given it"),
        "auc": (auc, infinite or "it needs samples with the label and without it"),
        "pr_auc": (pr_auc, infinite or "no sample has the label"),
    }
    undefined |= {f"{rate} of {name}": reason for rate, (value, reason) in found.items() if value is None}
    return LabelRates(name, tp, fn, tn, fp, **{rate: value for rate, (value, _) in found.items()})


def _ratio(counted: float, whole: float) -> float | None:
    return counted / whole if whole else None


def _mean_of(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
