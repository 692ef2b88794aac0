"""Means over samples, block by block in float64: the mean squared error, and weighted sums; and the rows they are over."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from anncli.arrays import Array, blocks

# Rows that are converted to float64 at a time.
_BLOCK_ROWS = 1 << 15


def count(mask: npt.NDArray[np.bool_], weights: Array | None) -> int | float:
    """How many entries of the mask (n,) are True, or the sum of their weights (n,)."""
    if weights is None:
        return int(np.count_nonzero(mask))
    return float(np.sum(weights[mask], dtype=np.float64))


def answered_rows(targets: Array, weights: Array | None) -> tuple[Array, Array | None, int]:
    """The rows that count: a mask (n,) of those that have all their targets (n, n_targets) and no weight of 0, their weights
    in float64 or None, and how many rows of another weight lack a target (nan)."""
    known: Array = np.logical_not(np.isnan(targets).any(axis=1))
    counted: Array = np.full(known.shape, True) if weights is None else np.asarray(weights) > 0
    rows: Array = known & counted
    own = None if weights is None else np.asarray(weights)[rows].astype(np.float64)
    return rows, own, int(np.count_nonzero(counted & ~known))


def mean_squared_error(
    outputs: Array, labels: Array, targets: tuple[float, float] | None, weights: Array | None = None
) -> float | None:
    """Mean over samples and outputs of (output - target)^2 in float64; None where it is undefined.

    Args: outputs (n, K); labels (n,): the output that should be high; with K = 1 label 0 means high, 1 low; weights (n,).
    """
    if targets is None or not outputs.size:
        return None
    high, low = targets
    total = 0.0
    for block in blocks(len(outputs), _BLOCK_ROWS):
        if not np.isfinite(outputs[block]).all():
            return None
        # In place: a block of many classes is large.
        errors = outputs[block].astype(np.float64)
        hits = np.flatnonzero(labels[block] < outputs.shape[1])
        own = hits, labels[block][hits]
        missing = errors[own] - high
        errors -= low
        errors[own] = missing
        np.square(errors, out=errors)
        total += float(errors.sum() if weights is None else weights[block] @ errors.sum(axis=1))
    if weights is None:
        return total / outputs.size
    return total / (float(np.sum(weights, dtype=np.float64)) * outputs.shape[1])


def why_no_mse(outputs: Array, targets: tuple[float, float] | None) -> str:
    """The reason for a None of mean_squared_error()."""
    if targets is None:
        return "no targets are known"
    return "an output is not finite" if outputs.size else "no sample has a label"
