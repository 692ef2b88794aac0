"""Generating text: a network that predicts the next symbol is fed with what it has written itself, one symbol at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, Tokens
from anncli.errors import ValueFault
from anncli.network.network import Network
from anncli.network.propagation import forward

# Bits of a random number that a float64 between 0 and 1 has.
_FRACTION_BITS = 53


class Draw(NamedTuple):
    """How the next symbol is chosen. temperature: what the logarithms of the probabilities are divided by: 1 for the probabilities of
    the network, below 1 the likelier ones more often; 0: always the likeliest, of equal ones the first; seed: from 0."""

    temperature: float = 1.0
    seed: int = 0


def check_generates(network: Network) -> None:
    """Raises ValueFault for a network that does not predict the next symbol of a text."""
    if not network.predicts_next:
        message = "the network does not predict the next character, or word, of a text"
        advice = "train one with `inputs: characters` or `inputs: words`, the output layer `softmax`, and without a layer that makes one row of many"
        raise ValueFault(message, advice)


def generate(network: Network, start: str, length: int, draw: Draw) -> Iterator[str]:
    """`length` symbols that follow `start`, each as soon as it is chosen, with what stands between two of them before it.

    All is computed in float64, step by step with the states carried on, and the numbers drawn are those of the counter-based generator
    Philox 4x64 (Salmon et al. 2011, SC11): the same network, start and seed give the same text, whatever the number
    of threads and the instruction set, unless a number drawn lies within rounding errors, about 1e-13, of the border between two symbols.
    Of an ensemble the mean of the probabilities counts.
    Raises: ValueError for an untrained network; ValueFault for an empty start and for symbols that the network does not know.
    """
    if network.parameters is None or network.vocabulary is None:
        raise ValueError("the network is untrained: it has no weights yet")
    check_generates(network)
    if not start:
        raise ValueFault("a text needs a beginning", f"give at least one {network.next_noun}")
    return _generated(network, network.vocabulary.encode(start), length, draw)


def _generated(network: Network, tokens: Array, length: int, draw: Draw) -> Iterator[str]:
    assert network.vocabulary is not None
    between = network.vocabulary.definition.between
    symbols, numbers = network.vocabulary.symbols, np.random.Philox(key=draw.seed)
    members = [own.astype(np.float64) for own in network.members or (network.parameters,) if own is not None]
    states: list[list[Array | None] | None] = [None] * len(members)
    for _ in range(length):
        scores = np.empty((len(members), network.n_outputs))
        inputs = Tokens(tokens, np.ones(len(tokens)), np.array([0, len(tokens)]), network.n_inputs)
        for k, own in enumerate(members):
            passed = forward(network.topology, own, inputs, states=states[k])
            states[k], scores[k] = passed.states(), _log_probabilities(passed.pre_activations[-1][-1])
        chosen = _choose(_mean(scores), draw.temperature, numbers)
        tokens = np.array([chosen], dtype=np.int32)
        yield between + symbols[chosen]


def _log_probabilities(z: Array) -> Array:
    z = z - z.max()
    return np.asarray(z - np.log(np.exp(z).sum()))


def _mean(scores: Array) -> Array:
    """The logarithm of the mean of probabilities, from their logarithms (n_members, n_symbols)."""
    return scores[0] if len(scores) == 1 else np.asarray(np.log(np.exp(scores).mean(axis=0)))


def _choose(scores: Array, temperature: float, numbers: np.random.Philox) -> int:
    """The number of a symbol by the logarithms of the probabilities."""
    if not temperature:
        return int(np.argmax(scores))
    weights = np.exp((scores - scores.max()) / temperature)
    sums = np.cumsum(weights)
    fraction = (int(numbers.random_raw()) >> (64 - _FRACTION_BITS)) * 2.0**-_FRACTION_BITS
    return int(min(np.searchsorted(sums, fraction * sums[-1], side="right"), len(sums) - 1))
