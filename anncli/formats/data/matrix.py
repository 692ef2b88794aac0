"""Raw matrices: little-endian float32 values in a file, with a text header NAME.hea that gives their shape."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import numpy as np

from anncli.arrays import Array
from anncli.compiled.row_text import text_of
from anncli.errors import DataError, quoted
from anncli.formats.files.source import ByteSource
from anncli.formats.files.textfile import read_fault

_SIZES = re.compile(rb"\s*([0-9]{1,15})\s+([0-9]{1,15})\s*")


def matrix_sizes(path: str) -> tuple[int, int, str] | None:
    """Rows and values per row in the header of a raw matrix, and the name of the header; None where there is no header."""
    stem, ending = os.path.splitext(path)
    header = stem + ".hea"
    if header == path or not os.path.isfile(header):
        return None
    text = b"".join(ByteSource(header).blocks())
    sizes = _SIZES.fullmatch(text)
    if sizes and int(sizes[1]) > 0 and int(sizes[2]) > 0:
        return int(sizes[1]), int(sizes[2]), header
    if ending.lower() != ".dat":
        return None  # The .hea file of another program, beside a text file.
    found = quoted(text_of(text.strip()))
    raise DataError(f"expected two whole numbers above 0, rows and values per row, found {found}", path=header, line=1, advice="write for example 100 16")  # fmt: skip


def read_matrix(file: ByteSource, n_rows: int, n_values: int, header: str) -> Iterator[Array]:
    """A raw little-endian float32 matrix in blocks (m, n_values); the file is never written."""
    announced = f"{os.path.basename(header)} announces {n_rows} x {n_values} values, {4 * n_rows * n_values} bytes"
    advice = "correct the header or write the file again"
    try:
        size = os.path.getsize(file.path)
    except OSError as fault:
        raise read_fault(fault, file.path) from None
    if size != 4 * n_rows * n_values:
        raise DataError(f"holds {size} bytes, but {announced}", path=file.shown, advice=advice)
    carry, done, step = b"", 0, 4 * n_values
    for chunk in file.raw():
        carry += chunk
        whole = len(carry) // step
        if whole:
            yield _checked(np.frombuffer(carry, "<f4", whole * n_values).reshape(whole, n_values), file.shown, done)
            carry, done = carry[whole * step :], done + whole
    if done != n_rows or carry:
        raise DataError(f"changed while it was read: {announced}", path=file.shown, advice="read it again")


def _checked(block: Array, shown: str, before: int) -> Array:
    bad = np.argwhere(~np.isfinite(block))
    if len(bad):
        row, column = int(bad[0][0]), int(bad[0][1])
        value = str(block[row, column])
        raise DataError(f"row {before + row + 1}, value {column + 1}: '{value}' is not allowed", path=shown, advice="replace the value")  # fmt: skip
    return block
