"""Recurrent layers as nodes of ONNX: RNN, LSTM and GRU, whose gates stand in another order there.

The rows of the one sample (N, columns) are a sequence (N, 1, columns) for these nodes. ONNX has two biases, of which the second one is 0 here, but
for what a gru multiplies with its gate r.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from onnx import TensorProto, helper

from anncli.arrays import Array
from anncli.formats.exports.onnx.nodes import Nodes
from anncli.network.layers.base import Blocks
from anncli.network.layers.directions import Parts
from anncli.network.network import Network


class Operator(NamedTuple):
    """name: of the node; gates: the places of its gates among those of the layer."""

    name: str
    gates: tuple[int, ...]


# i o f c of i f g o; z r h of r z n.
OPERATORS = {
    "recurrent": Operator("RNN", (0,)), "lstm": Operator("LSTM", (0, 3, 1, 2)), "gru": Operator("GRU", (1, 0, 2)),
}  # fmt: skip
# What an RNN can compute with a number or two: the function, alpha, beta.
_FUNCTIONS: dict[str, tuple[str, float | None, float | None]] = {
    "linear": ("Affine", 1.0, 0.0), "logistic": ("Sigmoid", None, None), "tanh": ("Tanh", None, None),
    "bipolar-sigmoid": ("ScaledTanh", 1.0, 0.5), "lecun-tanh": ("ScaledTanh", 1.7159, 2 / 3), "relu": ("Relu", None, None),
    "leaky-relu": ("LeakyRelu", 0.01, None), "elu": ("Elu", 1.0, None), "softplus": ("Softplus", None, None),
    "softsign": ("Softsign", None, None),
}  # fmt: skip

#: The activations of recurrent layers that can be written.
RECURRENT_ACTIVATIONS = tuple(_FUNCTIONS)


def function_of(function: str, alphas: list[float], betas: list[float]) -> str | None:
    """The activation that a function of an RNN with these numbers is, None for others."""
    for name, (own, *numbers) in _FUNCTIONS.items():
        pairs = [(number, given) for number, given in zip(numbers, (alphas, betas), strict=True) if number is not None]
        if own == function and all(given and abs(given[0] - number) < 1e-6 for number, given in pairs):
            return name
    return {"LeakyRelu": "leaky-relu", "Elu": "elu"}.get(function) if not alphas else None


def recurrent_arrays(layer: Any, blocks: Blocks) -> dict[str, Array]:
    """The constants of a layer: input (directions, gates * units, columns), recurrent (directions, gates * units, units) and biases
    (directions, 2 * gates * units)."""
    found: dict[str, list[Array]] = {"input": [], "recurrent": [], "biases": []}
    gates, units = list(OPERATORS[layer.kind].gates), layer.units
    for own in layer.directions(blocks):
        parts = layer.parts(own)
        found["input"].append(_in_order(parts.weights, gates, units).T)
        found["recurrent"].append(_in_order(parts.recurrent, gates, units).T)
        inner = np.zeros_like(parts.biases)
        if parts.inner is not None:
            inner[-units:] = parts.inner
        found["biases"].append(np.concatenate([_in_order(parts.biases, gates, units), inner]))
    return {name: np.ascontiguousarray(arrays) for name, arrays in found.items()}


def put_recurrent(layer: Any, blocks: Blocks, arrays: dict[str, Array]) -> None:
    """The opposite: fill the blocks from the constants; raises KeyError and ValueError for others than those of this layer."""
    shapes = {name: array.shape for name, array in recurrent_arrays(layer, blocks).items()}
    if any(arrays[name].shape != shape for name, shape in shapes.items()):
        raise ValueError("weights of another shape")
    directions = zip(layer.directions(blocks), *(arrays[name] for name in shapes), strict=True)
    for own, weights, recurrent, biases in directions:
        layer.write(own, parts_of(layer.kind, weights, recurrent, biases))


def parts_of(kind: str, weights: Array, recurrent: Array, biases: Array) -> Parts:
    """The parameters of one direction of a layer from the constants of ONNX: weights (gates * units, columns), recurrent (gates * units,
    units), biases (2 * gates * units,), of which the second half is added to the first where that is the same."""
    order, units = np.argsort(OPERATORS[kind].gates).tolist(), recurrent.shape[1]
    outer, inner = (_in_order(half, order, units) for half in np.split(biases, 2))
    both, own = outer + inner, None
    if kind == "gru":
        both[-units:], own = outer[-units:], inner[-units:]
    return Parts(both, _in_order(weights.T, order, units), _in_order(recurrent.T, order, units), own)


def _in_order(columns: Array, gates: list[int], units: int) -> Array:
    """The columns (..., gates * units) with the gates in this order."""
    apart = columns.reshape(*columns.shape[:-1], len(gates), units)
    return apart[..., gates, :].reshape(columns.shape)


def state_width(network: Network) -> int:
    """How many numbers the state of a network has, or that of all members of an ensemble."""
    return sum(layer.state_width for layer in network.layers) * max(1, len(network.members))


class State:
    """What layers carry from call to call, as an input (1, numbers) and an output of the graph: of each layer its outputs and then, of an
    lstm, its cells."""

    INPUT, OUTPUT = "state", "next_state"

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._after: list[str] = []
        self.numbers = 0

    def before(self, place: str, units: int) -> str:
        """The next numbers of the state as (1, 1, units)."""
        nodes, first = self._nodes, self.numbers
        self.numbers += units
        own = nodes.add("Slice", [self.INPUT, nodes.whole(first), nodes.whole(self.numbers), nodes.whole(1)], f"{place} before/flat")  # fmt: skip
        return nodes.add("Unsqueeze", [own, nodes.whole(0)], f"{place} before")

    def after(self, values: list[str]) -> None:
        """The same numbers after the last row, each (1, 1, units)."""
        first = self._nodes.whole(0)
        self._after += [self._nodes.add("Squeeze", [value, first], f"{value}/flat") for value in values]

    def value(self, name: str) -> Any:
        """What the graph says of its input or output of this name."""
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, self.numbers])

    def finish(self, check: str) -> None:
        """The output; rows that are refused leave the state as it is."""
        nodes = self._nodes
        after = nodes.add("Concat", self._after, "state/after", axis=1)
        refused = nodes.add("IsNaN", [check], "state/is refused")
        nodes.add("Where", [refused, self.INPUT, after], self.OUTPUT)


def recurrent_node(nodes: Nodes, layer: Any, constants: list[str], rows: str, place: str, state: State | None) -> str:
    """The outputs (N, directions * units) for rows (N, columns); constants: the names of those of recurrent_arrays(), in their order."""
    operator, n_directions = OPERATORS[layer.kind], 1 + layer.is_bidirectional
    sequence = nodes.add("Unsqueeze", [rows, nodes.whole(1)], f"{place}/sequence")
    given, results = [sequence, *constants], [f"{place}/every"]
    carried = ("outputs", "cells")[: 1 + (layer.kind == "lstm")]
    if state is not None:
        given += ["", *(state.before(f"{place}/{name}", layer.units) for name in carried)]
        results += [f"{place}/last {name}" for name in carried]
    nodes.add_all(operator.name, given, results, **_attributes(layer))
    if state is not None:
        state.after(results[1:])
    return nodes.add("Reshape", [results[0], nodes.whole(-1, n_directions * layer.units)], place)


def _attributes(layer: Any) -> dict[str, Any]:
    n_directions = 1 + layer.is_bidirectional
    found: dict[str, Any] = {"hidden_size": layer.units}
    if layer.is_bidirectional:
        found["direction"] = "bidirectional"
    if layer.kind == "gru":
        found["linear_before_reset"] = 1
    if layer.kind == "recurrent" and layer.activation != "tanh":
        function, *numbers = _FUNCTIONS[layer.activation]
        found["activations"] = [function] * n_directions
        for name, number in zip(("activation_alpha", "activation_beta"), numbers, strict=True):
            if number is not None:
                found[name] = [number] * n_directions
    return found
