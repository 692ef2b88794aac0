"""silu, also known as swish: z logistic(z)."""

from __future__ import annotations

from anncli.arrays import Array
from anncli.network.activations import Activation
from anncli.network.activations.logistic import logistic


def _derivative(z: Array, a: Array) -> Array:
    s = logistic(z)
    return s * (1 + z * (1 - s))


def _second_derivative(z: Array, a: Array) -> Array:
    s = logistic(z)
    value: Array = s * (1 - s) * (2 + z * (1 - 2 * s))
    return value


ACTIVATION = Activation(lambda z: z * logistic(z), _derivative, _second_derivative)
