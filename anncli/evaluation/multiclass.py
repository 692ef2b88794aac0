"""An evaluation of K classes: which class was predicted for which, and the rates of each class and of all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array, blocks
from anncli.evaluation.brief import brief
from anncli.evaluation.correlation import cohen_kappa, matthews_correlation
from anncli.evaluation.interval import NO_INTERVALS, Interval, intervals_document
from anncli.evaluation.means import count, mean_squared_error, why_no_mse
from anncli.evaluation.probabilities import ProbabilityMetrics, hits_among, of_outputs, or_none
from anncli.evaluation.ranking import area_under_curve

#: With more classes than these the areas of every class against the others would take longer than all other metrics.
_MOST_AREAS = 100
_OF_ALL = ("accuracy", "macro_recall", "macro_precision", "macro_f1", "majority_share")


class MulticlassEvaluation(NamedTuple):
    """How K outputs compare with labels; the class of the largest output is predicted, of equal outputs the first.

    matrix (K, K): rows are the true classes, columns the predicted ones, int64; recall, precision, f1: one value per
    class, None where undefined; macro_*: plain means over the classes that have samples, where a class that was never
    predicted counts with precision 0 (macro_recall is the balanced accuracy); mcc, kappa: see correlation.py; macro_auc: plain
    mean over the classes of the area under the ROC curve of their output, the class against all others; top_3, top_5:
    fraction of the samples whose class is among the 3 or 5 largest outputs, with more classes than that; mse: over
    samples and outputs; log_loss, brier, calibration_error: see probabilities.py;
    majority_share: the accuracy of always predicting the largest class; undefined: the reason for each None, by name;
    intervals: of metrics by name, `recall of CLASS` for that of a class, see confidence.py; empty where nobody asked;
    n_undecided, coverage: as of BinaryEvaluation; symbol: what a sample is called where its class is the next symbol of a text, such
    as 'character', else ''.
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
    kappa: float | None
    macro_auc: float | None
    top_3: float | None
    top_5: float | None
    mse: float | None
    log_loss: float | None
    brier: float | None
    calibration_error: float | None
    majority_share: float | None
    undefined: Mapping[str, str]
    intervals: Mapping[str, Interval] = NO_INTERVALS
    n_undecided: int | float | None = None
    coverage: float | None = None
    symbol: str = ""

    def __repr__(self) -> str:
        shown = ("bits", "perplexity", "accuracy") if self.symbol else ("accuracy", "macro_f1", "macro_auc", "mcc")
        return brief(self, *shown)

    @property
    def bits(self) -> float | None:
        """The log loss in bits a sample: how many a text takes for each symbol, if the network is used to compress it."""
        return None if self.log_loss is None else self.log_loss / math.log(2)

    @property
    def perplexity(self) -> float | None:
        """exp(log_loss): among how many equally probable symbols a network of this log loss chooses."""
        return None if self.log_loss is None else math.exp(self.log_loss)

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
        head = {"classes": list(self.classes), "n": self.n, "n_unlabelled": self.n_unlabelled}
        counts = {"class_counts": list(self.class_counts), "matrix": self.matrix.tolist()}
        lists = {name: list(getattr(self, name)) for name in ("recall", "precision", "f1")}
        found = {**head, **counts, **self._asdict(), **head, **counts, **lists, "undefined": dict(self.undefined)}
        if self.symbol:
            found |= {"bits": self.bits, "perplexity": self.perplexity}
        unused = ("n_undecided", "coverage") if self.n_undecided is None else ()
        for name in ("intervals", *unused, *(() if self.symbol else ("symbol",))):
            del found[name]
        return found | intervals_document(self.intervals)


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
    only_rates: bool = False,
) -> MulticlassEvaluation:
    """Compare outputs (n, K), one per class, with labels (n,) 0..K-1.

    Args: targets: the outputs (high, low) of training, for the mse; None leaves it undefined; weights (n,) above 0;
        only_rates: see evaluate_outputs().
    """
    matrix = _matrix(outputs, labels, weights)
    hits, counts, predicted = np.diag(matrix).tolist(), matrix.sum(axis=1).tolist(), matrix.sum(axis=0).tolist()
    n = sum(counts)
    undefined: dict[str, str] = {}
    recall = _ratios("recall", hits, counts, classes, "the class has no samples", undefined)
    precision = _ratios("precision", hits, predicted, classes, "the class was never predicted", undefined)
    both = [(own + other) / 2 for own, other in zip(counts, predicted, strict=True)]
    f1 = _ratios("f1", hits, both, classes, "no samples, and never predicted", undefined)
    mse = mean_squared_error(outputs, labels, targets, weights)
    if mse is None:
        undefined["mse"] = why_no_mse(outputs, targets)
    probability, areas = ProbabilityMetrics(None, None, None), dict[str, float | None]()
    if not only_rates:
        probability = or_none(of_outputs(outputs, labels, weights), undefined)
        areas = _areas(outputs, labels, weights, undefined) | among(outputs, labels, weights, undefined)
    mcc = _or_reason("mcc", matthews_correlation(sum(hits), counts, predicted), undefined)
    kappa = _or_reason("kappa", cohen_kappa(sum(hits), counts, predicted), undefined)
    undefined |= {} if n else dict.fromkeys(_OF_ALL, "no sample has a label")
    macro = [_macro(values, counts) for values in (recall, precision, f1)]
    return MulticlassEvaluation(
        classes, n, n_unlabelled, matrix,
        accuracy=sum(hits) / n if n else None, recall=recall, precision=precision, f1=f1,
        macro_recall=macro[0], macro_precision=macro[1], macro_f1=macro[2], mcc=mcc, kappa=kappa,
        macro_auc=areas.get("macro_auc"), top_3=areas.get("top_3"), top_5=areas.get("top_5"), mse=mse,
        **probability._asdict(), majority_share=max(counts) / n if n else None, undefined=undefined,
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


def _areas(outputs: Array, labels: Array, weights: Array | None, undefined: dict[str, str]) -> dict[str, float | None]:
    """macro_auc; the reason for a None is added to `undefined`."""
    n_classes = outputs.shape[1]
    if n_classes > _MOST_AREAS:
        undefined["macro_auc"] = f"it is left out with more than {_MOST_AREAS} classes"
        return {}
    if not np.isfinite(outputs).all():
        undefined["macro_auc"] = "an output is not finite"
        return {}
    found = [area_under_curve(np.ascontiguousarray(outputs[:, k]), labels == k, weights) for k in range(n_classes)]
    areas = [area for area in found if area is not None]
    if not areas:
        undefined["macro_auc"] = "it needs samples of two classes"
    return {"macro_auc": sum(areas) / len(areas) if areas else None}


def among(outputs: Array, labels: Array, weights: Array | None, undefined: dict[str, str]) -> dict[str, float | None]:
    """top_3 and top_5; the reason for each None is added to `undefined`."""
    total, found = count(np.full(len(labels), True), weights), dict[str, float | None]()
    for k in (3, 5):
        if outputs.shape[1] <= k:
            undefined[f"top_{k}"] = f"there are only {outputs.shape[1]} classes"
        elif not total:
            undefined[f"top_{k}"] = "no sample has a label"
        else:
            hits = [
                count(hit, weights if weights is None else weights[block])
                for block, hit in hits_among(outputs, labels, k)
            ]
            found[f"top_{k}"] = sum(hits) / total
    return found
