"""gelu-tanh: the common approximation of gelu, z/2 (1 + tanh(sqrt(2/pi) (z + 0.044715 z^3)))."""

from __future__ import annotations

import math

import numpy as np

from anncli.arrays import Array
from anncli.network.activations import Activation

_C, _CUBE = 0.7978845608028654, 0.044715


def _inner(z: Array) -> Array:
    return np.tanh(_C * (z + _CUBE * z * z * z))


def _derivative(z: Array, a: Array) -> Array:
    t = _inner(z)
    return (1 + t) / 2 + z / 2 * (1 - t * t) * _C * (1 + 3 * _CUBE * z * z)


def _second_derivative(z: Array, a: Array) -> Array:
    c, d = z.dtype.type(math.sqrt(2 / math.pi)), z.dtype.type(_CUBE)
    t = np.tanh(c * (z + d * z**3))
    slope, bend = c * (1 + 3 * d * z * z), 6 * c * d * z
    value: Array = (1 - t * t) * (slope + z / 2 * (bend - 2 * t * slope * slope))
    return value


ACTIVATION = Activation(lambda z: z / 2 * (1 + _inner(z)), _derivative, _second_derivative)
