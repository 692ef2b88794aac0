"""Embeddings: every token becomes a row, its value times the weights of its index."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from anncli.arrays import Array
from anncli.errors import ValueFault, quoted
from anncli.network.layers.affine import whole_units
from anncli.network.layers.base import Blocks, Kept, Key, KeyFault, LayerKind, Shape, Start
from anncli.network.layers.initial import draw_unit_by_unit
from anncli.network.layers.sparse import add_to_indices, rows_of_tokens

if TYPE_CHECKING:
    from anncli.network.encoders.words import VectorSource

_TEXT = re.compile(r"(?:([1-9]\d{0,17})\s+)?embedding((?:\s+frozen)?)(?:\s+from\s+(\S.*?))?((?:\s+frozen)?)", re.ASCII)
# What would end the name of a file where it stands in a list of layers.
_ENDS = re.compile(r"""[,\[\]{}#'"\n]|:\s|\s$|^\s""")

# The limit of initial weights.
_SMALL = 0.05


class Embedding(LayerKind):
    """One block (width, units), all of it weights: row k is the vector of the tokens with index k. Only for tokens.

    frozen: training does not change it; from: the file whose vectors it begins with, by its name in the network file, or ''.
    """

    kind: ClassVar = "embedding"
    keys: ClassVar = {
        "units": Key(int, "units: 64", False),
        "from": Key(str, "from: words.nn", False),
        "frozen": Key(bool, "frozen: true", False),
    }
    by_row: ClassVar = True
    takes_tokens: ClassVar = True
    #: Finds the words and vectors of `source`; whoever reads a network file sets it.
    find: Callable[[], VectorSource] | None = None

    def __init__(self, units: int = 0, frozen: bool = False, source: str = "", **named: str) -> None:
        """units: 0 where the file of `source`, which is `from` in a network file, is to say it. Raises: KeyFault."""
        self.source = named.pop("from", source)
        if named:
            raise TypeError(f"unknown arguments {', '.join(named)}")
        if not (units or self.source):
            raise KeyFault("units", "`units` is missing", "write for example `units: 64`")
        if _ENDS.search(self.source):
            raise KeyFault(
                "from", f"the name {quoted(self.source)} cannot stand in a list of layers", "rename the file"
            )
        self.units = whole_units(units) if units else 0
        self.is_frozen = frozen

    @classmethod
    def read(cls, text: str) -> Self:
        match = _TEXT.fullmatch(text)
        if match is None or (match[2] and match[4]) or not (match[1] or match[3]):
            raise ValueFault(f"an embedding is its units and `embedding`, found {quoted(text)}", "write for example `64 embedding`, or `embedding from words.nn`")  # fmt: skip
        return cls(int(match[1] or 0), bool(match[2] or match[4]), match[3] or "")

    def text(self) -> str:
        words = [str(self.units)] if self.units else []
        words += ["embedding", *(["frozen"] if self.is_frozen else [])]
        return " ".join([*words, *(["from", self.source] if self.source else [])])

    def check(self, place: str, below: Shape, is_output: bool) -> None:
        super().check(place, below, is_output)
        if not self.units:
            raise ValueFault(f"{place}: `{self.text()}` does not say how long its vectors are", f"write for example `100 {self.text()}`")  # fmt: skip
        if not below.tokens:
            raise ValueFault(
                f"{place}: `{self.text()}` reads tokens", "write `inputs: 500 tokens`, and the embedding first"
            )

    def output(self, below: Shape) -> Shape:
        return Shape(self.units, None, vocabulary=below.columns)

    def block_shapes(self, below: Shape) -> tuple[tuple[int, int], ...]:
        return ((below.columns, self.units),)

    def weights(self, blocks: Blocks) -> Blocks:
        return () if self.is_frozen else blocks

    def biases(self, blocks: Blocks) -> Blocks:
        return blocks if self.is_frozen else ()

    def initialize(self, blocks: Blocks, start: Start) -> None:
        """A token meets one weight of each unit, so that fan_in is 1. Other methods than these four give small numbers: from larger
        ones networks of agents and of texts learn more slowly, and a penalty counts all tokens, however rare."""
        block = blocks[0]
        if self.find is not None:
            vectors = self.find().vectors
            # The last row is that of words that the file does not have.
            block[: len(vectors)] = vectors
            return
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
        if self.is_frozen:
            slots[0][...] = 0
        else:
            add_to_indices(kept.inputs, delta, slots[0])
        return None

    def r_forward(self, blocks: Blocks, along: Blocks, kept: Kept, r_inputs: Any) -> Kept:
        r_outputs = np.zeros_like(kept.outputs) if self.is_frozen else rows_of_tokens(kept.inputs, along[0])
        return Kept(r_inputs, r_outputs, r_outputs, None, kept.starts)

    def r_backward(
        self, blocks: Blocks, along: Blocks, kept: Kept, r_kept: Kept, delta: Array, r_delta: Array, slots: Blocks,
        wanted: bool,
    ) -> tuple[Array, Array] | None:  # fmt: skip
        if self.is_frozen:
            slots[0][...] = 0
        else:
            add_to_indices(kept.inputs, r_delta, slots[0])
        return None

    def column_text(self, place: str, n_rows: int) -> str:
        return f"a unit of {place} has {n_rows} weights"

    def parameter_name(self, block: int, row: int, column: int, below: Callable[[int], str]) -> str:
        return f"unit {column + 1}, weight from {below(row + 1)}"

    def describe(self, below: Shape) -> dict[str, Any]:
        return {**super().describe(below), "units": self.units, "tokens": below.columns}


LAYERS = {"embedding": Embedding}
