"""One row of the data through a network and back: every number of the forward pass, the loss, the deltas and the gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.network.layers.base import Blocks
from anncli.network.losses import LOSSES
from anncli.network.propagation import ForwardPass, forward
from anncli.network.topology import Topology


class LayerPass(NamedTuple):
    """What one layer computes for the row, all float64. Of a network on single rows n is 1.

    inputs (n, columns below); z, outputs, delta (n, columns): pre-activations, outputs and dE/dz; blocks, gradient: its
    parameters and dE/dw, block by block.
    """

    inputs: Array
    z: Array
    outputs: Array
    delta: Array
    blocks: Blocks
    gradient: Blocks


@dataclass(frozen=True)
class RowPass:
    """The row through all layers.

    inputs: as the network takes them, scaled; targets (n, n_outputs); loss: without a penalty; parameters, gradient (P,): all
    weights and biases, and the derivative of the loss with respect to them.
    """

    topology: Topology
    loss_name: str
    inputs: Array
    targets: Array
    loss: float
    layers: tuple[LayerPass, ...]
    parameters: Array
    gradient: Array

    def after_step(self, learning_rate: float) -> RowPass:
        """The same row after one step of gradient descent: w - learning_rate * dE/dw."""
        moved = self.parameters - learning_rate * self.gradient
        return pass_row(self.topology, self.loss_name, moved, self.inputs, self.targets)


def pass_row(topology: Topology, loss: str, parameters: Array, inputs: Array, targets: Array) -> RowPass:
    """Args: parameters (P,), float64; inputs (1, n_inputs), scaled; targets (1, n_outputs)."""
    gradient = np.zeros_like(parameters)
    with np.errstate(over="ignore", invalid="ignore"):
        passed = forward(topology, parameters, inputs)
        ends = (topology.output_activation, passed.pre_activations[-1], passed.activations[-1], targets)
        value = float(LOSSES[loss].value(*ends).sum())
        deltas = _deltas(topology, parameters, passed, LOSSES[loss].delta(*ends), gradient)
    each = zip(passed.kept, deltas, topology.blocks(parameters), topology.blocks(gradient), strict=True)
    layers = tuple(LayerPass(kept.inputs, kept.z, kept.outputs, *rest) for kept, *rest in each)
    return RowPass(topology, loss, inputs, targets, value, layers, parameters, gradient)


def _deltas(topology: Topology, parameters: Array, passed: ForwardPass, delta: Array, gradient: Array) -> list[Array]:
    """dE/dz of each layer; the gradient (P,) is written."""
    layers, blocks, slots = topology.layers, topology.blocks(parameters), topology.blocks(gradient)
    deltas = [delta]
    for number in reversed(range(len(layers))):
        slope = layers[number].backward(blocks[number], passed.kept[number], deltas[0], slots[number], number > 0)
        if number and slope is not None:
            deltas.insert(0, layers[number - 1].delta(passed.kept[number - 1], slope))
    return deltas
