"""Recurrent layers of ONNX graphs, and what stands before and behind them: tensors that have axes of rows, samples and columns.

A Series is a Flow of rows whose tensor has other axes too. Layers and activations act on its columns, row by row; what moves axes changes only
the tensor. Once one row of many is left it is a Flow again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from anncli.formats.exports.onnx.recurrent import OPERATORS, function_of, parts_of
from anncli.formats.networks.onnx.constants import axes_of, new_shape, unsqueezed
from anncli.formats.networks.onnx.node import Node
from anncli.formats.networks.onnx.ops import flow_of
from anncli.formats.networks.onnx.values import OPEN_ROWS, Flow, Stem, Unread, UnreadError

#: The ops that make a graph one of series, and what they are called here.
RECURRENT_OPS = {operator.name: kind for kind, operator in OPERATORS.items()}
#: Stand for the two sizes that a model leaves open. Whatever depends on which of the two pairs is taken depends on the number of rows.
OPEN_SIZES = ((1009, 1013), (1019, 1021))
_ONE_ROW = "ann reads the last row, the mean and the largest values of the rows of a sample"


class Axis(NamedTuple):
    """label: 'rows', 'samples', 'columns', 'one' for a size of 1, 'directions' and 'units', which together are the columns, or
    'open' before a recurrent layer has said which of the two the rows are."""

    label: str
    size: int


_ONE = Axis("one", 1)


class Series(NamedTuple):
    """flow: of rows (N, columns); axes: of the tensor."""

    flow: Flow
    axes: tuple[Axis, ...]

    @property
    def sizes(self) -> list[int]:
        return [axis.size for axis in self.axes]

    @property
    def settled(self) -> Series | Flow:
        """A Flow where the tensor has one row for each sample and nothing else."""
        labels = [axis.label for axis in self.axes]
        if labels not in (["samples", "columns"], ["one", "columns"]):
            return self
        return self.flow.shaped((self.axes[0].size, self.axes[1].size))

    def axis(self, number: int) -> int:
        """The place of an axis, from 0; raises IndexError."""
        return range(len(self.axes))[number]

    def without(self, place: int, kept: Axis | None = None) -> Series:
        """The tensor without an axis, or with this one in its place."""
        between = () if kept is None else (kept,)
        return self._replace(axes=(*self.axes[:place], *between, *self.axes[place + 1 :]))


def input_series(name: str, sizes: list[int | None], width: int, open_sizes: tuple[int, int]) -> Series:
    """The input of a graph of three axes, of which the last one is the columns; open_sizes: in place of sizes that are left open."""
    given = [Axis("open", size or open_size) for size, open_size in zip(sizes[:2], open_sizes, strict=True)]
    return Series(Flow(Stem(None, width, inputs=(name,)), (OPEN_ROWS, width)), (*given, Axis("columns", width)))


def series_of(node: Node) -> Any:
    """The result of a node that is given a Series, a list for one of several results; raises UnreadError."""
    if node.op in RECURRENT_OPS:
        return _recurrent(node)
    series = node.given[0]
    if node.op in _MOVES and isinstance(series, Series):
        return _MOVES[node.op](node, series).settled
    return _each_row(node).settled


def _each_row(node: Node) -> Series:
    """A layer, an activation or a scaling: on the columns of every row."""
    every = [value for value in node.given if isinstance(value, Series)]
    axes, rank = every[0].axes, len(every[0].axes)
    if axes[-1].label != "columns" or any(series.axes != axes for series in every):
        raise UnreadError(f"{node.op} does not act on the columns of each row")
    attributes = dict(node.attributes)
    if node.op == "Softmax":
        if attributes.get("axis", -1) not in (-1, rank - 1):
            raise UnreadError("Softmax is not over all outputs of a row")
        attributes["axis"] = -1
    keeps_shape = node.op in ("MatMul", "Gemm")
    given = [value.flow if isinstance(value, Series) else value if keeps_shape else _row(value) for value in node.given]
    flow = flow_of(Node(node.op, attributes, given, OPEN_ROWS))
    return Series(flow, (*axes[:-1], Axis("columns", flow.shape[-1])))


def _row(value: Any) -> Any:
    """A constant without leading sizes of 1."""
    while isinstance(value, np.ndarray) and value.ndim > 1 and value.shape[0] == 1:
        value = value[0]
    return value


# Recurrent layers


def _recurrent(node: Node) -> list[Any]:
    """The results of RNN, LSTM or GRU: every row, and the last one where there is one direction."""
    kind, series, attributes = RECURRENT_OPS[node.op], node.given[0], node.attributes
    _refuse_unknown(node, kind)
    if not isinstance(series, Series) or len(series.axes) != 3 or series.axes[2].label != "columns":
        raise UnreadError(f"{node.op} takes no rows of values")
    rows, samples, columns = series.axes
    if rows.label not in ("rows", "open") or samples.label not in ("samples", "open", "one"):
        raise UnreadError(f"{node.op} goes over an axis that is not that of the rows")
    weights, recurrent = node.array(1), node.array(2)
    n_directions, n_sums, units = recurrent.shape
    if weights.shape != (n_directions, n_sums, columns.size) or n_sums != len(OPERATORS[kind].gates) * units:
        raise ValueError("the weights do not fit")
    biases = node.array(3, np.zeros((n_directions, 2 * n_sums)))
    parts = [parts_of(kind, *own) for own in zip(weights, recurrent, biases, strict=True)]
    words = [str(units), *([_activation(attributes, n_directions)] if kind == "recurrent" else []), kind]
    text = " ".join([*words, *(["bidirectional"] if n_directions == 2 else [])])
    every = Stem(series.flow.settled(), n_directions * units, lambda chain: chain.recurrent(text, parts))
    rows, samples = Axis("rows", rows.size), Axis("samples", samples.size)
    flow = Flow(every, (OPEN_ROWS, every.width))
    state = Unread(f"the cells of {node.op} are not read", _ONE_ROW)
    if n_directions == 2:
        last: Any = Unread(f"the states of both directions of {node.op} are not of one row", _ONE_ROW)
        return [Series(flow, (rows, Axis("directions", 2), samples, Axis("units", units))), last, state]
    own = Axis("columns", units)
    last = Series(_reduced(flow, "last"), (_ONE, samples, own))
    return [Series(flow, (rows, _ONE, samples, own)), last, state]


def _refuse_unknown(node: Node, kind: str) -> None:
    """Raises UnreadError for settings that no layer of ann has."""
    attributes, n_given = node.attributes, len(node.given)
    if attributes.get("layout", 0):
        raise UnreadError(f"{node.op} with layout 1 is not read", "export it with layout 0")
    if attributes.get("direction", b"forward") not in (b"forward", b"bidirectional"):
        raise UnreadError(f"{node.op} goes from the last row to the first alone, which no layer of ann does")
    if "clip" in attributes or attributes.get("input_forget", 0):
        raise UnreadError(f"{node.op} has settings that no layer of ann has: clip or input_forget")
    if kind == "gru" and not attributes.get("linear_before_reset", 0):
        text = "GRU with linear_before_reset 0 multiplies the state before its product, and `gru` of ann behind it"
        raise UnreadError(text, "export one with linear_before_reset 1, as PyTorch has it")
    if kind != "recurrent" and "activations" in attributes:
        usual = [b"Sigmoid", b"Tanh", b"Tanh"] if kind == "lstm" else [b"Sigmoid", b"Tanh"]
        if attributes["activations"] != usual * (len(attributes["activations"]) // len(usual)):
            raise UnreadError(f"{node.op} has other activations than Sigmoid and Tanh")
    for at in range(4, n_given):
        value = node.given[at]
        # Lengths of samples, a state to begin with, and weights of the cells for the gates.
        if value is not None and (at == 4 or not isinstance(value, np.ndarray) or value.any()):
            what = {4: "lengths of the samples", 7: "weights from the cells to the gates"}.get(
                at, "a state to begin with"
            )
            raise UnreadError(f"{node.op} is given {what}", "export it without them: every sample begins with zeros")


def _activation(attributes: dict[str, Any], n_directions: int) -> str:
    functions = attributes.get("activations", [b"Tanh"] * n_directions)
    alphas, betas = (list(attributes.get(f"activation_{name}", [])) for name in ("alpha", "beta"))
    found = {
        function_of(function.decode(), alphas[k : k + 1], betas[k : k + 1]) for k, function in enumerate(functions)
    }
    name = found.pop() if len(found) == 1 else None
    if name is None:
        words = ", ".join(dict.fromkeys(function.decode() for function in functions))
        raise UnreadError(f"RNN with {words} and its settings is none of the activations of ann")
    return name


# What changes only the axes, or leaves one row


def _reduced(flow: Flow, word: str) -> Flow:
    return Flow(Stem(flow.settled(), flow.stem.width, lambda chain: chain.reduce(word)), flow.shape)


def _transposed(node: Node, series: Series) -> Series:
    order = node.attributes.get("perm", list(range(len(series.axes)))[::-1])
    if sorted(order) != list(range(len(series.axes))):
        raise ValueError("no order of the axes")
    return series._replace(axes=tuple(series.axes[k] for k in order))


def _squeezed(node: Node, series: Series) -> Series:
    axes = axes_of([np.zeros(0), *node.given[1:]], node.attributes)
    if axes is None:
        raise UnreadError("Squeeze does not say of which axes")
    taken = {series.axis(number) for number in axes}
    if any(series.axes[k].size != 1 or series.axes[k].label in ("rows", "columns") for k in taken):
        raise UnreadError("Squeeze takes the rows or columns away")
    return series._replace(axes=tuple(axis for k, axis in enumerate(series.axes) if k not in taken))


def _unsqueezed(node: Node, series: Series) -> Series:
    axes = axes_of([np.zeros(0), *node.given[1:]], node.attributes) or []
    unsqueezed(series.sizes, axes)
    rank = len(series.axes) + len(axes)
    taken, left = {range(rank)[axis] for axis in axes}, iter(series.axes)
    return series._replace(axes=tuple(_ONE if k in taken else next(left) for k in range(rank)))


def _reshaped(node: Node, series: Series) -> Series:
    wanted = node.attributes["shape"] if "shape" in node.attributes else node.array(1).astype(np.int64).tolist()
    sizes = new_shape(series.sizes, wanted, bool(node.attributes.get("allowzero", 0)))
    left, made = [axis for axis in series.axes if axis.size != 1], []
    for size in sizes:
        if size == 1 or not left:
            made.append(_ONE)
            continue
        axis = left.pop(0)
        if axis.label == "directions" and left and left[0].label == "units" and size == axis.size * left[0].size:
            axis = Axis("columns", axis.size * left.pop(0).size)
        if axis.size != size:
            raise UnreadError("Reshape mixes rows, samples and columns")
        made.append(axis)
    if left or not any(axis.label in ("columns", "units") for axis in made):
        raise UnreadError("Reshape mixes rows, samples and columns")
    return series._replace(axes=tuple(made))


def _gathered(node: Node, series: Series) -> Series:
    place, index = series.axis(node.attributes.get("axis", 0)), node.array(1)
    if index.size != 1 or index.ndim > 1:
        raise UnreadError("Gather takes several rows")
    return _taken(series, place, int(index.reshape(-1)[0]), _ONE if index.ndim else None)


def _sliced(node: Node, series: Series) -> Series:
    starts, ends = ([int(x) for x in node.array(at).reshape(-1)] for at in (1, 2))
    axes = axes_of([np.zeros(0), *node.given[1:]], node.attributes, 3) or list(range(len(starts)))
    steps = node.array(4, np.ones(len(starts))).reshape(-1)
    if (steps != 1).any():
        raise UnreadError("Slice takes some of the rows")
    for number, start, end in zip(axes, starts, ends, strict=True):
        place = series.axis(number)
        size = series.axes[place].size
        if start == 0 and end >= size:
            continue
        if start not in (-1, size - 1) or end < size:
            raise UnreadError("Slice takes some of the rows")
        series = _taken(series, place, -1, _ONE)
    return series


def _taken(series: Series, place: int, index: int, kept: Axis | None) -> Series:
    """One place of an axis: the last row, or the only one of an axis of size 1."""
    label, size = series.axes[place]
    if label == "rows" and index in (-1, size - 1) and (index == -1 or all(size not in pair for pair in OPEN_SIZES)):
        return Series(_reduced(series.flow, "last"), series.axes).without(place, kept)
    if size != 1 or index not in (0, -1) or label in ("rows", "columns"):
        raise UnreadError(f"takes place {index} of an axis of {label}", _ONE_ROW)
    return series.without(place, kept)


def _averaged(node: Node, series: Series) -> Series:
    axes = axes_of([np.zeros(0), *node.given[1:]], node.attributes) or []
    places = [series.axis(number) for number in axes]
    if [series.axes[place].label for place in places] != ["rows"]:
        raise UnreadError(f"{node.op} is not over the rows of a sample", _ONE_ROW)
    word = "mean" if node.op == "ReduceMean" else "max"
    kept = _ONE if node.attributes.get("keepdims", 1) else None
    return Series(_reduced(series.flow, word), series.axes).without(places[0], kept)


_MOVES: dict[str, Callable[[Node, Series], Series]] = {
    "Transpose": _transposed, "Squeeze": _squeezed, "Unsqueeze": _unsqueezed, "Reshape": _reshaped, "Gather": _gathered,
    "Slice": _sliced, "ReduceMean": _averaged, "ReduceMax": _averaged,
}  # fmt: skip


def first_width(weights: Any) -> int | None:
    """The number of columns that a recurrent layer with these weights takes, None where they are no constant."""
    is_known = isinstance(weights, np.ndarray) and weights.ndim == 3
    return int(weights.shape[2]) if is_known else None
