"""The layers of a network of another program, as a Chain keeps them: numbers in float64, and what is folded into them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.network.layers import read_layer
from anncli.network.layers.base import LayerKind, Shape
from anncli.network.layers.dense import Dense
from anncli.network.layers.directions import Directed, Parts


class Map(NamedTuple):
    """For each value by itself: (x + add) * factor + shift, all float64 (n,)."""

    add: Array
    factor: Array
    shift: Array


class Link:
    """A dense layer: weights (n_in, n_out), biases (n_out,), float64; activation: None until it is known; merges: the next
    layer takes its place, because an affine map of an affine map is one."""

    def __init__(self, weights: Array, biases: Array, merges: bool = False) -> None:
        self.weights, self.biases, self.merges = weights, biases, merges
        self.activation: str | None = None

    @property
    def width(self) -> int:
        """How many values it gives."""
        return int(self.biases.size)

    @property
    def is_open(self) -> bool:
        """Whether its activation is not known yet."""
        return self.activation is None

    def reopen(self) -> None:
        """Let a linear layer have another activation."""
        self.activation = None if self.activation == "linear" else self.activation

    def take_scaled(self, before: Map) -> None:
        """Read the values of a map with the weights for those before it."""
        self.biases = self.biases + (before.add * before.factor + before.shift) @ self.weights
        self.weights = self.weights * before.factor[:, None]

    def take_shift(self, shift: Array) -> None:
        """Read values to which a shift was still to be added."""
        self.biases = self.biases + shift @ self.weights

    @property
    def layer(self) -> LayerKind:
        return Dense(self.width, str(self.activation))

    def numbers(self, n_in: int) -> Array:
        """(P,) the parameters in the order of the layer, which is given n_in values."""
        return np.vstack([self.biases, self.weights]).reshape(-1)


class RecurrentLink(Link):
    """A recurrent layer: a short form such as `16 lstm`, and the parameters of each direction, float64."""

    def __init__(self, text: str, directions: list[Parts]) -> None:
        super().__init__(np.zeros((0, 0)), np.zeros(0))
        self._layer, self._directions = read_layer(text), directions
        self.activation = self._layer.activation

    def reopen(self) -> None:
        """What it gives are its units."""

    @property
    def width(self) -> int:
        return len(self._directions) * len(self._directions[0].recurrent)

    def take_scaled(self, before: Map) -> None:
        self.take_shift(before.add * before.factor + before.shift)
        self._directions = [
            parts._replace(weights=parts.weights * before.factor[:, None]) for parts in self._directions
        ]

    def take_shift(self, shift: Array) -> None:
        self._directions = [parts._replace(biases=parts.biases + shift @ parts.weights) for parts in self._directions]

    @property
    def layer(self) -> LayerKind:
        return self._layer

    def numbers(self, n_in: int) -> Array:
        layer = self._layer
        assert isinstance(layer, Directed)
        found = []
        for parts in self._directions:
            blocks = tuple(np.zeros(shape) for shape in layer.direction_shapes(n_in))
            layer.write(blocks, parts)
            found += [block.reshape(-1) for block in blocks]
        return np.concatenate(found)


class ReductionLink(Link):
    """A layer without parameters that gives one row of many: `last`, `mean` or `max`, of so many columns."""

    def __init__(self, word: str, width: int) -> None:
        super().__init__(np.zeros((0, 0)), np.zeros(0))
        self._layer, self._width = read_layer(word), width
        self.activation = "linear"

    def reopen(self) -> None:
        """It has no activation."""

    @property
    def width(self) -> int:
        return self._width

    @property
    def layer(self) -> LayerKind:
        return self._layer

    def numbers(self, n_in: int) -> Array:
        return np.zeros(0)


def inputs_of(links: list[Link], n_inputs: int) -> Shape:
    """What the first layer is given: vectors, or samples of rows where a layer goes over them."""
    has_rows = any(isinstance(link, (RecurrentLink, ReductionLink)) for link in links)
    return Shape(n_inputs, None if has_rows else 1)
