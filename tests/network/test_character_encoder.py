"""The characters of a network: their tokens by hand, what is unknown, and what a definition with an open output layer says."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.errors import ValueFault
from anncli.network.encoders.characters import CharacterEncoder
from anncli.network.network import Network


def test_tokens_are_places_in_the_order_of_code_points() -> None:
    encoder = CharacterEncoder.fitted(["ba\n", "a\U0001f600é"])
    assert encoder.symbols == ("\n", "a", "b", "é", "\U0001f600")
    assert (encoder.width, encoder.unknown) == (6, 5)
    found = encoder.encode("a\U0001f600\nzéZ\x00b")
    assert found.dtype == np.int32
    assert found.tolist() == [1, 4, 0, 5, 3, 5, 5, 2]
    assert encoder.decode([2, 1, 0]) == "ba\n"
    assert encoder.strange("xaxyb\n") == ["x", "y"]
    assert encoder.encode("").tolist() == []
    assert CharacterEncoder(()).encode("ab").tolist() == [0, 0]


def test_an_open_output_layer_becomes_as_wide_as_the_vocabulary() -> None:
    network = Network.create("characters", ["4 lstm", "softmax"])
    assert network.predicts_next
    assert network.needs_encoder
    assert network.layers_text == "4 lstm, softmax"
    assert repr(network) == "<Network for texts of characters, 4 lstm, softmax, untrained>"
    known = network.with_vocabulary(CharacterEncoder.fitted(["abcc"]))
    assert str(known.topology) == "4-4-3"
    assert known.classes == ("a", "b", "c")
    assert known.definition().topology == network.topology


def test_a_numbered_output_layer_must_have_as_many_outputs() -> None:
    network = Network.create("characters", ["4 lstm", "3 softmax"])
    assert str(network.with_vocabulary(CharacterEncoder.fitted(["abc"])).topology) == "4-4-3"
    with pytest.raises(ValueFault, match="4 characters in the training text, and 3 outputs") as caught:
        network.with_vocabulary(CharacterEncoder.fitted(["abcd"]))
    assert caught.value.advice == "write the output layer `softmax` without a number, or `4 softmax`"


def test_a_network_for_lines_keeps_its_outputs() -> None:
    network = Network.create("characters", ["4 lstm", "last", "1 logistic"])
    assert not network.predicts_next
    assert network.next_noun == ""
    known = network.with_vocabulary(CharacterEncoder.fitted(["abc"]))
    assert str(known.topology) == "4-4-4-1"
    assert known.classes == ()


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (["4 lstm bidirectional", "softmax"], r"layer 1 \(`4 lstm bidirectional`\) reads what follows a character"),
        (["4 embedding", "4 tanh convolution 3", "softmax"], r"layer 2 \(`4 tanh convolution 3`\) reads what follows"),
        (["4 lstm", "3 logistic"], "the next character is predicted by softmax, and the output layer is `3 logistic`"),
        (["4 lstm", "last", "softmax"], "this one has an answer for each text"),
        (["4 lstm", "last", "softmax", "3 softmax"], "a layer is its units and activation, found 'softmax'"),
    ],
)
def test_chains_that_could_look_ahead_or_have_no_probabilities_are_refused(layers: list[str], message: str) -> None:
    with pytest.raises(ValueFault, match=message):
        Network.create("characters", layers)
