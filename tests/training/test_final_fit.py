"""The final fit: how long it is, when it is discarded, and when the default penalty is dropped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import anncli
from anncli.api import start_training
from anncli.dataset.dataset import Dataset
from anncli.errors import AnnError
from anncli.network.network import Network
from anncli.training import final_fit
from anncli.training.attempt import EpochReport
from anncli.training.final_fit import FinalFit
from anncli.training.measure import Measure
from anncli.training.run import TrainingRun

CASES = Path(__file__).parents[1] / "data/cases"


def case(name: str) -> tuple[Network, Dataset]:
    folder = CASES / name
    return anncli.load(folder / "net.nn"), anncli.read_dataset([str(folder / "p.txt"), str(folder / "n.txt")])


def clouds(n: int = 40, noise: float = 1.5, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    return Dataset.from_classes(rng.normal(1, noise, (n, 3)), rng.normal(-1, noise, (n, 3)), classes=("a", "b"))


def network() -> Network:
    return Network.create(3, [(4, "tanh"), (1, "logistic")])


def trained(data: Dataset, epochs: int, **options: Any) -> TrainingRun:
    run = start_training(network(), data, **options)
    for _ in run.epochs(epochs):
        pass
    return run


def length(losses: list[float], best: int, **options: Any) -> int:
    """Epochs of a final fit after an attempt with these validation losses."""
    run = start_training(network(), clouds(), **options)
    assert len(run.setup.rows["validation"]) == 16
    run.attempt.history = [EpochReport(k, 0.5, loss, loss, best, None) for k, loss in enumerate(losses, 1)]
    run.attempt.judge.best_epoch = best
    return FinalFit(run.setup, run.attempt)._length()


def test_the_length_is_the_last_epoch_as_good_as_the_best_but_for_chance() -> None:
    # Of 16 validation rows 0.4 (1 + 0.5 / 4) = 0.45 is as good as 0.4: epoch 5 is within, although 4 was not, and 6 is not.
    assert length([0.6, 0.4, 0.43, 0.46, 0.449, 0.451], best=2) == 5
    assert length([0.6, 0.4, 0.451, 0.46], best=2) == 2
    assert length([0.41, 0.5, 0.4], best=3) == 3
    assert length([0.6, 0.0, 0.0, 1e-9], best=2) == 3
    # Selected by another metric, the best epoch need not have the lowest loss; it is the least length.
    assert length([0.3, 0.6, 0.5], best=2, metric="accuracy") == 3
    assert length([0.3, 0.4, 0.5], best=2, metric="accuracy") == 2


def test_with_a_penalty_of_the_user_the_best_epoch_is_the_last() -> None:
    assert length([0.6, 0.4, 0.4, 0.4], best=2, l2=0.01) == 2


@pytest.mark.parametrize("share", [0.0, 0.2])
def test_wrong_labels_shorten_the_final_fit(share: float) -> None:
    data = clouds(100, 1.0, seed=3)
    wrong = np.random.default_rng(1).random(200) < share
    data = Dataset(data.inputs, np.where(wrong, 1 - data.labels, data.labels).astype(np.int32), data.classes)
    result = trained(data, 500, patience=100, l2=None, learning_rate=0.02, seed=1).finish()
    assert 0 < result.refit_epochs <= result.epochs
    losses = [report.validation_loss or 0.0 for report in result.history]
    assert losses[result.refit_epochs - 1] <= 1.1 * min(losses)
    assert all(loss > 1.1 * min(losses) for loss in losses[result.refit_epochs :])


def test_a_final_fit_with_a_higher_loss_is_discarded(monkeypatch: pytest.MonkeyPatch) -> None:
    # One epoch is shorter than the best of thirty, so the final fit must be worse.
    monkeypatch.setattr(FinalFit, "_length", lambda self: 1)
    run = trained(clouds(), 30)
    result = run.finish()
    assert run.attempt.judge.best_epoch != 1
    assert (result.refit_epochs, result.validation_parameters) == (0, None)
    assert result.network.record["refit_epochs"] == 0
    assert (result.network.parameters == run.attempt.best_parameters).all()
    (warning,) = result.warnings
    assert warning.startswith("the final fit was discarded: its loss on the training and validation rows is 0.")
    assert warning.endswith(f"; the network of epoch {result.best_epoch} is kept")


def test_a_final_fit_with_a_lower_loss_but_more_errors_is_discarded(monkeypatch: pytest.MonkeyPatch) -> None:
    run = start_training(network(), clouds())
    fit = FinalFit(run.setup, run.attempt)
    chosen, other = run.attempt.weights, run.attempt.weights + 1
    run.attempt.best_parameters = chosen
    monkeypatch.setattr(Measure, "loss", lambda self, parameters, rows: 0.5)
    accuracy = {id(chosen): 0.9}
    monkeypatch.setattr(Measure, "accuracy", lambda self, parameters, rows: accuracy.get(id(parameters), 0.881))
    assert fit._behind(other) is None
    monkeypatch.setattr(Measure, "accuracy", lambda self, parameters, rows: accuracy.get(id(parameters), 0.879))
    assert (
        fit._behind(other) == "its accuracy on the training and validation rows is 87.90 %, against 90.00 % before it"
    )


def test_with_class_weights_a_network_that_finds_the_small_class_is_not_behind() -> None:
    rng = np.random.default_rng(0)
    data = Dataset.from_classes(rng.normal(0.5, 1, (10, 3)), rng.normal(0, 1, (90, 3)), classes=("rare", "common"))
    run = start_training(network(), data, class_weight="balanced")
    fit, measure = FinalFit(run.setup, run.attempt), run.attempt.judge.measure
    never, always = (np.zeros_like(run.attempt.weights) for _ in range(2))
    never[-5:], always[-5:] = [-0.3, 0, 0, 0, 0], [0.25, 0, 0, 0, 0]
    run.attempt.best_parameters = never
    assert measure.accuracy(never, run.setup.final_rows) == 0.9
    assert measure.accuracy(always, run.setup.final_rows) == pytest.approx(0.1)
    # Both are right on one class of equal weight.
    assert fit._behind(always) is None


def test_a_final_fit_that_is_not_finite_is_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    run = start_training(network(), clouds())
    run.attempt.best_parameters = run.attempt.weights
    assert FinalFit(run.setup, run.attempt)._behind(np.full_like(run.attempt.weights, np.nan)) is not None


def test_after_divergence_the_named_epoch_is_written() -> None:
    net, data = case("B1")
    options = {"trainer": "sgd", "learning_rate": 1e3}
    result = anncli.train(net, data, 200, **options)
    assert result.stop_reason.startswith("diverged in epoch ")
    assert f"the weights of epoch {result.best_epoch} are kept" in result.warnings[0]
    assert (result.refit_epochs, result.validation_parameters) == (0, None)
    same, _ = case("B1")
    anncli.train(same, data, result.best_epoch or 0, **options, refit="no")
    assert net.parameters is not None
    assert (net.parameters == same.parameters).all()


@pytest.mark.parametrize(("name", "seed", "accuracy"), [("B1", 1, 1.0), ("B3", 8, 0.8)])
def test_lm_writes_a_network_as_good_as_the_chosen_one(name: str, seed: int, accuracy: float) -> None:
    net, data = case(name)
    anncli.train(net, data, 300, trainer="lm", seed=seed)
    assert (anncli.evaluate(net, data).accuracy or 0) >= accuracy


@pytest.mark.parametrize("seed", range(10))
def test_lm_does_not_end_with_all_weights_zero(seed: int) -> None:
    net, data = case("B1")
    anncli.train(net, data, 300, trainer="lm", seed=seed)
    assert (anncli.evaluate(net, data).accuracy or 0) > 0.95


def xor(copies: int = 1) -> Dataset:
    one, zero = np.array([[0.0, 1], [1, 0]]), np.array([[0.0, 0], [1, 1]])
    return Dataset.from_classes(np.tile(one, (copies, 1)), np.tile(zero, (copies, 1)), classes=("one", "zero"))


@pytest.mark.slow
@pytest.mark.parametrize("trainer", ["lbfgs", "bfgs", "oss", "cgf", "cgp", "cgb", "lm", "scg", "irprop+"])
def test_xor_is_learned_by_trainers_that_end_in_a_minimum(trainer: str) -> None:
    learned = 0
    for seed in range(10):
        net = Network.create(2, [(4, "tanh"), (1, "logistic")])
        result = anncli.train(net, xor(), 2000, trainer=trainer, seed=seed)
        assert result.penalty_dropped
        learned += anncli.evaluate(net, xor()).accuracy == 1.0
    assert learned >= 9


def test_two_rows_of_each_class_are_told_apart() -> None:
    rows = np.array([[0.3, -1.2, 0.8], [1.1, 0.4, -0.5]])
    data = Dataset.from_classes(rows, rows + np.array([0.0, 0.4, 0.0]), classes=("p", "n"))
    net = network()
    anncli.train(net, data, 2000, trainer="lbfgs")
    assert anncli.evaluate(net, data).accuracy == 1.0


def test_with_a_validation_set_the_penalty_is_dropped_only_if_that_helps_there() -> None:
    # The validation set has learned with the training set.
    net = Network.create(2, [(8, "tanh"), (1, "logistic")])
    result = anncli.train(net, xor(3), 1000, trainer="lm")
    assert result.penalty_dropped
    assert net.record["l2"] == 0.0
    assert result.best_epoch is not None
    assert result.best_epoch > 5
    assert anncli.evaluate(net, xor()).accuracy == 1.0
    # Labels drawn by chance cannot be learned, and the penalty stays.
    rng = np.random.default_rng(4)
    noise = Dataset.from_classes(rng.normal(size=(50, 3)), rng.normal(size=(50, 3)), classes=("a", "b"))
    for seed in range(5):
        assert not anncli.train(network(), noise, 300, trainer="lbfgs", seed=seed).penalty_dropped


def test_a_minimum_is_reached_is_enough_but_a_short_run_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(final_fit, "_ENOUGH_EPOCHS", 10**6)
    assert anncli.train(network(), clouds(2, 5.0), 300, trainer="adam").penalty_dropped is False
    net = Network.create(2, [(4, "tanh"), (1, "logistic")])
    assert anncli.train(net, xor(), 2000, trainer="adam").penalty_dropped is False
    assert anncli.train(net, xor(), 2000, trainer="bfgs", init="auto").penalty_dropped


def test_the_shipped_xor_network_is_trained_by_one_command() -> None:
    learned = 0
    for seed in range(10):
        net = anncli.load(Path(__file__).parents[2] / "configs/xor.nn")
        anncli.train(net, xor(), 1000, seed=seed)
        learned += anncli.evaluate(net, xor()).accuracy == 1.0
    assert learned >= 9


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({}, "lower --learning-rate or choose another --trainer"),
        (
            {"scaling": "none"},
            "lower --learning-rate or scale the inputs (--scaling soft-clip) or choose another --trainer",
        ),
    ],
    ids=str,
)
def test_advice_against_divergence_leaves_out_the_scaling_in_force(options: dict[str, Any], advice: str) -> None:
    with pytest.raises(AnnError) as caught:
        trained(clouds(), 60, trainer="sgd", learning_rate=1e30, **options)
    assert caught.value.advice == f"{advice}; no file was changed"


def test_the_loss_that_br_needs_is_its_default() -> None:
    net = network()
    anncli.train(net, clouds(), 30, trainer="br", validation=0)
    assert net.loss == "mse"


def test_the_validation_set_gives_the_outputs_of_the_weights_that_have_not_trained_on_it() -> None:
    run = trained(clouds(), 30)
    result = run.finish()
    assert result.refit_epochs
    outputs = {name: run.outputs(result, name) for name in ("training", "validation")}
    objective = run.attempt.objective
    before, after = result.validation_parameters, result.network.parameters
    assert before is not None
    assert after is not None
    assert (outputs["validation"] == objective.outputs(before, result.rows["validation"])).all()
    assert (outputs["training"] == objective.outputs(after, result.rows["training"])).all()
    assert (before != after).any()
