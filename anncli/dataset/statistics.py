"""Fitting a scaling: the add and multiply of each input, computed from the training rows only."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.errors import did_you_mean

_BLOCK_ROWS, _BLOCK_VALUES = 8192, 1 << 18
_QUARTILE_ROWS = 20_000


class FittedScaling(NamedTuple):
    """The fields of a network's Scaling: input = activation((x + add) * multiply) after the per-vector step."""

    method: str
    add: Array | None
    multiply: Array | None
    per_vector: str
    activation: str


def fit_scaling(method: str, inputs: Array, rows: Array) -> FittedScaling:
    """Statistics of inputs (N, n_inputs) over the named rows (n,), as `(x + add) * multiply` per input.

    zscore: mean 0, standard deviation 1 (n-1 below the root); minmax: 0..1; robust: median 0, interquartile range 1
    (see _quartiles);
    sigmoidal: zscore through the logistic function; energy, vector-minmax: per vector, nothing to fit.
    An input that is constant over the rows tells nothing and becomes 0 for good (multiply 0).
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
        raise ValueError(f"unknown scaling '{method}'; {did_you_mean(method, SCALING_METHODS)}")
    # 1/spread may overflow float32 for a spread below 1e-38: such an input is as good as constant.
    constant = ~(spread > 1e-37)
    multiply = np.where(constant, 0.0, 1 / np.where(constant, 1.0, spread))
    activation = "logistic" if method == "sigmoidal" else "linear"
    return FittedScaling(method, -center.astype(np.float32), multiply.astype(np.float32), "none", activation)


def _blocks(inputs: Array, rows: Array) -> list[Array]:
    """Rows in blocks whose values in float64 are a few megabytes, however wide they are."""
    count = max(1, min(_BLOCK_ROWS, _BLOCK_VALUES // max(1, inputs.shape[1])))
    return [rows[start : start + count] for start in range(0, len(rows), count)]


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
    """Median and interquartile range, which is taken as half a standard deviation where it is smaller than that.

    Without this floor an input that is nearly always the same would be blown up by its few other values.
    """
    _, deviation = _moments(inputs, rows)
    # Quartiles of an evenly spaced part are as good, and 28 columns of a million values cost no second.
    sample = rows[:: -(-len(rows) // _QUARTILE_ROWS)]
    quartiles = [np.percentile(inputs[sample, k].astype(np.float64), (25, 50, 75)) for k in range(inputs.shape[1])]
    low, median, high = np.transpose(quartiles)
    return median, np.where(deviation > 0, np.maximum(high - low, deviation / 2), 0.0)


SCALING_METHODS = ("none", "minmax", "zscore", "robust", "sigmoidal", "energy", "vector-minmax")
