"""Multi-label from data to decisions, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import anncli
from anncli.dataset.dataset import Dataset
from anncli.errors import DataError, UsageError
from anncli.evaluation.multilabel import MultilabelEvaluation
from anncli.inference.predict import decide
from anncli.network.network import Network

NAMES = ("right", "up", "far")


def table(n: int = 300, seed: int = 0) -> Dataset:
    x = np.random.default_rng(seed).uniform(-1, 1, (n, 2))
    labels = np.stack([x[:, 0] > 0, x[:, 1] > 0.3, (x**2).sum(axis=1) > 0.5], axis=1)
    return Dataset(x, targets=labels, target_names=NAMES, task="multi-label")


def net(outputs: str = "3 logistic") -> Network:
    return Network.create(2, ["8 tanh", outputs])


def fit(network: Network, data: Dataset, epochs: int = 100, **options: Any) -> MultilabelEvaluation:
    result = anncli.train(network, data, epochs, **{"test": 0.25, "seed": 1, "trainer": "lbfgs", **options})
    found = anncli.evaluate(network, data, result.rows["test"])
    assert isinstance(found, MultilabelEvaluation)
    return found


def test_every_label_is_learned() -> None:
    network, data = net(), table()
    e = fit(network, data)
    assert [label.name for label in e.labels] == list(NAMES)
    assert min(label.f1 or 0 for label in e.labels) > 0.9
    assert (network.task, network.loss, network.n_classes, network.classes) == (
        "multi-label",
        "binary-cross-entropy",
        0,
        (),
    )
    assert (network.threshold, network.targets, network.target_names) == (0.5, (1.0, 0.0), NAMES)
    outputs = anncli.predict(network, data.inputs)
    assert np.array_equal(decide(network, outputs), outputs > 0.5)
    assert decide(network, outputs, threshold=0.9).sum() < decide(network, outputs).sum()


@pytest.mark.parametrize("trainer", ["adam", "online", "irprop+", "scg", "lm"])
def test_trainers(trainer: str) -> None:
    assert (fit(net(), table(), 150, trainer=trainer).macro_f1 or 0) > 0.8


def test_other_output_layers() -> None:
    network = net("3 tanh")
    assert (fit(network, table()).macro_f1 or 0) > 0.9
    assert (network.loss, network.targets, network.threshold) == ("mse", (0.9, -0.9), 0.0)
    # One label is a network of one output.
    data = table()
    assert data.targets is not None
    single = Dataset(data.inputs, targets=data.targets[:, 0], task="multi-label")
    assert (fit(net("1 logistic"), single).macro_f1 or 0) > 0.9


def test_label_smoothing_and_a_threshold() -> None:
    network = net()
    e = fit(network, table(), label_smoothing=0.1, threshold=0.7)
    assert network.threshold == 0.7
    assert (e.macro_f1 or 0) > 0.85


def test_a_network_file_keeps_everything(tmp_path: Path) -> None:
    network, data = net(), table()
    fit(network, data, 5)
    anncli.save(network, tmp_path / "net.nn")
    again = anncli.load(tmp_path / "net.nn")
    assert (again.task, again.target_names, again.threshold, again.n_targets) == ("multi-label", NAMES, 0.5, 3)
    assert anncli.evaluate(again, data).as_dict() == anncli.evaluate(network, data).as_dict()


@pytest.mark.parametrize(
    ("network", "options", "message"),
    [
        (
            "3 softmax",
            {},
            "softmax outputs are those of one class among many, not of multi-label; write logistic outputs",
        ),
        ("2 logistic", {}, "3 targets for a network of 2 outputs; write a last layer of 3 units"),
        ("3 logistic", {"loss": "mae"}, "loss mae is for regression, and the task is multi-label"),
        ("3 logistic", {"class_weight": "balanced"}, "--class-weight needs classes, and the task is multi-label"),
        ("3 logistic", {"metric": "f1"}, "--metric f1 needs classes"),
    ],
)
def test_what_is_refused(network: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=f"^{message}"):
        fit(net(network), table(), 1, **options)


def test_labels_that_training_cannot_learn() -> None:
    data = table()
    assert data.targets is not None
    data.targets[:, 1] = 0
    with pytest.raises(DataError, match=r"^no row of the training set has the label 'up'"):
        fit(net(), data, 1)
    data.targets[:, 1] = 1
    with pytest.raises(DataError, match=r"^every row of the training set has the label 'up'"):
        fit(net(), data, 1)
    data = table()
    assert data.targets is not None
    data.targets[5, 2] = np.nan
    with pytest.raises(
        DataError, match=r"^row 6 has no target, which every row of the training set needs; give it one"
    ):
        anncli.train(net(), data, 1, validation=0.0)


def test_the_task_must_be_that_of_the_data() -> None:
    network, data = net(), table()
    network.task = "multi-label"
    numbers = Dataset(data.inputs, targets=data.targets)
    with pytest.raises(
        UsageError, match=r"^the network is for multi-label, the data are for regression; write `task: regression`"
    ):
        fit(network, numbers, 1)
