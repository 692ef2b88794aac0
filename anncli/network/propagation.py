"""Forward and backward: from inputs to outputs, and from output deltas to the gradient of every weight and bias.

Symbols: Z_l = A_{l-1} @ W_l + b_l, A_l = f_l(Z_l), D_l = dE/dZ_l, rows are samples.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.network.activations import ACTIVATIONS
from anncli.network.topology import Topology


class ForwardPass(NamedTuple):
    """What backward needs: activations[l] (n, units), inputs first, and pre_activations[l] (n, units) of layer l + 1.

    masks[l] is the dropout factor (n, units) of activations[l], or None; activations hold the masked values.
    """

    activations: list[Array]
    pre_activations: list[Array]
    masks: list[Array | None]


def forward(
    topology: Topology, parameters: Array, inputs: Array, masks: list[Array | None] | None = None
) -> ForwardPass:
    """Outputs and everything on the way, in the dtype of the parameters.

    Args: parameters (P,); inputs (n, n_inputs), scaled; masks: a dropout factor (n, units) or None per layer,
        inputs first, output layer left out.
    """
    masks = masks or [None] * len(topology.layers)
    first = inputs if masks[0] is None else inputs * masks[0]
    passed = ForwardPass([first], [], list(masks))
    for number, (block, layer) in enumerate(zip(topology.blocks(parameters), topology.layers, strict=True), 1):
        z = passed.activations[-1] @ block[1:]
        z += block[0]
        a = ACTIVATIONS[layer.activation].value(z)
        mask = masks[number] if number < len(masks) else None
        if mask is not None:
            a = a * mask
        passed.pre_activations.append(z)
        passed.activations.append(a)
    return passed


def backward(topology: Topology, parameters: Array, passed: ForwardPass, delta: Array, gradient: Array) -> None:
    """Write into `gradient` (P,) the sum over rows of the gradient of every weight and bias.

    Args: passed, as kept by forward(); delta (n, n_outputs), gradient of each row's loss with respect to the
        output pre-activations.
    Source: Rumelhart, Hinton & Williams 1986, Nature 323, 533-536.
    """
    blocks, slots = topology.blocks(parameters), topology.blocks(gradient)
    for number in reversed(range(len(blocks))):
        np.matmul(passed.activations[number].T, delta, out=slots[number][1:])
        delta.sum(axis=0, out=slots[number][0])
        if number == 0:
            break
        delta = delta @ blocks[number][1:].T
        mask, z = passed.masks[number], passed.pre_activations[number - 1]
        a = passed.activations[number]
        if mask is not None:
            # The derivative needs the unmasked activation; a masked-out unit passes no delta anyway.
            a = ACTIVATIONS[topology.layers[number - 1].activation].value(z)
            delta = delta * mask
        delta *= ACTIVATIONS[topology.layers[number - 1].activation].derivative(z, a)
