"""What a run suffers from is told, and a healthy run is left in peace."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anncli.api import start_training
from anncli.dataset.dataset import Dataset
from anncli.network.network import Network
from anncli.training.diagnosis import diagnose


def clouds(n: int = 100, inputs: int = 3, distance: float = 1.0) -> Dataset:
    rng = np.random.default_rng(0)
    return Dataset.from_classes(
        rng.normal(distance, 1, (n, inputs)), rng.normal(-distance, 1, (n, inputs)), classes=("a", "b")
    )


def remarks(data: Dataset, layers: list[tuple[int, str]], epochs: int, parameters: Any = None, **options: Any) -> list[str]:  # fmt: skip
    network = Network.create(data.n_inputs, layers)
    if parameters is not None:
        network.set_parameters(parameters(network.topology))
        options["continue_training"] = True
    run = start_training(network, data, **options)
    for _ in run.epochs(epochs):
        pass
    return diagnose(run, run.finish())


def test_a_healthy_run_has_no_remarks() -> None:
    assert remarks(clouds(), [(6, "tanh"), (1, "logistic")], 400) == []


@pytest.mark.parametrize("block", [20, 1 << 19])
def test_dead_units_are_counted(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr("anncli.training.diagnosis._BLOCK_VALUES", block)

    def dead(topology: Any) -> Any:
        w = np.random.default_rng(0).normal(size=topology.n_parameters)
        w[:2] = -1000.0  # the biases of two of five units
        return w

    found = remarks(clouds(), [(5, "relu"), (1, "logistic")], 1, dead, validation=0, learning_rate=1e-6)
    assert found == [
        "hidden layer 1: 2 of 5 units are dead: the slope is 0 on every row; "
        "use leaky-relu or elu, lower --learning-rate or try other initial weights (--init he --seed N)"
    ]


@pytest.mark.parametrize("block", [20, 1 << 19])
def test_saturated_units_are_counted(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr("anncli.training.diagnosis._BLOCK_VALUES", block)

    def saturated(topology: Any) -> Any:
        w = np.random.default_rng(0).normal(size=topology.n_parameters) * 0.3
        w[0] = 50.0
        return w

    found = remarks(clouds(), [(5, "tanh"), (1, "logistic")], 1, saturated, validation=0, learning_rate=1e-6)
    assert len(found) == 1
    assert found[0].startswith("hidden layer 1: 1 of 5 units is saturated on nearly every row")
    assert found[0].endswith("start over without --continue (--seed 1)")


def test_over_fitting_is_told() -> None:
    found = remarks(
        clouds(100, 20, 0.1), [(30, "tanh"), (1, "logistic")], 300, l2=0, keep="last", patience=0, refit="no"
    )
    assert any(text.startswith("over-fitted: ") and "--l2" in text for text in found)


def test_over_fitting_is_told_by_the_test_part_where_nothing_else_can() -> None:
    found = remarks(clouds(100, 20, 0.1), [(30, "tanh"), (1, "logistic")], 300, l2=0, validation=0, test=0.4)
    assert any("% wrong on the training set, " in text and "% on the test set; " in text for text in found)


def test_one_dead_unit_of_many_is_no_remark() -> None:
    def dead(topology: Any) -> Any:
        w = np.random.default_rng(0).normal(size=topology.n_parameters)
        w[0] = -1000.0
        return w

    settings: dict[str, Any] = {"validation": 0, "learning_rate": 1e-6}
    assert remarks(clouds(), [(20, "relu"), (1, "logistic")], 1, dead, **settings) == []
    assert len(remarks(clouds(), [(19, "relu"), (1, "logistic")], 1, dead, **settings)) == 1


def test_a_run_that_ended_too_early_is_told() -> None:
    for options in ({"validation": 0}, {"patience": 0}):
        found = remarks(clouds(), [(6, "tanh"), (1, "logistic")], 20, learning_rate=1e-3, **options)
        assert found == ["still improving at the last epoch; give more than 20 EPOCHS"]


def test_an_average_that_never_began_is_told() -> None:
    layers = [(3, "tanh"), (1, "logistic")]
    options = {"average": "swa:0.75", "patience": 5, "refit": "no", "learning_rate": 0.02}
    told = remarks(clouds(), layers, 400, **options)
    assert len(told) == 1
    assert told[0].startswith("the weights are no average: averaging begins after epoch 300, and the weights of epoch ")
    assert remarks(clouds(), layers, 400, **{**options, "average": "ema"}) == []
    begun = remarks(clouds(), layers, 40, average="swa", validation=0)
    assert not any("average" in remark for remark in begun)


def test_only_options_that_the_trainer_has_are_named() -> None:
    data, layers = clouds(60, inputs=20, distance=0.1), [(40, "tanh"), (1, "logistic")]
    settings = {"l2": 0, "validation": 0.4, "patience": 0, "keep": "last"}
    assert "; raise --l2, add --dropout 0.2, use fewer hidden units or get more data" in remarks(data, layers, 300, **settings)[-1]  # fmt: skip
    told = remarks(data, layers, 60, trainer="lbfgs", **settings)
    assert told[-1].endswith("; raise --l2, use fewer hidden units or get more data")
    assert not any("--learning-rate" in remark or "--scaling" in remark for remark in told)


@pytest.mark.slow
def test_two_hidden_units_that_are_stuck_are_told_with_a_way_out() -> None:
    one, zero = np.array([[0.0, 1], [1, 0]]), np.array([[0.0, 0], [1, 1]])
    data, layers = Dataset.from_classes(one, zero, classes=("one", "zero")), [(2, "tanh"), (1, "logistic")]
    stuck = "2 hidden units often get stuck in a local minimum; use more (ann init --hidden 8)"
    outcomes = set()
    for seed in range(4):
        network = Network.create(2, layers)
        run = start_training(network, data, seed=seed)
        for _ in run.epochs(1000):
            pass
        found = [text for text in diagnose(run, run.finish()) if "stuck" in text]
        solved = run.finish().network
        accuracy = run.evaluate(solved.parameters, "training").accuracy
        assert found == ([] if accuracy == 1 else [f"{stuck} or add --restarts 10 --l2 0"])
        outcomes.add(accuracy == 1)
    assert outcomes == {True, False}
    # A healthy small network on data that overlap is no such case.
    assert not any("stuck" in text for text in remarks(clouds(), layers, 200))


def test_advice_does_not_repeat_what_is_set() -> None:
    data = clouds(100, 20, 0.1)
    options = {"l2": 0, "keep": "last", "patience": 0, "refit": "no"}
    found = remarks(data, [(30, "tanh"), (1, "logistic")], 300, dropout=0.01, **options)
    assert any("raise --dropout, " in text for text in found)
    assert not any("add --dropout" in text for text in found)
