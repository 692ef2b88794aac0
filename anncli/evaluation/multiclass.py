"""An evaluation of K classes: which class was predicted for which, and the rates of each class and of all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array, blocks
from anncli.evaluation.correlation import matthews_correlation
from anncli.evaluation.means import mean_squared_error, why_no_mse

# How far from 1 the outputs of a row may sum and still be probabilities; the rounding of float32 softmax is far below.
_SUM_TOLERANCE = 1e-3


class MulticlassEvaluation(NamedTuple):
    """How K outputs compare with labels; the class of the largest output is predicted, of equal outputs the first.

    matrix (K, K): rows are the true classes, columns the predicted ones, int64; recall, precision, f1: one value per
    class, None where undefined; macro_*: plain means over the classes that have samples, where a class that was never
    predicted counts with precision 0 (macro_recall is the balanced accuracy); mcc: see correlation.py; mse: over
    samples and outputs; log_loss: mean of -log(output of the true class), where the outputs are probabilities;
    majority_share: the accuracy of always predicting the largest class; undefined: the reason for each None, by name.
    With sample weights n and the matrix are sums of weights (float64).
    """

    classes: tuple[str, ...]
    n: int | float
    n_unlabelled: int
    matrix: Array
    accuracy: float | None
    recall: tuple[float | None, ...]
    precision: tuple[float | None, ...]
    f1: tuple[float | None, ...]
    macro_recall: float | None
    macro_precision: float | None
    macro_f1: float | None
    mcc: float | None
    mse: float | None
    log_loss: float | None
    majority_share: float | None
    undefined: Mapping[str, str]

    @property
    def class_counts(self) -> tuple[int | float, ...]:
        """Labelled samples of each class."""
        return tuple(self.matrix.sum(axis=1).tolist())

    @property
    def predicted_counts(self) -> tuple[int | float, ...]:
        """How often each class was predicted."""
        return tuple(self.matrix.sum(axis=0).tolist())

    @property
    def recalls(self) -> tuple[float | None, ...]:
        """The fraction of each class that was predicted as such."""
        return self.recall

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
            "mcc": self.mcc,
            "mse": self.mse,
            "log_loss": self.log_loss,
            "majority_share": self.majority_share,
            "undefined": dict(self.undefined),
        }


def confusion_matrix(labels: Array, predicted: Array, n_classes: int, weights: Array | None = None) -> Array:
    """(K, K) how often each class (row) was predicted as each class (column): int64, or sums of weights in float64."""
    places = labels.astype(np.int64) * n_classes + predicted
    return np.bincount(places, weights, minlength=n_classes * n_classes).reshape(n_classes, n_classes)


def evaluate_classes(
    outputs: Array,
    labels: Array,
    targets: tuple[float, float] | None,
    classes: tuple[str, ...],
    n_unlabelled: int = 0,
    weights: Array | None = None,
) -> MulticlassEvaluation:
    """Compare outputs (n, K), one per class, with labels (n,) 0..K-1.

    Args: targets: the outputs (high, low) of training, for the mse; None leaves it undefined; weights (n,) above 0.
    """
    matrix = _matrix(outputs, labels, weights)
    hits, counts, predicted = np.diag(matrix).tolist(), matrix.sum(axis=1).tolist(), matrix.sum(axis=0).tolist()
    n = sum(counts)
    undefined: dict[str, str] = {}
    recall = _ratios("recall", hits, counts, classes, "the class has no samples", undefined)
    precision = _ratios("precision", hits, predicted, classes, "the class was never predicted", undefined)
    both = [own + other for own, other in zip(counts, predicted, strict=True)]
    f1 = _ratios("f1", [2 * hit for hit in hits], both, classes, "no samples, and never predicted", undefined)
    mse = mean_squared_error(outputs, labels, targets, weights)
    if mse is None:
        undefined["mse"] = why_no_mse(outputs, targets)
    log_loss = _or_reason("log_loss", _log_loss(outputs, labels, weights), undefined)
    mcc = _or_reason("mcc", matthews_correlation(sum(hits), counts, predicted), undefined)
    if not n:
        without = ("accuracy", "macro_recall", "macro_precision", "macro_f1", "majority_share")
        undefined |= dict.fromkeys(without, "no sample has a label")
    macro = [_macro(values, counts) for values in (recall, precision, f1)]
    return MulticlassEvaluation(
        classes, n, n_unlabelled, matrix,
        accuracy=sum(hits) / n if n else None, recall=recall, precision=precision, f1=f1,
        macro_recall=macro[0], macro_precision=macro[1], macro_f1=macro[2], mcc=mcc, mse=mse, log_loss=log_loss,
        majority_share=max(counts) / n if n else None, undefined=undefined,
    )  # fmt: skip


def _or_reason(metric: str, value: float | str, undefined: dict[str, str]) -> float | None:
    """The value; None for a reason in words, which is added to `undefined`."""
    if isinstance(value, str):
        undefined[metric] = value
        return None
    return value


def _matrix(outputs: Array, labels: Array, weights: Array | None) -> Array:
    n, n_classes = outputs.shape
    matrix = np.zeros((n_classes, n_classes), dtype=np.int64 if weights is None else np.float64)
    for block in blocks(n):
        predicted, own = np.argmax(outputs[block], axis=1), None if weights is None else weights[block]
        matrix += confusion_matrix(labels[block], predicted, n_classes, own)
    return matrix


def _ratios(
    metric: str,
    parts: list[float],
    wholes: list[float],
    classes: tuple[str, ...],
    reason: str,
    undefined: dict[str, str],
) -> tuple[float | None, ...]:
    """part / whole of each class; None where the whole is 0, with the reason added to `undefined`."""
    undefined.update({f"{metric} of {name}": reason for name, whole in zip(classes, wholes, strict=True) if not whole})
    return tuple(part / whole if whole else None for part, whole in zip(parts, wholes, strict=True))


def _macro(values: tuple[float | None, ...], counts: list[float]) -> float | None:
    present = [value or 0.0 for value, count in zip(values, counts, strict=True) if count]
    return sum(present) / len(present) if present else None


def _log_loss(outputs: Array, labels: Array, weights: Array | None) -> float | str:
    """Mean of -log(output of the true class), or why there is none.

    An output below the rounding error of its dtype counts as that error, so that one confident and wrong prediction costs
    about 16 (float32) and not infinity.
    """
    if not len(outputs):
        return "no sample has a label"
    chosen = np.empty(len(outputs))
    for block in blocks(len(outputs)):
        given = outputs[block]
        inside = bool(((given >= 0) & (given <= 1)).all())
        if not inside or np.abs(given.sum(axis=1, dtype=np.float64) - 1).max() > _SUM_TOLERANCE:
            return "the outputs are not probabilities that sum to 1"
        chosen[block] = given[np.arange(len(given)), labels[block]]
    np.log(np.maximum(chosen, np.finfo(outputs.dtype).eps, out=chosen), out=chosen)
    mean = chosen.mean() if weights is None else np.average(chosen, weights=weights)
    # Adding 0 turns the -0.0 of perfect predictions into 0.0.
    return float(-mean) + 0.0
