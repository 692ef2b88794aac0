"""Trainers of networks that answer every row: an epoch counts answers, of which samples have different numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anncli.arrays import Rows
from anncli.backends.base import Problem, Samples
from anncli.backends.reference import ReferenceBackend
from anncli.network.layers.base import Shape
from anncli.network.topology import Topology
from anncli.training import objective as module
from anncli.training.names import TRAINER_NAMES
from anncli.training.objective import Objective
from anncli.training.trainers import make_trainer

LENGTHS = (7, 1, 4, 2)


def ragged(labels: Any) -> tuple[Objective, Any]:
    """A network of three classes for every row, on samples of 7, 1, 4 and 2 rows, and its parameters."""
    rng, n = np.random.default_rng(5), sum(LENGTHS)
    topology = Topology(Shape(2, None), ["3 tanh recurrent", "3 softmax"])
    starts = np.r_[0, np.cumsum(LENGTHS)]
    samples = Samples(
        Rows(rng.normal(size=(n, 2)).astype(np.float32), starts), Rows(np.eye(3, dtype=np.float32)[labels], starts)
    )
    problem = Problem(topology, "cross-entropy")
    found = Objective(
        ReferenceBackend().open(problem, samples), problem, samples, np.arange(4), Rows(labels[:, None], starts)
    )
    return found, rng.normal(size=topology.n_parameters).astype(np.float32)


def epoch(name: str, objective: Objective, parameters: Any, **options: Any) -> Any:
    trainer = make_trainer(name, {**TRAINER_NAMES[name].defaults, **options})
    trainer.start(objective, parameters)
    return trainer.epoch(objective, parameters, np.random.default_rng(1))


@pytest.mark.parametrize("name", ["sgd", "adagrad", "online"])
@pytest.mark.parametrize("truncate", [0, 2])
def test_the_loss_of_an_epoch_is_the_mean_over_all_answers(
    name: str, truncate: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, parameters = ragged(np.arange(sum(LENGTHS)) % 3)
    problem = whole.problem._replace(truncate=truncate)
    objective = whole._replace(session=ReferenceBackend().open(problem, whole.samples), problem=problem)
    # Noise is added to some samples at a time; it and the steps are too small to change the loss.
    monkeypatch.setattr(module, "_NOISY_ROWS", 1)
    options = {"learning_rate": 1e-12, "input_noise": 1e-9}
    batch = {} if name == "online" else {"batch_size": 1}
    found = epoch(name, objective, parameters.copy(), **options, **batch)
    assert found.loss == pytest.approx(whole.value(parameters), rel=1e-5)


def test_class_means_of_a_pruned_network() -> None:
    objective, parameters = ragged(np.arange(sum(LENGTHS)) % 3)
    pruned = objective._replace(pruned=np.arange(len(parameters)) == 4)
    parameters[4] = 0
    found = epoch("online", pruned, parameters.copy(), learning_rate=1e-12, quiet_epochs=5)
    outputs = objective.session.outputs(parameters)
    wanted = [outputs[k::3, k].mean() for k in range(3)]
    assert found.class_means == pytest.approx(wanted, rel=1e-5)
    assert found.loss == pytest.approx(objective.value(parameters), rel=1e-5)


def test_a_class_without_answers_has_no_mean() -> None:
    # The first character of a text, for instance, may never be the next one.
    objective, parameters = ragged(np.arange(sum(LENGTHS)) % 2 + 1)
    found = epoch("online", objective, parameters, quiet_epochs=5)
    assert len(found.class_means) == 2
