"""An evaluation: how the outputs of a network compare with what the samples are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from anncli.arrays import Array
from anncli.dataset.dataset import UNLABELLED
from anncli.evaluation.binary import BinaryEvaluation, evaluate_scores

if TYPE_CHECKING:
    from anncli.evaluation.multiclass import MulticlassEvaluation

    Evaluation = BinaryEvaluation | MulticlassEvaluation


def evaluate_outputs(
    outputs: Array,
    labels: Array,
    *,
    threshold: float = 0.5,
    targets: tuple[float, float] | None = None,
    classes: tuple[str, ...] = (),
) -> Evaluation:
    """Judge outputs (n_samples, n_outputs) by labels (n_samples,); unlabelled samples (-1) are left out and counted.

    One output is judged as two classes: a score strictly above `threshold` answers class 0, the positive one. More
    outputs stand for one class each and the largest is the answer; the threshold is not used.
    Args: targets: the output values (high, low) asked for, for mse; classes: names, 'class 1' ... when left out.
    Raises: ValueError for shapes, labels or names that do not fit together.
    """
    outputs, labels = np.asarray(outputs), np.asarray(labels)
    if outputs.ndim != 2 or not outputs.shape[1] or labels.shape != (len(outputs),):
        raise ValueError(f"outputs of shape {outputs.shape} and labels of shape {labels.shape} do not fit")
    if not np.issubdtype(outputs.dtype, np.floating):
        outputs = outputs.astype(np.float64)
    n_classes = max(outputs.shape[1], 2)
    if labels.size and not UNLABELLED <= labels.min() <= labels.max() < n_classes:
        raise ValueError(f"labels from {labels.min()} to {labels.max()} for {n_classes} classes")
    names = tuple(classes) or tuple(f"class {k}" for k in range(1, n_classes + 1))
    if len(names) != n_classes:
        raise ValueError(f"{len(names)} class names for {n_classes} classes")
    n_unlabelled = int(np.count_nonzero(labels == UNLABELLED))
    if n_unlabelled:
        known = labels != UNLABELLED
        outputs, labels = outputs[known], labels[known]
    if outputs.shape[1] == 1:
        return evaluate_scores(outputs[:, 0], labels, threshold, targets, names, n_unlabelled)
    # Only here: most networks have one output, and every start pays for what is imported.
    from anncli.evaluation.multiclass import evaluate_classes

    return evaluate_classes(outputs, labels, targets, names, n_unlabelled)
