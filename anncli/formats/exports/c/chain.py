"""C text of chains of layers that are not all dense: one function a kind, and one that calls them in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.formats.exports.c import chain_functions as functions
from anncli.formats.exports.c.layers import BLOCK, DENSE, activation_call, activation_text, blocked
from anncli.formats.exports.c.text import float_array
from anncli.network.layers.base import Blocks, Shape
from anncli.network.network import Network

#: The most rows or tokens of a sample, unless the user of the file defines another number.
MAX_ROWS = 128


class ChainText(NamedTuple):
    """parameters: the table of numbers; layers: the functions, last $n_member(); floats: how many a prediction keeps in buffers,
    for MAX_ROWS rows."""

    parameters: str
    layers: str
    floats: int


def chain_text(network: Network, needs_logistic: bool) -> ChainText:
    """The pieces of a file; needs_logistic: the scaling uses that function too."""
    topology = network.topology
    every = network.members or (network.all_parameters,)
    numbers = [
        part
        for parameters in every
        for layer, blocks in zip(topology.layers, topology.blocks(parameters), strict=True)
        for part in _numbers(layer, blocks)
    ]
    table = np.concatenate([*map(np.ravel, numbers), np.zeros(0 if numbers else 1, dtype=np.float32)])
    member = _Member(network)
    member.write()
    used = [functions.TEXTS[name] for name in functions.TEXTS if name in member.used]
    activations = list(dict.fromkeys(layer.activation for layer in topology.layers))
    answers_rows = topology.answers_rows
    products = DENSE if member.used & {"dense", *functions.OF_PRODUCTS} else ""
    shared = products + activation_text(activations, needs_logistic, answers_rows)
    text = "\n".join([shared, *used, member.text()]).replace("$BLOCK", str(BLOCK))
    return ChainText(float_array("$n_parameters", table), text, member.floats)


def _numbers(layer: Any, blocks: Blocks) -> list[Array]:
    """The parameters of a layer in the order in which the functions read them."""
    weights, biases = layer.weights(blocks), layer.biases(blocks)
    if layer.kind == "embedding":
        return [weights[0]]
    if layer.kind == "bilinear":
        return [blocked(np.ascontiguousarray(layer.structure.matrix(weights[0]), dtype=np.float32)), biases[0]]
    return [part for own, bias in zip(weights, biases, strict=True) for part in (blocked(own), bias)]


class _Place(NamedTuple):
    """Where values are: a C pointer, and how many rows there are, a C expression."""

    pointer: str
    rows: str


class _Member:
    """The function that computes one member. A layer writes another buffer than it reads; one that a later layer skips to has its
    own."""

    def __init__(self, network: Network) -> None:
        topology = network.topology
        self._topology = topology
        kinds = [layer.kind for layer in topology.layers]
        self._last = max(number for number, kind in enumerate(kinds, 1) if kind != "flatten")
        self._skipped = {layer.skip for layer in topology.layers if layer.skip}
        self._sizes: dict[str, tuple[bool, int]] = {}
        self._patch = 0
        self._lines: list[str] = []
        self.used: set[str] = set()
        self.of_tokens = topology.inputs.tokens
        self.has_rows = not topology.takes_vectors

    def write(self) -> None:
        rows = "n" if self.has_rows else "1"
        places = [_Place("x", rows)]
        chain = zip(self._topology.layers, self._topology.given, self._topology.shapes[1:], strict=True)
        for number, (layer, below, above) in enumerate(chain, 1):
            own = _Step(self, layer, number, below, above, places)
            places.append(_WRITERS[layer.kind](own))
            if layer.activation != "linear":
                self._lines.append(
                    "  " + activation_call(layer.activation, places[-1].pointer, places[-1].rows, above.columns)
                )

    def target(self, number: int, above: Shape, source: str) -> str:
        """The buffer for the outputs of layer `number`, which reads `source`."""
        if number == self._last:
            return "out"
        name = f"s{number}" if number in self._skipped else "b" if source == "a" else "a"
        has_rows, size = self._sizes.get(name, (False, 0))
        is_wide = above.rows is None
        # A buffer for rows is larger than one for a vector of the same columns.
        self._sizes[name] = (has_rows or is_wide, max(size, above.columns))
        return name

    def patch(self, size: int) -> str:
        """A buffer for what one product is made of."""
        self._patch = max(self._patch, size)
        return "patch"

    def line(self, text: str) -> None:
        self._lines.append(f"  {text}")

    @property
    def floats(self) -> int:
        own = sum(size * (MAX_ROWS if has_rows else 1) for has_rows, size in self._sizes.values())
        return own + self._patch

    def text(self) -> str:
        given = "const int *indices, const float *values, " if self.of_tokens else "const float *x, "
        count = "int n, " if self.has_rows else ""
        what = "tokens" if self.of_tokens else "scaled rows x" if self.has_rows else "scaled inputs x"
        buffers = [
            f"{name}[{'$N_MAX_ROWS * ' if has_rows else ''}{size}]"
            for name, (has_rows, size) in sorted(self._sizes.items())
        ]
        if self._patch:
            buffers.append(f"patch[{self._patch}]")
        declared = [f"  float {', '.join(buffers)};"] if buffers else []
        # Compilers that do not see who calls take the buffers for empty.
        checked = ["  if (n < 1)\n    return w;"] if self.has_rows and self._topology.least_rows else []
        return (
            f"/* The layers of one network, from {what}; returns where the next network's numbers begin. */\n"
            f"$static const float *$n_member(const float *w, {given}{count}float *out)\n{{\n"
            + "\n".join([*declared, *checked, *self._lines])
            + "\n  return w;\n}\n"
        )


class _Step(NamedTuple):
    """One layer, and all values so far: places[0] are the inputs."""

    member: _Member
    layer: Any
    number: int
    below: Shape
    above: Shape
    places: list[_Place]

    def call(self, function: str, *given: object, keeps_rows: bool = True, advances: bool = False) -> _Place:
        """Write a call of the function, whose last argument is the buffer for its outputs."""
        self.member.used.add(function)
        target = self.member.target(self.number, self.above, self.source.pointer)
        arguments = ", ".join(map(str, [*given, target]))
        self.member.line(f"{'w = ' if advances else ''}$n_{function}({arguments});")
        return _Place(target, self.source.rows if keeps_rows else "1")

    @property
    def source(self) -> _Place:
        return self.places[-1]


def _dense(step: _Step) -> _Place:
    source, units = step.source, step.above.columns
    if step.below.tokens:
        return step.call("sums_of_tokens", "w", step.below.columns, units, "indices", "values", "n", keeps_rows=False, advances=True)  # fmt: skip
    if source.rows == "1":
        return step.call("dense", "w", step.below.columns, units, source.pointer, advances=True)
    return step.call("dense_rows", "w", source.rows, step.below.columns, units, source.pointer, advances=True)


def _embedding(step: _Step) -> _Place:
    return step.call("embedding", "w", step.below.columns, step.above.columns, "indices", "values", "n", advances=True)


class _Axes(NamedTuple):
    """How windows slide: sizes of what is below, C expressions, of windows, strides and what is above, and the zeros before."""

    below: tuple[str, str]
    channels: int
    size: tuple[int, int]
    stride: tuple[int, int]
    above: tuple[str, str]
    before: tuple[int, int]


def _axes(step: _Step, is_same: bool) -> _Axes:
    layer = step.layer
    before = tuple((k - 1) // 2 if is_same else 0 for k in layer.size)
    if len(layer.size) == 2:
        height, width, channels = step.below.grid or (1, 1, 1)
        above = step.above.grid or (1, 1, 1)
        return _Axes(
            (str(height), str(width)), channels, layer.size, layer.stride, (str(above[0]), str(above[1])), (before[0], before[1])
        )  # fmt: skip
    rows, size, stride = step.source.rows, layer.size[0], layer.stride[0]
    if is_same:
        count = rows if stride == 1 else f"({rows} + {stride - 1}) / {stride}"
    else:
        count = f"({rows} - {size}) / {stride} + 1"
    if count != rows:
        name = f"n{step.number}"
        step.member.line(f"const int {name} = {count};")
        count = name
    return _Axes((rows, "1"), step.below.columns, (size, 1), (stride, 1), (count, "1"), (before[0], 0))


def _convolution(step: _Step) -> _Place:
    axes = _axes(step, step.layer.padding == "same")
    patch = step.member.patch(axes.size[0] * axes.size[1] * axes.channels)
    given = [*axes.below, axes.channels, *axes.size, *axes.stride, *axes.before, *axes.above, step.layer.units]
    place = step.call("convolution", "w", *given, step.source.pointer, patch, advances=True)
    return place._replace(rows=axes.above[0] if len(step.layer.size) == 1 else "1")


def _pool(step: _Step) -> _Place:
    axes = _axes(step, False)
    given = [axes.below[1], axes.channels, *axes.size, *axes.stride, *axes.above, int(step.layer.kind == "max-pool")]
    place = step.call("pool", *given, step.source.pointer)
    return place._replace(rows=axes.above[0] if len(step.layer.size) == 1 else "1")


def _flatten(step: _Step) -> _Place:
    return step.source


def _last(step: _Step) -> _Place:
    return step.call("last", step.source.rows, step.above.columns, step.source.pointer, keeps_rows=False)


def _mean(step: _Step) -> _Place:
    return step.call("mean", step.source.rows, step.above.columns, step.source.pointer, keeps_rows=False)


def _max(step: _Step) -> _Place:
    return step.call("largest", step.source.rows, step.above.columns, step.source.pointer, keeps_rows=False)


def _window(step: _Step) -> _Place:
    return step.call("window", step.source.rows, step.below.columns, step.layer.rows, step.source.pointer)


def _communicate(step: _Step) -> _Place:
    source = step.source
    n_beside = step.below.beside
    n_own = step.below.columns - n_beside
    beside = step.places[step.layer.skip].pointer if step.layer.skip else source.pointer
    patch = step.member.patch(3 * n_own + n_beside)
    return step.call("communicate", "w", source.rows, n_own, n_beside, step.above.columns, source.pointer, beside, patch, advances=True)  # fmt: skip


_WRITERS: dict[str, Callable[[_Step], _Place]] = {
    "dense": _dense,
    "bilinear": _dense,
    "embedding": _embedding,
    "convolution": _convolution,
    "mean-pool": _pool,
    "max-pool": _pool,
    "flatten": _flatten,
    "last": _last,
    "mean": _mean,
    "max": _max,
    "window": _window,
    "communicate": _communicate,
}

#: The kinds of layers that can be written.
KINDS = tuple(_WRITERS)
