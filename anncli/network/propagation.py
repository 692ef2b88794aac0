"""Forward and backward through a chain of layers: from inputs to outputs, and from output deltas to the gradient."""

from __future__ import annotations

from typing import NamedTuple

from anncli.arrays import Array
from anncli.network.layers.base import Kept
from anncli.network.topology import Topology


class ForwardPass(NamedTuple):
    """What backward needs: activations[l] (n, columns), inputs first, and pre_activations[l] (n, columns) of layer l + 1.

    masks[l] is the dropout factor (n, columns) of activations[l], or None; activations hold the masked values.
    kept[l] is what layer l + 1 keeps.
    """

    activations: list[Array]
    pre_activations: list[Array]
    masks: list[Array | None]
    kept: list[Kept]


def forward(
    topology: Topology, parameters: Array, inputs: Array, masks: list[Array | None] | None = None
) -> ForwardPass:
    """The outputs and all values between inputs and outputs, in the dtype of the parameters.

    Args: parameters (P,); inputs (n, n_inputs), scaled; masks: a dropout factor (n, columns) or None for the inputs and
        for each layer except the output layer.
    """
    masks = masks or [None] * len(topology.layers)
    passed = ForwardPass([inputs if masks[0] is None else inputs * masks[0]], [], list(masks), [])
    for number, (layer, blocks) in enumerate(zip(topology.layers, topology.blocks(parameters), strict=True), 1):
        kept = layer.forward(blocks, passed.activations[-1])
        mask = masks[number] if number < len(masks) else None
        passed.kept.append(kept)
        passed.pre_activations.append(kept.z)
        passed.activations.append(kept.outputs if mask is None else kept.outputs * mask)
    return passed


def backward(topology: Topology, parameters: Array, passed: ForwardPass, delta: Array, gradient: Array) -> None:
    """Write into `gradient` (P,) the sum over rows of the gradient of every parameter.

    Args: passed, as kept by forward(); delta (n, n_outputs), gradient of each row's loss with respect to the
        output pre-activations.
    Source: Rumelhart, Hinton & Williams 1986, Nature 323, 533-536.
    """
    layers, blocks, slots = topology.layers, topology.blocks(parameters), topology.blocks(gradient)
    for number in reversed(range(len(layers))):
        slope = layers[number].backward(blocks[number], passed.kept[number], delta, slots[number], number > 0)
        if number == 0 or slope is None:
            break
        mask = passed.masks[number]
        if mask is not None:
            slope = slope * mask
        delta = layers[number - 1].delta(passed.kept[number - 1], slope)
