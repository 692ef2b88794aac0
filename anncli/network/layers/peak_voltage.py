"""Output layers of neurons that never fire: the one with the highest peak of its voltage names the class.

Source: Wunderlich & Pehle 2021, Scientific Reports 11, 12829.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from anncli.arrays import Array
from anncli.network.layers.base import Blocks, Kept
from anncli.network.layers.spiking import Spiking, SpikingOutput, keys_of, probabilities
from anncli.network.spikes import events


class PeakVoltage(SpikingOutput):
    """z is the peak of the voltage of each neuron, at least 0; the outputs are the softmax of z. own: the
    spikes that the layer reads, and what events.peak_forward() gives."""

    kind: ClassVar = "peak-voltage"
    constants: ClassVar = {name: value for name, value in Spiking.constants.items() if name != "theta"}
    keys: ClassVar = keys_of(constants)
    drive: ClassVar = (70.0, 130.0)
    fires: ClassVar = False

    def forward(self, blocks: Blocks, inputs: Any, starts: Array | None) -> Kept:
        spikes, dtype = self.spikes_of(inputs), blocks[0].dtype
        z, *own = events.peak_forward(blocks[0].astype(np.float64), spikes, self.neuron)
        return Kept(inputs, z.astype(dtype), probabilities(z, dtype), (spikes, *own))

    def backward(self, blocks: Blocks, kept: Kept, delta: Array, slots: Blocks, wanted: bool) -> Array | None:
        spikes, when, kinks, rates = kept.own
        weights, slopes = blocks[0].astype(np.float64), delta.astype(np.float64)
        slots[0][...], below = events.peak_backward(weights, spikes, self.neuron, when, kinks, rates, slopes)
        return self.slope_of(kept.inputs, spikes, below) if wanted else None

    def crosses_kink(self, one: Kept, other: Kept) -> bool:
        """Another spike began, or ended, the rise to the peak."""
        return not (np.array_equal(one.own[2], other.own[2]) and np.array_equal(_risen(one), _risen(other)))


def _risen(kept: Kept) -> Array:
    """(n, units) how many spikes of its sample came before each peak."""
    spikes, when = kept.own[:2]
    counts = np.zeros(when.shape, dtype=np.int64)
    samples = np.repeat(np.arange(len(spikes)), spikes.lengths)
    np.add.at(counts, samples, spikes.values[:, None] < when[samples])
    return counts


LAYERS = {"peak-voltage": PeakVoltage}
