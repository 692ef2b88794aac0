"""Networks for documents in Python: trained on lists of texts and their classes, and asked for more."""

from __future__ import annotations

import numpy as np
import pytest

import anncli
from anncli.network.network import Network

GOOD, BAD = ["a good film", "lovely story", "good good story"], ["a bad film", "awful story", "bad bad story"]
TEXTS, CLASSES = [*GOOD, *BAD] * 8, (["good"] * 3 + ["bad"] * 3) * 8


@pytest.mark.parametrize(
    ("inputs", "layers"),
    [("documents", ["1 logistic"]), ("{documents: tf-idf, ngrams: 2, sublinear: true}", ["4 tanh", "2 softmax"])],
)
def test_classes_of_texts(inputs: str, layers: list[str]) -> None:
    network = Network.create(inputs, layers)
    assert anncli.train(network, (TEXTS, CLASSES), 30, trainer="scg", test=0.25).network is network
    assert anncli.predict_classes(network, ["what a good story", "an awful film"]).tolist() == ["good", "bad"]
    assert anncli.evaluate(network, (TEXTS, CLASSES)).accuracy == 1
    outputs = network.predict(np.array(TEXTS))
    assert outputs.shape == (48, network.n_outputs)
    # A text says the same alone and among others, and one without a known word says what the biases say.
    assert np.array_equal(outputs[4:5], network.predict([TEXTS[4]]))
    assert np.array_equal(network.predict(["xyzzy", ""])[0], network.predict(["", "?"])[1])
