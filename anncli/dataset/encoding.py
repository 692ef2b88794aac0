"""Encoding: class labels as the outputs that a network is trained towards, and the weight of each sample."""

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
        # `encoded[labels == output, output]` would build an index array; assigning through the column view does not.
        encoded[:, output][labels == output] = high
    return encoded


def encode_labels(labels: Array, targets: tuple[float, float]) -> Array:
    """Target outputs (n_samples, n_labels), float32: `high` where a row has the label (1), `low` where not (0), nan kept."""
    high, low = targets
    return np.float32(low) + np.float32(high - low) * labels


def smooth_targets(targets: Array, rows: Array, fraction: float) -> None:
    """Move the targets (n_samples, n_outputs) of `rows` by `fraction` of the distance to their middle, in place.

    With K > 1 outputs the middle is the mean of a row's targets, with one output that of the values high and low.
    Source: Szegedy et al. 2016, Rethinking the Inception architecture, section 7.
    """
    chosen, between = row_mask(rows, len(targets)), (targets.max() + targets.min()) / 2
    for block in blocks(len(targets)):
        values, here = targets[block], chosen[block]
        taken = values[here]
        middle = taken.mean(axis=1, keepdims=True) if targets.shape[1] > 1 else between
        values[here] = (1 - fraction) * taken + np.float32(fraction) * middle


def sample_weights(
    labels: Array,
    rows: Array,
    class_weights: Sequence[float] | str,
    n_classes: int,
    weights: Array | None = None,
) -> Array:
    """Class weight times weight of each sample (n_samples,), float32, with mean 1 over `rows`.

    Args: class_weights: one number per class, or 'balanced': the rows of every class weigh the same in sum, n / (K n_k);
        weights (n_samples,): of the samples, each as good as that many equal rows; None for 1.
    """
    counts = np.zeros(n_classes)
    for block in blocks(len(rows)):
        taken = rows[block]
        counts += np.bincount(labels[taken], None if weights is None else weights[taken], minlength=n_classes)
    if class_weights == "balanced":
        per_class = len(rows) / (n_classes * (np.maximum(counts, 1) if weights is None else counts))
    else:
        per_class = np.asarray(class_weights, dtype=np.float64)
    per_class = per_class * len(rows) / float((per_class * counts).sum())
    # Unlabelled rows (label -1) get the last class's weight from the indexing; they are in no training or validation set.
    if weights is None:
        return take_rows(per_class.astype(np.float32), labels)
    combined = np.empty(len(labels), dtype=np.float32)
    for block in blocks(len(labels)):
        combined[block] = per_class[labels[block]] * weights[block]
    return combined
