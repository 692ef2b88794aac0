"""A picture as it is, of any size: for commands that look into pictures and do not take them as rows of a table."""

from __future__ import annotations

from anncli.arrays import Array
from anncli.errors import DataError
from anncli.formats.data.base import TableWant
from anncli.formats.data.registry import table_format_of
from anncli.formats.data.remarks import Remarks
from anncli.formats.files.source import ByteSource
from anncli.formats.files.textfile import Path

_FORMS = "give a picture: PNG, JPEG, BMP, PGM, PPM or PBM"


def read_whole_picture(path: Path, remarks: Remarks) -> Array:
    """float32 pixels (height, width), or (height, width, 3) of red, green and blue, 0 to 255: those that a training reads.

    Raises: DataError for a damaged file, and for one that is no picture; UsageError where Pillow is needed and missing.
    """
    source = ByteSource(path, is_digested=False)
    read = getattr(table_format_of(source, "auto"), "read_picture", None)
    if read is None:
        raise DataError("is no picture", path=source.shown, advice=_FORMS)
    pixels: Array = read(source, TableWant(remarks=remarks))
    return pixels
