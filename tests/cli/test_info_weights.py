"""`ann info --weights`: every weight by name, on the terminal, as a document and as a table; hand-made networks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from inside import Done, ann

import anncli
from anncli.analysis.named_weights import NamedWeight, named_weights
from anncli.formats.networks.storage import save
from anncli.network.layers.base import Shape
from anncli.network.network import Network

__all__ = ["ann"]

Run = Callable[..., Done]


def small_network(**settings: object) -> Network:
    """2-2-1 with the weights 1, 2, ... 9 in the order of the vector: of each layer the biases first."""
    return Network.create(2, [(2, "tanh"), (1, "logistic")], parameters=np.arange(1, 10, dtype=np.float32), **settings)


def test_names_of_a_network_that_has_some() -> None:
    found = list(named_weights(small_network(columns=("age", "dose"), classes=("ill", "well"))))
    assert found == [
        NamedWeight(1, "unit 1", "bias", 1), NamedWeight(1, "unit 1", "age", 3), NamedWeight(1, "unit 1", "dose", 5),
        NamedWeight(1, "unit 2", "bias", 2), NamedWeight(1, "unit 2", "age", 4), NamedWeight(1, "unit 2", "dose", 6),
        NamedWeight(2, "ill", "bias", 7), NamedWeight(2, "ill", "unit 1", 8), NamedWeight(2, "ill", "unit 2", 9),
    ]  # fmt: skip


def test_inputs_and_outputs_without_names_are_numbered() -> None:
    found = list(named_weights(small_network()))
    assert [weight.source for weight in found[:3]] == ["bias", "input 1", "input 2"]
    assert {weight.unit for weight in found[6:]} == {"unit 1"}


def test_quantiles_of_a_target_are_named_apart() -> None:
    network = Network.create(
        1, ["2 linear"], parameters=np.arange(4, dtype=np.float32), task="regression", target_names=("price",),
        loss="quantile:0.1,0.9",
    )  # fmt: skip
    assert [weight.unit for weight in named_weights(network)] == ["price_0.1", "price_0.1", "price_0.9", "price_0.9"]


def test_members_of_an_ensemble_are_told_apart(tmp_path: Path, ann: Run) -> None:
    network = small_network()
    network.set_members([np.arange(9), np.arange(9) + 100])
    found = list(named_weights(network))
    assert [weight.member for weight in found] == [1] * 9 + [2] * 9
    assert [weight.value for weight in found if weight.source == "bias"] == [0, 1, 6, 100, 101, 106]
    save(network, tmp_path / "net.nn")
    lines = ann("info", "net.nn", "--weights", "--to", "csv").stdout.splitlines()
    assert lines[:2] == ["member,layer,unit,from,value", "1,1,unit 1,bias,0"]
    assert lines[-1] == "2,2,unit 1,unit 2,108"


def test_names_of_layers_of_other_kinds() -> None:
    network = Network.create(Shape(3, None), ["2 tanh", "1 tanh communicate", "1 tanh communicate skip 1", "1 linear"])
    network.parameters = np.arange(network.topology.n_parameters, dtype=np.float32)
    found = [weight for weight in named_weights(network) if weight.layer in (2, 3)]
    assert {weight.unit for weight in found} == {"unit 1"}
    assert [weight.source for weight in found] == [
        "bias", "unit 1 of layer 1 in the same row", "unit 2 of layer 1 in the same row",
        "the mean of unit 1 of layer 1 over the other rows", "the mean of unit 2 of layer 1 over the other rows",
        "bias", "unit 1 of layer 2 in the same row", "the mean of unit 1 of layer 2 over the other rows",
        "unit 1 of layer 1 in the same row", "unit 2 of layer 1 in the same row",
    ]  # fmt: skip
    assert [weight.value for weight in found] == list(range(8, 18))
    vectors = Network.create(Shape(4, 1, (2, 2, 1)), ["1x2 tanh complex"], parameters=np.arange(6))
    assert list(named_weights(vectors)) == [
        NamedWeight(1, "unit 1", "component 1 of the bias", 0.0),
        NamedWeight(1, "unit 1", "component 1 of the weight from vector 1 below", 2.0),
        NamedWeight(1, "unit 1", "component 1 of the weight from vector 2 below", 4.0),
        NamedWeight(1, "unit 1", "component 2 of the bias", 1.0),
        NamedWeight(1, "unit 1", "component 2 of the weight from vector 1 below", 3.0),
        NamedWeight(1, "unit 1", "component 2 of the weight from vector 2 below", 5.0),
    ]
    words = Network.create(Shape(2, None, None, True), ["1 embedding", "mean", "1 linear"], parameters=np.arange(4))
    assert [weight.source for weight in named_weights(words)] == ["token 1", "token 2", "bias", "unit 1"]


def test_the_table_the_document_and_the_file_agree(tmp_path: Path, ann: Run) -> None:
    save(small_network(columns=("age", "the dose"), classes=("ill", "well")), tmp_path / "net.nn")
    lines = ann("info", "net.nn", "--weights").stdout.splitlines()
    assert lines[:3] == [
        "layer  unit    from      value",
        "1      unit 1  bias      1.0",
        "1      unit 1  age       3.0",
    ]
    assert len(lines) == 10
    document = json.loads(ann("info", "net.nn", "--weights", "--json").stdout)
    assert document["command"] == "info"
    assert document["weights"][4] == {"layer": 1, "unit": "unit 2", "from": "age", "value": 4.0}
    assert ann("info", "net.nn", "--weights", "-o", "w.csv").stdout == ""
    rows = (tmp_path / "w.csv").read_text().splitlines()
    assert rows[:3] == ["layer,unit,from,value", "1,unit 1,bias,1", "1,unit 1,age,3"]
    assert len(rows) == 10
    assert ann("info", "net.nn", "--weights", "-o", "w.csv", check=2).stderr.startswith("ann: w.csv exists; ")
    ann("info", "net.nn", "--weights", "-o", "w.csv", "--force")


def test_they_are_those_of_the_network(trained: Path, ann: Run) -> None:
    document = json.loads(ann("info", "net.nn", "--weights", "--json").stdout)
    network = anncli.load(trained / "net.nn")
    parameters = [np.float32(weight["value"]) for weight in document["weights"]]
    blocks = [np.vstack([bias, block]).T.ravel() for block, bias in zip(network.weights, network.biases, strict=True)]
    assert np.array_equal(np.concatenate(blocks), np.array(parameters))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--to", "csv"], "--to is about the table of --weights; say --weights too"),
        (["-o", "w.csv"], "--output is about the table of --weights; say --weights too"),
        (["--weights", "--json", "--to", "csv"], "--json and a table cannot both be written; leave one of them out"),
        (["--weights", "--to", "fann"], "fann is no format of a table of weights; use one of "),
        (["--weights", "-o", "w.xyz"], "the ending of w.xyz names no format; use one of "),
        (
            ["--weights", "-o", "net.nn", "--to", "csv"],
            "net.nn is the file that is read; give another name for --output",
        ),
        (["--weights", "--reseal"], "--reseal and --weights cannot be said together; run one after the other"),
    ],
)
def test_options_that_contradict_each_other(trained: Path, ann: Run, arguments: list[str], message: str) -> None:
    before = (trained / "net.nn").read_bytes()
    assert ann("info", "net.nn", *arguments, check=2).stderr.startswith(f"ann: {message}")
    assert (trained / "net.nn").read_bytes() == before


def test_a_definition_has_no_weights(small: Path, ann: Run) -> None:
    assert "the network has no weights yet" in ann("info", "net.nn", "--weights", check=4).stderr
