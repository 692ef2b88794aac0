"""logistic: 1 / (1 + exp(-z))."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.network.activations import Activation


def logistic(z: Array) -> Array:
    # exp of negative numbers only: it may underflow to 0, which is correct, but it never overflows.
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e)).astype(z.dtype, copy=False)


ACTIVATION = Activation(logistic, lambda z, a: a * (1 - a), lambda z, a: a * (1 - a) * (1 - 2 * a))
