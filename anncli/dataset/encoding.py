"""Encoding: class labels as the output values a network is trained towards, and the weight of each sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from anncli.arrays import Array, blocks, row_mask, take_rows


def encode_targets(labels: Array, n_outputs: int, targets: tuple[float, float]) -> Array:
    """Target outputs (n_samples, n_outputs), float32: `high` where the output stands for the sample's class, else `low`.

    Args: labels (n_samples,); with one output, class 0 is `high` and class 1 `low`; targets (high, low).
    """
    high, low = targets
    encoded = np.full((len(labels), n_outputs), low, dtype=np.float32)
    for output in range(n_outputs):
        # Into a view of the column: a pair of a mask and a number makes numpy write down all places the mask holds.
        encoded[:, output][labels == output] = high
    return encoded


def smooth_targets(targets: Array, rows: Array, share: float) -> None:
    """Move the targets (n_samples, n_outputs) of `rows` the share of the way to their middle, in place.

    With K > 1 outputs the middle is the mean of a row's targets, with one output that of its two values high and low.
    Source: Szegedy et al. 2016, Rethinking the Inception architecture, section 7.
    """
    chosen, between = row_mask(rows, len(targets)), (targets.max() + targets.min()) / 2
    for block in blocks(len(targets)):
        part, here = targets[block], chosen[block]
        taken = part[here]
        middle = taken.mean(axis=1, keepdims=True) if targets.shape[1] > 1 else between
        part[here] = (1 - share) * taken + np.float32(share) * middle


def class_sample_weights(labels: Array, rows: Array, class_weights: Sequence[float] | str, n_classes: int) -> Array:
    """Sample weights (n_samples,), float32, with mean 1 over `rows`.

    Args: class_weights: 'balanced' (every class counts alike: n / (K n_k)) or one number per class.
    """
    counts = np.zeros(n_classes)
    for block in blocks(len(rows)):
        counts += np.bincount(labels[rows[block]], minlength=n_classes)
    if class_weights == "balanced":
        per_class = len(rows) / (n_classes * np.maximum(counts, 1))
    else:
        per_class = np.asarray(class_weights, dtype=np.float64)
    per_class = per_class * len(rows) / float((per_class * counts).sum())
    # Unlabelled rows (label -1) take the last class's weight by indexing; they never enter a training or validation part.
    return take_rows(per_class.astype(np.float32), labels)
