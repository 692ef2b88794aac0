"""The checksum of an `ann` network file: of inputs, layers and everything from the line `trained:` on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

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


def checksum(topology: Topology, lines: Iterable[str]) -> str:
    """The checksum of a topology and of the lines from `trained:` to the last one before the checksum."""
    return checksum_of(topology, "\n".join(lines))


def checksum_of(topology: Topology, text: str) -> str:
    """The same for the lines as one text; blanks at their ends do not count."""
    layers = ", ".join(layer.text() for layer in topology.layers)
    digest = hashlib.sha256(f"inputs: {inputs_text(topology.inputs)}\nlayers: {layers}\n".encode())
    digest.update(_without_blank_ends(text.encode()))
    return f"sha256:{digest.hexdigest()}"


def _without_blank_ends(text: bytes) -> bytes:
    """The text without blanks at the ends of its lines, where there are any."""
    blanks, end = b" \t\r", text.find(b"\n")
    while end > 0 and text[end - 1] not in blanks:
        end = text.find(b"\n", end + 1)
    if end < 0 and text[-1:] not in (b" ", b"\t", b"\r"):
        return text
    return b"\n".join([line.rstrip(blanks) for line in text.split(b"\n")])
