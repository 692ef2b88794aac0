"""Whether a MATLAB file holds the weights of a network, told by the names of its variables (no numpy)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

_HEAD_BYTES, _MATRIX, _PACKED = 128, 14, 15
# So much of a packed variable has its name.
_NAME_BYTES = 512
# Names of which all are there where matlab.py finds weights.
WEIGHTS = ({"Theta1"}, {"IW", "LW", "b"}, {"IW1_1", "b1"}, {"IW", "b1"}, {"W1", "b1"})


def holds_weights(data: bytes) -> bool:
    """Whether the variables of a file of version 5 to 7 have the names of weights; False for a damaged one."""
    if data[126:128] not in (b"IM", b"MI"):
        return False
    try:
        names = set(_names(memoryview(data), "<" if data[126:128] == b"IM" else ">"))
    except (struct.error, zlib.error):
        return False
    return any(wanted <= names for wanted in WEIGHTS)


def _names(data: memoryview, order: str) -> Iterator[str]:
    at = _HEAD_BYTES
    while at + 8 <= len(data):
        kind, size = struct.unpack_from(f"{order}II", data, at)
        body = data[at + 8 : at + 8 + size]
        if kind == _PACKED:
            body = memoryview(zlib.decompressobj().decompress(body, _NAME_BYTES))[8:]
        if kind in (_MATRIX, _PACKED):
            yield _name(body, order)
        at += 8 + size


def _name(body: memoryview, order: str) -> str:
    """The third element of a matrix; '' where there is none."""
    at = 0
    for _ in range(2):
        at += 8 + (struct.unpack_from(f"{order}I", body, at + 4)[0] + 7) // 8 * 8
    kind, size = struct.unpack_from(f"{order}II", body, at)
    if kind >> 16:
        # A small element has its bytes in the second half of its head.
        return bytes(body[at + 4 : at + 4 + (kind >> 16)]).decode("latin-1")
    return bytes(body[at + 8 : at + 8 + size]).decode("latin-1")
