"""The symbols of texts in an `ann` network file: `encoder:` in the trained part of a network with `inputs: characters`."""

from __future__ import annotations

from itertools import pairwise

from anncli.errors import ValueFault
from anncli.formats.files.document import PlacedMapping, kind_of
from anncli.formats.files.yaml_text import quote_text
from anncli.network.encoders.characters import CharacterEncoder
from anncli.network.encoders.text import TextEncoder
from anncli.network.network import Network


def vocabulary_lines(vocabulary: TextEncoder) -> list[str]:
    """The lines of `encoder` in the trained part."""
    return ["  encoder:", f"    {vocabulary.kind}: {quote_text(''.join(vocabulary.symbols))}"]


def take_vocabulary(trained: PlacedMapping, network: Network, advice: str) -> None:
    """Give the network the symbols of its trained part, and the numbers of inputs and outputs that the head leaves to them."""
    assert network.text is not None
    kind, value = network.text.kind, trained.mapping_at("encoder")
    value.refuse_unknown((kind,))
    found = value.get(kind)
    if not isinstance(found, str) or not found:
        what = f"must be a text, found {kind_of(found)}" if kind in value else "is missing"
        raise value.fault(kind, f"`{kind}` {what}: the {kind} that the network knows", advice)
    if any(one >= other for one, other in pairwise(found)):
        raise value.fault(kind, f"`{kind}` must be in the order of their code points, each once", advice)
    try:
        network.take_vocabulary(CharacterEncoder(tuple(found)))
    except ValueFault as fault:
        raise value.fault(kind, fault.message, advice) from None
