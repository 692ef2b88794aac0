"""Texts in Python: a list of texts is samples of a network that takes texts."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.arrays import Tokens
from anncli.inference.predict import predict
from anncli.network.encoders.characters import CharacterEncoder
from anncli.network.network import Network


def made(layers: list[str], **rest: object) -> Network:
    network = Network.create("characters", layers, **rest).with_vocabulary(CharacterEncoder(("\n", "a", "b")))
    network.set_parameters(np.random.default_rng(1).normal(size=network.topology.n_parameters))
    return network


def test_a_list_of_texts_is_encoded_as_files_are() -> None:
    network = made(["3 lstm", "last", "2 softmax"], classes=("yes", "no"))
    outputs = network.predict(["ab", "a?\nb"])
    tokens = Tokens([1, 2, 1, 3, 0, 2], np.ones(6, dtype=np.float32), np.array([0, 2, 6]), 4)  # type: ignore[arg-type]
    assert (outputs == predict(network, tokens)).all()
    assert (network.predict(tokens) == outputs).all()
    assert set(network.predict_classes("ab").tolist()) <= {"yes", "no"}
    with pytest.raises(TypeError, match="expected a list of texts, found"):
        network.predict([1.0, 2.0])


def test_every_character_has_an_answer_where_the_next_one_is_predicted() -> None:
    network = made(["3 lstm", "softmax"])
    assert network.predict(["ab", "a"]).shape == (3, 3)
    assert "\\n, a, b" in network.summary()
