"""Gradients against central differences in float64 for every kind of layer: with every activation and every loss, on samples of 1
to 7 rows, weighted, with answers for each sample or for each row."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import numpy as np
import pytest
from kind_cases import CHAINS, SPIKING, WORD_VECTORS, Case, case, spiking_case
from test_gradients import HIDDEN, OUTPUTS

from anncli.analysis.gradient_check import check_gradient
from anncli.arrays import Rows
from anncli.backends.base import Problem, Samples
from anncli.backends.reference import ReferenceBackend
from anncli.network.input_shapes import read_inputs
from anncli.network.names import LAYER_NAMES, LOSS_NAMES, PRODUCT_NAMES
from anncli.network.propagation import forward
from anncli.network.topology import Topology
from anncli.training.objective import Objective

L2 = 0.1
# Products that differ from another one in their numbers alone.
SLOW = {f"bilinear {name}" for name in PRODUCT_NAMES if name not in ("circular", "quaternion")}
# Gates in one direction, and directions and tokens without gates, are quick cases.
SLOW |= {f"{kind} {where}" for kind in ("lstm", "gru") for where in ("in both directions", "on tokens")}


def difference(one: Case, direction: Any, h: float = 1e-5) -> float | None:
    """The slope of the loss along a direction by a central difference; None where a kink lies within."""
    session = ReferenceBackend().open(one.problem, one.samples)
    low, high = one.parameters - h * direction, one.parameters + h * direction
    below, above = (forward(one.problem.topology, at, one.samples.inputs).kept for at in (low, high))
    if any(layer.crosses_kink(*each) for layer, *each in zip(one.problem.topology.layers, below, above, strict=True)):
        return None
    return (session.loss(high, l2=L2) - session.loss(low, l2=L2)) / (2 * h)


def check_along_directions(one: Case) -> None:
    """Along a random direction in the parameters of each layer, and in all of them."""
    topology, gradient = one.problem.topology, np.full_like(one.parameters, np.nan)
    ReferenceBackend().open(one.problem, one.samples).gradient(one.parameters, gradient, l2=L2)
    rng, compared = np.random.default_rng(7), 0
    places = [slice(*pair) for pair in zip(topology.offsets, topology.offsets[1:], strict=False)]
    for place in [*places, slice(0, topology.n_parameters)]:
        if place.start == place.stop:
            continue
        direction = np.zeros_like(gradient)
        direction[place] = rng.normal(size=place.stop - place.start)
        direction /= np.linalg.norm(direction)
        assert np.linalg.norm(gradient[place]) > 1e-6, "nothing reaches these parameters"
        numeric = difference(one, direction)
        if numeric is not None:
            compared += 1
            assert abs(numeric - gradient @ direction) < 1e-6 * np.linalg.norm(gradient)
    assert compared


def test_every_kind_and_every_product_is_here() -> None:
    kinds = {layer.kind for name in CHAINS for layer in case(name, "tanh", "mse", "linear").problem.topology.layers}
    kinds |= {layer.kind for name in SPIKING for layer in spiking_case(name).problem.topology.layers}
    # A sign has no gradient.
    assert kinds | {*WORD_VECTORS, "hopfield"} == LAYER_NAMES.keys()
    products = {f"bilinear {name}" for name in PRODUCT_NAMES}
    assert products <= CHAINS.keys()


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in CHAINS]
)
def test_the_derivative_of_every_parameter(name: str) -> None:
    problem, samples, parameters = case(name, "tanh", "cross-entropy", "softmax")
    rows, labels = np.arange(len(samples.inputs)), np.zeros(len(samples.inputs), dtype=np.int8)
    with closing(ReferenceBackend().open(problem, samples)) as session:
        objective = Objective(session, problem, samples, rows, labels, L2)
        found = check_gradient(objective, parameters.astype(np.float32), np.random.default_rng(2))
    assert found.checked + found.skipped == problem.topology.n_parameters
    assert found.skipped <= problem.topology.n_parameters // 20
    assert found.error < 1e-6, problem.topology.parameter_name(found.worst)
    assert found.backend_error < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("name", CHAINS)
def test_the_loss_and_the_gradient_of_some_samples_are_means_over_them(name: str) -> None:
    one = case(name, "gelu", "mse", "logistic")
    session = ReferenceBackend().open(one.problem, one.samples)
    gradients, losses = np.empty((2, len(one.parameters))), []
    rows = np.array([4, 0, 6])
    for k, chosen in enumerate((rows, rows[[2, 0, 1]])):
        losses.append(session.gradient(one.parameters, gradients[k], chosen))
    total, sums, count = 0.0, np.zeros_like(one.parameters), 0
    for row in rows:
        own = np.empty_like(one.parameters)
        n = one.samples.targets.lengths[row] if isinstance(one.samples.targets, Rows) else 1
        total, count = total + n * session.gradient(one.parameters, own, rows[rows == row]), count + n
        sums += n * own
    assert losses == pytest.approx([total / count] * 2, rel=1e-12)
    assert gradients[0] == pytest.approx(sums / count, rel=1e-10, abs=1e-13)
    assert gradients[1] == pytest.approx(sums / count, rel=1e-10, abs=1e-13)


# One output layer for each loss, and each output layer with its losses.
FIRST = dict(reversed(OUTPUTS))


@pytest.mark.slow
@pytest.mark.parametrize("loss", LOSS_NAMES)
@pytest.mark.parametrize("name", CHAINS)
def test_every_activation_with_every_loss(name: str, loss: str) -> None:
    for hidden in HIDDEN:
        check_along_directions(case(name, hidden, loss, FIRST[loss]))


@pytest.mark.slow
@pytest.mark.parametrize("name", CHAINS)
def test_every_output_layer_with_every_loss(name: str) -> None:
    for loss, output in OUTPUTS:
        if output != "softmax" or name not in ("convolution as output", "communicate as output"):
            check_along_directions(case(name, "tanh", loss, output))


NAMES = {
    "recurrent in both directions": {0: "layer 1, unit 1, bias", 5: "layer 1, unit 3, weight from input 1", 12: "layer 1, unit 1, weight from unit 1 in the row before", 41: "layer 1, unit 6, weight from unit 6 in the row after", 43: "layer 2, unit 2, bias", 44: "layer 2, unit 1, weight from unit 1 of layer 1", 60: "layer 2, unit 3, bias"},
    "lstm": {0: "layer 1, gate i of unit 1, bias", 22: "layer 1, gate f of unit 3, weight from input 1", 127: "layer 1, gate o of unit 4, weight from unit 4 in the row before", 128: "layer 2, gate i of unit 1, bias"},
    "gru in both directions": {3: "layer 1, gate z of unit 1, bias", 41: "layer 1, gate z of unit 3, weight from unit 3 in the row before", 42: "layer 1, gate n of unit 1, bias", 53: "layer 1, gate n of unit 3, weight from input 3", 54: "layer 1, gate n of unit 1, bias of the row before", 65: "layer 1, gate n of unit 3, weight from unit 3 in the row before", 66: "layer 1, gate r of unit 4, bias", 131: "layer 1, gate n of unit 6, weight from unit 6 in the row after"},
    "recurrent on tokens": {4: "layer 1, unit 1, weight from token 1"},
    "convolution over rows": {1: "layer 1, unit 2, bias", 12: "layer 1, unit 1, weight from input 3 in row 1 of the window", 39: "layer 1, unit 4, weight from input 3 in row 3 of the window"},
    "max-pool over pictures": {3: "layer 1, unit 1, weight from channel 1 at row 1 and column 1 of the window", 56: "layer 1, unit 3, weight from channel 2 at row 3 and column 3 of the window"},
    "communicate with a skip": {14: "layer 1, unit 3, weight from input 3", 21: "layer 2, unit 1, weight from unit 1 of layer 1 in the same row", 41: "layer 2, unit 1, weight from the mean of unit 1 of layer 1 over the other rows", 105: "layer 3, unit 3, weight from unit 4 of layer 1 in the same row"},
    "embedding": {0: "layer 1, unit 1, weight from token 1", 35: "layer 1, unit 4, weight from token 9"},
    "dense on tokens": {0: "layer 1, unit 1, bias", 7: "layer 1, unit 4, weight from token 1"},
    "bilinear quaternion": {0: "layer 1, unit 1, component 1 of the bias", 19: "layer 1, unit 2, component 4 of the weight from vector 1 below"},
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_what_parameters_are_called(name: str) -> None:
    topology = case(name, "tanh", "mse", "linear").problem.topology
    assert {place: topology.parameter_name(place) for place in NAMES[name]} == NAMES[name]


def test_some_parameters_of_a_long_chain_are_drawn_from_every_layer_that_has_any() -> None:
    problem, samples, parameters = case("max-pool over pictures", "tanh", "cross-entropy", "softmax")
    with closing(ReferenceBackend().open(problem, samples)) as session:
        objective = Objective(session, problem, samples, np.arange(7), np.zeros(7, np.int8), L2)
        found = check_gradient(objective, parameters.astype(np.float32), np.random.default_rng(2), 20)
    assert found.checked + found.skipped == 20
    assert found.error < 1e-6


@pytest.mark.parametrize("name", CHAINS)
def test_sums_are_products_of_what_is_gathered_and_the_weights(name: str) -> None:
    one = case(name, "tanh", "mse", "linear")
    topology = one.problem.topology
    passed, met = forward(topology, one.parameters, one.samples.inputs), 0
    for layer, kept, blocks in zip(topology.layers, passed.kept, topology.blocks(one.parameters), strict=True):
        gathered = layer.gathered(kept)
        if gathered is None:
            own = ("bilinear", "embedding", "recurrent", "lstm", "gru", "memory")
            assert layer.kind in own or not blocks or name == "dense on tokens"
            continue
        (weights,), (biases,) = layer.weights(blocks), layer.biases(blocks)
        assert kept.z.reshape(-1, len(biases)) == pytest.approx(gathered @ weights + biases, rel=1e-12, abs=1e-13)
        met += 1
    assert met


@pytest.mark.parametrize("layers", [["max"], ["max-pool 2", "last"]])
def test_weights_that_decide_which_of_two_equal_values_is_the_largest_are_skipped(layers: list[str]) -> None:
    # The unit is 0.5 x + 0.5 y, so that the rows (1, 0) and (0, 1) have one value. Its bias moves both.
    topology = Topology(read_inputs("any x 2"), ["1 linear", *layers, "1 linear"])
    problem, samples = Problem(topology, "mse"), Samples(Rows(np.eye(2), np.array([0, 2])), np.array([[2.0]]))
    parameters = np.array([0.1, 0.5, 0.5, 0.2, 1.5], np.float32)
    with closing(ReferenceBackend().open(problem, samples)) as session:
        objective = Objective(session, problem, samples, np.arange(1), np.zeros(1, np.int8))
        found = check_gradient(objective, parameters, np.random.default_rng(1))
    assert (found.checked, found.skipped) == (3, 2)
    assert found.error < 1e-6
