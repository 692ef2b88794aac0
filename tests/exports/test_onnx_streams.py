"""ONNX models of networks that carry a state, as an input and an output, in onnxruntime; and which recurrent layers ONNX cannot hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chains_of_kinds import random_chain

from anncli.analysis.proof import prove
from anncli.cli.main import run
from anncli.formats.exports.base import ExportRequest
from anncli.formats.exports.registry import export_format
from anncli.formats.networks.registry import network_format
from anncli.formats.networks.storage import save
from anncli.network.input_shapes import read_inputs
from anncli.network.network import Network
from anncli.network.topology import Topology

STATEFUL = ExportRequest("net", stateful=True)


def a_network(inputs: str, layers: tuple[str, ...], numbers: Any = None) -> Network:
    network = Network(Topology(read_inputs(inputs), layers), task="regression")
    n = network.topology.n_parameters
    network.set_parameters(np.linspace(-1, 1, n) if numbers is None else np.array(numbers, dtype=np.float32))
    return network


def session_of(network: Network) -> Any:
    onnxruntime = pytest.importorskip("onnxruntime")
    data = export_format("onnx").render(network, STATEFUL)[""]
    return onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])


def test_an_lstm_of_one_unit_by_hand() -> None:
    """The numbers of the same network in C (test_c_streams.py), with the state [h, c] between the rows."""
    session = session_of(a_network("any x 1", ("1 lstm", "1 linear"), [0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 2, 0, 1, 2]))
    state = np.zeros((1, 2), dtype=np.float32)
    expected = [(1.505577, 0.252788, 0.556770), (1.276540, 0.138270, 0.283932), (1.789462, 0.394731, 1.070003)]
    for x, (y, h, c) in zip((1, -1, 2), expected, strict=True):
        values, state = session.run(["values", "next_state"], {"X": np.float32([[x]]), "state": state})
        np.testing.assert_allclose([values[0, 0], *state[0]], [y, h, c], atol=2e-6)


def test_a_row_that_is_not_finite_leaves_the_state() -> None:
    session = session_of(a_network("any x 1", ("1 linear recurrent", "1 linear"), [0, 1, 1, 0, 10]))
    state = np.float32([[3]])
    values, after = session.run(None, {"X": np.float32([[np.nan]]), "state": state})
    assert np.isnan(values).all()
    assert after.tolist() == [[3]]
    values, after = session.run(None, {"X": np.float32([[1], [2]]), "state": state})
    assert (values.tolist(), after.tolist()) == ([[40], [60]], [[6]])


# Chains that stream: an answer for every row or for all so far, of rows and of tokens, ensembles among them.
@pytest.mark.parametrize("seed", [15, 16, 17, 20, 23, 25, 103, 278])
def test_models_with_a_state_are_proved_in_two_pieces_and_read_back(seed: int) -> None:
    pytest.importorskip("onnxruntime")
    network, export = random_chain(seed), export_format("onnx")
    assert export.refusal(network, STATEFUL) is None
    files = export.render(network, STATEFUL)
    proof = prove(export, files, network, STATEFUL)
    assert proof.is_proved, proof
    again = network_format("onnx").parse(files[""], "net.onnx")
    assert again.topology == network.topology
    assert export.render(again, STATEFUL) == files
    assert export.render(again, ExportRequest("net")) == export.render(network, ExportRequest("net"))


def test_the_proof_finds_a_state_that_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime")
    from anncli.formats.exports.onnx.recurrent import State

    def lost(self: Any, check: str) -> None:
        self._nodes.add("Sub", [self.INPUT, self.INPUT], self.OUTPUT)

    monkeypatch.setattr(State, "finish", lost)
    network, export = random_chain(15), export_format("onnx")
    assert not prove(export, export.render(network, STATEFUL), network, STATEFUL).is_proved


@pytest.mark.parametrize(
    ("inputs", "layers", "words"),
    [
        ("any x 2", ("3 lstm bidirectional", "1 linear"), "--stateful: layer 1 (`3 lstm bidirectional`) needs the whole sample; leave `bidirectional` or --stateful out"),
        ("any x 2", ("3 lstm", "mean", "1 linear"), "--stateful: layer 2 (`mean`) needs the whole sample; without it the network answers for every row; or leave --stateful out"),
        ("any x 2", ("3 tanh", "1 linear"), "--stateful: no layer of the network carries a state from row to row; leave it out"),
        ("2", ("3 tanh", "1 linear"), "--stateful: a sample of this network is one row, which has no rows before it; leave --stateful out"),
    ],
)  # fmt: skip
def test_networks_without_a_state_are_refused(inputs: str, layers: tuple[str, ...], words: str) -> None:
    pytest.importorskip("onnx")
    assert export_format("onnx").refusal(a_network(inputs, layers), STATEFUL) == words


def test_activations_that_an_rnn_does_not_have() -> None:
    pytest.importorskip("onnx")
    network = a_network("any x 2", ("3 gelu recurrent", "1 linear"))
    assert export_format("onnx").refusal(network, ExportRequest("net")) == (
        "an ONNX file cannot hold a recurrent layer of gelu units, only linear, logistic, tanh, bipolar-sigmoid, lecun-tanh, relu, "
        "leaky-relu, elu, softplus, softsign"
    )


def test_formats_without_a_state_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.nn"
    save(a_network("any x 2", ("3 lstm", "1 linear")), path)
    for ending, words in (
        ("c", "--stateful is not for c; leave it out: C has a step with a state wherever the network allows one"),
        ("json", "--stateful is not for json; write onnx, or leave it out"),
    ):
        assert run(["export", str(path), "-o", str(tmp_path / f"net.{ending}"), "--stateful"]) == 2
        assert words in capsys.readouterr().err
