"""Calibration: values worked out by hand, and cases at the edge."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.evaluation.calibration import fit_isotonic, fit_platt, fit_temperature
from anncli.network.calibration import Calibration, has_logits, log_probabilities, logits


def test_platt_on_one_score_gives_the_smoothed_fraction() -> None:
    # Three positive rows, one negative, all of the same score: targets 4/5 and 1/3; their mean is (3 * 0.8 + 1/3) / 4 = 41/60.
    slope, intercept = fit_platt(np.full(4, 2.0), np.array([True, True, True, False]))
    assert 1 / (1 + np.exp(-(2 * slope + intercept))) == pytest.approx(41 / 60, abs=1e-9)


def test_platt_on_two_scores_meets_both_targets() -> None:
    # Perfectly separated: the two numbers can reach the targets 4/5 (three positive) and 1/4 (two negative).
    slope, intercept = fit_platt(np.array([1.0, 1, 1, -1, -1]), np.array([True, True, True, False, False]))
    assert slope + intercept == pytest.approx(np.log(4), abs=1e-7)
    assert -slope + intercept == pytest.approx(-np.log(3), abs=1e-7)


def test_platt_counts_a_row_of_weight_2_as_two_rows() -> None:
    rng = np.random.default_rng(1)
    scores, positive = rng.normal(size=30), rng.random(30) < 0.5
    twice = rng.integers(1, 4, 30)
    repeated = fit_platt(np.repeat(scores, twice), np.repeat(positive, twice))
    assert fit_platt(scores, positive, twice.astype(float)) == pytest.approx(repeated, rel=1e-6)


def test_isotonic_pools_neighbours_that_fall() -> None:
    # 0.2 and 0.3 fall from 1 to 0 and become 1/2; the two equal scores 0.4 are one of 1/2 from the beginning.
    knots = fit_isotonic(np.array([0.1, 0.2, 0.3, 0.4, 0.4, 0.9]), np.array([0, 1, 0, 1, 0, 1]) == 1)
    assert knots.tolist() == [[0.1, 0.0], [0.2, 0.5], [0.4, 0.5], [0.9, 1.0]]
    curve = Calibration("isotonic", knots).apply(np.array([[0.0], [0.15], [0.3], [0.65], [2.0]], dtype=np.float32))
    assert curve[:, 0] == pytest.approx([0, 0.25, 0.5, 0.75, 1], abs=1e-6)


def test_isotonic_of_falling_scores_is_a_constant() -> None:
    knots = fit_isotonic(np.array([0.1, 0.2, 0.3, 0.4]), np.array([True, True, False, False]))
    assert knots.tolist() == [[0.1, 0.5], [0.4, 0.5]]
    assert fit_isotonic(np.array([0.7]), np.array([True])).tolist() == [[0.7, 1.0]]


def test_temperature_of_two_logits() -> None:
    # Logits (2, 0); three of four rows are of the first class: logistic(2 / T) = 3/4, so T = 2 / log 3.
    z = np.tile([2.0, 0.0], (4, 1))
    assert fit_temperature(z, np.array([0, 0, 0, 1])) == pytest.approx(2 / np.log(3), rel=1e-8)


def test_temperature_stays_in_its_range() -> None:
    z = np.array([[3.0, 0.0], [0.0, 2.0]])
    # All right: the colder the better, until the loss no longer falls.
    assert 0.01 <= fit_temperature(z, np.array([0, 1])) <= 0.1
    assert fit_temperature(z, np.array([1, 0])) == pytest.approx(100, rel=1e-3)


def test_a_temperature_of_1_and_a_slope_of_1_change_nothing() -> None:
    rng = np.random.default_rng(2)
    p = rng.random((50, 1)).astype(np.float32)
    for method, numbers, of_logits in (("platt", (1.0, 0.0), True), ("temperature", (1.0,), False)):
        assert Calibration(method, np.array(numbers), of_logits).apply(p) == pytest.approx(p, abs=1e-7)
    of_three = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]], dtype=np.float32)
    assert Calibration("temperature", np.ones(1)).apply(of_three) == pytest.approx(of_three, abs=1e-7)


def test_calibrated_outputs_are_float32_and_sum_to_1() -> None:
    rng = np.random.default_rng(3)
    p = rng.dirichlet(np.ones(4), 20).astype(np.float32)
    found = Calibration("temperature", np.array([2.5])).apply(p)
    assert found.dtype == np.float32
    assert found.sum(axis=1) == pytest.approx(np.ones(20), abs=1e-6)
    assert (found.argmax(axis=1) == p.argmax(axis=1)).all()
    assert Calibration("platt", np.array([1.0, 0.0])).apply(np.empty((0, 1), dtype=np.float32)).shape == (0, 1)


def test_logits_are_finite_for_0_and_1() -> None:
    assert np.isfinite(logits(np.array([0.0, 1.0], dtype=np.float32))).all()
    assert np.isfinite(log_probabilities(np.array([[0.0, 1.0]]))).all()
    assert logits(np.array([0.75])) == pytest.approx(np.log(3))
    assert [has_logits(name) for name in ("logistic", "tanh", "softmax", "linear")] == [True, False, False, False]
