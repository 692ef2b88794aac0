"""The patterns that a network holds for recall: in its weights, as a memory has them, or beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.errors import UsageError
from anncli.network.layers.storing import Storing
from anncli.network.topology import Topology

if TYPE_CHECKING:
    from anncli.network.target_scaling import TargetScaling


class Patterns(NamedTuple):
    """values: float32 (n, n_inputs) in the units of the data; names: of each of them, or ()."""

    values: Array
    names: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Patterns {self.values.shape}>"

    @property
    def shown_names(self) -> list[str]:
        """The names, or else the numbers from 1."""
        return list(self.names) or [str(k) for k in range(1, len(self.values) + 1)]

    @property
    def bits(self) -> tuple[float, float] | None:
        """The two values (low, high) of which all patterns are made, None where there are others."""
        found = np.unique(self.values)
        return (float(found[0]), float(found[1])) if len(found) == 2 else None


def stores(topology: Topology) -> bool:
    """Whether training stores patterns in place of learning."""
    return topology.layers[0].stores


def with_room(topology: Topology, count: int | None) -> Topology:
    """The topology whose layer has room for so many patterns; None: before it is known how many there are."""
    layer = topology.layers[0]
    assert isinstance(layer, Storing)
    return topology._replace(layers=(layer.holding(count),))


def without_patterns(topology: Topology) -> Topology:
    """The topology as it was before patterns were stored."""
    return with_room(topology, None)


def stored_parameters(topology: Topology, patterns: Array) -> Array:
    """The parameters (P,) of a topology that stores the patterns (n, n_inputs), as the network scales them."""
    layer = topology.layers[0]
    assert isinstance(layer, Storing)
    return np.concatenate([block.reshape(-1) for block in layer.stored(patterns)])


def patterns_in_weights(topology: Topology, parameters: Array, scaling: TargetScaling) -> Array:
    """The patterns (n, n_inputs) in the parameters of a memory, in the units of the data; scaling: that of the outputs."""
    return scaling.to_data(topology.blocks(parameters)[0][0].T).astype(np.float32)


def refuse_without_gradient(topology: Topology) -> None:
    """Raises UsageError for a network whose outputs have no gradient."""
    for layer in topology.layers:
        if layer.gradient_fault:
            raise UsageError(f"`{layer.shown}`: {layer.gradient_fault}", advice="use `memory beta 8`, which has one")


class HoldsPatterns:
    """What a Network has where training stored patterns; it has these fields."""

    topology: Topology
    patterns: Patterns | None
    is_memory: bool

    @property
    def stores(self) -> bool:
        """Whether training stores patterns in place of learning: for a network from a file, whether it did."""
        return self.is_memory or stores(self.topology)
