"""Confidence: the interval of every metric of an evaluation. docs/evaluation.md says which kind each has."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.evaluation.binary import BinaryEvaluation
from anncli.evaluation.class_intervals import ClassRates, class_intervals
from anncli.evaluation.interval import Confidence, Interval
from anncli.evaluation.intervals import delong, wilson
from anncli.evaluation.label_intervals import label_intervals
from anncli.evaluation.multiclass import MulticlassEvaluation
from anncli.evaluation.multilabel import MultilabelEvaluation
from anncli.evaluation.number_intervals import number_intervals
from anncli.evaluation.probabilities import class_losses, hits_among
from anncli.evaluation.regression import RegressionEvaluation
from anncli.evaluation.resampling import Resampler
from anncli.evaluation.score_intervals import area_interval, calibration_interval, precision_interval, within

_Found = dict[str, Interval | None]


def intervals_of(
    outputs: Array,
    labels: Array,
    evaluation: BinaryEvaluation | MulticlassEvaluation | MultilabelEvaluation | RegressionEvaluation,
    confidence: Confidence,
    *,
    threshold: float | Array = 0.5,
    weights: Array | None = None,
    targets: tuple[float, float] | None = None,
) -> dict[str, Interval]:
    """The intervals of the metrics of an evaluation by its fields, `recall of CLASS` for that of a class; metrics that are
    undefined have none.

    Args: outputs, labels, threshold, weights, targets: what the evaluation was made of, see evaluate_outputs(), without the
        rows that it left out; of a task without classes labels are the targets (n, m).
    """
    found: _Found = {}
    if isinstance(evaluation, RegressionEvaluation):
        found = number_intervals(outputs, labels, evaluation, confidence, weights)
    elif isinstance(evaluation, MultilabelEvaluation):
        assert not isinstance(threshold, np.ndarray)
        found = label_intervals(outputs, labels, evaluation, confidence, threshold, weights)
    elif len(labels):
        own = None if weights is None else np.asarray(weights).astype(np.float64)
        resampler = Resampler(len(labels), confidence.level, confidence.seed, own)
        if isinstance(evaluation, BinaryEvaluation):
            found = _of_scores(resampler, outputs[:, 0], labels, evaluation, threshold)
        else:
            found = _of_outputs(resampler, outputs, labels, evaluation)
        if not confidence.is_brief:
            found |= _of_areas(resampler, outputs, labels, evaluation)
            found |= _of_losses(resampler, outputs, labels, evaluation, targets)
    return {name: interval for name, interval in found.items() if interval is not None}


def _of_scores(
    resampler: Resampler,
    scores: Array,
    labels: Array,
    e: BinaryEvaluation,
    threshold: float | Array,
) -> _Found:
    is_positive = labels == 0
    predicted = np.where(scores > np.asarray(threshold, dtype=scores.dtype), 0, 1)
    values = ClassRates(
        *(_known(x) for x in (e.accuracy, e.balanced_accuracy, None, None, e.mcc, e.kappa)),
        *(
            np.array([_known(x) for x in pair])
            for pair in ((e.sensitivity, e.specificity), (e.ppv, e.npv), (e.f1, None))
        ),
    )
    drawn = class_intervals(resampler, predicted, labels, np.array([[e.tp, e.fn], [e.fp, e.tn]]), values)
    found = {
        "sensitivity": drawn["recall"][0], "specificity": drawn["recall"][1],
        "ppv": drawn["precision"][0], "npv": drawn["precision"][1], "accuracy": drawn["accuracy"][0],
        "balanced_accuracy": drawn["macro_recall"][0], "mcc": drawn["mcc"][0], "kappa": drawn["kappa"][0],
        "f1": drawn["f1"][0],
    }  # fmt: skip
    confidence = resampler.confidence
    if resampler.weights is None:
        pairs = {
            "sensitivity": (e.tp, e.tp + e.fn), "specificity": (e.tn, e.tn + e.fp),
            "ppv": (e.tp, e.tp + e.fp), "npv": (e.tn, e.tn + e.fn), "accuracy": (e.tp + e.tn, e.n),
        }  # fmt: skip
        found |= {name: wilson(part, whole, confidence) for name, (part, whole) in pairs.items()}
    if e.auc is not None:
        found["auc"] = delong(scores, is_positive, confidence) if resampler.weights is None else None
        if found["auc"] is None:
            found["auc"] = area_interval(e.auc, [(scores, is_positive)], confidence, resampler.weights)
    return found


def _of_outputs(
    resampler: Resampler,
    outputs: Array,
    labels: Array,
    e: MulticlassEvaluation,
) -> _Found:
    values = ClassRates(
        *(_known(x) for x in (e.accuracy, e.macro_recall, e.macro_precision, e.macro_f1, e.mcc, e.kappa)),
        *(np.array([_known(x) for x in rates]) for rates in (e.recall, e.precision, e.f1)),
    )
    drawn = class_intervals(resampler, np.argmax(outputs, axis=1), labels, e.matrix, values)
    found: _Found = {name: drawn[name][0] for name in ClassRates._fields[:6]}
    of_classes = {name: drawn[name] for name in ("recall", "precision", "f1")}
    top = {3: e.top_3, 5: e.top_5}
    confidence = resampler.confidence
    if resampler.weights is None:
        hits, counts, predicted = np.diag(e.matrix).tolist(), e.class_counts, e.predicted_counts
        found["accuracy"] = wilson(sum(hits), e.n, confidence)
        of_classes["recall"] = [wilson(part, whole, confidence) for part, whole in zip(hits, counts, strict=True)]
        of_classes["precision"] = [wilson(part, whole, confidence) for part, whole in zip(hits, predicted, strict=True)]
        found |= {f"top_{k}": wilson(value * e.n, e.n, confidence) for k, value in top.items() if value is not None}
    else:
        found |= resampler.means({f"top_{k}": value for k, value in top.items()}, _among(outputs, labels, top))
    for name, intervals in of_classes.items():
        found |= {f"{name} of {one}": interval for one, interval in zip(e.classes, intervals, strict=True)}
    return found


def _of_areas(
    resampler: Resampler, outputs: Array, labels: Array, e: BinaryEvaluation | MulticlassEvaluation
) -> _Found:
    """pr_auc, and macro_auc."""
    if isinstance(e, BinaryEvaluation):
        none = e.pr_auc is None
        return {} if none else {"pr_auc": precision_interval(resampler, e.pr_auc, outputs[:, 0], labels == 0)}
    if e.macro_auc is None:
        return {}
    columns = ((np.ascontiguousarray(outputs[:, k]), labels == k) for k in range(outputs.shape[1]))
    return {"macro_auc": area_interval(e.macro_auc, columns, resampler.confidence, resampler.weights)}


def _among(outputs: Array, labels: Array, wanted: dict[int, float | None]) -> dict[str, Array]:
    """Whether the class of each row is among the largest outputs, of the numbers that have a value."""
    found = {}
    for k in (k for k, value in wanted.items() if value is not None):
        found[f"top_{k}"] = np.concatenate([hit for _, hit in hits_among(outputs, labels, k)]).astype(np.float64)
    return found


def _of_losses(
    resampler: Resampler,
    outputs: Array,
    labels: Array,
    e: BinaryEvaluation | MulticlassEvaluation,
    targets: tuple[float, float] | None,
) -> _Found:
    """mse, where the targets are known, log_loss, brier and calibration_error."""
    is_positive, of_rows = labels == 0, dict[str, Array]()
    if e.mse is not None and targets is not None:
        wanted = (labels[:, None] == np.arange(outputs.shape[1])) if outputs.shape[1] > 1 else is_positive[:, None]
        of_rows["mse"] = np.square(outputs - np.where(wanted, *targets)).mean(axis=1)
    probabilities, hits = outputs[:, 0], is_positive
    if e.log_loss is not None:
        of_rows |= dict(zip(("log_loss", "brier"), class_losses(outputs, labels), strict=True))
        if outputs.shape[1] > 1:
            probabilities, hits = outputs.max(axis=1), np.argmax(outputs, axis=1) == labels
    found = resampler.means({"mse": e.mse, "log_loss": e.log_loss, "brier": e.brier}, of_rows)
    found["calibration_error"] = within(calibration_interval(resampler, e.calibration_error, probabilities, hits))
    return found


def _known(value: float | None) -> Array:
    return np.array(np.nan if value is None else value)
