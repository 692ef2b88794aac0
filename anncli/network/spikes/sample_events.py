"""All events of one sample in a spiking network: what each layer is given, and when its units fire."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array, Inputs
from anncli.network.layers.first_spike import FirstSpike
from anncli.network.layers.lif import MOST_SPIKES
from anncli.network.layers.spiking import Spiking
from anncli.network.spikes import events, traces
from anncli.network.topology import Topology


class LayerEvents(NamedTuple):
    """Of one layer and one sample. given: spikes below, times (m,) and sources (m,); fired: its own, times (k,) and units (k,);
    weights (sources, units); outputs end with the first spike of each unit, or have none."""

    layer: Spiking
    weights: Array
    given: tuple[Array, Array]
    fired: tuple[Array, Array]

    def voltage(self, unit: int, until: float, step: float) -> tuple[Array, Array]:
        """The voltage of a unit from 0 on, see traces.voltage()."""
        times, sources = self.given
        own = self.fired[0][self.fired[1] == unit]
        return traces.voltage(self.weights[sources, unit], times, self.layer.neuron, own, until, step)


def events_of(topology: Topology, parameters: Array, sample: Inputs) -> list[LayerEvents]:
    """The events of the only sample, scaled as the network takes it, layer by layer."""
    found: list[LayerEvents] = []
    inputs: Any = sample
    for layer, (block,) in zip(topology.layers, topology.blocks(parameters.astype(np.float64)), strict=True):
        assert isinstance(layer, Spiking)
        below = layer.spikes_of(inputs)
        fired = np.zeros(0), np.zeros(0, dtype=np.int32)
        if layer.fires:
            most = 1 if isinstance(layer, FirstSpike) else MOST_SPIKES
            inputs, _ = events.lif_forward(block, below, layer.neuron, most)
            fired = inputs.values, inputs.indices
        found.append(LayerEvents(layer, block, (below.values, below.indices), fired))
    return found
