"""The JSON export: everything is in it, it reads back bit for bit, and damaged files are refused in words."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from exported_files import proof_of
from random_networks import random_network, random_rows

from anncli.analysis.recorded import compare_recorded
from anncli.errors import NetworkError
from anncli.formats.exports.base import ExportRequest
from anncli.formats.exports.registry import export_format
from anncli.formats.networks.storage import load, parse
from anncli.inference.predict import decide, predict
from anncli.network.network import Network


def exported(network: Network) -> bytes:
    return export_format("json").render(network, ExportRequest())[""]


@pytest.mark.parametrize("seed", [*range(0, 60, 7), 10, 20, 25, 30])
def test_a_network_comes_back_with_the_same_bits_and_is_written_with_the_same_bytes(seed):
    network = random_network(seed)
    data = exported(network)
    again = parse(data, "x.json")
    rows = random_rows(network, np.random.default_rng(3), 50)
    outputs = predict(again, rows.inputs)
    np.testing.assert_allclose(
        outputs, predict(network, rows.inputs), rtol=1e-6, atol=1e-7
    )  # the knots of a calibration are rounded
    if network.task != "regression":
        np.testing.assert_array_equal(decide(again, outputs), decide(network, predict(network, rows.inputs)))
    assert exported(again) == data
    assert (again.classes, again.target_names, again.columns) == (
        network.classes,
        network.target_names,
        network.columns,
    )
    assert again.source.origin == "json"
    assert [(one.name, one.passed) for one in compare_recorded(again)] == [("self-test", True)]


def test_what_a_file_says_by_hand(tmp_path):
    """y = 2 tanh(0.5 + 1 (x1 + 1) / 2 - 3 (x2 - 2)) + 10, from the keys alone."""
    network = Network.create(2, [(1, "tanh"), (1, "linear")], task="regression")
    network.set_parameters([0.5, 1, -3, 0, 2])
    network.scaling.add, network.scaling.multiply = np.float32([1, -2]), np.float32([0.5, 1])
    network.target_scaling.offset, network.target_scaling.spread = np.float32([10]), np.float32([1])
    found = json.loads(exported(network))
    assert found["inputs"] == 2
    assert found["scaling"] == {
        "method": "none", "per_vector": "none", "log_floor": None, "add": [1.0, -2.0], "multiply": [0.5, 1.0], "activation": "linear",
    }  # fmt: skip
    assert found["members"] == [
        {
            "layers": [
                {"units": 1, "activation": "tanh", "biases": [0.5], "weights": [[1.0], [-3.0]]},
                {"units": 1, "activation": "linear", "biases": [0.0], "weights": [[2.0]]},
            ]
        }
    ]
    (tmp_path / "x.json").write_bytes(exported(network))
    outputs = predict(load(tmp_path / "x.json"), np.float32([[1, 3]]))
    assert outputs[0, 0] == pytest.approx(10 + 2 * np.tanh(0.5 + 1 - 3))


def changed(key: str, value: Any) -> bytes:
    document = json.loads(exported(random_network(0)))
    place = document
    *path, last = [int(word) if word.isdigit() else word for word in key.split(".")]
    for word in path:
        place = place[word]
    place[last] = value
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (changed("version", 2), "x.json: `version` must be 1, found the number 2; read it with a newer ann, or export it anew"),
        (changed("weihgts", 1), "x.json: unknown key 'weihgts'; use one of format, version"),
        (changed("inputs", 0), "x.json: `inputs` must be a whole number above 0, found the number 0; export the network anew"),
        (changed("members", []), "x.json: `members` must be a list of networks, found an empty list; export the network anew"),
        (changed("members.0.layers.0.units", 10**9), "x.json: 1000000000 units or inputs are more than the 1000000 this program handles; export the network anew"),
        (changed("members.0.layers.0.biases", [1]), "x.json: `biases` must be lists of 7 numbers; export the network anew"),
        (changed("members.0.layers.0.biases", ["1", 2, 3, 4, 5, 6, 7]), "x.json: `biases` must hold 32-bit numbers, found '1'; export the network anew"),
        (changed("members.0.layers.0.biases", [10**60, 2, 3, 4, 5, 6, 7]), "x.json: `biases` must hold 32-bit numbers, found the number 1000"),
        (changed("members.0.layers.0.activation", "tahn"), "x.json: unknown activation 'tahn'; export the network anew"),
        (changed("scaling.per_vector", "all"), "x.json: `per_vector` must be one of none, energy, minmax, found 'all'"),
        (changed("self_test.inputs", [[1]]), "x.json: `inputs` must be lists of"),
        (exported(random_network(0))[:300], "x.json:18:6: is not valid JSON: Expecting value; export the network anew"),
        (b'{"format": "anncli-network", "format": 1}', "x.json: is not valid JSON: the key 'format' is given twice; export the network anew"),
        (b'{"format": "anncli-network", "version": NaN}', "x.json: is not valid JSON: NaN is not a finite number; export the network anew"),
        (b'{"format": "anncli-network", "version": ' + b"[" * 100_000, "x.json: "),
    ],
)  # fmt: skip
def test_damaged_files_are_refused(data, text):
    with pytest.raises(NetworkError) as found:
        parse(data, "x.json")
    assert str(found.value).startswith(text)


def test_the_proof_reads_it_back():
    proof = proof_of(random_network(3), "json")
    assert proof.is_proved
    assert proof.tool.endswith("which read it back")
    assert (proof.n_stored, proof.n_inside, proof.n_outside) == (5, 500, 500)
    assert proof.difference <= 1e-6


def test_a_number_with_too_many_digits_is_told_without_advice_for_programmers() -> None:
    text = b'{"format": "anncli-network", "version": ' + b"9" * 6000 + b"}"
    with pytest.raises(NetworkError) as found:
        parse(text, "x.json", "json")
    assert str(found.value).endswith(
        "(4300 digits) for integer string conversion: value has 6000 digits; export the network anew"
    )
