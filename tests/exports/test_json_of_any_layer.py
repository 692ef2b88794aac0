"""JSON files of networks whose layers are not all dense: what is written is read back, number for number."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from anncli.analysis.proof import prove
from anncli.arrays import Rows, Tokens
from anncli.errors import NetworkError
from anncli.formats.exports.base import ExportRequest
from anncli.formats.exports.json_network import EXPORT
from anncli.inference.predict import predict
from anncli.network.layers.base import Shape
from anncli.network.network import Network, SelfTest
from anncli.network.topology import Topology

STARTS = np.array([0, 2, 3])
SAMPLES = {
    "any x 3": (Shape(3, None), Rows(np.arange(9, dtype=np.float32).reshape(3, 3), STARTS)),
    "7 tokens": (Shape(7, None, None, True), Tokens(np.array([6, 0, 2]), np.float32([1, 0.5, -2]), STARTS, 7)),
    "3x2": (Shape(6, 1, (3, 2, 1)), np.arange(12, dtype=np.float32).reshape(2, 6)),
}


def network_of(text: str) -> Network:
    shape, inputs = SAMPLES[text]
    network = Network(Topology(shape, ["4 tanh", "2 softmax"]), classes=("a", "b"))
    network.set_parameters(np.random.default_rng(3).normal(size=network.topology.n_parameters))
    network.self_test = SelfTest(inputs, predict(network, inputs))
    return network


@pytest.mark.parametrize("text", SAMPLES)
def test_samples_of_every_kind_are_read_back(text: str) -> None:
    network = network_of(text)
    files = EXPORT.render(network, ExportRequest())
    assert json.loads(files[""])["inputs"] == text
    again = EXPORT.read_back(files)
    assert again.topology == network.topology
    assert again.parameters.tobytes() == network.parameters.tobytes()
    inputs: Any = again.self_test.inputs
    assert predict(again, inputs).tobytes() == again.self_test.outputs.tobytes() == network.self_test.outputs.tobytes()
    assert EXPORT.render(again, ExportRequest())[""] == files[""]
    assert prove(EXPORT, files, network, ExportRequest()).document()["state"] == "passed"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"any x 3"', '"any x"', "`inputs`: unknown form of inputs 'any x'"),
        ('"starts": [0, 2, 3]', '"starts": [0, 4, 3]', "`inputs` of `self_test`: starts must rise from 0 to 3, one number for each sample and the end"),
        ('"starts": [0, 2, 3]', '"starts": [0, -2, 3]', "`starts` must be a list of whole numbers"),
    ],
)  # fmt: skip
def test_faults_are_named(old: str, new: str, message: str) -> None:
    text = EXPORT.render(network_of("any x 3"), ExportRequest())[""].decode()
    assert old in text
    with pytest.raises(NetworkError) as caught:
        EXPORT.read_back({"": text.replace(old, new).encode()})
    assert message in str(caught.value)
