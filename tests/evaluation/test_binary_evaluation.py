"""Binary evaluations against tables worked by hand, brute force and scikit-learn."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from anncli.evaluation import means
from anncli.evaluation.binary import BinaryEvaluation
from anncli.evaluation.evaluation import evaluate_outputs
from anncli.evaluation.ranking import area_under_curve

NO_PROBABILITIES = dict.fromkeys(("log_loss", "brier", "calibration_error"), "the outputs are not probabilities")


def judge(scores, labels, **options) -> BinaryEvaluation:
    given = {"threshold": 0.5, "targets": (0.9, 0.1), **options}
    return evaluate_outputs(np.array(scores, dtype=np.float32).reshape(-1, 1), np.array(labels), **given)


def test_hand_worked_table() -> None:
    # Positives 0.9 0.8 0.3 0.6, negatives 0.1 0.7 0.5: 0.5 is not above 0.5, so it answers negative.
    e = judge([0.9, 0.8, 0.3, 0.6, 0.1, 0.7, 0.5], [0, 0, 0, 0, 1, 1, 1])
    assert (e.n, e.tp, e.fn, e.tn, e.fp) == (7, 3, 1, 2, 1)
    assert e.sensitivity == 3 / 4
    assert e.specificity == 2 / 3
    assert e.ppv == 3 / 4
    assert e.npv == 2 / 3
    assert e.accuracy == 5 / 7
    assert e.f1 == 6 / 8
    # Pairs won: 0.9 beats 3, 0.8 beats 3, 0.3 beats 1, 0.6 beats 2: 9 of 12.
    assert e.auc == 9 / 12
    # Squares: 0, .01, .36, .09 for target 0.9; 0, .36, .16 for target 0.1; together 0.98.
    assert e.mse == pytest.approx(0.98 / 7, rel=1e-6)
    assert e.majority_share == 4 / 7
    assert e.balanced_accuracy == (3 / 4 + 2 / 3) / 2
    assert e.mcc == pytest.approx((3 * 2 - 1 * 1) / math.sqrt(4 * 4 * 3 * 3))
    assert e.class_counts == (4, 3)
    assert e.predicted_counts == (4, 3)
    # Precision at the positives' scores 0.9, 0.8, 0.6, 0.3: 1, 1, 3 of 4, 4 of 6.
    assert e.pr_auc == pytest.approx((1 + 1 + 3 / 4 + 4 / 6) / 4)
    # Chance: (4 x 4 + 3 x 3) / 49.
    assert e.kappa == pytest.approx((5 / 7 - 25 / 49) / (1 - 25 / 49))
    assert e.undefined == NO_PROBABILITIES
    assert e.classes == ("class 1", "class 2")


def test_threshold_is_strict_in_the_dtype_of_the_scores() -> None:
    # float32(0.7) is below the double 0.7; as float32 the two are equal, so the score is not above.
    assert judge([0.7], [0], threshold=0.7).tp == 0
    assert judge([np.nextafter(np.float32(0.7), np.float32(1))], [0], threshold=np.float64(0.7)).tp == 1


def test_nothing_answered_positive() -> None:
    e = judge([0.2, 0.3, 0.1], [0, 1, 1])
    assert (e.sensitivity, e.specificity, e.ppv, e.f1) == (0.0, 1.0, None, 0.0)
    assert e.npv == 2 / 3
    assert (e.balanced_accuracy, e.mcc) == (0.5, None)
    assert e.kappa == 0
    assert e.undefined == dict.fromkeys(("ppv", "mcc"), "no sample was predicted positive") | NO_PROBABILITIES


def test_nothing_answered_negative() -> None:
    e = judge([0.8, 0.9], [0, 1])
    assert (e.npv, e.specificity, e.auc) == (None, 0.0, 0.0)
    assert e.undefined == dict.fromkeys(("npv", "mcc"), "no sample was predicted negative") | NO_PROBABILITIES


def test_only_positive_samples() -> None:
    e = judge([0.8, 0.2], [0, 0])
    assert (e.specificity, e.auc) == (None, None)
    assert (e.sensitivity, e.ppv, e.npv, e.majority_share) == (0.5, 1.0, 0.0, 1.0)
    assert e.undefined == {
        **dict.fromkeys(("specificity", "balanced_accuracy", "mcc"), "no sample is negative"),
        "auc": "it needs samples of both classes",
        **NO_PROBABILITIES,
    }
    assert (e.pr_auc, e.kappa) == (1.0, 0.0)


def test_only_negative_samples_none_called_positive() -> None:
    e = judge([0.1, 0.2], [1, 1])
    assert (e.sensitivity, e.ppv, e.f1) == (None, None, None)
    assert e.undefined == {
        "sensitivity": "no sample is positive",
        "ppv": "no sample was predicted positive",
        "f1": "no sample is positive or was predicted positive",
        "balanced_accuracy": "no sample is positive",
        "mcc": "no sample is positive",
        "kappa": "all samples are of one class, and no other was predicted",
        "auc": "it needs samples of both classes",
        "pr_auc": "no sample is positive",
        **NO_PROBABILITIES,
    }


def test_the_correlation_of_perfect_inverted_and_chance_predictions() -> None:
    labels = [0, 0, 0, 1, 1, 1, 1]
    right = np.where(np.array(labels) == 0, 0.9, 0.1)
    assert judge(right, labels).mcc == 1.0
    assert judge(1 - right, labels).mcc == -1.0
    # 1 of 2 positives and 1 of 2 negatives are predicted positive: chance.
    assert judge([0.9, 0.1, 0.9, 0.1], [0, 0, 1, 1]).mcc == 0.0
    # One percent of positives, one of two found with one false alarm: accuracy says 99, the others tell.
    e = judge([0.9, 0.1, 0.9, *[0.1] * 197], [0, 0, *[1] * 198])
    assert e.accuracy == 0.99
    assert e.balanced_accuracy == pytest.approx((1 / 2 + 197 / 198) / 2)
    assert e.mcc == pytest.approx((1 * 197 - 1 * 1) / math.sqrt(2 * 2 * 198 * 198))


@pytest.mark.parametrize("labels", [[], [-1, -1]])
def test_no_labelled_sample_leaves_every_metric_undefined(labels) -> None:
    e = judge([0.5] * len(labels), labels)
    assert (e.n, e.n_unlabelled) == (0, len(labels))
    metrics = ["sensitivity", "specificity", "ppv", "npv", "accuracy", "balanced_accuracy", "mcc", "f1", "auc", "mse"]
    metrics += ["majority_share", "kappa", "pr_auc", "log_loss", "brier", "calibration_error"]
    assert [getattr(e, name) for name in metrics] == [None] * len(metrics)
    assert sorted(e.undefined) == sorted(metrics)
    assert e.undefined["accuracy"] == e.undefined["mse"] == "no sample has a label"


def test_unlabelled_rows_change_nothing_but_their_count() -> None:
    scores, labels = [0.9, 0.2, 0.6, 0.4], [0, 1, 1, 0]
    plain = judge(scores, labels).as_dict()
    mixed = judge([0.99, *scores, 0.01], [-1, *labels, -1]).as_dict()
    assert mixed == {**plain, "n_unlabelled": 2}


def test_mse_needs_targets_and_finite_scores() -> None:
    assert judge([0.5], [0], targets=None).undefined["mse"] == "no targets are known"
    e = judge([np.nan, 0.5, np.inf], [0, 1, 1])
    assert (e.mse, e.auc) == (None, None)
    assert e.undefined["mse"] == "an output is not finite"
    assert e.undefined["auc"] == "a score is not finite"
    assert (e.fn, e.tn, e.fp) == (1, 1, 1)


def test_dictionary_form_is_json_with_stable_keys() -> None:
    document = json.loads(json.dumps(judge([0.2, 0.3], [0, 1], classes=("ill", "well")).as_dict(), allow_nan=False))
    assert list(document) == [
        "classes", "n", "n_unlabelled", "tp", "fn", "tn", "fp", "sensitivity", "specificity", "ppv", "npv",
        "accuracy", "balanced_accuracy", "mcc", "kappa", "f1", "auc", "pr_auc", "mse", "log_loss", "brier", "calibration_error",
        "majority_share", "undefined",
    ]  # fmt: skip
    assert document["classes"] == ["ill", "well"]
    assert document["ppv"] is None


@pytest.mark.parametrize("levels", [1, 2, 3, 7, 1000])
def test_auc_equals_the_count_over_all_pairs(levels) -> None:
    rng = np.random.default_rng(levels)
    scores = rng.integers(0, levels, 80).astype(np.float32) / levels
    positive = rng.random(80) < 0.3
    won = sum(
        1.0 if p > q else 0.5 if p == q else 0.0 for p in scores[positive].tolist() for q in scores[~positive].tolist()
    )
    assert area_under_curve(scores, positive) == won / (positive.sum() * (~positive).sum())


def test_agrees_with_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(3)
    labels = (rng.random(500) < 0.7).astype(int)
    scores = np.round(rng.random(500) + 0.3 * (labels == 0), 2).astype(np.float32)
    e = judge(scores, labels, threshold=0.6)
    truth, answer = labels == 0, scores > np.float32(0.6)
    assert (e.tn, e.fp, e.fn, e.tp) == tuple(metrics.confusion_matrix(truth, answer).ravel())
    assert e.sensitivity == metrics.recall_score(truth, answer)
    assert e.specificity == metrics.recall_score(~truth, ~answer)
    assert e.ppv == metrics.precision_score(truth, answer)
    assert e.npv == metrics.precision_score(~truth, ~answer)
    assert e.accuracy == metrics.accuracy_score(truth, answer)
    assert e.f1 == metrics.f1_score(truth, answer)
    assert e.auc == pytest.approx(metrics.roc_auc_score(truth, scores), rel=1e-14)
    assert e.mse == pytest.approx(metrics.mean_squared_error(np.where(truth, 0.9, 0.1), scores), rel=1e-12)


def test_shapes_and_labels_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"outputs of shape \(2, 1\) and labels of shape \(3,\) do not fit"):
        judge([0.1, 0.2], [0, 1, 1])
    with pytest.raises(ValueError, match="labels from 0 to 2 for 2 classes"):
        judge([0.1, 0.2], [0, 2])
    with pytest.raises(ValueError, match="labels from -2 to 0 for 2 classes"):
        judge([0.1, 0.2], [0, -2])
    with pytest.raises(ValueError, match="3 class names for 2 classes"):
        judge([0.1], [0], classes=("a", "b", "c"))


def test_large_parts_are_counted_in_blocks_without_loss(monkeypatch) -> None:
    rng = np.random.default_rng(2)
    scores, labels = rng.integers(0, 9, 500).astype(np.float32), rng.integers(0, 2, 500)
    whole = evaluate_outputs(scores[:, None], labels, targets=(1.0, 0.0))
    monkeypatch.setattr("anncli.arrays.BLOCK_ROWS", 7)
    monkeypatch.setattr(means, "_BLOCK_ROWS", 7)
    blocks = evaluate_outputs(scores[:, None], labels, targets=(1.0, 0.0))
    assert blocks.auc == whole.auc
    assert blocks.mse == pytest.approx(whole.mse, rel=1e-12)


@pytest.mark.parametrize("n_positive", [0, 1, 30, 59, 60])
@pytest.mark.parametrize("block", [7, 1 << 16])
def test_auc_counts_pairs_whichever_class_is_smaller(
    monkeypatch: pytest.MonkeyPatch, n_positive: int, block: int
) -> None:
    monkeypatch.setattr("anncli.arrays.BLOCK_ROWS", block)
    rng = np.random.default_rng(n_positive)
    scores, is_positive = rng.integers(0, 9, 60).astype(np.float32), rng.permutation(60) < n_positive
    pairs = [float(p > q) + float(p == q) / 2 for p in scores[is_positive] for q in scores[~is_positive]]
    assert area_under_curve(scores, is_positive) == (sum(pairs) / len(pairs) if pairs else None)
