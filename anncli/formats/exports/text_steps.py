"""What a network for texts computes, as plain steps: how a text becomes tokens, and the layers that read these."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.compiled.lexicon import WordRule
from anncli.formats.exports.steps import DenseStep, kind_refusal
from anncli.network.names import ACTIVATION_NAMES
from anncli.network.network import Network

_REDUCTIONS = ("mean", "max", "last")


class TokenStep(NamedTuple):
    """The layers that read tokens. how: 'sum', activation(biases + sum of value * rows[index]), or 'mean', 'max' or 'last' of value *
    rows[index] over the tokens; rows: float32 (n_tokens, units); biases: float32 (units,), 0 but for 'sum'."""

    how: str
    rows: Array
    biases: Array
    activation: str


class Words(NamedTuple):
    """How a text is split. rule: of its words, None where each character is a symbol; symbols: those that have a number; weights:
    float64 (n,) of documents, what each word counts, else None; sublinear: n times a word count 1 + ln n times."""

    rule: WordRule | None
    symbols: tuple[str, ...]
    weights: Array | None = None
    sublinear: bool = False


def words_of(network: Network) -> Words:
    """How the texts of a network become tokens."""
    encoder = network.vocabulary
    assert encoder is not None
    rule: WordRule | None = getattr(encoder.definition, "rule", None)
    weights = getattr(encoder, "idf", None)
    return Words(rule, encoder.symbols, weights, bool(getattr(encoder.definition, "sublinear", False)))


def text_steps(network: Network) -> list[tuple[TokenStep, list[DenseStep]]]:
    """The layers of each member of an ensemble, or of the one network; ask text_refusal() first."""
    topology = network.topology
    first, *above = topology.layers
    found = []
    for parameters in network.members or (network.all_parameters,):
        weights, biases = topology.weights(parameters), topology.biases(parameters)
        if first.kind == "dense":
            step = TokenStep("sum", weights[0], biases[0], first.activation)
            layers, biases = above, biases[1:]
        else:
            step = TokenStep(above[0].kind, weights[0], np.zeros(weights[0].shape[1], np.float32), "linear")
            layers = above[1:]
        rest = zip(weights[1:], biases, layers, strict=True)
        found.append((step, [DenseStep(own, bias, layer.activation) for own, bias, layer in rest]))
    return found


def text_refusal(network: Network, what: str, activations: Collection[str] = ACTIVATION_NAMES) -> str | None:
    """Why a program that takes texts cannot compute the network, or None; what: 'a Python module'; activations: those that it has."""
    kinds = [layer.kind for layer in network.layers]
    below = 2 if kinds[:1] == ["embedding"] and kinds[1:2] and kinds[1] in _REDUCTIONS else 0
    odd = next(
        (layer for layer in network.layers[below:] if layer.kind not in ("dense", "embedding", *_REDUCTIONS)), None
    )
    odd = odd or next((layer for layer in network.layers[below:] if layer.kind != "dense"), None)
    if odd is not None:
        only = "only dense layers, and below them an embedding with `mean`, `max` or `last`"
        return (
            f"{what} cannot hold the layer `{odd.text()}`, {only}; use --to c or onnx, which take the numbers of tokens"
        )
    return kind_refusal(network, what, ("dense", "embedding", *_REDUCTIONS), activations)
