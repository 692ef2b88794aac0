"""Gradients against central differences in float64 for every kind of layer: with every activation and every loss, on samples of 1
to 7 rows, weighted, with answers for each sample or for each row."""

from __future__ import annotations

from contextlib import closing
from typing import Any, NamedTuple

import numpy as np
import pytest
from test_gradients import HIDDEN, OUTPUTS

from anncli.analysis.gradient_check import check_gradient
from anncli.arrays import Rows, Tokens
from anncli.backends.base import Problem, Samples
from anncli.backends.reference import ReferenceBackend
from anncli.network.input_shapes import read_inputs
from anncli.network.names import LAYER_NAMES, LOSS_NAMES, PRODUCT_NAMES
from anncli.network.propagation import forward
from anncli.network.topology import Topology
from anncli.training.objective import Objective

L2 = 0.1
# What each product of vectors is defined for; others take any number of components.
COMPONENTS = {name: info.components or 3 for name, info in PRODUCT_NAMES.items()}
PRODUCTS = {
    f"bilinear {name}": (f"2x{n}", f"3x{n} {{f}} {name}, 2x{n} {{f}} {name}, 3 {{out}}")
    for name, n in COMPONENTS.items()
}
# The inputs and the layers, {f} a hidden activation, {out} that of the outputs.
CHAINS: dict[str, tuple[str, str]] = {
    "dense on rows": ("any x 3", "4 {f}, 3 {out}"),
    "dense on tokens": ("9 tokens", "4 {f}, 3 {out}"),
    "convolution over rows": ("any x 3", "4 {f} convolution 3, 3 {f} convolution 2 stride 2, last, 3 {out}"),
    "convolution with outputs for rows": ("any x 2", "4 {f} convolution 4, 3 {out}"),
    "convolution as output": ("any x 2", "4 {f}, 3 {out} convolution 3"),
    "valid convolution over rows": ("any x 3", "4 {f} convolution 2 valid, 3 {f} convolution 2 valid stride 2, mean, 3 {out}"),
    "convolution over pictures": ("6x5x2", "3 {f} convolution 3x3, 4 {f} convolution 2x3 valid stride 2, flatten, 3 {out}"),
    "even convolution over pictures": ("5x4", "3 {f} convolution 2x4 stride 1x2, 3 {out}"),
    "mean-pool over pictures": ("5x6", "3 {f} convolution 3x3, mean-pool 2x2, 3 {out}"),
    "max-pool over pictures": ("5x6x2", "3 {f} convolution 3x3, max-pool 3x2 stride 1x2, flatten, 3 {out}"),
    "mean-pool over rows": ("any x 3", "4 {f} convolution 3, mean-pool 2, mean, 3 {out}"),
    "max-pool over rows": ("any x 3", "4 {f}, max-pool 2 stride 1, last, 3 {out}"),
    "mean": ("any x 3", "4 {f}, mean, 3 {out}"),
    "max": ("any x 3", "4 {f}, max, 3 {out}"),
    "last": ("any x 3", "4 {f} convolution 2, last, 3 {f}, 3 {out}"),
    "window": ("any x 2", "window 2, 4 {f}, 3 {out}"),
    "window on a layer": ("any x 2", "3 {f}, window 1, 3 {f}, max, 3 {out}"),
    "flatten": ("3x4", "flatten, 4 {f}, 3 {out}"),
    "communicate": ("any x 3", "4 {f} communicate, 5 {f}, 3 {out}"),
    "communicate with a skip": ("any x 3", "4 {f}, 5 {f} communicate, 3 {f} communicate skip 1, mean, 3 {out}"),
    "communicate as output": ("any x 3", "4 {f} communicate, 2 {f}, 3 {out} communicate skip 1"),
    "embedding": ("9 tokens", "4 embedding, 4 {f} communicate, 3 {out}"),
    "embedding reduced": ("9 tokens", "4 embedding, mean, 4 {f}, 3 {out}"),
    "embedding below a convolution": ("9 tokens", "3 embedding, 4 {f} convolution 3, max, 3 {out}"),
    **PRODUCTS,
    "bilinear with numbers of its own": ("2x2", "3x2 {f} bilinear 1 0.5 0 -1 2 0 0 1, 3 {out}"),
    "bilinear on rows": ("any x 4", "3x2 {f} complex, 3 {out}"),
    "bilinear of one component": ("4", "3x1 {f} circular, 3 {out}"),
}  # fmt: skip
# How many rows the samples have; layers that read whole windows need more than one.
LENGTHS = (1, 2, 3, 4, 5, 6, 7)
LONGER = {"valid convolution over rows": 3, "mean-pool over rows": 2, "max-pool over rows": 2}


class Case(NamedTuple):
    problem: Problem
    samples: Samples
    parameters: Any


def case(name: str, hidden: str, loss: str, output: str, seed: int = 1) -> Case:
    """A network with random weights on a few samples with soft targets and unequal weights, in float64."""
    text, layers = CHAINS[name]
    topology = Topology(read_inputs(text), [part.strip() for part in layers.format(f=hidden, out=output).split(",")])
    rng, n = np.random.default_rng(seed), len(LENGTHS)
    starts = np.r_[0, np.cumsum(np.maximum(rng.permutation(LENGTHS), LONGER.get(name, 1)))]
    inputs: Any = rng.normal(size=(n, topology.n_inputs))
    if topology.inputs.tokens:
        inputs = Tokens(rng.integers(0, topology.n_inputs, starts[-1]), rng.normal(size=starts[-1]), starts, topology.n_inputs)  # fmt: skip
    elif topology.inputs.rows is None:
        inputs = Rows(rng.normal(size=(starts[-1], topology.n_inputs)), starts)
    parameters = rng.normal(size=topology.n_parameters) * 0.7
    # The rows of the outputs, which a convolution with a stride has fewer of.
    ends = forward(topology, parameters, inputs).starts
    m = n if ends is None else int(ends[-1])
    # Their sum is not 1, as with targets 0.9 and 0.1.
    targets: Any = rng.uniform(0.1, 1, (m, topology.n_outputs))
    weights: Any = rng.uniform(0.5, 1.5, m)
    if ends is not None:
        targets, weights = Rows(targets, ends), Rows(weights[:, None], ends)
    return Case(Problem(topology, loss), Samples(inputs, targets, weights), parameters)


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
    assert kinds == LAYER_NAMES.keys()
    products = {f"bilinear {name}" for name in PRODUCT_NAMES}
    assert products <= CHAINS.keys()


@pytest.mark.parametrize("name", CHAINS)
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
    "convolution over rows": {1: "layer 1, unit 2, bias", 12: "layer 1, unit 1, weight from input 3 in row 1 of the window", 39: "layer 1, unit 4, weight from input 3 in row 3 of the window"},
    "max-pool over pictures": {3: "layer 1, unit 1, weight from row 1, column 1 of the window, channel 1", 56: "layer 1, unit 3, weight from row 3, column 3 of the window, channel 2"},
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
            assert layer.kind in ("bilinear", "embedding") or not blocks or name == "dense on tokens"
            continue
        (weights,), (biases,) = layer.weights(blocks), layer.biases(blocks)
        assert kept.z.reshape(-1, len(biases)) == pytest.approx(gathered @ weights + biases, rel=1e-12, abs=1e-13)
        met += 1
    assert met
