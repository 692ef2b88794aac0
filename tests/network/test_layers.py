"""Layers: dense ones by hand, and a kind that a contributor adds with one file and one line."""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Iterator

import numpy as np
import pytest
from toy_layer import Scale, scale_kind, smooth_scale_kind  # noqa: F401 - fixtures

import anncli
from anncli.analysis.gradient_check import check_gradient
from anncli.api import start_training
from anncli.arrays import Array
from anncli.backends.base import Problem, Samples
from anncli.backends.choice import choose_backend
from anncli.backends.gauss_newton import jacobian_rows
from anncli.backends.reference import ReferenceBackend
from anncli.cli.running.inspecting import _lines, summary
from anncli.dataset.dataset import Dataset
from anncli.errors import NetworkError, UsageError, ValueFault
from anncli.formats.networks import ann
from anncli.formats.networks.storage import refusal
from anncli.network.activations import ACTIVATIONS, Activation
from anncli.network.layers import layer_class, read_layer
from anncli.network.layers.base import Shape
from anncli.network.layers.dense import Dense
from anncli.network.names import ACTIVATION_NAMES, LAYER_NAMES, ActivationName
from anncli.network.network import Network
from anncli.network.propagation import backward, forward
from anncli.network.topology import Topology
from anncli.training.names import TRAINER_NAMES
from anncli.training.trainers.curvature import hessian_product
from anncli.training.trainers.jacobian import normal_equations

NEEDS = {"scg": "second derivatives", "lm": "gradients of single rows", "br": "gradients of single rows"}


def clouds() -> Dataset:
    rng = np.random.default_rng(5)
    return Dataset.from_classes(rng.normal(1, 1, (40, 3)), rng.normal(-1, 1, (40, 3)), classes=("a", "b"))


# Dense layers


def test_a_dense_layer_by_hand() -> None:
    layer = Dense(2, "tanh")
    # One row (1, 2); unit 1: bias 0.5, weights 1, -1: z = -0.5; unit 2: bias 0, weights 0.25, 0.5: z = 1.25.
    block = np.array([[0.5, 0.0], [1.0, 0.25], [-1.0, 0.5]])
    kept = layer.forward((block,), np.array([[1.0, 2.0]]), None)
    assert kept.z.tolist() == [[-0.5, 1.25]]
    assert kept.outputs.tolist() == [np.tanh([-0.5, 1.25]).tolist()]
    # dE/dA = (1, 1) becomes dE/dZ = 1 - tanh^2; the gradient of each weight is its input times that.
    delta = layer.delta(kept, np.ones((1, 2)))
    slopes = 1 - np.tanh([-0.5, 1.25]) ** 2
    assert delta[0].tolist() == slopes.tolist()
    slot = np.empty((3, 2))
    below = layer.backward((block,), kept, delta, (slot,), wanted=True)
    assert slot.tolist() == [slopes.tolist(), slopes.tolist(), (2 * slopes).tolist()]
    assert below is not None
    assert below[0].tolist() == pytest.approx([slopes[0] + 0.25 * slopes[1], -slopes[0] + 0.5 * slopes[1]])
    assert layer.backward((block,), kept, delta, (slot,), wanted=False) is None


def test_weights_and_biases_of_a_dense_layer() -> None:
    layer, block = Dense(2, "tanh"), np.arange(6.0).reshape(3, 2)
    assert layer.block_shapes(Shape(2)) == ((3, 2),)
    assert [view.tolist() for view in layer.weights((block,))] == [[[2, 3], [4, 5]]]
    assert [view.tolist() for view in layer.biases((block,))] == [[0, 1]]


def test_layers_of_one_text_are_equal() -> None:
    assert Dense(3, "sigmoid") == read_layer("3   logistic") == Dense(3, "logistic")
    assert len({Dense(3, "logistic"), Dense(3, "sigmoid"), Dense(3, "tanh")}) == 2
    assert Dense(3, "tanh") != Scale()
    assert (Dense(3, "tanh") == (3, "tanh")) is False
    units, activation = Dense(3, "tanh")
    assert (units, activation) == (3, "tanh")
    assert Topology(2, ["3 tanh", (1, "logistic")]) == Topology(2, [Dense(3, "tanh"), Dense(1, "sigmoid")])


@pytest.mark.parametrize("name", LAYER_NAMES)
def test_every_kind_in_the_table_has_its_class(name: str) -> None:
    assert layer_class(name).kind == name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tanh", "a layer is its units and activation, found 'tanh'; write for example `8 tanh`"),
        ("0 tanh", "a layer needs at least 1 unit, found 0; write for example `8 tanh`"),
        ("8 tahn", "unknown activation 'tahn'; did you mean 'tanh'?"),
    ],
)
def test_texts_that_are_no_layer(text: str, message: str) -> None:
    with pytest.raises(ValueFault, match=f"^{re.escape(message)}$"):
        read_layer(text)


def test_an_unknown_kind() -> None:
    with pytest.raises(ValueFault, match=r"^unknown kind of layer 'dens'; did you mean 'dense'\?$"):
        layer_class("dens")


def test_row_blocks_are_views() -> None:
    topology = Topology(2, ["3 tanh", "1 logistic"])
    rows = np.zeros((4, topology.n_parameters))
    (first,), (second,) = topology.row_blocks(rows)
    assert (first.shape, second.shape) == ((4, 3, 3), (4, 4, 1))
    first[2, 1, 0], second[3, 0, 0] = 5, 7
    assert (rows[2, 3], rows[3, 9]) == (5, 7)


def test_the_gradient_of_rows_adds_up_to_the_gradient() -> None:
    topology, rng = Topology(3, ["4 gelu", "3 tanh", "2 softmax"]), np.random.default_rng(0)
    parameters, inputs, delta = rng.normal(size=topology.n_parameters), rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    passed, gradient = forward(topology, parameters, inputs), np.empty(topology.n_parameters)
    backward(topology, parameters, passed, delta, gradient)
    assert jacobian_rows(topology, parameters, passed, delta).sum(axis=0) == pytest.approx(gradient, rel=1e-12)


# A kind of layer that a contributor adds

pytest_kind = pytest.mark.usefixtures("scale_kind")


@pytest_kind
def test_a_new_kind_by_hand() -> None:
    topology = Topology(2, ["scale", "1 linear"])
    assert (topology.sizes, topology.offsets, str(topology)) == ((2, 2, 1), (0, 4, 7), "2-2-1")
    # factors 2, 3; shifts 1, -1; then bias 0.5 and weights 10, 100.
    parameters = np.array([2.0, 3.0, 1.0, -1.0, 0.5, 10.0, 100.0])
    passed = forward(topology, parameters, np.array([[1.0, 2.0], [0.0, 0.0]]))
    assert passed.activations[1].tolist() == [[3, 5], [1, -1]]
    assert passed.activations[2].tolist() == [[530.5], [-89.5]]
    gradient = np.empty(7)
    backward(topology, parameters, passed, np.array([[1.0], [2.0]]), gradient)
    # factors: delta * weight * input; shifts: delta * weight; bias: delta; weights: delta * output of scale.
    assert gradient.tolist() == [10, 200, 30, 300, 3, 5, 3]
    assert topology.weights_mask().tolist() == [True, True, False, False, False, True, True]
    assert [view.tolist() for view in topology.biases(parameters)] == [[[1, -1]], [0.5]]
    assert topology.parameter_name(3) == "layer 1, block 2, row 1, column 2"
    assert topology.parameter_name(5) == "layer 2, unit 1, weight from unit 1 of layer 1"


@pytest_kind
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_new_kind_passes_the_gradient_check(place: int) -> None:
    layers: list[str] = ["4 tanh", "3 relu", "1 logistic"]
    layers.insert(place, "scale")
    run = start_training(Network.create(3, layers), clouds(), l2=0.1, validation=0.0)
    found = check_gradient(run.attempt.objective, run.attempt.parameters, np.random.default_rng(0))
    assert found.checked > 20
    assert found.error < 1e-6
    assert found.backend_error < 1e-5


@pytest_kind
def test_the_compiled_code_leaves_a_new_kind_to_the_reference() -> None:
    topology, rng = Topology(3, ["scale", "2 tanh"]), np.random.default_rng(0)
    assert topology.uncompiled == "layer 1 (`scale`) is not in the compiled code"
    assert Topology(3, ["2 tanh"]).uncompiled is None
    parameters, inputs = rng.normal(size=topology.n_parameters).astype(np.float32), rng.normal(size=(9, 3))
    problem, samples = Problem(topology, "mse"), Samples(inputs.astype(np.float32), None, None)
    outputs = choose_backend(problem).open(problem, samples).outputs(parameters)
    assert outputs.tobytes() == ReferenceBackend().open(problem, samples).outputs(parameters).tobytes()


@pytest_kind
@pytest.mark.parametrize("trainer", TRAINER_NAMES)
def test_a_new_kind_trains_with_every_trainer_whose_needs_it_meets(trainer: str) -> None:
    network, data = Network.create(3, ["scale", "4 tanh", "scale", "1 logistic"]), clouds()
    options = {"trainer": trainer, "validation": 0.0, "seed": 1}
    if trainer == "scg":
        message = f"trainer {trainer} cannot train this network: layer 1 (`scale`) has no {NEEDS[trainer]}"
        with pytest.raises(UsageError, match=f"^{re.escape(message)}; use --trainer lbfgs$"):
            anncli.train(network, data, epochs=1, loss="mse", **options)
        return
    # The gradients of single rows, which the kind does not give, take a pass for each row.
    loss = {"loss": "mse"} if trainer in ("lm", "br") else {}
    result = anncli.train(network, data, epochs=3 if loss else 30, **loss, **options)
    losses = [report.training_loss for report in result.history]
    # At its default learning rate `online` swings on this problem.
    assert (min(losses) if trainer == "online" else losses[-1]) < losses[0]
    factors = network.topology.blocks(network.parameters)[0][0]
    untrained = start_training(Network.create(3, ["scale", "4 tanh", "scale", "1 logistic"]), data, **options)
    assert (factors != network.topology.blocks(untrained.attempt.parameters)[0][0]).all()


@pytest_kind
@pytest.mark.parametrize(
    "options", [{"dropout": 0.3, "input_dropout": 0.2}, {"l1": 0.01}, {"clip": 0.1}, {"input_noise": 0.1}]
)
def test_a_new_kind_trains_with_every_regularisation(options: dict[str, float]) -> None:
    network = Network.create(3, ["4 tanh", "scale", "1 logistic"])
    result = anncli.train(network, clouds(), epochs=20, trainer="adam", learning_rate=0.05, **options)
    assert result.history[-1].training_loss < result.history[0].training_loss


@pytest_kind
def test_a_new_kind_is_written_and_read() -> None:
    network = Network.create(3, ["4 tanh", "scale", "1 logistic"])
    anncli.train(network, clouds(), epochs=3)
    text = ann.render_network(network)
    assert "layers: [4 tanh, scale, 1 logistic]\n" in text
    # As many blocks as the layers have, each with a line per column.
    weights = text[text.index("  weights:\n") : text.index("  record:\n")]
    blocks = [block.split("\n")[1:-1] for block in weights.split("  - |")[1:]]
    assert [len(lines) for lines in blocks] == [4, 4, 4, 1]
    assert blocks[2] == [f"    {value!s}" for value in network.topology.blocks(network.parameters)[1][1][0]]
    found = ann.parse_network(text, "x.nn")
    assert found.topology == network.topology
    assert found.parameters is not None
    assert network.parameters is not None
    assert found.parameters.tobytes() == network.parameters.tobytes()
    assert ann.render_network(found) == text


@pytest_kind
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  - |\n    1.0\n    2.0\n", "", "`weights` has 2 blocks, inputs and layers need 3"),
        ("    1.0\n    2.0\n", "    1\n", "block 1 of `weights` has 1 lines, inputs and layers need 2"),
        ("    1.0\n    2.0\n", "    1 2\n    2\n", "a line of layer 1 has 1 number, found 2 numbers"),
        ("[scale, 1 linear]", "[1 linear, scale]", "layer 2: `scale` cannot be the output layer; add `1 logistic` or `K softmax`"),
        ("[scale, 1 linear]", "[scale me, 1 linear]", "a scale layer has no settings, found 'scale me'; write `scale`"),
        ("[scale, 1 linear]", "[{kind: scal}, 1 linear]", "unknown kind of layer 'scal'; did you mean 'scale'?"),
        ("[scale, 1 linear]", "[{kind: 3}, 1 linear]", "`kind` must be a name, found the number 3; use one of dense, "),
        ("[scale, 1 linear]", "[{kind: scale, units: 3}, 1 linear]", "unknown key 'units'; use one of kind"),
    ],
)  # fmt: skip
def test_faults_of_a_file_with_a_new_kind(old: str, new: str, message: str) -> None:
    network = Network.create(2, ["scale", "1 linear"], parameters=np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]))
    text = ann.render_network(network)
    assert ann.parse_network(text.replace("[scale,", "[{kind: scale},"), "x.nn").topology == network.topology
    with pytest.raises(NetworkError, match=re.escape(message)):
        ann.parse_network(text.replace(old, new), "x.nn")


@pytest_kind
def test_info_shows_a_new_kind() -> None:
    network = Network.create(3, ["2 tanh", "scale", "1 logistic"])
    assert summary(network)["layers"] == [
        {"units": 2, "activation": "tanh", "weights": [3, 2], "biases": 2},
        {"layer": "scale", "blocks": [[1, 2], [1, 2]]},
        {"units": 1, "activation": "logistic", "weights": [2, 1], "biases": 1},
    ]
    lines = [line for line in _lines(summary(network)) if line.startswith("layers")]
    assert lines[1].endswith("2: scale, parameters 1 x 2, 1 x 2")


@pytest_kind
def test_ann1dn_refuses_a_new_kind() -> None:
    network = Network.create(3, ["scale", "1 logistic"])
    assert (
        refusal("ann1dn", network.topology, network.scaling)
        == "an ann1dn file cannot hold the layer `scale`, only dense layers"
    )


@pytest.mark.usefixtures("smooth_scale_kind")
@pytest.mark.parametrize(("output", "loss"), [("2 softmax", "cross-entropy"), ("1 tanh", "mse")])
def test_hessian_and_jacobian_of_a_new_kind(output: str, loss: str) -> None:
    network = Network.create(3, ["scale", "4 tanh", "scale", output])
    run = start_training(network, clouds(), loss=loss, l2=0.1, validation=0.0)
    objective, point = run.attempt.objective.precise(), run.attempt.parameters.astype(np.float64)
    n = len(point)

    def gradient(at: Array) -> Array:
        return objective.loss_and_gradient(at)[1]

    step = 1e-5 * np.eye(n)
    differences = np.array([gradient(point + h) - gradient(point - h) for h in step]) / 2e-5
    products = np.array([hessian_product(objective, point, direction) for direction in np.eye(n)])
    assert products == pytest.approx(differences, rel=1e-5, abs=1e-7)
    # The Gauss-Newton vector is the gradient without the penalty.
    equations = normal_equations(objective, point)
    assert equations.scale * equations.vector == pytest.approx(objective._replace(l2=0.0).loss_and_gradient(point)[1])


@pytest.mark.usefixtures("smooth_scale_kind")
@pytest.mark.parametrize("trainer", NEEDS)
def test_a_smooth_new_kind_trains_with_the_other_trainers(trainer: str) -> None:
    network = Network.create(3, ["scale", "4 tanh", "1 logistic"])
    assert network.topology.lacks("second_order") is network.topology.lacks("row_gradients") is None
    result = anncli.train(network, clouds(), epochs=10, trainer=trainer, loss="mse", validation=0.0)
    assert result.history[-1].training_loss < result.history[0].training_loss


# An activation that a contributor adds


@pytest.fixture
def sine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The activation `sine` without a second derivative and without compiled code, for one test."""
    module = types.ModuleType("anncli.network.activations.sine")
    module.ACTIVATION = Activation(np.sin, lambda z, a: np.cos(z))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(ACTIVATION_NAMES, "sine", ActivationName(None, "sine", "sin(z)", -1.0, 1.0, (0.9, -0.9)))
    yield
    ACTIVATIONS.pop("sine", None)


@pytest.mark.usefixtures("sine")
def test_a_new_activation_trains_on_the_reference() -> None:
    network = Network.create(3, ["4 sine", "1 sine"])
    assert network.topology.uncompiled == "layer 1 (`4 sine`) is not in the compiled code"
    assert network.topology.lacks("second_order") == "layer 1 (`4 sine`) has no second derivatives"
    assert network.topology.lacks("row_gradients") is None
    with pytest.raises(UsageError, match="trainer scg cannot train this network: layer 1"):
        anncli.train(network, clouds(), epochs=1, trainer="scg")
    run = start_training(network, clouds())
    assert check_gradient(run.attempt.objective, run.attempt.parameters, np.random.default_rng(0)).error < 1e-6
    for trainer in ("lm", "adam", "sgd"):
        network = Network.create(3, ["4 sine", "1 sine"])
        losses = [
            report.training_loss for report in anncli.train(network, clouds(), epochs=10, trainer=trainer).history
        ]
        assert losses[-1] < losses[0]
    assert network.targets == (0.9, -0.9)
    assert ann.parse_network(ann.render_network(network), "x.nn").topology == network.topology
