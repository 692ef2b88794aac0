"""What a run does for its trainer: stop rules, the length of a schedule, remarks in the record."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anncli.api import start_training
from anncli.dataset.dataset import Dataset
from anncli.errors import AnnError, UsageError
from anncli.network.network import Network
from anncli.training.names import TRAINER_NAMES
from anncli.training.run import TrainingRun


def start(**options: Any) -> TrainingRun:
    rng = np.random.default_rng(0)
    data = Dataset.from_classes(rng.normal(1, 1, (60, 3)), rng.normal(-1, 1, (60, 3)))
    return start_training(Network.create(3, [(4, "tanh"), (1, "logistic")]), data, **options)


def reports(run: TrainingRun, epochs: int = 200) -> int:
    return sum(report.phase == "training" for report in run.epochs(epochs))


def test_goal_ends_a_run() -> None:
    run = start(goal=0.4, trainer="irprop-")
    assert 0 < reports(run) < 200
    assert run.attempt.stop_reason == "training loss reached the goal of 0.4"
    assert run.attempt.history[-1].training_loss <= 0.4 < run.attempt.history[-2].training_loss


def test_stop_rule_ends_a_run_at_the_end_of_a_strip() -> None:
    run = start(stop="up:1", l2=0.0, trainer="irprop-", patience=0)
    count = reports(run)
    assert count % 5 == 0
    assert run.attempt.stop_reason == "validation loss rose in 1 successive strip of 5 epochs (up:1)"
    assert run.attempt.history[-1].validation_loss > run.attempt.history[-6].validation_loss


def test_time_limit_counts_for_all_restarts_together() -> None:
    run = start(time_limit=1e-9, restarts=5)
    assert reports(run) == 1
    assert len(run.attempts) == 1


def test_time_limit_ends_a_run() -> None:
    run = start(time_limit=1e-9)
    assert reports(run) == 1
    assert run.attempt.stop_reason == "reached the time limit of 1e-09 s"


def test_schedule_spans_the_epochs_asked_for() -> None:
    run = start(trainer="sgd", schedule="cosine:0", validation=0.0)
    assert reports(run, 30) == 30
    assert run.attempt.total_epochs == 30


def test_effective_parameters_are_in_the_record() -> None:
    run = start(trainer="trainbr", loss="mse", validation=0.0)
    for _ in run.epochs(10):
        pass
    record = run.finish().network.record
    assert record["trainer"] == "br"
    assert 1 < record["effective_parameters"] <= 21


def test_refusal_reaches_the_user() -> None:
    with pytest.raises(UsageError, match="trainer lm keeps a 21 x 21 matrix"):
        start(trainer="lm", max_parameters=20)


@pytest.mark.parametrize("name", TRAINER_NAMES)
def test_every_trainer_runs_to_a_network(name: str) -> None:
    run = start(trainer=name, loss="mse" if name == "br" else "auto")
    for _ in run.epochs(12):
        pass
    result = run.finish()
    assert result.network.is_trained
    assert np.isfinite(result.network.parameters).all()


@pytest.mark.parametrize(
    "name", sorted(name for name, info in TRAINER_NAMES.items() if "learning_rate" in info.defaults)
)
def test_divergence_ends_in_a_message_or_a_finite_network(name: str) -> None:
    run = start(trainer=name, learning_rate=1e30, keep="last", validation=0.0, l2=0.0)
    message = None
    try:
        for _ in run.epochs(20):
            pass
    except AnnError as error:
        message = str(error)
    if message is None:
        assert np.isfinite(run.attempt.parameters).all()
    else:
        assert message.startswith("training diverged in epoch")


@pytest.mark.parametrize("name", TRAINER_NAMES)
@pytest.mark.parametrize("size", [1e18, 3e37])
def test_monstrous_inputs_end_in_a_message_or_a_finite_network(name: str, size: float) -> None:
    rng = np.random.default_rng(0)
    data = Dataset.from_classes(size * rng.normal(1, 1, (30, 3)), size * rng.normal(-1, 1, (30, 3)))
    network = Network.create(3, [(4, "tanh"), (1, "linear")])
    run = start_training(network, data, trainer=name, scaling="none", loss="mse", validation=0.0)
    message = None
    try:
        for _ in run.epochs(20):
            pass
    except AnnError as error:
        message = str(error)
    if message is not None:
        assert message.startswith("training diverged in epoch")
        return
    outputs = run.attempt.objective.outputs(run.attempt.parameters)
    assert np.isfinite(outputs).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stop": "gl:x"}, "train() stop: stop rule gl needs a number above 0, found 'gl:x'; "),
        ({"schedule": "cos"}, "train() schedule: unknown schedule 'cos'; did you mean 'cosine'?"),
        (
            {"trainer": "scg", "schedule": "cosine"},
            "train() schedule: trainer scg has no schedule; its options are damping, ",
        ),
        ({"trainer": "trainlmm"}, "train() trainer: unknown trainer 'trainlmm'; "),
        ({"trainer": "bpvl", "chaos": "none"}, "train() chaos: unknown value 'none'; use one of logistic, "),
    ],
)
def test_bad_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        start(**options)
    assert str(caught.value).startswith(message)
