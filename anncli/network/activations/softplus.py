"""softplus: log(1 + exp(z))."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.network.activations import Activation
from anncli.network.activations.logistic import logistic


def _value(z: Array) -> Array:
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def _second_derivative(z: Array, a: Array) -> Array:
    s = logistic(z)
    value: Array = s * (1 - s)
    return value


ACTIVATION = Activation(_value, lambda z, a: logistic(z), _second_derivative)
