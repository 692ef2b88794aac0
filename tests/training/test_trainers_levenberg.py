"""Levenberg-Marquardt, Bayesian regularisation and the matrices they stand on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from trainer_problems import blobs, changed, least_squares, make_objective, quadratic, start

from anncli.api import start_training
from anncli.backends import gauss_newton
from anncli.backends.gauss_newton import jacobian
from anncli.dataset.dataset import Dataset
from anncli.errors import UsageError
from anncli.network.names import ACTIVATION_NAMES
from anncli.network.network import Network
from anncli.training.objective import Objective
from anncli.training.trainers import make_trainer
from anncli.training.trainers.curvature import hessian_product
from anncli.training.trainers.jacobian import normal_equations

SMOOTH = [name for name, info in ACTIVATION_NAMES.items() if not info.output_only]
OUTPUTS = [
    ("linear", "mse"),
    ("tanh", "mse"),
    ("softmax", "mse"),
    ("logistic", "binary-cross-entropy"),
    ("softmax", "cross-entropy"),
]


def random_objective(
    output: str, loss: str, hidden: str = "tanh", l2: float = 0.0, weighted: bool = False
) -> Objective:
    """30 rows, 4-5-3-3, float64, targets of one class in three."""
    rng = np.random.default_rng(11)
    inputs, targets = rng.normal(size=(30, 4)), np.eye(3)[rng.integers(0, 3, 30)]
    objective = make_objective(inputs, targets, [(5, hidden), (3, "tanh"), (3, output)], loss, l2, np.float64)
    return changed(objective, weights=rng.uniform(0.5, 2, 30)) if weighted else objective


def difference(function: Any, point: np.ndarray, direction: np.ndarray, step: float = 1e-5) -> Any:
    return (function(point + step * direction) - function(point - step * direction)) / (2 * step)


@pytest.mark.parametrize("output", ["linear", "tanh", "logistic", "softmax"])
def test_jacobian_equals_differences_of_the_outputs(output: str) -> None:
    objective = random_objective(output, "mse")
    point = start(objective)
    matrix = jacobian(objective.topology, objective.samples, objective.rows, point)

    def outputs(w: np.ndarray) -> np.ndarray:
        return objective.outputs(w).reshape(-1)

    assert matrix.shape == (90, len(point))
    for i in range(len(point)):
        assert matrix[:, i] == pytest.approx(difference(outputs, point, np.eye(len(point))[i]), abs=1e-8)


def test_jacobian_times_errors_is_the_gradient() -> None:
    objective = random_objective("tanh", "mse")
    point = start(objective)
    errors = (objective.outputs(point) - objective.targets).reshape(-1)
    _, gradient = objective.loss_and_gradient(point)
    assert 2 / errors.size * jacobian(
        objective.topology, objective.samples, objective.rows, point
    ).T @ errors == pytest.approx(gradient, abs=1e-12)


@pytest.mark.parametrize(("output", "loss"), OUTPUTS)
@pytest.mark.parametrize("weighted", [False, True])
def test_normal_equations_give_gradient_and_loss(output: str, loss: str, weighted: bool) -> None:
    objective = random_objective(output, loss, weighted=weighted)
    point = start(objective)
    equations = normal_equations(objective, point)
    value, gradient = objective.loss_and_gradient(point)
    assert equations.scale * equations.vector == pytest.approx(gradient, abs=1e-12)
    assert equations.loss_sum / equations.n_residuals == pytest.approx(value)


@pytest.mark.parametrize(("output", "loss"), OUTPUTS)
def test_normal_matrix_is_the_hessian_where_the_network_is_linear(output: str, loss: str) -> None:
    # Without a hidden layer pre-activations are linear in the weights: Gauss-Newton is exact for cross-entropies and
    # linear outputs; for the others only its shape is held here.
    base = random_objective("linear", "mse")
    objective = make_objective(base.inputs, base.targets, [(3, output)], loss, dtype=np.float64)
    point = start(objective)
    equations = normal_equations(objective, point)
    assert np.linalg.eigvalsh(equations.matrix).min() > -1e-9
    if loss != "mse" or output == "linear":
        for i in range(len(point)):
            column = hessian_product(objective, point, np.eye(len(point))[i])
            assert equations.scale * equations.matrix[:, i] == pytest.approx(column, abs=1e-12)


def test_normal_equations_do_not_depend_on_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    objective = random_objective("softmax", "cross-entropy")
    point = start(objective)
    whole = normal_equations(objective, point)
    monkeypatch.setattr(gauss_newton, "BLOCK_NUMBERS", 7 * len(point))
    blocked = normal_equations(objective, point)
    assert blocked.matrix == pytest.approx(whole.matrix, abs=1e-12)
    assert blocked.loss_sum == pytest.approx(whole.loss_sum)


@pytest.mark.parametrize("hidden", SMOOTH)
@pytest.mark.parametrize(("output", "loss"), [*OUTPUTS, ("logistic", "focal"), ("softmax", "focal")])
def test_hessian_product_equals_differences_of_the_gradient(hidden: str, output: str, loss: str) -> None:
    objective = random_objective(output, loss, hidden, l2=0.01, weighted=True)
    point = start(objective)
    direction = np.random.default_rng(1).normal(size=len(point))
    product = hessian_product(objective, point, direction)
    wanted = difference(lambda w: objective.loss_and_gradient(w)[1], point, direction)
    assert np.linalg.norm(product) > 1e-3
    assert product == pytest.approx(wanted, rel=1e-5, abs=2e-8)


@pytest.mark.parametrize("output", SMOOTH)
def test_hessian_product_with_every_output_activation(output: str) -> None:
    objective = random_objective(output, "mse")
    point = start(objective)
    direction = np.random.default_rng(1).normal(size=len(point))
    wanted = difference(lambda w: objective.loss_and_gradient(w)[1], point, direction)
    assert hessian_product(objective, point, direction) == pytest.approx(wanted, rel=1e-5, abs=2e-8)


def test_lm_with_little_damping_solves_least_squares_in_one_epoch() -> None:
    objective = quadratic()
    parameters = start(objective, method="classic")
    trainer = make_trainer("lm", {"mu": 1e-10})
    trainer.start(objective, parameters)
    trainer.epoch(objective, parameters, np.random.default_rng(0))
    assert parameters == pytest.approx(least_squares(objective)[0], abs=1e-8)


def test_lm_with_much_damping_moves_along_the_gradient() -> None:
    objective = blobs(dtype=np.float64)
    parameters = start(objective)
    first, (_, gradient) = parameters.copy(), objective.loss_and_gradient(parameters)
    trainer = make_trainer("lm", {"mu": 1e6})
    trainer.start(objective, parameters)
    trainer.epoch(objective, parameters, np.random.default_rng(0))
    # (J'J + mu I) d = -J'e, and the gradient is 2/n J'e
    assert parameters - first == pytest.approx(-gradient * 40 / 2 / 1e6, rel=1e-3, abs=1e-12)
    assert trainer.state()["mu"] == pytest.approx(1e5)


@pytest.mark.parametrize("loss", ["binary-cross-entropy", "mse"])
def test_lm_ends_in_a_minimum_that_scipy_cannot_better(loss: str) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    objective = changed(blobs(l2=1e-2, dtype=np.float64), loss=loss)
    parameters = start(objective)
    trainer = make_trainer("lm")
    trainer.start(objective, parameters)
    for _ in range(200):
        outcome = trainer.epoch(objective, parameters, np.random.default_rng(0))
        if outcome.finished:
            break
    assert outcome.finished is not None
    better = optimize.minimize(objective.loss_and_gradient, parameters.copy(), jac=True, options={"gtol": 1e-9})
    assert objective.value(parameters) == pytest.approx(better.fun, rel=1e-9)
    assert parameters == pytest.approx(better.x, abs=1e-4)


def test_lm_stops_at_a_minimum() -> None:
    objective = quadratic()
    parameters = least_squares(objective)[0]
    trainer = make_trainer("lm")
    trainer.start(objective, parameters)
    outcome = trainer.epoch(objective, parameters, np.random.default_rng(0))
    assert outcome.finished == "the gradient is smaller than 1e-07: this is a minimum"


@pytest.mark.parametrize(("name", "instead"), [("lm", "lbfgs or scg"), ("br", "lbfgs")])
def test_large_networks_are_refused_with_a_reason(name: str, instead: str) -> None:
    rng = np.random.default_rng(0)
    objective = make_objective(rng.normal(size=(4, 100)), rng.normal(size=(4, 1)), [(40, "tanh"), (1, "linear")])
    with pytest.raises(UsageError) as caught:
        make_trainer(name).start(objective, start(objective))
    assert str(caught.value) == (
        f"trainer {name} keeps a 4081 x 4081 matrix (127 MiB); its limit is 3000 weights and biases; "
        f"use --trainer {instead}, a smaller network, or --option max_parameters=4081"
    )


def test_br_needs_squared_errors() -> None:
    objective = changed(blobs(), loss="binary-cross-entropy")
    with pytest.raises(UsageError) as caught:
        make_trainer("br").start(objective, start(objective))
    assert (
        str(caught.value)
        == "trainer br needs loss mse, found binary-cross-entropy; leave --loss out, or use --trainer lm"
    )


@pytest.mark.parametrize("seed", range(3))
def test_br_finds_about_twelve_parameters_in_a_noisy_sine(seed: int) -> None:
    # MATLAB's example: 1-20-1 with 61 parameters on 41 points of sin(2 pi x) + 0.1 noise: "approximately 12".
    inputs = np.linspace(-1, 1, 41)[:, None]
    targets = np.sin(2 * np.pi * inputs) + 0.1 * np.random.default_rng(seed).normal(size=inputs.shape)
    objective = make_objective(inputs, targets, [(20, "tanh"), (1, "linear")])
    parameters = start(objective, seed)
    trainer = make_trainer("br")
    trainer.start(objective, parameters)
    assert trainer.remarks() == {"effective_parameters": 61.0}
    for _ in range(250):
        if trainer.epoch(objective, parameters, np.random.default_rng(0)).finished:
            break
    remarks = trainer.remarks()
    assert isinstance(remarks["effective_parameters"], float)
    assert 10 < remarks["effective_parameters"] < 14
    # The noise is found: its variance is 0.01, of which the 12 parameters take their share.
    assert 0.003 < objective.value(parameters) < 0.015


def test_br_without_noise_in_a_linear_network_keeps_all_parameters() -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(200, 4))
    objective = make_objective(
        inputs, inputs @ np.array([[1.0], [-2], [3], [1]]) + 1, [(1, "linear")], dtype=np.float64
    )
    parameters = start(objective)
    trainer = make_trainer("br")
    trainer.start(objective, parameters)
    for _ in range(30):
        trainer.epoch(objective, parameters, rng)
    assert trainer.remarks()["effective_parameters"] == pytest.approx(5, abs=0.01)
    assert parameters == pytest.approx([1, 1, -2, 3, 1], abs=1e-4)


def test_a_row_of_weight_two_counts_as_two_rows() -> None:
    objective = random_objective("softmax", "cross-entropy")
    weights = np.ones(30)
    weights[[3, 7]] = 2
    weighted = changed(objective, weights=weights)
    doubled = objective._replace(rows=np.concatenate([objective.rows, [3, 7]]))
    point = start(objective)
    one, other = normal_equations(weighted, point), normal_equations(doubled, point)
    assert one.matrix == pytest.approx(other.matrix, abs=1e-12)
    assert one.vector == pytest.approx(other.vector, abs=1e-12)
    assert one.loss_sum == pytest.approx(other.loss_sum)


def test_br_refuses_a_penalty_and_records_none() -> None:
    rng = np.random.default_rng(0)
    data = Dataset.from_classes(rng.normal(1, 1, (20, 2)), rng.normal(-1, 1, (20, 2)), classes=("a", "b"))
    network = Network.create(2, [(2, "tanh"), (1, "logistic")])
    options: dict[str, Any] = {"trainer": "br", "loss": "mse", "validation": 0}
    with pytest.raises(UsageError, match="trainer br finds its own penalty; leave --l2 out"):
        start_training(network, data, l2=0.1, **options)
    for _ in (run := start_training(network, data, l2=0, **options)).epochs(3):
        pass
    run.finish()
    for _ in (run := start_training(network, data, **options)).epochs(3):
        pass
    assert run.finish().network.record["l2"] == 0


@pytest.mark.parametrize("name", ["lm", "br"])
@pytest.mark.parametrize("options", [{"mu": 0.0}, {"increase": 1.0000001}, {"mu": -1e30}], ids=str)
def test_no_damping_makes_an_epoch_endless(name: str, options: dict[str, float]) -> None:
    objective = blobs(l2=0.0 if name == "br" else 1e-3)
    parameters = start(objective)
    trainer = make_trainer(name, options)
    trainer.start(objective, parameters)
    first = trainer.epoch(objective, parameters, np.random.default_rng(0)).loss
    for _ in range(200):
        outcome = trainer.epoch(objective, parameters, np.random.default_rng(0))
    assert outcome.loss < first


def test_lm_refuses_a_step_that_saturates_the_hidden_units() -> None:
    # From these weights an undamped step lowers the loss, by a third of what the model predicts, and ends where the tanh
    # units are flat; there the penalty shrinks all weights to zero.
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(48, 3)) + np.where(np.arange(48)[:, None] % 2, 2.0, -2.0)
    targets = (np.arange(48) % 2)[:, None].astype(float)
    objective = make_objective(inputs, targets, [(4, "tanh"), (1, "logistic")], "binary-cross-entropy", 2.5 / 60)
    for seed in range(10):
        parameters = start(objective, seed)
        trainer = make_trainer("lm")
        trainer.start(objective, parameters)
        for _ in range(100):
            trainer.epoch(objective, parameters, rng)
        assert objective.value(parameters, penalty=False) < 0.2
