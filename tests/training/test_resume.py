"""A run that was written down and taken up again ends with the bits of one that was never interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from anncli.api import start_training
from anncli.dataset.dataset import Dataset
from anncli.formats.files.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from anncli.network.network import Network
from anncli.training.names import TRAINER_NAMES
from anncli.training.outcome import TrainingResult
from anncli.training.run import TrainingRun


def prepared(name: str, options: dict[str, Any]) -> TrainingRun:
    rng = np.random.default_rng(0)
    data = Dataset.from_classes(rng.normal(0.7, 1, (40, 3)), rng.normal(-0.7, 1, (30, 3)), classes=("a", "b"))
    network = Network.create(3, [(4, "tanh"), (1, "logistic")])
    loss = "mse" if name in ("br", "lm") else "auto"
    return start_training(network, data, trainer=name, loss=loss, seed=3, **options)


def interrupted_at(name: str, options: dict[str, Any], epoch: int, limit: int, path: Path) -> TrainingRun:
    """A new run that took up what another one had written down after so many epochs in all."""
    first = prepared(name, options)
    for count, _ in enumerate(first.epochs(limit), 1):
        if count == epoch:
            save_checkpoint(Checkpoint(b"", {}, first.state()), path)
    second = prepared(name, options)
    second.restore(load_checkpoint(path).state)
    return second


def ended(run: TrainingRun, limit: int) -> TrainingResult:
    for _ in run.epochs(limit):
        pass
    return run.finish()


def assert_same(one: TrainingResult, other: TrainingResult) -> None:
    assert one.network.parameters is not None
    assert other.network.parameters is not None
    assert one.network.parameters.tobytes() == other.network.parameters.tobytes()
    assert one.history == other.history
    assert one.network.record == other.network.record
    assert (one.stop_reason, one.restarts) == (other.stop_reason, other.restarts)


@pytest.mark.parametrize("name", TRAINER_NAMES)
def test_every_trainer_resumes_exactly(name: str, tmp_path: Path) -> None:
    options: dict[str, Any] = {"schedule": "cosine"} if "schedule" in TRAINER_NAMES[name].defaults else {}
    uninterrupted = ended(prepared(name, options), 12)
    assert_same(ended(interrupted_at(name, options, 5, 12, tmp_path / "c"), 12), uninterrupted)


@pytest.mark.parametrize(
    "options",
    [
        {"patience": 6, "learning_rate": 0.1},
        {"average": "ema:0.8"},
        {"average": "swa:0.5", "dropout": 0.2, "input_noise": 0.1},
        {"restarts": 3, "patience": 4},
        {"stop": "gl:1,up:2,progress:0.01", "keep": "last"},
        {"dividetrain": 99.9},
        {"metric": "gm-se-sp", "label_smoothing": 0.1, "class_weight": "balanced"},
        {"refit": "no", "l1": 1e-3},
    ],
    ids=str,
)
@pytest.mark.parametrize("epoch", [1, 4, 13])
def test_every_part_of_a_run_resumes_exactly(options: dict[str, Any], epoch: int, tmp_path: Path) -> None:
    uninterrupted = ended(prepared("adam", options), 30)
    assert_same(ended(interrupted_at("adam", options, epoch, 30, tmp_path / "c"), 30), uninterrupted)


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_a_finished_run_resumed_goes_straight_to_the_final_fit(schedule: str, tmp_path: Path) -> None:
    options = {"patience": 5, "learning_rate": 0.1, "schedule": schedule}
    first = prepared("adam", options)
    uninterrupted = ended(first, 300)
    assert uninterrupted.epochs < 300
    save_checkpoint(Checkpoint(b"", {}, first.state()), tmp_path / "c")
    second = prepared("adam", options)
    second.restore(load_checkpoint(tmp_path / "c").state)
    reports = list(second.epochs(300))
    assert {report.phase for report in reports} == {"refit"}
    assert second.finish().network.parameters.tobytes() == uninterrupted.network.parameters.tobytes()  # type: ignore[union-attr]


def test_a_resumed_run_may_go_further(tmp_path: Path) -> None:
    options: dict[str, Any] = {"validation": 0}
    longer = ended(interrupted_at("sgd", options, 20, 20, tmp_path / "c"), 50)
    assert longer.epochs == 50
    assert_same(longer, ended(prepared("sgd", options), 50))


@pytest.mark.parametrize(
    ("options", "stopped", "limit"),
    [
        ({"validation": 0, "restarts": 3}, 40, 20),  # where the second start has ended
        ({"restarts": 2, "patience": 0, "refit": "no"}, 25, 20),
        ({"validation": 0, "average": "swa:0.5"}, 8, 20),
    ],
    ids=str,
)
def test_every_start_and_average_of_a_resumed_run_goes_further(
    options: dict[str, Any], stopped: int, limit: int, tmp_path: Path
) -> None:
    longer = ended(interrupted_at("sgd", options, stopped, limit, tmp_path / "c"), 50)
    assert_same(longer, ended(prepared("sgd", options), 50))


def test_a_time_limit_may_come_and_go_with_resumption(tmp_path: Path) -> None:
    rules = {"stop": "gl:50,up:9", "refit": "no"}
    uninterrupted = ended(prepared("sgd", rules), 30)
    first = prepared("sgd", rules)
    for _ in first.epochs(12):
        pass
    save_checkpoint(Checkpoint(b"", {}, first.state()), tmp_path / "c")
    second = prepared("sgd", {**rules, "time_limit": 1000})
    second.restore(load_checkpoint(tmp_path / "c").state)
    for _ in second.epochs(20):
        pass
    save_checkpoint(Checkpoint(b"", {}, second.state()), tmp_path / "c")
    third = prepared("sgd", rules)
    third.restore(load_checkpoint(tmp_path / "c").state)
    assert_same(ended(third, 30), uninterrupted)


@pytest.mark.parametrize("options", [{}, {"restarts": 2, "refit": "no"}], ids=str)
def test_a_run_out_of_time_goes_on_when_resumed(options: dict[str, Any], tmp_path: Path) -> None:
    first = prepared("sgd", {**options, "time_limit": 1e-9})
    assert ended(first, 20).stop_reason == "reached the time limit of 1e-09 s"
    save_checkpoint(Checkpoint(b"", {}, first.state()), tmp_path / "c")
    second = prepared("sgd", options)
    second.restore(load_checkpoint(tmp_path / "c").state)
    assert len(second.attempt.history) == 1
    assert_same(ended(second, 20), ended(prepared("sgd", options), 20))
