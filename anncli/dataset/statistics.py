"""Fitting a scaling: the add and multiply of each input, computed from the training rows only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from anncli.arrays import FLOAT32_MAX, Array, Inputs, Rows, Tokens, blocks, ragged_places, row_numbers
from anncli.errors import DataError, did_you_mean
from anncli.logarithm import logarithm
from anncli.maps import map_of, taken_rows
from anncli.network.names import SCALING_NAMES

_BLOCK_ROWS, _BLOCK_VALUES = 8192, 1 << 18
_QUARTILE_ROWS = 20_000
# The sample that shows heavy tails: so many rows at most, of wide rows fewer, so many values in all, and so many rows at least.
_MOST_TAIL_ROWS, _TAIL_VALUES, _TAIL_ROWS = 10_000, 2_000_000, 1000
# The interquartile range of a normal distribution, in standard deviations.
_NORMAL_RANGE = 1.349
# The standard deviation of an input with heavy tails is more than this many times that of a normal distribution with the
# same interquartile range. Chosen in benchmarks/accuracy.md.
_HEAVY = 2.0
# The bound that nine tenths of the values of such an input keep, in standard deviations: there the clip has not yet made all equal.
_FARTHEST = 6.0


class FittedScaling(NamedTuple):
    """The fields of a network's Scaling: input = activation((x + add) * multiply) after the step on each row as a whole (per_vector)
    and the logarithms of inputs (log_floor)."""

    method: str
    add: Array | None
    multiply: Array | None
    per_vector: str
    activation: str
    log_floor: Array | None = None


def fit_scaling(method: str, inputs: Inputs, rows: Array) -> FittedScaling:
    """Statistics of inputs (N, n_inputs) over the rows (n,), as `(x + add) * multiply` per input.

    Of samples with several rows, over all rows of the samples `rows`. Tokens are never scaled.

    zscore: mean 0, standard deviation 1 (with n - 1); minmax: 0..1; robust: median 0, interquartile range 1 (see
    _quartiles); sigmoidal: zscore through the logistic function; soft-clip: see _soft_clip; energy, vector-minmax: each row
    by itself, nothing to fit.
    An input that is constant over the rows becomes 0 for every value (multiply 0). Sample weights are not used.
    Raises: ValueError for an unknown method.
    """
    if method == "none":
        return FittedScaling(method, None, None, "none", "linear")
    if method in ("energy", "vector-minmax"):
        return FittedScaling(method, None, None, "energy" if method == "energy" else "minmax", "linear")
    if isinstance(inputs, Tokens):
        raise ValueError(f"scaling {method} would fill the zeros of sparse samples; use none")
    if isinstance(inputs, Rows):
        numbers = inputs.values
        rows = row_numbers(ragged_places(inputs.starts, rows)[0], len(numbers))
    else:
        numbers = inputs
    return _fitted(method, numbers, rows)


def _fitted(method: str, inputs: Array, rows: Array) -> FittedScaling:
    log_floor = None
    if method in ("zscore", "sigmoidal"):
        center, spread = _moments(inputs, rows)
    elif method == "soft-clip":
        center, spread, log_floor = _soft_clip(inputs, rows)
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
    activation = {"sigmoidal": "logistic", "soft-clip": "soft-clip"}.get(method, "linear")
    add = -center.astype(np.float32)
    return FittedScaling(method, add, multiply.astype(np.float32), "none", activation, log_floor)


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
        if len(rows) == 1:
            raise DataError(f"target '{name}' has one training row", advice="give more rows")
        advice = "give rows with other values, or name another --label" if (low == high).all() else "leave it out"
        raise DataError(f"target '{name}' has the same value in every training row", advice=advice)
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
    """Mean and standard deviation of each input; 0 where it is constant."""
    mean, deviation = _mean_and_deviation(lambda block: inputs[block], inputs, rows)
    low, high = value_range(inputs, rows)
    return mean, np.where(high > low, deviation, 0.0)


def _mean_and_deviation(values: Callable[[Array], Array], inputs: Array, rows: Array) -> tuple[Array, Array]:
    """Mean and standard deviation (n_columns,) in float64 of the values (n, n_columns) that belong to blocks of the rows, by two
    passes over them."""
    n, every = len(rows), _blocks(inputs, rows)
    mean = np.asarray(sum(values(block).sum(axis=0, dtype=np.float64) for block in every) / n)
    squares = sum(np.square(values(block) - mean).sum(axis=0) for block in every)
    return mean, np.sqrt(squares / max(n - 1, 1))


def _sample(rows: Array, count: int) -> Array:
    """At most about `count` of the rows, evenly spaced: accurate enough for quantiles, and fast."""
    return rows[:: -(-len(rows) // count)]


def _sampled(inputs: Array, sample: Array) -> Callable[[int], Array]:
    """The values (n,) of input k in the rows of a sample, ascending.

    Of a memory map these rows are copied at once: each reading of a column would bring the whole file into memory.
    """
    if map_of(inputs) is None:
        return lambda k: inputs[sample, k]
    values = taken_rows(inputs, sample)
    return lambda k: values[:, k]


def _quartiles(inputs: Array, rows: Array) -> tuple[Array, Array]:
    """Median and interquartile range, the latter at least half a standard deviation.

    Without this floor the few other values of an input that is nearly constant would become very large.
    """
    _, deviation = _moments(inputs, rows)
    sample = _sample(rows, _QUARTILE_ROWS)
    sampled = _sampled(inputs, sample)
    quartiles = [np.percentile(sampled(k).astype(np.float64), (25, 50, 75)) for k in range(inputs.shape[1])]
    low, median, high = np.transpose(quartiles)
    return median, np.where(deviation > 0, np.maximum(high - low, deviation / 2), 0.0)


def _soft_clip(inputs: Array, rows: Array) -> tuple[Array, Array, Array | None]:
    """Center, spread and log_floor (n_inputs,) of a scaling that the soft clip follows; log_floor None without logarithms.

    An input has the mean and the standard deviation. Where its tails are heavy, these describe the tail, and all other values
    would be next to each other: such an input has the median and the interquartile range, and if all its values are above
    0, those of its logarithm, the log-normal being the usual distribution with a heavy tail.
    The soft clip: Holzmüller, Grinsztajn & Steinwart 2024, Better by default, NeurIPS 37.
    """
    center, spread = _moments(inputs, rows)
    sample = _sample(rows, max(_TAIL_ROWS, min(_MOST_TAIL_ROWS, _TAIL_VALUES // max(1, inputs.shape[1]))))
    sampled = _sampled(inputs, sample)
    of_tails = _scale_heavy(center, spread, range(inputs.shape[1]), lambda k: sampled(k).astype(np.float64))
    if not of_tails:
        return center, spread, None
    low, _ = value_range(inputs, rows)
    of_logarithms = [k for k in of_tails if low[k] > 0]
    if not of_logarithms:
        return center, spread, None
    log_floor = np.zeros(len(low), dtype=np.float32)
    log_floor[of_logarithms] = low[of_logarithms]
    found = _mean_and_deviation(lambda block: logarithm(inputs[block][:, of_logarithms]), inputs, rows)
    center[of_logarithms], spread[of_logarithms] = found
    _scale_heavy(center, spread, of_logarithms, lambda k: logarithm(sampled(k)))
    return center, spread, log_floor


def _scale_heavy(center: Array, spread: Array, inputs: Iterable[int], values_of: Callable[[int], Array]) -> list[int]:
    """Give those of the `inputs`, of which values_of() has a sample (n,), that have heavy tails their median and interquartile range,
    the latter in standard deviations of a normal distribution; returns which they are.

    Where many values lie far from the others, as where most are 0 but for noise, those are no tail and stay apart:
    nine tenths of the values are within 2 _FARTHEST such deviations.
    """
    heavy = []
    for k in inputs:
        lowest, low, median, high, highest = np.percentile(values_of(k), (5, 25, 50, 75, 95))
        normal = (high - low) / _NORMAL_RANGE
        if 0 < normal * _HEAVY < spread[k]:
            center[k], spread[k] = median, max(normal, (highest - lowest) / (2 * _FARTHEST))
            heavy.append(k)
    return heavy
