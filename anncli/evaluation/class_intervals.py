"""Intervals of metrics that are made of a confusion matrix."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, random_stream
from anncli.evaluation.interval import Interval
from anncli.evaluation.resampling import DRAWS, Part, Resampler


class ClassRates(NamedTuple):
    """Metrics of many confusion matrices at once, each (...) or, by class, (..., K); nan where undefined."""

    accuracy: Array
    macro_recall: Array
    macro_precision: Array
    macro_f1: Array
    mcc: Array
    kappa: Array
    recall: Array
    precision: Array
    f1: Array


def class_rates(sums: Array) -> ClassRates:
    """From sums (..., 3 K): by class the correct predictions, the samples, and the predictions of it.

    They are those of MulticlassEvaluation; of two classes all means need samples of both.
    """
    hits, counts, predicted = np.split(sums, 3, axis=-1)
    total, right = counts.sum(axis=-1), hits.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        recall, precision, f1 = hits / counts, hits / predicted, 2 * hits / (counts + predicted)
        present = counts > 0
        n_present = present.sum(axis=-1)
        n_present = np.where(n_present < (2 if counts.shape[-1] == 2 else 1), np.nan, n_present)
        macro = [
            np.where(present, np.nan_to_num(rate), 0.0).sum(axis=-1) / n_present for rate in (recall, precision, f1)
        ]
        chance = (predicted * counts).sum(axis=-1)
        spread = (total**2 - (predicted**2).sum(axis=-1)) * (total**2 - (counts**2).sum(axis=-1))
        mcc = np.where(spread > 0, (right * total - chance) / np.sqrt(spread), np.nan)
        kappa = np.where(chance < total**2, (right * total - chance) / (total**2 - chance), np.nan)
    return ClassRates(right / total, macro[0], macro[1], macro[2], mcc, kappa, recall, precision, f1)


def class_intervals(
    resampler: Resampler, predicted: Array, labels: Array, matrix: Array, values: ClassRates
) -> dict[str, list[Interval | None]]:
    """The intervals of all `values`, by field of ClassRates: a list of one, or one for each class.

    Args: predicted, labels (n,), classes 0..K-1; matrix (K, K): the confusion matrix; values: of the metrics, nan where undefined.
    """
    n_classes = len(matrix)
    hits = Part(np.where(predicted == labels, labels, n_classes), n_classes + 1)
    sums = resampler.sums(hits, Part(labels, n_classes), Part(predicted, n_classes))
    drawn, left = resampler.draws(np.delete(sums, n_classes, axis=1), lambda s: _flat(class_rates(s)))
    flat = _flat(values)
    found = [_interval(resampler, *one) for one in zip(flat.tolist(), drawn.T, left.T, strict=True)]
    stuck = [k for k, one in enumerate(found) if one is not None and one.low == one.high]
    if stuck:
        others = _flat(class_rates(_smoothed(matrix, resampler)))
        for k in stuck:
            found[k] = _around(flat[k], others[:, k], resampler.confidence)
    return _by_field(found, n_classes)


def _flat(rates: ClassRates) -> Array:
    """All metrics side by side, (..., 6 + 3 K)."""
    plain = [rate[..., None] for rate in rates[:6]]
    return np.concatenate([*plain, *rates[6:]], axis=-1)


def _by_field(values: list[Interval | None], n_classes: int) -> dict[str, list[Interval | None]]:
    ends = [*range(1, 7), *(6 + n_classes * k for k in (1, 2, 3))]
    return {name: values[start:end] for name, start, end in zip(ClassRates._fields, [0, *ends[:-1]], ends, strict=True)}


def _interval(resampler: Resampler, value: float, drawn: Array, left: Array) -> Interval | None:
    return None if np.isnan(value) else resampler.interval(value, drawn, left)


def _smoothed(matrix: Array, resampler: Resampler) -> Array:
    """Sums (d, 3 K) of matrices in which each recall is drawn from what its class says about it, a beta distribution with Jeffreys'
    prior: unlike drawn rows it knows that a class without an error among n rows may have errors.

    Wrong predictions go to the classes of the wrong predictions that there were, else to the others by their frequency.
    Source: Goutte & Gaussier 2005, ECIR, 345-359.
    """
    counts, hits = matrix.sum(axis=1).astype(np.float64), np.diag(matrix).astype(np.float64)
    # Weighted rows say as much as so many equal ones (Kish 1965, Survey Sampling).
    weights = resampler.weights
    scale = 1.0 if weights is None else float(weights.sum() / np.square(weights, dtype=np.float64).sum())
    rng = random_stream(resampler.seed, "bootstrap", 3)
    drawn = rng.beta(scale * hits + 0.5, scale * (counts - hits) + 0.5, (DRAWS, len(counts))) * counts
    wrong = matrix.astype(np.float64)
    np.fill_diagonal(wrong, 0.0)
    spread = np.where(wrong.sum(axis=1, keepdims=True) > 0, wrong, counts * (1 - np.eye(len(counts))))
    spread /= np.maximum(spread.sum(axis=1, keepdims=True), 1e-300)
    predicted = drawn + np.einsum("dk,kj->dj", counts - drawn, spread)
    return np.concatenate([drawn, np.broadcast_to(counts, drawn.shape), predicted], axis=1)


def _around(value: float, drawn: Array, confidence: float) -> Interval:
    """The middle of the draws, as far as it reaches beyond the value."""
    low, high = np.nanquantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(min(float(low), value), max(float(high), value))
