"""Every weight of a network by name: its layer, the unit it belongs to, and where its value comes from."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from anncli.analysis.columns import columns_of, input_names
from anncli.analysis.parameter_names import parameter_name
from anncli.network.class_names import class_names
from anncli.network.layers.base import LayerKind, Shape
from anncli.network.network import Network

BIAS = "bias"


class NamedWeight(NamedTuple):
    """layer: counted from 1; unit: `unit 3` of a hidden layer, the class, label or target of an output; source: `bias`, the
    name of an input, or the unit of the layer below; value: a float32; member: of an ensemble, from 1, otherwise 0."""

    layer: int
    unit: str
    source: str
    value: float
    member: int = 0


def named_weights(network: Network) -> Iterator[NamedWeight]:
    """The weights in the order of the network file: unit by unit, of each the bias first."""
    topology, names = network.topology, _names_of_units(network)
    for member, parameters in enumerate(network.members or (network.all_parameters,), 1):
        start = 0
        for k, blocks in enumerate(topology.blocks(parameters)):
            for block in blocks:
                for j, i in product(range(block.shape[1]), range(block.shape[0])):
                    if topology.layers[k].kind == "dense" and not topology.given[k].tokens:
                        unit, source = names[k + 1][j], names[k][i - 1] if i else BIAS
                    else:
                        name = parameter_name(network, start + i * block.shape[1] + j).partition(", ")[2]
                        # A word may hold a comma itself.
                        unit, _, source = (
                            name.partition(", weight from ") if ", weight from " in name else name.rpartition(", ")
                        )
                    value, of = float(block[i, j]), member if network.members else 0
                    yield NamedWeight(k + 1, unit, source, value, of)
                start += block.size


def _units_of(layer: LayerKind, shape: Shape) -> list[str]:
    """The values that a layer gives."""
    if shape.grid is None or not layer.slides:
        return [f"unit {k}" for k in range(1, shape.columns + 1)]
    height, width, units = (range(1, size + 1) for size in shape.grid)
    return [f"unit {k} at row {y} and column {x}" for y in height for x in width for k in units]


def _names_of_units(network: Network) -> list[list[str]]:
    """The names of the inputs, and of the units of each layer."""
    sizes = network.topology.sizes
    topology = network.topology
    layers = zip(topology.layers, topology.shapes[1:], strict=True)
    names = [input_names(columns_of(network)), *(_units_of(layer, shape) for layer, shape in layers)]
    # Without names, outputs are called like other units. One output for two classes is the positive one.
    has_names = bool(network.classes or network.target_names)
    outputs = class_names(network)[: sizes[-1]] if has_names else []
    if len(outputs) == sizes[-1]:
        names[-1] = outputs
    return names
