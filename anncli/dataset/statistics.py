"""Fitting a scaling: the add and multiply of each input, computed from the training rows only."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import FLOAT32_MAX, Array, blocks
from anncli.errors import DataError, did_you_mean
from anncli.network.names import SCALING_NAMES

_BLOCK_ROWS, _BLOCK_VALUES = 8192, 1 << 18
_QUARTILE_ROWS = 20_000


class FittedScaling(NamedTuple):
    """The fields of a network's Scaling: input = activation((x + add) * multiply) after the step on each row as a whole (per_vector)."""

    method: str
    add: Array | None
    multiply: Array | None
    per_vector: str
    activation: str


def fit_scaling(method: str, inputs: Array, rows: Array) -> FittedScaling:
    """Statistics of inputs (N, n_inputs) over the rows (n,), as `(x + add) * multiply` per input.

    zscore: mean 0, standard deviation 1 (with n - 1); minmax: 0..1; robust: median 0, interquartile range 1 (see
    _quartiles); sigmoidal: zscore through the logistic function; energy, vector-minmax: each row by itself, nothing to fit.
    An input that is constant over the rows becomes 0 for every value (multiply 0). Sample weights are not used.
    Raises: ValueError for an unknown method.
    """
    if method == "none":
        return FittedScaling(method, None, None, "none", "linear")
    if method in ("energy", "vector-minmax"):
        return FittedScaling(method, None, None, "energy" if method == "energy" else "minmax", "linear")
    if method in ("zscore", "sigmoidal"):
        center, spread = _moments(inputs, rows)
    elif method == "minmax":
        low, high = value_range(inputs, rows)
        center, spread = low, high - low
    elif method == "robust":
        center, spread = _quartiles(inputs, rows)
    else:
        known = [name for name in SCALING_NAMES if name not in ("auto", "keep")]
        raise ValueError(f"unknown scaling '{method}'; {did_you_mean(method, known)}")
    # 1/spread could overflow float32 for a spread below 1e-38, so such an input is treated as constant.
    constant = ~(spread > 1e-37)
    multiply = np.where(constant, 0.0, 1 / np.where(constant, 1.0, spread))
    activation = "logistic" if method == "sigmoidal" else "linear"
    return FittedScaling(method, -center.astype(np.float32), multiply.astype(np.float32), "none", activation)


class FittedTargetScaling(NamedTuple):
    """The fields of a network's TargetScaling: target = offset + spread * output."""

    method: str
    offset: Array | None
    spread: Array | None


def fit_target_scaling(
    method: str, targets: Array, rows: Array, names: tuple[str, ...], limits: tuple[float, float]
) -> FittedTargetScaling:
    """Statistics of targets (N, n_targets) over the rows (n,), as docs/network-file.md says; `limits`: (low, high) of minmax.

    Raises: DataError for a target that has the same value in every row, or no positive mean where that is to be 1.
    """
    if method == "none":
        return FittedTargetScaling(method, None, None)
    low, high = value_range(targets, rows)
    if (low == high).any():
        name = names[int(np.argmax(low == high))]
        raise DataError(f"target '{name}' has the same value in every training row", advice="leave it out")
    mean, deviation = _moments(targets, rows)
    if method == "zscore":
        offset, spread = mean, deviation
    elif method == "mean":
        if not (mean > 0).all():
            raise DataError(
                f"target '{names[int(np.argmin(mean))]}' has no positive mean", advice="use --target-scaling zscore"
            )
        offset, spread = np.zeros_like(mean), mean
    else:
        spread = (high - low) / (limits[1] - limits[0])
        offset = low - spread * limits[0]
    # Below this the difference of two targets is no normal float32 number.
    if (spread < 1e-37).any():
        name = names[int(np.argmin(spread))]
        raise DataError(
            f"target '{name}' varies by less than 32-bit numbers can hold", advice="multiply it by a large number"
        )
    spread = np.minimum(spread, FLOAT32_MAX)
    return FittedTargetScaling(method, offset.astype(np.float32), spread.astype(np.float32))


def _blocks(inputs: Array, rows: Array) -> list[Array]:
    """Rows in blocks of a few megabytes in float64, however wide the rows are."""
    count = max(1, min(_BLOCK_ROWS, _BLOCK_VALUES // max(1, inputs.shape[1])))
    return [rows[block] for block in blocks(len(rows), count)]


def value_range(inputs: Array, rows: Array) -> tuple[Array, Array]:
    """Lowest and highest value (n_inputs,) of each input over the rows, float64."""
    low = np.min([inputs[block].min(axis=0) for block in _blocks(inputs, rows)], axis=0)
    high = np.max([inputs[block].max(axis=0) for block in _blocks(inputs, rows)], axis=0)
    return low.astype(np.float64), high.astype(np.float64)


def _moments(inputs: Array, rows: Array) -> tuple[Array, Array]:
    """Mean and standard deviation in float64 by two passes over blocks; 0 where an input is constant."""
    n = len(rows)
    mean = sum(inputs[block].sum(axis=0, dtype=np.float64) for block in _blocks(inputs, rows)) / n
    squares = sum(np.square(inputs[block] - mean).sum(axis=0) for block in _blocks(inputs, rows))
    deviation = np.sqrt(squares / max(n - 1, 1))
    low, high = value_range(inputs, rows)
    return np.asarray(mean), np.where(high > low, deviation, 0.0)


def _quartiles(inputs: Array, rows: Array) -> tuple[Array, Array]:
    """Median and interquartile range, the latter at least half a standard deviation.

    Without this floor the few other values of an input that is nearly constant would become very large.
    """
    _, deviation = _moments(inputs, rows)
    # An evenly spaced sample is accurate enough and keeps 28 columns of a million values below a second.
    sample = rows[:: -(-len(rows) // _QUARTILE_ROWS)]
    quartiles = [np.percentile(inputs[sample, k].astype(np.float64), (25, 50, 75)) for k in range(inputs.shape[1])]
    low, median, high = np.transpose(quartiles)
    return median, np.where(deviation > 0, np.maximum(high - low, deviation / 2), 0.0)
