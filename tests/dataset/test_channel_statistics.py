"""Scaling of pictures, one pair of numbers for each channel."""

from __future__ import annotations

import numpy as np
import pytest

import anncli
from anncli.arrays import Array
from anncli.dataset.channel_statistics import fit_channels
from anncli.dataset.dataset import Dataset
from anncli.network.network import Network
from anncli.network.scaling import Scaling

# Two pictures of 1 x 3 pixels with 2 channels.
PICTURES = np.array([[0.0, 10, 2, 10, 4, 40], [0, 10, 0, 10, 6, 10]], np.float32)


def test_a_channel_has_one_scaling_by_hand() -> None:
    fitted = fit_channels("minmax", PICTURES, np.arange(2), 2)
    assert fitted.add is not None
    assert fitted.multiply is not None
    # Channel 1: 0 to 6, channel 2: 10 to 40.
    assert fitted.add.tolist() == [0, -10] * 3
    assert fitted.multiply.tolist() == np.float32([1 / 6, 1 / 30] * 3).tolist()
    mean = fit_channels("zscore", PICTURES, np.arange(2), 2)
    assert mean.add is not None
    assert mean.multiply is not None
    # Channel 1: 0, 2, 4, 0, 0, 6 with mean 2 and variance 32/5.
    assert (mean.add[0], mean.multiply[2]) == pytest.approx((-2, (32 / 5) ** -0.5))
    assert fit_channels("none", PICTURES, np.arange(2), 2).add is None


def test_only_the_rows_of_the_training_set_count() -> None:
    fitted = fit_channels("minmax", PICTURES, np.array([1]), 2)
    assert fitted.multiply is not None
    assert fitted.multiply.tolist() == np.float32([1 / 6, 0] * 3).tolist()


def test_many_pictures_are_looked_at_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anncli.dataset.channel_statistics._MOST_VALUES", 60)
    pictures = np.tile(PICTURES, (50, 1))
    assert np.isfinite(Scaling(*fit_channels("soft-clip", pictures, np.arange(100), 2)).apply(pictures)).all()


def scaling_of(layers: list[str], scaling: str) -> Array:
    rng = np.random.default_rng(0)
    values = rng.uniform(0, 1, (40, 12)).astype(np.float32) * np.arange(12)
    network = Network.create(anncli.network.input_shapes.read_inputs("2x3x2"), layers)
    anncli.train(network, Dataset.from_classes(values[:20], values[20:]), epochs=1, scaling=scaling, validation=0.0)
    assert network.scaling.multiply is not None
    return network.scaling.multiply


@pytest.mark.parametrize("first", ["2 tanh convolution 2x2", "mean-pool 1x2"])
def test_networks_that_slide_over_pictures_scale_channels(first: str) -> None:
    multiply = scaling_of([first, "1 logistic"], "zscore")
    assert multiply.tolist() == multiply[:2].tolist() * 6


def test_dense_networks_scale_every_pixel() -> None:
    assert len(set(scaling_of(["2 tanh", "1 logistic"], "zscore").tolist())) == 12
