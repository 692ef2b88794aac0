"""softmax: exp(z_k) / sum of exp(z_j) over the outputs j of a row; for the output layer only."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.network.activations import Activation


def _value(z: Array) -> Array:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _derivative(z: Array, a: Array) -> Array:
    raise AssertionError("softmax has a Jacobian, not an element-wise derivative")


def _along(z: Array, a: Array, r_z: Array) -> Array:
    value: Array = a * (r_z - (a * r_z).sum(axis=1, keepdims=True))
    return value


ACTIVATION = Activation(_value, _derivative, along=_along)
