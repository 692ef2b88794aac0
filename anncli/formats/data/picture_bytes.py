"""Pictures as the bytes of a file: PNG, PPM and PGM, written without a library, so that the same pixels give the same bytes."""

from __future__ import annotations

import struct
import zlib

import numpy as np

from anncli.arrays import Array
from anncli.dataset.picture_areas import grey_of

PICTURE_ENDINGS = (".png", ".ppm", ".pgm")


def picture_bytes(pixels: Array, ending: str) -> bytes:
    """A file of the form that one of PICTURE_ENDINGS means.

    Args: pixels, (height, width) or (height, width, 3), 0 to 255, which are rounded. PGM loses the colours, PPM has them
        also for a grey picture.
    """
    levels = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
    if ending == ".pgm" and levels.ndim == 3:
        levels = np.rint(grey_of(levels)).astype(np.uint8)
    if ending == ".ppm" and levels.ndim == 2:
        levels = np.repeat(levels[..., None], 3, axis=2)
    if ending == ".png":
        return _png(levels)
    height, width = levels.shape[:2]
    return b"P%d\n%d %d\n255\n" % (5 if ending == ".pgm" else 6, width, height) + levels.tobytes()


def _png(levels: Array) -> bytes:
    """Source: Portable Network Graphics (PNG) Specification, W3C 2003; each row has the filter `up`."""
    height, width = levels.shape[:2]
    rows = levels.reshape(height, -1)
    filtered = np.full((height, rows.shape[1] + 1), 2, dtype=np.uint8)
    filtered[:, 1:] = rows
    filtered[1:, 1:] -= rows[:-1]
    head = struct.pack(">IIBBBBB", width, height, 8, 0 if levels.ndim == 2 else 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(filtered.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
