"""The data format `picture`: a picture as PNG, JPEG or BMP, read by Pillow; its pixels are one row."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.errors import DataError, UsageError
from anncli.formats.data.base import TableWant
from anncli.formats.data.pixels import WHITE, PictureRows, check_pixels, fit_pixels
from anncli.formats.files.source import ByteSource
from anncli.tables import Table

_FORMATS = ("PNG", "JPEG", "BMP")
_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)
# From the orientation that a camera writes to the number of the turn in Pillow.
_TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}


class Picture:
    """One row of float32 pixels, 0 to 255, of red, green and blue where the picture has colours."""

    def sniff(self, head: bytes) -> bool:
        if head.startswith(b"BM"):
            # Text may begin so; the size of the header of a BMP file has few values.
            return len(head) >= 18 and int.from_bytes(head[14:18], "little") in _BMP_HEADERS
        return head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"))

    def read_picture(self, source: ByteSource, want: TableWant) -> Array:
        """float32 pixels (height, width) or (height, width, 3), as fit_pixels() gives them.

        Raises: DataError for a damaged file, UsageError where Pillow is missing.
        """
        try:
            from PIL import Image
        except ImportError:
            advice = "install it: pip install 'anncli[images]', or convert them to PGM or PPM"
            raise UsageError("pictures of PNG, JPEG and BMP need Pillow", advice=advice) from None
        data = b"".join(source.chunks())
        try:
            with warnings.catch_warnings():
                # What Pillow warns of is checked below, or is of no interest for pixels.
                warnings.simplefilter("ignore")
                with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                    check_pixels(image.width, image.height, len(data), source.shown)
                    pixels = _pixels(_upright(image), source, want)
        except (OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, EOFError, OverflowError,
                struct.error, Image.DecompressionBombError) as fault:  # fmt: skip
            text = " ".join(str(fault).split())[:100]
            text = "" if "BytesIO" in text else f": {text}"
            raise DataError(
                f"is a picture that cannot be read{text}", path=source.shown, advice="copy or write it again"
            ) from None
        return fit_pixels(pixels, want)

    def open_table(self, source: ByteSource, want: TableWant) -> Iterator[Table]:
        rows = PictureRows()
        row = rows.row(self.read_picture(source, want), source.shown)
        yield rows.table(row.reshape(1, -1))


def _upright(image: Any) -> Any:
    """The picture as a camera says that it is to be seen."""
    turn = _TURNS.get(image.getexif().get(274))
    return image if turn is None else image.transpose(turn)


def _pixels(image: Any, source: ByteSource, want: TableWant) -> Array:
    if image.mode.startswith("I") or image.mode == "F":
        # 16 bits.
        values = np.asarray(image, dtype=np.float64)
        if values.min() < 0 or values.max() > 65535:
            raise ValueError("pixels of more than 16 bits")
        return values * (WHITE / 65535)
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        return _on_white(image, source, want)
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))
    return np.asarray(image.convert("RGB"))


def _on_white(image: Any, source: ByteSource, want: TableWant) -> Array:
    """Where the picture is transparent, white shows through."""
    is_grey = image.mode in ("LA", "La", "L", "1")
    values = np.asarray(image.convert("RGBA"), dtype=np.float64)
    colours, opaque = values[..., :3], values[..., 3:] / WHITE
    if (opaque < 1).any() and want.remarks is not None:
        want.remarks.guess(source.shown, "where it is transparent, white shows through")
    blended: Array = colours * opaque + WHITE * (1 - opaque)
    return blended[..., 0] if is_grey else blended


FORMAT = Picture()
