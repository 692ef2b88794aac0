"""Gradients against central differences in float64, for every activation, loss and output that go together."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from anncli.backends.base import Problem as Bound
from anncli.backends.base import Samples
from anncli.backends.reference import ReferenceBackend
from anncli.network.names import ACTIVATION_NAMES, LOSS_NAMES
from anncli.network.propagation import backward, forward
from anncli.network.topology import Layer, Topology

HIDDEN = [name for name, info in ACTIVATION_NAMES.items() if not info.output_only]
OUTPUTS = [
    (loss, output)
    for loss, output in itertools.product(LOSS_NAMES, ACTIVATION_NAMES)
    if (not LOSS_NAMES[loss].outputs or output in LOSS_NAMES[loss].outputs)
    and not (LOSS_NAMES[loss].of_numbers and output == "softmax")
]
L2 = 0.1


class Problem:
    """A network with random weights and a few samples with soft targets and unequal weights."""

    def __init__(self, topology: Topology, loss: str, seed: int, scale: float = 0.7) -> None:
        rng = np.random.default_rng(seed)
        self.topology, self.loss = topology, loss
        self.parameters = rng.normal(size=topology.n_parameters) * scale
        self.inputs = rng.normal(size=(7, topology.n_inputs))
        # Their sum is not 1, as with targets 0.9 and 0.1.
        self.targets = rng.uniform(0.1, 1, (7, topology.n_outputs))
        self.weights = rng.uniform(0.5, 1.5, 7)

    def value(self, parameters: Any, gradient: Any = None) -> float:
        samples = Samples(self.inputs, self.targets, self.weights)
        session = ReferenceBackend().open(Bound(self.topology, self.loss), samples)
        return session.loss(parameters, l2=L2) if gradient is None else session.gradient(parameters, gradient, l2=L2)

    def gradient(self) -> Any:
        gradient = np.full_like(self.parameters, np.nan)
        self.value(self.parameters, gradient)
        return gradient

    def numeric(self) -> Any:
        """(E(w + h) - E(w - h)) / 2h for each parameter."""
        slopes = np.empty_like(self.parameters)
        for place, value in enumerate(self.parameters):
            h = 1e-5 * max(1, abs(value))
            moved = self.parameters.copy()
            moved[place] = value + h
            above = self.value(moved)
            moved[place] = value - h
            slopes[place] = (above - self.value(moved)) / (2 * h)
        return slopes


def check(problem: Problem) -> None:
    analytic, numeric = problem.gradient(), problem.numeric()
    # Two zeros would agree: every layer's biases and weights must feel the loss.
    for view in problem.topology.biases(analytic) + problem.topology.weights(analytic):
        assert np.abs(view).max() > 1e-6
    error = np.linalg.norm(analytic - numeric) / np.linalg.norm(numeric)
    assert error < 1e-6, f"analytic {analytic}\nnumeric {numeric}"


@pytest.mark.parametrize(("loss", "output"), OUTPUTS)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_three_outputs(hidden: str, loss: str, output: str) -> None:
    check(Problem(Topology(3, (Layer(4, hidden), Layer(3, output))), loss, seed=1))


@pytest.mark.parametrize(("loss", "output"), [pair for pair in OUTPUTS if pair[1] != "softmax"])
def test_one_output(loss: str, output: str) -> None:
    check(Problem(Topology(2, (Layer(3, "tanh"), Layer(1, output))), loss, seed=1))


@pytest.mark.parametrize(("loss", "output"), OUTPUTS)
def test_without_a_hidden_layer(loss: str, output: str) -> None:
    check(Problem(Topology(3, (Layer(2, output),)), loss, seed=1))


def test_one_input_one_unit_everywhere() -> None:
    check(Problem(Topology(1, (Layer(1, "tanh"), Layer(1, "logistic"))), "binary-cross-entropy", seed=4))


def test_all_activations_in_one_deep_network() -> None:
    layers = tuple(Layer(4 + number % 3, name) for number, name in enumerate(HIDDEN))
    problem = Problem(Topology(3, (*layers, Layer(3, "softmax"))), "cross-entropy", seed=5)
    check(problem)


@pytest.mark.parametrize("seed", range(3))
def test_slope_along_a_random_direction_of_a_larger_network(seed: int) -> None:
    layers = (Layer(40, "gelu"), Layer(30, "silu"), Layer(20, "softplus"), Layer(10, "softmax"))
    problem = Problem(Topology(25, layers), "cross-entropy", seed, scale=0.3)
    direction = np.random.default_rng(seed + 100).normal(size=problem.parameters.size)
    direction /= np.linalg.norm(direction)
    h = 1e-4
    above, below = (problem.value(problem.parameters + sign * h * direction) for sign in (1, -1))
    slope = float(problem.gradient() @ direction)
    assert abs(slope) > 1e-4
    assert slope == pytest.approx((above - below) / (2 * h), rel=1e-5)


def test_gradient_under_dropout() -> None:
    topology, rng = Topology(3, (Layer(4, "tanh"), Layer(3, "gelu"), Layer(2, "linear"))), np.random.default_rng(3)
    parameters, inputs, wanted = (
        rng.normal(size=topology.n_parameters),
        rng.normal(size=(5, 3)),
        rng.normal(size=(5, 2)),
    )
    masks = [rng.choice([0.0, 2.0], (5, size)) for size in topology.sizes[:-1]]

    def given(number: int, n: int, starts: Any) -> Any:
        return masks[number]

    def value(at: Any) -> float:
        # Its delta, dE/dz, is `wanted`, since the outputs are linear.
        return float((forward(topology, at, inputs, given).activations[-1] * wanted).sum())

    gradient = np.empty_like(parameters)
    backward(topology, parameters, forward(topology, parameters, inputs, given), wanted, gradient)
    steps = 1e-5 * np.eye(len(parameters))
    numeric = np.array([value(parameters + h) - value(parameters - h) for h in steps]) / 2e-5
    assert gradient == pytest.approx(numeric, rel=1e-7, abs=1e-9)
