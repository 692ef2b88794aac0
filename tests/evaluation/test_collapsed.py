"""When a result deserves to be called no better than always predicting one class."""

from __future__ import annotations

import numpy as np

from anncli.evaluation.collapse import collapsed, remedies
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
    assert (
        verdict == "accuracy 75.00 % is no better than always predicting 'well' (75.00 %): balanced accuracy is 83.33 %"
    )


def test_one_answer_more_than_the_majority_is_fine() -> None:
    assert collapsed(judge([0.9, 0.9, 0.1, 0.1, 0.1], [0, 0, 0, 1, 1])) is None


def test_three_classes() -> None:
    outputs = np.eye(3)[[2, 2, 2, 1]]
    verdict = collapsed(judge(outputs, [0, 2, 2, 2], classes=("a", "b", "c")))
    assert verdict == (
        "accuracy 50.00 % is no better than always predicting 'c' (75.00 %): "
        "balanced accuracy is 33.33 %, no sample of 'a' is found"
    )
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


def test_a_rare_class_that_is_never_found_is_told() -> None:
    # 2 of 200 are ill. One alarm, and a false one: accuracy 98.5 %, as good as worthless.
    verdict = collapsed(judge([0.1, 0.1, 0.9, *[0.1] * 197], [0, 0, *[1] * 198]))
    assert verdict == (
        "accuracy 98.50 % is no better than always predicting 'well' (99.00 %): "
        "balanced accuracy is 49.75 %, no sample of 'ill' is found"
    )
    # Of three classes one may be lost although the accuracy is above that of the largest class.
    labels = [0] * 20 + [1] * 15 + [2] * 5
    verdict = collapsed(judge(np.eye(3)[[0] * 20 + [1] * 20], labels, ("a", "b", "c")))
    assert verdict == "accuracy is 87.50 %, but none of the 5 samples of 'c' is found"
    # A class of four may be missed by chance.
    assert collapsed(judge(np.eye(3)[[0] * 20 + [1] * 19], labels[:-1], ("a", "b", "c"))) is None


def test_advice_leaves_out_what_was_done() -> None:
    rare, equal = judge([0.1, 0.1, 0.1, 0.1], [0, 1, 1, 1]), judge([0.1, 0.1], [0, 1])
    rest = "more hidden units or another --scaling"
    assert remedies(rare, {}) == f"--class-weight balanced, {rest}"
    assert remedies(rare, {"class_weight": "none", "l2": 0.1}) == f"--class-weight balanced, a lower --l2, {rest}"
    assert remedies(rare, {"class_weight": "balanced", "l2": 0.0}) == f"another --threshold, {rest}"
    assert remedies(rare, {"class_weight": [2, 1]}) == f"another --threshold, {rest}"
    assert remedies(equal, {}) == rest
    assert remedies(equal, {"stop": "reached the limit of 5 epochs"}) == f"more epochs, {rest}"
    three = judge(np.eye(3)[[1, 1, 1]], [0, 1, 1], ("a", "b", "c"))
    assert remedies(three, {"class_weight": "balanced"}) == rest


def test_of_many_missed_classes_five_are_named() -> None:
    names = tuple(f"k{number}" for number in range(9))
    labels = np.repeat(np.arange(9), 6)
    # Classes 0 and 1 are found, and the rows of the others are called either.
    found = judge(np.eye(9)[np.where(labels < 2, labels, labels % 2)], labels, names)
    told = " and ".join(f"none of the 6 samples of 'k{number}'" for number in range(2, 7))
    assert collapsed(found) == f"accuracy is 22.22 %, but {told} and none of those of 2 other classes are found"
    labels[labels == 8] = 0
    found = judge(np.eye(9)[np.where(labels < 2, 1 - labels, 0)], labels, names)
    assert ", no sample of 'k0' or 'k1' or 'k2' or 'k3' or 'k4' or 3 other classes is found" in str(collapsed(found))
