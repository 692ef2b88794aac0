"""Averages, smoothed targets, dividetrain and restarts, by numbers worked by hand."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

import anncli
from anncli.api import start_training
from anncli.dataset.dataset import Dataset
from anncli.dataset.encoding import smooth_targets
from anncli.errors import UsageError
from anncli.experiments.executors.concurrently import run_concurrently
from anncli.network.network import Network
from anncli.training.averaging import WeightAverage
from anncli.training.run import TrainingRun


def clouds(noise: float = 1.0) -> Dataset:
    rng = np.random.default_rng(0)
    return Dataset.from_classes(rng.normal(1, noise, (40, 3)), rng.normal(-1, noise, (40, 3)), classes=("a", "b"))


def network() -> Network:
    return Network.create(3, [(4, "tanh"), (1, "logistic")])


def test_ema_by_hand() -> None:
    average = WeightAverage("ema:0.5", 10)
    # 0.5*4 / (1-0.5) = 4;  (0.5*2 + 0.5*8) / (1-0.25) = 20/3
    assert average.see(1, np.array([4.0])) == pytest.approx([4.0])
    assert average.see(2, np.array([8.0])) == pytest.approx([20 / 3])


def test_swa_by_hand() -> None:
    average = WeightAverage("swa:0.5", 4)
    seen = [float(average.see(epoch, np.array([value]))[0]) for epoch, value in enumerate([1.0, 2.0, 6.0, 8.0], 1)]
    # Epochs 1 and 2 are the first half; then the mean of 6, and of 6 and 8.
    assert seen == [1.0, 2.0, 6.0, 7.0]


def test_the_network_kept_is_the_average_of_the_epochs() -> None:
    plain = start_training(network(), clouds(), validation=0, seed=2)
    weights = []
    for _ in plain.epochs(6):
        weights.append(plain.attempt.parameters.astype(np.float64).copy())
    averaged = anncli.train(network(), clouds(), 6, validation=0, seed=2, average="swa:0.5")
    assert averaged.network.parameters == pytest.approx(np.mean(weights[3:], axis=0), rel=1e-6)


def test_smoothed_targets_by_hand() -> None:
    targets = np.array([[1.0], [0.0], [1.0]], dtype=np.float32)
    smooth_targets(targets, np.array([0, 1]), 0.2)
    assert targets.ravel() == pytest.approx([0.9, 0.1, 1.0])
    targets = np.eye(4, dtype=np.float32)
    smooth_targets(targets, np.array([1]), 0.2)
    # 0.8 * 1 + 0.2 * 1/4 and 0.2 * 1/4
    assert targets[1] == pytest.approx([0.05, 0.85, 0.05, 0.05])
    assert targets[0].tolist() == [1, 0, 0, 0]


def test_smoothing_changes_the_training_and_not_the_judgement() -> None:
    run = start_training(network(), clouds(), label_smoothing=0.2, refit="no")
    assert sorted(np.unique(run.attempt.objective.targets[run.setup.rows["training"]])) == pytest.approx([0.1, 0.9])
    report = next(iter(run.epochs(1)))
    by_hand = start_training(network(), clouds(), refit="no")
    assert report.validation_loss == by_hand.attempt.objective.value(
        run.attempt.parameters, run.setup.rows["validation"], penalty=False
    )


def test_dividetrain_trains_on_everything_until_enough_are_right() -> None:
    run = start_training(network(), clouds(), dividetrain=95)
    reports = list(run.epochs(1000))
    assert len(run.setup.rows["training"]) == 80
    assert len(reports) < 1000
    assert run.evaluate(run.attempt.parameters, "training").accuracy >= 0.95
    assert run.attempt.stop_reason.endswith("% of the training set classified correctly")
    with pytest.raises(UsageError, match="--dividetrain trains on all rows"):
        start_training(network(), clouds(), dividetrain=95, validation=0.2)


def test_restarts_keep_the_best_start() -> None:
    options = {"seed": 5, "patience": 10, "learning_rate": 0.02, "refit": "no"}
    result = anncli.train(network(), clouds(2.0), 100, restarts=5, **options)
    assert [restart.number for restart in result.restarts] == [1, 2, 3, 4, 5]
    values = [restart.value for restart in result.restarts]
    assert len(set(values)) == 5
    assert result.restarts[result.restart - 1].value == min(v for v in values if v is not None)
    assert result.network.record["start"] == result.restart
    # The first start is the run without restarts; the network kept is as good as it is said to be.
    alone = anncli.train(network(), clouds(2.0), 100, **options)
    assert result.restarts[0].epochs == alone.epochs
    assert result.network.record["sets"]["validation"]["loss"] == pytest.approx(min(values), rel=1e-5)  # type: ignore[type-var]


def test_restarts_without_a_validation_part_keep_the_lowest_training_loss() -> None:
    result = anncli.train(network(), clouds(2.0), 30, restarts=4, validation=0, seed=1)
    values = [restart.value for restart in result.restarts]
    assert result.restarts[result.restart - 1].value == min(v for v in values if v is not None)


def test_restarts_that_keep_the_last_epoch_are_ranked_by_it() -> None:
    # By their best epochs start 2 would be kept here.
    options = {"seed": 0, "patience": 0, "learning_rate": 0.05, "l2": 0, "keep": "last"}
    result = anncli.train(network(), clouds(2.0), 60, restarts=6, **options)
    run = start_training(network(), clouds(2.0), restarts=6, **options)
    last: dict[int, float] = {}
    for report in run.epochs(60):
        assert report.validation_loss is not None
        last[report.restart] = report.validation_loss
    assert result.restart == min(last, key=lambda number: last[number])
    assert [restart.value for restart in result.restarts] == list(last.values())


def test_restarts_refuse_weights_to_go_on_from() -> None:
    net = network()
    anncli.train(net, clouds(), 5)
    with pytest.raises(UsageError, match="--restarts draws new weights, and --continue goes on"):
        anncli.train(net, clouds(), 5, restarts=2, continue_training=True)
    # Without it the network is trained anew, from several sets of weights.
    assert anncli.train(net, clouds(), 5, restarts=2).restarts


def in_threads(run: TrainingRun, threads: int) -> TrainingRun:
    """The run with its restarts in so many threads."""
    return run if threads == 1 else TrainingRun(run.setup, partial(run_concurrently, jobs=threads))


def test_restarts_beside_each_other_give_the_same_bits() -> None:
    def result(beside: int) -> tuple[bytes, object, list[object]]:
        options = {"restarts": 5, "patience": 10, "learning_rate": 0.02}
        run = in_threads(start_training(network(), clouds(2.0), **options), beside)
        reports: list[object] = list(run.epochs(60))
        found = run.finish()
        assert found.network.parameters is not None
        return found.network.parameters.tobytes(), found.restarts, reports

    assert result(3) == result(1)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_starts_that_diverge_in_their_first_epoch_count_beside_each_other_too(seed: int) -> None:
    def result(beside: int) -> tuple[bytes, object, int]:
        net = Network.create(3, [(4, "relu"), (1, "linear")])
        run = start_training(
            net, clouds(), trainer="online", learning_rate=2, momentum=0.0, restarts=5, seed=seed, scaling="robust"
        )
        run = in_threads(run, beside)
        for _ in run.epochs(4):
            pass
        found = run.finish()
        assert found.network.parameters is not None
        return found.network.parameters.tobytes(), found.restarts, found.restart

    one, both = result(1), result(2)
    assert any(start.epochs == 0 for start in one[1])  # type: ignore[attr-defined]
    assert both == one


def test_restarts_beside_each_other_end_together() -> None:
    run = in_threads(start_training(network(), clouds(2.0), restarts=4, patience=0), 2)
    reports = run.epochs(1_000_000)
    for _ in range(20):
        next(reports)
    reports.close()  # type: ignore[attr-defined]
    result = run.finish("interrupted")
    assert result.stop_reason == "interrupted"
    assert 1 <= len(result.restarts or (1,)) <= 3
    assert all(len(attempt.history) < 1_000_000 for attempt in run.attempts)
