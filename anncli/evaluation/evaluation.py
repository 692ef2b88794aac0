"""An evaluation: how the outputs of a network compare with the labels of the samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from anncli.arrays import Array
from anncli.dataset.dataset import UNLABELLED
from anncli.evaluation.abstention import undecided
from anncli.evaluation.binary import BinaryEvaluation, evaluate_scores
from anncli.evaluation.interval import Confidence
from anncli.evaluation.means import count

if TYPE_CHECKING:
    from anncli.evaluation.multiclass import MulticlassEvaluation
    from anncli.evaluation.multilabel import MultilabelEvaluation
    from anncli.evaluation.regression import RegressionEvaluation

    ClassEvaluation = BinaryEvaluation | MulticlassEvaluation
    Evaluation = ClassEvaluation | MultilabelEvaluation | RegressionEvaluation


def evaluate_outputs(
    outputs: Array,
    labels: Array,
    *,
    threshold: float | Array = 0.5,
    abstain: tuple[float, ...] | None = None,
    targets: tuple[float, float] | None = None,
    classes: tuple[str, ...] = (),
    weights: Array | None = None,
    only_rates: bool = False,
) -> ClassEvaluation:
    """Compare outputs (n_samples, n_outputs) with labels (n_samples,); unlabelled samples (-1) are left out and counted.

    One output stands for two classes: a score strictly above `threshold` predicts class 0, the positive one. Of more
    outputs, which stand for one class each, the largest is the prediction.
    Args: threshold: one for all samples, or one for each (n_samples,), as where several networks gave the outputs; abstain:
        which samples are not decided, see undecided(): they are left out and counted by themselves;
        targets: the output values (high, low) of training, for the mse; a single output is a probability if they are (1, 0)
        and it lies within them; classes: names, else 'class 1' ...;
        weights (n_samples,) >= 0: counts become sums of weights and means weighted means, and the AUC weighs pairs by the
        product of their weights; samples of weight 0 are left out, also of the count of unlabelled ones;
        only_rates: leave out, as None without a reason, the metrics that take longer than counts, rates and mse.
    Raises: ValueError for shapes, labels or names that do not fit together.
    """
    outputs, labels = _fitting(np.asarray(outputs), np.asarray(labels))
    weights, names = _checked(outputs, labels, weights, classes)
    taken, n_unlabelled = _known(labels, weights)
    taken, n_undecided = _decided(taken, outputs, weights, abstain)
    if taken is not None:
        outputs, labels, weights = outputs[taken], labels[taken], None if weights is None else weights[taken]
        threshold = threshold[taken] if isinstance(threshold, np.ndarray) else threshold
    if outputs.shape[1] == 1:
        found = evaluate_scores(outputs[:, 0], labels, threshold, targets, names, n_unlabelled, weights, only_rates)
        return found if abstain is None else found._replace(**_coverage(found.n, n_undecided))
    # Imported here because most networks have one output, and an import costs time at every start.
    from anncli.evaluation.multiclass import evaluate_classes

    of_many = evaluate_classes(outputs, labels, targets, names, n_unlabelled, weights, only_rates)
    return of_many if abstain is None else of_many._replace(**_coverage(of_many.n, n_undecided))


def with_intervals(
    evaluation: Evaluation,
    outputs: Array,
    labels: Array,
    confidence: Confidence | None,
    *,
    threshold: float | Array = 0.5,
    abstain: tuple[float, ...] | None = None,
    targets: tuple[float, float] | None = None,
    weights: Array | None = None,
) -> Any:
    """The evaluation of these outputs, labels and so on with its intervals; as it is where confidence is None.

    Args: as evaluate_outputs(); of a task without classes labels are the targets (n_samples, n_targets).
    """
    if confidence is None:
        return evaluation
    # Imported here because most evaluations have no intervals, and an import costs time at every start.
    from anncli.evaluation.confidence import intervals_of

    if hasattr(evaluation, "n_undecided"):
        outputs, labels = np.asarray(outputs), np.asarray(labels)
        taken, _ = _decided(_known(labels, weights)[0], outputs, weights, abstain)
        if taken is not None:
            outputs, labels, weights = outputs[taken], labels[taken], None if weights is None else weights[taken]
            threshold = threshold[taken] if isinstance(threshold, np.ndarray) else threshold
    found = intervals_of(outputs, labels, evaluation, confidence, threshold=threshold, weights=weights, targets=targets)
    return evaluation._replace(intervals=found)


def _decided(
    known: Array | None, outputs: Array, weights: Array | None, abstain: tuple[float, ...] | None
) -> tuple[Array | None, int | float]:
    """Of the known samples those that are decided, None for all; and how many are not."""
    if abstain is None:
        return known, 0
    counted, left = np.full(len(outputs), True) if known is None else known, undecided(outputs, abstain)
    return counted & ~left, count(counted & left, weights)


def _coverage(n: float, n_undecided: float) -> dict[str, Any]:
    """The fields about n decided samples and n_undecided others."""
    return {"n_undecided": n_undecided, "coverage": n / (n + n_undecided) if n + n_undecided else None}


def _checked(
    outputs: Array, labels: Array, weights: Array | None, classes: tuple[str, ...]
) -> tuple[Array | None, tuple[str, ...]]:
    """Weights, and a name for each class; raises ValueError where they do not fit outputs and labels."""
    n_classes = max(outputs.shape[1], 2)
    names = tuple(classes) or tuple(f"class {k}" for k in range(1, n_classes + 1))
    if len(names) != n_classes:
        raise ValueError(f"{len(names)} class names for {n_classes} classes")
    if weights is not None and (weights := np.asarray(weights)).shape != labels.shape:
        raise ValueError(f"weights of shape {weights.shape} for labels of shape {labels.shape}")
    return weights, names


def _fitting(outputs: Array, labels: Array) -> tuple[Array, Array]:
    """Both, outputs as floating numbers; raises ValueError where they do not fit together."""
    if outputs.ndim != 2 or not outputs.shape[1] or labels.shape != (len(outputs),):
        raise ValueError(f"outputs of shape {outputs.shape} and labels of shape {labels.shape} do not fit")
    n_classes = max(outputs.shape[1], 2)
    if labels.size and not UNLABELLED <= labels.min() <= labels.max() < n_classes:
        raise ValueError(f"labels from {labels.min()} to {labels.max()} for {n_classes} classes")
    return (outputs if np.issubdtype(outputs.dtype, np.floating) else outputs.astype(np.float64)), labels


def _known(labels: Array, weights: Array | None) -> tuple[Array | None, int]:
    """A mask (n,) of the samples that count, None for all; and how many unlabelled samples of weight above 0 there are."""
    unlabelled = labels == UNLABELLED
    if weights is None:
        n_unlabelled = int(np.count_nonzero(unlabelled))
        return (~unlabelled if n_unlabelled else None), n_unlabelled
    counts = weights > 0
    return counts & ~unlabelled, int(np.count_nonzero(counts & unlabelled))
