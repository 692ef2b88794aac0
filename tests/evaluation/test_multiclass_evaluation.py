"""Evaluations of K classes against tables worked by hand and scikit-learn."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from anncli.evaluation.evaluation import evaluate_outputs
from anncli.evaluation.multiclass import MulticlassEvaluation

OUTPUTS = np.array(
    [[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.125, 0.625, 0.25], [0.5, 0.25, 0.25], [0.25, 0.25, 0.5]], dtype=np.float32
)
LABELS = np.array([0, 0, 1, 1, 1])  # answered 0 1 1 0 2


FEW_CLASSES = dict.fromkeys(("top_3", "top_5"), "there are only 3 classes")


def judge(outputs=OUTPUTS, labels=LABELS, **options) -> MulticlassEvaluation:
    return evaluate_outputs(outputs, np.asarray(labels), **{"targets": (1.0, 0.0), **options})


def test_hand_worked_table() -> None:
    e = judge(classes=("a", "b", "c"))
    assert e.matrix.tolist() == [[1, 1, 0], [1, 1, 1], [0, 0, 0]]
    assert (e.n, e.accuracy, e.majority_share) == (5, 2 / 5, 3 / 5)
    assert e.recall == (1 / 2, 1 / 3, None)
    assert e.precision == (1 / 2, 1 / 2, 0.0)
    assert e.f1 == (1 / 2, 2 / 5, 0.0)
    # Only a and b have samples.
    assert e.macro_recall == (1 / 2 + 1 / 3) / 2
    assert e.macro_precision == 1 / 2
    assert e.macro_f1 == (1 / 2 + 2 / 5) / 2
    # 2 correct x 5 samples - (2 x 2 + 2 x 3 + 1 x 0): chance.
    assert e.mcc == 0.0
    # Rows: .375, .875, .21875, .875, .875 as sums of squares over the three outputs.
    assert e.mse == (0.375 + 0.875 + 0.21875 + 0.875 + 0.875) / 15
    assert e.log_loss == pytest.approx(-(3 * math.log(0.25) + math.log(0.5) + math.log(0.625)) / 5, rel=1e-14)
    assert e.class_counts == (2, 3, 0)
    assert e.predicted_counts == (2, 2, 1)
    # Chance: (2 x 2 + 2 x 3 + 1 x 0) / 25, as many as are correct.
    assert e.kappa == 0.0
    # Outputs of a: .5 .25 against .125 .5 .25, 4 of 6 pairs; of b: .625 .25 .25 against .25 .5, 3 of 6; c has no samples.
    assert e.macro_auc == pytest.approx((4 / 6 + 3 / 6) / 2)
    assert e.brier == pytest.approx((0.375 + 0.875 + 0.21875 + 0.875 + 0.875) / 5)
    assert e.undefined == {"recall of c": "the class has no samples", **FEW_CLASSES}


def test_class_never_answered_has_no_precision_and_counts_as_zero() -> None:
    e = judge(np.array([[0.9, 0.1], [0.9, 0.1]]), [0, 1])
    assert e.precision == (0.5, None)
    assert e.macro_precision == 0.25
    assert e.undefined == {
        "precision of class 2": "the class was never predicted",
        "mcc": "only one class was predicted",
        **dict.fromkeys(("top_3", "top_5"), "there are only 2 classes"),
    }


def test_two_outputs_take_the_matrix_form() -> None:
    e = judge(np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]), [0, 1, 1])
    assert isinstance(e, MulticlassEvaluation)
    assert e.matrix.tolist() == [[1, 0], [1, 1]]


def test_the_correlation_of_two_outputs_is_that_of_one() -> None:
    scores = np.array([0.9, 0.8, 0.3, 0.6, 0.1, 0.7, 0.4])
    labels = [0, 0, 0, 0, 1, 1, 1]
    two = judge(np.stack([scores, 1 - scores], axis=1), labels)
    assert two.mcc == pytest.approx(evaluate_outputs(scores[:, None], np.array(labels)).mcc)
    assert judge(np.eye(3)[[0, 1, 2]], [0, 1, 2]).mcc == 1.0


def test_first_of_equal_outputs_is_the_answer() -> None:
    assert judge(np.array([[0.2, 0.4, 0.4]]), [2]).matrix.tolist() == [[0, 0, 0], [0, 0, 0], [0, 1, 0]]


def test_log_loss_of_outputs_that_are_no_probabilities() -> None:
    for row in ([0.9, 0.9], [1.5, -0.5], [np.nan, 1.0], [np.inf, -np.inf]):
        e = judge(np.array([row]), [0])
        assert e.log_loss is None
        assert e.undefined["log_loss"] == "the outputs are not probabilities that sum to 1"


def test_log_loss_stays_finite_on_a_sure_and_wrong_answer() -> None:
    e = judge(np.array([[1, 0]], dtype=np.float32), [1])
    assert e.log_loss == pytest.approx(23 * math.log(2))  # float32 resolves 2^-23
    assert math.copysign(1, judge(np.array([[1.0, 0.0]]), [0]).log_loss) == 1


def test_unlabelled_rows_change_nothing_but_their_count() -> None:
    mixed = judge(np.vstack([OUTPUTS, OUTPUTS[:2]]), [*LABELS, -1, -1])
    assert mixed.as_dict() == {**judge().as_dict(), "n_unlabelled": 2}


def test_no_labelled_sample_leaves_every_metric_undefined() -> None:
    e = judge(OUTPUTS, [-1] * 5)
    metrics = ["accuracy", "macro_recall", "macro_precision", "macro_f1", "mcc", "mse", "log_loss", "majority_share"]
    assert [getattr(e, name) for name in metrics] == [None] * 8
    assert {e.undefined[name] for name in metrics} == {"no sample has a label"}
    assert e.matrix.tolist() == [[0] * 3] * 3


def test_dictionary_form_is_json_with_stable_keys() -> None:
    document = json.loads(json.dumps(judge().as_dict(), allow_nan=False))
    assert list(document) == [
        "classes", "n", "n_unlabelled", "class_counts", "matrix", "accuracy", "recall", "precision", "f1",
        "macro_recall", "macro_precision", "macro_f1", "mcc", "kappa", "macro_auc", "top_3", "top_5", "mse", "log_loss", "brier",
        "calibration_error", "majority_share", "undefined",
    ]  # fmt: skip
    assert document["recall"] == [1 / 2, 1 / 3, None]


@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_agrees_with_scikit_learn(n_classes) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(n_classes)
    labels = rng.integers(0, n_classes, 400)
    labels[:n_classes] = range(n_classes)
    logits = rng.normal(size=(400, n_classes)) + np.eye(n_classes)[labels]
    outputs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    answers = np.argmax(outputs, axis=1)
    e = judge(outputs, labels)
    assert np.array_equal(e.matrix, metrics.confusion_matrix(labels, answers))
    assert e.accuracy == metrics.accuracy_score(labels, answers)
    assert e.recall == tuple(metrics.recall_score(labels, answers, average=None))
    assert e.precision == tuple(metrics.precision_score(labels, answers, average=None))
    assert e.f1 == tuple(metrics.f1_score(labels, answers, average=None))
    assert e.macro_recall == pytest.approx(metrics.balanced_accuracy_score(labels, answers), rel=1e-14)
    assert e.macro_precision == pytest.approx(metrics.precision_score(labels, answers, average="macro"), rel=1e-14)
    assert e.macro_f1 == pytest.approx(metrics.f1_score(labels, answers, average="macro"), rel=1e-14)
    assert e.log_loss == pytest.approx(metrics.log_loss(labels, outputs), rel=1e-12)
    assert e.mse == pytest.approx(metrics.mean_squared_error(np.eye(n_classes)[labels], outputs), rel=1e-12)


def test_many_samples_are_judged_as_all_at_once() -> None:
    rng = np.random.default_rng(4)
    outputs = rng.dirichlet([1, 1, 1], 70_001).astype(np.float32)
    labels = rng.integers(0, 3, len(outputs)).astype(np.int8)
    e, answers = judge(outputs, labels), outputs.argmax(axis=1)
    assert e.matrix.tolist() == [[int(((labels == i) & (answers == k)).sum()) for k in range(3)] for i in range(3)]
    own = outputs[np.arange(len(labels)), labels].astype(np.float64)
    assert e.log_loss == -np.log(np.maximum(own, np.finfo(np.float32).eps)).mean()
    outputs[-1] *= 2
    assert judge(outputs, labels).log_loss is None
