"""The symbols of texts in an `ann` network file: `inputs:` in the head, and `encoder:` in the trained part."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

from anncli.errors import ValueFault
from anncli.formats.files.document import PlacedMapping, kind_of
from anncli.formats.files.yaml_text import quote_text
from anncli.formats.networks.ann_documents import document_lines, read_documents
from anncli.formats.networks.ann_words import read_words, word_lines
from anncli.network.encoders.characters import CharacterEncoder
from anncli.network.encoders.settings import DefinitionFault
from anncli.network.encoders.symbols import TextDefinition, TextEncoder
from anncli.network.encoders.text import text_definition
from anncli.network.network import Network


class EncoderPart(NamedTuple):
    """How the encoder of one kind stands in the trained part: its lines below `encoder:`, and how these, a mapping, are read; advice:
    what to do about a damaged one."""

    lines: Callable[[Any], list[str]]
    read: Callable[[PlacedMapping, Any, str], TextEncoder]


def _character_lines(vocabulary: CharacterEncoder) -> list[str]:
    return [f"    {vocabulary.kind}: {quote_text(''.join(vocabulary.symbols))}"]


def _read_characters(value: PlacedMapping, definition: TextDefinition, advice: str) -> CharacterEncoder:
    kind = definition.kind
    value.refuse_unknown((kind,))
    found = value.get(kind)
    if not isinstance(found, str) or not found:
        what = f"must be a text, found {kind_of(found)}" if kind in value else "is missing"
        raise value.fault(kind, f"`{kind}` {what}: the {kind} that the network knows", advice)
    if any(one >= other for one, other in pairwise(found)):
        raise value.fault(kind, f"`{kind}` must be in the order of their code points, each once", advice)
    return CharacterEncoder(tuple(found))


#: For each kind of TEXT_NAMES.
ENCODER_PARTS: dict[str, EncoderPart] = {
    "characters": EncoderPart(_character_lines, _read_characters),
    "documents": EncoderPart(document_lines, read_documents),
    "words": EncoderPart(word_lines, read_words),
}


def read_definition(document: PlacedMapping) -> TextDefinition | None:
    """What `inputs:` says about texts, None where samples are something else; raises the document's error with the place of a fault."""
    said = document.get("inputs")
    try:
        return text_definition(said)
    except DefinitionFault as fault:
        placed = said if isinstance(said, PlacedMapping) and fault.key in said else document
        raise placed.fault(fault.key if placed is said else "inputs", fault.message, fault.advice) from None


def vocabulary_lines(vocabulary: TextEncoder) -> list[str]:
    """The lines of `encoder` in the trained part."""
    return ["  encoder:", *ENCODER_PARTS[vocabulary.kind].lines(vocabulary)]


def take_vocabulary(trained: PlacedMapping, network: Network, advice: str) -> None:
    """Give the network the symbols of its trained part, and the numbers of inputs and outputs that the head leaves to them."""
    assert network.text is not None
    value = trained.mapping_at("encoder")
    vocabulary = ENCODER_PARTS[network.text.kind].read(value, network.text.definition, advice)
    try:
        network.take_vocabulary(vocabulary)
    except ValueFault as fault:
        raise value.fault(network.text.kind, fault.message, advice) from None
