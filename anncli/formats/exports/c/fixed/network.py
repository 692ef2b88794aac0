"""A network in integers: every number that its C text holds, and the bounds of its errors."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.formats.exports.base import ExportRequest
from anncli.formats.exports.c.fixed.curve import FixedCurve, fixed_curve
from anncli.formats.exports.c.fixed.functions import FUNCTIONS, TOP, function_error
from anncli.formats.exports.c.fixed.layers import FixedLayer, RealLayer, Signal, fixed_layer, multiplication
from anncli.formats.exports.c.fixed.ranges import MARGIN, Ranges, after_logistic, ranges_of, values_of
from anncli.formats.exports.steps import dense_steps
from anncli.network.network import Network

# A logistic scaling of inputs: where its table ends.
_LOGISTIC_INPUT = FUNCTIONS["logistic"].end / FUNCTIONS["logistic"].inner


class FixedNetwork(NamedTuple):
    """bits: of the weights; factors: float32 (n_inputs,), scaled inputs times these are the integers; has_logistic_inputs: the
    logistic function is taken of the inputs in integers; members: of an ensemble, or the one network; curve: isotonic calibration;
    out_factors, out_offsets: float32 (n_outputs,), out = factor * integer + offset; bound: the most by which an output differs from
    that of the network (n_outputs,), for inputs inside the range; ranges: what that range was taken from."""

    bits: int
    factors: Array
    has_logistic_inputs: bool
    members: list[list[FixedLayer]]
    curve: FixedCurve | None
    out_factors: Array
    out_offsets: Array | None
    bound: Array
    ranges: Ranges


def fixed_network(network: Network, request: ExportRequest) -> FixedNetwork:
    """Raises OverflowError for weights too large for fixed-point numbers; ask the export's refusal() first."""
    ranges = ranges_of(network, request.rows)
    members = real_members(network)
    factors, inputs = _inputs(network, ranges, request.bits)
    values = values_of(members, after_logistic(network, ranges.rows))
    n_members = len(members)
    peak = max(min(float(own[-1][0].max()) + 1.0, 88.0) for own in values)
    fixed = []
    for layers, seen in zip(members, values, strict=True):
        own: list[FixedLayer] = []
        for at, layer in enumerate(layers):
            below = inputs if not own else Signal(np.full(len(layer.weights), own[-1].unit), TOP, own[-1].error)
            is_last = at == len(layers) - 1
            largest = peak if layer.activation == "exp" else MARGIN * float(np.abs(seen[at][1]).max())
            own.append(fixed_layer(layer, below, request.bits, largest, n_members if is_last else 0))
        fixed.append(own)
    return _finished(network, request.bits, factors, _common_unit(fixed), ranges)


def _inputs(network: Network, ranges: Ranges, bits: int) -> tuple[Array, Signal]:
    """The factors of the inputs, and the signal that the first layer reads."""
    if network.scaling.activation != "logistic":
        factors = (TOP / ranges.inputs).astype(np.float32)
        unit = 1 / factors.astype(np.float64)
        return factors, Signal(unit, TOP, 0.51 * unit)
    factors = np.full(network.n_inputs, (1 << 15) / _LOGISTIC_INPUT, dtype=np.float32)
    unit = np.full(network.n_inputs, 1 / TOP)
    error = 0.25 * 0.51 * _LOGISTIC_INPUT / (1 << 15) + function_error(FUNCTIONS["logistic"], bits) + unit
    return factors, Signal(unit, TOP, error)


def real_members(network: Network) -> list[list[RealLayer]]:
    """The layers in float64, with a calibration that is a function of logits or outputs among them, if one network computes it."""
    members = [[RealLayer(step.weights.astype(np.float64), step.biases.astype(np.float64), step.activation) for step in steps]
               for steps in dense_steps(network)]  # fmt: skip
    calibration = network.calibration
    if calibration is None or calibration.method == "isotonic":
        return members
    layers = members[0]
    slope, intercept = _slope(network)
    if calibration.method == "platt" and not calibration.of_logits:
        layers.append(RealLayer(np.array([[slope]]), np.array([intercept]), "logistic"))
    else:
        # The logit of a logistic output is its z, and the logarithms of softmax outputs are theirs but for a constant.
        last = layers[-1]
        layers[-1] = last._replace(weights=last.weights * slope, biases=last.biases * slope + intercept)
    return members


def _slope(network: Network) -> tuple[float, float]:
    assert network.calibration is not None
    numbers = network.calibration.numbers
    return (float(numbers[0]), float(numbers[1])) if len(numbers) == 2 else (1 / float(numbers[0]), 0.0)


def _common_unit(members: list[list[FixedLayer]]) -> list[list[FixedLayer]]:
    """The members of an ensemble with outputs of one unit, the largest, so that they can be added."""
    largest = max(own[-1].unit for own in members)
    if len(members) == 1 or all(own[-1].unit == largest for own in members):
        return members
    return [[*own[:-1], _with_unit(own[-1], largest)] for own in members]


def _with_unit(layer: FixedLayer, unit: float) -> FixedLayer:
    """Only of a line: the last multiplication gives the unit."""
    ratios = layer.multipliers.astype(np.float64) / 2.0 ** layer.shifts.astype(np.float64)
    factors = [multiplication(float(ratio * layer.unit / unit)) for ratio in ratios]
    return layer._replace(
        multipliers=np.array([m for m, _ in factors], dtype=np.int32),
        shifts=np.array([s for _, s in factors], dtype=np.int8),
        unit=unit,
        error=layer.error + unit,
    )


def _finished(
    network: Network, bits: int, factors: Array, members: list[list[FixedLayer]], ranges: Ranges
) -> FixedNetwork:
    """With what follows the layers: the mean, the units of the data, isotonic calibration."""
    unit = members[0][-1].unit / len(members)
    error = np.mean([own[-1].error for own in members], axis=0)
    spread, offsets = np.ones(network.n_outputs), None
    if units := network.target_scaling.of_outputs(network.n_outputs):
        offsets, spread = units[0], units[1].astype(np.float64)
    curve = None
    if network.calibration is not None and network.calibration.method == "isotonic":
        curve = fixed_curve(network.calibration.numbers, unit)
        error, unit = curve.error(network.calibration.numbers, error), curve.unit
    out_factors = (unit * spread).astype(np.float32)
    largest = 0.0 if offsets is None else np.abs(offsets).astype(np.float64)
    rounding = (np.abs(out_factors.astype(np.float64)) * 2.0**24 + largest) * 2.0**-22
    return FixedNetwork(
        bits, factors, network.scaling.activation == "logistic", members, curve, out_factors, offsets,
        error * spread + rounding, ranges,
    )  # fmt: skip


def exact_outputs(network: Network, rows: Array) -> Array:
    """float64 (n, n_outputs), what the network gives for the scaled rows of Ranges, but for rounding."""
    values = values_of(real_members(network), after_logistic(network, rows))
    outputs: Array = np.mean([own[-1][1] for own in values], axis=0)
    if units := network.target_scaling.of_outputs(network.n_outputs):
        offset, spread = (values.astype(np.float64) for values in units)
        outputs = outputs * spread + offset
    if network.calibration is not None and network.calibration.method == "isotonic":
        outputs = network.calibration.apply(outputs).astype(np.float64)
    return outputs
