"""Rules for initial weights that kinds of layers share: each fills a matrix (fan_in, units), some the biases too.

The order of the draws is part of what a seed means: one call of the generator per matrix, never more.
"""

from __future__ import annotations

import math

import numpy as np

from anncli.arrays import Array
from anncli.network.layers.base import Start
from anncli.network.names import ACTIVATION_NAMES


def initial_weights(
    fan_in: int, units: int, activation: str, start: Start, fan_out: int | None = None
) -> tuple[Array | None, Array]:
    """Biases (units,), None for 0, and weights (fan_in, units) of units with that activation, by start.method.

    fan_out: how many units read one input, if that is another number than units.
    """
    rule, shape, rng = _rule(activation, start), (fan_in, units), start.rng
    is_relu = ACTIVATION_NAMES[activation].family == "relu"
    if rule == "nguyen-widrow":
        return _nguyen_widrow(shape, rng, start.low, start.high)
    if rule == "glorot":
        limit = math.sqrt(6 / (fan_in + (fan_out or units)))
        return None, rng.uniform(-limit, limit, shape)
    if rule == "he":
        leak = ACTIVATION_NAMES[activation].leak
        return None, rng.normal(0, math.sqrt(2 / ((1 + leak**2) * fan_in)), shape)
    if rule == "lecun":
        return None, rng.normal(0, math.sqrt(1 / fan_in), shape)
    if rule in ("fan-in", "classic"):
        limit = 1 / math.sqrt(fan_in) if rule == "fan-in" else 0.5
        drawn = rng.uniform(-limit, limit, (fan_in + 1, units))
        return drawn[0], drawn[1:]
    if rule == "orthogonal":
        return None, orthogonal(shape, rng) * (math.sqrt(2) if is_relu else 1.0)
    raise AssertionError(rule)


def _rule(activation: str, start: Start) -> str:
    """The method without `auto`, and with glorot for an output layer of nguyen-widrow."""
    if start.method == "auto":
        if ACTIVATION_NAMES[activation].family == "relu":
            return "he"
        return "nguyen-widrow" if start.is_first and not start.is_output else "glorot"
    return "glorot" if start.method == "nguyen-widrow" and start.is_output else start.method


def draw_unit_by_unit(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """A block of the shape (rows, units) with multiples of 1/2048, drawn in the order of an ann1dn file."""
    drawn: Array = ((rng.integers(0, 4096, shape[::-1]) - 2048) / 2048).T
    return drawn


def orthogonal(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Orthonormal rows or columns, whichever are fewer, uniformly distributed (signs of R made positive)."""
    tall = (max(shape), min(shape))
    q, r = np.linalg.qr(rng.normal(size=tall))
    q = q * np.sign(np.diag(r))
    matrix: Array = q if shape[0] >= shape[1] else q.T
    return matrix


def _nguyen_widrow(
    shape: tuple[int, int], rng: np.random.Generator, low: Array | None, high: Array | None
) -> tuple[Array, Array]:
    """Weights of norm 0.7 H^(1/n) per unit, biases evenly spaced over +-norm, then rescaled from -1..1 to the input range.

    Source: Nguyen & Widrow 1990, IJCNN, 3, 21-26; even spacing of the biases as in MATLAB's initnw.
    """
    fan_in, units = shape
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
    return biases, weights
