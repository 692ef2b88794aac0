"""The names of single parameters of a network, with the words or characters that its tokens are."""

from __future__ import annotations

from anncli.errors import quoted
from anncli.network.network import Network


def parameter_name(network: Network, index: int) -> str:
    """'layer 1, unit 3, weight from word 'house'', see Topology.parameter_name(); index: among the parameters (P,)."""
    text, vocabulary = network.text, network.vocabulary
    if text is None or vocabulary is None:
        return network.topology.parameter_name(index, network.first_token)
    symbols, noun = vocabulary.symbols, text.one

    def name_of(token: int) -> str:
        return f"{noun} {quoted(symbols[token])}" if token < len(symbols) else f"a {noun} that is not known"

    return network.topology.parameter_name(index, token=name_of)
