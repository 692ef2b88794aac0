"""What layers have in common whose parameters come from patterns that are stored, not from gradients."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Self

from anncli.arrays import Array
from anncli.errors import ValueFault
from anncli.network.layers.base import Blocks, LayerKind, Shape


class Storing(LayerKind):
    """A layer that may be made of patterns; where `stores` says so, training does nothing else, in one pass."""

    suits_numpy: ClassVar = True
    can_be_output: ClassVar = True

    @abstractmethod
    def holding(self, count: int | None) -> Self:
        """The layer with room for so many patterns, or before it is known how many there are."""

    @abstractmethod
    def stored(self, patterns: Array) -> Blocks:
        """The blocks for patterns (count, columns), as the network scales them."""

    def output(self, below: Shape) -> Shape:
        return below

    def weights(self, blocks: Blocks) -> Blocks:
        return blocks

    def biases(self, blocks: Blocks) -> Blocks:
        return ()

    def check(self, place: str, below: Shape, is_output: bool) -> None:
        super().check(place, below, is_output)
        if not self.stores:
            return
        if place != "layer 1" or not is_output:
            advice = f"write `layers: [{self.text()}]`; `20 memory beta 8` learns 20 patterns beside other layers"
            raise ValueFault(f"{place}: `{self.text()}` stores patterns, and must be the only layer", advice)
        if below.rows != 1:
            raise ValueFault(f"{place}: `{self.text()}` stores vectors", "write `inputs: 35`, or how many values a pattern has")  # fmt: skip
