"""Layers of leaky integrate-and-fire neurons: spikes in, spikes out, with exact gradients of the times.

Source: Wunderlich & Pehle 2021, Event-based backpropagation can compute exact gradients for spiking neural networks,
Scientific Reports 11, 12829.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from anncli.arrays import Array
from anncli.network.layers.base import Blocks, Kept, Shape
from anncli.network.layers.spiking import Spiking, barely_fires, keys_of
from anncli.network.spikes import events

# The most spikes of a neuron in a sample. Weights that grow without bound end in a burst that never does.
MOST_SPIKES = 1000


class Lif(Spiking):
    """See network.spikes.events for the dynamics. own: the spikes that the layer reads, and the current of
    the neuron at each of its own ones."""

    kind: ClassVar = "lif"
    keys: ClassVar = keys_of(Spiking.constants)

    def output(self, below: Shape) -> Shape:
        return Shape(self.units, None, tokens=True, spikes=True)

    def forward(self, blocks: Blocks, inputs: Any, starts: Array | None) -> Kept:
        spikes = self.spikes_of(inputs)
        fired, currents = events.lif_forward(blocks[0].astype(np.float64), spikes, self.neuron, MOST_SPIKES)
        outputs: Any = fired
        return Kept(inputs, outputs, outputs, (spikes, currents), fired.starts)

    def backward(self, blocks: Blocks, kept: Kept, delta: Array, slots: Blocks, wanted: bool) -> Array | None:
        """delta (T,): dE/dt of each spike."""
        fired: Any = kept.outputs
        weights = blocks[0].astype(np.float64)
        spikes, currents = kept.own
        slots[0][...], slopes = events.lif_backward(weights, spikes, self.neuron, fired, currents, delta)
        return self.slope_of(kept.inputs, spikes, slopes) if wanted else None

    def crosses_kink(self, one: Kept, other: Kept) -> bool:
        fired: Any = one.outputs
        others: Any = other.outputs
        if not (np.array_equal(fired.indices, others.indices) and np.array_equal(fired.starts, others.starts)):
            return True
        return barely_fires(one.own[1], other.own[1], self.neuron)


LAYERS = {"lif": Lif}
