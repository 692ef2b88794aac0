"""The stages of a run by themselves: nothing is changed by finish(), and each keeps what it should."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

import anncli
from anncli.api import start_training
from anncli.dataset.dataset import Dataset
from anncli.errors import AnnError
from anncli.network.network import Network
from anncli.training.attempt import EpochReport
from anncli.training.restarts import Call, run_in_turn
from anncli.training.run import TrainingRun
from anncli.training.setup import PRIOR_PRECISION, prepare


def clouds(noise: float = 2.0) -> Dataset:
    rng = np.random.default_rng(0)
    return Dataset.from_classes(rng.normal(1, noise, (40, 3)), rng.normal(-1, noise, (40, 3)), classes=("a", "b"))


def network() -> Network:
    return Network.create(3, [(4, "tanh"), (1, "logistic")])


def ran(run: TrainingRun, epochs: int) -> TrainingRun:
    for _ in run.epochs(epochs):
        pass
    return run


def test_finish_gives_a_new_network_and_leaves_the_given_one_alone() -> None:
    net = network()
    run = ran(start_training(net, clouds(), seed=1, patience=10), 40)
    before = copy.deepcopy(run.state())
    one, other = run.finish(), run.finish()
    assert one.network is not net
    assert not net.is_trained
    assert (net.record, net.classes, net.self_test) == ({}, (), None)
    assert one.network.parameters.tobytes() == other.network.parameters.tobytes()
    assert one.network.record == other.network.record
    assert one.network.self_test is not None
    assert str(run.state()) == str(before)
    assert run.finish("interrupted").stop_reason == "interrupted"
    assert run.finish().stop_reason == one.stop_reason


def test_the_best_and_the_last_network_of_one_run() -> None:
    options = {"seed": 1, "patience": 0, "l2": 0, "learning_rate": 0.05, "keep": "last"}
    run = ran(start_training(network(), clouds(), **options), 60)
    last, best = run.finish(), run.finish(keep="best")
    assert (last.kept_epoch, best.kept_epoch) == (60, run.attempt.judge.best_epoch)
    assert last.network.parameters.tobytes() == run.attempt.weights.tobytes()
    assert best.network.parameters.tobytes() == run.attempt.best_parameters.tobytes()
    assert best.network.record["kept_epoch"] == best.kept_epoch < 60
    alone = anncli.train(network(), clouds(), 60, **{**options, "keep": "best", "refit": "no"})
    assert alone.network.parameters.tobytes() == best.network.parameters.tobytes()


def test_a_failed_training_leaves_the_network_as_it_was() -> None:
    net = Network.create(3, [(1, "linear")])
    data = Dataset.from_classes(np.full((4, 3), 1e18), np.full((4, 3), -1e18))
    before = dict(vars(net))
    with pytest.raises(AnnError, match="training diverged in epoch 1"):
        anncli.train(net, data, 50, trainer="sgd", learning_rate=1e10, scaling="none", validation=0, l2=0)
    assert vars(net) == before


def test_train_changes_the_network_in_place() -> None:
    net = network()
    result = anncli.train(net, clouds(), 5)
    assert result.network is net
    assert (net.is_trained, net.classes, net.loss) == (True, ("a", "b"), "binary-cross-entropy")
    other = network()
    for _ in anncli.train_epochs(other, clouds(), 5):
        assert not other.is_trained
    assert other.parameters.tobytes() == net.parameters.tobytes()


def test_targets_are_kept_with_the_loss_that_they_were_trained_with() -> None:
    net = network()
    anncli.train(net, clouds(), 3, loss="mse", targets=(0.8, 0.2))
    # The record is a report: what it says decides nothing.
    net.record = {}
    assert start_training(net, clouds(), loss="mse", continue_training=True).setup.targets == (0.8, 0.2)
    assert start_training(net, clouds(), continue_training=True).setup.targets == (1.0, 0.0)
    net.loss = None
    assert start_training(net, clouds(), continue_training=True).setup.targets == (0.8, 0.2)


def test_a_setup_is_frozen() -> None:
    setup = start_training(network(), clouds()).setup
    with pytest.raises(FrozenInstanceError):
        setup.l2 = 1.0  # type: ignore[misc]


def test_the_precision_of_the_default_penalty_can_be_chosen() -> None:
    options = start_training(network(), clouds()).setup.options
    assert prepare(network(), clouds(), options).l2 == PRIOR_PRECISION / 80
    assert prepare(network(), clouds(), options, prior_precision=8.0).l2 == 0.1
    assert anncli.train(network(), clouds(), 1, prior_precision=8.0).network.record["l2"] == 0.1
    assert prepare(network(), clouds(), options._replace(l2=0.5), prior_precision=8.0).l2 == 0.5


def test_whoever_runs_the_attempts_gets_one_call_for_each() -> None:
    seen: list[int] = []

    def backwards(calls: Sequence[Call]) -> Iterator[EpochReport]:
        reports = [list(call()) for call in reversed(calls)]
        seen.extend(len(found) for found in reports)
        for found in reversed(reports):
            yield from found

    options = {"restarts": 3, "patience": 5, "learning_rate": 0.02, "seed": 4}
    one = start_training(network(), clouds(), **options)
    other = TrainingRun(one.setup, backwards)
    assert list(one.epochs(30)) == list(other.epochs(30))
    assert len(seen) == 3
    assert [attempt.number for attempt in other.attempts] == [1, 2, 3]
    assert one.finish().network.parameters.tobytes() == other.finish().network.parameters.tobytes()


def test_attempts_share_no_session() -> None:
    run = ran(start_training(network(), clouds(), restarts=3), 2)
    sessions = [attempt.objective.session for attempt in run.attempts]
    assert len({id(session) for session in sessions}) == 3
    assert list(run_in_turn([])) == []


def test_a_run_that_reached_its_limit_says_so() -> None:
    assert anncli.train(network(), clouds(), 5).reached_limit
    stopped = anncli.train(network(), clouds(), 500, patience=3, learning_rate=0.1)
    assert not stopped.reached_limit
    assert stopped.stop_reason == "no improvement for 3 epochs"
    one = anncli.train(network(), clouds(), 1)
    assert one.stop_reason == "reached the limit of 1 epoch"
    run = start_training(network(), clouds())
    assert run.finish().stop_reason == "no epochs were asked for"
    assert not run.finish("interrupted").reached_limit
