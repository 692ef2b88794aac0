"""Layers of every kind as nodes of ONNX.

Vectors are (N, columns). A picture is (N, channels, height, width) between two layers that slide over it. A network whose samples have
several rows or tokens is a graph for one sample: its rows are (N, columns).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.formats.exports.onnx.activations import activate, exact_logistic
from anncli.formats.exports.onnx.nodes import Nodes
from anncli.formats.exports.onnx.recurrent import OPERATORS, State, put_recurrent, recurrent_arrays, recurrent_node
from anncli.network.layers.base import Blocks, Shape
from anncli.network.network import Network

# The constants of a layer: its weights, of which a kind has one array or none, and then its biases.
_NAMES = ("weights", "biases")
# What ends a slice that goes to the end.
_END = 2**62


class Value(NamedTuple):
    """A value of the graph: vectors or rows (N, columns), or pictures (N, channels, height, width) where is_picture; of tokens
    the name of their indices, values beside it."""

    name: str
    shape: Shape
    is_picture: bool = False
    values: str = ""


class Given(NamedTuple):
    """What a layer becomes nodes from. arrays: its parameters, as parameter_arrays() gives them; is_exact: logistic units keep all
    digits of small values; state: where layers keep theirs, None where each call begins anew."""

    nodes: Nodes
    layer: Any
    arrays: dict[str, Array]
    below: Value
    above: Shape
    place: str
    is_exact: bool = False
    state: State | None = None

    def constant(self, name: str) -> str:
        return self.nodes.constant(f"{self.place}/{name}", self.arrays[name])

    def add(self, op: str, given: list[str], name: str, **attributes: Any) -> str:
        return self.nodes.add(op, given, f"{self.place}/{name}", **attributes)

    def activated(self, z: str) -> str:
        if self.is_exact:
            return exact_logistic(self.nodes, z, self.place)
        return activate(self.nodes, self.layer.activation, z, self.place)


def layer_nodes(
    nodes: Nodes, network: Network, parameters: Array, below: Value, place: str, exact: bool, state: State | None = None
) -> str:
    """The outputs of all layers. place: what the names of values begin with; exact: see Given.is_exact, for the last layer."""
    topology, values = network.topology, [below]
    chain = zip(topology.layers, topology.blocks(parameters), topology.given, topology.shapes[1:], strict=True)
    for number, (layer, blocks, given, above) in enumerate(chain, 1):
        is_exact = exact and number == len(topology.layers)
        arrays = parameter_arrays(layer, blocks)
        name, under = f"{place}layer {number}", values[-1]
        if layer.skip:
            beside = nodes.add("Concat", [under.name, values[layer.skip].name], f"{name}/beside", axis=1)
            under = Value(beside, given)
        values.append(_KINDS[layer.kind](Given(nodes, layer, arrays, under, above, name, is_exact, state)))
    return _flat(nodes, values[-1], f"{place}outputs").name


# Parameters


def parameter_arrays(layer: Any, blocks: Blocks) -> dict[str, Array]:
    """The constants of a layer, by their names, from its parameters."""
    if layer.kind in OPERATORS:
        return recurrent_arrays(layer, blocks)
    arrays = dict(zip(_NAMES, (*layer.weights(blocks), *layer.biases(blocks)), strict=False))
    if layer.kind == "convolution":
        # From height, width, channels, units to units, channels, height, width.
        windows = arrays["weights"].reshape(*layer.size, -1, layer.units)
        arrays["weights"] = np.ascontiguousarray(windows.transpose(-1, -2, *range(len(layer.size))))
    if layer.kind == "bilinear":
        arrays["product"] = layer.structure.tensor().astype(np.float32)
    return arrays


def put_parameters(layer: Any, blocks: Blocks, arrays: dict[str, Array]) -> None:
    """The opposite: fill the blocks from the constants; raises KeyError and ValueError for others than those of this layer."""
    if layer.kind in OPERATORS:
        put_recurrent(layer, blocks, arrays)
        return
    for name, view in zip(_NAMES, (*layer.weights(blocks), *layer.biases(blocks)), strict=False):
        stored = arrays[name]
        if layer.kind == "convolution" and name == "weights":
            stored = stored.transpose(*range(2, stored.ndim), 1, 0).reshape(-1, layer.units)
        if stored.shape != view.shape:
            raise ValueError("weights of another shape")
        view[...] = stored


# Layouts


def _flat(nodes: Nodes, value: Value, place: str) -> Value:
    """As (N, columns)."""
    if not value.is_picture:
        return value
    turned = nodes.add("Transpose", [value.name], f"{place}/turned", perm=[0, 2, 3, 1])
    return Value(nodes.add("Reshape", [turned, nodes.whole(-1, value.shape.columns)], f"{place}/flat"), value.shape)


def _picture(given: Given) -> str:
    """What is below as (N, channels, height, width)."""
    value = given.below
    if value.is_picture:
        return value.name
    assert value.shape.grid is not None
    grid = given.add("Reshape", [value.name, given.nodes.whole(-1, *value.shape.grid)], "grid")
    return given.add("Transpose", [grid], "picture", perm=[0, 3, 1, 2])


def _sliding(given: Given, op: str, constants: list[str], **attributes: Any) -> str:
    """A node that slides over a picture, or over the rows of the one sample, which become (1, columns, N) for it."""
    if len(given.layer.size) == 2:
        return given.add(op, [_picture(given), *constants], "z", **attributes)
    turned = given.add("Transpose", [given.below.name], "turned", perm=[1, 0])
    wide = given.add("Unsqueeze", [turned, given.nodes.whole(0)], "wide")
    found = given.add(op, [wide, *constants], "slid", **attributes)
    back = given.add("Squeeze", [found, given.nodes.whole(0)], "narrow")
    return given.add("Transpose", [back], "z", perm=[1, 0])


# Kinds


def _dense(given: Given) -> Value:
    below = given.below
    if below.values:
        sums = given.add("ReduceSum", [_rows_of_tokens(given), given.nodes.whole(0)], "sums", keepdims=1)
        z = given.add("Add", [sums, given.constant("biases")], "z")
    else:
        flat = _flat(given.nodes, below, given.place)
        z = given.add("Gemm", [flat.name, given.constant("weights"), given.constant("biases")], "z")
    return Value(given.activated(z), given.above)


def _rows_of_tokens(given: Given) -> str:
    """value * weights[index] for each token: (N, units)."""
    rows = given.add("Gather", [given.constant("weights"), given.below.name], "rows", axis=0)
    factors = given.add("Unsqueeze", [given.below.values, given.nodes.whole(1)], "factors")
    return given.add("Mul", [rows, factors], "weighted")


def _embedding(given: Given) -> Value:
    return Value(_rows_of_tokens(given), given.above)


def _convolution(given: Given) -> Value:
    layer = given.layer
    before = [(k - 1) // 2 if layer.padding == "same" else 0 for k in layer.size]
    after = [k // 2 if layer.padding == "same" else 0 for k in layer.size]
    z = _sliding(
        given, "Conv", [given.constant("weights"), given.constant("biases")],
        kernel_shape=list(layer.size), strides=list(layer.stride), pads=[*before, *after],
    )  # fmt: skip
    return Value(given.activated(z), given.above, len(layer.size) == 2)


def _pool(given: Given) -> Value:
    layer = given.layer
    op = "AveragePool" if layer.kind == "mean-pool" else "MaxPool"
    z = _sliding(given, op, [], kernel_shape=list(layer.size), strides=list(layer.stride))
    return Value(z, given.above, len(layer.size) == 2)


def _flatten(given: Given) -> Value:
    return _flat(given.nodes, given.below, given.place)._replace(shape=given.above)


def _last(given: Given) -> Value:
    return Value(given.add("Gather", [given.below.name, given.nodes.whole(-1)], "last", axis=0), given.above)


def _mean(given: Given) -> Value:
    return Value(given.add("ReduceMean", [given.below.name], "mean", axes=[0]), given.above)


def _max(given: Given) -> Value:
    return Value(given.add("ReduceMax", [given.below.name], "max", axes=[0]), given.above)


def _window(given: Given) -> Value:
    rows, nodes = given.layer.rows, given.nodes
    padded = given.add("Pad", [given.below.name, nodes.whole(rows, 0, rows, 0)], "padded")
    parts = []
    for first in range(2 * rows + 1):
        end = nodes.whole(first - 2 * rows if first < 2 * rows else _END)
        parts.append(given.add("Slice", [padded, nodes.whole(first), end, nodes.whole(0)], f"rows from {first}"))
    return Value(given.add("Concat", parts, "window", axis=1), given.above)


def _pad(given: Given) -> Value:
    """As many rows of zeros as there may be rows stand beside those of the sample, so that there are enough to cut out."""
    rows, nodes, is_left = given.layer.rows, given.nodes, given.layer.side == "left"
    padded = given.add("Pad", [given.below.name, nodes.whole(rows * is_left, 0, rows * (not is_left), 0)], "padded")
    first, end = (-rows, _END) if is_left else (0, rows)
    taken = given.add("Slice", [padded, nodes.whole(first), nodes.whole(end), nodes.whole(0)], "rows")
    return Value(given.add("Reshape", [taken, nodes.whole(1, given.above.columns)], "pad"), given.above)


def _communicate(given: Given) -> Value:
    nodes, below = given.nodes, given.below
    n_own = below.shape.columns - below.shape.beside
    own = given.add("Slice", [below.name, nodes.whole(0), nodes.whole(n_own), nodes.whole(1)], "own")
    total = given.add("ReduceSum", [own, nodes.whole(0)], "total", keepdims=1)
    n_rows = given.add("Gather", [given.add("Shape", [own], "shape"), nodes.whole(0)], "rows", axis=0)
    others = given.add("Cast", [given.add("Sub", [n_rows, nodes.whole(1)], "others")], "count", to=1)
    divisor = given.add("Max", [others, nodes.number(1)], "divisor")
    mean = given.add("Div", [given.add("Sub", [total, own], "rest"), divisor], "mean")
    parts = [own, mean]
    if below.shape.beside:
        end = nodes.whole(below.shape.columns)
        parts.append(given.add("Slice", [below.name, nodes.whole(n_own), end, nodes.whole(1)], "skipped"))
    gathered = given.add("Concat", parts, "gathered", axis=1)
    z = given.add("Gemm", [gathered, given.constant("weights"), given.constant("biases")], "z")
    return Value(given.activated(z), given.above)


def _bilinear(given: Given) -> Value:
    """The weights times the product give the matrix of a dense layer."""
    nodes, layer = given.nodes, given.layer
    n, (n_neurons, columns) = layer.components, given.arrays["weights"].shape
    # product[k, i, j] is what component i of a weight and component j of an input add to component k.
    table = np.ascontiguousarray(given.arrays["product"].transpose(1, 2, 0).reshape(n, n * n))
    weights = given.add("Reshape", [given.constant("weights"), nodes.whole(-1, n)], "vectors")
    every = given.add("MatMul", [weights, nodes.constant(f"{given.place}/product", table)], "products")
    apart = given.add("Reshape", [every, nodes.whole(n_neurons, columns // n, n, n)], "apart")
    turned = given.add("Transpose", [apart], "turned", perm=[0, 2, 1, 3])
    matrix = given.add("Reshape", [turned, nodes.whole(n_neurons * n, columns)], "matrix")
    flat = _flat(nodes, given.below, given.place)
    return Value(given.activated(given.add("Gemm", [flat.name, matrix, given.constant("biases")], "z")), given.above)


def _recurrent(given: Given) -> Value:
    below = given.below
    rows = _marked_tokens(given) if below.values else below.name
    constants = [given.constant(name) for name in given.arrays]
    return Value(recurrent_node(given.nodes, given.layer, constants, rows, given.place, given.state), given.above)


def _marked_tokens(given: Given) -> str:
    """(N, width): the value of each token in the place of its index, 0 elsewhere."""
    nodes, below = given.nodes, given.below
    off_and_on = nodes.constant("off and on", np.array([0, 1], dtype=np.float32))
    depth = nodes.constant(f"{given.place}/width", np.array(below.shape.columns, dtype=np.int64))
    marked = given.add("OneHot", [below.name, depth, off_and_on], "marked", axis=1)
    return given.add("Mul", [marked, given.add("Unsqueeze", [below.values, nodes.whole(1)], "factors")], "weighted")


_KINDS: dict[str, Callable[[Given], Value]] = {
    "dense": _dense,
    "embedding": _embedding,
    "convolution": _convolution,
    "mean-pool": _pool,
    "max-pool": _pool,
    "flatten": _flatten,
    "last": _last,
    "mean": _mean,
    "max": _max,
    "window": _window,
    "pad": _pad,
    "communicate": _communicate,
    "bilinear": _bilinear,
    **dict.fromkeys(OPERATORS, _recurrent),
}

#: The kinds of layers that can be written.
KINDS = tuple(_KINDS)
