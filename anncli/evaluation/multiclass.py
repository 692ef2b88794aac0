"""An evaluation of K classes: which class was answered for which, and the rates of each class and of all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array, blocks
from anncli.evaluation.binary import mean_squared_error, why_no_mse

# How far from 1 the outputs of a row may sum and still be probabilities: float32 softmax stays far inside.
_SUM_TOLERANCE = 1e-3


class MulticlassEvaluation(NamedTuple):
    """How K outputs compare with labels; the largest output is the answer, the first of equal ones.

    matrix (K, K) int64: rows are the true classes, columns the answered ones; recall, precision, f1: one value per
    class, None where undefined; macro_*: plain means over the classes that have samples, in which a class that was
    never answered counts with precision 0 (macro_recall is the balanced accuracy); mse: over samples and outputs;
    log_loss: mean of -log(output of the true class), where the outputs are probabilities; majority_share: the
    accuracy of always answering the largest class; undefined: why each None is one, by name.
    """

    classes: tuple[str, ...]
    n: int
    n_unlabelled: int
    matrix: Array
    accuracy: float | None
    recall: tuple[float | None, ...]
    precision: tuple[float | None, ...]
    f1: tuple[float | None, ...]
    macro_recall: float | None
    macro_precision: float | None
    macro_f1: float | None
    mse: float | None
    log_loss: float | None
    majority_share: float | None
    undefined: Mapping[str, str]

    @property
    def class_counts(self) -> tuple[int, ...]:
        """Labelled samples of each class."""
        return tuple(self.matrix.sum(axis=1).tolist())

    @property
    def answer_counts(self) -> tuple[int, ...]:
        """How often each class was answered."""
        return tuple(self.matrix.sum(axis=0).tolist())

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values for JSON; lists are in class order and an undefined metric is None."""
        return {
            "classes": list(self.classes),
            "n": self.n,
            "n_unlabelled": self.n_unlabelled,
            "class_counts": list(self.class_counts),
            "matrix": self.matrix.tolist(),
            "accuracy": self.accuracy,
            "recall": list(self.recall),
            "precision": list(self.precision),
            "f1": list(self.f1),
            "macro_recall": self.macro_recall,
            "macro_precision": self.macro_precision,
            "macro_f1": self.macro_f1,
            "mse": self.mse,
            "log_loss": self.log_loss,
            "majority_share": self.majority_share,
            "undefined": dict(self.undefined),
        }


def confusion_matrix(labels: Array, answers: Array, n_classes: int) -> Array:
    """(K, K) int64: how often each class (row) was answered as each class (column)."""
    places = labels.astype(np.int64) * n_classes + answers
    return np.bincount(places, minlength=n_classes * n_classes).reshape(n_classes, n_classes)


def evaluate_classes(
    outputs: Array, labels: Array, targets: tuple[float, float] | None, classes: tuple[str, ...], n_unlabelled: int = 0
) -> MulticlassEvaluation:
    """Judge outputs (n, K), one per class, by labels (n,) 0..K-1.

    Args: targets: the outputs (high, low) asked for, for mse; None leaves it undefined.
    """
    n, n_classes = outputs.shape
    matrix = np.zeros((n_classes, n_classes), dtype=np.int64)
    for block in blocks(n):
        matrix += confusion_matrix(labels[block], np.argmax(outputs[block], axis=1), n_classes)
    hits, counts, answered = np.diag(matrix).tolist(), matrix.sum(axis=1).tolist(), matrix.sum(axis=0).tolist()
    undefined: dict[str, str] = {}
    recall = _ratios("recall", hits, counts, classes, "the class has no samples", undefined)
    precision = _ratios("precision", hits, answered, classes, "the class was never answered", undefined)
    both = [count + answers for count, answers in zip(counts, answered, strict=True)]
    f1 = _ratios("f1", [2 * hit for hit in hits], both, classes, "no samples, and never answered", undefined)
    accuracy = sum(hits) / n if n else None
    mse = mean_squared_error(outputs, labels, targets)
    log_loss, no_log_loss = _log_loss(outputs, labels)
    if mse is None:
        undefined["mse"] = why_no_mse(outputs, targets)
    if log_loss is None:
        undefined["log_loss"] = no_log_loss
    if not n:
        for name in ("accuracy", "macro_recall", "macro_precision", "macro_f1", "majority_share"):
            undefined[name] = "no sample has a label"
    return MulticlassEvaluation(
        classes=classes,
        n=n,
        n_unlabelled=n_unlabelled,
        matrix=matrix,
        accuracy=accuracy,
        recall=recall,
        precision=precision,
        f1=f1,
        macro_recall=_macro(recall, counts),
        macro_precision=_macro(precision, counts),
        macro_f1=_macro(f1, counts),
        mse=mse,
        log_loss=log_loss,
        majority_share=max(counts) / n if n else None,
        undefined=undefined,
    )


def _ratios(
    metric: str, parts: list[int], wholes: list[int], classes: tuple[str, ...], reason: str, undefined: dict[str, str]
) -> tuple[float | None, ...]:
    """part / whole of each class; where there is no whole None, and the reason noted."""
    undefined.update({f"{metric} of {name}": reason for name, whole in zip(classes, wholes, strict=True) if not whole})
    return tuple(part / whole if whole else None for part, whole in zip(parts, wholes, strict=True))


def _macro(values: tuple[float | None, ...], counts: list[int]) -> float | None:
    present = [value or 0.0 for value, count in zip(values, counts, strict=True) if count]
    return sum(present) / len(present) if present else None


def _log_loss(outputs: Array, labels: Array) -> tuple[float | None, str]:
    """Mean of -log(output of the true class), or None and why.

    An output below the rounding error of its dtype is taken as that error, so that one sure and wrong answer costs
    about 16 (float32) and not infinity.
    """
    if not len(outputs):
        return None, "no sample has a label"
    chosen = np.empty(len(outputs))
    for block in blocks(len(outputs)):
        given = outputs[block]
        inside = bool(((given >= 0) & (given <= 1)).all())
        if not inside or np.abs(given.sum(axis=1, dtype=np.float64) - 1).max() > _SUM_TOLERANCE:
            return None, "the outputs are not probabilities that sum to 1"
        chosen[block] = given[np.arange(len(given)), labels[block]]
    np.log(np.maximum(chosen, np.finfo(outputs.dtype).eps, out=chosen), out=chosen)
    # Adding 0 takes the sign off the zero that sure and right answers give.
    return float(-chosen.mean()) + 0.0, ""
