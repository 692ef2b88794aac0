"""Forward and backward through a chain of layers: from inputs to outputs, and from output deltas to the gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from anncli.arrays import Array, Inputs, Rows, Tokens
from anncli.network.layers.base import Kept, LayerKind
from anncli.network.spikes.code import without
from anncli.network.topology import Topology

#: The dropout factor (n, columns) of the inputs (0) or of the outputs of layer `number`, or None: called with the number, n and
#: the starts of the samples.
Masks: TypeAlias = Callable[[int, int, "Array | None"], "Array | None"]
#: For each layer the state (n_samples, state_width) of every sample, None for zeros and where the layer carries none.
States: TypeAlias = "Sequence[Array | None]"


class ForwardPass(NamedTuple):
    """What backward needs: activations[l] (n, columns), inputs first, and pre_activations[l] (n, columns) of layer l + 1.

    masks[l] is the dropout factor (n, columns) of activations[l], or None; activations hold the masked values.
    kept[l] is what layer l + 1 keeps. Where a sample has several rows, n counts the rows of all samples. Of a network that
    takes tokens, activations[0] are Tokens.
    """

    activations: list[Any]
    pre_activations: list[Array]
    masks: list[Array | None]
    kept: list[Kept]
    layers: tuple[LayerKind, ...] = ()

    @property
    def starts(self) -> Array | None:
        """Where the rows of each sample begin among the outputs, None where each sample has one."""
        return self.kept[-1].starts

    def states(self) -> list[Array | None]:
        """The state of every sample after its last row, for each layer; None where the layer carries none."""
        chain = zip(self.layers, self.kept, strict=True)
        return [layer.final_state(kept) if layer.carries else None for layer, kept in chain]


def forward(
    topology: Topology, parameters: Array, inputs: Inputs, masks: Masks | None = None, states: States | None = None
) -> ForwardPass:
    """The outputs and all values between inputs and outputs, in the dtype of the parameters.

    Args: parameters (P,); inputs: scaled, vectors (n, n_inputs) or samples of rows or tokens; masks: of dropout; states: of the
        layers that carry one, before the first row of each sample, as ForwardPass.states() gives them; None: zeros.
    """
    starts = None if isinstance(inputs, np.ndarray) else inputs.starts
    given: Any = inputs.values if isinstance(inputs, Rows) else inputs
    if not isinstance(given, Tokens):
        # A first layer without weights, as a mean of rows, would compute in the dtype of the inputs.
        given = given.astype(np.result_type(given, parameters), copy=False)
    passed = ForwardPass([], [], [], [], topology.layers)
    _present(passed, given, starts, masks, 0)
    layers = topology.layers
    for number, (layer, blocks) in enumerate(zip(layers, topology.blocks(parameters), strict=True), 1):
        below = passed.activations[-1]
        if layer.skip:
            below = np.concatenate([below, passed.activations[layer.skip]], axis=1)
        state = None if states is None else states[number - 1]
        kept = layer.forward(blocks, below, starts) if state is None else layer.carried(blocks, below, starts, state)
        starts = kept.starts
        passed.kept.append(kept)
        passed.pre_activations.append(kept.z)
        _present(passed, kept.outputs, starts, masks if number < len(layers) else None, number)
    return passed


def _present(passed: ForwardPass, values: Any, starts: Array | None, masks: Masks | None, number: int) -> None:
    """Add the outputs of layer `number` as the next layer sees them."""
    mask = None if masks is None else masks(number, len(_numbers(values)), starts)
    if mask is not None and passed.layers[0].takes_spikes:
        values = without(values, mask == 0)
    elif mask is not None and isinstance(values, Tokens):
        values = Tokens(values.indices, values.values * mask[:, 0], values.starts, values.width)
    elif mask is not None:
        values = values * mask
    passed.masks.append(mask)
    passed.activations.append(values)


def _numbers(values: Any) -> Array:
    found: Array = values.values if isinstance(values, Tokens) else values
    return found


def backward(
    topology: Topology, parameters: Array, passed: ForwardPass, delta: Array, gradient: Array,
    deltas: list[Array] | None = None,
) -> None:  # fmt: skip
    """Write into `gradient` (P,) the sum over rows of the gradient of every parameter.

    Args: passed, as kept by forward(); delta (n, n_outputs), gradient of each row's loss with respect to the
        output pre-activations; deltas: receives that of every layer, dE/dz (n, columns), the output layer first.
    Source: Rumelhart, Hinton & Williams 1986, Nature 323, 533-536.
    """
    layers, blocks, slots = topology.layers, topology.blocks(parameters), topology.blocks(gradient)
    skips = Skips(topology)
    for number in reversed(range(len(layers))):
        if deltas is not None:
            deltas.append(delta)
        slope = layers[number].backward(blocks[number], passed.kept[number], delta, slots[number], number > 0)
        if number == 0 or slope is None:
            break
        slope = skips.below(number, slope)
        mask = passed.masks[number]
        if mask is not None:
            slope = slope * mask
        delta = layers[number - 1].delta(passed.kept[number - 1], slope)


class Skips:
    """What layers that skip others add to the slope of the layer with that number, on a way from the last layer to the first."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self._added: dict[int, Array] = {}

    def below(self, number: int, slope: Array) -> Array:
        """The slope of what layer `number` gives, from 0: the inputs, for the slope of all that the layer above it is given."""
        if skip := self._topology.layers[number].skip:
            slope, more = np.hsplit(slope, [self._topology.sizes[number]])
            self._added[skip] = self._added[skip] + more if skip in self._added else more
        return slope + self._added.pop(number) if number in self._added else slope
