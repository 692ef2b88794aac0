"""Hopfield networks: patterns of -1 and 1 in one matrix of weights, and units that follow the sign of their input one by one.

Sources: Hopfield 1982, PNAS 79, 2554-2558; Amit, Gutfreund & Sompolinsky 1985, Physical Review Letters 55, 1530-1533 (up to
0.138 patterns a unit are recalled with few wrong bits).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np

from anncli.arrays import Array, random_stream
from anncli.errors import ValueFault, quoted
from anncli.network.layers.base import Blocks, Kept, Shape, Start
from anncli.network.layers.storing import Storing


class Hopfield(Storing):
    """One block W (N, N), the sum of x x.T over the stored patterns x with 0 in the diagonal: whole numbers, which float32 adds
    without rounding. (N times the usual W; a sign does not change by it.)

    One step lets every unit once take the sign of its input, one after the other in an order that is always the same: the energy
    -x.T W x / 2 never rises. A unit whose input is 0 keeps its sign.
    """

    kind: ClassVar = "hopfield"
    keys: ClassVar = {}
    gradient_fault: ClassVar = "its outputs are signs, which have no gradient"

    @classmethod
    def read(cls, text: str) -> Self:
        if text.split() not in (["hopfield"], ["memory", "hopfield"]):
            raise ValueFault(f"a Hopfield network has no settings, found {quoted(text)}", "write `memory hopfield`")
        return cls()

    def text(self) -> str:
        return "memory hopfield"

    @property
    def stores(self) -> bool:
        return True

    def holding(self, count: int | None) -> Self:
        return self

    def stored(self, patterns: Array) -> Blocks:
        weights = patterns.T @ patterns
        np.fill_diagonal(weights, 0)
        return (weights,)

    def block_shapes(self, below: Shape) -> tuple[tuple[int, int], ...]:
        return ((below.columns, below.columns),)

    def initialize(self, blocks: Blocks, start: Start) -> None:
        """Nothing is stored: zeros."""

    def forward(self, blocks: Blocks, inputs: Any, starts: Array | None) -> Kept:
        weights, state = blocks[0], np.array(inputs, dtype=blocks[0].dtype)
        for unit in random_stream(0, "recall").permutation(len(weights)):
            field = state @ weights[:, unit]
            state[:, unit] = np.where(field == 0, np.where(state[:, unit] < 0, -1, 1), np.sign(field))
        return Kept(inputs, state, state, None, starts)

    def backward(self, blocks: Blocks, kept: Kept, delta: Array, slots: Blocks, wanted: bool) -> Array | None:
        raise ValueFault(f"`memory hopfield`: {self.gradient_fault}", "write `memory beta 8`, which has one")

    def column_text(self, place: str, n_rows: int) -> str:
        return f"a unit of {place} has {n_rows} weights"

    def parameter_name(self, block: int, row: int, column: int, below: Callable[[int], str]) -> str:
        return f"unit {column + 1}, weight from {below(row + 1)}"

    def describe(self, below: Shape) -> dict[str, Any]:
        return {**super().describe(below), "units": below.columns}


def energy(weights: Array, states: Array) -> Array:
    """-x.T W x / 2 of each state x (n, N), in float64."""
    x = states.astype(np.float64)
    return np.asarray(-np.einsum("ij,ij->i", x @ weights.astype(np.float64), x) / 2)


LAYERS = {"hopfield": Hopfield}
