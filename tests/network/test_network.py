"""Topologies and networks: the layout of the parameter vector, and what is refused."""

from __future__ import annotations

import copy
import pickle
import re

import numpy as np
import pytest

from anncli.network.layers.base import Shape
from anncli.network.names import ACTIVATION_NAMES
from anncli.network.network import Network, NetworkSource, default_targets
from anncli.network.propagation import forward
from anncli.network.topology import Layer, Topology

# 2-2-1 XOR as one vector: hidden biases -5, 15; weights from input 0 (10, -10), from input 1 (10, -10);
# output bias -6.6, weights 4.4, 4.4.
XOR = np.array([-5, 15, 10, -10, 10, -10, -6.6, 4.4, 4.4])


def xor_network() -> Network:
    return Network.create(2, [(2, "logistic"), (1, "sigmoid")], parameters=XOR)


def test_blocks_are_views_with_biases_first() -> None:
    topology = Topology(2, (Layer(3, "tanh"), Layer(1, "logistic")))
    parameters = np.arange(13.0)
    (first,), (second,) = topology.blocks(parameters)
    assert first.tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert second.tolist() == [[9], [10], [11], [12]]
    second[0, 0] = -1
    assert parameters[9] == -1
    assert (topology.sizes, topology.offsets, topology.n_parameters) == ((2, 3, 1), (0, 9, 13), 13)
    assert topology.weights_mask().tolist() == [False] * 3 + [True] * 6 + [False] + [True] * 3
    assert (topology.n_outputs, topology.output_activation, str(topology)) == (1, "logistic", "2-3-1")
    assert topology.activation_codes == (ACTIVATION_NAMES["tanh"].code, ACTIVATION_NAMES["logistic"].code)


def test_outputs_of_the_xor_network() -> None:
    inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
    outputs = forward(xor_network().topology, XOR, inputs).activations[-1][:, 0]
    np.testing.assert_allclose(outputs, [0.102426, 0.894834, 0.894834, 0.102426], atol=5e-7)


def test_weights_and_biases_are_views_into_the_parameters() -> None:
    network = xor_network()
    assert network.parameters is not None
    assert network.parameters.dtype == np.float32
    assert network.weights[0].tolist() == [[10, -10], [10, -10]]
    assert network.biases[0].tolist() == [-5, 15]
    network.biases[1][0] = 7
    assert network.parameters[6] == 7
    assert XOR[6] == -6.6, "the network works on a copy"


def test_aliases_become_the_one_name() -> None:
    assert [layer.activation for layer in xor_network().layers] == ["logistic", "logistic"]


def test_untrained_network_has_no_weights() -> None:
    network = Network.create(2, [(1, "logistic")])
    assert not network.is_trained
    with pytest.raises(ValueError, match=r"^the network is untrained: it has no weights yet$"):
        _ = network.weights


@pytest.mark.parametrize(
    ("n_inputs", "layers", "message"),
    [
        (0, [(1, "tanh")], "a network needs at least 1 input, not 0"),
        (2, [], "a network needs at least one layer"),
        (2, [(3, "tanh"), (0, "tanh")], "layer 2 needs at least 1 unit, not 0"),
        (2, [(3, "softmax"), (2, "softmax")], "layer 1: softmax is for the output layer only"),
        (
            2,
            [(1, "softmax")],
            "softmax over a single output is always 1; use '1 logistic' or 'K softmax' with K classes",
        ),
        (2, [(3, "sigmod")], "unknown activation 'sigmod'; did you mean 'sigmoid'?"),
    ],
)
def test_impossible_topologies(n_inputs: int, layers: list[tuple[int, str]], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Network.create(n_inputs, layers)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (np.zeros(8), "a 2-2-1 network has 9 parameters, not 8"),
        (np.append(np.zeros(8), np.nan), "the parameters are not all finite"),
        (np.append(np.zeros(8), np.inf), "the parameters are not all finite"),
    ],
)
def test_impossible_parameters(parameters: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        xor_network().set_parameters(parameters)


def test_number_of_classes() -> None:
    assert xor_network().n_classes == 2
    assert Network.create(2, [(2, "softmax")]).n_classes == 2
    assert Network.create(2, [(5, "logistic")]).n_classes == 5


@pytest.mark.parametrize(
    ("activation", "with_mse", "with_cross_entropy"),
    [
        ("logistic", (0.9, 0.1), (1.0, 0.0)),
        ("tanh", (0.9, -0.9), None),
        ("softsign", (0.9, -0.9), None),
        ("lecun-tanh", (1.0, -1.0), None),
        ("linear", (1.0, 0.0), None),
        ("relu", (1.0, 0.0), None),
        ("softmax", (1.0, 0.0), (1.0, 0.0)),
    ],
)
def test_targets_the_activation_can_reach(activation: str, with_mse: tuple, with_cross_entropy: tuple | None) -> None:
    assert default_targets(activation, "mse") == with_mse
    if with_cross_entropy is not None:
        assert default_targets(activation, "cross-entropy") == with_cross_entropy


@pytest.mark.parametrize("activation", list(ACTIVATION_NAMES))
def test_targets_lie_inside_the_range_of_every_activation(activation: str) -> None:
    high, low = default_targets(activation, "mse")
    info = ACTIVATION_NAMES[activation]
    assert info.lowest <= low < high <= info.highest


def test_decision_threshold_is_stored_or_half_way_between_the_targets() -> None:
    network = Network.create(2, [(1, "tanh")])
    assert network.decision_threshold == 0
    network.targets = (1.0, 0.5)
    assert network.decision_threshold == 0.75
    network.threshold = 0.0
    assert network.decision_threshold == 0


def test_faults_about_options_of_the_file_name_their_place() -> None:
    source = NetworkSource("ann", "x.nn", None, {"epochs": 3}, {"epochs": (4, 3)}, {"epochs": (4, 11)})
    assert str(source.key_fault("epochs", "unknown", "try seed")) == "x.nn:4:3: unknown; try seed"
    assert str(source.value_fault("epochs", "too small")) == "x.nn:4:11: too small"
    assert str(NetworkSource().key_fault("epochs", "unknown")) == "unknown"


def test_a_topology_can_be_copied_and_sent_elsewhere() -> None:
    topology = Topology(Shape(12, grid=(2, 2, 3)), ["3 tanh", "1 logistic"])
    for other in (copy.deepcopy(topology), pickle.loads(pickle.dumps(topology))):
        assert other == topology
        assert hash(other) == hash(topology)
        assert (other.sizes, other.inputs.grid) == ((12, 3, 1), (2, 2, 3))
    assert topology != Topology(12, ["3 tanh", "1 logistic"])
    assert topology._replace(inputs=2) == Topology(2, ["3 tanh", "1 logistic"])
