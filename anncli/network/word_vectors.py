"""The vectors of words that a network has: the weights of its first layer, if that is an embedding of words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

from anncli.arrays import Array
from anncli.errors import ValueFault
from anncli.network.network import Network

_ADVICE = "train one whose layers begin with `100 embedding`, with `inputs: words`"


class _WordVectors(NamedTuple):
    words: tuple[str, ...]
    vectors: Array


class WordVectors(_WordVectors):
    """words: V of them, each once, the most frequent first; vectors: float32 (V, d), one for each."""

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The number of each word, from 0."""
        return {word: number for number, word in enumerate(self.words)}

    @property
    def is_folded(self) -> bool:
        """Whether no word has capital letters, so that `Paris` can only mean `paris`."""
        return all(word == word.lower() for word in self.words)


def word_vectors(network: Network) -> WordVectors:
    """The words that a trained network knows, and their vectors; that of unknown words is left out.

    Raises: ValueFault for a network of other inputs, with another first layer, untrained, or an ensemble.
    """
    if network.text is None or network.text.kind != "words":
        raise ValueFault("the network has no vectors of words", _ADVICE)
    first = network.topology.layers[0]
    if first.kind != "embedding":
        raise ValueFault(
            f"the words of this network have no vectors: its first layer is `{first.shown}`, no embedding", _ADVICE
        )
    if network.parameters is None or network.vocabulary is None:
        raise ValueFault("the network is untrained: its words have no vectors yet", "train it first")
    if network.members:
        message = f"an ensemble of {len(network.members)} networks has as many vectors for each word"
        raise ValueFault(message, "train one network, without --ensemble")
    words = tuple(network.vocabulary.symbols)
    table: Array = network.topology.blocks(network.parameters)[0][0]
    return WordVectors(words, table[: len(words)])
