"""Sparse rows of an ARFF file that are read at once: blocks of plain pairs become rows of index:value, as in libsvm files."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from anncli.arrays import Array
from anncli.compiled.number_text import dense, read_pairs
from anncli.formats.data.arff_head import Attribute

_PLACE = re.compile(rb"([{,][ \t]*[0-9]{1,9})[ \t]+")
_WORD = re.compile(rb"([0-9]{1,9}):([^0-9+\-. \t,}\n\r][^ \t,}\n\r]*)")


class SparseBlocks:
    """is_possible: every nominal level can be told from a number, and no cell is a string or a date."""

    def __init__(self, attributes: list[Attribute]) -> None:
        self._attributes = attributes
        self._is_nominal = np.array([attribute.kind == "nominal" for attribute in attributes])
        self._n_coded = 0
        self.is_possible = all(
            attribute.kind == "number"
            or (attribute.kind == "nominal" and not any(map(_is_like_number, attribute.places)))
            for attribute in attributes
        )

    def columns(self, block: bytes, check: Callable[[int], None]) -> list[Array] | None:
        """The columns of a block of rows (float64, levels as codes), None where a row is not plain.

        Args: check, raises an error where so many rows more would take too much memory.
        """
        n_rows = block.count(b"\n")
        block = block.replace(b"\r", b"")
        if not self.is_possible or not block.count(b"{") == block.count(b"}") == block.count(b"}\n") == n_rows:
            return None
        if any(mark in block for mark in (b"'", b'"', b"\\", b"%", b":", b"#", b"qid")):
            return None
        self._n_coded = 0
        text = _WORD.sub(self._coded, _PLACE.sub(rb"\1:", block))
        # The label that such rows have in libsvm files.
        text = text.replace(b"{", b"0 ").replace(b"}", b"").replace(b",", b" ")
        pairs, at = read_pairs(text, 0, n_rows, text.count(b":"))
        width = len(self._attributes)
        is_read = at == len(text) and len(pairs.labels) == n_rows and not pairs.words and not pairs.labels.any()
        if not is_read or (pairs.indices >= width).any():
            return None
        # A number where a level should stand is a fault.
        if int(self._is_nominal[pairs.indices].sum()) != self._n_coded:
            return None
        check(n_rows)
        return list(dense(pairs, 0, width).T)

    def _coded(self, found: re.Match[bytes]) -> bytes:
        """A pair whose value is a level, with its code."""
        place = int(found[1])
        if place >= len(self._attributes):
            return found[0]
        attribute = self._attributes[place]
        if attribute.kind == "number":
            return found[1] + b":nan" if found[2] == b"?" else found[1] + b":?"
        code = attribute.places.get(found[2])
        self._n_coded += code is not None
        return found[0] if code is None else b"%b:%d" % (found[1], code)


def _is_like_number(level: bytes) -> bool:
    return level[:1] in b"0123456789+-." or level.lower() == b"nan"
