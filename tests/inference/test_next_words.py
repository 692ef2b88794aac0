"""The likeliest words after a text, with probabilities worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from anncli.errors import ValueFault
from anncli.inference.next_words import Likely, likeliest_words
from anncli.network.encoders.words import WordEncoder
from anncli.network.network import Network

WORDS = WordEncoder(("a", "b", "c"), (6, 3, 1))
VECTORS = np.array([[1, 0], [0, 2], [1, 1]])


def network(layer: str, outputs: object, layers: tuple[str, ...] = ("2 embedding",)) -> Network:
    made = Network.create("words", [*layers, layer]).with_vocabulary(WORDS)
    made.set_parameters(np.concatenate([VECTORS.ravel(), np.ravel(outputs)]))
    return made


@pytest.mark.parametrize("kind", ["cbow", "skip-gram"])
def test_by_context(kind: str) -> None:
    # The mean of a and b is (0.5, 1): scores 1, 0 and ln 2, times the counts 6, 3 and 1.
    found = likeliest_words(network(kind, [[0, 1], [2, -1], [0, math.log(2)]]), "x A, b y", 2)
    total = 6 * math.e + 3 + 2
    assert [each.word for each in found.words] == ["a", "b"]
    assert [each.probability for each in found.words] == pytest.approx([6 * math.e / total, 3 / total], abs=1e-6)
    assert found.unknown == ("x", "y")


def test_only_the_words_of_the_window_count() -> None:
    made = network("cbow window 1", [[0, 1], [2, -1], [0, 0]])
    assert likeliest_words(made, "a a b", 3) == likeliest_words(made, "b", 3)
    assert likeliest_words(made, "a a b", 3) != likeliest_words(made, "a b a", 3)


def test_along_the_path_of_a_hierarchical_softmax() -> None:
    # c and b (counts 1, 3) are joined first, by node 0; node 1, the root, has that node (4) as its first child, and a (6) as its second.
    made = network("skip-gram hierarchical", [[1, 0], [0, 1]])
    found = {each.word: each.probability for each in likeliest_words(made, "c", 3).words}
    up = 1 / (1 + math.exp(-1))
    assert found == pytest.approx({"a": 1 - up, "c": up * up, "b": up * (1 - up)}, abs=1e-6)


def test_by_the_softmax_of_the_next_word() -> None:
    made = Network.create("words", ["2 embedding", "softmax"]).with_vocabulary(WORDS)
    numbers = np.zeros(made.topology.n_parameters)
    numbers[:4] = VECTORS[:2].ravel()
    # Below the biases: the weights from the two units of the embedding.
    numbers[-9:] = [0, 0, 0, 1, 2, 3, 0, 0, math.log(2)]
    made.set_parameters(numbers)
    found = likeliest_words(made, "a b", 1)
    # b is (0, 2): scores 0, 0 and 2 ln 2.
    assert found.words == [Likely("c", pytest.approx(4 / 6, abs=1e-6))]


def test_networks_that_do_not_say_it() -> None:
    made = Network.create("words", ["2 embedding", "mean", "1 logistic"]).with_vocabulary(WORDS)
    made.set_parameters(np.zeros(made.topology.n_parameters))
    with pytest.raises(ValueFault, match="the network does not say which word comes next"):
        likeliest_words(made, "a", 1)
    with pytest.raises(ValueFault, match="knows no word of this text"):
        likeliest_words(network("cbow", np.ones((3, 2))), "x y", 1)
    with pytest.raises(ValueFault, match="vectors of words alone"):
        likeliest_words(network("cbow", np.zeros((3, 2))), "a", 1)
    with pytest.raises(ValueFault, match="the network is untrained"):
        likeliest_words(Network.create("words", ["2 embedding", "cbow"]).with_vocabulary(WORDS), "a", 1)
    with pytest.raises(ValueFault, match="the network has no vectors of words"):
        likeliest_words(Network.create(2, ["1 logistic"]), "a", 1)
