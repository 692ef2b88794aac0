"""The head of a NumPy array file: its version, and the type, order and shape of the array."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from anncli.errors import DataError, quoted
from anncli.formats.data.array_table import check_type

MAGIC = b"\x93NUMPY"
_LONGEST_HEAD = 1 << 16
_KEYS = {"descr", "fortran_order", "shape"}
_MOST_ROW_ITEMS = 1 << 24


class NpyHead(NamedTuple):
    """dtype, shape; is_fortran: the first index runs fastest; offset: where the numbers begin."""

    dtype: np.dtype
    shape: tuple[int, ...]
    is_fortran: bool
    offset: int

    @property
    def n_bytes(self) -> int:
        size = self.dtype.itemsize
        for n in self.shape:
            size *= n
        return size


def read_head(chunks: Iterator[bytes], shown: str, takes_single: bool = False) -> tuple[NpyHead, bytes]:
    """The head of a file, and the bytes behind it that were read with it.

    Args: takes_single: a single number, of shape (), is an array too.
    Raises: DataError for a head that is cut short or wrong, and for a type or shape of which no table can be made.
    """
    data = _more(b"", 12, chunks)
    if not data.startswith(MAGIC) or len(data) < 10:
        raise DataError("has no head of a NumPy array", path=shown, advice="save it with numpy.save")
    version = data[6]
    if version not in (1, 2, 3):
        raise DataError(f"is a NumPy array of version {version}, which is not known", path=shown, advice="save it anew")
    start = 10 if version == 1 else 12
    length = int.from_bytes(data[8:start], "little")
    if length > _LONGEST_HEAD:
        raise DataError(f"has a head of {length} bytes", path=shown, advice="check that this is the right file")
    data = _more(data, start + length, chunks)
    if len(data) < start + length:
        raise DataError("ends within its head", path=shown, advice="copy the file again")
    head = _parsed(data[start : start + length], start + length, shown)
    if not head.shape and not takes_single:
        raise DataError("holds a single number, no rows", path=shown, advice="save an array of rows")
    return head, data[start + length :]


def _more(data: bytes, size: int, chunks: Iterator[bytes]) -> bytes:
    while len(data) < size:
        chunk = next(chunks, b"")
        if not chunk:
            break
        data += chunk
    return data


def _parsed(text: bytes, offset: int, shown: str) -> NpyHead:
    try:
        found = ast.literal_eval(text.decode("utf-8").strip())
        is_head = isinstance(found, dict) and set(found) == _KEYS
        dtype = np.dtype(found["descr"]) if is_head else None
    except (ValueError, SyntaxError, TypeError, KeyError, RecursionError, MemoryError):
        dtype = None
    if dtype is None:
        message = f"has a head that cannot be read: {quoted(text.decode('utf-8', 'replace').strip())}"
        raise DataError(message, path=shown, advice="save it anew with numpy.save")
    shape, is_fortran = found["shape"], found["fortran_order"]
    is_shape = isinstance(shape, tuple) and all(type(n) is int and 0 <= n < 2**62 for n in shape)
    if not is_shape or type(is_fortran) is not bool:
        raise DataError(f"has a head with the shape {quoted(str(shape))}", path=shown, advice="save it anew")
    check_type(dtype, shown)
    n_items = 1
    for n in shape[1:]:
        n_items *= n
    if n_items > _MOST_ROW_ITEMS or (n_items == 0 and any(shape[:1])):
        message = f"has rows of {n_items} numbers (shape {' x '.join(map(str, shape))})"
        raise DataError(
            message, path=shown, advice="rows are the first dimension: save its transpose if they are the last"
        )
    return NpyHead(dtype, shape, is_fortran, offset)
