"""Sealing a network file of the format `ann` again after its trained part was changed by hand.

The text stays byte for byte, but for the lines that would no longer be true: the outputs of the self-test, the loss curve, the
checksum, and in the record the note that the file was changed after its training.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from anncli.arrays import Array
from anncli.errors import NetworkError
from anncli.formats.files.textfile import BOM, Path, decode, shown_name
from anncli.formats.networks.ann import parse_network, split_text
from anncli.formats.networks.ann_checksum import checksum, find_checksum
from anncli.formats.networks.numbers import write_rows
from anncli.network.network import Network

MARK = "    resealed: true"


def unsealed(data: bytes, path: Path) -> tuple[Network, bool]:
    """The network in a file whose checksum need not fit, and whether it does; raises NetworkError for any other fault."""
    text = decode(data, path, NetworkError)
    network = parse_network(text, path, is_sealed=False)
    try:
        parse_network(text, path)
    except NetworkError:
        return network, False
    return network, True


def sealed_again(data: bytes, path: Path, network: Network, outputs: Array | None) -> bytes:
    """The bytes of the file with a checksum that fits.

    Args: network, as unsealed() has read it; outputs, those of its self-test, or None where it has none.
    Raises: NetworkError where the trained part is not laid out in lines as `ann` writes it.
    """
    text = decode(data, path, NetworkError)
    head, section = split_text(text)
    match = find_checksum(section)
    assert match is not None
    end = "\r" if section.partition("\n")[0].endswith("\r") else ""
    lines = _Lines(section[: match.start()].rstrip("\r\n").split("\n"), end, path)
    lines.drop("curve")
    if outputs is not None:
        lines.replace_outputs(write_rows(outputs))
    if not network.record.get("resealed"):
        lines.mark(has_record=bool(network.record))
    new = f"  checksum: {checksum(network.topology, lines.lines)}{end}"
    text = f"{head}" + "\n".join([*lines.lines, new]) + section[match.end() :].replace("\r", "", bool(end))
    # Whatever was written must be read again, with the same weights.
    again = parse_network(text, path)
    assert (again.all_parameters == network.all_parameters).all()
    return (BOM if data.startswith(BOM) else b"") + text.encode("utf-8")


class _Lines:
    """The lines of a trained part, the first of which is `trained:`."""

    def __init__(self, lines: Sequence[str], end: str, path: Path) -> None:
        self.lines, self.end, self.path = list(lines), end, path

    def block(self, key: str, indent: int, first: int = 0, last: int | None = None) -> tuple[int, int] | None:
        """Where `key:` stands at this indent, and where what belongs to it ends; None where it does not."""
        last = len(self.lines) if last is None else last
        begin = re.compile(rf" {{{indent}}}{key}:")
        start = next((k for k in range(first, last) if begin.match(self.lines[k])), None)
        if start is None:
            return None
        after = range(start + 1, last)
        belongs = re.compile(rf"\s*$| {{{indent}}}[ -]")
        return start, next((k for k in after if not belongs.match(self.lines[k])), last)

    def drop(self, key: str) -> None:
        if (place := self.block(key, 2)) is not None:
            del self.lines[slice(*place)]

    def replace_outputs(self, rows: Sequence[str]) -> None:
        """Put other outputs into the self-test."""
        test = self.block("self_test", 2)
        outputs = None if test is None else self.block("outputs", 4, *test)
        if outputs is None:
            raise self._fault("self_test")
        begin, end = outputs
        self.lines[begin + 1 : end] = [f"      {row}{self.end}" for row in rows]

    def mark(self, has_record: bool) -> None:
        """Note in the record that the file was changed."""
        place = self.block("record", 2)
        if place is not None and self.lines[place[0]].strip() == "record:":
            self.lines.insert(place[0] + 1, MARK + self.end)
        elif has_record:
            raise self._fault("record")
        else:
            self.drop("record")
            self.lines += [f"  record:{self.end}", MARK + self.end]

    def _fault(self, key: str) -> NetworkError:
        message = f"`{key}` is not laid out in lines as ann writes it"
        return NetworkError(message, path=shown_name(self.path), advice="undo the change of its layout")
