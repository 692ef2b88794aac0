"""Layers of agents: every row of a sample is one agent, and hears the mean of the others.

A = [1 | h | m | h0]: m is the mean of h over the other rows of the sample, 0 for a row alone; h0 are the outputs of the layer that
`skip` names. Outputs are f(A B). The adjoint of the mean of the others is the mean of the others.

Source: Sukhbaatar, Szlam & Fergus 2016, Advances in Neural Information Processing Systems 29.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np

from anncli.arrays import Array
from anncli.errors import ValueFault, quoted
from anncli.network.layers.affine import Affine, known_activation, whole_units
from anncli.network.layers.base import Blocks, Kept, Key, Shape, Start
from anncli.network.layers.sparse import sums_of_samples

_TEXT = re.compile(r"([1-9]\d{0,17})\s+(\S+)\s+communicate(?:\s+skip\s+([1-9]\d{0,8}))?", re.ASCII)
_EXAMPLE = "write for example `64 relu communicate`"


class Communicate(Affine):
    """One block (1 + 2 d + d0, units): biases, weights of the d values of the row, of the d means, of the d0 values of the skip.

    units: from 1; skip: the number of the layer, from 1, whose outputs each row reads too; 0: none.
    """

    kind: ClassVar = "communicate"
    keys: ClassVar = {
        "units": Key(int, "units: 64"),
        "activation": Key(str, "activation: relu"),
        "skip": Key(int, "skip: 1", needed=False),
    }
    can_be_output: ClassVar = True
    needs_given: ClassVar = True

    def __init__(self, units: int, activation: str, skip: int = 0) -> None:
        self.units, self.activation, self.skip = whole_units(units), known_activation(activation), skip

    @classmethod
    def read(cls, text: str) -> Self:
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueFault(
                f"a layer of agents is its units, activation and `communicate`, found {quoted(text)}", _EXAMPLE
            )
        return cls(int(match[1]), match[2], int(match[3] or 0))

    def text(self) -> str:
        return f"{self.units} {self.activation} communicate" + (f" skip {self.skip}" if self.skip else "")

    def check(self, place: str, below: Shape, is_output: bool) -> None:
        super().check(place, below, is_output)
        if below.rows == 1:
            raise ValueFault(f"{place}: `{self.text()}` needs samples of several rows, and is given one row", "write `inputs: any x 12`, or `64 embedding` after tokens")  # fmt: skip

    def output(self, below: Shape) -> Shape:
        return Shape(self.units, below.rows)

    def block_shapes(self, below: Shape) -> tuple[tuple[int, int], ...]:
        return ((1 + 2 * below.columns - below.beside, self.units),)

    def initialize(self, blocks: Blocks, start: Start) -> None:
        """The means of other rows have the range of the rows."""
        low, high = (None if limit is None else np.tile(limit, 2) for limit in (start.low, start.high))
        super().initialize(blocks, Start(start.method, start.rng, start.is_first, start.is_output, low, high))

    def forward(self, blocks: Blocks, inputs: Any, starts: Array | None) -> Kept:
        block = blocks[0]
        gathered = _gathered(block, inputs, starts)
        z = gathered @ block[1:]
        z += block[0]
        return Kept(inputs, z, self.activated(z), gathered, starts)

    def backward(self, blocks: Blocks, kept: Kept, delta: Array, slots: Blocks, wanted: bool) -> Array | None:
        slot = slots[0]
        np.matmul(kept.own.T, delta, out=slot[1:])
        delta.sum(axis=0, out=slot[0])
        return _spread(delta @ blocks[0][1:].T, kept) if wanted else None

    def gathered(self, kept: Kept) -> Array | None:
        found: Array = kept.own
        return found

    def r_forward(self, blocks: Blocks, along: Blocks, kept: Kept, r_inputs: Array) -> Kept:
        r_gathered = _gathered(blocks[0], r_inputs, kept.starts)
        r_z = r_gathered @ blocks[0][1:] + kept.own @ along[0][1:] + along[0][0]
        return Kept(r_inputs, r_z, self.r_activated(kept, r_z), r_gathered, kept.starts)

    def r_backward(
        self, blocks: Blocks, along: Blocks, kept: Kept, r_kept: Kept, delta: Array, r_delta: Array, slots: Blocks,
        wanted: bool,
    ) -> tuple[Array, Array] | None:  # fmt: skip
        weights = blocks[0][1:]
        slots[0][1:] = r_kept.own.T @ delta + kept.own.T @ r_delta
        slots[0][0] = r_delta.sum(axis=0)
        if not wanted:
            return None
        r_slope = r_delta @ weights.T + delta @ along[0][1:].T
        return _spread(delta @ weights.T, kept), _spread(r_slope, kept)

    def column_text(self, place: str, n_rows: int) -> str:
        return f"a unit of {place} has a bias and {n_rows - 1} weights"

    def parameter_name(self, block: int, row: int, column: int, below: Callable[[int], str]) -> str:
        assert self.given is not None
        own, place = self.given.columns - self.given.beside, row - 1
        if not row:
            source = "bias"
        elif place < own:
            source = f"weight from {below(place + 1)} in the same row"
        elif place < 2 * own:
            source = f"weight from the mean of {below(place - own + 1)} over the other rows"
        else:
            source = f"weight from unit {place - 2 * own + 1} of layer {self.skip} in the same row"
        return f"unit {column + 1}, {source}"

    def describe(self, below: Shape) -> dict[str, Any]:
        found = {**super().describe(below), "units": self.units, "activation": self.activation}
        return {**found, "skip": self.skip} if self.skip else found


def means_of_others(rows: Array, starts: Array | None) -> Array:
    """(n, d): for each row the mean of the other rows of its sample, 0 for a row alone.

    The sums are those of float64, so that the means of float32 rows do not depend on the order of the rows.
    """
    if starts is None:
        return np.zeros_like(rows)
    lengths = np.diff(starts)
    precise = rows.astype(np.float64)
    others = np.repeat(sums_of_samples(precise, starts), lengths, axis=0) - precise
    others /= np.repeat(np.maximum(lengths - 1, 1), lengths)[:, None]
    return others.astype(rows.dtype)


def _gathered(block: Array, inputs: Array, starts: Array | None) -> Array:
    """(n, 2 d + d0): h, the means of the others and h0, for inputs [h | h0]."""
    own = len(block) - 1 - inputs.shape[1]
    h = inputs[:, :own]
    return np.concatenate([h, means_of_others(h, starts), inputs[:, own:]], axis=1)


def _spread(slope: Array, kept: Kept) -> Array:
    """The adjoint: the slope (n, d + d0) of the inputs, from that of what was gathered (n, 2 d + d0)."""
    own = slope.shape[1] - kept.inputs.shape[1]
    h = slope[:, :own] + means_of_others(slope[:, own : 2 * own], kept.starts)
    return np.concatenate([h, slope[:, 2 * own :]], axis=1)


LAYERS = {"communicate": Communicate}
