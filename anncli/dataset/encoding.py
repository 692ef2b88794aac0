"""Encoding: class labels as the output values a network is trained towards, and the weight of each sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def encode_targets(labels: Array, n_outputs: int, targets: tuple[float, float]) -> Array:
    """Target outputs (n_samples, n_outputs), float32: `high` where the output stands for the sample's class, else `low`.

    Args: labels (n_samples,); with one output, class 0 is `high` and class 1 `low`; targets (high, low).
    """
    high, low = targets
    encoded = np.full((len(labels), n_outputs), low, dtype=np.float32)
    for output in range(n_outputs):
        encoded[labels == output, output] = high
    return encoded


def smooth_targets(targets: Array, rows: Array, share: float) -> None:
    """Move the targets (n_samples, n_outputs) of `rows` the share of the way to their middle, in place.

    With K > 1 outputs the middle is the mean of a row's targets, with one output that of its two values high and low.
    Source: Szegedy et al. 2016, Rethinking the Inception architecture, section 7.
    """
    taken = targets[rows]
    middle = taken.mean(axis=1, keepdims=True) if targets.shape[1] > 1 else (targets.max() + targets.min()) / 2
    targets[rows] = (1 - share) * taken + np.float32(share) * middle


def class_sample_weights(labels: Array, rows: Array, class_weights: Sequence[float] | str, n_classes: int) -> Array:
    """Sample weights (n_samples,), float32, with mean 1 over `rows`.

    Args: class_weights: 'balanced' (every class counts alike: n / (K n_k)) or one number per class.
    """
    counts = np.bincount(labels[rows], minlength=n_classes).astype(np.float64)
    if class_weights == "balanced":
        per_class = len(rows) / (n_classes * np.maximum(counts, 1))
    else:
        per_class = np.asarray(class_weights, dtype=np.float64)
    per_class = per_class * len(rows) / float((per_class * counts).sum())
    # Unlabelled rows (label -1) take the last class's weight by indexing; they never enter a training or validation part.
    return per_class[labels].astype(np.float32)
