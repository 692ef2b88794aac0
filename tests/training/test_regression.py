"""Regression from data to predictions: every loss and trainer, scaling of targets, splits, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import anncli
from anncli.api import start_training
from anncli.backends.choice import choose_backend
from anncli.backends.reference import ReferenceBackend
from anncli.dataset.dataset import Dataset
from anncli.errors import AnnError, DataError, UsageError
from anncli.evaluation.regression import RegressionEvaluation
from anncli.formats.files.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from anncli.inference.predict import decide
from anncli.network.network import Network
from anncli.options.layers import Given, read_layer, resolve_options
from anncli.training.names import TRAINER_NAMES
from anncli.training.outcome import TrainingResult
from anncli.training.run import TrainingRun
from anncli.training.setup import prepare


def table(n: int = 200, seed: int = 0, noise: float = 0.1) -> Dataset:
    """A smooth function of two of three inputs, in other units: mean about 1000, deviation about 60."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (n, 3))
    y = 1000 + 50 * (x[:, 0] ** 2 + np.sin(2 * x[:, 1]) + noise * rng.normal(size=n))
    return Dataset(x, targets=y, target_names=("price",))


def net(outputs: str = "1 linear", hidden: str = "6 tanh") -> Network:
    return Network.create(3, [hidden, outputs])


def fit(
    network: Network, data: Dataset, epochs: int = 150, **options: Any
) -> tuple[RegressionEvaluation, TrainingResult]:
    result = anncli.train(network, data, epochs, **{"test": 0.25, "seed": 1, **options})
    found = anncli.evaluate(network, data, result.rows["test"])
    assert isinstance(found, RegressionEvaluation)
    return found, result


def test_a_network_learns_numbers_in_the_units_of_the_data() -> None:
    network, data = net(), table()
    e, result = fit(network, data, trainer="lbfgs")
    assert e.r2 is not None
    assert e.r2 > 0.95
    assert (network.task, network.loss, network.classes, network.targets, network.threshold) == (
        "regression",
        "mse",
        (),
        None,
        None,
    )
    assert network.target_names == ("price",)
    outputs = anncli.predict(network, data.inputs)
    assert data.targets is not None
    assert np.abs(outputs - data.targets).mean() < 10
    assert {name: len(rows) for name, rows in result.rows.items()} == {"training": 110, "validation": 40, "test": 50}
    with pytest.raises(ValueError, match="the network predicts numbers"):
        decide(network, outputs)


def test_the_scaling_is_that_of_the_training_rows() -> None:
    network, data = net(), table()
    _, result = fit(network, data, epochs=1, refit="no")
    assert data.targets is not None
    own = data.targets[result.rows["training"], 0].astype(np.float64)
    scaling = network.target_scaling
    assert scaling.offset is not None
    assert scaling.spread is not None
    assert scaling.method == "zscore"
    assert scaling.offset[0] == pytest.approx(own.mean(), rel=1e-7)
    assert scaling.spread[0] == pytest.approx(own.std(ddof=1), rel=1e-6)


def test_the_record_and_evaluate_agree() -> None:
    network, data = net(), table()
    e, _ = fit(network, data)
    scaling = network.target_scaling
    assert scaling.spread is not None
    assert e.rmse == pytest.approx(np.sqrt(network.record["sets"]["test"]["loss"]) * scaling.spread[0], rel=1e-5)
    assert "class_weight" not in network.record
    with_run = start_training(net(), data, test=0.25, seed=1)
    list(with_run.epochs(150))
    found = with_run.evaluate_sets(with_run.finish())
    assert list(found) == ["training", "validation", "test"]
    assert isinstance(found["test"], RegressionEvaluation)
    assert found["test"].rmse == pytest.approx(e.rmse, rel=1e-5)
    assert found["test"].targets[0].name == "price"


def test_units_do_not_matter() -> None:
    data = table()
    assert data.targets is not None
    moved = Dataset(data.inputs, targets=data.targets * 2**10)
    first, second = net(), net()
    one, _ = fit(first, data)
    other, _ = fit(second, moved)
    assert first.parameters is not None
    assert second.parameters is not None
    assert np.array_equal(first.parameters, second.parameters)
    assert other.rmse == pytest.approx((one.rmse or 0) * 2**10, rel=1e-6)


@pytest.mark.parametrize("trainer", [name for name in TRAINER_NAMES if name not in ("gd", "gdm", "gda")])
def test_every_trainer_learns(trainer: str) -> None:
    e, _ = fit(net(), table(), 100, trainer=trainer)
    assert e.r2 is not None
    assert e.r2 > 0.5


@pytest.mark.parametrize("trainer", ["adam", "irprop+", "lbfgs", "scg"])
@pytest.mark.parametrize(
    ("loss", "outputs"),
    [("mae", "1 linear"), ("huber:0.5", "1 linear"), ("quantile", "1 linear"), ("poisson", "1 exp")],
)
def test_every_loss_learns(loss: str, outputs: str, trainer: str) -> None:
    network = net(outputs)
    e, _ = fit(network, table(), 200, loss=loss, trainer=trainer)
    assert e.r2 is not None
    assert e.r2 > 0.5
    assert (network.loss or "").startswith(loss)


@pytest.mark.parametrize("outputs", ["1 logistic", "1 tanh", "1 softplus", "1 exp", "1 relu", "1 softsign"])
def test_other_output_layers_get_targets_that_they_can_reach(outputs: str) -> None:
    e, _ = fit(net(outputs), table(), 300)
    assert e.r2 is not None
    assert e.r2 > 0.6


@pytest.mark.parametrize("loss", ["mae", "huber:1", "quantile:0.5", "poisson"])
@pytest.mark.parametrize("trainer", ["lm", "br"])
def test_trainers_of_squares_refuse_other_losses(trainer: str, loss: str) -> None:
    with pytest.raises(UsageError, match=f"trainer {trainer} (has no sum of squares for|needs) loss"):
        fit(net("1 exp" if loss == "poisson" else "1 linear"), table(), 1, loss=loss, trainer=trainer)


def test_a_quantile_lies_above_its_fraction_of_the_rows() -> None:
    data = table(2000, noise=1.0)
    for q in (0.1, 0.9):
        e, _ = fit(net(), data, 100, loss=f"quantile:{q}")
        assert e.targets[0].below == pytest.approx(q, abs=0.05)


def test_two_quantiles_are_an_interval() -> None:
    network, data = net("2 linear"), table(2000, noise=1.0)
    e, _ = fit(network, data, 100, loss="quantile:0.05,0.95")
    (interval,) = e.prediction_intervals
    assert interval.coverage == pytest.approx(0.9, abs=0.05)
    assert (network.quantiles, network.n_targets) == ((0.05, 0.95), 1)
    outputs = anncli.predict(network, data.inputs)
    assert (outputs[:, 0] < outputs[:, 1]).mean() > 0.99


def test_quantiles_of_two_targets(tmp_path: Path) -> None:
    data = table()
    assert data.targets is not None
    both = Dataset(
        data.inputs, targets=np.concatenate([data.targets, -7 * data.targets], axis=1), target_names=("a", "b")
    )
    network = net("4 linear")
    e, _ = fit(network, both, loss="quantile:0.25,0.75")
    assert [(t.name, t.quantile) for t in e.targets] == [("a", 0.25), ("a", 0.75), ("b", 0.25), ("b", 0.75)]
    anncli.save(network, tmp_path / "net.nn")
    again = anncli.load(tmp_path / "net.nn")
    assert np.array_equal(anncli.predict(again, data.inputs), anncli.predict(network, data.inputs))
    assert again.quantiles == (0.25, 0.75)


def test_several_targets_are_scaled_each_by_itself() -> None:
    data = table()
    assert data.targets is not None
    both = Dataset(data.inputs, targets=np.concatenate([data.targets, 1e-3 * data.inputs[:, :1]], axis=1))
    e, _ = fit(net("2 linear"), both, trainer="lbfgs")
    assert min(t.r2 or 0 for t in e.targets) > 0.9


def test_weights_count_as_equal_rows() -> None:
    """Full-batch training on weighted rows is that on repeated rows."""
    data = table(40)
    assert data.targets is not None
    weights = np.random.default_rng(0).integers(1, 4, 40)
    rows = np.repeat(np.arange(40), weights)
    options = {
        "validation": 0.0,
        "trainer": "lbfgs",
        "scaling": "none",
        "target_scaling": "none",
        "l2": 1e-3,
        "refit": "no",
    }
    first, second = net(), net()
    targets = data.targets / 1000
    anncli.train(first, Dataset(data.inputs, targets=targets, weights=weights), 10, **options)
    anncli.train(second, Dataset(data.inputs[rows], targets=targets[rows]), 10, **options)
    assert first.parameters is not None
    np.testing.assert_allclose(first.parameters, second.parameters, rtol=2e-3, atol=2e-4)


def test_a_network_file_keeps_everything(tmp_path: Path) -> None:
    network, data = net(), table()
    fit(network, data, 20)
    path = tmp_path / "net.nn"
    anncli.save(network, path)
    again = anncli.load(path)
    assert (again.task, again.target_names, again.loss, again.n_classes) == ("regression", ("price",), "mse", 0)
    assert np.array_equal(anncli.predict(again, data.inputs), anncli.predict(network, data.inputs))
    assert again.self_test is not None
    np.testing.assert_allclose(anncli.predict(again, again.self_test.inputs), again.self_test.outputs, rtol=1e-6)
    anncli.save(again, path)
    assert anncli.load(path).target_scaling.spread == again.target_scaling.spread


def test_continuing_keeps_loss_and_scaling() -> None:
    network, data = net("2 linear"), table()
    fit(network, data, 20, loss="quantile:0.1,0.9")
    before = network.target_scaling
    result = anncli.train(network, data, 5, continue_training=True)
    assert result.epochs == 5
    assert (network.loss, network.target_scaling) == ("quantile:0.1,0.9", before)


def test_an_interrupted_run_ends_with_the_same_bits(tmp_path: Path) -> None:
    def begun() -> Any:
        return start_training(net(), table(), loss="huber:0.5", restarts=2, seed=3)

    whole = begun()
    list(whole.epochs(12))
    first = begun()
    for count, _ in enumerate(first.epochs(12), 1):
        if count == 7:
            save_checkpoint(Checkpoint(b"", {}, first.state()), tmp_path / "state")
    second = begun()
    second.restore(load_checkpoint(tmp_path / "state").state)
    list(second.epochs(12))
    assert np.array_equal(whole.finish().network.parameters, second.finish().network.parameters)


def test_sets_hold_small_and_large_targets() -> None:
    data = table()
    _, result = fit(net(), data, 1)
    assert data.targets is not None
    means = [data.targets[rows].mean() for rows in result.rows.values()]
    assert np.ptp(means) < 0.05 * data.targets.std()


def test_few_rows_have_no_validation_set() -> None:
    _, result = fit(net(), table(4), 2, test=0.0)
    assert len(result.rows["validation"]) == 0
    assert "4 rows are too few to hold some out" in result.warnings[0]


@pytest.mark.parametrize(
    ("what", "values", "message"),
    [
        (
            "groups",
            np.arange(200) % 60,
            "40 groups are in both the training and the validation set: the validation figures are optimistic",
        ),
        (
            "groups",
            (np.arange(200) + 1) // 2,
            "1 group is in both the training and the validation set: the validation figures are optimistic",
        ),
        (
            "times",
            -np.arange(200.0),
            "the validation set has rows that are not later than all rows of the training set",
        ),
    ],
)
def test_sets_in_files_that_mix_groups_or_times_are_told(what: str, values: Any, message: str) -> None:
    data = replace(table(), **{what: values})
    sets = {"training": np.arange(160), "validation": np.arange(160, 200)}
    _, result = fit(net(), data, 2, sets=sets, test=0.0)
    assert message in result.warnings
    # Sets that are drawn divide no group, and are in order.
    _, result = fit(net(), data, 2, test=0.2, validation=0.2)
    assert not any("in both" in text or "not later" in text for text in result.warnings)


@pytest.mark.parametrize(("what", "one"), [("groups", "group"), ("times", "time")])
def test_rows_that_are_not_divided_have_no_validation_set(what: str, one: str) -> None:
    data = replace(table(), **{what: np.ones(table().n_samples)})
    _, result = fit(net(), data, 2, test=0.0)
    assert len(result.rows["validation"]) == 0
    assert result.warnings[0] == (
        f"all rows are of one {one}, which is not divided: there is no validation set, and training does not stop early"
    )
    for name in ("validation", "test"):
        with pytest.raises(UsageError) as caught:
            fit(net(), data, 2, **{"test": 0.0, name: 0.3})
        assert str(caught.value) == (
            f"--{name} 0.3: all rows are of one {one}, which is not divided; give rows of several {one}s, or leave --{name} out"
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"class_weight": "balanced"},
            "--class-weight needs classes, and the task is regression; leave --class-weight out",
        ),
        ({"label_smoothing": 0.1}, "--label-smoothing needs classes"),
        ({"targets": (1.0, 0.0)}, "--targets needs classes"),
        ({"threshold": 0.5}, "--threshold needs classes"),
        ({"dividetrain": 90.0}, "--dividetrain needs classes"),
        ({"trainer": "online", "alternate": True}, "--alternate needs classes"),
        ({"metric": "accuracy"}, "--metric accuracy needs classes, and the task is regression; use loss or mse"),
        ({"loss": "focal"}, "loss focal needs logistic or softmax outputs"),
        ({"loss": "poisson"}, "loss poisson needs exp outputs"),
        ({"loss": "quantile:0.1,0.9"}, "1 targets and 2 quantiles of each for a network of 1 outputs"),
    ],
)
def test_what_needs_classes_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=f"^{message}"):
        fit(net(), table(), 1, **options)


def test_losses_of_numbers_are_refused_for_classes() -> None:
    data = Dataset.from_classes(np.zeros((5, 3)), np.ones((5, 3)))
    with pytest.raises(UsageError, match=r"^loss mae is for regression, and the task is classification"):
        anncli.train(net("1 logistic"), data, 1, loss="mae")


def test_exp_outputs_classify_by_mse() -> None:
    network = net("1 exp")
    anncli.train(network, Dataset.from_classes(np.zeros((9, 3)), np.ones((9, 3))), 2)
    assert (network.loss, network.task) == ("mse", None)


def test_networks_and_data_of_different_tasks() -> None:
    trained = net("1 logistic")
    classes = Dataset.from_classes(np.zeros((9, 3)), np.ones((9, 3)))
    anncli.train(trained, classes, 1)
    with pytest.raises(UsageError, match=r"^the network was trained for classification, the data are for regression"):
        anncli.train(trained, table(), 1, continue_training=True)
    with pytest.raises(DataError, match=r"^the data are for regression, the network is for classification"):
        anncli.evaluate(trained, table())
    network = net()
    fit(network, table(), 1)
    with pytest.raises(DataError, match=r"^the data are for classification, the network is for regression"):
        anncli.evaluate(network, classes)
    with pytest.raises(UsageError, match=r"^the network is for regression, the data are for classification"):
        anncli.train(network, classes, 1, continue_training=True)
    with pytest.raises(UsageError, match=r"^softmax outputs are those of one class among many"):
        anncli.train(net("2 softmax"), table(), 1)
    data = table()
    with pytest.raises(DataError, match=r"^the targets of the data are cost, in the network price"):
        anncli.evaluate(network, Dataset(data.inputs, targets=data.targets, target_names=("cost",)))


def test_missing_targets_are_refused_in_training_and_left_out_in_tests() -> None:
    data = table()
    assert data.targets is not None
    data.targets[7] = np.nan
    with pytest.raises(
        DataError, match=r"^row 8 has no target, which every row of the (training|validation) set needs"
    ):
        anncli.train(net(), data, 1)
    network, rows = net(), np.arange(200)
    sets = {"training": rows[50:], "test": rows[:50]}
    anncli.train(network, data, 5, sets=sets)
    e = anncli.evaluate(network, data, sets["test"])
    assert (e.n, e.n_unlabelled) == (49, 1)
    assert "loss" not in network.record["sets"]["test"]


def test_targets_that_a_loss_or_scaling_cannot_have() -> None:
    data = table()
    constant = Dataset(data.inputs, targets=np.ones(200))
    with pytest.raises(DataError, match=r"^target 'target 1' has the same value in every training row"):
        anncli.train(net(), constant, 1)
    assert data.targets is not None
    below = Dataset(data.inputs, targets=data.targets - 990)
    with pytest.raises(DataError, match=r"^loss poisson is for counts, and 'target 1' has values below 0"):
        anncli.train(net("1 exp"), below, 1)


def test_nothing_changes_after_an_error() -> None:
    network = net()
    with pytest.raises(AnnError):
        fit(network, table(), 1, metric="f1")
    assert network.task is None
    assert network.parameters is None


def test_poisson_regression_without_hidden_units_is_scikit_learns() -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 3)).astype(np.float32)
    y = rng.poisson(np.exp(0.5 + x @ np.array([0.3, -0.6, 0.0])))
    network = Network.create(3, ["1 exp"])
    options = {"trainer": "lbfgs", "validation": 0.0, "l2": 0.0, "scaling": "none", "target_scaling": "none"}
    anncli.train(network, Dataset(x, targets=y), 200, **options)
    model = linear_model.PoissonRegressor(alpha=0, tol=1e-10, max_iter=1000).fit(x, y)
    assert network.parameters is not None
    np.testing.assert_allclose(network.parameters, [model.intercept_, *model.coef_], atol=2e-4)


def test_quantile_regression_without_hidden_units_is_scikit_learns() -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 2)).astype(np.float32)
    y = x @ np.array([1.0, -2.0]) + rng.normal(size=400) * np.exp(x[:, 0] / 2)
    network = Network.create(2, ["2 linear"])
    options = {
        "trainer": "adam",
        "validation": 0.0,
        "l2": 0.0,
        "schedule": "cosine",
        "learning_rate": 0.02,
        "batch_size": 400,
    }
    anncli.train(network, Dataset(x, targets=y), 3000, loss="quantile:0.1,0.9", **options)
    outputs = anncli.predict(network, x)
    for k, q in enumerate((0.1, 0.9)):
        model = linear_model.QuantileRegressor(quantile=q, alpha=0, solver="highs").fit(x, y)
        residuals, best = y - outputs[:, k], y - model.predict(x)
        cost, least = (np.mean(np.maximum(q * r, (q - 1) * r)) for r in (residuals, best))
        assert least <= cost < 1.002 * least


@pytest.mark.parametrize("trainer", ["online", "sgd", "irprop-"])
@pytest.mark.parametrize(
    ("loss", "outputs"),
    [("mse", "1 linear"), ("huber:0.5", "1 linear"), ("quantile:0.2,0.7", "2 linear"), ("poisson", "1 exp")],
)
def test_both_backends_train_the_same_network(loss: str, outputs: str, trainer: str) -> None:
    found = []
    for backend in (ReferenceBackend(), choose_backend()):
        layer = read_layer(
            {name: Given(v, name) for name, v in {"loss": loss, "trainer": trainer, "refit": "no"}.items()}
        )
        run = TrainingRun(prepare(net(outputs), table(60), resolve_options([layer]), backend=backend))
        list(run.epochs(3))
        found.append(run.finish().network)
    first, second = (network.parameters for network in found)
    assert first is not None
    assert second is not None
    np.testing.assert_allclose(first, second, rtol=1e-3, atol=1e-4)
