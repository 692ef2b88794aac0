"""Streaming: which networks can answer row after row, with nothing of the rows before but a state."""

from __future__ import annotations

from collections.abc import Collection

from anncli.errors import ValueFault
from anncli.network.layers.base import LayerKind, Shape
from anncli.network.topology import Topology


def check_streams(topology: Topology, without: str, kinds: Collection[str] = ()) -> None:
    """Raises ValueFault, which names the layer, for a network of which a layer needs the whole sample.

    Args: without: what to leave out otherwise: '--truncate'; kinds: layers that are let pass, whatever they need.
    """
    if topology.takes_vectors:
        raise ValueFault("a sample of this network is one row, which has no rows before it", f"leave {without} out")
    if topology.inputs.descriptors is not None:
        raise ValueFault("a Fisher vector needs the whole sample", f"leave {without} out")
    for number, (layer, below) in enumerate(zip(topology.layers, topology.given, strict=True), 1):
        if layer.kind not in kinds and not _streams(layer, below):
            raise ValueFault(f"layer {number} (`{layer.shown}`) needs the whole sample", _advice(layer, below, without))


def _streams(layer: LayerKind, below: Shape) -> bool:
    """Whether it has an answer for a row that no later row changes. A layer on tokens that gives one row has added them up."""
    return layer.streams and not (below.tokens and layer.output(below).rows == 1)


def _advice(layer: LayerKind, below: Shape, without: str) -> str:
    if layer.text().endswith(" bidirectional"):
        return f"leave `bidirectional` or {without} out"
    if layer.kind in ("last", "mean", "max"):
        return f"without it the network answers for every row; or leave {without} out"
    if below.tokens and not below.spikes:
        return f"begin with `64 embedding` or a recurrent layer, or leave {without} out"
    return f"leave {without} out"
