"""HDF5 files as Keras writes them: groups, attributes, and datasets that are not packed.

Read by these lines and not by the HDF5 library, which does not come back from some damaged files (6 of 3,000): every address and size is
held against the bytes of the file before it is used, so a damaged file is refused, and nothing has to be installed. HDF5 File Format Specification 3.0: superblock 0 and 1, version 1 object
headers, groups of symbol tables.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.errors import NetworkError, printable, quoted
from anncli.formats.files.textfile import Path, shown_name

MAGIC = b"\x89HDF\r\n\x1a\n"
_UNDEFINED = 2**64 - 1
_DATASPACE, _DATATYPE, _LAYOUT, _FILTERS, _ATTRIBUTE, _CONTINUED, _TABLE = 1, 3, 8, 11, 12, 16, 17
_LINKS = (2, 6)
_MOST_OBJECTS = 1_000_000
_MOST_RANK = 32
_ADVICE = "save the model anew with Keras"
# Exponent and mantissa of the floating-point numbers that numpy knows: place and size of the exponent, size of the mantissa.
_FLOATS = {2: (10, 5, 10), 4: (23, 8, 23), 8: (52, 11, 52)}


class _Type(NamedTuple):
    """dtype: of numbers and texts of a fixed length; None for texts whose length is with each of them."""

    dtype: np.dtype | None
    size: int


class Hdf5:
    """The objects of a file by their paths: 'layers/dense/vars/0'."""

    def __init__(self, data: bytes, path: Path) -> None:
        """Raises: NetworkError for a damaged file, and for layouts that are not read."""
        self._data, self._path = data, path
        self._visited = 0
        if not data.startswith(MAGIC) or len(data) < 96:
            raise self.fault("is a damaged HDF5 file")
        version, sizes = data[8], data[13:15]
        if version > 1 or sizes != b"\x08\x08":
            raise self.fault(f"is an HDF5 file of a layout that is not read (superblock {version})")
        root = 24 + 4 * version + 32
        self._root = self._u64(root + 8)
        self.datasets: dict[str, int] = {}
        self.groups: dict[str, int] = {}
        self._walk()

    def fault(self, message: str) -> NetworkError:
        """An error about the file."""
        return NetworkError(message, path=shown_name(self._path), advice=_ADVICE)

    def attribute(self, path: str, name: str) -> list[str] | None:
        """The texts of an attribute of a group or dataset, None where there is none; raises NetworkError for other values."""
        address = self.groups.get(path, self.datasets.get(path))
        for kind, body in self._messages(address) if address is not None else ():
            if kind == _ATTRIBUTE:
                found, values = self._attribute(body, name)
                if found == name:
                    return values
        return None

    def array(self, path: str) -> Array:
        """The numbers of a dataset in its shape; raises NetworkError for one that is packed, or holds no numbers."""
        if path not in self.datasets:
            raise self.fault(f"has no dataset {quoted(path)}")
        messages = dict(self._messages(self.datasets[path]))
        if not {_DATASPACE, _DATATYPE, _LAYOUT} <= messages.keys():
            raise self.fault(f"dataset {quoted(path)} is damaged")
        if _FILTERS in messages:
            raise self.fault(f"dataset {quoted(path)} is packed, which is not read")
        shape, kind = self._shape(messages[_DATASPACE]), self._type(messages[_DATATYPE])
        if kind.dtype is None or kind.dtype.kind == "S":
            raise self.fault(f"dataset {quoted(path)} holds no numbers")
        size = kind.size
        for n in shape:
            size *= n
        data = self._contents(messages[_LAYOUT], size, path)
        return np.frombuffer(data, kind.dtype).reshape(shape)

    # Bytes

    def _bytes(self, at: int, size: int) -> bytes:
        if at < 0 or size < 0 or at + size > len(self._data):
            raise self.fault("is a damaged HDF5 file: it points behind its end")
        return self._data[at : at + size]

    def _u64(self, at: int) -> int:
        return int.from_bytes(self._bytes(at, 8), "little")

    def _count_visit(self) -> None:
        self._visited += 1
        if self._visited > _MOST_OBJECTS:
            raise self.fault("is a damaged HDF5 file: it has objects without an end")

    # Groups

    def _walk(self) -> None:
        """Find all groups and datasets."""
        waiting, known = [("", self._root)], set[int]()
        while waiting:
            path, address = waiting.pop()
            self._count_visit()
            # One object may have two names, and a loop has no end.
            if address in known:
                continue
            known.add(address)
            messages = list(self._messages(address))
            table = next((body for kind, body in messages if kind == _TABLE), None)
            if table is not None and len(table) >= 16:
                self.groups[path] = address
                tree, heap = struct.unpack("<QQ", table[:16])
                for name, child in self._members(tree, heap):
                    waiting.append((f"{path}/{name}".lstrip("/"), child))
            elif any(kind == _LAYOUT for kind, _ in messages):
                self.datasets[path] = address
            elif any(kind in _LINKS for kind, _ in messages):
                raise self.fault("is an HDF5 file with groups of a layout that is not read")

    def _members(self, tree: int, heap: int) -> Iterator[tuple[str, int]]:
        """The names and addresses of the objects in a group."""
        if self._bytes(heap, 4) != b"HEAP":
            raise self.fault("is a damaged HDF5 file: a group has no names")
        size, names = self._u64(heap + 8), self._u64(heap + 24)
        self._bytes(names, size)
        waiting, known = [tree], set[int]()
        while waiting:
            node = waiting.pop()
            self._count_visit()
            if node in known:
                raise self.fault("is a damaged HDF5 file: a group is in itself")
            known.add(node)
            if self._bytes(node, 4) == b"SNOD":
                for k in range(int.from_bytes(self._bytes(node + 6, 2), "little")):
                    entry = node + 8 + 40 * k
                    offset = self._u64(entry)
                    end = self._data.find(b"\0", names + offset, names + size) if offset < size else -1
                    if end < 0:
                        raise self.fault("is a damaged HDF5 file: a name is missing")
                    text = self._data[names + offset : end]
                    self._count_visit()
                    yield printable(text.decode("utf-8", "replace")), self._u64(entry + 8)
            elif self._bytes(node, 5) == b"TREE\0":
                used = int.from_bytes(self._bytes(node + 6, 2), "little")
                waiting += [self._u64(node + 32 + 16 * k) for k in range(used)]
            else:
                raise self.fault("is a damaged HDF5 file: a group has no members")

    # Objects

    def _messages(self, address: int) -> Iterator[tuple[int, bytes]]:
        """The kinds and bodies of the messages of an object header."""
        if self._bytes(address, 4) == b"OHDR" or self._bytes(address, 1) != b"\x01":
            raise self.fault("is an HDF5 file with objects of a layout that is not read, or damaged")
        blocks, seen = [(address + 16, int.from_bytes(self._bytes(address + 8, 4), "little"))], 0
        while blocks:
            at, size = blocks.pop(0)
            seen += 1
            if seen > 1000:
                raise self.fault("is a damaged HDF5 file: an object has no end")
            end = at + len(self._bytes(at, size))
            while at + 8 <= end:
                kind, length, flags = struct.unpack("<HHB", self._bytes(at, 5))
                body = self._bytes(at + 8, length)
                if kind == _CONTINUED and length >= 16:
                    blocks.append((int.from_bytes(body[:8], "little"), int.from_bytes(body[8:16], "little")))
                elif flags & 2:
                    raise self.fault("is an HDF5 file with shared types, which are not read")
                else:
                    yield kind, body
                at += 8 + length

    def _shape(self, body: bytes) -> tuple[int, ...]:
        version, rank = body[:1], body[1:2]
        start = {b"\x01": 8, b"\x02": 4}.get(version)
        n = rank[0] if rank else _MOST_RANK + 1
        if start is None or n > _MOST_RANK or len(body) < start + 8 * n:
            raise self.fault("is a damaged HDF5 file: an array has no shape")
        return struct.unpack(f"<{n}Q", body[start : start + 8 * n])

    def _type(self, body: bytes) -> _Type:
        if len(body) < 8:
            raise self.fault("is a damaged HDF5 file: an array has no type")
        kind, bits, size = body[0] & 15, body[1], int.from_bytes(body[4:8], "little")
        order = ">" if bits & 1 else "<"
        if kind == 0 and size in (1, 2, 4, 8):
            return _Type(np.dtype(f"{order}{'i' if bits & 8 else 'u'}{size}"), size)
        if kind == 1 and len(body) >= 16 and (body[12], body[13], body[15]) == _FLOATS.get(size):
            return _Type(np.dtype(f"{order}f{size}"), size)
        if kind == 3 and 0 < size <= len(self._data):
            return _Type(np.dtype(f"S{size}"), size)
        if kind == 9 and bits & 15 == 1:
            return _Type(None, 16)
        raise self.fault("has an array of a type that is not read")

    def _contents(self, layout: bytes, size: int, path: str) -> bytes:
        version, kind = layout[:1], layout[1:2]
        if version in (b"\x03", b"\x04") and kind == b"\x01" and len(layout) >= 18:
            address, stored = struct.unpack("<QQ", layout[2:18])
            if stored == size == 0 and address == _UNDEFINED:
                return b""
            if stored == size:
                return self._bytes(address, size)
        elif version in (b"\x03", b"\x04") and kind == b"\x00" and len(layout) >= 4 + size:
            return layout[4 : 4 + size]
        raise self.fault(f"dataset {quoted(path)} is damaged, or stored in pieces, which are not read")

    # Attributes

    def _attribute(self, body: bytes, wanted: str) -> tuple[str, list[str]]:
        """The name of an attribute, and its texts where it is the wanted one."""
        version = body[:1]
        if version not in (b"\x01", b"\x02", b"\x03") or len(body) < 9:
            raise self.fault("is a damaged HDF5 file: an attribute cannot be read")
        sizes = struct.unpack("<HHH", body[2:8])
        at = 8 + (version == b"\x03")
        parts = []
        for size in sizes:
            parts.append(body[at : at + size])
            at += (size + 7) // 8 * 8 if version == b"\x01" else size
        name = parts[0].split(b"\0", 1)[0].decode("utf-8", "replace")
        return name, self._texts(parts[1], parts[2], body[at:]) if name == wanted else []

    def _texts(self, kind: bytes, space: bytes, data: bytes) -> list[str]:
        found, count = self._type(kind), 1
        for n in self._shape(space):
            count *= n
        if count * found.size > len(data):
            raise self.fault("is a damaged HDF5 file: an attribute is cut short")
        if not count:
            # h5py writes a list without texts as one of numbers.
            return []
        if found.dtype is not None and found.dtype.kind != "S":
            raise self.fault("has numbers in an attribute where texts are needed")
        pieces = [data[found.size * k : found.size * (k + 1)] for k in range(count)]
        whole = [piece.rstrip(b"\0") if found.dtype is not None else self._heaped(piece) for piece in pieces]
        return [text.decode("utf-8", "replace") for text in whole]

    def _heaped(self, reference: bytes) -> bytes:
        """A text that stands in a global heap."""
        length, address, index = struct.unpack("<IQI", reference)
        if self._bytes(address, 4) != b"GCOL":
            raise self.fault("is a damaged HDF5 file: a text is missing")
        at, end = address + 16, address + self._u64(address + 8)
        while at + 16 <= min(end, len(self._data)):
            self._count_visit()
            number, size = int.from_bytes(self._bytes(at, 2), "little"), self._u64(at + 8)
            if number == index:
                return self._bytes(at + 16, min(length, size))
            if number == 0:
                break
            at += 16 + (size + 7) // 8 * 8
        raise self.fault("is a damaged HDF5 file: a text is missing")
