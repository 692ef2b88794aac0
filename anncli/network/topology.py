"""A topology: a chain of layers without their numbers, and how the parameter vector is cut into their blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from anncli.arrays import Array
from anncli.errors import ValueFault
from anncli.network.layers import read_layer
from anncli.network.layers.base import Blocks, LayerKind, Shape
from anncli.network.layers.dense import Dense
from anncli.network.names import ACTIVATION_NAMES, LAYER_NAMES

# A layer without a named kind is dense, in Python as in a network file: `Layer(16, "tanh")` and `16 tanh`.
Layer = Dense

# What some trainers need of every layer, in words.
_NEEDS = {"second_order": "second derivatives", "row_gradients": "gradients of single rows"}


class _Chain(NamedTuple):
    """What a Topology holds; a named tuple cannot check its own values, but a class derived from it can."""

    inputs: Shape
    layers: tuple[LayerKind, ...]


class Topology(_Chain):
    """The shape of a network, without its numbers: what backends and files need to walk over the parameters.

    The parameters are one vector of length n_parameters: for each layer in order its blocks, each row by row.

    Args: inputs, the number of values of a sample, or a Shape; layers: layers of any kind, pairs (units, activation) of
        dense ones, or short forms such as "16 tanh".
    Raises: ValueFault for a chain that cannot be, TypeError for what is no number of inputs or no list of layers.
    """

    def __new__(cls, inputs: int | Shape, layers: Iterable[LayerKind | tuple[int, str] | str]) -> Topology:
        below = inputs if isinstance(inputs, Shape) else Shape(_whole(inputs))
        if below.columns < 1:
            raise ValueFault(f"a network needs at least 1 input, not {below.columns}")
        if isinstance(layers, str) or not isinstance(layers, Iterable):
            found = f"the text {layers!r}" if isinstance(layers, str) else f"{layers!r}"
            raise TypeError(f'layers: expected a list such as ["16 tanh", "1 logistic"], found {found}')
        chain = tuple(_as_layer(layer) for layer in layers)
        if not chain:
            raise ValueFault("a network needs at least one layer")
        shapes, placed = [below], list[LayerKind]()
        for number, layer in enumerate(chain, 1):
            layer.check(f"layer {number}", shapes[-1], number == len(chain))
            given = _given(f"layer {number}", layer, shapes, chain)
            placed.append(layer.on(given))
            shapes.append(layer.output(given))
        return super().__new__(cls, below, tuple(placed))

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """The inputs of the network and what each layer gives."""
        shapes = [self.inputs]
        for given, layer in zip(self.given, self.layers, strict=True):
            shapes.append(layer.output(given))
        return tuple(shapes)

    @cached_property
    def given(self) -> tuple[Shape, ...]:
        """What each layer is given: what the layer below gives and, beside it, what the layer that it skips to gives."""
        shapes, given = [self.inputs], []
        for number, layer in enumerate(self.layers, 1):
            given.append(_given(f"layer {number}", layer, shapes, self.layers))
            shapes.append(layer.output(given[-1]))
        return tuple(given)

    @cached_property
    def least_rows(self) -> int:
        """How many rows or tokens a sample must have, so that every layer gives at least one row."""
        if self.inputs.spikes or (self.inputs.tokens and self.shapes[1].rows == 1):
            # The sum of the tokens of a sample, which may be none; a sample may have no spikes.
            return 0
        rows = 1
        for layer in reversed(self.layers):
            rows = max(1, layer.rows_needed(rows))
        return rows

    @property
    def shared_channels(self) -> int | None:
        """The number of channels, if the first layer treats all places of a picture alike; else None."""
        return self.inputs.grid[2] if self.inputs.grid is not None and self.layers[0].slides else None

    @property
    def answers_rows(self) -> bool:
        """Whether the network has an answer for every row of a sample, not one for the sample."""
        return self.shapes[-1].rows is None

    @property
    def answers_text(self) -> str:
        """Whom the answers are for, in words."""
        return f"an answer for {'every row' if self.answers_rows else 'each sample'}"

    @property
    def answers_each_row(self) -> bool:
        """Whether the answers are one for each row of the inputs: no layer changes the number of rows."""
        return self.answers_rows and all(layer.keeps_rows for layer in self.layers)

    @property
    def streams(self) -> bool:
        """Whether the answers for the rows of a sample may be computed piece by piece, with the states carried on."""
        return self.answers_each_row and all(layer.streams for layer in self.layers)

    @property
    def takes_vectors(self) -> bool:
        """Whether a sample is one row of numbers in data."""
        return self.inputs.samples.rows == 1

    @property
    def noun(self) -> str:
        """What texts call one sample: a row, where it is several rows or tokens a sample."""
        return "row" if self.takes_vectors else "sample"

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Columns of the inputs and of each layer's outputs."""
        return tuple(shape.columns for shape in self.shapes)

    @property
    def n_inputs(self) -> int:
        return self.inputs.columns

    @property
    def n_outputs(self) -> int:
        return self.sizes[-1]

    @property
    def output_activation(self) -> str:
        return self.layers[-1].activation

    @property
    def own_loss(self) -> str | None:
        """The only loss that the output layer has, None for any that fits its activation."""
        return self.layers[-1].own_loss

    @property
    def is_spiking(self) -> bool:
        """Whether its layers are spiking neurons."""
        return self.layers[0].takes_spikes

    # The parameter vector

    @cached_property
    def _places(self) -> tuple[tuple[tuple[int, int, tuple[int, int]], ...], ...]:
        """For each layer, for each of its blocks: start and end in the parameter vector, and (rows, columns)."""
        places, end = [], 0
        for layer, below in zip(self.layers, self.given, strict=True):
            here = []
            for rows, columns in layer.block_shapes(below):
                start, end = end, end + rows * columns
                here.append((start, end, (rows, columns)))
            places.append(tuple(here))
        return tuple(places)

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """Where each layer starts in the parameter vector, and last the length of the vector."""
        starts = [0]
        for places in self._places:
            starts.append(places[-1][1] if places else starts[-1])
        return tuple(starts)

    @property
    def n_parameters(self) -> int:
        return self.offsets[-1]

    @property
    def block_shapes(self) -> list[tuple[tuple[int, int], ...]]:
        """(rows, columns) of the blocks of each layer."""
        return [tuple(shape for _, _, shape in places) for places in self._places]

    @property
    def numbers(self) -> Array:
        """(P,) the number of each parameter, as a vector that blocks() and weights() take."""
        return np.arange(self.n_parameters)

    def blocks(self, parameters: Array) -> list[Blocks]:
        """For each layer the views (rows, columns) of its blocks in a parameter vector (P,)."""
        return [
            tuple([parameters[start:end].reshape(shape) for start, end, shape in places]) for places in self._places
        ]

    def row_blocks(self, parameters: Array) -> list[Blocks]:
        """As blocks(), for n parameter vectors (n, P): views (n, rows, columns)."""
        n = len(parameters)
        return [
            tuple([parameters[:, start:end].reshape(n, *shape) for start, end, shape in places])
            for places in self._places
        ]

    def weights(self, parameters: Array) -> list[Array]:
        """Views of the parameters that penalties and weight decay act on; of a dense layer one (n_in, units)."""
        chain = zip(self.layers, self.blocks(parameters), strict=True)
        return [view for layer, blocks in chain for view in layer.weights(blocks)]

    def biases(self, parameters: Array) -> list[Array]:
        """Views of all other parameters; of a dense layer one (units,)."""
        chain = zip(self.layers, self.blocks(parameters), strict=True)
        return [view for layer, blocks in chain for view in layer.biases(blocks)]

    def weights_mask(self) -> npt.NDArray[np.bool_]:
        """(P,) True for parameters that penalties act on."""
        mask = np.zeros(self.n_parameters, dtype=bool)
        for view in self.weights(mask):
            view[...] = True
        return mask

    def parameter_name(self, index: int, first_token: int = 1, token: Callable[[int], str] | None = None) -> str:
        """'layer 2, unit 1, weight from unit 3 of layer 1', counted from 1; first_token: the number of the first token; token: names one, from 0."""
        number = next(k for k, end in enumerate(self.offsets[1:]) if index < end)
        block, (start, _, shape) = next((k, p) for k, p in enumerate(self._places[number]) if index < p[1])
        row, column = divmod(index - start, shape[1])

        def below(place: int) -> str:
            if number:
                return f"unit {place} of layer {number}"
            if self.inputs.tokens:
                return token(place - 1) if token else f"{'source' if self.inputs.spikes else 'token'} {place - 1 + first_token}"  # fmt: skip
            return f"input {place}" if place <= self.n_inputs else "the bias spike"

        return f"layer {number + 1}, {self.layers[number].parameter_name(block, row, column, below)}"

    # What the layers cannot do

    def lacks(self, need: str) -> str | None:
        """Why a trainer with this need ('second_order', 'row_gradients') cannot train the network, or None if it can."""
        for number, layer in enumerate(self.layers, 1):
            if need in layer.lacks:
                return f"layer {number} (`{layer.shown}`) has no {_NEEDS[need]}"
        return None

    @cached_property
    def uncompiled(self) -> str | None:
        """Why the compiled code cannot compute the network, or None if it can."""
        for number, layer in enumerate(self.layers, 1):
            if not LAYER_NAMES[layer.kind].compiled or ACTIVATION_NAMES[layer.activation].code is None:
                return f"layer {number} (`{layer.shown}`) is not in the compiled code"
        return None

    @cached_property
    def is_plain(self) -> bool:
        """Whether all layers compute as dense ones and the inputs are one row."""
        return self.inputs.rows == 1 and all(layer.is_dense for layer in self.layers)

    @cached_property
    def activation_codes(self) -> tuple[int, ...]:
        """The number of each layer's activation in the compiled code, for a network without `uncompiled`."""
        codes = [ACTIVATION_NAMES[layer.activation].code for layer in self.layers]
        return tuple(code for code in codes if code is not None)

    def _replace(self, **changes: Any) -> Topology:
        return Topology(**{**self._asdict(), **changes})

    def __str__(self) -> str:
        return "-".join(str(size) for size in self.sizes)


def _given(place: str, layer: LayerKind, shapes: Sequence[Shape], layers: Sequence[LayerKind]) -> Shape:
    """What a layer is given; shapes: the inputs of the network and what each of the layers below it gives."""
    below = shapes[-1]
    if not layer.skip:
        return below
    if layer.skip >= len(shapes) - 1:
        raise ValueFault(
            f"{place}: `skip: {layer.skip}` names no layer before the one below", f"the first layer is 1, the last that {place} can skip to is {len(shapes) - 2}" if len(shapes) > 2 else "leave `skip` out"
        )  # fmt: skip
    beside = shapes[layer.skip]
    if beside.rows != below.rows or not all(between.keeps_rows for between in layers[layer.skip : len(shapes) - 1]):
        raise ValueFault(
            f"{place}: `skip: {layer.skip}` names a layer with another number of rows",
            "skip to a layer after the last change of rows",
        )
    return Shape(below.columns + beside.columns, below.rows, beside=beside.columns)


def _as_layer(layer: LayerKind | tuple[int, str] | str) -> LayerKind:
    if isinstance(layer, LayerKind):
        return layer
    if isinstance(layer, str):
        return read_layer(layer)
    if not isinstance(layer, (tuple, list)) or len(layer) != 2 or not isinstance(layer[1], str):
        raise TypeError(f'layers: expected a layer such as "16 tanh" or (16, "tanh"), found {layer!r}')
    return Dense(*layer)


def _whole(inputs: Any) -> int:
    """A number of inputs, which may be numpy's; raises TypeError for anything else."""
    if isinstance(inputs, bool) or not hasattr(inputs, "__index__"):
        raise TypeError(f"expected the number of inputs, found {inputs!r}; write for example 9")
    return int(inputs)
