"""Windows: which values of a sample a unit of a convolution or a pool sees at each place, and the way back for slopes.

Windows slide over the rows of a sample, or over a picture. Padding `same`: a window at every place, (size - 1) // 2 places to the
left and above it, size // 2 to the right and below; beyond the edge there are zeros. Padding `valid`: only windows that lie
whole in the sample. With a stride S only every S-th of these windows is kept, beginning with the first.

A window is a row of numbers: the values of one place (the columns of a row, the channels of a pixel) vary fastest, then
the places from left to right, then those from top to bottom.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cached_property
from math import prod
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array

#: Numbers of gathered windows at a time: they stay in the cache, and memory does not grow with the batch.
PORTION = 1 << 17


def n_places(length: int, size: int, stride: int, is_same: bool) -> int:
    """How many windows there are along `length` places; 0 where none fits."""
    return -(-length // stride) if is_same else max(0, (length - size) // stride + 1)


class Cut(NamedTuple):
    """Some whole samples: windows of only them, the slice of the input rows that they are, and that of their windows."""

    windows: Windows
    rows: slice
    places: slice


class Windows(ABC):
    """The windows of samples. x is their values (n, columns), m the number of all windows, parts the places in one of them.

    Padded values are x with the zeros around it, in a shape of their own.
    """

    parts: int
    #: (n + 1,) where the windows of each sample begin, None for pictures: all have the same number.
    starts_above: Array | None = None

    @abstractmethod
    def count(self, n_rows: int) -> int:
        """The number of windows over n_rows input rows, which must be all."""

    @abstractmethod
    def padded(self, x: Array) -> Array:
        """The values with zeros around them; x itself where there are none."""

    @abstractmethod
    def inner(self, padded: Array) -> Array:
        """The values (n, columns) without the zeros around them."""

    @abstractmethod
    def gathered(self, padded: Array) -> Array:
        """(m, parts * values of one place): each window as a row."""

    @abstractmethod
    def part(self, padded: Array, number: int) -> Array:
        """The values at one place of every window, 0 to parts - 1, in the shape of laid()."""

    @abstractmethod
    def add_part(self, padded: Array, number: int, values: Array) -> None:
        """Add values, in the shape of laid(), to those at one place of every window."""

    @abstractmethod
    def laid(self, values: Array) -> Array:
        """A view of the values (m, k) of all windows in the shape in which parts come."""

    @abstractmethod
    def cuts(self, n_rows: int, numbers: int) -> Iterator[Cut]:
        """All samples, in cuts of at most about PORTION / numbers windows. n_rows: of the inputs."""

    def scattered(self, slopes: Array, like: Array) -> Array:
        """The slope (n, columns) of the values from that (m, parts * k) of the gathered windows; like: padded values."""
        total, k = np.zeros(like.shape, dtype=slopes.dtype), slopes.shape[1] // self.parts
        for number in range(self.parts):
            self.add_part(total, number, self.laid(slopes)[..., number * k : (number + 1) * k])
        return self.inner(total)


class GridWindows(Windows):
    """Windows over pictures: x is (n, height * width * channels), one row a picture; m = n * places of one picture."""

    def __init__(
        self, grid: tuple[int, int, int], size: tuple[int, ...], stride: tuple[int, ...], is_same: bool
    ) -> None:
        self.grid, self.size, self.stride, self.is_same = grid, size, stride, is_same
        self.above = tuple(n_places(*axis, is_same) for axis in zip(grid, size, stride, strict=False))
        self.parts = prod(size)
        self._before = tuple((k - 1) // 2 if is_same else 0 for k in size)

    def count(self, n_rows: int) -> int:
        return n_rows * prod(self.above)

    def padded(self, x: Array) -> Array:
        pictures = x.reshape(-1, *self.grid)
        if not self.is_same:
            return pictures
        height, width, channels = self.grid
        shape = (len(x), height + self.size[0] - 1, width + self.size[1] - 1, channels)
        padded = np.zeros(shape, dtype=x.dtype)
        self._inside(padded)[...] = pictures
        return padded

    def inner(self, padded: Array) -> Array:
        return self._inside(padded).reshape(len(padded), -1)

    def _inside(self, padded: Array) -> Array:
        (top, left), (height, width, _) = self._before, self.grid
        return padded[:, top : top + height, left : left + width]

    def gathered(self, padded: Array) -> Array:
        n, channels = len(padded), self.grid[2]
        sample, down, right, one = padded.strides
        strides = (sample, down * self.stride[0], right * self.stride[1], down, right, one)
        view = np.lib.stride_tricks.as_strided(padded, (n, *self.above, *self.size, channels), strides, writeable=False)
        return view.reshape(n * prod(self.above), self.parts * channels)

    def part(self, padded: Array, number: int) -> Array:
        top, left = divmod(number, self.size[1])
        (down, right), (height, width) = self.stride, self.above
        return padded[:, top : top + down * height : down, left : left + right * width : right][:, :height, :width]

    def add_part(self, padded: Array, number: int, values: Array) -> None:
        self.part(padded, number)[...] += values

    def laid(self, values: Array) -> Array:
        return values.reshape(-1, *self.above, values.shape[1])

    def cuts(self, n_rows: int, numbers: int) -> Iterator[Cut]:
        places = prod(self.above)
        step = max(1, PORTION // max(1, numbers * places))
        for first in range(0, n_rows, step):
            last = min(n_rows, first + step)
            yield Cut(self, slice(first, last), slice(first * places, last * places))


class RowWindows(Windows):
    """Windows over the rows of samples: x is (all rows, columns), and starts (n + 1,) says where each sample begins."""

    def __init__(self, starts: Array, size: int, stride: int, is_same: bool) -> None:
        self.starts, self.size, self.stride, self.is_same, self.parts = starts, size, stride, is_same, size
        self._lengths = np.diff(starts)
        counts = -(-self._lengths // stride) if is_same else np.maximum((self._lengths - size) // stride + 1, 0)
        self.above: Array = np.zeros_like(starts)
        np.cumsum(counts, out=self.above[1:])
        self.starts_above = self.above

    def count(self, n_rows: int) -> int:
        return int(self.above[-1])

    @cached_property
    def _places(self) -> Array:
        """(all rows,) where each row stands among the padded ones, in which every sample has size - 1 rows more."""
        shift = np.arange(len(self._lengths)) * (self.size - 1) + (self.size - 1) // 2
        return np.arange(self.starts[-1]) + np.repeat(shift, self._lengths)

    @cached_property
    def _firsts(self) -> Array:
        """(m,) the first row of each window among the padded ones."""
        counts = np.diff(self.above)
        begins = self.starts[:-1] + (np.arange(len(counts)) * (self.size - 1) if self.is_same else 0)
        within = np.arange(self.above[-1]) - np.repeat(self.above[:-1], counts)
        return np.repeat(begins, counts) + within * self.stride

    def padded(self, x: Array) -> Array:
        if not self.is_same:
            return x
        padded = np.zeros((len(x) + len(self._lengths) * (self.size - 1), x.shape[1]), dtype=x.dtype)
        padded[self._places] = x
        return padded

    def inner(self, padded: Array) -> Array:
        return padded[self._places] if self.is_same else padded

    def gathered(self, padded: Array) -> Array:
        n, width = len(padded) - self.size + 1, self.size * padded.shape[1]
        padded = np.ascontiguousarray(padded)
        view = np.lib.stride_tricks.as_strided(padded, (max(n, 0), width), padded.strides, writeable=False)
        return view[self._firsts]

    def part(self, padded: Array, number: int) -> Array:
        return padded[self._firsts + number]

    def add_part(self, padded: Array, number: int, values: Array) -> None:
        # No two windows have the same row at the same place.
        padded[self._firsts + number] += values

    def laid(self, values: Array) -> Array:
        return values

    def cuts(self, n_rows: int, numbers: int) -> Iterator[Cut]:
        most, first, n = max(1, PORTION // max(1, numbers)), 0, len(self._lengths)
        while first < n:
            # As many samples as have that many windows, at least one.
            last = max(first + 1, int(np.searchsorted(self.above, self.above[first] + most, "right")) - 1)
            last = min(last, n)
            begin, end = int(self.starts[first]), int(self.starts[last])
            windows = RowWindows(self.starts[first : last + 1] - begin, self.size, self.stride, self.is_same)
            yield Cut(windows, slice(begin, end), slice(int(self.above[first]), int(self.above[last])))
            first = last
