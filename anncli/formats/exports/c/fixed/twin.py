"""The integer arithmetic of the C text once more, in numpy: the same integers, bit by bit."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.formats.exports.c.fixed.curve import FixedCurve
from anncli.formats.exports.c.fixed.functions import (
    EXPONENT_BITS,
    FUNCTIONS,
    GRIDS,
    POWERS,
    PROBABILITY_BITS,
    SOFTSIGN_ONE,
    TOP,
    powers_of_two,
    table_of,
)
from anncli.formats.exports.c.fixed.layers import MOST, FixedLayer
from anncli.formats.exports.c.fixed.network import FixedNetwork, exact_outputs
from anncli.formats.exports.c.fixed.ranges import before_logistic
from anncli.network.network import Network

# The fraction of the range of an output that a proof allows beside what was found.
FRACTIONS = {8: 1 / 64, 16: 1 / 256}
# 0.01 in units of 2^-20, for leaky-relu.
LEAK, LEAK_BITS = 10486, 20


def quantized(fixed: FixedNetwork, scaled: Array) -> Array:
    """int64 (n, n_inputs) for scaled inputs (n, n_inputs), float32, rounded half away from zero."""
    limited = np.clip(scaled * fixed.factors, np.float32(-TOP), np.float32(TOP))
    cut, half = np.trunc(limited), np.float32(0.5)
    return (cut + (limited >= cut + half) - (limited <= cut - half)).astype(np.int64)


def integer_outputs(fixed: FixedNetwork, quantized: Array) -> Array:
    """int64 (n, n_outputs): the sum over the members, and calibrated if that is isotonic."""
    if fixed.has_logistic_inputs:
        quantized = _half(quantized << (GRIDS[fixed.bits].bits - 15), fixed.bits)
    total = sum(_member(layers, quantized, fixed.bits) for layers in fixed.members)
    return np.asarray(total) if fixed.curve is None else _calibrated(fixed.curve, np.asarray(total))


def real_outputs(fixed: FixedNetwork, integers: Array) -> Array:
    """float32 (n, n_outputs), in the operations of the C text."""
    outputs: Array = integers.astype(np.float32) * fixed.out_factors
    return outputs if fixed.out_offsets is None else outputs + fixed.out_offsets


def twin_outputs(fixed: FixedNetwork, network: Network, inputs: Array) -> Array:
    """float32 (n, n_outputs) for raw inputs (n, n_inputs)."""
    return real_outputs(fixed, integer_outputs(fixed, quantized(fixed, before_logistic(network, inputs))))


class Errors(NamedTuple):
    """Of each output (n_outputs,): found, the largest difference from the network on the rows of the ranges; limit, that a proof on
    other rows holds: four times that and a fraction of the range of the output, but not more than the worst case."""

    found: Array
    limit: Array


def measured_errors(fixed: FixedNetwork, network: Network) -> Errors:
    rows = fixed.ranges.rows.astype(np.float32)
    exact = exact_outputs(network, rows.astype(np.float64))
    found = np.abs(real_outputs(fixed, integer_outputs(fixed, quantized(fixed, rows))) - exact).max(axis=0)
    if fixed.curve is not None:
        # Isotonic calibration jumps: a row beside a jump is wrong by all of it, and few rows are there.
        return Errors(found, fixed.bound)
    return Errors(found, np.minimum(fixed.bound, 4 * found + FRACTIONS[fixed.bits] * np.ptp(exact, axis=0)))


def shifted(values: Array, shift: Array | int) -> Array:
    """values / 2^shift, rounded half up, shift from 1 on, limited to MOST."""
    return np.clip((values + (np.int64(1) << (np.asarray(shift, dtype=np.int64) - 1))) >> shift, -MOST, MOST)


def _member(layers: list[FixedLayer], values: Array, bits: int) -> Array:
    for layer in layers:
        # In float64, which holds these integers and is multiplied faster: 2^15 times 2^15 for each of fewer than 2^23 values.
        sums = (values.astype(np.float64) @ layer.weights.astype(np.float64)).astype(np.int64)
        sums = (sums >> layer.pre) + layer.biases
        assert (np.abs(sums) < 2**31).all(), "a sum overflows"
        z = shifted(sums * layer.multipliers.astype(np.int64), layer.shifts)
        values = _activated(layer, z, bits)
    return values


def _activated(layer: FixedLayer, z: Array, bits: int) -> Array:
    kind = layer.function.kind
    if kind == "softmax":
        return _softmax(z)
    if kind == "exp":
        return _powers(np.maximum(layer.peak - z, 0))
    if kind == "tanh":
        return _odd(layer.activation, z, bits)
    if kind == "half":
        return _half(z, bits)
    if kind == "softsign":
        rest = (TOP * SOFTSIGN_ONE + (SOFTSIGN_ONE + np.abs(z)) // 2) // (SOFTSIGN_ONE + np.abs(z))
        return np.sign(z) * (TOP - rest)
    if kind in ("relu", "leaky"):
        below = 0 * z if kind == "relu" else shifted(z * LEAK, LEAK_BITS)
        z = np.where(z > 0, z, below)
    elif kind in ("elu", "even"):
        missing = _looked_up(layer.activation, np.abs(z), bits)
        z = np.maximum(z, 0) + (missing if kind == "even" else np.where(z > 0, 0, missing))
        if layer.rescale is not None:
            z = shifted(z * layer.rescale[0], layer.rescale[1])
    return np.clip(z, -layer.top, layer.top)


def _looked_up(activation: str, distance: Array, bits: int) -> Array:
    table, grid = table_of(FUNCTIONS[activation], bits), GRIDS[bits]
    assert table is not None
    entries = np.append(table, table[-1]).astype(np.int64)
    limited = np.minimum(distance, 1 << grid.bits)
    at, rest = limited >> grid.step_bits, limited & ((1 << grid.step_bits) - 1)
    rise = (entries[at + 1] - entries[at]) * rest
    return entries[at] + ((rise + (1 << (grid.step_bits - 1))) >> grid.step_bits)


def _odd(activation: str, z: Array, bits: int) -> Array:
    return np.sign(z) * _looked_up(activation, np.abs(z), bits)


def _half(z: Array, bits: int) -> Array:
    """logistic(z) from tanh(z / 2)."""
    return (TOP + _odd("logistic", z, bits) + 1) >> 1


def _powers(distance: Array) -> Array:
    """2^(-distance / 2^16) in units of 2^-25, for distances of 0 or more."""
    table, step_bits = np.append(powers_of_two(), 0), EXPONENT_BITS - (POWERS.bit_length() - 1)
    fraction = distance & ((1 << EXPONENT_BITS) - 1)
    at, rest = fraction >> step_bits, fraction & ((1 << step_bits) - 1)
    value = (table[at] << step_bits) - (table[at] - table[at + 1]) * rest
    whole = distance >> EXPONENT_BITS
    return np.where(whole > 31, 0, value >> np.minimum(whole, 31))


def _softmax(z: Array) -> Array:
    parts = (_powers(z.max(axis=1, keepdims=True) - z) + 512) >> 10
    total = parts.sum(axis=1, keepdims=True)
    return ((parts << PROBABILITY_BITS) + total // 2) // total


def _calibrated(curve: FixedCurve, values: Array) -> Array:
    scores, probabilities = curve.scores.astype(np.int64), curve.probabilities.astype(np.int64)
    last = len(scores) - 1
    low = np.clip(np.searchsorted(scores, values, side="right") - 1, 0, last - 1)
    width = np.maximum(scores[low + 1] - scores[low], 1)
    rise = (probabilities[low + 1] - probabilities[low]) * np.clip(values - scores[low], 0, width)
    found: Array = probabilities[low] + (2 * rise + width) // (2 * width)
    found = np.where(values < scores[0], probabilities[0], found)
    return np.where(values >= scores[-1], probabilities[-1], found)
