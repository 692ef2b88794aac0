"""Pixels of pictures as rows of a table: scaled to a size, without colours where that is wanted, with names."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from anncli.arrays import Array
from anncli.dataset.picture_areas import grey_of, scaled_to
from anncli.errors import DataError
from anncli.formats.data.base import TableWant
from anncli.formats.files.packers import LIMIT_VARIABLE, unpack_limit
from anncli.tables import Table, TableColumn

WHITE = 255.0
_CHANNELS = ("red", "green", "blue")
# The last column of a picture tells its size.
_LAST = re.compile(r"r([1-9][0-9]{0,4})c([1-9][0-9]{0,4})(blue)?", re.ASCII)
# A picture of more pixels is refused, unless its file is large too: photographs have 2 to 16 pixels per byte.
_MOST_PIXELS, _PIXELS_PER_BYTE = 1 << 21, 16
# What a pixel takes in memory while it is read.
_BYTES_PER_PIXEL = 20
# Each is a column of the table: 224x224 pixels in colour are fewer.
_MOST_VALUES = 160_000


def check_pixels(width: int, height: int, n_bytes: int, shown: str) -> None:
    """Raises DataError for a picture without pixels, or with far more of them than its file can hold."""
    if width < 1 or height < 1:
        raise DataError(f"a picture of {width} x {height} pixels", path=shown, advice="give a picture with pixels")
    allowed = max(_MOST_PIXELS, _PIXELS_PER_BYTE * n_bytes, (unpack_limit() or 0) // _BYTES_PER_PIXEL)
    if width * height > allowed:
        message = f"a picture of {width} x {height} pixels in {n_bytes} bytes, far more than its size"
        advice = f"if that is right, set {LIMIT_VARIABLE}=10G, or make it smaller with another program"
        raise DataError(message, path=shown, advice=advice)


def fit_pixels(pixels: Array, want: TableWant) -> Array:
    """The picture as it is wanted.

    Args: pixels, (height, width) or (height, width, 3), 0 to 255; want.size, want.grey.
    Returns: float32, (height, width) or (height, width, 3).
    """
    if want.grey and pixels.ndim == 3:
        pixels = grey_of(pixels)
    if want.size is not None and pixels.shape[:2] != want.size:
        pixels = scaled_to(pixels, want.size)
    return pixels.astype(np.float32)


def pixel_names(shape: Sequence[int]) -> tuple[str, ...]:
    """r1c1, r1c2 ... row by row; with colours r1c1red, r1c1green, r1c1blue, r1c2red ..."""
    places = [f"r{row}c{column}" for row in range(1, shape[0] + 1) for column in range(1, shape[1] + 1)]
    if len(shape) == 2:
        return tuple(places)
    return tuple(place + channel for place in places for channel in _CHANNELS)


def picture_of(names: Sequence[str]) -> tuple[int, ...]:
    """(height, width) or (height, width, 3) of the picture whose columns have these names, see pixel_names(); () where they are others."""
    last = _LAST.fullmatch(names[-1]) if names else None
    if last is None:
        return ()
    shape = (int(last[1]), int(last[2]), *([len(_CHANNELS)] if last[3] else []))
    return shape if math.prod(shape) == len(names) and pixel_names(shape) == tuple(names) else ()


class PictureRows:
    """Pictures that become rows of one table; all of them have the size and the colours of the first."""

    def __init__(self) -> None:
        self.shape: tuple[int, ...] = ()
        self.names: tuple[str, ...] = ()
        self._first = ""

    def row(self, pixels: Array, shown: str) -> Array:
        """The picture as (n_values,); raises DataError where it differs from the first one."""
        if pixels.size > _MOST_VALUES:
            height, width = pixels.shape[:2]
            message = f"is {height}x{width} pixels (rows x columns), {pixels.size} values, more than {_MOST_VALUES}"
            raise DataError(message, path=shown, advice="say for example --size 64x64, or --grey")
        if not self.shape:
            self.shape, self._first, self.names = pixels.shape, shown, pixel_names(pixels.shape)
        if pixels.shape != self.shape:
            raise self._differs(pixels.shape, shown)
        return pixels.reshape(-1)

    def table(self, rows: Array) -> Table:
        """rows: float32 (n, n_values), C order."""
        columns = tuple(TableColumn(name, rows[:, k]) for k, name in enumerate(self.names))
        return Table(columns, len(rows), matrix=rows)

    def _differs(self, shape: tuple[int, ...], shown: str) -> DataError:
        if shape[:2] == self.shape[:2]:
            one, other = ("in colour", "grey") if len(shape) == 3 else ("grey", "in colour")
            return DataError(f"is {one}, {self._first} is {other}", path=shown, advice="say --grey")
        found, first = f"{shape[0]}x{shape[1]}", f"{self.shape[0]}x{self.shape[1]}"
        message = f"is {found} pixels (rows x columns), {self._first} is {first}"
        return DataError(message, path=shown, advice=f"say --size {first} to scale all of them")
