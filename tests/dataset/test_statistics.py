"""The statistics behind each scaling, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.dataset.statistics import fit_scaling
from anncli.logarithm import logarithm
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


# The soft clip


def soft_clip(values: np.ndarray) -> tuple[Scaling, np.ndarray]:
    """The scaling fitted to one input, and its values as the network gets them."""
    column = np.asarray(values, dtype=np.float32)[:, None]
    scaling = Scaling(*fit_scaling("soft-clip", column, np.arange(len(column))))
    return scaling, scaling.apply(column)[:, 0]


def clip(values: object) -> np.ndarray:
    z = np.asarray(values, dtype=np.float64)
    return z / np.sqrt(1 + (z / 3) ** 2)


def test_without_heavy_tails_the_soft_clip_follows_the_z_scores() -> None:
    # Mean 4, deviations -3 -2 0 5, standard deviation 3.559026; 5 / 3.559026 = 1.404878, clipped: 1.272283.
    scaling, found = soft_clip(ROWS[:, 0])
    np.testing.assert_allclose(found, clip(np.array([-3, -2, 0, 5]) / 3.559026), rtol=1e-6)
    assert found[3] == pytest.approx(1.272283, rel=1e-5)
    assert scaling.log_floor is None


def test_heavy_tails_above_zero_become_logarithms() -> None:
    normal = np.random.default_rng(0).standard_normal(400)
    scaling, found = soft_clip(np.exp(3 * normal))
    np.testing.assert_allclose(found, clip((normal - normal.mean()) / normal.std(ddof=1)), atol=1e-5)
    assert scaling.of_logarithms == [0]
    assert scaling.log_floor is not None
    # Below the smallest training value, and at 0 and below, the logarithm is that of the smallest one.
    low = scaling.apply(np.array([[-1e30], [0.0], [scaling.log_floor[0]]], dtype=np.float32))
    assert (low == low[2]).all()
    assert np.isfinite(low).all()


def test_heavy_tails_on_both_sides_are_scaled_by_median_and_quartiles() -> None:
    values = np.concatenate([np.arange(-10, 11), [1e6, -1e6]])
    scaling, found = soft_clip(values)
    # Median 0, quartiles -5.5 and 5.5: 11 / 1.349 = 8.154188.
    np.testing.assert_allclose(found[:21], clip(values[:21] / 8.154188), rtol=1e-5)
    np.testing.assert_allclose(found[21:], [3, -3], rtol=1e-6)
    assert scaling.log_floor is None


def test_logarithms_with_heavy_tails_of_their_own_are_scaled_by_their_quartiles() -> None:
    # 99 values from e^0 to e^0.98, and one of e^60.
    logarithms = np.append(np.arange(99) / 100, 60.0)
    scaling, found = soft_clip(np.exp(logarithms))
    assert scaling.of_logarithms == [0]
    median, spread = 0.495, 0.495 / 1.349
    np.testing.assert_allclose(found[:99], clip((logarithms[:99] - median) / spread), atol=2e-4)


def test_many_values_far_from_the_others_stay_apart() -> None:
    # 80 values of noise about 0 and 20 from 1 to 10: 5 % and 95 % of all values are at -0.001 and 7.75.
    noise = np.linspace(-0.001, 0.001, 80)
    _, found = soft_clip(np.concatenate([noise, np.linspace(1, 10, 20)]))
    assert abs(found[:80]).max() < 0.01
    assert (np.diff(found[80:]) > 0.005).all()


def test_an_input_of_mostly_one_value_keeps_its_z_scores() -> None:
    values = np.zeros(100)
    values[:3] = 1
    scaling, found = soft_clip(values)
    np.testing.assert_allclose(found, clip((values - 0.03) / values.std(ddof=1)), rtol=1e-5)
    assert scaling.log_floor is None


def test_the_soft_clip_holds_at_any_size_and_keeps_what_is_no_number() -> None:
    scaling, _ = soft_clip(np.array([-1.0, 0.0, 1.0]))
    found = scaling.apply(np.array([[1e20], [-3.4e38], [np.inf], [np.nan]], dtype=np.float32))[:, 0]
    np.testing.assert_array_equal(found[:3], np.array([3, -3, 3], dtype=np.float32))
    assert np.isnan(found[3])


def test_logarithms_agree_with_numpy() -> None:
    values = np.exp(np.random.default_rng(0).uniform(-100, 88, 10_000)).astype(np.float32)
    values = np.concatenate([values, np.array([1e-45, 1, 2, 3e38], dtype=np.float32)])
    np.testing.assert_allclose(logarithm(values), np.log(values.astype(np.float64)), rtol=1e-13, atol=1e-13)
    assert logarithm(np.array([1.0]))[0] == 0
