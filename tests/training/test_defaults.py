"""The defaults that depend on the data: scaling, average, batch, hidden units; and that they hold on data with faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import anncli
from anncli.api import start_training
from anncli.dataset.dataset import Dataset
from anncli.network.network import Network
from anncli.options.table import TrainingOptions
from anncli.training.answers import hidden_layers, units_for
from anncli.training.decisions import settled
from anncli.training.names import TRAINER_NAMES, batch_size
from anncli.training.trainers import make_trainer

DATA = Path(__file__).parents[2] / "data"


def settled_options(trainer: str = "adam", task: str = "classification", n: int = 100, **given: Any) -> TrainingOptions:
    own = {**TRAINER_NAMES[trainer].defaults, **given.pop("own", {})}
    dialect = given.pop("dialect", None)
    return settled(
        Network.create(2, [(1, "logistic")]),
        TrainingOptions(own, trainer=trainer, **given),
        task,
        dialect,
        n_training=n,
    )


def test_the_scaling_follows_the_task_and_a_network_keeps_its_own() -> None:
    assert settled_options().scaling == "soft-clip"
    assert settled_options(task="multi-label").scaling == "soft-clip"
    assert settled_options(task="regression").scaling == "zscore"
    assert settled_options(dialect="ann1dn").scaling == "zscore"
    assert settled_options(scaling="minmax").scaling == "minmax"
    trained = Network.create(2, [(1, "logistic")])
    trained.set_parameters(np.zeros(3, dtype=np.float32))
    assert settled(trained, TrainingOptions({}), "classification", None, 9).scaling == "keep"


@pytest.mark.parametrize("trainer", TRAINER_NAMES)
def test_weights_are_averaged_where_steps_are_noisy(trainer: str) -> None:
    noisy = trainer in ("adam", "adamw", "sgd", "online", "nadam", "rmsprop", "adagrad")
    assert settled_options(trainer).average == ("ema:0.7" if noisy else None)
    assert settled_options(trainer, average="swa:0.5").average == "swa:0.5"
    assert settled_options(trainer, average=None).average is None
    # A goal is one of the weights themselves.
    assert settled_options(trainer, goal=0.1).average is None


def test_batches_grow_with_the_rows() -> None:
    sizes = {191_999: 32, 192_000: 64, 383_999: 64, 384_000: 128, 768_000: 256, 10**9: 256, 1: 32}
    assert {n: batch_size(n) for n in sizes} == sizes
    assert settled_options(n=400_000).trainer_options["batch_size"] == 128
    assert settled_options(n=400_000, own={"batch_size": 7}).trainer_options["batch_size"] == 7
    assert make_trainer("sgd").options["batch_size"] == 32


def test_units_grow_with_rows_and_classes() -> None:
    cases = {
        (1499, 2): 16, (1500, 2): 64, (999, 3): 16, (1000, 3): 64, (150, 3): 16, (342, 19): 64,
        (10**6, 2): 64, (10_000, 10): 128, (9_999, 10): 64, (0, 2): 16,
    }  # fmt: skip
    assert {case: units_for(*case) for case in cases} == {case: (units,) for case, units in cases.items()}


def test_a_network_that_is_made_has_units_for_its_data() -> None:
    rng = np.random.default_rng(0)
    few, many = (Dataset(rng.normal(size=(n, 2)), np.arange(n) % 4, tuple("abcd")) for n in (700, 800))
    numbers = Dataset(rng.normal(size=(1500, 2)), targets=rng.normal(size=1500))
    layers = [anncli.make_network(data).topology.sizes for data in (few, many, numbers)]
    assert layers == [(2, 16, 4), (2, 64, 4), (2, 64, 1)]
    assert anncli.make_network(many, hidden=(5, 3)).topology.sizes == (2, 5, 3, 4)
    assert anncli.make_network(many, hidden=()).topology.sizes == (2, 4)
    assert [hidden_layers(many, [name]) for name in ("adam", "lm", "br", "bfgs")] == [(64,), (16,), (16,), (16,)]


def test_the_average_is_that_of_the_weights_of_the_epochs() -> None:
    rng = np.random.default_rng(0)
    data = Dataset.from_classes(rng.normal(1, 1, (40, 2)), rng.normal(-1, 1, (40, 2)))

    def weights(epochs: int, **options: Any) -> np.ndarray:
        run = start_training(Network.create(2, [(3, "tanh"), (1, "logistic")]), data, validation=0, seed=1, **options)
        for _ in run.epochs(epochs):
            pass
        parameters = run.finish().network.parameters
        assert parameters is not None
        return parameters.astype(np.float64)

    each = [weights(epochs, average="none") for epochs in (1, 2, 3)]
    wanted = (0.3 * each[2] + 0.3 * 0.7 * each[1] + 0.3 * 0.49 * each[0]) / (1 - 0.7**3)
    np.testing.assert_allclose(weights(3), wanted, rtol=1e-5)


# Data with faults: half of each class of pima and breast_w to train on, the other half to evaluate on.


def halves(name: str, classes: tuple[str, str]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    parts = [np.loadtxt(DATA / name / f"{c}.txt", dtype=np.float32) for c in classes]
    train, test = ([part[k::2] for part in parts] for k in (0, 1))
    labels = [np.repeat([0, 1], [len(part) for part in half]) for half in (train, test)]
    return np.concatenate(train), labels[0], np.concatenate(test), labels[1]


PIMA = ("pima", ("diabetic", "healthy"))
BREAST = ("breast_w", ("malignant", "benign"))


def accuracy(x: np.ndarray, y: np.ndarray, test: np.ndarray, wanted: np.ndarray, **options: Any) -> float:
    """Mean over two seeds, in percent."""
    found = []
    for seed in (0, 1):
        data = Dataset(x, y, ("a", "b"))
        network = anncli.make_network(data)
        anncli.train(network, data, 300, seed=seed, **options)
        found.append(100 * float(((anncli.predict(network, test)[:, 0] < 0.5) == wanted).mean()))
    return float(np.mean(found))


@pytest.mark.slow
@pytest.mark.parametrize("which", [PIMA, BREAST], ids=["pima", "breast_w"])
def test_five_cells_far_away_cost_no_more_than_a_point(which: tuple[str, tuple[str, str]]) -> None:
    x, y, test, wanted = halves(*which)
    plain = accuracy(x, y, test, wanted)
    x = x.copy()
    # The column that tells most: glucose, and the uniformity of cell sizes.
    x[[3, 50, 90, 130, 170], 1] = 1e6
    assert accuracy(x, y, test, wanted) >= plain - 1
    if which is PIMA:
        assert accuracy(x, y, test, wanted, scaling="zscore") < plain - 2


@pytest.mark.slow
@pytest.mark.parametrize("steepness", [1, 3])
@pytest.mark.parametrize("which", [PIMA, BREAST], ids=["pima", "breast_w"])
def test_exponentials_of_all_columns_cost_no_more_than_two_points(
    which: tuple[str, tuple[str, str]], steepness: int
) -> None:
    x, y, test, wanted = halves(*which)
    plain = accuracy(x, y, test, wanted)
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    x, test = (np.exp(steepness * (part - mean) / deviation) for part in (x, test))
    assert accuracy(x, y, test, wanted) >= plain - 2


def test_a_fifth_of_the_labels_wrong_costs_no_more_than_two_points() -> None:
    """Logistic regression (scikit-learn 1.9, C = 1, standardised inputs) loses 2.3 of its 96.5 points."""
    x, y, test, wanted = halves(*BREAST)
    plain = accuracy(x, y, test, wanted)
    wrong = np.random.default_rng(0).random(len(y)) < 0.2
    assert accuracy(x, np.where(wrong, 1 - y, y), test, wanted) >= plain - 2


def test_batches_of_documents_are_a_larger_part_of_them() -> None:
    assert [batch_size(n, True) for n in (100, 4799, 4800, 9599, 19_200, 10**6)] == [32, 32, 64, 64, 256, 256]
    assert batch_size(19_200) == 32
