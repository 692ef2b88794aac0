"""How much a network thinks of each class for a text, in a unit in which effects add up: log odds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from anncli.arrays import Array
from anncli.inference.predict import predict
from anncli.network.layers.dense import Dense
from anncli.network.network import Network
from anncli.network.sample_lengths import short_samples

_PROBABILITIES = ("logistic", "softmax")
# The least probability of a class, and of all others, whose logarithm is taken.
_SMALLEST = 1e-7


def unit_of(network: Network) -> str:
    """'log odds' where the outputs are between 0 and 1, else 'score': the outputs as they are."""
    return "log odds" if _is_probability(network) else "score"


def text_scores(network: Network, texts: Sequence[str], threads: int = 1) -> Array:
    """float64 (n, n_outputs): for each text and output the logarithm of p / (1 - p), where p is the output, as the last layer has it before its
    activation and so exact also where p is rounded to 1; of outputs that are no probabilities, these.

    A text that is too short for the layers has the score NaN. A calibration, and the mean over the networks of an ensemble, are part of p; p
    is then taken to be at least 1e-7 away from 0 and from 1.
    """
    assert network.vocabulary is not None
    tokens = network.vocabulary.tokens(texts)
    known = np.ones(len(texts), dtype=bool)
    known[short_samples(network.topology, tokens)] = False
    scores = np.full((len(texts), network.n_outputs), np.nan)
    if known.any():
        scores[known] = _scores(network, tokens if known.all() else tokens[np.flatnonzero(known)], threads)
    return scores


def probabilities(network: Network, scores: Array) -> Array:
    """The outputs that some scores stand for."""
    if not _is_probability(network):
        return scores
    with np.errstate(over="ignore"):
        found: Array = 1 / (1 + np.exp(-scores))
    return found


def _is_probability(network: Network) -> bool:
    return network.calibration is not None or network.topology.output_activation in _PROBABILITIES


def _scores(network: Network, tokens: object, threads: int) -> Array:
    last = network.layers[-1]
    has_sums = isinstance(last, Dense) and last.activation in _PROBABILITIES
    if has_sums and not network.members and network.calibration is None:
        assert isinstance(last, Dense)
        layers = [*network.layers[:-1], Dense(last.units, "linear")]
        linear = replace(network, topology=network.topology._replace(layers=tuple(layers)))
        sums = predict(linear, tokens, threads=threads).astype(np.float64)  # type: ignore[arg-type]
        return sums if last.activation == "logistic" else _above_others(sums)
    outputs = predict(network, tokens, threads=threads).astype(np.float64)  # type: ignore[arg-type]
    if not _is_probability(network):
        return outputs
    inside = np.clip(outputs, _SMALLEST, 1 - _SMALLEST)
    found: Array = np.log(inside) - np.log1p(-inside)
    return found


def _above_others(sums: Array) -> Array:
    """sums (n, K) of softmax as log odds: each one less the logarithm of the sum of the exponentials of the others."""
    largest = sums.max(axis=1, keepdims=True)
    exps = np.exp(sums - largest)
    others = np.stack([np.delete(exps, k, axis=1).sum(axis=1) for k in range(sums.shape[1])], axis=1)
    found: Array = sums - largest - np.log(np.maximum(others, np.finfo(np.float64).tiny))
    return found
