"""Sample weights in training: a whole weight equals repeated rows, weight 0 equals a row that is not there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anncli
from anncli.api import start_training
from anncli.dataset.dataset import Dataset
from anncli.network.network import Network
from anncli.training.names import TRAINER_NAMES
from anncli.training.run import TrainingRun

N = 40
RNG = np.random.default_rng(0)
LABELS = np.repeat([0, 1], [25, 15])
INPUTS = RNG.normal(size=(N, 3)) + np.where(LABELS == 0, 0.7, -0.7)[:, None]
REPEATS = RNG.integers(1, 4, N)
#: Rows in an order of their own in each epoch: repeated rows are other updates than one row of a larger weight.
IN_BATCHES = [name for name, info in TRAINER_NAMES.items() if {"batch_size", "tolerance"} & info.defaults.keys()]
PLAIN: dict[str, Any] = {"scaling": "none", "validation": 0, "l2": 0.01, "loss": "mse"}


def network() -> Network:
    return Network.create(3, [(4, "tanh"), (1, "logistic")])


def dataset(weights: Any = None) -> Dataset:
    return Dataset(INPUTS, LABELS, ("a", "b"), weights=weights)


def repeated() -> Dataset:
    return Dataset(np.repeat(INPUTS, REPEATS, axis=0), np.repeat(LABELS, REPEATS), ("a", "b"))


def trained(data: Dataset, epochs: int, **options: Any) -> TrainingRun:
    run = start_training(network(), data, **options)
    for _ in run.epochs(epochs):
        pass
    return run


@pytest.mark.parametrize("class_weight", [None, "balanced", (1.0, 3.0)])
@pytest.mark.parametrize("loss", ["mse", "binary-cross-entropy", "focal"])
def test_loss_gradient_and_constant_loss_of_repeated_rows(class_weight: Any, loss: str) -> None:
    options = PLAIN | {"loss": loss, "class_weight": class_weight, "l1": 0.01}
    weighted, plain = (start_training(network(), data, **options) for data in (dataset(REPEATS), repeated()))
    parameters = weighted.attempt.parameters
    (loss_w, gradient_w), (loss_p, gradient_p) = (
        run.attempt.objective.loss_and_gradient(parameters) for run in (weighted, plain)
    )
    assert loss_w == pytest.approx(loss_p, rel=1e-6)
    assert gradient_w == pytest.approx(gradient_p, abs=1e-6)
    found, wanted = (run.attempt.objective.constant_loss(run.setup.rows["training"]) for run in (weighted, plain))
    assert found == pytest.approx(wanted, rel=1e-6)
    # Not the same by accident.
    unweighted = start_training(network(), dataset(), **options).attempt.objective.loss_and_gradient(parameters)
    assert abs(unweighted[0] - loss_p) > 1e-4


# lm and br add their damping to sums over the rows, so their steps depend on how many rows there are.
@pytest.mark.parametrize("name", [name for name in TRAINER_NAMES if name not in (*IN_BATCHES, "lm", "br")])
def test_full_batch_trainers_take_the_same_way_as_on_repeated_rows(name: str) -> None:
    options = {**PLAIN, "trainer": name, "seed": 2}
    weighted, plain = trained(dataset(REPEATS), 5, **options), trained(repeated(), 5, **options)
    assert weighted.attempt.parameters == pytest.approx(plain.attempt.parameters, abs=2e-4)
    moved = np.abs(weighted.attempt.parameters - weighted.attempt.initial_parameters).max()
    assert moved > 1e-3


def test_lm_ends_in_the_weighted_least_squares_solution() -> None:
    net = Network.create(3, [(1, "linear")])
    found = anncli.train(net, dataset(REPEATS), 30, trainer="lm", scaling="none", validation=0, l2=0, loss="mse")
    x = np.column_stack([np.ones(N), INPUTS]) * np.sqrt(REPEATS)[:, None]
    targets = np.where(LABELS == 0, *found.network.targets) * np.sqrt(REPEATS)
    assert found.network.parameters == pytest.approx(np.linalg.lstsq(x, targets, rcond=None)[0], abs=1e-4)


@pytest.mark.parametrize("name", TRAINER_NAMES)
def test_weight_zero_gives_the_bits_of_a_run_without_the_row(name: str) -> None:
    weights = np.ones(N)
    weights[[3, 17, 30]] = 0
    kept = weights > 0
    without = Dataset(INPUTS[kept], LABELS[kept], ("a", "b"), weights=weights[kept])
    options = {"trainer": name, "loss": "mse", "test": 0.2, "seed": 1}
    one, other = (anncli.train(network(), data, 6, **options) for data in (dataset(weights), without))
    assert one.network.parameters.tobytes() == other.network.parameters.tobytes()
    assert one.history == other.history
    assert one.network.record == other.network.record
    assert {name: len(rows) for name, rows in one.rows.items()} == {
        name: len(rows) for name, rows in other.rows.items()
    }
    assert not set(np.concatenate(list(one.rows.values()))) & {3, 17, 30}


def test_equal_weights_of_any_size_change_nothing() -> None:
    parameters = [
        anncli.train(network(), dataset(weights), 20, seed=1).network.parameters
        for weights in (None, np.ones(N), np.full(N, 4.0))
    ]
    assert parameters[1] == pytest.approx(parameters[0], abs=1e-6)
    assert parameters[2] == pytest.approx(parameters[0], abs=1e-6)


def test_rows_given_for_a_set_lose_those_of_weight_zero() -> None:
    weights = np.ones(N)
    weights[[0, 26, 39]] = 0
    sets = {"training": np.arange(30), "validation": np.arange(30, 40)}
    run = start_training(network(), dataset(weights), sets=sets)
    assert run.setup.rows["training"].tolist() == [row for row in range(30) if row not in (0, 26)]
    assert run.setup.rows["validation"].tolist() == list(range(30, 39))


def test_the_best_epoch_is_chosen_by_the_weighted_metric() -> None:
    weights = np.where(np.arange(N) % 2, 5.0, 1.0)
    run = start_training(network(), dataset(weights), metric="accuracy", validation=0.5, refit="no", seed=3)
    report = next(iter(run.epochs(1)))
    rows = run.setup.rows["validation"]
    outputs = run.attempt.objective.outputs(run.attempt.parameters, rows)[:, 0]
    correct = (outputs > 0.5) == (LABELS[rows] == 0)
    assert report.metric == pytest.approx(weights[rows][correct].sum() / weights[rows].sum(), rel=1e-12)
    assert report.metric != correct.mean()
    assert run.evaluate(run.attempt.parameters, "validation").accuracy == report.metric


def test_the_validation_loss_is_weighted_as_the_training_loss_is() -> None:
    weights = RNG.random(N) + 0.5
    run = start_training(network(), dataset(weights), loss="mse", validation=0.5, refit="no", seed=3)
    report = next(iter(run.epochs(1)))
    rows, training = run.setup.rows["validation"], run.setup.rows["training"]
    outputs = run.attempt.objective.outputs(run.attempt.parameters, rows)[:, 0]
    errors = (outputs - np.where(LABELS[rows] == 0, 0.9, 0.1)) ** 2
    factors = weights / weights[training].mean()
    assert report.validation_loss == pytest.approx((factors[rows] * errors).mean(), rel=1e-5)


def test_a_larger_weight_pulls_the_decision() -> None:
    weights = np.where(LABELS == 1, 10.0, 1.0)
    plain, pulled = (anncli.train(network(), dataset(w), 100, seed=1).network for w in (None, weights))
    assert anncli.evaluate(pulled, dataset()).specificity > anncli.evaluate(plain, dataset()).specificity
