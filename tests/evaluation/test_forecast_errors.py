"""Forecasts beside simple ones: errors by hand, intervals that know dependence, and which lead is clear."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.evaluation.forecast_errors import _block_length, _dependence, _lead, _spreads, forecast_errors


def autoregressive(n, factor, rng):
    noise, values = rng.normal(size=n), np.empty(n)
    last = 0.0
    for k in range(n):
        last = values[k] = factor * last + noise[k]
    return values


def test_errors_by_hand():
    targets = np.array([[1.0, 2, 10, 20], [3, 4, 30, 40]])
    network, last = targets + np.array([[3, 0, 1, 1], [-1, 2, 1, 1]]), targets + 1
    found = forecast_errors(targets, {"network": network, "last value": last}, np.arange(2), ("a", "b"))
    a, b = found.labels
    # Squares of a: 9 and 1 at the first step, 0 and 4 at the second one.
    assert a.predictors[0].by_step == {"rmse": (pytest.approx(5**0.5), pytest.approx(2**0.5)), "mae": (2, 1)}
    assert a.predictors[0].rmse == pytest.approx((5**0.5 + 2**0.5) / 2)
    assert (a.predictors[0].mae, a.predictors[1].rmse, b.predictors[0].rmse) == (1.5, 1, 1)
    assert [(lead.metric, lead.value) for lead in b.leads] == [("rmse", 0), ("mae", 0)]
    assert a.leads[1].value == -0.5
    # Two windows tell nothing of how they vary.
    assert all(lead.interval is None and not lead.is_clear for lead in a.leads)
    assert found.as_dict()["labels"][0]["leads"][0]["interval"] is None


def test_windows_of_one_time_are_drawn_together_and_order_does_not_matter():
    rng = np.random.default_rng(3)
    targets = rng.normal(size=(300, 1))
    predicted = {"network": targets * 0.5, "last value": targets * 0.4}
    times = np.repeat(np.arange(100), 3)
    found = forecast_errors(targets, predicted, times, ("y",))
    mixed = rng.permutation(300)
    again = forecast_errors(targets[mixed], {k: v[mixed] for k, v in predicted.items()}, times[mixed], ("y",))
    assert (found.n, found.n_times) == (300, 100)
    for one, other in zip(found.labels[0].leads, again.labels[0].leads, strict=True):
        assert one.interval == pytest.approx(other.interval)
    lead = found.labels[0].leads[0]
    assert lead.is_clear
    assert lead.value == pytest.approx(0.1 * np.sqrt((targets**2).mean()))


def test_the_same_seed_gives_the_same_interval():
    targets = np.random.default_rng(4).normal(size=(80, 2))
    predicted = {"network": targets * 0, "last value": np.roll(targets, 1)}
    one, other = (forecast_errors(targets, predicted, np.arange(80), ("y",), seed=7) for _ in range(2))
    assert one == other
    assert forecast_errors(targets, predicted, np.arange(80), ("y",), seed=8) != one


def test_dependent_errors_make_longer_blocks_and_wider_intervals():
    rng = np.random.default_rng(5)
    loose, tight = rng.normal(size=2000), autoregressive(2000, 0.9, rng)
    assert _dependence(loose) < 8
    # The theory for this process: (2 g^2 / D)^(1/3) n^(1/3) with g = 2 a / (1 - a)^2 / (1 + a) ... = about 80.
    assert 35 < _dependence(tight) < 160
    assert _block_length(np.zeros((2, 40, 1)), 3) == 6
    widths = []
    for errors in (loose, tight / tight.std()):
        targets = np.zeros((2000, 1))
        found = forecast_errors(targets, {"network": errors[:, None], "other": targets + 1}, np.arange(2000), ("y",))
        low, high = found.labels[0].leads[0].interval
        widths.append(high - low)
    assert widths[1] > 2 * widths[0]


def test_an_interval_is_as_wide_as_students_t_of_its_blocks():
    # 97.5 % of Student's t with three degrees of freedom: 3.1824.
    low, high = _lead("other", "rmse", 1.0, 0.5, 4.0, 0.95).interval
    assert (low, high) == (pytest.approx(1 - 1.5912, abs=1e-4), pytest.approx(1 + 1.5912, abs=1e-4))
    assert _lead("other", "rmse", 1.0, 0.5, 2.9, 0.95).interval is None


def test_the_spread_of_independent_errors_is_that_of_their_mean():
    errors = np.abs(np.random.default_rng(6).normal(size=1000))
    # Of squared and absolute errors of two predictors, the first one without any; blocks of 10 windows.
    losses = np.stack([np.zeros((2, 1000, 1)), np.stack([errors[:, None] ** 2, errors[:, None]])])
    spreads, blocks = _spreads(losses, np.ones(1000), 10, 1, seed=0)
    assert blocks == 100
    assert spreads[1, 1, 0] == pytest.approx(errors.std() / 1000**0.5, rel=0.2)
