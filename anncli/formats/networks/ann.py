"""The network format `ann`: one YAML document with a head that a person writes and a part `trained:` that ann writes.

    # cancer.nn: malignant or benign, from nine cell measures
    anncli: 1                      # format version
    inputs: 9
    layers: [8 tanh, 1 logistic]   # short for {units: 8, activation: tanh}, ...
    training: {trainer: adam}      # optional
    trained:
      classes: {positive: malignant, negative: benign}
      ...
      weights:                     # per layer a block: one unit per line, bias first
      - |
        ...
      checksum: sha256:...

Saving keeps every byte above `trained:`. The checksum covers inputs, layers and the trained part, but no line ends and
trailing blanks: comments and training options may be edited freely, weights may not. docs/network-file.md has every key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from anncli.errors import NetworkError
from anncli.formats.files.document import DocumentSource, PlacedMapping, parse_document
from anncli.formats.files.textfile import BOM, Path, decode
from anncli.formats.networks.ann_checksum import Checksum, find_checksum
from anncli.formats.networks.ann_head import new_head, read_head, read_task
from anncli.formats.networks.ann_products import insert_products
from anncli.formats.networks.ann_trained import AFRESH, TrainedPart, trained_lines
from anncli.formats.networks.ann_vectors import insert_units, with_sources
from anncli.network.network import Network, NetworkSource
from anncli.network.scaling import Scaling
from anncli.network.topology import Topology

_TRAINED_LINE = re.compile(r"^trained:[ \t\r]*$", re.MULTILINE)


class AnnFormat:
    """The format `ann`; it reads every file that no other format recognises, and says what is wrong with it."""

    def parse(self, data: bytes, path: Path) -> Network:
        network = parse_network(decode(data, path, NetworkError), path)
        if data.startswith(BOM):
            network.source = network.source._replace(head=f"\ufeff{network.source.head or ''}")
        return network

    def refusal(self, topology: Topology, scaling: Scaling) -> str | None:
        return None

    def render(self, network: Network) -> bytes:
        return b"".join(self.pieces(network))

    def pieces(self, network: Network) -> Iterator[bytes]:
        """The same in pieces, see network_pieces()."""
        return (piece.encode("utf-8") for piece in network_pieces(network, network.source.head))


FORMAT = AnnFormat()


def parse_network(text: str, path: Path, *, is_sealed: bool = True) -> Network:
    """The network in the text of a file, with its head; raises NetworkError with the place of a fault, also where the
    checksum does not fit, unless is_sealed is False."""
    head, start = _head(text)
    if (whole := insert_units(insert_products(head, path), path)) != head:
        text, head, start = whole + text[start:], whole, start + len(whole) - len(head)
    is_trained = start < len(text)
    if is_trained and find_checksum(text, start) is None:
        source = DocumentSource(path, NetworkError)
        raise source.fault("the trained part is cut short: its checksum is missing", None, AFRESH)
    document = parse_document(text, path, NetworkError, start)
    described = read_head(document)
    origin = _source(document, head, read_task(document) or described.table_task)
    network = Network(described.topology, table=described.table, text=described.text, source=origin, task=origin.task)
    network = with_sources(network, path)
    if "trained" in document:
        if not is_trained:
            raise document.key_fault("trained", "`trained:` must stand alone on its line", "move its values below it")
        TrainedPart(document, text, start, network).read(is_sealed)
    elif not _can_grow(text):
        place = document.key_places["anncli"]
        advice = "start every key at the left edge of its line, without braces around all and without an end mark `...`"
        raise document.source.fault("`trained:` could not follow this text", place, advice)
    return network


def _source(document: PlacedMapping, head: str, task: str | None) -> NetworkSource:
    training = document.mapping_at("training")
    places = training.key_places, training.value_places
    return NetworkSource("ann", document.source.path, head, training, *places, task=task)


def render_network(network: Network, head: str | None = None) -> str:
    """The text of a network file: `head` byte for byte, then the trained part.

    A new head is written where `head` is None or describes another network, as after a change in Python.
    """
    return "".join(network_pieces(network, head))


def network_pieces(network: Network, head: str | None = None) -> Iterator[str]:
    """The same in pieces: the text of many weights takes several times their room."""
    if head is None or not _fits(head, network):
        head = new_head(network)
    elif not head.endswith("\n"):
        head += "\n"
    yield head
    # The line ends of the head, so that editors do not find mixed ones.
    end = "\r\n" if "\r\n" in head else "\n"
    found: Checksum | None = None
    for line in trained_lines(network):
        if found is None:
            found = Checksum(network.topology)
            found.add("trained:")
            yield f"trained:{end}"
        found.add(line)
        yield line + end
    if found is not None:
        yield f"  checksum: {found.text()}{end}"


def split_text(text: str) -> tuple[str, str]:
    """The text above the line `trained:`, and the rest from that line on."""
    head, start = _head(text)
    return head, text[start:]


def _head(text: str) -> tuple[str, int]:
    """The text above the line `trained:`, and where that line begins, or the end of the text."""
    match = _TRAINED_LINE.search(text)
    return (text, len(text)) if match is None else (text[: match.start()], match.start())


def _can_grow(head: str) -> bool:
    """Whether a valid head stays valid when the line `trained:` follows it."""
    try:
        return "trained" in parse_document(f"{head}\ntrained:\n", "", NetworkError)
    except NetworkError:
        return False


def _fits(head: str, network: Network) -> bool:
    """Whether a head still describes the network, which may have been changed since it was read."""
    text = head.removeprefix("\ufeff")
    try:
        document = parse_document(text, "", NetworkError)
        described = read_head(document)
        unchanged = (
            described == (network.definition().topology, network.table, network.text)
            and read_task(document) in (None, network.task)
            and document.mapping_at("training") == network.source.training
        )
        return unchanged and _can_grow(text)
    except NetworkError:
        return False
