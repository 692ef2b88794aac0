"""The activity of a spiking network: how often its neurons fire on some samples."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array, Inputs, blocks
from anncli.network.layers.base import Kept
from anncli.network.layers.spiking import Spiking
from anncli.network.propagation import forward
from anncli.network.topology import Topology

# A unit bursts where it fires more often than that in a sample, on average.
BURST = 10.0
_SAMPLES = 256


class Activity(NamedTuple):
    """Of one layer, from 1: units; spikes of all of them in a sample, on average, None for units that never do; silent: units that
    fire in no sample, or never get a voltage above 0; bursting: units that fire more than BURST times a sample; unanswered: the fraction of
    samples in which no unit fires."""

    layer: int
    units: int
    spikes: float | None
    silent: int
    bursting: int
    unanswered: float

    def record(self) -> dict[str, Any]:
        """Plain values for the network file, with four digits."""
        found: dict[str, Any] = {"layer": self.layer, "units": self.units}
        if self.spikes is not None:
            found |= {"spikes_per_sample": float(f"{self.spikes:.4g}")}
        return {**found, "silent_units": self.silent, "bursting_units": self.bursting}


def activity(topology: Topology, parameters: Array, inputs: Inputs) -> tuple[Activity, ...]:
    """What the layers of a spiking network do on samples, scaled as the network takes them."""
    counts = [
        np.zeros(layer.output(given).columns) for layer, given in zip(topology.layers, topology.given, strict=True)
    ]
    unanswered = [0] * len(counts)
    fires = [isinstance(layer, Spiking) and layer.fires for layer in topology.layers]
    for block in blocks(len(inputs), _SAMPLES):
        for k, kept in enumerate(forward(topology, parameters, inputs[block]).kept):
            fired = _fired(kept, fires[k])
            counts[k] += fired.sum(axis=0)
            unanswered[k] += int((fired.sum(axis=1) == 0).sum())
    n = max(1, len(inputs))
    return tuple(
        Activity(
            k + 1, len(count), float(count.sum()) / n if fires[k] else None,
            int((count == 0).sum()), int((count / n > BURST).sum()), unanswered[k] / n,
        )
        for k, count in enumerate(counts)
    )  # fmt: skip


def _fired(kept: Kept, fires: bool) -> Array:
    """(n, units) how often each unit fires in each sample; of units that never do, whether their voltage rises above 0."""
    if not fires:
        return kept.z > 0
    given: Any = kept.outputs
    if isinstance(given, np.ndarray):
        # -t / tau0 of the first spikes, -inf for a silent unit.
        return np.isfinite(kept.z)
    n, units = len(given), given.width
    pairs = np.repeat(np.arange(n), given.lengths) * units + given.indices
    return np.bincount(pairs, minlength=n * units).reshape(n, units)
