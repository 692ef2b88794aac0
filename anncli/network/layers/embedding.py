"""Embeddings: every token becomes a row, its value times the weights of its index."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, ClassVar, Self

from anncli.arrays import Array
from anncli.errors import ValueFault, quoted
from anncli.network.layers.affine import whole_units
from anncli.network.layers.base import Blocks, Kept, Key, LayerKind, Shape, Start
from anncli.network.layers.initial import draw_unit_by_unit
from anncli.network.layers.sparse import add_to_indices, rows_of_tokens

_TEXT = re.compile(r"([1-9]\d{0,17})\s+embedding", re.ASCII)

# The limit of initial weights.
_SMALL = 0.05


class Embedding(LayerKind):
    """One block (width, units), all of it weights: row k is the vector of the tokens with index k. Only for tokens."""

    kind: ClassVar = "embedding"
    keys: ClassVar = {"units": Key(int, "units: 64")}
    by_row: ClassVar = True
    takes_tokens: ClassVar = True

    def __init__(self, units: int) -> None:
        self.units = whole_units(units)

    @classmethod
    def read(cls, text: str) -> Self:
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueFault(f"an embedding is its units and `embedding`, found {quoted(text)}", "write for example `64 embedding`")  # fmt: skip
        return cls(int(match[1]))

    def text(self) -> str:
        return f"{self.units} embedding"

    def check(self, place: str, below: Shape, is_output: bool) -> None:
        super().check(place, below, is_output)
        if not below.tokens:
            raise ValueFault(
                f"{place}: `{self.text()}` reads tokens", "write `inputs: 500 tokens`, and the embedding first"
            )

    def output(self, below: Shape) -> Shape:
        return Shape(self.units, None, vocabulary=below.columns)

    def block_shapes(self, below: Shape) -> tuple[tuple[int, int], ...]:
        return ((below.columns, self.units),)

    def weights(self, blocks: Blocks) -> Blocks:
        return blocks

    def biases(self, blocks: Blocks) -> Blocks:
        return ()

    def initialize(self, blocks: Blocks, start: Start) -> None:
        """A token meets one weight of each unit, so that fan_in is 1. Other methods than these four give small numbers: from larger
        ones networks of agents and of texts learn more slowly, and a penalty counts all tokens, however rare."""
        block = blocks[0]
        if start.method == "ann1dn":
            block[...] = draw_unit_by_unit(block.shape, start.rng)
            return
        limits = {"glorot": math.sqrt(6 / (1 + self.units)), "fan-in": 1.0, "classic": 0.5}
        limit = limits.get(start.method, _SMALL)
        block[...] = start.rng.uniform(-limit, limit, block.shape)

    def forward(self, blocks: Blocks, inputs: Any, starts: Array | None) -> Kept:
        outputs = rows_of_tokens(inputs, blocks[0])
        return Kept(inputs, outputs, outputs, None, inputs.starts)

    def backward(self, blocks: Blocks, kept: Kept, delta: Array, slots: Blocks, wanted: bool) -> Array | None:
        add_to_indices(kept.inputs, delta, slots[0])
        return None

    def r_forward(self, blocks: Blocks, along: Blocks, kept: Kept, r_inputs: Any) -> Kept:
        r_outputs = rows_of_tokens(kept.inputs, along[0])
        return Kept(r_inputs, r_outputs, r_outputs, None, kept.starts)

    def r_backward(
        self, blocks: Blocks, along: Blocks, kept: Kept, r_kept: Kept, delta: Array, r_delta: Array, slots: Blocks,
        wanted: bool,
    ) -> tuple[Array, Array] | None:  # fmt: skip
        add_to_indices(kept.inputs, r_delta, slots[0])
        return None

    def column_text(self, place: str, n_rows: int) -> str:
        return f"a unit of {place} has {n_rows} weights"

    def parameter_name(self, block: int, row: int, column: int, below: Callable[[int], str]) -> str:
        return f"unit {column + 1}, weight from {below(row + 1)}"

    def describe(self, below: Shape) -> dict[str, Any]:
        return {**super().describe(below), "units": self.units, "tokens": below.columns}


LAYERS = {"embedding": Embedding}
