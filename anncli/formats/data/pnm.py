"""The data format `pnm`: a picture as PGM, PPM or PBM (P1 to P6, 8 and 16 bits); its pixels are one row."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from anncli.arrays import Array
from anncli.errors import DataError
from anncli.formats.data.base import TableWant
from anncli.formats.data.pixels import WHITE, PictureRows, check_pixels, fit_pixels
from anncli.formats.files.source import ByteSource
from anncli.tables import Table

_GAP = rb"(?:[ \t\r\n\v\f]|#[^\n\r]*[\n\r])"
_HEAD = re.compile(rb"P([1-6])" + _GAP + rb"+([0-9]+)" + _GAP + rb"+([0-9]+)")
_MAXIMUM = re.compile(_GAP + rb"+([0-9]+)")
_BEGIN = re.compile(rb"P[1-6]" + _GAP + rb"+[0-9]+" + _GAP + rb"+[0-9]+" + _GAP)
_COMMENT = re.compile(rb"#[^\n]*")
_COPY = "copy or write it again"


class Pnm:
    """One row of float32 pixels, 0 (black) to 255 (white)."""

    def sniff(self, head: bytes) -> bool:
        return _BEGIN.match(head) is not None

    def read_picture(self, source: ByteSource, want: TableWant) -> Array:
        """float32 pixels (height, width) or (height, width, 3), as fit_pixels() gives them; raises DataError."""
        return fit_pixels(_pixels(b"".join(source.chunks()), source.shown), want)

    def open_table(self, source: ByteSource, want: TableWant) -> Iterator[Table]:
        rows = PictureRows()
        row = rows.row(self.read_picture(source, want), source.shown)
        yield rows.table(row.reshape(1, -1))


def _pixels(data: bytes, shown: str) -> Array:
    head = _HEAD.match(data)
    if head is None or len(head[2]) > 9 or len(head[3]) > 9:
        raise DataError("is no picture of PGM, PPM or PBM: its head is wrong", path=shown, advice=_COPY)
    kind, width, height = int(head[1]), int(head[2]), int(head[3])
    check_pixels(width, height, len(data), shown)
    at, most = head.end(), 1
    if kind not in (1, 4):
        maximum = _MAXIMUM.match(data, at)
        most = int(maximum[1]) if maximum and len(maximum[1]) < 6 else 0
        if maximum is None or not 0 < most < 1 << 16:
            raise DataError("the largest value of a pixel must be 1 to 65535", path=shown, advice=_COPY)
        at = maximum.end()
    n_values = width * height * (3 if kind in (3, 6) else 1)
    if kind == 4:
        values = _bits(data, at + 1, width, height, shown)
    elif kind > 4:
        values = _binary(data, at + 1, n_values, most, shown)
    else:
        values = _plain(data, at, n_values, kind == 1, shown)
    if int(values.max(initial=0)) > most:
        raise DataError(f"a pixel of {int(values.max())}, but the largest is {most}", path=shown, advice=_COPY)
    if kind in (1, 4):
        # A set bit is black.
        values = 1 - values.astype(np.int16)
    scaled = values.astype(np.float32) if most == WHITE else (values * (WHITE / most)).astype(np.float32)
    return scaled.reshape((height, width, 3) if kind in (3, 6) else (height, width))


def _binary(data: bytes, at: int, n_values: int, most: int, shown: str) -> Array:
    kind = np.dtype(np.uint8) if most < 256 else np.dtype(">u2")
    _check_count(len(data) - at, n_values * kind.itemsize, "bytes", shown)
    return np.frombuffer(data, kind, n_values, at)


def _bits(data: bytes, at: int, width: int, height: int, shown: str) -> Array:
    in_row = -(-width // 8)
    _check_count(len(data) - at, in_row * height, "bytes", shown)
    packed = np.frombuffer(data, np.uint8, in_row * height, at).reshape(height, in_row)
    return np.unpackbits(packed, axis=1)[:, :width]


def _plain(data: bytes, at: int, n_values: int, is_bits: bool, shown: str) -> Array:
    text = _COMMENT.sub(b" ", data[at:])
    if is_bits:
        # They need no blanks between them.
        bits = np.frombuffer(b"".join(text.split()), np.uint8)[:n_values] - ord("0")
        _check_count(len(bits), n_values, "values", shown)
        if bits.max(initial=0) > 1:
            raise DataError("holds something that is neither 0 nor 1", path=shown, advice=_COPY)
        return bits
    words = text.split()
    _check_count(len(words), n_values, "values", shown)
    wrong = next((word for word in words[:n_values] if not word.isdigit() or len(word) > 9), None)
    if wrong is not None:
        raise DataError(
            f"expected a whole number, found '{wrong[:20].decode(errors='replace')}'", path=shown, advice=_COPY
        )
    return np.array([int(word) for word in words[:n_values]])


def _check_count(found: int, needed: int, of: str, shown: str) -> None:
    if found < needed:
        raise DataError(f"has {max(found, 0)} of {needed} {of}: it is cut short", path=shown, advice=_COPY)


FORMAT = Pnm()
