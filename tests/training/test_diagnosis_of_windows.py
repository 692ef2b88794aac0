"""Dead units of convolutions, which count once, whatever the number of their places."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.api import start_training
from anncli.arrays import Rows
from anncli.dataset.dataset import Dataset
from anncli.network.network import Network
from anncli.training.diagnosis import diagnose

ADVICE = "use leaky-relu or elu, lower --learning-rate or try other initial weights (--init he --seed N)"


def remarks(network: Network, data: Dataset) -> list[str]:
    """What is said after an epoch that changes nothing, where the biases of two of five units are far below 0."""
    parameters = np.random.default_rng(0).normal(size=network.topology.n_parameters)
    parameters[:2] = -1000
    network.set_parameters(parameters)
    run = start_training(network, data, continue_training=True, validation=0, learning_rate=1e-6)
    for _ in run.epochs(1):
        pass
    return diagnose(run, run.finish())


@pytest.mark.parametrize("block", [40, 1 << 19])
def test_dead_units_of_a_convolution_over_pictures(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr("anncli.training.diagnosis._BLOCK_VALUES", block)
    values = np.random.default_rng(1).normal(size=(40, 36)).astype(np.float32)
    network = Network.create("6x6", ["5 relu convolution 3x3", "mean-pool 2x2", "1 logistic"])
    (found,) = remarks(network, Dataset.from_classes(values[:20], values[20:]))
    assert found == f"hidden layer 1: 2 of 5 units are dead: the slope is 0 at every place of every row; {ADVICE}"


def test_dead_units_of_a_convolution_over_rows() -> None:
    starts = np.arange(0, 201, 5)
    rows = Rows(np.random.default_rng(1).normal(size=(200, 2)).astype(np.float32), starts)
    network = Network.create("any x 2", ["5 relu convolution 3", "mean", "1 logistic"])
    (found,) = remarks(network, Dataset(rows, np.repeat([0, 1], 20), ("a", "b")))
    assert found == f"hidden layer 1: 2 of 5 units are dead: the slope is 0 on every row; {ADVICE}"
