"""Input gradients: how much the outputs of a network move when one input moves a little."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from anncli.arrays import Array, blocks_of_rows
from anncli.network.activations import ACTIVATIONS
from anncli.network.network import Network
from anncli.network.propagation import ForwardPass, forward
from anncli.network.scaling import Scaling

# The step of the differences of the scaling, in standard deviations of an input: about the cube root of the float64 precision.
_STEP = 1e-5


def input_gradients(network: Network, inputs: Array) -> Array:
    """float64 (n, n_outputs, n_inputs): derivatives of the outputs, in the units of the data and before a calibration, with respect to raw inputs
    (n, n_inputs), by backpropagation in float64 and through the scaling.
    """
    if network.members:
        # The derivative of a mean is the mean of the derivatives.
        each = [input_gradients(replace(network, parameters=own, members=()), inputs) for own in network.members]
        return np.mean(each, axis=0)
    assert network.parameters is not None
    raw = inputs.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        passed = forward(network.topology, network.parameters.astype(np.float64), network.scaling.apply(raw))
        found = np.stack([_backward(network, passed, k) for k in range(network.n_outputs)], axis=1)
        found = _through_scaling(network.scaling, raw, found)
    if units := network.target_scaling.of_outputs(network.n_outputs):
        found *= units[1].astype(np.float64)[:, None]
    return found


def mean_sensitivities(network: Network, inputs: Array, weights: Array | None = None) -> Array:
    """(n_inputs,) for each input the mean over rows (n, n_inputs) and outputs of |d output / d input|, times the standard
    deviation of the input (with n): how far an output moves, to first order, when the input moves by its standard deviation.

    weights (n,): of the rows in the means, None for 1.
    """
    own = np.ones(len(inputs)) if weights is None else weights.astype(np.float64)
    total = np.zeros(network.n_inputs)
    for block in blocks_of_rows(len(inputs), network.n_inputs * network.n_outputs, 1 << 18):
        slopes = np.abs(input_gradients(network, inputs[block])).mean(axis=1)
        total += own[block] @ slopes
    mean = np.average(inputs, axis=0, weights=own)
    variance = np.average((inputs - mean) ** 2, axis=0, weights=own)
    found: Array = total / own.sum() * np.sqrt(variance)
    return found


def _backward(network: Network, passed: ForwardPass, output: int) -> Array:
    """(n, n_inputs): the derivative of one output with respect to scaled inputs."""
    topology, layers = network.topology, network.topology.layers
    parameters = np.asarray(network.parameters, dtype=np.float64)
    slots = topology.blocks(np.empty_like(parameters))
    z, a = passed.pre_activations[-1], passed.activations[-1]
    slope = np.zeros_like(a)
    slope[:, output] = 1
    activation = ACTIVATIONS[topology.output_activation]
    # The Jacobian of softmax is symmetric, so that its derivative along a direction is its transpose times it.
    along = activation.along
    delta = slope * activation.derivative(z, a) if along is None else along(z, a, slope)
    blocks = topology.blocks(parameters)
    for number in reversed(range(len(layers))):
        found = layers[number].backward(blocks[number], passed.kept[number], delta, slots[number], True)
        assert found is not None
        slope = found
        if number:
            delta = layers[number - 1].delta(passed.kept[number - 1], slope)
    return slope


def _through_scaling(scaling: Scaling, raw: Array, slopes: Array) -> Array:
    """Slopes (n, n_outputs, n_inputs) with respect to scaled inputs as slopes with respect to raw ones (n, n_inputs)."""
    if scaling.is_identity:
        return slopes
    row_by_row = Scaling(per_vector=scaling.per_vector)
    each, middle = replace(scaling, per_vector="none"), row_by_row.apply(raw)
    if not each.is_identity:
        step = _STEP * np.where((deviation := middle.std(axis=0)) > 0, deviation, 1.0)
        low, high = middle - step, middle + step
        # What was rounded is not exactly two steps apart.
        slopes = slopes * ((each.apply(high) - each.apply(low)) / (high - low))[:, None, :]
    if scaling.per_vector == "energy":
        norms = np.maximum(np.sqrt((raw**2).sum(axis=1, keepdims=True)), 1e-300)[:, None, :]
        unit = middle[:, None, :]
        slopes = (slopes - unit * (slopes * unit).sum(axis=2, keepdims=True)) / norms
    elif scaling.per_vector == "minmax":
        slopes = _through_minmax(raw, slopes)
    return slopes


def _through_minmax(raw: Array, slopes: Array) -> Array:
    """Of s = 0.1 + 0.8 (x - low) / (high - low), where low and high are values of the same row."""
    low, high = raw.min(axis=1, keepdims=True), raw.max(axis=1, keepdims=True)
    spread = np.where(high > low, high - low, np.inf)
    place, factor = ((raw - low) / spread)[:, None, :], (0.8 / spread)[:, None, :]
    found: Array = slopes * factor
    rows = np.arange(len(raw))
    found[rows, :, raw.argmin(axis=1)] -= (slopes * factor * (1 - place)).sum(axis=2)
    found[rows, :, raw.argmax(axis=1)] -= (slopes * factor * place).sum(axis=2)
    return found
