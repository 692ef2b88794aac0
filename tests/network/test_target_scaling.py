"""Scaling of targets: there and back, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.dataset.statistics import fit_target_scaling
from anncli.errors import DataError
from anncli.network.target_scaling import TargetScaling

TARGETS = np.array([[1.0, 10.0], [3.0, 30.0], [5.0, 20.0], [1e6, -7.0]], dtype=np.float32)
ROWS = np.array([0, 1, 2])


def fitted(method: str, limits: tuple[float, float] = (0.1, 0.9)) -> TargetScaling:
    return TargetScaling(*fit_target_scaling(method, TARGETS, ROWS, ("a", "b"), limits))


def test_zscore_is_mean_and_deviation_of_the_rows() -> None:
    scaling = fitted("zscore")
    assert scaling.offset is not None
    assert scaling.spread is not None
    assert (scaling.offset.tolist(), scaling.spread.tolist()) == ([3.0, 20.0], [2.0, 10.0])
    assert scaling.to_outputs(TARGETS[:3]).tolist() == [[-1, -1], [0, 1], [1, 0]]


def test_minmax_reaches_the_limits_and_mean_makes_the_mean_1() -> None:
    np.testing.assert_allclose(fitted("minmax").to_outputs(TARGETS[:3])[:, 1], [0.1, 0.9, 0.5], rtol=1e-6)
    np.testing.assert_allclose(fitted("mean").to_outputs(TARGETS[:3])[:, 0], [1 / 3, 1, 5 / 3], rtol=1e-6)
    assert fitted("none").to_outputs(TARGETS) is not TARGETS
    assert fitted("none").to_data(TARGETS) is TARGETS


@pytest.mark.parametrize("method", ["zscore", "minmax", "mean", "none"])
def test_there_and_back(method: str) -> None:
    scaling = fitted(method)
    assert scaling.to_outputs(TARGETS).dtype == np.float32
    np.testing.assert_allclose(scaling.to_data(scaling.to_outputs(TARGETS)), TARGETS, rtol=1e-6, atol=1e-5)


def test_the_outputs_of_one_target_stand_together() -> None:
    scaling = TargetScaling("zscore", np.array([1, 100], dtype=np.float32), np.array([2, 10], dtype=np.float32))
    assert scaling.to_data(np.array([[0, 1, 0, 1]], dtype=np.float32)).tolist() == [[1, 3, 100, 110]]


def test_a_large_target_that_varies_little_keeps_its_digits() -> None:
    targets = np.array([[16777000.0], [16777001.0], [16777002.0]], dtype=np.float32)
    scaling = TargetScaling(*fit_target_scaling("zscore", targets, np.arange(3), ("a",), (0, 1)))
    assert scaling.to_outputs(targets)[:, 0].tolist() == [-1, 0, 1]


def test_a_constant_target_is_refused() -> None:
    with pytest.raises(DataError, match=r"^target 'b' has the same value in every training row; leave it out$"):
        fit_target_scaling("zscore", np.array([[1, 2], [2, 2]], dtype=np.float32), np.arange(2), ("a", "b"), (0, 1))
    with pytest.raises(DataError, match=r"^target 'a' has no positive mean; use --target-scaling zscore$"):
        fit_target_scaling("mean", np.array([[-1.0], [0.5]], dtype=np.float32), np.arange(2), ("a",), (0, 1))


def test_targets_at_the_ends_of_float32() -> None:
    tiny = np.array([[1e-42], [3e-42]], dtype=np.float32)
    with pytest.raises(DataError, match=r"^target 'a' varies by less than 32-bit numbers can hold"):
        fit_target_scaling("zscore", tiny, np.arange(2), ("a",), (0, 1))
    large = np.array([[-2.5e38], [2.5e38], [2.5e38]], dtype=np.float32)
    scaling = TargetScaling(*fit_target_scaling("zscore", large, np.arange(3), ("a",), (0, 1)))
    np.testing.assert_allclose(scaling.to_outputs(large)[:, 0], np.array([-2, 1, 1]) / 3**0.5, rtol=1e-6)
