"""Evaluations of labels, worked by hand and against scikit-learn."""

from __future__ import annotations

import json

import numpy as np
import pytest

from anncli.cli.showing.report import evaluation_text
from anncli.evaluation.multilabel import evaluate_labels

# Given: 1 0, 1 1, 0 0, 0 1; wanted: 1 0, 1 0, 1 0, 0 1.
OUTPUTS = np.array([[0.9, 0.1], [0.6, 0.7], [0.5, 0.2], [0.4, 0.8]], dtype=np.float32)
TARGETS = np.array([[1, 0], [1, 0], [1, 0], [0, 1]], dtype=np.float32)


def test_hand_worked_table() -> None:
    e = evaluate_labels(OUTPUTS, TARGETS, names=("a", "b"))
    a, b = e.labels
    # An output of exactly 0.5 does not give the label.
    assert a == ("a", 2, 1, 1, 0, 2 / 3, 1.0, 1.0, 4 / 5, 1.0, 1.0)
    assert b == ("b", 1, 0, 2, 1, 1.0, 2 / 3, 1 / 2, 2 / 3, 1.0, 1.0)
    assert (e.n, e.n_unlabelled) == (4, 0)
    assert e.macro_f1 == pytest.approx((4 / 5 + 2 / 3) / 2)
    assert (e.micro_recall, e.micro_precision, e.micro_f1) == (3 / 4, 3 / 4, 3 / 4)
    assert (e.subset_accuracy, e.hamming_loss) == (2 / 4, 2 / 8)


def test_weights_count_as_equal_rows_and_unknown_rows_are_left_out() -> None:
    targets = TARGETS.copy()
    targets[2, 1] = np.nan
    e = evaluate_labels(OUTPUTS, targets, weights=np.array([1.0, 2.0, 1.0, 0.0]))
    wanted = evaluate_labels(OUTPUTS[[0, 1, 1]], TARGETS[[0, 1, 1]])
    assert e.n_unlabelled == 1
    assert [label[1:] for label in e.labels] == [label[1:] for label in wanted.labels]
    assert e.hamming_loss == wanted.hamming_loss
    assert e.subset_accuracy == wanted.subset_accuracy


def test_undefined_rates_have_a_reason_and_count_0_in_macro_means() -> None:
    e = evaluate_labels(np.array([[0.9, 0.1]]), np.array([[1.0, 0.0]]), names=("a", "b"))
    assert e.labels[1].sensitivity is e.labels[1].f1 is None
    assert e.undefined["f1 of b"] == "no sample has the label or was given it"
    assert e.undefined["specificity of a"] == "every sample has the label"
    assert e.macro_f1 == 0.5
    empty = evaluate_labels(np.zeros((0, 2)), np.zeros((0, 2)))
    assert empty.macro_f1 is empty.micro_f1 is empty.subset_accuracy is empty.hamming_loss is None
    json.dumps(empty.as_dict(), allow_nan=False)


def test_shapes_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        evaluate_labels(OUTPUTS, TARGETS[:, :1])
    with pytest.raises(ValueError, match="1 names for 2 labels"):
        evaluate_labels(OUTPUTS, TARGETS, names=("a",))


@pytest.mark.parametrize("weighted", [False, True])
def test_scikit_learn_agrees(weighted: bool) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    outputs, targets = rng.random((80, 4)), (rng.random((80, 4)) < [0.5, 0.2, 0.8, 0.05]).astype(float)
    outputs[:, 3] = 0.1  # a label that is never given
    weights = rng.uniform(0.1, 3, 80) if weighted else None
    e = evaluate_labels(outputs, targets, weights=weights)
    given = outputs > 0.5
    options = {"sample_weight": weights, "zero_division": 0.0}
    for average in ("macro", "micro"):
        precision, recall, f1, _ = metrics.precision_recall_fscore_support(targets, given, average=average, **options)
        found = [getattr(e, f"{average}_{name}") for name in ("precision", "recall", "f1")]
        assert found == pytest.approx([precision, recall, f1], rel=1e-12)
    matrices = metrics.multilabel_confusion_matrix(targets, given, sample_weight=weights)
    for label, ((tn, fp), (fn, tp)) in zip(e.labels, matrices, strict=True):
        assert (label.tp, label.fn, label.tn, label.fp) == pytest.approx((tp, fn, tn, fp), rel=1e-12)
    assert e.subset_accuracy == pytest.approx(metrics.accuracy_score(targets, given, sample_weight=weights), rel=1e-12)
    assert e.hamming_loss == pytest.approx(metrics.hamming_loss(targets, given, sample_weight=weights), rel=1e-12)


def test_table() -> None:
    lines = evaluation_text({"test": evaluate_labels(OUTPUTS, TARGETS, names=("a", "b"))}).splitlines()
    assert lines[1].split() == ["test", "4", "50.00", "25.00", "73.33", "75.00"]
    assert lines[-1].split() == ["b", "1", "0", "2", "1", "100.00", "66.67", "50.00", "66.67"]
