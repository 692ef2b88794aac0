"""Whole trainings, whose sums a crew of several computes: the same weights as in one process, with every trainer that has some."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import make_backend
from fake_crew import FakeCrew

from anncli.backends import chunked_session, chunks
from anncli.backends.crew import LocalCrew, use_crew
from anncli.dataset.dataset import Dataset
from anncli.network.network import Network
from anncli.network.topology import Layer, Topology
from anncli.options.layers import Given, resolve_options
from anncli.training.run import TrainingRun
from anncli.training.setup import prepare

TRAINERS = (
    "irprop+", "rprop-", "scg", "lbfgs", "bfgs", "oss", "cgf", "cgb", "lm", "br", "gd", "gdm", "gda", "gdx", "es", "quickprop",
    "delta-bar-delta", "adam", "adamw", "sgd",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "LEAST_ROWS", 600)
    monkeypatch.setattr(chunked_session, "LEAST_ROWS", 600)
    monkeypatch.setattr(chunks, "LEAST_BATCH", 128)


def trained(crew: Any, trainer: str, **options: Any) -> tuple[bytes, list[Any]]:
    rng = np.random.default_rng(2)
    inputs = rng.normal(size=(700, 3)).astype(np.float32)
    labels = (inputs[:, 0] * inputs[:, 1] > 0).astype(np.int64)
    network = Network(Topology(3, (Layer(4, "tanh"), Layer(1, "tanh"))))
    given = {"trainer": trainer, "loss": "mse", "validation": 0.0, "test": 0.0, "scaling": "none", "batch_size": 150}
    if trainer not in ("adam", "adamw", "sgd"):
        del given["batch_size"]
    if trainer in ("lm", "br"):
        given["l1"] = 0.0
    chosen = resolve_options([{name: Given(value, "") for name, value in (given | options).items()}], "ann")
    with use_crew(crew):
        setup = prepare(network, Dataset(inputs, labels, ("a", "b")), chosen, backend=make_backend("numpy"))
        run = TrainingRun(setup)
        losses = [report.training_loss for report in run.epochs(4)]
        return run.attempt.parameters.tobytes(), losses


@pytest.mark.slow
@pytest.mark.parametrize("trainer", TRAINERS)
def test_every_trainer_asks_the_crew_and_learns_the_same(trainer: str) -> None:
    crew = FakeCrew(make_backend("numpy"), 3)
    assert trained(crew, trainer) == trained(LocalCrew(), trainer)
    # The training set is held once: a trainer that opened a session each epoch would hold it again.
    assert crew.holds == 1


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"l1": 0.01}, {"label_smoothing": 0.1}, {"dropout": 0.3}, {"average": "ema"}])
def test_options_of_a_training_change_nothing_in_it(options: dict[str, Any]) -> None:
    assert trained(FakeCrew(make_backend("numpy"), 2), "adam", **options) == trained(LocalCrew(), "adam", **options)
