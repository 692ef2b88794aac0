"""Parameters that training leaves as they are."""

from __future__ import annotations

from anncli.network.topology import Topology


def frozen_parts(topology: Topology) -> tuple[slice, ...]:
    """Where they stand in the parameter vector: those of whole layers."""
    chain = zip(topology.layers, topology.offsets, topology.offsets[1:], strict=False)
    return tuple(slice(start, end) for layer, start, end in chain if layer.is_frozen)


def count_frozen(topology: Topology) -> int:
    """How many they are."""
    return sum(part.stop - part.start for part in frozen_parts(topology))
