"""C text of chains of layers that are not all dense: one function a kind, and one that calls them in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.formats.exports.c.chain_functions import OF_PRODUCTS
from anncli.formats.exports.c.chain_functions import TEXTS as ROW_FUNCTIONS
from anncli.formats.exports.c.layers import BLOCK, DENSE, activation_call, activation_text, blocked
from anncli.formats.exports.c.member import Member, Place, Step
from anncli.formats.exports.c.recurrent import RECURRENT_KINDS, recurrent, recurrent_numbers
from anncli.formats.exports.c.recurrent_functions import TEXTS as RECURRENT_FUNCTIONS
from anncli.formats.exports.c.several_rows import most_rows
from anncli.formats.exports.c.stream import last_kept
from anncli.formats.exports.c.text import float_array
from anncli.formats.exports.steps import streams
from anncli.network.layers.base import Blocks, Shape
from anncli.network.network import Network
from anncli.network.topology import Topology


class ChainText(NamedTuple):
    """parameters: the table of numbers; layers: the functions, last $n_member(); floats: how many a prediction keeps in buffers,
    for most_rows() rows."""

    parameters: str
    layers: str
    floats: int


def chain_text(network: Network, needs_logistic: bool) -> ChainText:
    """The pieces of a file; needs_logistic: the scaling uses that function too."""
    topology = network.topology
    every = network.members or (network.all_parameters,)
    numbers = [_numbers(topology, parameters) for parameters in every]
    table = np.concatenate([*map(np.ravel, (part for own in numbers for layer in own for part in layer)), []])
    member = _member(topology, [sum(part.size for part in layer) for layer in numbers[0]])
    used = [functions[name] for functions in (ROW_FUNCTIONS, RECURRENT_FUNCTIONS) for name in functions if name in member.used]  # fmt: skip
    gated = any(layer.kind in ("lstm", "gru") for layer in topology.layers)
    activations = list(
        dict.fromkeys(layer.activation for layer in topology.layers if layer.kind not in ("lstm", "gru"))
    )
    products = DENSE if member.used & {"dense", *OF_PRODUCTS, *RECURRENT_FUNCTIONS} else ""
    of_rows = topology.answers_rows and not member.streams
    shared = products + activation_text(activations, needs_logistic or gated, of_rows)
    text = "\n".join([shared, *used, member.text()]).replace("$BLOCK", str(BLOCK))
    return ChainText(
        float_array("$n_parameters", table if table.size else np.zeros(1)), text, member.floats(most_rows(network))
    )


def _numbers(topology: Topology, parameters: Array) -> list[list[Array]]:
    """The parameters of each layer in the order in which its function reads them."""
    chain = zip(topology.layers, topology.given, topology.blocks(parameters), strict=True)
    return [_layer_numbers(layer, below, blocks) for layer, below, blocks in chain]


def _layer_numbers(layer: Any, below: Shape, blocks: Blocks) -> list[Array]:
    if layer.kind in RECURRENT_KINDS:
        return recurrent_numbers(layer, blocks, below.columns if below.tokens else 0)
    weights, biases = layer.weights(blocks), layer.biases(blocks)
    if layer.kind == "embedding":
        return [weights[0]]
    if layer.kind == "bilinear":
        return [blocked(np.ascontiguousarray(layer.structure.matrix(weights[0]), dtype=np.float32)), biases[0]]
    return [part for own, bias in zip(weights, biases, strict=True) for part in (blocked(own), bias)]


def _member(topology: Topology, sizes: list[int]) -> Member:
    """The function of one network; sizes: how many numbers each layer has."""
    member = Member(topology, streams(topology))
    last = last_kept(topology) if member.streams else 0
    places = [Place("x", "n" if member.has_rows else "1")]
    chain = zip(topology.layers, topology.given, topology.shapes[1:], strict=True)
    for number, (layer, below, above) in enumerate(chain, 1):
        places.append(_WRITERS[layer.kind](Step(member, layer, number, below, above, places)))
        if layer.activation != "linear" and layer.kind not in RECURRENT_KINDS:
            member.line(activation_call(layer.activation, places[-1].pointer, places[-1].rows, above.columns))
        if number == last:
            member.line(f"if (!out)\n    return w + {sum(sizes[number:])};")
    return member


def _dense(step: Step) -> Place:
    source, units = step.source, step.above.columns
    if step.below.tokens:
        return step.call("sums_of_tokens", "w", step.below.columns, units, "indices", "values", "n", keeps_rows=False, advances=True)  # fmt: skip
    if source.rows == "1":
        return step.call("dense", "w", step.below.columns, units, source.pointer, advances=True)
    return step.call("dense_rows", "w", source.rows, step.below.columns, units, source.pointer, advances=True)


def _embedding(step: Step) -> Place:
    given = ["w", step.below.columns, step.above.columns, "indices", "values", step.source.rows]
    return step.call("embedding", *given, advances=True)


class _Axes(NamedTuple):
    """How windows slide: sizes of what is below, C expressions, of windows, strides and what is above, and the zeros before."""

    below: tuple[str, str]
    channels: int
    size: tuple[int, int]
    stride: tuple[int, int]
    above: tuple[str, str]
    before: tuple[int, int]


def _axes(step: Step, is_same: bool) -> _Axes:
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


def _convolution(step: Step) -> Place:
    axes = _axes(step, step.layer.padding == "same")
    patch = step.member.patch(axes.size[0] * axes.size[1] * axes.channels)
    given = [*axes.below, axes.channels, *axes.size, *axes.stride, *axes.before, *axes.above, step.layer.units]
    place = step.call("convolution", "w", *given, step.source.pointer, patch, advances=True)
    return place._replace(rows=axes.above[0] if len(step.layer.size) == 1 else "1")


def _pool(step: Step) -> Place:
    axes = _axes(step, False)
    given = [axes.below[1], axes.channels, *axes.size, *axes.stride, *axes.above, int(step.layer.kind == "max-pool")]
    place = step.call("pool", *given, step.source.pointer)
    return place._replace(rows=axes.above[0] if len(step.layer.size) == 1 else "1")


def _flatten(step: Step) -> Place:
    return step.source


def _last(step: Step) -> Place:
    if step.member.streams:
        return step.source
    return step.call("last", step.source.rows, step.above.columns, step.source.pointer, keeps_rows=False)


def _mean(step: Step) -> Place:
    if step.member.streams:
        return _so_far(step, "mean_so_far")
    return step.call("mean", step.source.rows, step.above.columns, step.source.pointer, keeps_rows=False)


def _so_far(step: Step, function: str) -> Place:
    columns = step.above.columns
    return step.call(function, columns, step.source.pointer, step.member.state(columns + 1))


def _max(step: Step) -> Place:
    if step.member.streams:
        return _so_far(step, "largest_so_far")
    return step.call("largest", step.source.rows, step.above.columns, step.source.pointer, keeps_rows=False)


def _window(step: Step) -> Place:
    return step.call("window", step.source.rows, step.below.columns, step.layer.rows, step.source.pointer)


def _pad(step: Step) -> Place:
    rows, is_left = step.layer.rows, int(step.layer.side == "left")
    return step.call("pad", step.source.rows, step.below.columns, rows, is_left, step.source.pointer, keeps_rows=False)


def _communicate(step: Step) -> Place:
    source = step.source
    n_beside = step.below.beside
    n_own = step.below.columns - n_beside
    beside = step.places[step.layer.skip].pointer if step.layer.skip else source.pointer
    patch = step.member.patch(3 * n_own + n_beside)
    return step.call("communicate", "w", source.rows, n_own, n_beside, step.above.columns, source.pointer, beside, patch, advances=True)  # fmt: skip


_WRITERS: dict[str, Callable[[Step], Place]] = {
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
    "pad": _pad,
    "communicate": _communicate,
    **dict.fromkeys(RECURRENT_KINDS, recurrent),
}

#: The kinds of layers that can be written.
KINDS = tuple(_WRITERS)
