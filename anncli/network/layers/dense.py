"""Dense layers: Z = A_below @ W + b, A = f(Z). Only this file knows that row 0 of a block holds the biases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar, Self

import numpy as np

from anncli.arrays import Array, Tokens
from anncli.errors import ValueFault, quoted, value_text
from anncli.network.activations import ACTIVATIONS
from anncli.network.layers.base import Blocks, Kept, Key, KeyFault, LayerKind, Shape, Start
from anncli.network.layers.initial import draw_unit_by_unit, initial_weights
from anncli.network.layers.sparse import add_to_rows, sums_of_rows
from anncli.network.names import ACTIVATION_NAMES, canonical_activation

_TEXT = re.compile(r"(\d{1,18})\s+(\S.*)", re.ASCII)
_EXAMPLE = "write for example `8 tanh`"


class Dense(LayerKind):
    """Every unit reads all values of a row of the layer below; one block (n_in + 1, units): biases in row 0, then the weights.

    Of tokens it reads all of a sample: the sum of value times the weights of the index; the sample becomes one row.

    units: from 1; activation: a name of ACTIVATION_NAMES (aliases are replaced by it).
    """

    kind: ClassVar = "dense"
    keys: ClassVar = {"units": Key(int, "units: 8"), "activation": Key(str, "activation: tanh")}
    can_be_output: ClassVar = True
    takes_tokens: ClassVar = True

    def __init__(self, units: int, activation: str) -> None:
        if isinstance(units, bool) or not hasattr(units, "__index__"):
            raise TypeError(f"units: expected a whole number, found {value_text(units)}; write for example 16")
        self.units = int(units)
        try:
            self.activation = canonical_activation(activation)
        except ValueFault as fault:
            raise KeyFault("activation", fault.message, fault.advice) from None

    def __iter__(self) -> Iterator[Any]:
        """units and activation, so that `units, activation = layer` works."""
        return iter((self.units, self.activation))

    @classmethod
    def read(cls, text: str) -> Self:
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueFault(f"a layer is its units and activation, found {quoted(text)}", _EXAMPLE)
        if int(match[1]) < 1:
            raise ValueFault("a layer needs at least 1 unit, found 0", _EXAMPLE)
        return cls(int(match[1]), match[2])

    def text(self) -> str:
        return f"{self.units} {self.activation}"

    def check(self, place: str, below: Shape, is_output: bool) -> None:
        if self.units < 1:
            raise ValueFault(f"{place} needs at least 1 unit, not {self.units}")
        if ACTIVATION_NAMES[self.activation].output_only and not is_output:
            raise ValueFault(f"{place}: {self.activation} is for the output layer only")
        if self == Dense(1, "softmax"):
            raise ValueFault(
                "softmax over a single output is always 1", "use '1 logistic' or 'K softmax' with K classes"
            )

    def output(self, below: Shape) -> Shape:
        return Shape(self.units, 1 if below.tokens else below.rows)

    def block_shapes(self, below: Shape) -> tuple[tuple[int, int], ...]:
        return ((below.columns + 1, self.units),)

    def weights(self, blocks: Blocks) -> Blocks:
        return (blocks[0][1:],)

    def biases(self, blocks: Blocks) -> Blocks:
        return (blocks[0][0],)

    def initialize(self, blocks: Blocks, start: Start) -> None:
        block = blocks[0]
        if start.method == "ann1dn":
            block[...] = draw_unit_by_unit(block.shape, start.rng)
            return
        biases, block[1:] = initial_weights(block.shape[0] - 1, self.units, self.activation, start)
        if biases is not None:
            block[0] = biases

    def forward(self, blocks: Blocks, inputs: Any, starts: Array | None) -> Kept:
        block = blocks[0]
        if isinstance(inputs, Tokens):
            z, starts = sums_of_rows(inputs, block[1:]), None
        else:
            z = inputs @ block[1:]
        z += block[0]
        return Kept(inputs, z, ACTIVATIONS[self.activation].value(z), None, starts)

    def delta(self, kept: Kept, slope: Array) -> Array:
        slope *= ACTIVATIONS[self.activation].derivative(kept.z, kept.outputs)
        return slope

    def backward(self, blocks: Blocks, kept: Kept, delta: Array, slots: Blocks, wanted: bool) -> Array | None:
        slot = slots[0]
        if isinstance(kept.inputs, Tokens):
            add_to_rows(kept.inputs, delta, slot[1:])
        else:
            np.matmul(kept.inputs.T, delta, out=slot[1:])
        delta.sum(axis=0, out=slot[0])
        return delta @ blocks[0][1:].T if wanted else None

    @property
    def lacks(self) -> frozenset[str]:
        """An output-only activation has its second derivatives in the losses."""
        is_smooth = ACTIVATIONS[self.activation].second_derivative or ACTIVATION_NAMES[self.activation].output_only
        return super().lacks if is_smooth else super().lacks | {"second_order"}

    def r_forward(self, blocks: Blocks, along: Blocks, kept: Kept, r_inputs: Array) -> Kept:
        r_z = r_inputs @ blocks[0][1:] + kept.inputs @ along[0][1:] + along[0][0]
        activation = ACTIVATIONS[self.activation]
        if activation.along is not None:
            return Kept(r_inputs, r_z, activation.along(kept.z, kept.outputs, r_z))
        return Kept(r_inputs, r_z, activation.derivative(kept.z, kept.outputs) * r_z)

    def r_delta(self, kept: Kept, r_kept: Kept, slope: Array, r_slope: Array) -> tuple[Array, Array]:
        activation = ACTIVATIONS[self.activation]
        assert activation.second_derivative is not None
        steepness = activation.derivative(kept.z, kept.outputs)
        bend = activation.second_derivative(kept.z, kept.outputs) * r_kept.z
        return slope * steepness, r_slope * steepness + slope * bend

    def r_backward(
        self, blocks: Blocks, along: Blocks, kept: Kept, r_kept: Kept, delta: Array, r_delta: Array, slots: Blocks,
        wanted: bool,
    ) -> tuple[Array, Array] | None:  # fmt: skip
        weights = blocks[0][1:]
        slots[0][1:] = r_kept.inputs.T @ delta + kept.inputs.T @ r_delta
        slots[0][0] = r_delta.sum(axis=0)
        return (delta @ weights.T, r_delta @ weights.T + delta @ along[0][1:].T) if wanted else None

    def row_gradients(self, blocks: Blocks, kept: Kept, delta: Array, slots: Blocks, wanted: bool) -> Array | None:
        np.multiply(kept.inputs[:, :, None], delta[:, None, :], out=slots[0][:, 1:])
        slots[0][:, 0] = delta
        return delta @ blocks[0][1:].T if wanted else None

    @property
    def has_kink(self) -> bool:
        return ACTIVATION_NAMES[self.activation].kinked

    def column_text(self, place: str, n_rows: int) -> str:
        return f"a unit of {place} has a bias and {n_rows - 1} weights"

    def parameter_name(self, block: int, row: int, column: int, below: str) -> str:
        return f"unit {column + 1}, " + (f"weight from {below.format(row)}" if row else "bias")

    def describe(self, below: Shape) -> dict[str, Any]:
        shape = [below.columns, self.units]
        return {"units": self.units, "activation": self.activation, "weights": shape, "biases": self.units}


LAYERS = {"dense": Dense}
