"""Pools: the mean or the largest of the values in each window, channel by channel. They have no parameters."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from math import prod
from typing import Any, ClassVar, Self

import numpy as np

from anncli.arrays import Array
from anncli.errors import ValueFault, did_you_mean, quoted
from anncli.network.layers.base import Blocks, Kept, Key, Shape
from anncli.network.layers.fixed import Fixed
from anncli.network.layers.sizes import (
    Size,
    Sliding,
    channels_of,
    check_windows,
    has_window_for_each_row,
    parse_size,
    parse_stride,
    read_stride,
    size_text,
    stride_words,
)  # fmt: skip
from anncli.network.layers.windows import Windows

_TEXT = re.compile(r"(?:mean|max)-pool\s+(\S+)(.*)", re.ASCII)


class Pool(Fixed):
    """size: (height, width) over a picture, (rows,) over the rows of a sample; stride: as many numbers, the size where it is
    left out. Only windows that lie whole in the sample count: what is left over at its end is not read."""

    keys: ClassVar = {"size": Key(str, "size: 2x2"), "stride": Key(str, "stride: 2", needed=False)}
    slides: ClassVar = True
    needs_given: ClassVar = True

    def __init__(self, size: Size, stride: Size | None = None) -> None:
        self.size = parse_size(size, "size", f"write for example `{self.kind} 2x2`")
        self.stride = self.size if stride is None else parse_stride(stride, self.size)

    @classmethod
    def read(cls, text: str) -> Self:
        match = _TEXT.fullmatch(text)
        if match is None:
            message = f"a {cls.kind} is the size of a window, found {quoted(text)}"
            raise ValueFault(message, f"write for example `{cls.kind} 2x2` for pictures, `{cls.kind} 2` for rows")
        stride, words = read_stride(match[2].split())
        if words:
            raise ValueFault(f"unknown word {quoted(words[0])} after a {cls.kind}", did_you_mean(words[0], ("stride",)))
        return cls(match[1], stride)

    def text(self) -> str:
        stride = stride_words(self.stride) if self.stride != self.size else ""
        return f"{self.kind} {size_text(self.size)}{stride}"

    def check(self, place: str, below: Shape, is_output: bool) -> None:
        if not below.tokens:
            check_windows(place, self.kind, self.size, False, below)
        super().check(place, below, is_output)

    @cached_property
    def _sliding(self) -> Sliding:
        assert self.given is not None
        return Sliding(self.given, self.size, self.stride, False)

    def output(self, below: Shape) -> Shape:
        return Sliding(below, self.size, self.stride, False).above(channels_of(below))

    def rows_needed(self, rows: int) -> int:
        return self._sliding.rows_needed(rows)

    @property
    def keeps_rows(self) -> bool:
        return has_window_for_each_row(self.size, self.stride, False)

    def _scattered(self, kept: Kept, delta: Array, at: Callable[[int, slice], Array]) -> Array:
        """The slope of the inputs: at each place `number` of a window, delta times the factors at(number, windows)."""
        windows: Windows = kept.own[0]
        slope = np.zeros(kept.inputs.shape, dtype=delta.dtype)
        by_place = delta.reshape(-1, self._channels)
        for part, rows, places in windows.cuts(len(slope), self._channels):
            padded = part.padded(slope[rows])
            for number in range(windows.parts):
                part.add_part(padded, number, part.laid(by_place[places] * at(number, places)))
        return slope

    @property
    def _channels(self) -> int:
        return channels_of(self._sliding.below)

    def describe(self, below: Shape) -> dict[str, Any]:
        found = {**super().describe(below), "size": list(self.size), "stride": list(self.stride)}
        above = self.output(below)
        return {**found, "picture": list(above.grid)} if above.grid is not None else found


class MeanPool(Pool):
    """The mean of the values in each window."""

    kind: ClassVar = "mean-pool"

    def forward(self, blocks: Blocks, inputs: Any, starts: Array | None) -> Kept:
        windows = self._sliding.windows(starts)
        outputs = self._means(windows, inputs)
        return Kept(inputs, outputs, outputs, (windows,), windows.starts_above)

    def _means(self, windows: Windows, inputs: Array) -> Array:
        means = np.empty((windows.count(len(inputs)), self._channels), dtype=inputs.dtype)
        for part, rows, places in windows.cuts(len(inputs), self._channels):
            padded, total = part.padded(inputs[rows]), part.laid(means[places])
            total[...] = part.part(padded, 0)
            for number in range(1, windows.parts):
                total += part.part(padded, number)
            total *= total.dtype.type(1 / windows.parts)
        return self._sliding.as_rows(means)

    def along(self, kept: Kept, direction: Array) -> Array:
        return self._means(kept.own[0], direction)

    def back(self, kept: Kept, delta: Array) -> Array:
        factor = delta.dtype.type(1 / prod(self.size))
        return self._scattered(kept, delta, lambda number, places: factor)


class MaxPool(Pool):
    """The largest of the values in each window; of equal ones the first has the slope."""

    kind: ClassVar = "max-pool"

    def forward(self, blocks: Blocks, inputs: Any, starts: Array | None) -> Kept:
        windows = self._sliding.windows(starts)
        shape = (windows.count(len(inputs)), self._channels)
        largest, chosen = np.empty(shape, dtype=inputs.dtype), np.zeros(shape, dtype=np.int32)
        for part, rows, places in windows.cuts(len(inputs), self._channels):
            padded, best, at = part.padded(inputs[rows]), part.laid(largest[places]), part.laid(chosen[places])
            best[...] = part.part(padded, 0)
            for number in range(1, windows.parts):
                value = part.part(padded, number)
                at[value > best] = number
                np.maximum(best, value, out=best)
        outputs = self._sliding.as_rows(largest)
        return Kept(inputs, outputs, outputs, (windows, chosen), windows.starts_above)

    def along(self, kept: Kept, direction: Array) -> Array:
        windows, chosen = kept.own
        found = np.empty(chosen.shape, dtype=direction.dtype)
        for part, rows, places in windows.cuts(len(direction), self._channels):
            padded, here, at = part.padded(direction[rows]), part.laid(found[places]), part.laid(chosen[places])
            for number in range(windows.parts):
                np.copyto(here, part.part(padded, number), where=at == number)
        return self._sliding.as_rows(found)

    def back(self, kept: Kept, delta: Array) -> Array:
        chosen = kept.own[1]
        return self._scattered(kept, delta, lambda number, places: chosen[places] == number)

    @property
    def has_kink(self) -> bool:
        return True

    def crosses_kink(self, one: Kept, other: Kept) -> bool:
        return not np.array_equal(one.own[1], other.own[1])


LAYERS = {"mean-pool": MeanPool, "max-pool": MaxPool}
