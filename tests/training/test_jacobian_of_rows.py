"""The Jacobian of networks whose samples have several rows, which takes a pass for each answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anncli.arrays import Rows
from anncli.backends.base import Problem, Samples
from anncli.backends.gauss_newton import jacobian
from anncli.backends.reference import ReferenceBackend
from anncli.errors import UsageError
from anncli.network.layers.base import Shape
from anncli.network.topology import Topology
from anncli.training.objective import Objective
from anncli.training.trainers.jacobian import normal_equations, refuse_without_row_gradients

STARTS = np.array([0, 2, 3, 6])


def objective_of(topology: Topology, rng: Any, loss: str = "mse") -> Objective:
    rows = Rows(rng.normal(size=(6, 4)), STARTS)
    targets = rng.uniform(0.1, 0.9, (6, topology.n_outputs))
    if loss == "cross-entropy":
        targets = np.eye(topology.n_outputs)[rng.integers(0, topology.n_outputs, 6)]
    samples = Samples(rows, Rows(targets, STARTS), Rows(rng.uniform(0.5, 2, (6, 1)), STARTS))
    problem = Problem(topology, loss)
    return Objective(
        ReferenceBackend().open(problem, samples), problem, samples, np.array([2, 0]), np.zeros(3, np.int8)
    )


def test_each_answer_of_a_sample_has_its_row() -> None:
    rng = np.random.default_rng(1)
    objective = objective_of(Topology(Shape(4, None), ["3 tanh", "2 linear"]), rng)
    point = rng.normal(size=objective.topology.n_parameters)
    matrix = jacobian(objective.topology, objective.samples, objective.rows, point)
    # Samples 2 and 0 have 3 + 2 rows of 2 outputs each.
    assert matrix.shape == (10, len(point))
    for k in range(len(point)):
        step = np.eye(len(point))[k] * 1e-5
        difference = (
            objective.outputs(point + step, objective.rows) - objective.outputs(point - step, objective.rows)
        ) / 2e-5
        assert matrix[:, k] == pytest.approx(difference.reshape(-1), abs=1e-8)


@pytest.mark.parametrize(("layer", "loss"), [("2 linear", "mse"), ("3 softmax", "cross-entropy")])
def test_normal_equations_give_loss_and_gradient(layer: str, loss: str) -> None:
    rng = np.random.default_rng(2)
    objective = objective_of(Topology(Shape(4, None), ["3 tanh", layer]), rng, loss)
    point = rng.normal(size=objective.topology.n_parameters)
    value, gradient = objective.loss_and_gradient(point)
    found = normal_equations(objective, point)
    assert found.scale * found.vector == pytest.approx(gradient, abs=1e-12)
    n = found.n_residuals
    assert found.loss_sum / n == pytest.approx(value, rel=1e-12)


def test_a_large_network_of_rows_and_one_of_tokens_are_refused() -> None:
    with pytest.raises(UsageError, match="its samples have several rows, and one pass for each answer is too slow"):
        refuse_without_row_gradients("lm", Topology(Shape(40, None), ["60 tanh", "2 linear"]))
    with pytest.raises(UsageError, match="its inputs are tokens"):
        refuse_without_row_gradients("lm", Topology(Shape(4, None, None, True), ["6 tanh", "2 linear"]))
    refuse_without_row_gradients("lm", Topology(Shape(4, None), ["6 tanh", "2 linear"]))
