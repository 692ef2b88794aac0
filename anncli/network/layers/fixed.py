"""Layers without parameters: what they give depends on what they are given alone."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from anncli.arrays import Array
from anncli.errors import ValueFault
from anncli.network.layers.base import Blocks, Kept, LayerKind, Shape, Start


def check_several_rows(place: str, layer: str, below: Shape) -> None:
    """Raises ValueFault for `layer` above samples of one row."""
    if below.rows == 1 and not below.tokens:
        given = "write `inputs: any x 12`" if place == "layer 1" else "the layer before gives one"
        if below.grid is not None:
            given = "`mean-pool` and `max-pool` are for pictures"
        raise ValueFault(f"{place}: `{layer}` needs samples of several rows", given)


class Fixed(LayerKind):
    """A layer without parameters. Near its inputs it is a linear map, which along() and back() compute."""

    @abstractmethod
    def along(self, kept: Kept, direction: Array) -> Array:
        """The change of the outputs (n above, columns above) when the inputs move by direction (n, columns)."""

    @abstractmethod
    def back(self, kept: Kept, delta: Array) -> Array:
        """The slope (n, columns) of the inputs from that of the outputs."""

    def block_shapes(self, below: Shape) -> tuple[tuple[int, int], ...]:
        return ()

    def weights(self, blocks: Blocks) -> Blocks:
        return ()

    def biases(self, blocks: Blocks) -> Blocks:
        return ()

    def initialize(self, blocks: Blocks, start: Start) -> None:
        return

    def backward(self, blocks: Blocks, kept: Kept, delta: Array, slots: Blocks, wanted: bool) -> Array | None:
        return self.back(kept, delta) if wanted else None

    def r_forward(self, blocks: Blocks, along: Blocks, kept: Kept, r_inputs: Array) -> Kept:
        r_outputs = self.along(kept, r_inputs)
        return Kept(r_inputs, r_outputs, r_outputs)

    def r_backward(
        self, blocks: Blocks, along: Blocks, kept: Kept, r_kept: Kept, delta: Array, r_delta: Array, slots: Blocks,
        wanted: bool,
    ) -> tuple[Array, Array] | None:  # fmt: skip
        return (self.back(kept, delta), self.back(kept, r_delta)) if wanted else None

    def row_gradients(self, blocks: Blocks, kept: Kept, delta: Array, slots: Blocks, wanted: bool) -> Array | None:
        return self.back(kept, delta) if wanted else None

    def describe(self, below: Shape) -> dict[str, Any]:
        return {"kind": self.kind, "layer": self.text(), "columns": self.output(below).columns}
