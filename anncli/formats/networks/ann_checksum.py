"""The checksum of an `ann` network file: of inputs, layers and everything from the line `trained:` on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any

from anncli.network.input_shapes import inputs_text
from anncli.network.topology import Topology

_CHECKSUM_LINE = re.compile(r"^  checksum: (sha256:[0-9a-f]{64})[ \t\r]*$", re.MULTILINE)


def find_checksum(text: str, start: int = 0) -> re.Match[str] | None:
    """The last line with a checksum of a trained part, which begins at `start`."""
    place = len(text)
    # From the end, because the numbers before it may be many.
    while (place := text.rfind("  checksum: ", start, place)) >= 0:
        if match := _CHECKSUM_LINE.match(text, place):
            return match
    return None


class Checksum:
    """The checksum of a topology and of the lines from `trained:` to the last one before the checksum, which are added in turn."""

    def __init__(self, topology: Topology) -> None:
        self._digest = _begun(topology)
        self._between = b""

    def add(self, line: str) -> None:
        """The next line, without its end."""
        self._digest.update(self._between + line.rstrip(" \t\r").encode())
        self._between = b"\n"

    def text(self) -> str:
        """As it stands in the file."""
        return f"sha256:{self._digest.hexdigest()}"


def checksum(topology: Topology, lines: Iterable[str]) -> str:
    """The checksum of these lines."""
    found = Checksum(topology)
    for line in lines:
        found.add(line)
    return found.text()


def checksum_of(topology: Topology, text: str) -> str:
    """The same for the lines as one text; blanks at their ends do not count."""
    digest = _begun(topology)
    digest.update(_without_blank_ends(text.encode()))
    return f"sha256:{digest.hexdigest()}"


def _begun(topology: Topology) -> Any:
    layers = ", ".join(layer.text() for layer in topology.layers)
    return hashlib.sha256(f"inputs: {inputs_text(topology.inputs)}\nlayers: {layers}\n".encode())


def _without_blank_ends(text: bytes) -> bytes:
    """The text without blanks at the ends of its lines, where there are any."""
    blanks, end = b" \t\r", text.find(b"\n")
    while end > 0 and text[end - 1] not in blanks:
        end = text.find(b"\n", end + 1)
    if end < 0 and text[-1:] not in (b" ", b"\t", b"\r"):
        return text
    return b"\n".join([line.rstrip(blanks) for line in text.split(b"\n")])
