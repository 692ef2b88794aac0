"""The likeliest words after a text, by a network that predicts the next word or that was trained to find words by their context."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array, Tokens
from anncli.backends.word_tables import word_tree
from anncli.errors import ValueFault
from anncli.network.network import Network
from anncli.network.propagation import forward

_ADVICE = "train one with `inputs: words` whose last layer is `softmax`, `cbow` or `skip-gram`"


class Likely(NamedTuple):
    """A word, and the probability that it comes next."""

    word: str
    probability: float


class Completion(NamedTuple):
    """words: the likeliest first; unknown: words of the text that the network does not know, each once."""

    words: list[Likely]
    unknown: tuple[str, ...]


def likeliest_words(network: Network, text: str, n: int) -> Completion:
    """The n words that most probably follow a text.

    A network with a softmax output gives their probabilities. One of `cbow` or `skip-gram` says how much likelier than by chance a
    word w is beside the last words of the text, as many as its window has: exp(O_w . v), where v is the mean of their vectors U; this
    times how often w came in the training texts, divided by the sum over all words, is its probability. With a hierarchical softmax
    it is the product of the probabilities along the path to w.
    Raises: ValueFault for other networks, and for a text of which the network knows no word.
    Source: Levy & Goldberg 2014, NIPS 27, 2177-2185: O_w . U_c converges to log(P(w, c) / (P(w) P(c))) - log K.
    """
    if network.text is None or network.text.kind != "words" or network.vocabulary is None:
        raise ValueFault("the network has no vectors of words", _ADVICE)
    if network.parameters is None:
        raise ValueFault("the network is untrained: it has no weights yet", "train it first")
    is_by_context = network.text_use == "vectors"
    if not (is_by_context or network.predicts_next):
        raise ValueFault("the network does not say which word comes next", _ADVICE)
    vocabulary: Any = network.vocabulary
    words, tokens = vocabulary.symbols, vocabulary.tokens([text])
    if not (tokens.indices < len(words)).any():
        raise ValueFault("the network knows no word of this text", "begin with words of the text that trained it")
    scores = _by_context(network, vocabulary, tokens.indices) if is_by_context else _by_next(network, tokens)
    chances = np.exp(scores - scores.max())
    chances /= chances.sum()
    best = np.argsort(-chances, kind="stable")[:n]
    likely = [Likely(words[k], float(chances[k])) for k in best.tolist()]
    return Completion(likely, tuple(vocabulary.strange(text)))


def _by_next(network: Network, tokens: Tokens) -> Array:
    """The logarithm of the probability of each word (V,) after the last one; of an ensemble, of the mean."""
    found = []
    for own in network.members or (network.all_parameters,):
        z = forward(network.topology, own.astype(np.float64), tokens).pre_activations[-1][-1]
        chances = np.exp(z - z.max())
        found.append(chances / chances.sum())
    return np.asarray(np.log(np.mean(found, axis=0)))


def _by_context(network: Network, vocabulary: Any, tokens: Array) -> Array:
    """The logarithm of a number (V,) that each word's probability is proportional to."""
    assert network.parameters is not None
    vectors, outputs = (blocks[0].astype(np.float64) for blocks in network.topology.blocks(network.parameters))
    if not outputs.any():
        message = "the network has vectors of words alone: nothing says which word comes next"
        raise ValueFault(message, "name the network that the vectors were trained in")
    layer: Any = network.topology.layers[-1]
    known = tokens[tokens < len(vocabulary.symbols)][-layer.window :]
    counts = np.array(vocabulary.counts, dtype=np.int64)
    scores = np.asarray(outputs @ vectors[known].mean(axis=0))
    if not layer.is_hierarchical:
        return np.asarray(scores + np.log(np.maximum(counts, 1)))
    tree = word_tree(counts)
    # At each node the path goes to its first child with the probability 1 / (1 + exp(-score)).
    steps = np.where(tree.path % 2, scores[tree.path // 2], -scores[tree.path // 2])
    return np.asarray(np.add.reduceat(-np.logaddexp(0, -steps), tree.starts[:-1]))
