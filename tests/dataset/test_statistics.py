"""The statistics behind each scaling, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.dataset.statistics import fit_scaling
from anncli.network.names import SCALING_NAMES
from anncli.network.scaling import Scaling

ROWS = np.array([[1.0, 10.0, 5.0], [2.0, 10.0, 5.0], [4.0, 30.0, 5.0], [9.0, 30.0, 5.0]], dtype=np.float32)


def scaled(method: str, rows: np.ndarray | None = None) -> np.ndarray:
    fitted = fit_scaling(method, ROWS, np.arange(4) if rows is None else rows)
    return Scaling(*fitted).apply(ROWS)


def test_zscore_by_hand() -> None:
    # column 0: mean 4, deviations -3 -2 0 5, squares 9+4+0+25 = 38, sd sqrt(38/3) = 3.559026
    np.testing.assert_allclose(scaled("zscore")[:, 0], np.array([-3, -2, 0, 5]) / 3.559026, rtol=1e-6)
    # column 1: mean 20, sd sqrt(400/3) = 11.547005
    np.testing.assert_allclose(scaled("zscore")[:, 1], np.array([-10, -10, 10, 10]) / 11.547005, rtol=1e-6)


def test_minmax_by_hand() -> None:
    np.testing.assert_allclose(scaled("minmax")[:, 0], [0, 1 / 8, 3 / 8, 1], rtol=1e-6)


def test_robust_by_hand() -> None:
    # column 0: median 3; quartiles 1.75 and 5.25, range 3.5
    np.testing.assert_allclose(scaled("robust")[:, 0], np.array([-2, -1, 1, 6]) / 3.5, rtol=1e-6)


def test_sigmoidal_is_the_logistic_of_zscore() -> None:
    np.testing.assert_allclose(scaled("sigmoidal"), 1 / (1 + np.exp(-scaled("zscore"))), rtol=1e-6)


@pytest.mark.parametrize("method", ["zscore", "minmax", "robust"])
def test_a_constant_input_becomes_zero_for_any_value(method: str) -> None:
    scaling = Scaling(*fit_scaling(method, ROWS, np.arange(4)))
    other = np.array([[1, 10, 5], [1, 10, 1e6]], dtype=np.float32)
    assert (scaling.apply(other)[:, 2] == 0).all()


def test_energy_and_vector_minmax_by_hand() -> None:
    vectors = np.array([[3.0, 4.0], [0.0, 0.0]], dtype=np.float32)
    energy = Scaling(*fit_scaling("energy", vectors, np.arange(2))).apply(vectors)
    np.testing.assert_allclose(energy, [[0.6, 0.8], [0, 0]], rtol=1e-6)
    stretched = Scaling(*fit_scaling("vector-minmax", vectors, np.arange(2))).apply(vectors)
    np.testing.assert_allclose(stretched, [[0.1, 0.9], [0.1, 0.1]], rtol=1e-6)


def test_statistics_come_from_the_named_rows_only() -> None:
    np.testing.assert_allclose(scaled("minmax", np.array([0, 2]))[:, 0], [0, 1 / 3, 1, 8 / 3], rtol=1e-6)


def test_statistics_do_not_depend_on_block_boundaries() -> None:
    data = np.random.default_rng(0).normal(1e4, 1, (20000, 2)).astype(np.float32)
    fitted = fit_scaling("zscore", data, np.arange(20000))
    np.testing.assert_allclose(-fitted.add, data.mean(axis=0, dtype=np.float64), rtol=1e-6)
    np.testing.assert_allclose(1 / fitted.multiply, data.std(axis=0, dtype=np.float64, ddof=1), rtol=1e-5)


def test_inputs_stay_untouched_unless_asked() -> None:
    before = ROWS.copy()
    for method in set(SCALING_NAMES) - {"auto", "keep"}:
        scaled(method)
    assert (before == ROWS).all()


def test_unknown_scaling_names_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"unknown scaling 'zscor'; did you mean 'zscore'\?"):
        fit_scaling("zscor", ROWS, np.arange(4))


def test_robust_does_not_blow_up_an_input_that_is_nearly_constant() -> None:
    # 90 zeros and 10 tens: the quartiles are equal, half the standard deviation (3.015) stands in
    values = np.zeros((100, 1), dtype=np.float32)
    values[:10] = 10
    fitted = fit_scaling("robust", values, np.arange(100))
    assert 1 / fitted.multiply[0] == pytest.approx(3.0151134 / 2, rel=1e-6)
