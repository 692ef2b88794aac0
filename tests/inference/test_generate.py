"""Generating: by hand, against passes over the whole text, frequencies of what is drawn, and what is refused."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from anncli.arrays import Tokens
from anncli.errors import ValueFault
from anncli.inference.generate import Draw, generate
from anncli.network.encoders.characters import CharacterEncoder
from anncli.network.network import Network
from anncli.network.propagation import forward

VOCABULARY = CharacterEncoder(("a", "b", "c"))


def bigrams(table: list[list[float]]) -> Network:
    """A network whose probabilities after each of the three characters are the rows of a table."""
    network = Network.create("characters", ["4 embedding", "softmax"]).with_vocabulary(VOCABULARY)
    parameters = np.zeros(network.topology.n_parameters)
    embedding, output = network.topology.blocks(parameters)
    embedding[0][...] = np.eye(4)
    output[0][1:4] = np.log(np.array(table))
    network.set_parameters(parameters)
    return network


def drawn(layers: list[str], seed: int = 1, scale: float = 1.0) -> Network:
    network = Network.create("characters", layers).with_vocabulary(VOCABULARY)
    rng = np.random.default_rng(seed)
    network.set_parameters(scale * rng.normal(size=network.topology.n_parameters))
    return network


CYCLE = bigrams([[0.2, 0.7, 0.1], [0.1, 0.3, 0.6], [0.8, 0.1, 0.1]])


def test_the_likeliest_character_at_temperature_0() -> None:
    assert "".join(generate(CYCLE, "a", 7, Draw(0.0))) == "bcabcab"
    equal = bigrams([[0.4, 0.2, 0.4], [0.2, 0.4, 0.4], [0.3, 0.3, 0.4]])
    assert "".join(generate(equal, "a", 3, Draw(0.0))) == "aaa"


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_characters_are_drawn_as_often_as_the_temperature_says(temperature: float) -> None:
    text = "".join(generate(CYCLE, "a", 2000, Draw(temperature, 3)))
    weights = np.array([0.2, 0.7, 0.1]) ** (1 / temperature)
    after_a = [other for one, other in pairwise(text) if one == "a"]
    for character, expected in zip("abc", weights / weights.sum(), strict=True):
        error = np.sqrt(expected * (1 - expected) / len(after_a))
        assert abs(after_a.count(character) / len(after_a) - expected) < 4 * error


def test_the_numbers_drawn_are_those_of_philox() -> None:
    """A second reading of the rule: one number for each character, its upper 53 bits."""
    numbers = np.random.Philox(key=9).random_raw(5) >> np.uint64(11)
    before, expected = "a", ""
    for number in numbers:
        sums = np.cumsum([[0.2, 0.7, 0.1], [0.1, 0.3, 0.6], [0.8, 0.1, 0.1]]["abc".index(before)])
        before = "abc"[int(np.searchsorted(sums, float(number) / 2**53 * sums[-1], side="right"))]
        expected += before
    assert "".join(generate(CYCLE, "a", 5, Draw(1.0, 9))) == expected


@pytest.mark.parametrize("layers", [["5 lstm", "softmax"], ["4 gru", "4 tanh recurrent", "softmax"], ["3 embedding", "4 tanh", "softmax"]])  # fmt: skip
def test_steps_with_a_state_are_a_pass_over_the_whole_text(layers: list[str]) -> None:
    network, text = drawn(layers, scale=2.0), "ab"
    found = "".join(generate(network, "ab", 30, Draw(0.0)))
    assert network.parameters is not None
    for _ in range(30):
        tokens = Tokens(VOCABULARY.encode(text), np.ones(len(text)), np.array([0, len(text)]), 4)
        passed = forward(network.topology, network.parameters.astype(np.float64), tokens)
        text += "abc"[int(np.argmax(passed.activations[-1][-1]))]
    assert found == text[2:]


def test_the_same_seed_gives_the_same_text_and_another_one_another() -> None:
    network = drawn(["6 lstm", "softmax"])
    texts = ["".join(generate(network, "c", 60, Draw(1.0, seed))) for seed in (4, 4, 5)]
    assert texts[0] == texts[1] != texts[2]
    # The beginning does not depend on how much follows.
    assert "".join(generate(network, "c", 20, Draw(1.0, 4))) == texts[0][:20]
    assert list(generate(network, "c", 0, Draw())) == []


def test_an_ensemble_draws_by_the_mean_of_the_probabilities() -> None:
    # 0.6, 0.4, 0 and 0, 0.4, 0.6: the likeliest of the mean is the one that neither prefers.
    one, other = (bigrams([[*own]] * 3).parameters for own in ((0.55, 0.44, 0.01), (0.01, 0.44, 0.55)))
    network = bigrams([[0.3, 0.3, 0.4]] * 3)
    assert one is not None
    assert other is not None
    network.set_members([one, other])
    assert "".join(generate(network, "a", 3, Draw(0.0))) == "bbb"


def test_what_cannot_generate_is_refused() -> None:
    lines = Network.create("characters", ["3 lstm", "last", "1 logistic"]).with_vocabulary(VOCABULARY)
    lines.set_parameters(np.zeros(lines.topology.n_parameters))
    with pytest.raises(ValueFault, match="does not predict the next character, or word, of a text"):
        generate(lines, "a", 3, Draw())
    with pytest.raises(ValueFault, match="a text needs a beginning"):
        generate(CYCLE, "", 3, Draw())
    with pytest.raises(ValueError, match="untrained"):
        generate(Network.create("characters", ["3 lstm", "softmax"]), "a", 3, Draw())
