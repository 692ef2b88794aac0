"""Intervals of the metrics of labels. Rows are drawn, not single labels, because the labels of a row go together."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.evaluation.interval import Confidence, Interval
from anncli.evaluation.intervals import delong, wilson
from anncli.evaluation.means import answered_rows
from anncli.evaluation.multilabel import MultilabelEvaluation
from anncli.evaluation.probabilities import label_losses
from anncli.evaluation.resampling import Part, Resampler
from anncli.evaluation.score_intervals import area_interval, calibration_interval, precision_draws, within

_OF_LABELS = ("sensitivity", "specificity", "ppv", "f1")
_OF_ALL = ("macro_recall", "macro_precision", "macro_f1", "micro_recall", "micro_precision", "micro_f1", "hamming_loss")


def label_intervals(
    outputs: Array,
    targets: Array,
    e: MultilabelEvaluation,
    confidence: Confidence,
    threshold: float = 0.5,
    weights: Array | None = None,
) -> dict[str, Interval | None]:
    """See intervals_of(); `ppv of LABEL` is that of one label."""
    outputs, targets = np.asarray(outputs), np.asarray(targets)
    rows, own, _ = answered_rows(targets, weights)
    outputs, wanted = outputs[rows], targets[rows] > 0
    if not len(wanted):
        return {}
    resampler = Resampler(len(wanted), confidence.level, confidence.seed, own)
    given = outputs > outputs.dtype.type(threshold)
    found = _of_counts(resampler, given, wanted, e)
    right = (given == wanted).all(axis=1).astype(np.float64)
    found |= resampler.means({"subset_accuracy": e.subset_accuracy}, {"subset_accuracy": right})
    if own is None:
        if e.subset_accuracy is not None:
            found["subset_accuracy"] = wilson(e.subset_accuracy * len(right), len(right), confidence.level)
        for label in e.labels:
            pairs = {
                "sensitivity": (label.tp, label.tp + label.fn), "specificity": (label.tn, label.tn + label.fp),
                "ppv": (label.tp, label.tp + label.fp),
            }  # fmt: skip
            found |= {f"{name} of {label.name}": wilson(*pair, confidence.level) for name, pair in pairs.items()}
    if confidence.is_brief:
        return found
    return found | _of_areas(resampler, outputs, wanted, e) | _of_probabilities(resampler, outputs, wanted, e)


def _of_counts(
    resampler: Resampler, given: Array, wanted: Array, e: MultilabelEvaluation
) -> dict[str, Interval | None]:
    n_labels = len(e.labels)
    parts = [Part(2 * given[:, k] + wanted[:, k], 4) for k in range(n_labels)]
    drawn, left = resampler.draws(resampler.sums(*parts), lambda sums: _rates(sums, n_labels))
    names = [f"{rate} of {label.name}" for label in e.labels for rate in _OF_LABELS]
    values = [getattr(label, rate) for label in e.labels for rate in _OF_LABELS]
    values += [getattr(e, name) for name in _OF_ALL]
    return {
        name: resampler.interval(value, drawn[:, k], left[:, k])
        for k, (name, value) in enumerate(zip([*names, *_OF_ALL], values, strict=True))
    }


def _rates(sums: Array, n_labels: int) -> Array:
    """_OF_LABELS of each label, then _OF_ALL, from the counts (..., 4 m) of rows by label: without it and not given it, with it
    and not, without it and given, with it and given."""
    tn, fn, fp, tp = np.moveaxis(sums.reshape(*sums.shape[:-1], n_labels, 4), -1, 0)
    rates = [tp / (tp + fn), tn / (tn + fp), tp / (tp + fp), 2 * tp / (2 * tp + fn + fp)]
    of_labels = np.stack(rates, axis=-1).reshape(*sums.shape[:-1], -1)
    macro = [np.nan_to_num(rates[k]).mean(axis=-1) for k in (0, 2, 3)]
    tp, fn, fp = (counts.sum(axis=-1) for counts in (tp, fn, fp))
    micro = [tp / (tp + fn), tp / (tp + fp), 2 * tp / (2 * tp + fn + fp)]
    return np.concatenate([of_labels, np.stack([*macro, *micro, (fn + fp) / sums.sum(axis=-1)], axis=-1)], axis=-1)


def _of_areas(
    resampler: Resampler, outputs: Array, wanted: Array, e: MultilabelEvaluation
) -> dict[str, Interval | None]:
    found, columns, precisions = dict[str, Interval | None](), [], []
    confidence = resampler.confidence
    for k, label in enumerate(e.labels):
        column = np.ascontiguousarray(outputs[:, k]), wanted[:, k]
        if label.auc is not None:
            columns.append(column)
            area = delong(*column, confidence) if resampler.weights is None else None
            found[f"auc of {label.name}"] = area or area_interval(label.auc, [column], confidence, resampler.weights)
        if label.pr_auc is not None:
            drawn, left = precision_draws(resampler, label.pr_auc, *column)
            precisions.append((drawn, left))
            found[f"pr_auc of {label.name}"] = within(resampler.interval(label.pr_auc, drawn, left))
    if e.macro_auc is not None:
        found["macro_auc"] = area_interval(e.macro_auc, columns, confidence, resampler.weights)
    if e.macro_pr_auc is not None:
        drawn, left = (np.mean([one[part] for one in precisions], axis=0) for part in (0, 1))
        found["macro_pr_auc"] = within(resampler.interval(e.macro_pr_auc, drawn, left))
    return found


def _of_probabilities(
    resampler: Resampler, outputs: Array, wanted: Array, e: MultilabelEvaluation
) -> dict[str, Interval | None]:
    if e.log_loss is None:
        return {}
    losses = dict(zip(("log_loss", "brier"), label_losses(outputs, wanted), strict=True))
    found = resampler.means({"log_loss": e.log_loss, "brier": e.brier}, losses)
    error = calibration_interval(resampler, e.calibration_error, outputs, wanted)
    return {**found, "calibration_error": within(error)}
