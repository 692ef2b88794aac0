"""lecun-tanh: 1.7159 tanh(2z / 3). Source: LeCun et al. 1998, Efficient BackProp, section 4.4."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.network.activations import Activation

_A, _S = 1.7159, 2.0 / 3.0


def _second_derivative(z: Array, a: Array) -> Array:
    t = a / a.dtype.type(1.7159)
    value: Array = a.dtype.type(-2 * 1.7159 * 4 / 9) * t * (1 - t * t)
    return value


ACTIVATION = Activation(lambda z: _A * np.tanh(_S * z), lambda z, a: _A * _S * (1 - (a / _A) ** 2), _second_derivative)
