"""The symbols of texts in a JSON file of a network: under `text`, what the definition says, and the keys that the `ann` format has below `encoder:`."""

from __future__ import annotations

from typing import Any

from anncli.errors import ValueFault
from anncli.formats.files.document import PlacedMapping, kind_of, parse_document
from anncli.formats.networks.ann_text import ENCODER_PARTS, vocabulary_lines
from anncli.network.encoders.text import OPEN_OUTPUT, read_text_layers, text_definition
from anncli.network.network import Network

KEY = "text"
_KEYS = ("inputs", "open_output", "encoder")


def text_entry(network: Network) -> dict[str, Any] | None:
    """What the file says of a network for texts, None for other networks."""
    if network.text is None or network.vocabulary is None:
        return None
    lines = "\n".join(vocabulary_lines(network.vocabulary)) + "\n"
    encoder = parse_document(lines, "encoder")["encoder"]
    return {
        "inputs": network.text.definition.text(),
        "open_output": network.text.open_output,
        "encoder": dict(encoder),
    }


def take_text(document: PlacedMapping, network: Network, advice: str) -> None:
    """Give a network with its layers the symbols in the file, if there are any; raises NetworkError for symbols that do not fit it."""
    value = document.mapping_at(KEY)
    if not value:
        return
    value.refuse_unknown(_KEYS)
    said, is_open = value.get("inputs"), value.get("open_output", False)
    if not isinstance(is_open, bool):
        raise value.fault("open_output", f"`open_output` must be true or false, found {kind_of(is_open)}", advice)
    layers = network.topology.layers
    try:
        definition = text_definition(said)
        if definition is None:
            raise ValueFault(f"`inputs` of `{KEY}` must say what symbols are, found {kind_of(said)}", advice)
        text, _ = read_text_layers(definition, [*layers[:-1], OPEN_OUTPUT if is_open else layers[-1]])
    except ValueFault as fault:
        raise value.fault("inputs", fault.message, fault.advice) from None
    vocabulary = ENCODER_PARTS[text.kind].read(value.mapping_at("encoder"), text.definition, advice)
    if vocabulary.width != network.n_inputs:
        message = f"`{KEY}` has {vocabulary.width} tokens, and the layers read {network.n_inputs}"
        raise value.fault("encoder", message, advice)
    network.text, network.vocabulary = text, vocabulary
