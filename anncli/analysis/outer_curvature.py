"""How the slope of a loss by the pre-activations z of the outputs changes with z: the inner part of a Gauss-Newton matrix."""

from __future__ import annotations

from anncli.arrays import Array
from anncli.network.activations import ACTIVATIONS
from anncli.network.losses import LOSSES
from anncli.network.names import parse_loss

# Losses that are a function of the error, output minus target.
_OF_ERROR = ("mse", "huber", "mae", "quantile")


def output_change(activation: str, z: Array, outputs: Array, r_z: Array) -> Array:
    """How the outputs (n, K) change along r_z (n, K), the change of z."""
    functions = ACTIVATIONS[activation]
    if functions.along is not None:
        return functions.along(z, outputs, r_z)
    return functions.derivative(z, outputs) * r_z


def outer_curvature(loss: str, activation: str, z: Array, outputs: Array, targets: Array, r_z: Array) -> Array:
    """H_z r_z (n, K) for each row, where r_z (n, K) is the change of z: how the slope of the loss by z changes.

    For a function of the error without the bend of the output activation: f'(z) E''(a) f'(z) r_z.
    """
    r_a = output_change(activation, z, outputs, r_z)
    name = parse_loss(loss).name
    if name in _OF_ERROR:
        # At targets equal to the outputs only E'' is left of mse, and r_z = 0 leaves out what the activation bends.
        return LOSSES[loss].r_delta(activation, z, outputs, outputs if name == "mse" else targets, 0 * r_z, r_a)
    return LOSSES[loss].r_delta(activation, z, outputs, targets, r_z, r_a)
