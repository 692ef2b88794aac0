"""How exact the outputs of a network are that were computed with 32-bit numbers."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array, Inputs
from anncli.inference.predict import predict
from anncli.network.activations import ACTIVATIONS
from anncli.network.network import Network
from anncli.network.propagation import forward
from anncli.network.scaling import Scaling

# The unit of rounding of float32, and how many roundings one function counts for.
_UNIT, _STEPS = 2.0**-24, 4.0


def rounding_errors(network: Network, inputs: Inputs) -> Array:
    """float64 (n, n_outputs): by how much two computations with float32 may differ for raw inputs (n, n_inputs), to first order.

    The error of a sum of n products is taken as 4 sqrt(n) units of the sum of their sizes, and is carried on through the
    derivatives. Of networks with other layers than dense ones it is the largest difference, in its column, between the outputs
    computed in float32 and in float64.
    Source: Higham 2002, Accuracy and Stability of Numerical Algorithms, sections 3.1 and 2.8 (errors grow as the root of n).
    """
    topology = network.topology
    if (
        network.parameters is None
        or not isinstance(inputs, np.ndarray)
        or any(layer.kind != "dense" for layer in topology.layers)
    ):
        return _difference(network, inputs)
    rows = inputs.astype(np.float64)
    scaled, errors = network.scaling.apply(rows), _scaling_errors(network.scaling, rows)
    members = network.members or (network.parameters,)
    found = [_passed(network, member.astype(np.float64), scaled, errors) for member in members]
    outputs = np.mean([outputs for outputs, _ in found], axis=0)
    total: Array = np.mean([error for _, error in found], axis=0) + _UNIT * np.abs(outputs)
    with np.errstate(over="ignore", invalid="ignore"):
        if units := network.target_scaling.of_outputs(network.n_outputs):
            data = network.target_scaling.to_data(outputs)
            total = total * units[1] + _STEPS * _UNIT * np.abs(data)
        total = _calibrated(network, outputs, total)
    return np.nan_to_num(total, nan=np.inf)


def _difference(network: Network, inputs: Inputs) -> Array:
    single, double = predict(network, inputs).astype(np.float64), _exact(network, inputs)
    with np.errstate(invalid="ignore"):
        largest = np.nan_to_num(np.abs(single - double)).max(axis=0, initial=0)
    return np.broadcast_to(largest, single.shape)


def _exact(network: Network, inputs: Inputs) -> Array:
    """The outputs in float64."""
    scaled = network.scaling.apply(inputs.astype(np.float64))
    members = network.members or (network.all_parameters,)
    with np.errstate(over="ignore", invalid="ignore"):
        every = [forward(network.topology, own.astype(np.float64), scaled).activations[-1] for own in members]
        outputs = network.target_scaling.to_data(np.mean(every, axis=0))
    return outputs if network.calibration is None else network.calibration.apply(outputs)


def _scaling_errors(scaling: Scaling, rows: Array) -> Array:
    """Of the scaled inputs (n, n_inputs), when the raw ones are exact."""
    scaled = scaling.apply(rows)
    errors = _STEPS * _UNIT * np.abs(scaled)
    if scaling.add is None or scaling.multiply is None:
        return errors
    if scaling.per_vector != "none" or scaling.log_floor is not None:
        before = Scaling(per_vector=scaling.per_vector, log_floor=scaling.log_floor).apply(rows)
        errors += _STEPS * _UNIT * np.abs(before) * np.abs(scaling.multiply)
    return errors


def _passed(network: Network, parameters: Array, scaled: Array, errors: Array) -> tuple[Array, Array]:
    """The outputs of one member in float64, and their errors."""
    topology = network.topology
    with np.errstate(over="ignore", invalid="ignore"):
        kept = forward(topology, parameters, scaled).kept
        for layer, weights, biases, passed in zip(
            topology.layers, topology.weights(parameters), topology.biases(parameters), kept, strict=True
        ):
            size = np.abs(weights)
            sums = np.abs(passed.inputs) @ size + np.abs(biases)
            errors = errors @ size + _STEPS * np.sqrt(len(weights) + 1) * _UNIT * sums
            errors = _through(layer.activation, passed.z, passed.outputs, errors)
    return kept[-1].outputs, errors


def _through(activation: str, z: Array, outputs: Array, errors: Array) -> Array:
    own = _STEPS * _UNIT * (np.abs(outputs) + np.minimum(np.abs(z), 1))
    if activation == "softmax":
        mean = (outputs * errors).sum(axis=1, keepdims=True)
        return outputs * (errors + mean) + own
    return np.abs(ACTIVATIONS[activation].derivative(z, outputs)) * errors + own


def _calibrated(network: Network, outputs: Array, errors: Array) -> Array:
    calibration = network.calibration
    if calibration is None:
        return errors
    if outputs.shape[1] == 1:
        # The curve does not fall, or does not rise: its values at both ends hold all between them.
        ends = [calibration.apply(outputs + sign * errors).astype(np.float64) for sign in (-1, 1)]
        return np.abs(ends[1] - ends[0]) + _STEPS * _UNIT
    chances = calibration.apply(outputs).astype(np.float64)
    relative = np.minimum(errors / np.maximum(outputs, np.finfo(np.float32).tiny), 1) / calibration.numbers[0]
    return chances * (relative + (chances * relative).sum(axis=1, keepdims=True)) + _STEPS * _UNIT
