"""The weights in an `ann` network file: a block of numbers for each block of parameters, a line for each unit, bias first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from anncli.arrays import Array, blocks_of_rows
from anncli.formats.networks.numbers import read_block, write_rows
from anncli.network.layers.base import LayerKind
from anncli.network.network import Network
from anncli.network.topology import Topology

# Numbers that are written at a time: as text they take many times their room.
_NUMBERS = 1 << 16


def weight_blocks(topology: Topology, parameters: Array) -> Iterator[tuple[str, LayerKind, Array]]:
    """Every block (rows, columns) in the order of the file, with its layer and that layer's place: 'layer 2'."""
    for number, (layer, blocks) in enumerate(zip(topology.layers, topology.blocks(parameters), strict=True), 1):
        for block in blocks:
            yield f"layer {number}", layer, block


def read_blocks(texts: Sequence[str], topology: Topology) -> Array | None:
    """The parameters (P,) of blocks that are laid out as ann writes them; None where they are not, or have a fault."""
    shapes = [shape for shapes in topology.block_shapes for shape in shapes]
    if len(texts) != len(shapes):
        return None
    parameters = np.empty(topology.n_parameters, dtype=np.float32)
    for text, (_, _, block) in zip(texts, weight_blocks(topology, parameters), strict=True):
        found = read_block(text, len(block))
        if found is None or found.shape[0] != block.shape[1]:
            return None
        block[...] = found.T
    return parameters


def shape_fault(rows: list[list[list[str]]], topology: Topology) -> str | None:
    """What is wrong with the number of blocks and of lines in each of them, or None."""
    if all(layer.kind == "dense" for layer in topology.layers):
        shape = "-".join(map(str, [max(len(rows[0][0]) - 1, 0), *map(len, rows)])) if rows and rows[0] else "0"
        return None if shape == str(topology) else (
            f"the weights are those of a {shape} network, inputs and layers say {topology}"
        )  # fmt: skip
    wanted = [shape for shapes in topology.block_shapes for shape in shapes]
    if len(rows) != len(wanted):
        return f"`weights` has {len(rows)} blocks, inputs and layers need {len(wanted)}"
    for number, (lines, (_, columns)) in enumerate(zip(rows, wanted, strict=True), 1):
        if len(lines) != columns:
            return f"block {number} of `weights` has {len(lines)} lines, inputs and layers need {columns}"
    return None


def rows_of(block: str) -> list[list[str]]:
    """The numbers of a block of text, as words."""
    return [line.split() for line in block.rstrip("\n").split("\n")] if block.strip() else []


def weight_lines(network: Network) -> Iterator[str]:
    """The blocks of one network, or, two columns further right, those of each network of an ensemble."""
    if not network.members:
        assert network.parameters is not None
        yield "  weights:"
        yield from _block_lines(network.topology, network.parameters)
        return
    yield "  members:"
    for own in network.members:
        first, *rest = _block_lines(network.topology, own)
        yield f"  - {first[2:]}"
        yield from (f"  {line}" for line in rest)


def _block_lines(topology: Topology, parameters: Array) -> Iterator[str]:
    for _, _, block in weight_blocks(topology, parameters):
        yield "  - |"
        for part in blocks_of_rows(block.shape[1], len(block), _NUMBERS):
            yield from (f"    {row}" for row in write_rows(block.T[part]))
