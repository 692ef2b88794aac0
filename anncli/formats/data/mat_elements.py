"""The elements of a MATLAB file of version 5 to 7: variables with their sizes, and their numbers or words.

The layout is that of "MAT-File Format", The MathWorks. Everything a file says of its sizes is held against its bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.errors import DataError, printable, quoted
from anncli.formats.data.dense import check_dense, check_unpacked

_HEAD_BYTES = 128
_MATRIX, _COMPRESSED = 14, 15
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_UTF8, _UTF16 = 16, 17
_KINDS = {
    1: "cell", 2: "struct", 3: "object", 4: "char", 5: "sparse", 6: "double", 7: "single", 8: "int8", 9: "uint8", 10: "int16",
    11: "uint16", 12: "int32", 13: "uint32", 14: "int64", 15: "uint64", 16: "function", 17: "opaque",
}  # fmt: skip
_COMPLEX, _LOGICAL = 0x0800, 0x0200
_MOST_DIMENSIONS = 32
# So much of a packed variable has its name and its sizes.
_PACKED_HEAD = 1 << 16


class Variable(NamedTuple):
    """name; kind, as MATLAB calls it; shape; payload: its bytes, packed if is_packed."""

    name: str
    kind: str
    shape: tuple[int, ...]
    payload: memoryview
    is_packed: bool


class MatFile:
    """The variables of a file; numbers and words of those that are asked for."""

    def __init__(self, data: bytes, shown: str) -> None:
        """Raises: DataError for a file that is none of these versions, or cut short."""
        self.shown, self.n_bytes = shown, len(data)
        mark = data[126:128]
        if mark not in (b"IM", b"MI"):
            raise self.damaged()
        self._order = "<" if mark == b"IM" else ">"
        self.variables = [
            found for found in map(self._variable, self._elements(memoryview(data)[_HEAD_BYTES:])) if found
        ]

    def damaged(self, name: str = "") -> DataError:
        what = f"variable {quoted(name)} is damaged" if name else "is damaged, or no MATLAB file of version 5 to 7"
        return DataError(what, path=self.shown, advice="save it anew with save(..., '-v7')")

    def _elements(self, data: memoryview) -> Iterator[tuple[int, memoryview]]:
        """The types and bytes of consecutive elements."""
        while len(data) >= 8:
            first, size = (int(n) for n in np.frombuffer(data[:8], f"{self._order}u4"))
            if first >> 16:
                # A small element has its bytes in the second half of its head.
                kind, size, start, used = first & 0xFFFF, first >> 16, 4, 8
                if size > 4:
                    raise self.damaged()
            else:
                kind, start = first, 8
                used = 8 + size if kind == _COMPRESSED else 8 + (size + 7) // 8 * 8
            if start + size > len(data):
                raise DataError("ends within a variable", path=self.shown, advice="copy the file again")
            yield kind, data[start : start + size]
            data = data[used:]

    def _variable(self, element: tuple[int, memoryview]) -> Variable | None:
        kind, payload = element
        if kind == _COMPRESSED:
            head = self._unpacked(payload, _PACKED_HEAD)[0]
            if len(head) < 8 or int(np.frombuffer(head[:4], f"{self._order}u4")[0]) != _MATRIX:
                return None
            name, number, shape, _ = self._matrix_head(memoryview(head)[8:])
            return Variable(name, _KINDS.get(number & 0xFF, "unknown"), shape, payload, True)
        if kind != _MATRIX or not len(payload):
            return None
        name, number, shape, _ = self._matrix_head(payload)
        return Variable(name, _KINDS.get(number & 0xFF, "unknown"), shape, payload, False)

    def _matrix_head(self, payload: memoryview) -> tuple[str, int, tuple[int, ...], Iterator[tuple[int, memoryview]]]:
        """Name, flags and class, shape, and the elements behind them."""
        elements = self._elements(payload)
        flags, dimensions, name = (next(elements, (0, memoryview(b""))) for _ in range(3))
        if flags[0] != 6 or len(flags[1]) < 4 or dimensions[0] != 5 or len(dimensions[1]) % 4:
            raise self.damaged()
        shape = tuple(int(n) for n in np.frombuffer(dimensions[1], f"{self._order}i4"))
        if not 2 <= len(shape) <= _MOST_DIMENSIONS or min(shape) < 0:
            raise self.damaged()
        number = int(np.frombuffer(flags[1][:4], f"{self._order}u4")[0])
        return printable(bytes(name[1]).decode("ascii", "replace")), number, shape, elements

    def _unpacked(self, payload: memoryview, limit: int) -> tuple[bytes, bool]:
        """Up to `limit` bytes of a packed element, and whether there are no more."""
        unpacker = zlib.decompressobj()
        try:
            found = unpacker.decompress(payload, limit)
        except zlib.error:
            raise self.damaged() from None
        return found, unpacker.eof

    def load(self, variable: Variable) -> Array:
        """The numbers or words of a variable in its shape; raises DataError where it holds neither, or too many."""
        return self._matrix(self._payload(variable), variable.name)

    def load_cells(self, variable: Variable) -> list[Array]:
        """The matrices in the cells of a variable, column by column; raises DataError where one holds something else."""
        _, number, shape, elements = self._matrix_head(self._payload(variable))
        if _KINDS.get(number & 0xFF) != "cell":
            raise self.damaged(variable.name)
        # Without their payload, cells are empty.
        found = [
            self._matrix(data, variable.name) if len(data) else np.empty((0, 0))
            for kind, data in elements
            if kind == _MATRIX
        ]
        n = 1
        for size in shape:
            n *= size
        if n != len(found):
            raise self.damaged(variable.name)
        return found

    def _payload(self, variable: Variable) -> memoryview:
        """The bytes of a variable, unpacked; raises DataError for more than a file of this size should hold."""
        size = int(variable.kind != "sparse")
        for n in variable.shape:
            size *= n
        check_unpacked(size, self.n_bytes, self.shown)
        payload = variable.payload
        if variable.is_packed:
            # Its numbers take at most 8 bytes, characters and cells more.
            limit = (1 << 26) + 25 * self.n_bytes
            found, is_whole = self._unpacked(payload, limit)
            if not is_whole:
                if len(found) >= limit:
                    check_unpacked(limit + 1, 0, self.shown)
                raise self.damaged(variable.name)
            (_, payload), *_ = self._elements(memoryview(found))
        return payload

    def _matrix(self, payload: memoryview, name: str) -> Array:
        _, number, shape, elements = self._matrix_head(payload)
        kind = _KINDS.get(number & 0xFF, "unknown")
        if number & _COMPLEX:
            raise DataError(
                f"variable {name} holds complex numbers", path=self.shown, advice="save their parts as columns"
            )
        if kind == "cell":
            return self._cells(elements, shape, name)
        if kind == "char":
            return self._words(elements, shape, name)
        if kind == "sparse":
            return self._sparse(elements, shape, name)
        if kind in ("struct", "object", "function", "opaque", "unknown"):
            message = f"variable {name} is of the kind {kind}, neither numbers nor words"
            raise DataError(message, path=self.shown, advice="save a matrix")
        items = self._numbers(elements, name)
        size = 1
        for n in shape:
            size *= n
        if len(items) != size:
            raise self.damaged(name)
        return (items.astype(bool) if number & _LOGICAL else items).reshape(shape, order="F")

    def _numbers(self, elements: Iterator[tuple[int, memoryview]], name: str) -> Array:
        kind, data = next(elements, (0, memoryview(b"")))
        dtype = np.dtype(self._order + _TYPES[kind]) if kind in _TYPES else None
        if dtype is None or len(data) % dtype.itemsize:
            raise self.damaged(name)
        return np.frombuffer(data, dtype)

    def _sparse(self, elements: Iterator[tuple[int, memoryview]], shape: tuple[int, ...], name: str) -> Array:
        rows, ends, values = (self._numbers(elements, name) for _ in range(3))
        if len(shape) != 2 or len(ends) != shape[1] + 1 or ends.dtype.kind == "f" or rows.dtype.kind == "f":
            raise self.damaged(name)
        starts: Array = ends.astype(np.int64)
        counts, n = starts[1:] - starts[:-1], int(ends[-1])
        if int(ends[0]) or (counts < 0).any() or n > min(len(rows), len(values)):
            raise self.damaged(name)
        places = rows[:n].astype(np.int64)
        if n and (places.min() < 0 or places.max() >= shape[0]):
            raise self.damaged(name)
        check_dense(*shape, self.n_bytes, self.shown)
        found = np.zeros(shape)
        found[places, np.repeat(np.arange(shape[1]), counts)] = values[:n]
        return found

    def _text(self, elements: Iterator[tuple[int, memoryview]], name: str) -> Array:
        """The characters of a char array as numbers, in its order."""
        kind, data = next(elements, (0, memoryview(b"")))
        codec = {_UTF8: "utf-8", _UTF16: "utf-16-le" if self._order == "<" else "utf-16-be"}.get(kind)
        if codec is not None:
            text = bytes(data).decode(codec, "replace")
            return np.frombuffer(text.encode("utf-32-le"), "<u4")
        if kind not in (1, 2, 4):
            raise self.damaged(name)
        found: Array = np.frombuffer(
            data[: len(data) // 2 * 2] if kind == 4 else data, self._order + ("u2" if kind == 4 else "u1")
        )
        return found

    def _words(self, elements: Iterator[tuple[int, memoryview]], shape: tuple[int, ...], name: str) -> Array:
        """A char array as a word for each row (n, 1), without the blanks that fill it up."""
        points = self._text(elements, name)
        if len(shape) != 2 or len(points) != shape[0] * shape[1]:
            raise self.damaged(name)
        rows = points.reshape(shape, order="F")
        words = ["".join(map(chr, row)).rstrip(" \0") for row in rows.tolist()]
        return _word_array([word.encode("utf-8", "replace").decode() for word in words], (shape[0], 1))

    def _cells(self, elements: Iterator[tuple[int, memoryview]], shape: tuple[int, ...], name: str) -> Array:
        """A cell array of texts as words."""
        words: list[str] = []
        for kind, data in elements:
            number, found = 0, None
            if kind == _MATRIX and len(data):
                _, number, size, inner = self._matrix_head(data)
                if _KINDS.get(number & 0xFF) == "char" and len(size) == 2 and size[0] <= 1:
                    found = self._words(inner, size, name) if size[0] else _word_array([""], (1, 1))
            if found is None:
                message = f"variable {name} has cells that are no texts"
                raise DataError(message, path=self.shown, advice="save a matrix, or a cell array of texts")
            words += found.reshape(-1).tolist()
        n = 1
        for size_ in shape:
            n *= size_
        if n != len(words):
            raise self.damaged(name)
        return _word_array(words, shape)


def _word_array(words: list[str], shape: tuple[int, ...]) -> Array:
    found: Any = np.array(words, dtype=np.str_) if words else np.empty(0, dtype="U1")
    result: Array = found.reshape(shape, order="F")
    return result
