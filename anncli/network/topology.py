"""A topology: the shape of a network without its numbers, and how the parameter vector is cut into blocks."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from anncli.arrays import Array
from anncli.errors import ValueFault
from anncli.network.names import ACTIVATION_NAMES, canonical_activation


class Layer(NamedTuple):
    """One layer of units after the inputs: how many, and their activation."""

    units: int
    activation: str


class _Shape(NamedTuple):
    """What a Topology holds; a named tuple cannot check its own values, but a class made from it can."""

    n_inputs: int
    layers: tuple[Layer, ...]


class Topology(_Shape):
    """The shape of a network, without its numbers: what kernels and files need to walk the parameters.

    The parameters are one vector of length n_parameters: for each layer in order a block (n_in + 1, n_out),
    row by row, whose first row holds the biases and whose other rows hold the weights (n_in, n_out).
    """

    def __new__(cls, n_inputs: int, layers: Iterable[tuple[int, str]]) -> Topology:
        if n_inputs < 1:
            raise ValueFault(f"a network needs at least 1 input, not {n_inputs}")
        known = tuple(Layer(int(units), canonical_activation(name)) for units, name in layers)
        if not known:
            raise ValueFault("a network needs at least one layer")
        for number, layer in enumerate(known, 1):
            if layer.units < 1:
                raise ValueFault(f"layer {number} needs at least 1 unit, not {layer.units}")
            if layer.activation == "softmax" and number < len(known):
                raise ValueFault(f"layer {number}: softmax is for the output layer only")
        if known[-1] == Layer(1, "softmax"):
            raise ValueFault(
                "softmax over a single output is always 1", "use '1 logistic' or 'K softmax' with K classes"
            )
        return super().__new__(cls, n_inputs, known)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Units per layer, inputs first."""
        return (self.n_inputs, *(layer.units for layer in self.layers))

    @property
    def n_outputs(self) -> int:
        return self.layers[-1].units

    @property
    def output_activation(self) -> str:
        return self.layers[-1].activation

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """Where each layer's block starts in the parameter vector, and at the end its length."""
        starts = [0]
        for n_in, n_out in zip(self.sizes, self.sizes[1:], strict=False):
            starts.append(starts[-1] + (n_in + 1) * n_out)
        return tuple(starts)

    @property
    def n_parameters(self) -> int:
        return self.offsets[-1]

    @cached_property
    def activation_codes(self) -> tuple[int, ...]:
        return tuple(ACTIVATION_NAMES[layer.activation].code for layer in self.layers)

    def blocks(self, parameters: Array) -> list[Array]:
        """Views (n_in + 1, n_out) into a parameter vector (P,), one per layer: biases in row 0, weights below."""
        return [
            parameters[start:end].reshape(n_in + 1, n_out)
            for start, end, n_in, n_out in zip(self.offsets, self.offsets[1:], self.sizes, self.sizes[1:], strict=False)
        ]

    def weights_mask(self) -> npt.NDArray[np.bool_]:
        """(P,) True where the parameter is a weight, False where it is a bias."""
        mask = np.ones(self.n_parameters, dtype=bool)
        for block in self.blocks(mask):
            block[0] = False
        return mask

    def _replace(self, **changes: Any) -> Topology:
        return Topology(**{**self._asdict(), **changes})

    def __str__(self) -> str:
        return "-".join(str(size) for size in self.sizes)
