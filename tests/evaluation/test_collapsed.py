"""When a result deserves to be called no better than always predicting one class."""

from __future__ import annotations

import numpy as np

from anncli.evaluation.collapse import collapsed
from anncli.evaluation.evaluation import evaluate_outputs

NAMES = ("ill", "well")


def judge(scores, labels, classes=NAMES):
    return evaluate_outputs(np.array(scores, dtype=float).reshape(len(labels), -1), np.array(labels), classes=classes)


def test_always_the_same_answer() -> None:
    assert (
        collapsed(judge([0.1, 0.2, 0.3, 0.4], [0, 1, 1, 1])) == "the network always predicts 'well' (accuracy 75.00 %)"
    )


def test_accuracy_equal_to_the_majority_share() -> None:
    # 3 of 4 are well; one of each is answered wrongly or one missed: 3 right.
    verdict = collapsed(judge([0.9, 0.9, 0.1, 0.1], [0, 1, 1, 1]))
    assert verdict == "accuracy 75.00 % is no better than always predicting 'well' (75.00 %)"


def test_one_answer_more_than_the_majority_is_fine() -> None:
    assert collapsed(judge([0.9, 0.9, 0.1, 0.1, 0.1], [0, 0, 0, 1, 1])) is None


def test_three_classes() -> None:
    outputs = np.eye(3)[[2, 2, 2, 1]]
    verdict = collapsed(judge(outputs, [0, 2, 2, 2], classes=("a", "b", "c")))
    assert verdict == "accuracy 50.00 % is no better than always predicting 'c' (75.00 %)"
    assert collapsed(judge(np.eye(3)[[1, 1, 1]], [0, 1, 2], ("a", "b", "c"))).startswith(
        "the network always predicts 'b'"
    )
    assert collapsed(judge(np.eye(3)[[0, 1, 1]], [0, 1, 2], ("a", "b", "c"))) is None


def test_samples_of_one_class_or_none_show_nothing() -> None:
    assert collapsed(judge([0.9, 0.8], [0, 0])) is None
    assert collapsed(judge([0.9, 0.2], [0, 0])) is None
    assert collapsed(judge([0.9, 0.8], [-1, -1])) is None


def test_large_counts_are_compared_exactly() -> None:
    n = 1_000_003
    labels = np.ones(n, dtype=int)
    labels[:500_001] = 0
    scores = np.where(labels == 0, 0.9, 0.1)
    scores[500_002:] = 0.9  # one negative right: 500,002 right answers, the size of the larger class
    assert collapsed(judge(scores, labels)) is not None
    scores[500_002] = 0.1
    assert collapsed(judge(scores, labels)) is None
