"""Intervals of every metric: which kind each has, the bootstrap by hand, degenerate rows, weights, and the same numbers for a seed."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from anncli.evaluation.binary import BinaryEvaluation
from anncli.evaluation.confidence import intervals_of
from anncli.evaluation.evaluation import evaluate_outputs, with_intervals
from anncli.evaluation.interval import Confidence, Interval
from anncli.evaluation.intervals import delong, wilson
from anncli.evaluation.multilabel import evaluate_labels
from anncli.evaluation.prevalence import at_prevalence
from anncli.evaluation.regression import evaluate_numbers
from anncli.evaluation.resampling import Part, Resampler, bias_corrected


def rows(n: int, seed: int = 0, share: float = 0.4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.where(rng.random(n) < share, 0, 1)
    return (1 / (1 + np.exp(-(rng.normal(size=n) + 2.0 * (labels == 0) - 1))))[:, None], labels


def evaluated(outputs, labels, confidence=None, **options) -> BinaryEvaluation:
    found = evaluate_outputs(outputs, labels, targets=(1.0, 0.0), **options)
    confidence = confidence or Confidence()
    return with_intervals(found, outputs, labels, confidence, targets=(1.0, 0.0), **options)


def test_every_defined_metric_has_an_interval_that_holds_its_value() -> None:
    e = evaluated(*rows(120))
    left_out = {"majority_share", "n_undecided", "coverage"}
    metrics = {name for name in e._fields if isinstance(getattr(e, name), float)} - left_out
    assert set(e.intervals) == metrics
    for name, (low, high) in e.intervals.items():
        assert low < getattr(e, name) < high or (name == "calibration_error" and low == 0)
    assert e.intervals["sensitivity"] == wilson(e.tp, e.tp + e.fn)
    assert e.intervals["npv"] == wilson(e.tn, e.tn + e.fn)
    outputs, labels = rows(120)
    assert e.intervals["auc"] == delong(outputs[:, 0], labels == 0)
    assert e.as_dict()["intervals"]["auc"] == list(e.intervals["auc"])
    assert "intervals" not in evaluate_outputs(*rows(120)).as_dict()


def test_a_seed_gives_the_same_intervals_and_a_confidence_wider_ones() -> None:
    one, again, other = (evaluated(*rows(90), Confidence(0.9, seed)) for seed in (3, 3, 4))
    assert one.intervals == again.intervals
    assert one.intervals["f1"] != other.intervals["f1"]
    wide = evaluated(*rows(90), Confidence(0.99, 3)).intervals
    assert all(wide[name].low <= low and wide[name].high >= high for name, (low, high) in one.intervals.items())
    assert set(evaluated(*rows(90), Confidence(is_brief=True)).intervals) < set(one.intervals)


def test_the_bootstrap_of_a_mean_by_hand() -> None:
    """Of 10,000 equal draws the normal interval; few rows with one far value lean to its side."""
    values = np.random.default_rng(1).normal(5, 2, 400)
    found = Resampler(400, 0.95, 1).means({"x": float(values.mean())}, {"x": values})["x"]
    assert found is not None
    half = 1.96 * values.std() / 20
    assert found == pytest.approx((values.mean() - half, values.mean() + half), abs=0.1 * half)
    skew = np.array([1.0] * 29 + [20.0])
    leaning = Resampler(30, 0.95, 1).means({"x": float(skew.mean())}, {"x": skew})["x"]
    assert leaning is not None
    assert leaning.high - skew.mean() > 1.5 * (skew.mean() - leaning.low)


def test_sums_of_draws_are_those_of_drawn_rows() -> None:
    """Each draw has as many rows as there are, and a row's columns stay together."""
    resampler = Resampler(50, 0.95, 2)
    places, values = np.arange(50) % 4, np.arange(50) / 8
    sums = resampler.sums(Part(), Part(places, 4), Part(values=values))
    assert sums.shape == (50, 6)
    drawn, left = resampler.draws(sums, lambda s: s)
    assert (drawn[:, 0] == 50).all()
    assert (drawn[:, 1:5].sum(axis=1) == 50).all()
    assert left[7].tolist() == [49, *(np.bincount(places, minlength=4) - np.eye(4)[3]).tolist(), values.sum() - 7 / 8]
    assert drawn[:, 5].mean() == pytest.approx(values.sum(), rel=0.01)
    # The multinomial variance of a cell with 13 of 50 rows.
    assert drawn[:, 1].var() == pytest.approx(13 * 37 / 50, rel=0.1)


def test_groups_of_many_rows_have_the_spread_of_rows() -> None:
    n = 30_000
    values = np.random.default_rng(3).exponential(size=n)
    # In an order in which neighbours are alike.
    found = Resampler(n, 0.95, 1).means({"x": float(values.mean())}, {"x": np.sort(values)})["x"]
    assert found is not None
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * values.std() / math.sqrt(n), rel=0.08)


def test_bias_corrected_without_bias_is_the_percentile_interval() -> None:
    drawn = np.arange(-500, 501) / 1000
    found = bias_corrected(0.0, drawn, np.array([-1.0, 1.0]), 0.9)
    assert found == pytest.approx((-0.45, 0.45), abs=1e-3)
    assert bias_corrected(0.0, np.full(100, np.nan), np.zeros(2), 0.9) is None
    assert bias_corrected(1.0, np.ones(100), np.ones(5), 0.9) == Interval(1.0, 1.0)


def test_rows_without_an_error_do_not_prove_that_there_are_none() -> None:
    outputs, labels = np.array([[0.9]] * 20 + [[0.1]] * 30), np.array([0] * 20 + [1] * 30)
    e = evaluated(outputs, labels)
    for name in ("accuracy", "sensitivity", "auc", "f1", "balanced_accuracy", "mcc", "kappa"):
        low, high = e.intervals[name]
        assert high == 1
        assert 0.6 < low < 0.98, name
    many = evaluate_outputs(np.eye(4)[np.arange(80) % 4], np.arange(80) % 4)
    found = intervals_of(np.eye(4)[np.arange(80) % 4], np.arange(80) % 4, many, Confidence())
    assert 0.8 < found["macro_recall"].low < 0.98
    assert found["recall of class 2"] == wilson(20, 20)
    assert found["top_3"] == wilson(80, 80)


def test_no_rows_and_one_class() -> None:
    assert dict(evaluated(np.zeros((0, 1)), np.zeros(0, dtype=int)).intervals) == {}
    e = evaluated(np.array([[0.9], [0.2], [0.7]]), np.array([0, 0, 0]))
    assert "auc" not in e.intervals
    assert "specificity" not in e.intervals
    assert e.intervals["sensitivity"] == wilson(2, 3)


@pytest.mark.slow
def test_weights_of_one_change_little_and_unequal_weights_widen() -> None:
    outputs, labels = rows(300)
    plain, ones = evaluated(outputs, labels).intervals, evaluated(outputs, labels, weights=np.ones(300)).intervals
    assert set(plain) == set(ones)
    for name, (low, high) in plain.items():
        assert ones[name] == pytest.approx((low, high), abs=0.15 * (high - low)), name
    uneven = np.where(np.arange(300) % 3 == 0, 10.0, 0.1)
    for name in ("accuracy", "auc", "log_loss", "f1"):
        wide = evaluated(outputs, labels, weights=uneven).intervals[name]
        assert wide.high - wide.low > 1.2 * (plain[name].high - plain[name].low), name


def test_unlabelled_and_undecided_rows_are_left_out() -> None:
    outputs, labels = rows(100)
    more = np.vstack([outputs, [[0.5], [0.99]]]), np.append(labels, [0, -1])
    found = evaluated(*more, abstain=(0.4995, 0.5005))
    assert found.n_undecided == 1
    assert found.intervals["auc"] == delong(outputs[:, 0], labels == 0)
    assert found.intervals == evaluated(outputs, labels).intervals


def test_numbers_and_labels_have_intervals() -> None:
    rng = np.random.default_rng(4)
    targets = rng.normal(size=(150, 2))
    outputs = targets + rng.normal(size=(150, 2)) * [0.5, 1]
    e = with_intervals(evaluate_numbers(outputs, targets, names=("a", "b")), outputs, targets, Confidence())
    for name in ("rmse", "mae", "r2", "rmse of a", "bias of b", "below of a"):
        assert name in e.intervals
    assert "pinball of a" not in e.intervals
    low, high = e.intervals["rmse of b"]
    # The standard error of the deviation of normal errors: 1 / sqrt(2 n).
    assert high - low == pytest.approx(2 * 1.96 / math.sqrt(300), rel=0.2)
    wanted = (rng.random((150, 3)) < 0.4).astype(float)
    given = np.clip(wanted * 0.3 + rng.random((150, 3)) * 0.7, 0, 1)
    labels = with_intervals(evaluate_labels(given, wanted), given, wanted, Confidence())
    for name in ("macro_f1", "hamming_loss", "subset_accuracy", "macro_auc", "macro_pr_auc", "log_loss", "brier"):
        interval = labels.intervals[name]
        assert interval.low < getattr(labels, name) < interval.high
    assert labels.intervals["ppv of label 1"] == wilson(labels.labels[0].tp, labels.labels[0].tp + labels.labels[0].fp)


@pytest.mark.slow
def test_a_hundred_thousand_rows_take_seconds() -> None:
    outputs, labels = rows(100_000)
    e = evaluate_outputs(outputs, labels, targets=(1.0, 0.0))
    start = time.process_time()
    intervals_of(outputs, labels, e, Confidence(), targets=(1.0, 0.0))
    assert time.process_time() - start < 6  # some 1.5 on an idle core


def test_predictive_values_at_another_prevalence_by_hand() -> None:
    # SE 0.9, SP 0.8; at 1 %: PPV .009 / (.009 + .198), NPV .792 / (.792 + .001).
    outputs = np.array([0.9] * 90 + [0.1] * 10 + [0.1] * 160 + [0.9] * 40)[:, None]
    labels = np.array([0] * 100 + [1] * 200)
    found = at_prevalence(evaluated(outputs, labels), 0.01)
    assert found.ppv == pytest.approx(0.009 / 0.207)
    assert found.npv == pytest.approx(0.792 / 0.793)
    assert found.ppv_interval is not None
    # Mercaldo et al. 2007: variance of the logit of PPV (1 - SE) / SE / n1 + SP / (1 - SP) / n0 = 0.1/0.9/100 + 0.8/0.2/200.
    half = 1.96 * math.sqrt(0.1 / 0.9 / 100 + 0.8 / 0.2 / 200)
    logit = math.log(found.ppv / (1 - found.ppv))
    ends = [1 / (1 + math.exp(-(logit + sign * half))) for sign in (-1, 1)]
    assert found.ppv_interval == pytest.approx(ends, rel=0.03)
    # At the prevalence of the rows the values are those of the rows.
    same = at_prevalence(evaluated(outputs, labels), 1 / 3)
    assert (same.ppv, same.npv) == pytest.approx((90 / 130, 160 / 170))


def test_predictive_values_without_errors_or_classes() -> None:
    outputs, labels = np.array([[0.9]] * 10 + [[0.1]] * 10), np.array([0] * 10 + [1] * 10)
    found = at_prevalence(evaluated(outputs, labels), 0.01)
    assert found.ppv == found.npv == 1
    assert found.ppv_interval is not None
    assert found.ppv_interval.high == 1
    # SE 0.72 and SP 0.72 at worst: a likelihood ratio of 2.6.
    assert found.ppv_interval.low == pytest.approx(0.0255, abs=0.001)
    assert at_prevalence(evaluated(outputs[:10], labels[:10]), 0.01).ppv is None
    # Nothing is predicted positive: there is no PPV, and the NPV is the other prevalence, with an interval.
    none = at_prevalence(evaluated(outputs * 0, labels), 0.01)
    assert (none.ppv, none.ppv_interval, none.npv) == (None, None, pytest.approx(0.99))
    assert none.npv_interval is not None
    assert none.npv_interval.low < 0.99 < none.npv_interval.high
