"""Output layers that answer by their first spike: the neuron that fires first names the class.

Source: Wunderlich & Pehle 2021, Scientific Reports 11, 12829.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from anncli.arrays import Array
from anncli.network.layers.base import Blocks, Kept
from anncli.network.layers.spiking import Spiking, SpikingOutput, barely_fires, keys_of, probabilities
from anncli.network.spikes import events
from anncli.network.spikes.first import first_spikes, slopes_of_first


class FirstSpike(SpikingOutput):
    """z = -t / tau0 for the time t of the first spike of a neuron, -inf for a silent one; the outputs are exp(z) over their sum, and 0
    for all where none fires. own: the spikes that the layer reads, the currents of the neurons at their first spikes, the places (n, units)
    among these, -1 for none, and the first spikes."""

    kind: ClassVar = "first-spike"
    constants: ClassVar = {**Spiking.constants, "tau0": 0.0005}
    keys: ClassVar = keys_of(constants)
    own_loss: ClassVar = "first-spike"

    def forward(self, blocks: Blocks, inputs: Any, starts: Array | None) -> Kept:
        spikes = self.spikes_of(inputs)
        fired, currents = events.lif_forward(blocks[0].astype(np.float64), spikes, self.neuron, 1)
        times, places = first_spikes(fired)
        z = -times / self.tau0
        return Kept(inputs, z, probabilities(z, blocks[0].dtype), (spikes, currents, places, fired))

    def backward(self, blocks: Blocks, kept: Kept, delta: Array, slots: Blocks, wanted: bool) -> Array | None:
        spikes, currents, places, fired = kept.own
        slopes = slopes_of_first(places, delta.astype(np.float64) / -self.tau0, len(fired.indices))
        weights = blocks[0].astype(np.float64)
        slots[0][...], below = events.lif_backward(weights, spikes, self.neuron, fired, currents, slopes)
        return self.slope_of(kept.inputs, spikes, below) if wanted else None

    def crosses_kink(self, one: Kept, other: Kept) -> bool:
        if not np.array_equal(one.own[2] >= 0, other.own[2] >= 0):
            return True
        first, second = (kept.own[1][kept.own[2][kept.own[2] >= 0]] for kept in (one, other))
        return barely_fires(first, second, self.neuron)

    @property
    def tau0(self) -> float:
        """How much later a spike is e times less probable, in seconds."""
        return self.values["tau0"] or 0.0


LAYERS = {"first-spike": FirstSpike}
