"""Sizes of windows and strides in the text of a layer: `5x5` and `2` over a picture, `8` over rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from anncli.arrays import Array
from anncli.errors import ValueFault, quoted
from anncli.network.layers.base import KeyFault, Shape
from anncli.network.layers.windows import GridWindows, RowWindows, Windows, n_places

#: As Python users give one: 5, (5, 5) or "5x5".
Size: TypeAlias = "int | str | Sequence[int]"

_SIZE = re.compile(r"([1-9]\d{0,8})(?:x([1-9]\d{0,8}))?", re.ASCII)


def parse_size(size: Size, key: str, example: str) -> tuple[int, ...]:
    """One number, or two: of rows and columns of a picture; raises KeyFault for anything else."""
    text = size if isinstance(size, str) else "x".join(map(str, size)) if isinstance(size, Sequence) else str(size)
    match = _SIZE.fullmatch(text.replace(" ", ""))
    if match is None:
        raise KeyFault(
            key, f"`{key}` must be one whole number above 0, or two such as `5x5`, found {quoted(text)}", example
        )
    return tuple(int(number) for number in match.groups() if number)


def parse_stride(stride: Size, size: tuple[int, ...]) -> tuple[int, ...]:
    """The stride along each axis of a window; one number is for all."""
    found = parse_size(stride, "stride", "write for example `stride 2`")
    if len(found) == 1:
        return found * len(size)
    if len(found) != len(size):
        raise KeyFault(
            "stride", f"a stride of {size_text(found)} for windows of {size_text(size)}", "write for example `stride 2`"
        )
    return found


def size_text(size: tuple[int, ...]) -> str:
    return "x".join(map(str, size))


def read_stride(words: list[str]) -> tuple[str | None, list[str]]:
    """The number after the word `stride`, if the words begin with it, and the words after it."""
    if not words or words[0] != "stride":
        return None, words
    if len(words) == 1:
        raise ValueFault("`stride` needs a number after it", "write for example `stride 2`")
    return words[1], words[2:]


def channels_of(below: Shape) -> int:
    """The values at one place: the channels of a picture, the columns of a row."""
    return below.columns if below.grid is None else below.grid[2]


def stride_words(stride: tuple[int, ...]) -> str:
    """The words ` stride 2` that a layer's text ends with."""
    return f" stride {size_text(stride if len(set(stride)) > 1 else stride[:1])}"


def has_window_for_each_row(size: tuple[int, ...], stride: tuple[int, ...], is_same: bool) -> bool:
    """Whether there are as many windows as rows in every sample."""
    return len(size) == 1 and stride == (1,) and (is_same or size == (1,))


def check_windows(place: str, kind: str, size: tuple[int, ...], is_same: bool, below: Shape) -> None:
    """Raises ValueFault if windows of that size cannot slide over what the layer is given."""
    name, is_first = f"`{kind} {size_text(size)}`", place == "layer 1"
    if len(size) == 2 and below.grid is None:
        picture = "write `inputs: 28x28`" if is_first else "the layer before gives none: put it after `inputs: 28x28`"
        over_rows = f"write `{kind} {size[0]}`, which slides over rows"
        raise ValueFault(f"{place}: {name} needs a picture", picture if below.rows == 1 else over_rows)
    if len(size) == 1 and below.grid is not None:
        over_both = f"write `{kind} {size[0]}x{size[0]}`"
        raise ValueFault(f"{place}: {name} slides over rows, and this is a picture", over_both)
    if len(size) == 1 and below.rows == 1:
        rows = "write `inputs: any x 12`" if is_first else "the layer before gives one"
        raise ValueFault(f"{place}: {name} needs samples of several rows", rows)
    if below.grid is None or is_same:
        return
    height, width, _ = below.grid
    if size[0] > height or size[1] > width:
        smaller = "make them smaller" + (", or leave out `valid`" if kind == "convolution" else "")
        raise ValueFault(
            f"{place}: windows of {size_text(size)} are larger than the picture of {height}x{width}", smaller
        )


class Sliding(NamedTuple):
    """How windows slide over what a layer is given."""

    below: Shape
    size: tuple[int, ...]
    stride: tuple[int, ...]
    is_same: bool

    def above(self, columns: int) -> Shape:
        """The shape of `columns` values for each window."""
        if self.below.grid is None:
            return Shape(columns, self.below.rows)
        axes = zip(self.below.grid, self.size, self.stride, strict=False)
        height, width = (n_places(*axis, self.is_same) for axis in axes)
        return Shape(height * width * columns, 1, (height, width, columns))

    def as_rows(self, by_place: Array) -> Array:
        """Values (m, k) of all windows, as (n, columns): one row for a picture."""
        return by_place.reshape(-1, self.above(by_place.shape[1]).columns)

    def rows_needed(self, rows: int) -> int:
        """How many rows a sample needs for `rows` windows."""
        if len(self.size) == 2:
            return rows
        return (rows - 1) * self.stride[0] + (1 if self.is_same else self.size[0])

    def windows(self, starts: Array | None) -> Windows:
        """The windows over samples with these starts, None for pictures."""
        if starts is None:
            assert self.below.grid is not None
            return GridWindows(self.below.grid, self.size, self.stride, self.is_same)
        return RowWindows(starts, self.size[0], self.stride[0], self.is_same)
