"""Losses worked by hand, and their stable forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from anncli.network.activations import ACTIVATIONS
from anncli.network.losses import LOSSES


def test_mse_is_the_mean_over_outputs() -> None:
    y, t = np.array([[1.0, 3.0], [0.5, 0.5]]), np.array([[0.0, 1.0], [0.5, 0.0]])
    assert LOSSES["mse"].value("linear", y, y, t).tolist() == [(1 + 4) / 2, 0.125]
    # Linear units: dE/dy = 2 (y - t) / 2 outputs.
    assert LOSSES["mse"].delta("linear", y, y, t).tolist() == [[1.0, 2.0], [0.0, 0.5]]


def test_binary_cross_entropy_is_the_sum_over_outputs() -> None:
    y, t = np.array([[0.25, 0.8]]), np.array([[1.0, 0.1]])
    z = np.log(y / (1 - y))
    expected = -math.log(0.25) - 0.1 * math.log(0.8) - 0.9 * math.log(0.2)
    assert LOSSES["binary-cross-entropy"].value("logistic", z, y, t)[0] == pytest.approx(expected, rel=1e-14)
    np.testing.assert_allclose(LOSSES["binary-cross-entropy"].delta("logistic", z, y, t), [[-0.75, 0.7]])


def test_cross_entropy_of_soft_targets() -> None:
    z = np.log(np.array([[0.2, 0.3, 0.5]])) + 7
    t = np.array([[0.1, 0.0, 0.9]])
    expected = -0.1 * math.log(0.2) - 0.9 * math.log(0.5)
    y = ACTIVATIONS["softmax"].value(z)
    assert LOSSES["cross-entropy"].value("softmax", z, y, t)[0] == pytest.approx(expected, rel=1e-13)
    np.testing.assert_allclose(LOSSES["cross-entropy"].delta("softmax", z, y, t), [[0.1, 0.3, -0.4]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_saturated_wrong_outputs_keep_a_finite_loss_and_a_gradient(dtype: type) -> None:
    z = np.array([[1000.0], [-1000.0]], dtype=dtype)
    t = np.array([[0.0], [1.0]], dtype=dtype)
    y = ACTIVATIONS["logistic"].value(z)
    assert LOSSES["binary-cross-entropy"].value("logistic", z, y, t).tolist() == [1000, 1000]
    assert LOSSES["binary-cross-entropy"].delta("logistic", z, y, t).tolist() == [[1], [-1]]
    assert LOSSES["binary-cross-entropy"].value("logistic", z, y, 1 - t).tolist() == [0, 0]
    z, t = np.array([[1000, -1000, 0]], dtype=dtype), np.array([[0, 1, 0]], dtype=dtype)
    y = ACTIVATIONS["softmax"].value(z)
    assert LOSSES["cross-entropy"].value("softmax", z, y, t).tolist() == [2000]
    assert LOSSES["cross-entropy"].delta("softmax", z, y, t).tolist() == [[1, -1, 0]]


def test_focal_loss_of_logistic_outputs() -> None:
    y, t = np.array([[0.25, 0.8]]), np.array([[1.0, 0.1]])
    z = np.log(y / (1 - y))
    expected = -(0.75**2) * math.log(0.25) - 0.1 * 0.2**2 * math.log(0.8) - 0.9 * 0.8**2 * math.log(0.2)
    assert LOSSES["focal"].value("logistic", z, y, t)[0] == pytest.approx(expected, rel=1e-14)


def test_focal_loss_of_softmax_outputs() -> None:
    z = np.log(np.array([[0.2, 0.3, 0.5]])) + 7
    t = np.array([[0.1, 0.0, 0.9]])
    y = ACTIVATIONS["softmax"].value(z)
    expected = -0.1 * 0.8**2 * math.log(0.2) - 0.9 * 0.5**2 * math.log(0.5)
    assert LOSSES["focal"].value("softmax", z, y, t)[0] == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_focal_loss_of_saturated_outputs(dtype: type) -> None:
    z, t = np.array([[1000.0], [-1000.0]], dtype=dtype), np.array([[0.0], [1.0]], dtype=dtype)
    y = ACTIVATIONS["logistic"].value(z)
    # All wrong: the factor is 1 and the loss that of cross-entropy; all right: nothing is left.
    assert LOSSES["focal"].value("logistic", z, y, t).tolist() == [1000, 1000]
    assert LOSSES["focal"].delta("logistic", z, y, t).tolist() == [[1], [-1]]
    assert LOSSES["focal"].value("logistic", z, y, 1 - t).tolist() == [0, 0]
