"""Initial weights: a seeded draw of the whole parameter vector by one of the published rules."""

from __future__ import annotations

import math

import numpy as np

from anncli.arrays import Array
from anncli.errors import did_you_mean
from anncli.network.names import INITIALIZATION_NAMES
from anncli.network.topology import Topology

_RELU_FAMILY = ("relu", "leaky-relu", "elu", "gelu", "gelu-tanh", "silu", "softplus")


def initialize(
    topology: Topology,
    method: str,
    rng: np.random.Generator,
    *,
    input_low: Array | None = None,
    input_high: Array | None = None,
) -> Array:
    """Initial parameters (P,), float32.

    Args: method, a name of INITIALIZATION_NAMES; rng, the only source of chance; input_low, input_high (n_inputs,):
        the range of the scaled training inputs, which nguyen-widrow spreads its units over (default -1..1).
    Raises: ValueError for an unknown method.
    """
    if method not in INITIALIZATION_NAMES:
        raise ValueError(f"unknown initialisation '{method}'; {did_you_mean(method, INITIALIZATION_NAMES)}")
    parameters = np.zeros(topology.n_parameters, dtype=np.float32)
    if method == "ann1dn":
        # One draw per parameter in the order of the file: unit by unit, bias first.
        for block in topology.blocks(parameters):
            block[...] = ((rng.integers(0, 4096, block.T.shape) - 2048) / 2048).T
        return parameters
    for number, (block, layer) in enumerate(zip(topology.blocks(parameters), topology.layers, strict=True)):
        is_hidden = number < len(topology.layers) - 1
        rule = _resolve(method, layer.activation, is_hidden, is_first=number == 0)
        if rule == "nguyen-widrow" and number == 0:
            _nguyen_widrow(block, rng, input_low, input_high)
        elif rule == "nguyen-widrow":
            _nguyen_widrow(block, rng, None, None)
        else:
            _draw(block, rule, layer.activation, rng)
    return parameters


def _resolve(method: str, activation: str, is_hidden: bool, is_first: bool) -> str:
    if method == "auto":
        if activation in _RELU_FAMILY:
            return "he"
        return "nguyen-widrow" if is_hidden and is_first else "glorot"
    if method == "nguyen-widrow" and not is_hidden:
        return "glorot"
    return method


def _draw(block: Array, rule: str, activation: str, rng: np.random.Generator) -> None:
    """Fill one layer's block (n_in + 1, n_out): biases in row 0, weights below."""
    fan_in, fan_out = block.shape[0] - 1, block.shape[1]
    shape = (fan_in, fan_out)
    if rule == "glorot":
        limit = math.sqrt(6 / (fan_in + fan_out))
        block[1:] = rng.uniform(-limit, limit, shape)
    elif rule == "he":
        slope = 0.01 if activation == "leaky-relu" else 0.0
        block[1:] = rng.normal(0, math.sqrt(2 / ((1 + slope**2) * fan_in)), shape)
    elif rule == "lecun":
        block[1:] = rng.normal(0, math.sqrt(1 / fan_in), shape)
    elif rule == "fan-in":
        limit = 1 / math.sqrt(fan_in)
        block[...] = rng.uniform(-limit, limit, block.shape)
    elif rule == "classic":
        block[...] = rng.uniform(-0.5, 0.5, block.shape)
    elif rule == "orthogonal":
        block[1:] = _orthogonal(shape, rng) * (math.sqrt(2) if activation in _RELU_FAMILY else 1.0)
    else:
        raise AssertionError(rule)


def _orthogonal(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Orthonormal rows or columns, whichever are fewer, uniformly distributed (signs of R made positive)."""
    tall = (max(shape), min(shape))
    q, r = np.linalg.qr(rng.normal(size=tall))
    q = q * np.sign(np.diag(r))
    matrix: Array = q if shape[0] >= shape[1] else q.T
    return matrix


def _nguyen_widrow(block: Array, rng: np.random.Generator, low: Array | None, high: Array | None) -> None:
    """Weight vectors of norm 0.7 H^(1/n), biases evenly spaced over +-norm, then rescaled from -1..1 to the input range.

    Source: Nguyen & Widrow 1990, IJCNN, 3, 21-26; even spacing of the biases as in MATLAB's initnw.
    """
    fan_in, units = block.shape[0] - 1, block.shape[1]
    beta = 0.7 * units ** (1 / fan_in)
    weights = rng.uniform(-1, 1, (fan_in, units))
    weights *= beta / np.linalg.norm(weights, axis=0)
    spread = np.linspace(-1, 1, units) if units > 1 else np.zeros(1)
    biases = beta * spread * np.sign(weights[0])
    if low is not None and high is not None:
        width = np.where(high > low, high - low, 2.0).astype(np.float64)
        slope = 2 / width
        biases = biases + (weights * (-(high + low) / width)[:, None]).sum(axis=0)
        weights = weights * slope[:, None]
    block[0], block[1:] = biases, weights
