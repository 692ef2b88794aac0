"""Layers of vectors, of agents and of tokens in network files; products of vectors that a file defines."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from anncli.cli.running.inspecting import summary
from anncli.cli.showing.train_report import describe
from anncli.errors import NetworkError
from anncli.formats.networks.ann import parse_network, render_network
from anncli.formats.networks.storage import load, save
from anncli.network.input_shapes import read_inputs
from anncli.network.network import Network

COMPLEX = "1 0 0 -1 0 1 1 0"


def definition(*layers: str, inputs: str = "2x2") -> str:
    return f"anncli: 1\ninputs: {inputs}  # two\nlayers: [{', '.join(layers)}]  # mine\n"


def layer(product: str) -> str:
    return f"{{kind: bilinear, units: 3x2, activation: tanh, product: {product}}}"


@pytest.mark.parametrize("name", ["mine.txt", "'mine.txt'", '"mine.txt"', "./mine.txt"])
def test_a_trained_network_needs_the_file_of_its_product_no_more(tmp_path: Path, name: str) -> None:
    (tmp_path / "mine.txt").write_text("2\n1 0 0 -1\n0 1 1 0\n", encoding="utf-8")
    (tmp_path / "net.nn").write_text(definition(layer(name), "1x2 linear complex"), encoding="utf-8")
    network = load(tmp_path / "net.nn")
    assert network.layers_text == f"3x2 tanh bilinear {COMPLEX}, 1x2 linear complex"
    network.set_parameters(np.arange(network.topology.n_parameters) / 8)
    save(network, tmp_path / "net.nn")
    (tmp_path / "mine.txt").unlink()
    text = (tmp_path / "net.nn").read_text(encoding="utf-8")
    # The head stays what it was, comments too, but for the name.
    assert text.startswith(definition(layer(COMPLEX), "1x2 linear complex"))
    found = load(tmp_path / "net.nn")
    assert found.topology == network.topology
    assert found.all_parameters.tobytes() == network.all_parameters.tobytes()
    inputs = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    named = Network.create(
        read_inputs("2x2"), ["3x2 tanh complex", "1x2 linear complex"], parameters=network.parameters
    )
    assert found.predict(inputs).tobytes() == named.predict(inputs).tobytes()


def test_two_products_of_files_stand_where_their_names_stood(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1 5", encoding="utf-8")
    (tmp_path / "b.txt").write_text("1\n-0.25", encoding="utf-8")
    layers = layer("a").replace("3x2", "3x1"), layer("b.txt").replace("3x2", "2x1")
    (tmp_path / "net.nn").write_text(definition(*layers, inputs="2x1"), encoding="utf-8")
    assert load(tmp_path / "net.nn").layers_text == "3x1 tanh bilinear 5, 2x1 tanh bilinear -0.25"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "mine.txt: is empty; write for example `2  1 0 0 -1  0 1 1 0`"),
        ("2\n1 0 0 -1\n0 1 x 0", "mine.txt:3: 'x' is not a number; a product is N and then N^3 numbers"),
        ("2 1 0", "mine.txt: expected N and then N^3 numbers, found 3 that begin with 2; write for example `2  1 0 0 -1  0 1 1 0`"),
        ("0.5", "mine.txt: expected N and then N^3 numbers, found 1 that begin with 0.5; write for example `2  1 0 0 -1  0 1 1 0`"),
        ("1 7", "net.nn:3:66: the product of two vectors of 2 components has 8 numbers, found 1; write B[k, i, j] of result, weight and input, j varying fastest"),
    ],
)  # fmt: skip
def test_faults_of_a_file_of_a_product(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "mine.txt").write_text(content, encoding="utf-8")
    (tmp_path / "net.nn").write_text(definition(layer("mine.txt")), encoding="utf-8")
    with pytest.raises(NetworkError, match=re.escape(message) + "$"):
        load(tmp_path / "net.nn")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (layer("none.txt"), "net.nn:3:66: no such file: 'none.txt'; a product is a name or a file of N and N^3 numbers"),
        (layer("complx"), "net.nn:3:66: unknown product 'complx'; did you mean 'complex'?"),
        (layer("[1, 2]"), "net.nn:3:66: `product` must be a text, found a list; write for example `product: circular`"),
        ("{kind: bilinear, units: 3x2, activation: tanh}", "net.nn:3:10: `product` is missing; write for example `product: circular`"),
        ("{kind: bilinear, units: 3, activation: tanh, product: complex}", "net.nn:3:34: a layer of vectors needs UNITSxCOMPONENTS, found '3'; write for example 16x7"),
        ("{kind: bilinear, units: 3x2, activation: tanh, prodct: complex}", "net.nn:3:57: unknown key 'prodct'; did you mean 'product'?"),
        ("{kind: communicate, units: 3, activation: tanh, skip: 0}", "net.nn:3:64: `skip` must be a whole number above 0, found 0; write for example `skip: 1`"),
        ("{kind: communicate, activation: tanh}", "net.nn:3:10: `units` is missing; write for example `units: 64`"),
        ("{kind: embedding, units: 3, activation: tanh}", "net.nn:3:38: unknown key 'activation'; use one of units, from, frozen, kind"),
    ],
)  # fmt: skip
def test_faults_of_the_long_form(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "net.nn").write_text(definition(text), encoding="utf-8")
    with pytest.raises(NetworkError, match=re.escape(message) + "$"):
        load(tmp_path / "net.nn")


@pytest.mark.parametrize(
    ("inputs", "layers", "columns"),
    [
        ("3x4", ["2x4 tanh quaternion", "1x4 linear circular"], [8, 4]),
        ("any x 3", ["2 tanh", "3 tanh", "4 relu communicate skip 1", "2 softmax"], [2, 3, 4, 2]),
        ("20 tokens", ["2 embedding", "3 tanh communicate", "2 softmax"], [2, 3, 2]),
        ("20 tokens", ["3 tanh", "1 logistic"], [3, 1]),
    ],
)
def test_networks_are_written_and_read(inputs: str, layers: list[str], columns: list[int]) -> None:
    network = Network.create(read_inputs(inputs), layers)
    network.set_parameters(np.random.default_rng(0).normal(size=network.topology.n_parameters))
    text = render_network(network)
    assert f"inputs: {inputs}\nlayers: [{', '.join(layers)}]\n" in text
    # A line for each column of a block.
    blocks = text[text.index("  weights:\n") : text.index("  checksum")].split("  - |")[1:]
    assert [len(block.split("\n")) - 2 for block in blocks] == columns
    found = parse_network(text, "x.nn")
    assert found.topology == network.topology
    assert found.all_parameters.tobytes() == network.all_parameters.tobytes()
    assert render_network(found) == text


def test_long_forms_are_the_short_ones() -> None:
    long = "{kind: communicate, units: 4, activation: relu, skip: 1}"
    text = definition("2 tanh", "3 tanh", long, "2 softmax", inputs="any x 3")
    assert parse_network(text, "x.nn").layers_text == "2 tanh, 3 tanh, 4 relu communicate skip 1, 2 softmax"
    text = definition("{kind: embedding, units: 4}", "mean", "2 softmax", inputs="30 tokens")
    assert parse_network(text, "x.nn").layers_text == "4 embedding, mean, 2 softmax"


def test_many_numbers_are_not_shown_to_people() -> None:
    numbers = " ".join(["1"] * 27)
    network = Network.create("2x3", [f"4x3 tanh bilinear {numbers}", "2 linear"])
    assert network.layers[0].shown == "4x3 tanh bilinear of 27 numbers"
    assert describe(network) == "6-12-2, 4x3 tanh bilinear of 27 numbers, 2 linear, 62 parameters"
    assert summary(network)["layers"][0]["layer"] == "4x3 tanh bilinear of 27 numbers"
    assert summary(network)["layers"][0]["product"] == numbers
    assert f"layers: [4x3 tanh bilinear {numbers}, 2 linear]\n" in render_network(network)
    assert Network.create("2x2", [f"4x2 tanh bilinear {COMPLEX}"]).layers[0].shown == f"4x2 tanh bilinear {COMPLEX}"
