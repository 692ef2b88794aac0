"""A training run: parts, early stop, final fit, what is kept, and that chance comes from the seed alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import anncli
from anncli.api import start_training
from anncli.dataset.dataset import Dataset
from anncli.errors import AnnError, DataError, UsageError
from anncli.network.network import Network, NetworkSource
from anncli.training.run import TrainingRun


def two_clouds(n: int = 60, noise: float = 1.0, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    return Dataset.from_classes(rng.normal(1, noise, (n, 3)), rng.normal(-1, noise, (n // 2, 3)), classes=("a", "b"))


def network(**rest: object) -> Network:
    return Network.create(3, [(4, "tanh"), (1, "logistic")], **rest)


def test_training_separates_two_clouds_and_fills_the_network() -> None:
    net, data = network(), two_clouds()
    result = anncli.train(net, data, epochs=200, seed=3)
    assert anncli.evaluate(net, data).accuracy > 0.9
    assert net.classes == ("a", "b")
    assert net.threshold == 0.5
    assert net.scaling.method == "soft-clip"
    assert result.epochs <= 200
    assert net.record["seed"] == 3
    assert (anncli.predict(net, net.self_test.inputs) == net.self_test.outputs).all()


def test_same_seed_same_bits_another_seed_others() -> None:
    nets = [network() for _ in range(3)]
    for net, seed in zip(nets, (1, 1, 2), strict=True):
        anncli.train(net, two_clouds(), epochs=30, seed=seed)
    assert (nets[0].parameters == nets[1].parameters).all()
    assert (nets[0].parameters != nets[2].parameters).any()


def test_data_stay_untouched() -> None:
    data = two_clouds()
    before = data.inputs.copy()
    anncli.train(network(), data, epochs=5, scaling="robust")
    assert (data.inputs == before).all()


def test_validation_zero_trains_on_everything_for_exactly_n_epochs() -> None:
    result = anncli.train(network(), two_clouds(), epochs=37, validation=0)
    assert result.epochs == 37
    assert result.kept_epoch == 37
    assert len(result.rows["training"]) == 90
    assert result.refit_epochs == 0
    assert result.stop_reason == "reached the limit of 37 epochs"


def test_parts_are_stratified_and_disjoint() -> None:
    data = two_clouds(100)
    result = anncli.train(network(), data, epochs=1, validation=0.2, test=0.3)
    assert [data.class_counts(result.rows[part]).tolist() for part in ("training", "validation", "test")] == [
        [50, 25],
        [20, 10],
        [30, 15],
    ]
    assert sorted(np.concatenate(list(result.rows.values()))) == list(range(150))


def test_early_stop_keeps_the_best_epoch() -> None:
    data = two_clouds(40, noise=3.0)
    run = start_training(network(), data, patience=5, l2=0, learning_rate=0.1, refit="no", seed=1)
    reports = list(run.epochs(500))
    result = run.finish()
    losses = [r.validation_loss for r in reports]
    assert len(reports) < 500
    assert result.best_epoch == 1 + int(np.argmin(losses))
    assert len(reports) == result.best_epoch + 5
    assert result.kept_epoch == result.best_epoch
    assert run.attempt.objective.value(result.network.parameters, result.rows["validation"], penalty=False) == min(
        losses
    )


def test_keep_last_keeps_the_last_epoch() -> None:
    data = two_clouds(40, noise=3.0)
    run = start_training(network(), data, patience=5, l2=0, learning_rate=0.1, keep="last", seed=1)
    reports = list(run.epochs(500))
    result = run.finish()
    assert result.kept_epoch == len(reports)
    assert (result.network.parameters == run.attempt.weights).all()
    assert result.refit_epochs == 0


def test_final_fit_uses_all_vectors_and_as_many_epochs() -> None:
    data = two_clouds()
    run = start_training(network(), data, seed=4, patience=10, batch_size=8)
    reports = list(run.epochs(60))
    result = run.finish()
    selection = [r for r in reports if r.phase == "training"]
    assert result.refit_epochs == len(selection) == len(reports) - len(selection)
    # The same fit by hand: all rows of the drawn parts, the same scaling, start and order of chance.
    rows = np.sort(np.concatenate([result.rows["training"], result.rows["validation"]]))
    by_hand = network(parameters=run.attempt.initial_parameters, scaling=result.network.scaling)
    again = start_training(by_hand, data, continue_training=True, seed=4, batch_size=8, scaling="keep", l2=run.setup.l2, sets={"training": rows, "validation": rows[:0], "test": rows[:0]})  # fmt: skip
    for _ in again.epochs(result.refit_epochs):
        pass
    assert (again.attempt.weights == result.network.parameters).all()


def test_the_schedule_of_a_final_fit_spans_the_epochs_asked_for() -> None:
    options = {"seed": 1, "patience": 5, "learning_rate": 0.1, "schedule": "cosine"}
    run = start_training(network(), two_clouds(40, noise=3.0), **options)
    for _ in run.epochs(300):
        pass
    result = run.finish()
    assert 0 < result.refit_epochs < 300
    rows = run.setup.final_rows
    by_hand = network(parameters=run.attempt.initial_parameters, scaling=result.network.scaling)
    sets = {"training": rows, "validation": rows[:0], "test": rows[:0]}
    again = start_training(by_hand, two_clouds(40, noise=3.0), continue_training=True, **options, scaling="keep", l2=run.setup.l2, sets=sets)  # fmt: skip
    for _ in again.attempt.epochs(result.refit_epochs, 300):
        pass
    assert (again.attempt.weights == result.network.parameters).all()


def test_no_final_fit_on_the_users_own_validation_rows() -> None:
    parts = {"training": np.arange(0, 80), "validation": np.arange(50, 90)}
    result = anncli.train(network(), two_clouds(), epochs=20, sets=parts)
    assert result.refit_epochs == 0


def test_a_trained_network_is_trained_anew_and_continues_on_demand() -> None:
    net, data = network(), two_clouds()
    anncli.train(net, data, epochs=20, validation=0)
    first = net.parameters.copy()
    anncli.train(net, data, epochs=20, validation=0)
    assert (net.parameters == first).all()
    assert net.record["epochs_in_all"] == 20
    run = start_training(net, data, continue_training=True, validation=0)
    assert (run.attempt.parameters == first).all()
    assert (start_training(net, data, validation=0).attempt.parameters != first).any()
    anncli.train(net, data, epochs=5, continue_training=True)
    assert net.record["epochs_in_all"] == 25
    # No validation set was asked for.
    assert set(net.record["sets"]) == {"training"}


def test_weights_from_elsewhere_are_not_replaced_unasked() -> None:
    net, data = network(), two_clouds()
    net.set_parameters(np.full(net.topology.n_parameters, 0.5))
    with pytest.raises(UsageError, match=r"not trained.*say --continue or --init auto"):
        anncli.train(net, data, epochs=1)
    assert anncli.train(net, data, epochs=1, continue_training=True).epochs == 1
    # Which rows the weights came from is not known, and stays so.
    assert net.row_digests is None
    assert anncli.train(net, data, epochs=1, init="auto").network.row_digests.n_rows == data.n_samples
    net.record["resealed"] = True
    with pytest.raises(UsageError, match="changed since"):
        anncli.train(net, data, epochs=1)


def test_balanced_weights_move_the_decision_towards_the_small_class() -> None:
    rng = np.random.default_rng(5)
    data = Dataset.from_classes(rng.normal(0.7, 1, (30, 3)), rng.normal(-0.7, 1, (600, 3)))
    plain, balanced = network(), network()
    anncli.train(plain, data, epochs=60)
    anncli.train(balanced, data, epochs=60, class_weight="balanced")
    assert anncli.evaluate(balanced, data).sensitivity > anncli.evaluate(plain, data).sensitivity + 0.1


def test_three_classes() -> None:
    rng = np.random.default_rng(6)
    centers = np.array([[2, 0, 0], [0, 2, 0], [0, 0, 2]])
    data = Dataset.from_classes(*(rng.normal(c, 0.5, (30, 3)) for c in centers), classes=("x", "y", "z"))
    net = Network.create(3, [(5, "relu"), (3, "softmax")])
    anncli.train(net, data, epochs=100)
    assert anncli.evaluate(net, data).accuracy > 0.95
    assert net.record["loss"] == "cross-entropy"


def test_divergence_without_a_best_epoch_is_an_error() -> None:
    data = Dataset.from_classes(np.full((4, 3), 1e18), np.full((4, 3), -1e18))
    net = Network.create(3, [(1, "linear")])
    with pytest.raises(AnnError, match="training diverged in epoch"):
        anncli.train(net, data, epochs=50, trainer="sgd", learning_rate=1e10, scaling="none", validation=0, l2=0)
    assert not net.is_trained


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"trainer": "adma"}, "did you mean 'adam'"),
        ({"lerning_rate": 1}, "did you mean 'learning_rate'"),
        ({"learning_rate": 0}, "above 0"),
        ({"momentum": 0.5}, "trainer adam has no momentum"),
        ({"loss": "cross-entropy"}, "needs softmax outputs"),
        ({"validation": 0.6, "test": 0.6}, "leave nothing to train on"),
        ({"class_weight": (1, 2, 3)}, "3 weights"),
    ],
)
def test_impossible_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        anncli.train(network(), two_clouds(), epochs=1, **options)


def test_data_that_do_not_fit() -> None:
    with pytest.raises(DataError, match="the rows have 4 values, the network has 3 inputs"):
        anncli.train(network(), Dataset.from_classes(np.ones((2, 4)), np.zeros((2, 4))), epochs=1)
    with pytest.raises(UsageError, match="3 classes of data"):
        anncli.train(network(), Dataset.from_classes(*[np.ones((2, 3))] * 3), epochs=1)
    with pytest.raises(DataError, match="one class only"):
        anncli.train(network(), two_clouds(), epochs=1, sets={"training": np.arange(60)})


def test_network_file_options_lose_against_arguments() -> None:
    net = network(source=NetworkSource(training={"trainer": "sgd", "learning_rate": 0.01, "seed": 9}))
    run = start_training(net, two_clouds(), learning_rate=0.5)
    assert run.setup.options.trainer == "sgd"
    assert run.setup.options.trainer_options["learning_rate"] == 0.5
    assert run.setup.options.seed == 9
    # A stronger layer chose another trainer: the weaker layer's learning rate was meant for its own.
    other = start_training(net, two_clouds(), trainer="adam")
    assert other.setup.options.trainer_options["learning_rate"] == 0.002 or "learning_rate" in dict(net.source.training)


def test_train_epochs_yields_reports(tmp_path: Path) -> None:
    net = network()
    reports = list(anncli.train_epochs(net, two_clouds(), 12, refit="no"))
    assert [r.epoch for r in reports] == list(range(1, 13))
    assert net.is_trained
    assert reports[-1].phase == "training"
    assert reports[-1].training_loss < reports[0].training_loss


def test_patience_waits_for_the_first_progress() -> None:
    # Labels that the inputs say nothing of: no epoch beats the class shares, log 2 here, by 1 %.
    rng = np.random.default_rng(0)
    noise = Dataset.from_classes(rng.normal(size=(300, 3)), rng.normal(size=(300, 3)), classes=("a", "b"))
    run = start_training(network(), noise, patience=5, refit="no", learning_rate=1e-4)
    losses = [report.validation_loss for report in run.epochs(60)]
    assert len(losses) == 60
    assert min(losses) > 0.99 * np.log(2)
    assert not run.attempt.judge.sees_progress
    assert run.attempt.judge._constant_loss == pytest.approx(np.log(2), rel=1e-12)
    # Once there is something to lose, five epochs without a better one are enough.
    run = start_training(network(), two_clouds(40, noise=3.0), patience=5, l2=0, learning_rate=0.1, refit="no")
    reports = list(run.epochs(500))
    assert len(reports) == run.attempt.judge.best_epoch + 5
    assert run.attempt.judge.sees_progress


@pytest.mark.parametrize(
    ("layers", "loss", "wanted"),
    [
        ([(3, "softmax")], "cross-entropy", -sum(p * np.log(p) for p in (0.5, 0.3, 0.2))),
        ([(3, "softmax")], "focal", -sum(p * (1 - p) ** 2 * np.log(p) for p in (0.5, 0.3, 0.2))),
        ([(3, "linear")], "mse", (0.5 * 0.5 + 0.3 * 0.7 + 0.2 * 0.8) / 3),
    ],
)
def test_the_constant_answer_by_hand(layers: list[tuple[int, str]], loss: str, wanted: float) -> None:
    inputs = np.random.default_rng(0).normal(size=(100, 2)).astype(np.float32)
    labels = np.repeat([0, 1, 2], [50, 30, 20])
    run = start_training(Network.create(2, layers), Dataset(inputs, labels, ("a", "b", "c")), loss=loss)
    assert run.attempt.judge._constant_loss == pytest.approx(wanted, rel=1e-6)


def test_fewer_than_no_epochs_are_refused() -> None:
    net = network()
    with pytest.raises(UsageError, match="0 or more epochs, not -1"):
        anncli.train(net, two_clouds(), epochs=-1)
    assert not net.is_trained


def test_a_vector_without_a_class_is_named_by_file_and_number() -> None:
    from anncli.dataset.dataset import Source

    data = two_clouds(10)
    data.labels[[12, 14]] = -1
    data.sources = (Source("a.txt", "", 10), Source("b.txt", "", 5))
    parts = {"training": np.arange(11), "validation": np.arange(11, 15)}
    with pytest.raises(DataError) as error:
        start_training(network(), data, sets=parts)
    assert str(error.value) == (
        "b.txt: row 3 has no class, which every row of the validation set needs; label it or leave it out"
    )


@pytest.mark.parametrize(
    ("options", "warnings"),
    [
        ({"metric": "f1"}, ["without a validation set, --metric f1 had no effect; add --validation 0.2"]),
        (
            {"stop": "progress:0.01,gl:5,up", "refit": "yes"},
            ["without a validation set, --refit yes and --stop gl,up had no effect; add --validation 0.2"],
        ),
        ({"stop": "progress:0.01", "patience": 5}, []),
    ],
    ids=str,
)
def test_options_that_need_a_validation_part_are_told_without_one(options: dict[str, Any], warnings: list[str]) -> None:
    run = start_training(network(), two_clouds(), validation=0, **options)
    assert list(run.setup.warnings) == warnings
    assert start_training(network(), two_clouds(), **options).setup.warnings == ()


def xor(copies: int) -> Dataset:
    one, zero = np.array([[0.0, 1], [1, 0]]), np.array([[0.0, 0], [1, 1]])
    return Dataset.from_classes(np.tile(one, (copies, 1)), np.tile(zero, (copies, 1)), classes=("one", "zero"))


@pytest.mark.parametrize("copies", [1, 2])
def test_xor_is_learnt_with_nothing_but_defaults(copies: int) -> None:
    net = Network.create(2, [(8, "tanh"), (1, "logistic")])
    result = anncli.train(net, xor(copies), epochs=1000)
    assert anncli.evaluate(net, xor(1)).accuracy == 1.0
    # 2.5 / 4 or 2.5 / 8 times the squared weights is dearer than four wrong answers.
    assert net.record["l2"] == 0.0
    assert any(
        text.startswith("with the default L2 penalty the network learned nothing, so the penalty was dropped")
        for text in result.warnings
    )
    assert result.refit_epochs == 1000
    assert result.penalty_dropped


def test_classes_of_four_share_nothing_those_of_five_do() -> None:
    def rows(size: int) -> tuple[int, list[str]]:
        rng = np.random.default_rng(0)
        data = Dataset.from_classes(rng.normal(size=(size, 3)), rng.normal(size=(20, 3)), classes=("a", "b"))
        run = start_training(network(), data)
        return len(run.setup.rows["validation"]), list(run.setup.warnings)

    warning = "class 'a' has only 4 rows, too few to hold some out: there is no validation set, and training does not stop early"
    assert rows(4) == (0, [warning])
    assert rows(5) == (5, [])


@pytest.mark.parametrize(
    ("options", "dropped"),
    [
        ({}, True),
        ({"l2": 0.3125}, False),
        ({"refit": "no"}, False),
        ({"time_limit": 1e3}, False),
        ({"epochs": 199}, False),
    ],
    ids=str,
)
def test_a_penalty_that_was_asked_for_or_hardly_tried_is_kept(options: dict[str, Any], dropped: bool) -> None:
    net = Network.create(2, [(8, "tanh"), (1, "logistic")])
    result = anncli.train(net, xor(2), **{"epochs": 200, "learning_rate": 0.05, **options})
    assert net.record["l2"] == (0 if dropped else 0.3125)
    assert any("penalty" in text for text in result.warnings) == dropped


def test_a_network_that_learns_keeps_the_default_penalty() -> None:
    net = network()
    result = anncli.train(net, two_clouds(), epochs=400)
    assert net.record["l2"] == pytest.approx(2.5 / 90, rel=1e-5)
    assert result.warnings == ()


def test_the_constant_answer_counts_classes_by_their_weights_and_rows_in_blocks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("anncli.arrays.BLOCK_ROWS", 7)
    rng = np.random.default_rng(0)
    data = Dataset(rng.normal(size=(80, 3)), np.repeat([0, 1], [60, 20]), ("a", "b"))
    run = start_training(network(), data, validation=0)
    assert run.attempt.objective.constant_loss(run.setup.rows["training"]) == pytest.approx(
        -(0.75 * np.log(0.75) + 0.25 * np.log(0.25)), rel=1e-6
    )
    balanced = start_training(network(), data, validation=0, class_weight="balanced")
    assert balanced.attempt.objective.constant_loss(balanced.setup.rows["training"]) == pytest.approx(
        np.log(2), rel=1e-6
    )


def is_closed(run: Any) -> bool:
    """Whether no session of any attempt computes any more."""
    refused = 0
    for attempt in run.attempts:
        for objective in (attempt.objective, attempt.judge.measure.objective):
            with pytest.raises(ValueError, match="the session is closed"):
                objective.outputs(attempt.parameters)
            refused += 1
    return refused == 2 * len(run.attempts)


def test_a_closed_run_computes_nothing_and_closes_twice() -> None:
    # With label smoothing the judge has a session of its own.
    run = start_training(network(), two_clouds(), restarts=2, label_smoothing=0.1)
    list(run.epochs(3))
    result = run.finish()
    run.close()
    run.close()
    assert len(run.attempts) == 2
    assert is_closed(run)
    assert result.network.is_trained


def test_training_from_python_closes_its_run_also_when_it_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []

    def remember(*args: Any) -> TrainingRun:
        runs.append(TrainingRun(*args))
        return runs[-1]

    monkeypatch.setattr("anncli.api.TrainingRun", remember)
    anncli.train(network(), two_clouds(), epochs=2)
    reports = anncli.train_epochs(network(), two_clouds(), epochs=5)
    next(iter(reports))
    reports.close()  # type: ignore[attr-defined]
    assert len(runs) == 2
    assert all(map(is_closed, runs))
