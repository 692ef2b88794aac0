"""Losses: name -> value per sample and delta (gradient with respect to the output pre-activations).

They live beside forward and backward, not in `training`, because both kernels need them and may not import `training`.
Every sample's loss is weighted by its sample weight and the total divided by the number of rows; weights are
normalised to mean 1 over the training part, so this is the weighted mean there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from anncli.network.activations import ACTIVATIONS
from anncli.network.names import LOSS_NAMES

Array = npt.NDArray[Any]


class Loss(NamedTuple):
    """value(z, outputs, targets) -> (n,) loss of each row; delta(activation, z, outputs, targets) -> (n, K) dE/dz."""

    value: Callable[[Array, Array, Array], Array]
    delta: Callable[[str, Array, Array, Array], Array]


def _squared_value(z: Array, outputs: Array, targets: Array) -> Array:
    difference = outputs - targets
    return (difference * difference).mean(axis=1)


def _squared_delta(activation: str, z: Array, outputs: Array, targets: Array) -> Array:
    g = (outputs - targets) * z.dtype.type(2 / outputs.shape[1])
    if activation == "softmax":
        return outputs * (g - (g * outputs).sum(axis=1, keepdims=True))
    return g * ACTIVATIONS[activation].derivative(z, outputs)


def _binary_value(z: Array, outputs: Array, targets: Array) -> Array:
    # On the pre-activation, never through log of an output: a saturated wrong unit keeps a finite loss.
    return (np.maximum(z, 0) - z * targets + np.log1p(np.exp(-np.abs(z)))).sum(axis=1)


def _softmax_value(z: Array, outputs: Array, targets: Array) -> Array:
    top = z.max(axis=1)
    log_sum = top + np.log(np.exp(z - top[:, None]).sum(axis=1))
    return log_sum * targets.sum(axis=1) - (targets * z).sum(axis=1)


def _softmax_delta(activation: str, z: Array, outputs: Array, targets: Array) -> Array:
    return outputs * targets.sum(axis=1, keepdims=True) - targets


LOSSES: dict[str, Loss] = {
    "mse": Loss(_squared_value, _squared_delta),
    "binary-cross-entropy": Loss(_binary_value, lambda activation, z, outputs, targets: outputs - targets),
    "cross-entropy": Loss(_softmax_value, _softmax_delta),
}

assert LOSSES.keys() == LOSS_NAMES.keys()
