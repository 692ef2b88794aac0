"""Padding: the rows of a sample side by side, as many as were asked for, with zeros in place of those that it lacks."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Self

import numpy as np

from anncli.arrays import Array
from anncli.errors import ValueFault, quoted
from anncli.network.layers.base import Blocks, Kept, Key, KeyFault, Shape
from anncli.network.layers.fixed import Fixed, check_several_rows

SIDES = ("left", "right")
_TEXT = re.compile(r"pad\s+([1-9]\d{0,8})(?:\s+(left|right))?", re.ASCII)
_ADVICE = "write for example `pad 12`, or `pad 12 right`"


class Pad(Fixed):
    """The last `rows` rows of each sample as one row of rows * columns values, with zeros to the left where there are fewer.

    side 'right': the first `rows` rows, with zeros to the right.
    """

    kind: ClassVar = "pad"
    keys: ClassVar = {"rows": Key(int, "rows: 12"), "side": Key(str, "side: right", needed=False)}

    def __init__(self, rows: int, side: str = "left") -> None:
        self.rows, self.side = int(rows), str(side).lower()
        if self.side not in SIDES:
            raise KeyFault("side", f"a layer is padded on the left or on the right, found {quoted(side)}", "write `left` or `right`")  # fmt: skip

    @classmethod
    def read(cls, text: str) -> Self:
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueFault(f"`pad` is a number of rows and a side, found {quoted(text)}", _ADVICE)
        return cls(int(match[1]), match[2] or "left")

    def text(self) -> str:
        return f"pad {self.rows}{' right' * (self.side == 'right')}"

    def check(self, place: str, below: Shape, is_output: bool) -> None:
        check_several_rows(place, self.text(), below)
        super().check(place, below, is_output)

    def output(self, below: Shape) -> Shape:
        return Shape(self.rows * below.columns)

    def forward(self, blocks: Blocks, inputs: Any, starts: Array | None) -> Kept:
        assert starts is not None
        places = self._places(starts)
        outputs = _laid_out(inputs, places)
        return Kept(inputs, outputs, outputs, places)

    def _places(self, starts: Array) -> Array:
        """(n_samples, rows) which row of the inputs stands at each place, -1 for zeros."""
        first, last = starts[:-1, None], starts[1:, None]
        steps = np.arange(self.rows)
        rows = first + steps if self.side == "right" else last - self.rows + steps
        return np.where((rows >= first) & (rows < last), rows, -1)

    def along(self, kept: Kept, direction: Array) -> Array:
        return _laid_out(direction, kept.own)

    def back(self, kept: Kept, delta: Array) -> Array:
        slope = np.zeros(kept.inputs.shape, dtype=delta.dtype)
        # No row stands at two places.
        stands = kept.own >= 0
        slope[kept.own[stands]] = delta.reshape(*kept.own.shape, -1)[stands]
        return slope


def _laid_out(rows: Array, places: Array) -> Array:
    found = np.zeros((*places.shape, rows.shape[1]), dtype=rows.dtype)
    stands = places >= 0
    found[stands] = rows[places[stands]]
    laid_out: Array = found.reshape(len(places), -1)
    return laid_out


LAYERS = {"pad": Pad}
