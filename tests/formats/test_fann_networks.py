"""Networks of FANN by hand: every version, fixed point, scaling, shortcuts, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from anncli.errors import NetworkError
from anncli.formats.networks.storage import parse
from anncli.inference.predict import predict
from anncli.network.network import Network

REST = (
    "neurons (num_inputs, activation_function, activation_steepness)={neurons}\n"
    "connections (connected_to_neuron, weight)={connections}\n"
)
# Two inputs, two hidden units, one output; the units 2, 5 and 7 are 1.
NEURONS = "(0, 0, 0) (0, 0, 0) (0, 0, 0) (3, {f}, {s}) (3, {f}, {s}) (0, {f}, 0) (3, {g}, {t}) (0, {g}, 0) "
CONNECTIONS = "(0, 0.5) (1, -1) (2, 0.25) (0, 1) (1, 2) (2, -0.5) (3, 2) (4, -3) (5, 0.125) "


def new(
    version: str = "FLO_2.1",
    kind: int = 0,
    sizes: str = "3 3 2",
    scale: str = "scale_included=0\n",
    neurons: str = NEURONS,
    connections: str = CONNECTIONS,
    point: str = "",
    **functions: object,
) -> str:
    filled = neurons.format(**{"f": 5, "s": 0.5, "g": 0, "t": 1, **functions})
    head = f"FANN_{version}\n{point}num_layers=3\nlearning_rate=0.7\nconnection_rate=1.0\nnetwork_type={kind}\n"
    return f"{head}layer_sizes={sizes} \n{scale}" + REST.format(neurons=filled, connections=connections)


def read(text: str) -> Network:
    return parse(text.encode(), "x.net")


def hand(x: float, y: float, hidden=lambda z: math.tanh(0.5 * z), last=lambda z: z) -> float:
    one, two = hidden(0.5 * x - y + 0.25), hidden(x + 2 * y - 0.5)
    return last(2 * one - 3 * two + 0.125)


def clipped(low: float, high: float):
    return lambda z: min(max(0.5 * z, low), high)


@pytest.mark.parametrize(
    ("number", "function"),
    [
        (0, lambda z: 0.5 * z),
        (3, lambda z: 1 / (1 + math.exp(-z))),
        (4, lambda z: 1 / (1 + math.exp(-z))),
        (5, lambda z: math.tanh(0.5 * z)),
        (6, lambda z: math.tanh(0.5 * z)),
        (10, lambda z: 0.25 * z / (1 + abs(0.5 * z)) + 0.5),
        (11, lambda z: 0.5 * z / (1 + abs(0.5 * z))),
        (12, clipped(0, 1)),
        (13, clipped(-1, 1)),
        (18, lambda z: max(0.5 * z, 0)),
        (19, lambda z: 0.5 * z * (1 if z > 0 else 0.01)),
    ],
)
def test_every_function_that_ann_has(number, function):
    network = read(new(f=number))
    outputs = predict(network, np.float32([[0.3, -0.7], [2, 1], [-4, 3]]))[:, 0]
    np.testing.assert_allclose(
        outputs, [hand(x, y, function) for x, y in ((0.3, -0.7), (2, 1), (-4, 3))], rtol=1e-6, atol=1e-6
    )
    assert network.source.origin == "fann"
    assert any("FANN_SIGMOID" in text for text in network.source.remarks) == (number in (4, 6))
    # As the last layer.
    last = predict(read(new(g=number, t=0.5)), np.float32([[0.3, -0.7]]))[0, 0]
    assert last == pytest.approx(hand(0.3, -0.7, last=function), rel=1e-6)


@pytest.mark.parametrize("number", [1, 2, 7, 8, 9, 14, 15, 16, 17, 99])
def test_functions_that_ann_lacks_are_refused_by_name(number):
    names = {1: "FANN_THRESHOLD", 7: "FANN_GAUSSIAN", 16: "FANN_SIN", 99: "99"}
    with pytest.raises(NetworkError) as found:
        read(new(f=number))
    assert f"has units with the activation function {names.get(number, 'FANN_')}" in str(found.value)


def test_version_2_0_has_no_scaling():
    np.testing.assert_array_equal(predict(read(new("FLO_2.0", scale="")), np.float32([[1, 2]])), predict(read(new()), np.float32([[1, 2]])))  # fmt: skip


def test_version_1_1():
    """Three layers, hidden units of function 5 and steepness 0.5, a linear output of steepness 1."""
    old = "FANN_FLO_1.1\n3 0.7 1.0 0 5 0 0.5 1.0\n3 3 2 \n0 0 0 3 3 0 3 0 \n" + CONNECTIONS.replace(",", "")
    assert predict(read(old), np.float32([[0.3, -0.7]]))[0, 0] == pytest.approx(hand(0.3, -0.7), rel=1e-6)


@pytest.mark.parametrize("version", ["FIX_2.1", "FIX_1.1"])
def test_fixed_point_numbers_are_fractions(version):
    """A decimal point of 3: 8 stands for 1."""
    fixed = "(0, 4) (1, -8) (2, 2) (0, 8) (1, 16) (2, -4) (3, 16) (4, -24) (5, 1) "
    if version == "FIX_1.1":
        text = "FANN_FIX_1.1\n3\n3 0.7 1.0 0 5 0 4 8\n3 3 2 \n0 0 0 3 3 0 3 0 \n" + fixed.replace(",", "")
    else:
        text = new("FIX_2.1", connections=fixed, point="decimal_point=3\n", scale="", s=4, t=8)
    network = read(text)
    assert predict(network, np.float32([[0.3, -0.7]]))[0, 0] == pytest.approx(hand(0.3, -0.7), rel=1e-6)
    assert "the fixed-point numbers are read as fractions" in " ".join(network.source.remarks)


SCALE = """scale_included=1
scale_mean_in=1 2
scale_deviation_in=4 0.5
scale_new_min_in=-1 0
scale_factor_in=1 0.5
scale_mean_out=10
scale_deviation_out=3
scale_new_min_out=-1
scale_factor_out=2
"""


def test_the_scaling_of_a_file_becomes_that_of_inputs_and_targets():
    network = read(new(scale=SCALE))
    x, y = 5.0, 1.0
    scaled = ((x - 1) / 4 + 1) * 1 - 1, ((y - 2) / 0.5 + 1) * 0.5 + 0
    wanted = ((hand(*scaled) + 1) / 2 - 1) * 3 + 10
    assert predict(network, np.float32([[x, y]]))[0, 0] == pytest.approx(wanted, rel=1e-6)
    assert network.task == "regression"
    assert network.target_scaling.spread.tolist() == [1.5]


def test_a_sparse_network_gets_weights_of_0():
    text = new(
        neurons=NEURONS.replace("(3, {f}, {s}) (3, {f}, {s})", "(2, {f}, {s}) (2, {f}, {s})"),
        connections="(0, 0.5) (2, 0.25) (1, 2) (2, -0.5) (3, 2) (4, -3) (5, 0.125) ",
    )
    network = read(text)
    wanted = 2 * math.tanh(0.5 * (0.5 * 0.3 + 0.25)) - 3 * math.tanh(0.5 * (2 * -0.7 - 0.5)) + 0.125
    assert predict(network, np.float32([[0.3, -0.7]]))[0, 0] == pytest.approx(wanted, rel=1e-6)
    assert (
        network.source.remarks[1]
        == "2 connections that the file does not have are weights of 0, which training may change"
    )


def shortcut(function: int) -> str:
    """Inputs 0, 1 and the bias 2; a hidden unit 3 that reads these; the output 4 reads all."""
    return new(
        kind=1, sizes="3 1 1", g=0,
        neurons="(0, 0, 0) (0, 0, 0) (0, 0, 0) (3, {f}, {s}) (4, {g}, {t}) ",
        connections="(0, 0.5) (1, -1) (2, 0.25) (0, 1) (1, 2) (2, -0.5) (3, 2) ",
        f=function,
    )  # fmt: skip


def test_shortcuts_pass_linear_units_and_no_others():
    network = read(shortcut(0))
    hidden = 0.5 * (0.5 * 0.3 + 0.7 + 0.25)
    assert predict(network, np.float32([[0.3, -0.7]]))[0, 0] == pytest.approx(0.3 - 1.4 - 0.5 + 2 * hidden, rel=1e-6)
    with pytest.raises(
        NetworkError, match="past a layer of tanh units: a shortcut, which a chain of layers cannot hold"
    ):
        read(shortcut(5))


def test_a_line_that_ends_far_away_is_a_relu():
    network = read(new(f=12, s=2.0**-30, connections=CONNECTIONS.replace("(3, 2) (4, -3)", f"(3, {2 * 2**30}) (4, {-3 * 2**30})")))  # fmt: skip
    assert network.layers_text == "2 relu, 1 linear"
    assert predict(network, np.float32([[0.3, -0.7]]))[0, 0] == pytest.approx(hand(0.3, -0.7, lambda z: max(z, 0)), rel=1e-6)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (new("FLO_3.0"), "x.net:1: is a file of the version 'FANN_FLO_3.0'; 1.1, 2.0 and 2.1 are read; save it with a newer FANN"),
        (new(connections=CONNECTIONS[: CONNECTIONS.index("(3")]), "x.net: the neurons have 9 connections, 6 are listed; the file is cut short or damaged"),
        (new()[:-5], "x.net:9:116: expected a bracket at the end; the file is cut short or damaged"),
        (new(connections=CONNECTIONS.replace("(2, -0.5)", "(2)")), "x.net:9:43: expected lists of 2 numbers in brackets, the last has 1; the file is cut short or damaged"),
        (new()[:120], "x.net: has no list of neurons and connections; the file is cut short or damaged"),
        (new(sizes="3 3"), "x.net: expected 3 sizes of layers, found '3 3'; the file is cut short or damaged"),
        (new(sizes="3 3 999999999"), "x.net: expected 3 sizes of layers, found '3 3 999999999'; the file is cut short or damaged"),
        (new(sizes="3 4 2"), "x.net: the layers have 9 neurons, 8 are listed; the file is cut short or damaged"),
        (new(kind=2), "x.net:5:14: network_type must be a whole number from 0 to 1, found '2'"),
        (new(connections=CONNECTIONS.replace("(2, -0.5)", "(7, -0.5)")), "x.net: a neuron reads a neuron that does not stand before it; the file is cut short or damaged"),
        (new(connections=CONNECTIONS.replace("-0.5", "nan")), "x.net:9:88: expected a number, found 'nan'; the file is cut short or damaged"),
        (new(s=-1), "x.net: the steepness of a unit is below 0"),
        (new(s=100), "x.net: has units of the steepness 100, whose sums FANN bounds at 1.5"),
        (new(scale=SCALE.replace("scale_deviation_in=4", "scale_deviation_in=0")), "x.net: scale_deviation_in or scale_factor_in is 0; leave out the constant column and train anew"),
        (new(scale=SCALE.replace("scale_mean_out=10", "scale_mean_out=10 3")), "x.net:12:16: scale_mean_out has 2 numbers, needs 1; the file is cut short or damaged"),
        (new("FIX_2.1"), "x.net: has no decimal_point; the file is cut short or damaged"),
        ("FANN_FLO_1.1\n3 0.7 1.0 0 5 0 0.5", "x.net:2:1: expected eight numbers about the network; the file is cut short or damaged"),
        (new(connections=CONNECTIONS.replace("(3, 2)", "(3, 1e39)")), "x.net: one of its numbers is 1e+39, which no finite 32-bit number stands for; export the network anew"),
    ],
)  # fmt: skip
def test_damaged_files_are_refused(text, message):
    with pytest.raises(NetworkError) as found:
        read(text)
    assert str(found.value) == message
