"""Windows of rows: every row of a sample with the rows around it as one wide row."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Self

from anncli.arrays import Array
from anncli.errors import ValueFault, quoted
from anncli.network.layers.base import Blocks, Kept, Key, Shape
from anncli.network.layers.fixed import Fixed, check_several_rows
from anncli.network.layers.windows import RowWindows

_TEXT = re.compile(r"window\s+([1-9]\d{0,8})", re.ASCII)


class Window(Fixed):
    """Each row becomes the `rows` rows before it, itself and as many after it, side by side in this order: (2 rows + 1) times as
    many columns. Beyond the ends of a sample there are zeros."""

    kind: ClassVar = "window"
    keys: ClassVar = {"rows": Key(int, "rows: 2")}

    def __init__(self, rows: int) -> None:
        self.rows = int(rows)

    @classmethod
    def read(cls, text: str) -> Self:
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueFault(
                f"a window is the number of rows on each side, found {quoted(text)}", "write for example `window 2`"
            )
        return cls(int(match[1]))

    def text(self) -> str:
        return f"window {self.rows}"

    def check(self, place: str, below: Shape, is_output: bool) -> None:
        check_several_rows(place, self.text(), below)
        super().check(place, below, is_output)

    def output(self, below: Shape) -> Shape:
        return Shape(self._size * below.columns, below.rows)

    @property
    def _size(self) -> int:
        return 2 * self.rows + 1

    def forward(self, blocks: Blocks, inputs: Any, starts: Array | None) -> Kept:
        assert starts is not None
        windows = RowWindows(starts, self._size, 1, True)
        outputs = windows.gathered(windows.padded(inputs))
        return Kept(inputs, outputs, outputs, windows, starts)

    def along(self, kept: Kept, direction: Array) -> Array:
        found: Array = kept.own.gathered(kept.own.padded(direction))
        return found

    def back(self, kept: Kept, delta: Array) -> Array:
        slope: Array = kept.own.scattered(delta, kept.own.padded(delta[:, : kept.inputs.shape[1]]))
        return slope


LAYERS = {"window": Window}
