"""Evaluations of numbers, worked by hand and against scikit-learn."""

from __future__ import annotations

import json

import numpy as np
import pytest

from anncli.cli.showing.report import evaluation_text
from anncli.evaluation.regression import RESIDUAL_QUANTILES, evaluate_numbers

# Errors output - target: 1, -1, 2, 0; deviations of the targets from their mean 3: -2, 0, -1, 3.
OUTPUTS = np.array([[2.0], [2.0], [4.0], [6.0]])
TARGETS = np.array([[1.0], [3.0], [2.0], [6.0]])


def test_hand_worked_figures() -> None:
    e = evaluate_numbers(OUTPUTS, TARGETS, names=("price",))
    assert (e.n, e.n_unlabelled, e.undefined) == (4, 0, {})
    assert e.rmse == pytest.approx((6 / 4) ** 0.5, rel=1e-15)
    assert e.mae == 1
    assert e.r2 == pytest.approx(1 - 6 / 14, rel=1e-15)
    (t,) = e.targets
    assert (t.name, t.quantile, t.bias, t.below) == ("price", None, 0.5, 0.75)
    # Residuals target - output in order: -2, -1, 0, 1. A quarter of the rows is at most -2, half at most -1.
    assert t.residuals == (-2, -2, -2, -1, 0, 1, 1)


def test_weights_count_as_equal_rows() -> None:
    weights = np.array([2.0, 1.0, 0.0, 3.0])
    rows = np.array([0, 0, 1, 3, 3, 3])
    found, wanted = evaluate_numbers(OUTPUTS, TARGETS, weights=weights), evaluate_numbers(OUTPUTS[rows], TARGETS[rows])
    assert found.n == wanted.n == 6
    assert [found.rmse, found.mae, found.r2] == pytest.approx([wanted.rmse, wanted.mae, wanted.r2], rel=1e-14)
    assert found.targets[0].bias == pytest.approx(wanted.targets[0].bias, rel=1e-14)
    assert found.targets[0].below == pytest.approx(wanted.targets[0].below, rel=1e-14)
    assert found.targets[0].residuals == wanted.targets[0].residuals


def test_rows_without_a_target_are_left_out_and_counted() -> None:
    targets = np.array([[1.0, 0.0], [3.0, np.nan], [2.0, 1.0], [6.0, 5.0]])
    outputs = np.repeat(OUTPUTS, 2, axis=1)
    e = evaluate_numbers(outputs, targets, weights=np.array([1.0, 1.0, 1.0, 0.0]))
    assert (e.n, e.n_unlabelled) == (2, 1)
    assert e.mae == pytest.approx(((1 + 2) / 2 + (2 + 3) / 2) / 2)


def test_undefined_figures_have_a_reason() -> None:
    e = evaluate_numbers(OUTPUTS, np.ones((4, 1)))
    assert e.r2 is None
    assert e.undefined == {"r2 of target 1": "the target has the same value in every sample"}
    e = evaluate_numbers(np.array([[np.inf]]), np.array([[1.0]]))
    assert e.rmse is e.mae is e.r2 is None
    assert set(e.undefined.values()) == {"an output is not finite"}
    e = evaluate_numbers(np.zeros((0, 1)), np.zeros((0, 1)))
    assert set(e.undefined.values()) == {"no sample has its targets"}
    assert e.targets[0].residuals == ()
    json.dumps(e.as_dict(), allow_nan=False)


def test_intervals_and_quantiles_by_hand() -> None:
    targets = np.array([[0.0], [1.0], [2.0], [3.0]])
    outputs = np.array([[0.0, 1.0], [0.5, 2.0], [2.5, 3.0], [0.0, 2.0]])
    e = evaluate_numbers(outputs, targets, quantiles=(0.25, 0.75), names=("y",))
    assert [t.quantile for t in e.targets] == [0.25, 0.75]
    (interval,) = e.prediction_intervals
    assert interval == ("y", 0.25, 0.75, 0.5, (1 + 1.5 + 0.5 + 2) / 4)
    # Residuals of the lower output: 0, 0.5, -0.5, 3: cost 0.25 each above it, 0.75 below.
    assert e.targets[0].pinball == pytest.approx((0.25 * 0.5 + 0.75 * 0.5 + 0.25 * 3) / 4)
    assert e.targets[0].below == 0.5


def test_shapes_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        evaluate_numbers(OUTPUTS, TARGETS, quantiles=(0.1, 0.9))
    with pytest.raises(ValueError, match="2 names for 1 targets"):
        evaluate_numbers(OUTPUTS, TARGETS, names=("a", "b"))


@pytest.mark.parametrize("weighted", [False, True])
def test_scikit_learn_agrees(weighted: bool) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    targets = rng.normal(5, 3, (60, 3))
    outputs = targets + rng.normal(0, [1, 2, 3], (60, 3))
    weights = rng.uniform(0.1, 3, 60) if weighted else None
    e = evaluate_numbers(outputs, targets, weights=weights)
    given = {"sample_weight": weights}
    assert e.rmse == pytest.approx(metrics.root_mean_squared_error(targets, outputs, **given), rel=1e-12)
    assert e.mae == pytest.approx(metrics.mean_absolute_error(targets, outputs, **given), rel=1e-12)
    assert e.r2 == pytest.approx(metrics.r2_score(targets, outputs, **given), rel=1e-12)
    single = metrics.r2_score(targets, outputs, multioutput="raw_values", **given)
    assert [t.r2 for t in e.targets] == pytest.approx(single, rel=1e-12)


def test_residual_quantiles_are_those_of_numpy() -> None:
    rng = np.random.default_rng(1)
    residuals, weights = rng.normal(size=101), rng.integers(1, 5, 101)
    e = evaluate_numbers(np.zeros((101, 1)), residuals[:, None], weights=weights.astype(float))
    wanted = np.quantile(np.repeat(residuals, weights), RESIDUAL_QUANTILES, method="inverted_cdf")
    assert e.targets[0].residuals == pytest.approx(wanted)


def test_table() -> None:
    text = evaluation_text({"test": evaluate_numbers(OUTPUTS, TARGETS, names=("price",))})
    assert text.splitlines()[0].split() == ["set", "n", "target", "RMSE", "MAE", "R2", "bias"]
    assert text.splitlines()[1].split() == ["test", "4", "price", "1.225", "1", "0.5714", "0.5"]
    assert text.splitlines()[-1].split() == ["test", "price", "-2", "-2", "-2", "-1", "0", "1", "1"]
