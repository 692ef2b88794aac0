"""Dense layers: Z = A_below @ W + b, A = f(Z)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Self

import numpy as np

from anncli.arrays import Array, Tokens
from anncli.errors import ValueFault, quoted
from anncli.network.layers.affine import Affine, known_activation, whole_units
from anncli.network.layers.base import Blocks, Kept, Key, Shape
from anncli.network.layers.sparse import add_to_rows, sums_of_rows

_TEXT = re.compile(r"(\d{1,18})\s+(\S.*)", re.ASCII)
_EXAMPLE = "write for example `8 tanh`"


class Dense(Affine):
    """Every unit reads all values of a row of the layer below; one block (n_in + 1, units): biases in row 0, then the weights.

    Of tokens it reads all of a sample: the sum of value times the weights of the index; the sample becomes one row.

    units: from 1; activation: a name of ACTIVATION_NAMES (aliases are replaced by it).
    """

    kind: ClassVar = "dense"
    keys: ClassVar = {"units": Key(int, "units: 8"), "activation": Key(str, "activation: tanh")}
    can_be_output: ClassVar = True
    by_row: ClassVar = True
    takes_tokens: ClassVar = True

    def __init__(self, units: int, activation: str) -> None:
        self.units, self.activation = whole_units(units), known_activation(activation)

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
        super().check(place, below, is_output)

    @property
    def is_dense(self) -> bool:
        return True

    def output(self, below: Shape) -> Shape:
        return Shape(self.units, 1 if below.tokens else below.rows)

    def block_shapes(self, below: Shape) -> tuple[tuple[int, int], ...]:
        return ((below.columns + 1, self.units),)

    def forward(self, blocks: Blocks, inputs: Any, starts: Array | None) -> Kept:
        block = blocks[0]
        if isinstance(inputs, Tokens):
            z, starts = sums_of_rows(inputs, block[1:]), None
        else:
            z = inputs @ block[1:]
        z += block[0]
        return Kept(inputs, z, self.activated(z), None, starts)

    def backward(self, blocks: Blocks, kept: Kept, delta: Array, slots: Blocks, wanted: bool) -> Array | None:
        slot = slots[0]
        if isinstance(kept.inputs, Tokens):
            add_to_rows(kept.inputs, delta, slot[1:])
        else:
            np.matmul(kept.inputs.T, delta, out=slot[1:])
        delta.sum(axis=0, out=slot[0])
        return delta @ blocks[0][1:].T if wanted else None

    def gathered(self, kept: Kept) -> Array | None:
        return None if isinstance(kept.inputs, Tokens) else kept.inputs

    def r_forward(self, blocks: Blocks, along: Blocks, kept: Kept, r_inputs: Array) -> Kept:
        if isinstance(kept.inputs, Tokens):
            r_z = sums_of_rows(kept.inputs, along[0][1:]) + along[0][0]
        else:
            r_z = r_inputs @ blocks[0][1:] + kept.inputs @ along[0][1:] + along[0][0]
        return Kept(r_inputs, r_z, self.r_activated(kept, r_z), None, kept.starts)

    def r_backward(
        self, blocks: Blocks, along: Blocks, kept: Kept, r_kept: Kept, delta: Array, r_delta: Array, slots: Blocks,
        wanted: bool,
    ) -> tuple[Array, Array] | None:  # fmt: skip
        weights = blocks[0][1:]
        if isinstance(kept.inputs, Tokens):
            add_to_rows(kept.inputs, r_delta, slots[0][1:])
        else:
            slots[0][1:] = r_kept.inputs.T @ delta + kept.inputs.T @ r_delta
        slots[0][0] = r_delta.sum(axis=0)
        return (delta @ weights.T, r_delta @ weights.T + delta @ along[0][1:].T) if wanted else None

    def row_gradients(self, blocks: Blocks, kept: Kept, delta: Array, slots: Blocks, wanted: bool) -> Array | None:
        np.multiply(kept.inputs[:, :, None], delta[:, None, :], out=slots[0][:, 1:])
        slots[0][:, 0] = delta
        return delta @ blocks[0][1:].T if wanted else None

    def column_text(self, place: str, n_rows: int) -> str:
        return f"a unit of {place} has a bias and {n_rows - 1} weights"

    def parameter_name(self, block: int, row: int, column: int, below: Callable[[int], str]) -> str:
        return f"unit {column + 1}, " + (f"weight from {below(row)}" if row else "bias")

    def describe(self, below: Shape) -> dict[str, Any]:
        shape = [below.columns, self.units]
        return {"units": self.units, "activation": self.activation, "weights": shape, "biases": self.units}


LAYERS = {"dense": Dense}
