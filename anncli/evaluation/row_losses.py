"""What each row costs: how far outputs are from its answer, as one number for each row, so that errors of means are known."""

from __future__ import annotations

import math

import numpy as np

from anncli.arrays import Array, take_rows
from anncli.dataset.dataset import Dataset


def wrong_rows(outputs: Array, labels: Array, threshold: float) -> Array:
    """1.0 for each row whose predicted class is not its label, else 0.0 (n,); one output above `threshold` is class 0."""
    if outputs.shape[1] == 1:
        predicted = np.where(outputs[:, 0] > np.float32(threshold), 0, 1)
    else:
        predicted = np.argmax(outputs, axis=1)
    return (predicted != labels).astype(np.float64)


def number_losses(kind: str, outputs: Array, data: Dataset, rows: Array, quantiles: tuple[float, ...] = ()) -> Array:
    """Errors of numbers in units of the spread of each target over all rows, mean over targets (n,).

    Args: kind: 'squared' (over the variance: the mean is 1 - R2), 'absolute' or 'quantile' (over the standard deviation);
        outputs (n, n_targets), or with `quantiles` (n, n_targets * n_quantiles); rows (n,): their numbers in `data`.
    """
    assert data.targets is not None
    spread = np.nanstd(data.targets.astype(np.float64), axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    targets = take_rows(data.targets, rows).astype(np.float64)
    if kind == "quantile":
        targets, spread = (np.repeat(values, len(quantiles), axis=-1) for values in (targets, spread))
    error = (outputs.astype(np.float64) - targets) / spread
    if kind == "squared":
        return (error * error).mean(axis=1)
    if kind == "absolute":
        return np.abs(error).mean(axis=1)
    level = np.tile(np.asarray(quantiles), targets.shape[1] // len(quantiles))
    return np.where(error > 0, (1 - level) * error, -level * error).mean(axis=1)


def mean_and_deviations(
    losses: Array, weights: Array | None = None, groups: Array | None = None
) -> tuple[float, Array]:
    """The weighted mean of (n,) losses, and by how much each row moves it away from where it is: see standard_error().

    Args: weights (n,), None for 1; groups (n,): rows of one group belong together, and their deviations are added up (Liang &
        Zeger 1986), which leaves as many deviations as there are groups.
    """
    w = np.ones(len(losses)) if weights is None else weights.astype(np.float64)
    mean = float((w * losses).sum() / w.sum())
    deviations = w * (losses - mean) / w.sum()
    if groups is not None:
        deviations = np.bincount(np.unique(groups, return_inverse=True)[1].ravel(), deviations).astype(np.float64)
    return mean, deviations


def standard_error(deviations: Array) -> float:
    """The standard error of a mean with these deviations; of a difference of means, those of the one less those of the other."""
    count = len(deviations)
    return float(math.sqrt(count / (count - 1) * (deviations * deviations).sum())) if count > 1 else math.inf
