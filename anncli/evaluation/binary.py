"""An evaluation of two classes: counts of right and wrong answers, the rates made of them, AUC and mse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.evaluation.ranking import area_under_curve

# Rows that are worked on in float64 at a time.
_BLOCK_ROWS = 1 << 15


class BinaryEvaluation(NamedTuple):
    """How scores compare with labels; class 0 is positive. Rates are shares from 0 to 1, or None where undefined.

    n = tp + fn + tn + fp labelled samples, n_unlabelled more were left out; sensitivity (SE) tp/(tp+fn);
    specificity (SP) tn/(tn+fp); ppv tp/(tp+fp); npv tn/(tn+fn); f1 2tp/(2tp+fp+fn); auc: see ranking.py;
    mse: mean of (score - target)^2; majority_share: the accuracy of always answering the larger class;
    undefined: why each None is one, by field name.
    """

    classes: tuple[str, ...]
    n: int
    n_unlabelled: int
    tp: int
    fn: int
    tn: int
    fp: int
    sensitivity: float | None
    specificity: float | None
    ppv: float | None
    npv: float | None
    accuracy: float | None
    f1: float | None
    auc: float | None
    mse: float | None
    majority_share: float | None
    undefined: Mapping[str, str]

    @property
    def class_counts(self) -> tuple[int, ...]:
        """Labelled samples of each class."""
        return self.tp + self.fn, self.tn + self.fp

    @property
    def answer_counts(self) -> tuple[int, ...]:
        """How often each class was answered."""
        return self.tp + self.fp, self.tn + self.fn

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values for JSON, keys as the fields; an undefined metric is None."""
        return {**self._asdict(), "classes": list(self.classes), "undefined": dict(self.undefined)}


def evaluate_scores(
    scores: Array,
    labels: Array,
    threshold: float,
    targets: tuple[float, float] | None,
    classes: tuple[str, ...],
    n_unlabelled: int = 0,
) -> BinaryEvaluation:
    """Judge scores (n,) by labels (n,), 0 positive or 1 negative; a score strictly above `threshold` answers positive.

    Args: targets: the scores (high, low) asked for, for mse; None leaves it undefined.
    """
    is_positive, n = labels == 0, len(labels)
    answered = scores > scores.dtype.type(threshold)
    n_positive, n_answered = int(np.count_nonzero(is_positive)), int(np.count_nonzero(answered))
    tp = int(np.count_nonzero(answered & is_positive))
    fn, fp = n_positive - tp, n_answered - tp
    tn = n - n_positive - fp
    del answered
    values: dict[str, float | None] = {}
    undefined: dict[str, str] = {}
    for name, count, of, reason in (
        ("sensitivity", tp, tp + fn, "no sample is positive"),
        ("specificity", tn, tn + fp, "no sample is negative"),
        ("ppv", tp, tp + fp, "no sample was predicted positive"),
        ("npv", tn, tn + fn, "no sample was predicted negative"),
        ("accuracy", tp + tn, n, "no sample has a label"),
        ("f1", 2 * tp, 2 * tp + fp + fn, "no sample is positive or was predicted positive"),
        ("majority_share", max(tp + fn, tn + fp), n, "no sample has a label"),
    ):
        values[name] = count / of if of else None
        if not of:
            undefined[name] = reason
    finite = bool(np.isfinite(scores).all())
    values["auc"] = area_under_curve(scores, is_positive) if finite else None
    if values["auc"] is None:
        undefined["auc"] = "it needs samples of both classes" if finite else "a score is not finite"
    values["mse"] = mean_squared_error(scores[:, None], labels, targets)
    if values["mse"] is None:
        undefined["mse"] = why_no_mse(scores, targets)
    return BinaryEvaluation(
        classes=classes, n=n, n_unlabelled=n_unlabelled, tp=tp, fn=fn, tn=tn, fp=fp, undefined=undefined, **values
    )


def mean_squared_error(outputs: Array, labels: Array, targets: tuple[float, float] | None) -> float | None:
    """Mean over samples and outputs of (output - target)^2 in float64; None when it has no value.

    Args: outputs (n, K); labels (n,): the output that should be high; with K = 1 label 0 means high, 1 low.
    """
    if targets is None or not outputs.size:
        return None
    high, low = targets
    total = 0.0
    for start in range(0, len(outputs), _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        if not np.isfinite(outputs[block]).all():
            return None
        # In place: a block of many classes is large.
        errors = outputs[block].astype(np.float64)
        hits = np.flatnonzero(labels[block] < outputs.shape[1])
        own = hits, labels[block][hits]
        missing = errors[own] - high
        errors -= low
        errors[own] = missing
        total += float(np.square(errors, out=errors).sum())
    return total / outputs.size


def why_no_mse(outputs: Array, targets: tuple[float, float] | None) -> str:
    """The reason behind a None of mean_squared_error()."""
    if targets is None:
        return "no targets are known"
    return "an output is not finite" if outputs.size else "no sample has a label"
