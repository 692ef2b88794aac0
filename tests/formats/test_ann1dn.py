"""The old dialect: read in full, damaged files refused, written in its own layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from anncli.backends.base import Problem, Samples
from anncli.backends.choice import choose_backend
from anncli.errors import NetworkError
from anncli.formats.networks.ann1dn import FORMAT, parse_network, render_network
from anncli.formats.networks.storage import render
from anncli.network.network import Network
from anncli.network.scaling import Scaling

FOLDER = Path(__file__).parent.parent / "data/networks"
XOR = (FOLDER / "xor_ann1dn.nn").read_text()
CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)


def fault_of(text: str) -> str:
    with pytest.raises(NetworkError) as error:
        parse_network(text, "x.nn")
    return str(error.value)


def outputs(network: Network, inputs: np.ndarray = CORNERS) -> list[float]:
    assert network.parameters is not None
    scaled = network.scaling.apply(inputs)
    session = choose_backend().open(Problem(network.topology), Samples(scaled))
    return [float(value) for value in session.outputs(network.parameters)[:, 0]]


def test_xor_gives_the_outputs_worked_out_by_hand() -> None:
    network = parse_network(XOR, "x.nn")
    assert [f"{value:.6f}" for value in outputs(network)] == ["0.102426", "0.894834", "0.894834", "0.102426"]
    assert network.biases[0].tolist() == [-5.0, 15.0]
    assert network.weights[0].tolist() == [[10.0, -10.0], [10.0, -10.0]]
    assert (network.targets, network.threshold, network.classes) == ((0.9, 0.1), 0.5, ())
    assert network.source.dialect == "ann1dn"
    assert network.scaling.is_identity


def test_weights_come_unit_by_unit_with_the_bias_first() -> None:
    network = parse_network("3\n2 2 1\n0 0\n0 1\n0 1\n1 2 3\n4 5 6\n7 8 9", "x.nn")
    # hidden = (1 + 2*10 + 3*100, 4 + 5*10 + 6*100) = (321, 654); output = 7 + 8*321 + 9*654 = 8461
    assert outputs(network, np.array([[10, 100]], dtype=np.float32)) == [8461.0]


def test_add_comes_before_multiply_and_the_input_function_last() -> None:
    network = parse_network("2  1 1  0 0  3 2  0 1", "x.nn")
    assert outputs(network, np.array([[4]], dtype=np.float32)) == [14.0]
    logistic = parse_network("2  1 1  1 0  -4 2  0 1", "x.nn")
    assert outputs(logistic, np.array([[4]], dtype=np.float32)) == [0.5]
    assert parse_network("2  1 1  1 0  0 1  0 1", "x.nn").scaling == Scaling(activation="logistic")


def test_text_after_the_last_weight_is_ignored() -> None:
    for ending in ("\ntraingdx 0.9 0.1 se: 99.1%", "5 6 7", "\n\xe9\x00"):
        assert outputs(parse_network(XOR + ending, "x.nn")) == outputs(parse_network(XOR, "x.nn"))


@pytest.mark.parametrize(
    ("text", "activation"),
    [("3\n2 2 1\n", "logistic"), ("3 2 2 1\n0\n2", "tanh"), ("3\r\n2 2 1 \r\n\r\n0\r\n0\r\n", "linear")],
)
def test_missing_parts_have_the_old_defaults(text: str, activation: str) -> None:
    network = parse_network(text, "x.nn")
    assert not network.is_trained
    assert [layer.activation for layer in network.layers] == [activation, activation]
    assert network.scaling == Scaling()


def test_pairs_without_weights_are_an_untrained_network_with_scaling() -> None:
    network = parse_network("2  2 1  0 1  -1 2  0 1", "x.nn")
    assert not network.is_trained
    assert network.scaling.add is not None
    assert network.scaling.add.tolist() == [-1, 0]


def test_several_outputs_and_the_tanh_of_a_later_relative() -> None:
    network = parse_network("2  1 2  0 2  0 1  0 1 0 -1", "x.nn")
    assert (network.n_outputs, network.threshold, network.targets) == (2, None, None)
    assert parse_network("2  1 1  0 2  0 1  0 1", "x.nn").threshold == 0.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 5", "x.nn:1:1: a network has at least 2 layers, inputs included, found 1; write for example 3"),
        ("-3 1", "x.nn:1:1: a network has at least 2 layers, inputs included, found -3; write for example 3"),
        ("2000 1", "x.nn:1:1: 2000 layers are more than the 1000 this program handles; check that this is a network file"),
        ("3\n2 2", "x.nn: ends before the size of layer 3 of 3; restore it from a copy or complete it"),
        ("3\n2 0 1", "x.nn:2:3: layer 2 needs at least 1 unit, found 0"),
        ("2\n2 1000000000", "x.nn: 1000000000 units or inputs are more than the 1000000 this program handles; check that this is a network file"),
        ("5.1 3.5", "x.nn:1:1: expected the number of layers, inputs included, a whole number, found '5.1'; check that this is a network file"),
        ("3\n2 2 1\n\nO\n1", "x.nn:4:1: expected the function code of the inputs (0 linear, 1 logistic), a whole number, found 'O'; correct it"),
        ("3\n2 2 1\n0 7", "x.nn:3:3: unknown function code 7; use 0 linear, 1 logistic or 2 tanh"),
        ("3\n2 2 1\n2 2", "x.nn:3:1: unknown function code 2 for the inputs; use 0 or 1"),
        ("3\n2 2 1\n0", "x.nn: ends before the function code of the layers (0 linear, 1 logistic, 2 tanh); restore it from a copy or complete it"),
        ("361\n2 linear\n0.5 1", "x.nn: is the file of a support vector machine (linear kernel), not of a network; give a network file"),
        (XOR.replace("15.000000", "15.0o"), "x.nn:13:1: '15.0o' is not a number; weights and biases must come here; other text may follow the last weight"),
        (XOR.replace("15.000000", "  1e40"), "x.nn:13:3: '1e40' is too large for a number; weights and biases must come here; other text may follow the last weight"),
        (XOR[: XOR.rindex("4.4")], "x.nn: is cut short: 8 of 9 numbers for weights and biases; restore it from a copy, or delete these numbers to train afresh"),
        ("2  2 1  0 1  -1 2  0", "x.nn: is cut short: 3 of 4 numbers for add and multiply of 2 inputs; restore it from a copy, or delete these numbers to train afresh"),
        ("3  2 2 1  0 1  1 2 3 4 5 6 7 8 9", "x.nn: is cut short: 5 of 9 numbers for weights and biases; if add and multiply were left out, write `0 1` for each input before the weights"),
    ],
)  # fmt: skip
def test_damaged_files_are_refused(text: str, message: str) -> None:
    assert fault_of(text) == message


def test_layout_as_the_old_tool_saves_it() -> None:
    expected = XOR.replace(".000000", "").replace("-6.600000", "-6.5999999").replace("4.400000", "4.4000001")
    assert render_network(parse_network(XOR, "x.nn")) == expected
    assert render_network(Network.create(2, [(3, "tanh"), (1, "tanh")])) == "3\n2 3 1 \n\n0\n2\n\n"


def test_nine_digits_keep_every_bit() -> None:
    patterns = np.random.default_rng(3).integers(0, 2**32, 20_000, dtype=np.uint32)
    edges = np.array([1, 2**31, 2**31 + 1, 0x7F7FFFFF, 0x00800000, 0x007FFFFF], dtype=np.uint32)
    values = np.concatenate([edges, patterns]).view(np.float32)
    values = values[np.isfinite(values)]
    network = Network.create(len(values) - 1, [(1, "linear")], parameters=values)
    network.scaling = Scaling("zscore", values[1:], values[:-1])
    found = parse_network(render_network(network), "x.nn")
    assert found.parameters is not None
    assert found.scaling.add is not None
    assert found.scaling.multiply is not None
    assert found.parameters.tobytes() == values.tobytes()
    assert found.scaling.add.tobytes() == values[1:].tobytes()
    assert found.scaling.multiply.tobytes() == values[:-1].tobytes()


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (Network.create(2, [(3, "softmax")]), "an ann1dn file cannot hold softmax units, only linear, logistic or tanh"),
        (Network.create(2, [(3, "relu"), (1, "tanh")]), "an ann1dn file cannot hold relu units, only linear, logistic or tanh"),
        (
            Network.create(2, [(3, "tanh"), (1, "logistic")]),
            "an ann1dn file has one activation for all layers, this network has logistic, tanh",
        ),
        (
            Network.create(2, [(1, "tanh")], scaling=Scaling(per_vector="energy")),
            "an ann1dn file cannot hold scaling of each row (energy)",
        ),
        (
            Network.create(2, [(1, "tanh")], scaling=Scaling(activation="soft-clip")),
            "an ann1dn file cannot hold the scaling soft-clip, only linear and logistic ones",
        ),
        (
            Network.create(2, [(1, "tanh")], scaling=Scaling(log_floor=np.array([0, 1], dtype=np.float32))),
            "an ann1dn file cannot hold the logarithms of inputs",
        ),
    ],
)  # fmt: skip
def test_what_the_dialect_cannot_hold_is_refused(network: Network, reason: str) -> None:
    assert FORMAT.refusal(network.topology, network.scaling) == reason
    with pytest.raises(NetworkError) as error:
        render(network, "ann1dn", "x.nn")
    assert str(error.value) == f"x.nn: {reason}; save it in the ann format"
