"""Metrics, curves and intervals against scikit-learn, scipy and statsmodels, on random and on degenerate rows."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from anncli.evaluation.curves import precision_recall_curve, reliability, roc_curve
from anncli.evaluation.evaluation import evaluate_outputs
from anncli.evaluation.intervals import wilson
from anncli.evaluation.multilabel import evaluate_labels
from anncli.evaluation.paired import mcnemar
from anncli.evaluation.ranking import area_under_curve, average_precision
from anncli.evaluation.regression import evaluate_numbers

metrics = pytest.importorskip("sklearn.metrics")


def cases() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Scores (n,) and masks (n,) of the positives."""
    rng = np.random.default_rng(12)
    positive = rng.random(301) < 0.3
    scores = np.clip(rng.normal(0.4 + 0.25 * positive, 0.2), 0, 1)
    return {
        "random": (scores, positive),
        "ties": (np.round(scores, 1), positive),
        "all tied": (np.full(301, 0.25), positive),
        "perfect": (np.where(positive, 0.9, 0.2), positive),
        "inverted": (np.where(positive, 0.1, 0.75), positive),
        "sure": (np.where(rng.random(301) < 0.5, 1.0, 0.0), positive),
        "one positive": (scores, np.arange(301) == 7),
        "two rows": (np.array([0.4, 0.6]), np.array([True, False])),
    }


CASES = cases()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_two_classes(case: str, weighted: bool, dtype: type) -> None:
    scores, positive = CASES[case]
    scores = scores.astype(dtype)
    weights = np.random.default_rng(1).uniform(0.2, 3, len(scores)) if weighted else None
    e = evaluate_outputs(scores[:, None], np.where(positive, 0, 1), targets=(1.0, 0.0), weights=weights)
    given = scores > dtype(0.5)
    options: dict[str, Any] = {"sample_weight": weights}
    assert e.auc == pytest.approx(metrics.roc_auc_score(positive, scores, **options), rel=1e-12)
    assert e.pr_auc == pytest.approx(metrics.average_precision_score(positive, scores, **options), rel=1e-12)
    assert e.brier == pytest.approx(metrics.brier_score_loss(positive, scores, **options), rel=1e-6)
    assert e.log_loss == pytest.approx(metrics.log_loss(positive, scores, labels=[False, True], **options), rel=1e-5)
    assert e.balanced_accuracy == pytest.approx(metrics.balanced_accuracy_score(positive, given, **options), rel=1e-12)
    kappa = metrics.cohen_kappa_score(positive, given, **options)
    assert e.kappa == pytest.approx(kappa, rel=1e-9, abs=1e-12)
    if e.mcc is not None:
        assert e.mcc == pytest.approx(metrics.matthews_corrcoef(positive, given, **options), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("weighted", [False, True])
def test_curves(case: str, weighted: bool) -> None:
    scores, positive = CASES[case]
    weights = np.random.default_rng(2).uniform(0.2, 3, len(scores)) if weighted else None
    own = roc_curve(scores, positive, weights)
    assert own is not None
    false, true, thresholds = metrics.roc_curve(positive, scores, sample_weight=weights, drop_intermediate=False)
    assert own.false_positive_rate == pytest.approx(false, abs=1e-12)
    assert own.true_positive_rate == pytest.approx(true, abs=1e-12)
    assert own.thresholds == pytest.approx(thresholds)
    assert metrics.auc(own.false_positive_rate, own.true_positive_rate) == pytest.approx(
        area_under_curve(scores, positive, weights), rel=1e-12
    )
    found = precision_recall_curve(scores, positive, weights)
    assert found is not None
    precision, recall, levels = metrics.precision_recall_curve(positive, scores, sample_weight=weights)
    assert found.precision[::-1] == pytest.approx(precision, abs=1e-12)
    assert found.recall[::-1] == pytest.approx(recall, abs=1e-12)
    assert found.thresholds[:0:-1] == pytest.approx(levels)
    steps = float(np.diff(found.recall) @ found.precision[1:])
    assert steps == pytest.approx(average_precision(scores, positive, weights), rel=1e-12)


@pytest.mark.parametrize("case", ["random", "ties", "all tied", "perfect", "sure"])
def test_reliability(case: str) -> None:
    """With 301 rows the limits of the ten bins, which scikit-learn interpolates, are probabilities of rows."""
    calibration = pytest.importorskip("sklearn.calibration")
    scores, positive = CASES[case]
    own = reliability(scores, positive)
    assert own is not None
    observed, predicted = calibration.calibration_curve(positive, scores, n_bins=10, strategy="quantile")
    assert own.predicted == pytest.approx(predicted, abs=1e-12)
    assert own.observed == pytest.approx(observed, abs=1e-12)
    assert own.weight.sum() == 301


def test_a_weight_of_two_is_the_row_twice() -> None:
    scores, positive = CASES["ties"]
    times = np.random.default_rng(3).integers(1, 4, len(scores))
    one, other = (
        reliability(scores, positive, times.astype(float)),
        reliability(*(np.repeat(x, times) for x in (scores, positive))),
    )
    assert one is not None
    assert other is not None
    for a, b in zip(one, other, strict=True):
        assert a == pytest.approx(b, rel=1e-12)
    twice = average_precision(np.repeat(scores, times), np.repeat(positive, times))
    assert average_precision(scores, positive, times.astype(float)) == pytest.approx(twice, rel=1e-12)


@pytest.mark.parametrize("n_classes", [2, 4, 7])
@pytest.mark.parametrize("weighted", [False, True])
def test_several_classes(n_classes: int, weighted: bool) -> None:
    rng = np.random.default_rng(n_classes)
    labels = rng.integers(0, n_classes, 400)
    labels[:n_classes] = range(n_classes)
    logits = rng.normal(size=(400, n_classes)) + np.eye(n_classes)[labels]
    outputs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    weights = rng.uniform(0.2, 3, 400) if weighted else None
    e = evaluate_outputs(outputs, labels, targets=(1.0, 0.0), weights=weights)
    options: dict[str, Any] = {"sample_weight": weights}
    given = outputs.argmax(axis=1)
    assert e.kappa == pytest.approx(metrics.cohen_kappa_score(labels, given, **options), rel=1e-12)
    assert e.mcc == pytest.approx(metrics.matthews_corrcoef(labels, given, **options), rel=1e-9)
    assert e.log_loss == pytest.approx(metrics.log_loss(labels, outputs, **options), rel=1e-9)
    scored = outputs if n_classes > 2 else outputs[:, 1]
    each = [metrics.roc_auc_score(labels == k, outputs[:, k], **options) for k in range(n_classes)]
    assert e.macro_auc == pytest.approx(np.mean(each), rel=1e-12)
    wanted = np.eye(n_classes)[labels]
    square = np.average(((outputs - wanted) ** 2).sum(axis=1), weights=weights)
    assert e.brier == pytest.approx(
        square if n_classes > 2 else metrics.brier_score_loss(labels, scored, **options), rel=1e-12
    )
    for k, own in ((3, e.top_3), (5, e.top_5)):
        if n_classes > k:
            assert own == pytest.approx(metrics.top_k_accuracy_score(labels, outputs, k=k, **options), rel=1e-12)
        else:
            assert own is None
    top, hits = outputs.max(axis=1), given == labels
    curve = reliability(top, hits, weights)
    assert curve is not None
    assert e.calibration_error == pytest.approx(curve.error, rel=1e-12)


def test_several_labels() -> None:
    rng = np.random.default_rng(5)
    outputs, targets = rng.random((90, 3)).astype(np.float32), (rng.random((90, 3)) < [0.5, 0.2, 0.8]).astype(float)
    e = evaluate_labels(outputs, targets)
    assert e.macro_auc == pytest.approx(metrics.roc_auc_score(targets, outputs, average="macro"), rel=1e-12)
    assert e.macro_pr_auc == pytest.approx(
        metrics.average_precision_score(targets, outputs, average="macro"), rel=1e-12
    )
    assert e.brier == pytest.approx(metrics.brier_score_loss(targets.ravel(), outputs.ravel()), rel=1e-6)
    assert e.log_loss == pytest.approx(metrics.log_loss(targets.ravel(), outputs.ravel()), rel=1e-6)


@pytest.mark.parametrize("weighted", [False, True])
def test_numbers(weighted: bool) -> None:
    rng = np.random.default_rng(6)
    targets = rng.normal(size=(80, 2)) * [1, 1000]
    outputs, weights = targets + rng.normal(size=(80, 2)), rng.uniform(0.2, 3, 80) if weighted else None
    e = evaluate_numbers(outputs, targets, weights=weights)
    options: dict[str, Any] = {"sample_weight": weights}
    assert e.rmse == pytest.approx(metrics.root_mean_squared_error(targets, outputs, **options), rel=1e-12)
    assert e.mae == pytest.approx(metrics.mean_absolute_error(targets, outputs, **options), rel=1e-12)
    assert e.r2 == pytest.approx(metrics.r2_score(targets, outputs, **options), rel=1e-12)


def test_one_class_and_no_row() -> None:
    """What scikit-learn warns of is undefined here."""
    scores = np.array([0.2, 0.7])
    none = np.array([False, False])
    assert roc_curve(scores, none) is precision_recall_curve(scores, none) is average_precision(scores, none) is None
    assert average_precision(scores, ~none) == metrics.average_precision_score(~none, scores) == 1
    assert roc_curve(scores, ~none) is None
    empty = np.empty(0)
    assert roc_curve(empty, empty > 0) is reliability(empty, empty > 0) is average_precision(empty, empty > 0) is None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert np.isnan(metrics.cohen_kappa_score([1, 1], [1, 1]))
    assert evaluate_outputs(np.array([[0.9], [0.8]]), np.array([0, 0])).kappa is None


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_wilson_and_kappa_and_mcnemar_are_those_of_statsmodels(confidence: float) -> None:
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    for n in (1, 2, 17, 400):
        for k in {0, 1, n // 3, n}:
            wanted = proportion.proportion_confint(k, n, 1 - confidence, "wilson")
            assert wilson(k, n, confidence) == pytest.approx(wanted, abs=1e-12)
    raters, tables = (
        pytest.importorskip(f"statsmodels.stats.{name}") for name in ("inter_rater", "contingency_tables")
    )
    rng = np.random.default_rng(7)
    labels, given = rng.integers(0, 3, 60), rng.integers(0, 3, 60)
    e = evaluate_outputs(np.eye(3)[given], labels)
    assert e.kappa == pytest.approx(raters.cohens_kappa(e.matrix).kappa, rel=1e-12)
    one, other = rng.random(60) < 0.8, rng.random(60) < 0.6
    table = [[np.sum(one & other), np.sum(one & ~other)], [np.sum(~one & other), np.sum(~one & ~other)]]
    assert mcnemar(one, other).p == pytest.approx(tables.mcnemar(table, exact=True).pvalue, rel=1e-12)
