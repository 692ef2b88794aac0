"""Metrics of outputs as probabilities: log loss, Brier score, calibration error; and whether outputs are probabilities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from anncli.arrays import Array, blocks
from anncli.evaluation.curves import reliability

# How far from 1 the outputs of a row may sum and still be probabilities; the rounding of float32 softmax is far below.
_SUM_TOLERANCE = 1e-3
#: Why these metrics are undefined where rows are there.
NOT_PROBABILITIES = "the outputs are not probabilities"


class ProbabilityMetrics(NamedTuple):
    """log_loss: mean of -log(probability of what came); brier: mean squared distance of probability and event, with more than two
    classes summed over the classes; calibration_error: see Reliability.error.

    A probability below the rounding error of its dtype counts as that error, so that one confident and wrong prediction costs
    about 16 (float32) and not infinity. Source: Brier 1950, Monthly Weather Review 78, 1-3.
    """

    log_loss: float | None
    brier: float | None
    calibration_error: float | None


def of_scores(
    scores: Array, is_positive: npt.NDArray[np.bool_], targets: tuple[float, float] | None, weights: Array | None = None
) -> ProbabilityMetrics | str:
    """Of scores (n,), which are probabilities of the positive class where they lie within 0 and 1 and training asked for 1 and 0;
    or in words why there are none.

    Args: is_positive (n,); targets: the scores (high, low) of training; weights (n,) above 0.
    """
    if not len(scores):
        return "no sample has a label"
    if targets != (1.0, 0.0) or not _within(scores):
        return NOT_PROBABILITIES
    totals = np.zeros(2)
    for block in blocks(len(scores)):
        totals += _sums(score_losses(scores[block], is_positive[block]), None if weights is None else weights[block])
    log_loss, brier = (totals / _total(len(scores), weights)).tolist()
    found = reliability(scores, is_positive, weights)
    return ProbabilityMetrics(log_loss, brier, None if found is None else found.error)


def of_outputs(outputs: Array, labels: Array, weights: Array | None = None) -> ProbabilityMetrics | str:
    """Of outputs (n, K), one per class, and labels (n,) 0..K-1; or in words why there are none. The calibration error is that of
    the largest output, as the probability that the prediction is right."""
    n = len(outputs)
    if not n:
        return "no sample has a label"
    totals, top, hits = np.zeros(2), np.empty(n, dtype=outputs.dtype), np.empty(n, dtype=bool)
    for block in blocks(n):
        given = outputs[block]
        if not _within(given) or np.abs(given.sum(axis=1, dtype=np.float64) - 1).max() > _SUM_TOLERANCE:
            return f"{NOT_PROBABILITIES} that sum to 1"
        totals += _sums(output_losses(given, labels[block]), None if weights is None else weights[block])
        top[block], hits[block] = given.max(axis=1), np.argmax(given, axis=1) == labels[block]
    log_loss, brier = (totals / _total(n, weights)).tolist()
    found = reliability(top, hits, weights)
    return ProbabilityMetrics(log_loss, brier, None if found is None else found.error)


def or_none(found: ProbabilityMetrics | str, undefined: dict[str, str]) -> ProbabilityMetrics:
    """The metrics; Nones for a reason in words, which is added to `undefined`."""
    if isinstance(found, str):
        undefined |= dict.fromkeys(ProbabilityMetrics._fields, found)
        return ProbabilityMetrics(None, None, None)
    return found


def score_losses(scores: Array, is_positive: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
    """The -log of the probability of what came, and the squared distance, of each row (n,), float64."""
    chosen = np.where(is_positive, scores, 1 - scores.astype(np.float64))
    return _minus_log(chosen, scores.dtype), np.square(1 - chosen)


def output_losses(outputs: Array, labels: Array) -> tuple[Array, Array]:
    """The same of outputs (n, K); with two classes half the sum of squares, which then is that of a single output."""
    rows = np.arange(len(outputs))
    distances = outputs.astype(np.float64)
    chosen = distances[rows, labels]
    distances[rows, labels] -= 1
    squares = np.square(distances, out=distances).sum(axis=1)
    return _minus_log(chosen, outputs.dtype), squares / 2 if outputs.shape[1] == 2 else squares


def class_losses(outputs: Array, labels: Array) -> tuple[Array, Array]:
    """The same of outputs (n, 1), the scores of class 0, or (n, K)."""
    if outputs.shape[1] == 1:
        return score_losses(outputs[:, 0], labels == 0)
    return output_losses(outputs, labels)


def label_losses(outputs: Array, wanted: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
    """The same as means over several labels (n, n_labels)."""
    each = score_losses(outputs.reshape(-1), wanted.reshape(-1))
    return each[0].reshape(wanted.shape).mean(axis=1), each[1].reshape(wanted.shape).mean(axis=1)


def hits_among(outputs: Array, labels: Array, k: int) -> Iterator[tuple[slice, npt.NDArray[np.bool_]]]:
    """Blocks of rows with a mask: whether the output of the row's class is among its k largest; of equal outputs the first counts
    as larger."""
    for block in blocks(len(outputs)):
        given, own = outputs[block], labels[block][:, None]
        mine = np.take_along_axis(given, own, axis=1)
        before = (given > mine).sum(axis=1)
        before += ((given == mine) & (np.arange(given.shape[1]) < own)).sum(axis=1)
        yield block, before < k


def _within(values: Array) -> bool:
    return bool(values.min() >= 0 and values.max() <= 1)


def _minus_log(chosen: Array, dtype: np.dtype[np.floating]) -> Array:
    # Adding 0 turns the -0.0 of perfect predictions into 0.0.
    found: Array = 0.0 - np.log(np.maximum(chosen, np.finfo(dtype).eps))
    return found + 0.0


def _sums(values: tuple[Array, ...], weights: Array | None) -> Array:
    return np.array([value.sum() if weights is None else weights @ value for value in values])


def _total(n: int, weights: Array | None) -> float:
    return n if weights is None else float(np.sum(weights, dtype=np.float64))
