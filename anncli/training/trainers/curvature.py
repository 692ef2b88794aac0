"""Curvature: the product of the Hessian of the loss with a vector, exact, at the cost of about two gradients.

Symbols: R{x} is the derivative of x along the direction v; the rest as in network/propagation.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from anncli.arrays import Array
from anncli.backends.reference import BLOCK_ROWS
from anncli.backends.updates import add_penalty_gradient
from anncli.network.activations import ACTIVATIONS
from anncli.network.losses import LOSSES, log_outputs, logistic_sides
from anncli.network.propagation import ForwardPass, forward
from anncli.network.topology import Topology
from anncli.training.objective import Objective


def _zero(z: Array, a: Array) -> Array:
    return np.zeros_like(z)


def _gelu(z: Array, a: Array) -> Array:
    value: Array = (2 - z * z) * np.exp(-z * z / 2) / z.dtype.type(math.sqrt(2 * math.pi))
    return value


def _gelu_tanh(z: Array, a: Array) -> Array:
    c, d = z.dtype.type(math.sqrt(2 / math.pi)), z.dtype.type(0.044715)
    t = np.tanh(c * (z + d * z**3))
    slope, bend = c * (1 + 3 * d * z * z), 6 * c * d * z
    value: Array = (1 - t * t) * (slope + z / 2 * (bend - 2 * t * slope * slope))
    return value


def _silu(z: Array, a: Array) -> Array:
    s = ACTIVATIONS["logistic"].value(z)
    value: Array = s * (1 - s) * (2 + z * (1 - 2 * s))
    return value


def _softplus(z: Array, a: Array) -> Array:
    s = ACTIVATIONS["logistic"].value(z)
    value: Array = s * (1 - s)
    return value


def _lecun(z: Array, a: Array) -> Array:
    t = a / a.dtype.type(1.7159)
    value: Array = a.dtype.type(-2 * 1.7159 * 4 / 9) * t * (1 - t * t)
    return value


# Second derivatives f''(z), from z and a = f(z); softmax has none of its own (see _second_delta).
SECOND_DERIVATIVES: dict[str, Callable[[Array, Array], Array]] = {
    "linear": _zero,
    "relu": _zero,
    "leaky-relu": _zero,
    "logistic": lambda z, a: a * (1 - a) * (1 - 2 * a),
    "tanh": lambda z, a: -2 * a * (1 - a * a),
    "bipolar-sigmoid": lambda z, a: -a * (1 - a * a) / 2,
    "lecun-tanh": _lecun,
    "elu": lambda z, a: np.where(z > 0, 0, a + 1).astype(z.dtype),
    "gelu": _gelu,
    "gelu-tanh": _gelu_tanh,
    "silu": _silu,
    "softplus": _softplus,
    "softsign": lambda z, a: -2 * np.sign(z) / (1 + np.abs(z)) ** 3,
}


def hessian_product(objective: Objective, parameters: Array, direction: Array) -> Array:
    """H v (P,) of the objective, penalty included, at `parameters` for the direction v (P,), in their dtype.

    Source: Pearlmutter 1994, Neural Computation 6, 147-160.
    """
    topology, n = objective.topology, objective.n_samples
    product = np.zeros_like(parameters)
    for start in range(0, n, BLOCK_ROWS):
        rows = objective.rows[start : start + BLOCK_ROWS]
        inputs, targets = objective.inputs[rows], objective.targets[rows]
        weights = None if objective.weights is None else objective.weights[rows][:, None]
        passed = forward(topology, parameters, inputs.astype(parameters.dtype, copy=False))
        product += _block_product(objective.loss, topology, parameters, direction, passed, targets, weights)
    product /= n
    # The penalty is quadratic: its Hessian times the direction is its gradient there.
    add_penalty_gradient(topology, direction, product, objective.l2)
    return product


def _block_product(
    loss: str, topology: Topology, parameters: Array, direction: Array, passed: ForwardPass, targets: Array,
    weights: Array | None,
) -> Array:  # fmt: skip
    blocks, along = topology.blocks(parameters), topology.blocks(direction)
    r_activations, r_pre_activations = _r_forward(topology, blocks, along, passed)
    z, outputs = passed.pre_activations[-1], passed.activations[-1]
    delta = LOSSES[loss].delta(topology.output_activation, z, outputs, targets)
    r_delta = _second_delta(
        loss, topology.output_activation, z, outputs, targets, r_pre_activations[-1], r_activations[-1]
    )
    if weights is not None:
        delta, r_delta = delta * weights, r_delta * weights
    result = np.empty_like(parameters)
    slots = topology.blocks(result)
    for number in reversed(range(len(blocks))):
        a, r_a = passed.activations[number], r_activations[number]
        slots[number][1:] = r_a.T @ delta + a.T @ r_delta
        slots[number][0] = r_delta.sum(axis=0)
        if number:
            name, z = topology.layers[number - 1].activation, passed.pre_activations[number - 1]
            slope, back = ACTIVATIONS[name].derivative(z, a), delta @ blocks[number][1:].T
            bend = SECOND_DERIVATIVES[name](z, a) * r_pre_activations[number - 1]
            r_delta = (r_delta @ blocks[number][1:].T + delta @ along[number][1:].T) * slope + back * bend
            delta = back * slope
    return result


def _r_forward(
    topology: Topology, blocks: list[Array], along: list[Array], passed: ForwardPass
) -> tuple[list[Array], list[Array]]:
    """R{A_l} for every layer, inputs first, and R{Z_l}."""
    r_activations, r_pre_activations = [np.zeros_like(passed.activations[0])], []
    for number, layer in enumerate(topology.layers):
        r_z = r_activations[-1] @ blocks[number][1:] + passed.activations[number] @ along[number][1:] + along[number][0]
        z, a = passed.pre_activations[number], passed.activations[number + 1]
        if layer.activation == "softmax":
            r_a = a * (r_z - (a * r_z).sum(axis=1, keepdims=True))
        else:
            r_a = ACTIVATIONS[layer.activation].derivative(z, a) * r_z
        r_pre_activations.append(r_z)
        r_activations.append(r_a)
    return r_activations, r_pre_activations


def _second_delta(
    loss: str, activation: str, z: Array, outputs: Array, targets: Array, r_z: Array, r_a: Array
) -> Array:
    """R{delta} at the output."""
    value: Array
    if loss == "cross-entropy":
        value = r_a * targets.sum(axis=1, keepdims=True)
        return value
    if loss == "binary-cross-entropy":
        return r_a
    if loss == "focal":
        return _second_focal_delta(activation, z, outputs, targets, r_z, r_a)
    share = z.dtype.type(2 / outputs.shape[1])
    g = (outputs - targets) * share
    if activation == "softmax":
        inner = (g * outputs).sum(axis=1, keepdims=True)
        r_inner = (share * r_a * outputs + g * r_a).sum(axis=1, keepdims=True)
        value = r_a * (g - inner) + outputs * (share * r_a - r_inner)
        return value
    slope = ACTIVATIONS[activation].derivative(z, outputs)
    value = share * r_a * slope + g * SECOND_DERIVATIVES[activation](z, outputs) * r_z
    return value


def _second_focal_delta(activation: str, z: Array, outputs: Array, targets: Array, r_z: Array, r_a: Array) -> Array:
    value: Array
    if activation == "softmax":
        q, logs = 1 - outputs, log_outputs(z)
        slope = targets * q * (2 * outputs * logs - q)
        bend = targets * (2 * (1 - 2 * outputs) * logs + 4 * q) * r_a
        value = bend - r_a * slope.sum(axis=1, keepdims=True) - outputs * bend.sum(axis=1, keepdims=True)
        return value
    p, q, log_p, log_q = logistic_sides(z)
    value = targets * p * q * q * (4 * p * log_p - 2 * q * log_p + 5 * q)
    value += (1 - targets) * q * p * p * (4 * q * log_q - 2 * p * log_q + 5 * p)
    value *= r_z
    return value
