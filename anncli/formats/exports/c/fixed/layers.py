"""Layers in integers: weights, biases, the multiplication that brings a sum to the units of the next step, and error bounds."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.formats.exports.c.fixed.functions import (
    EXPONENTIAL_BITS,
    FUNCTIONS,
    POWER_ERROR,
    PROBABILITY_BITS,
    TOP,
    Function,
    function_error,
    unit_of,
)

# Values before an activation end here, and outputs; the sum of those of an ensemble must be a number of 32 bits too.
MOST = 1 << 30
_SUM_BITS = 31
# Values can reach their bound divided by this, however small those were that were seen: units may be active for few rows.
_RESERVE = 32.0
_WEIGHT_TOP = {8: 127, 16: 32767}


class Signal(NamedTuple):
    """What a layer reads. unit: what 1 means, one for each value (n,); top: the largest |integer|; error: the most by which a value
    differs from that of the network (n,), in its units."""

    unit: Array
    top: int
    error: Array


class RealLayer(NamedTuple):
    """A layer of float64: weights (n_in, units), biases (units,)."""

    weights: Array
    biases: Array
    activation: str


class FixedLayer(NamedTuple):
    """A layer in integers: a sum of weights times values, shifted right by `pre`, plus bias; times multiplier, shifted right by
    shift; then the activation, and of a hidden elu or even one a second multiplication `rescale`.

    weights: int8 or int16 (n_in, units); biases, multipliers: int32 (units,); shifts: int8 (units,); top: no |value| is larger;
    peak: of exp, z is measured below it, in units of z; unit: what 1 of a value means; error: the bound of the error of the values
    (units,), in real units.
    """

    weights: Array
    biases: Array
    multipliers: Array
    shifts: Array
    pre: int
    activation: str
    rescale: tuple[int, int] | None
    top: int
    peak: int
    unit: float
    error: Array

    @property
    def function(self) -> Function:
        return FUNCTIONS[self.activation]


def multiplication(ratio: float) -> tuple[int, int]:
    """(m, s) with m / 2^s next to a ratio of 0 to 2^29, m below 2^31 and s from 1 to 62."""
    fraction, exponent = math.frexp(ratio)
    factor, shift = round(fraction * 2**31), 31 - exponent
    if factor == 1 << 31:
        factor, shift = factor >> 1, shift - 1
    if shift > 62:
        factor, shift = factor >> min(31, shift - 62), 62
    if shift < 1:
        raise OverflowError("a weight is too large for fixed-point numbers")
    return factor, shift


class _Sums(NamedTuple):
    """What the sums of a layer are: integers, their unit for each unit of the layer (units,), the largest |sum| in integers before
    `pre`, and the error of the sums in real units (units,)."""

    weights: Array
    biases: Array
    pre: int
    unit: Array
    error: Array


def _sums(layer: RealLayer, below: Signal, bits: int) -> _Sums:
    """Weights and biases so coarse that no sum can overflow: of 32 bits, with 16 bits a weight of 64."""
    weights = layer.weights * below.unit[:, None]
    largest = np.abs(weights).max(axis=0, initial=0)
    unit = np.where(largest > 0, largest / _WEIGHT_TOP[bits], 1e-30)
    unit = np.maximum(unit, np.abs(layer.biases) / (MOST / 2))
    while True:
        rounded = np.rint(weights / unit)
        bounds = np.abs(rounded).sum(axis=0) * below.top
        pre = 0 if bits == 8 else max(0, math.ceil(math.log2(max(1.0, bounds.max()))) - (_SUM_BITS - 1))
        biases = np.rint(layer.biases / (unit * 2.0**pre))
        too_large = bounds / 2.0**pre + np.abs(biases) >= 2.0**_SUM_BITS - 1
        if not too_large.any():
            break
        unit = np.where(too_large, 2 * unit, unit)
    off = np.abs(weights - rounded * unit).sum(axis=0) * below.top
    error = np.abs(layer.weights).T @ below.error + off + np.abs(layer.biases - biases * unit * 2.0**pre)
    error += unit * 2.0**pre if pre else 0.0
    kind = np.int8 if bits == 8 else np.int16
    return _Sums(rounded.astype(kind), biases.astype(np.int32), pre, unit * 2.0**pre, error)


def reach(layer: RealLayer, below: Signal) -> Array:
    """The largest |z| (units,) that the values below can lead to."""
    return np.abs(layer.weights * below.unit[:, None]).sum(axis=0) * below.top + np.abs(layer.biases)


def fixed_layer(layer: RealLayer, below: Signal, bits: int, seen: float, members: int = 0) -> FixedLayer:
    """seen: the largest |value| there may be, or the peak of z before exp; members: of an ensemble whose outputs this layer gives, 1 for
    a single network, 0 for a hidden layer."""
    function, sums = FUNCTIONS[layer.activation], _sums(layer, below, bits)
    farthest, peak, hidden = reach(layer, below), 0, members == 0
    unit_z = unit_of(function, bits) or _line_unit(float(farthest.max()), seen, hidden)
    factors = [multiplication(float(u / unit_z)) for u in sums.unit]
    error = sums.error + unit_z / 2 + farthest * 2.0**-30
    top, unit, rescale = MOST // max(1, members), unit_z, None
    if function.kind in ("tanh", "half", "softsign"):
        top, unit = TOP, (function.outer if function.kind == "tanh" else 1.0) / TOP
    elif function.kind == "softmax":
        top, unit = 1 << PROBABILITY_BITS, 2.0**-PROBABILITY_BITS
    elif function.kind == "exp":
        peak, unit = round(seen / unit_z), math.exp(seen) / (1 << EXPONENTIAL_BITS)
    elif hidden:
        top = TOP
        if function.kind in ("elu", "even"):
            unit = max(1.0, _line_unit(float(farthest.max()), seen, True) * TOP) / TOP
            rescale = multiplication(unit_z / unit)
    return FixedLayer(
        sums.weights, sums.biases, np.array([m for m, _ in factors], dtype=np.int32), np.array([s for _, s in factors], dtype=np.int8),
        sums.pre, layer.activation, rescale, top, peak, unit, _after(function, error, unit, bits, seen),
    )  # fmt: skip


def _line_unit(farthest: float, seen: float, hidden: bool) -> float:
    """The unit of a line's values: what the values below can lead to, but no more than what was seen."""
    if not hidden:
        return max(farthest, 1e-9) / (1 << 24)
    return max(min(farthest, max(seen, farthest / _RESERVE)), 1e-9) / TOP


def _after(function: Function, error: Array, unit: float, bits: int, seen: float) -> Array:
    """The error bound of values whose z has this error."""
    if function.kind == "softmax":
        # Every logit wrong by e changes the odds by exp(2 e) at most, and a probability by tanh(e / 2).
        rounding = (len(error) + 1) * (POWER_ERROR + 2.0**-15) + unit
        return np.full(len(error), math.tanh(float(error.max()) / 2) + rounding)
    if function.kind == "exp":
        return math.exp(min(seen, 80.0)) * (np.expm1(np.minimum(error, 80)) + POWER_ERROR) + unit
    return function.slope * error + function_error(function, bits) + unit
