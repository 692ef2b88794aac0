"""Losses: name -> value per sample and delta (gradient with respect to the output pre-activations).

They live beside forward and backward, not in `training`, because both kernels need them and may not import `training`.
Every sample's loss is weighted by its sample weight and the total divided by the number of rows; weights are
normalised to mean 1 over the training part, so this is the weighted mean there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.network.activations import ACTIVATIONS
from anncli.network.names import LOSS_NAMES


class Loss(NamedTuple):
    """value(activation, z, outputs, targets) -> (n,) loss of each row, delta(the same) -> (n, K) dE/dz, for outputs of
    that activation."""

    value: Callable[[str, Array, Array, Array], Array]
    delta: Callable[[str, Array, Array, Array], Array]


def _squared_value(activation: str, z: Array, outputs: Array, targets: Array) -> Array:
    difference = outputs - targets
    return (difference * difference).mean(axis=1)


def _squared_delta(activation: str, z: Array, outputs: Array, targets: Array) -> Array:
    g = (outputs - targets) * z.dtype.type(2 / outputs.shape[1])
    if activation == "softmax":
        return outputs * (g - (g * outputs).sum(axis=1, keepdims=True))
    return g * ACTIVATIONS[activation].derivative(z, outputs)


def _binary_value(activation: str, z: Array, outputs: Array, targets: Array) -> Array:
    # On the pre-activation, never through log of an output: a saturated wrong unit keeps a finite loss.
    return (np.maximum(z, 0) - z * targets + np.log1p(np.exp(-np.abs(z)))).sum(axis=1)


def _softmax_value(activation: str, z: Array, outputs: Array, targets: Array) -> Array:
    top = z.max(axis=1)
    log_sum = top + np.log(np.exp(z - top[:, None]).sum(axis=1))
    return log_sum * targets.sum(axis=1) - (targets * z).sum(axis=1)


def _softmax_delta(activation: str, z: Array, outputs: Array, targets: Array) -> Array:
    return outputs * targets.sum(axis=1, keepdims=True) - targets


# The focal loss leaves a term of cross-entropy the more out the better it already is: its factor is (1 - p)^2 with p the
# output of the class wanted (gamma 2). Source: Lin et al. 2017, Focal loss for dense object detection, ICCV.


def logistic_sides(z: Array) -> tuple[Array, Array, Array, Array]:
    """p, 1 - p, -log p and -log(1 - p) of logistic outputs, each exact also where p is near 0 or 1."""
    e = np.exp(-np.abs(z))
    r = 1 / (1 + e)
    near, far, log = r, e * r, np.log1p(e)
    up = z >= 0
    p, q = np.where(up, near, far), np.where(up, far, near)
    return p, q, np.maximum(-z, 0) + log, np.maximum(z, 0) + log


def log_outputs(z: Array) -> Array:
    """log of softmax outputs."""
    shifted = z - z.max(axis=1, keepdims=True)
    value: Array = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return value


def _focal_value(activation: str, z: Array, outputs: Array, targets: Array) -> Array:
    value: Array
    if activation == "softmax":
        value = -(targets * (1 - outputs) ** 2 * log_outputs(z)).sum(axis=1)
        return value
    p, q, log_p, log_q = logistic_sides(z)
    value = (targets * q * q * log_p + (1 - targets) * p * p * log_q).sum(axis=1)
    return value


def _focal_delta(activation: str, z: Array, outputs: Array, targets: Array) -> Array:
    value: Array
    if activation == "softmax":
        q = 1 - outputs
        slope = targets * q * (2 * outputs * log_outputs(z) - q)
        value = slope - outputs * slope.sum(axis=1, keepdims=True)
        return value
    p, q, log_p, log_q = logistic_sides(z)
    value = (1 - targets) * p * p * (2 * q * log_q + p) - targets * q * q * (2 * p * log_p + q)
    return value


LOSSES: dict[str, Loss] = {
    "mse": Loss(_squared_value, _squared_delta),
    "binary-cross-entropy": Loss(_binary_value, lambda activation, z, outputs, targets: outputs - targets),
    "cross-entropy": Loss(_softmax_value, _softmax_delta),
    "focal": Loss(_focal_value, _focal_delta),
}

assert LOSSES.keys() == LOSS_NAMES.keys()
