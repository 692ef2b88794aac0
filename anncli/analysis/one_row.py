"""One sample of the data through a network and back: every number of the forward pass, the loss, the deltas and the gradient."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array, Inputs
from anncli.network.layers.base import Blocks
from anncli.network.losses import LOSSES
from anncli.network.propagation import backward, forward
from anncli.network.topology import Topology


class LayerPass(NamedTuple):
    """What one layer computes for the sample, all float64. n is 1 where a sample has one row.

    inputs (n, columns below), or Tokens; z, outputs, delta (n, columns): pre-activations, outputs and dE/dz; gathered: what the
    weights are multiplied with, see LayerKind.gathered(); weights, biases: the views of its parameters that LayerKind.weights()
    and biases() give; weight_slopes, bias_slopes: dE/dw in the same form.
    """

    inputs: Any
    z: Array
    outputs: Array
    delta: Array
    gathered: Array | None
    weights: Blocks
    biases: Blocks
    weight_slopes: Blocks
    bias_slopes: Blocks


@dataclass(frozen=True)
class RowPass:
    """The sample through all layers.

    inputs: one sample, scaled, float64; targets (n, n_outputs), weights (n,) or None: of each row of the outputs; loss: their
    mean, without a penalty; parameters, gradient (P,): all weights and biases, and the derivative of the loss with respect to
    them; first_token: the number of the first token in the data.
    """

    topology: Topology
    loss_name: str
    inputs: Inputs
    targets: Array
    weights: Array | None
    loss: float
    layers: tuple[LayerPass, ...]
    parameters: Array
    gradient: Array
    first_token: int = 1

    def after_step(self, learning_rate: float) -> RowPass:
        """The same after one step of gradient descent: w - learning_rate * dE/dw."""
        moved = self.parameters - learning_rate * self.gradient
        after = pass_row(self.topology, self.loss_name, moved, self.inputs, self.targets, self.weights)
        return replace(after, first_token=self.first_token)

    def name_of(self, place: int) -> str:
        """What the parameter at a place is called, with tokens as the data number them."""
        return self.topology.parameter_name(place, self.first_token)


def pass_row(
    topology: Topology, loss: str, parameters: Array, inputs: Inputs, targets: Array, weights: Array | None = None
) -> RowPass:
    """Args: parameters (P,), float64; for the others see RowPass."""
    gradient, deltas = np.zeros_like(parameters), list[Array]()
    with np.errstate(over="ignore", invalid="ignore"):
        passed = forward(topology, parameters, inputs)
        ends = (topology.output_activation, passed.pre_activations[-1], passed.activations[-1], targets)
        factors = (np.ones(len(targets)) if weights is None else weights.astype(np.float64)) / len(targets)
        value = float((LOSSES[loss].value(*ends) * factors).sum())
        delta = LOSSES[loss].delta(*ends) * factors[:, None]
        backward(topology, parameters, passed, delta, gradient, deltas)
    layers, blocks, slots = topology.layers, topology.blocks(parameters), topology.blocks(gradient)
    passes = tuple(
        LayerPass(
            kept.inputs, kept.z, kept.outputs, delta, layer.gathered(kept), layer.weights(own), layer.biases(own),
            layer.weights(slot), layer.biases(slot),
        )
        for layer, kept, delta, own, slot in zip(layers, passed.kept, reversed(deltas), blocks, slots, strict=True)
    )  # fmt: skip
    return RowPass(topology, loss, inputs, targets, weights, value, passes, parameters, gradient)
