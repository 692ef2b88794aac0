"""Our network file: one YAML document whose head a person writes and whose `trained:` part the program owns.

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

Saving keeps every byte above `trained:`. The checksum covers inputs, layers and the trained part, whatever the line
ends and trailing blanks, so that comments and training settings may be edited freely and weights may not.
"""

from __future__ import annotations

import re

from anncli.errors import NetworkError
from anncli.formats.files.document import Mapping, Source, parse_document
from anncli.formats.files.textfile import Path
from anncli.formats.networks.ann_head import new_head, read_head
from anncli.formats.networks.ann_trained import AFRESH, CHECKSUM_LINE, TrainedPart, checksum, trained_lines
from anncli.network.network import Network, NetworkSource

_TRAINED_LINE = re.compile(r"^trained:[ \t\r]*$", re.MULTILINE)


def parse_network(text: str, path: Path) -> Network:
    """The network a file in our dialect describes, its head kept; raises NetworkError with the place of a fault."""
    head, section = _split(text)
    if section and not CHECKSUM_LINE.search(section):
        raise Source(path, NetworkError).fault("the trained part is cut short: its checksum is missing", None, AFRESH)
    document = parse_document(text, path, NetworkError)
    topology = read_head(document)
    network = Network(topology, source=_source(document, head))
    if "trained" in document:
        if not section:
            raise document.key_fault("trained", "`trained:` must stand alone on its line", "move its values below it")
        TrainedPart(document, text, section, network).read()
    elif not _can_grow(text):
        place = document.key_places["anncli"]
        advice = "start every key at the left edge of its line, without braces around all and without an end mark `...`"
        raise document.source.fault("`trained:` could not follow this text", place, advice)
    return network


def _source(document: Mapping, head: str) -> NetworkSource:
    training = document.mapping_at("training")
    if not isinstance(training, Mapping):
        return NetworkSource(path=document.source.path, head=head)
    return NetworkSource(
        path=document.source.path, head=head, training=training, key_places=training.key_places,
        value_places=training.value_places,
    )  # fmt: skip


def render_network(network: Network, head: str | None = None) -> str:
    """The text of a network file: `head` byte for byte (a new one when None or not about this network), then its state.

    The same network gives the same text: nothing in it depends on time or place.
    """
    if head is None or not _fits(head, network):
        head = new_head(network)
    elif not head.endswith("\n"):
        head += "\n"
    lines = trained_lines(network)
    if not lines:
        return head
    lines = ["trained:", *lines]
    lines.append(f"  checksum: {checksum(network.topology, lines)}")
    # The line ends of the person's part, so that the file stays in one piece for an editor.
    end = "\r\n" if "\r\n" in head else "\n"
    return head + end.join(lines) + end


def _split(text: str) -> tuple[str, str]:
    """(what stands above the line `trained:`, that line and the rest)."""
    match = _TRAINED_LINE.search(text)
    return (text, "") if match is None else (text[: match.start()], text[match.start() :])


def _can_grow(head: str) -> bool:
    """Whether a head that is valid on its own still is when `trained:` follows in the next line."""
    try:
        return "trained" in parse_document(f"{head}\ntrained:\n", "", NetworkError)
    except NetworkError:
        return False


def _fits(head: str, network: Network) -> bool:
    """Whether a head still says what the network is: it may have been changed since it was read."""
    text = head.removeprefix("\ufeff")
    try:
        document = parse_document(text, "", NetworkError)
        unchanged = (
            read_head(document) == network.topology and document.mapping_at("training") == network.source.training
        )
        return unchanged and _can_grow(text)
    except NetworkError:
        return False
