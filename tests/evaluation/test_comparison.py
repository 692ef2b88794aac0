"""Two models on the same rows: differences worked out by hand, and draws against a plain bootstrap of rows."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.evaluation.comparison import Answers, Truth, differences
from anncli.evaluation.evaluation import evaluate_outputs
from anncli.evaluation.interval import Confidence
from anncli.evaluation.paired import accuracy_interval, mcnemar
from anncli.evaluation.regression import evaluate_numbers


def of_classes(scores: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> Answers:
    predicted = np.where(scores > 0.5, 0, 1)
    evaluation = evaluate_outputs(scores[:, None], labels, targets=(1.0, 0.0), weights=weights)
    return Answers(scores[:, None], predicted, evaluation)


def two_models(n: int = 200) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 2, n)
    logits = np.where(labels == 0, 1.0, -1.0)[None] + rng.normal(0, [[0.8], [2.0]], (2, n))
    return labels, *(1 / (1 + np.exp(-logits)))


def test_differences_have_the_signs_and_tests_that_they_should() -> None:
    labels, good, bad = two_models()
    truth = Truth("classification", labels, 2)
    first, second = of_classes(good, labels), of_classes(bad, labels)
    found = {d.metric: d for d in differences(first, second, truth, Confidence())}
    assert list(found) == [
        "accuracy", "balanced_accuracy", "sensitivity", "specificity", "f1", "mcc", "auc", "log_loss", "brier",
    ]  # fmt: skip
    for name, one in found.items():
        assert one.difference == getattr(first.evaluation, name) - getattr(second.evaluation, name)
        assert one.interval.low <= one.difference <= one.interval.high
    assert found["accuracy"].test == "McNemar"
    assert found["accuracy"].p == mcnemar(first.predicted == labels, second.predicted == labels).p
    assert found["auc"].test == "DeLong"
    assert found["log_loss"].test == "bootstrap"
    assert found["log_loss"].difference < 0 < found["mcc"].difference
    assert found["log_loss"].p < 0.01
    turned = {d.metric: d for d in differences(second, first, truth, Confidence())}
    for name, one in turned.items():
        assert one.difference == -found[name].difference
        assert one.p == pytest.approx(found[name].p)
        assert one.interval.low == pytest.approx(-found[name].interval.high, abs=2e-3)


def test_draws_are_those_of_a_plain_bootstrap_of_pairs() -> None:
    labels, good, bad = two_models(120)
    first, second = of_classes(good, labels), of_classes(bad, labels)
    found = {d.metric: d for d in differences(first, second, Truth("classification", labels, 2), Confidence())}
    rng, drawn = np.random.default_rng(0), {"mcc": [], "f1": [], "log_loss": [], "sensitivity": []}
    for _ in range(800):
        rows = rng.integers(0, 120, 120)
        one, other = (of_classes(scores[rows], labels[rows]).evaluation for scores in (good, bad))
        for name, values in drawn.items():
            values.append(getattr(one, name) - getattr(other, name))
    for name, values in drawn.items():
        spread = np.std(values)
        for end, level in ((found[name].interval.low, 0.025), (found[name].interval.high, 0.975)):
            assert abs(end - np.quantile(values, level)) < 0.5 * spread, name


def test_the_same_model_twice_differs_by_nothing() -> None:
    labels, good, _ = two_models(40)
    one = of_classes(good, labels)
    for found in differences(one, one, Truth("classification", labels, 2), Confidence()):
        assert (found.difference, found.p) == (0, 1), found.metric
        assert found.interval.low <= 0 <= found.interval.high


@pytest.mark.parametrize("labels", [[0], [1], [0, 0, 0], [0, 1]])
def test_few_rows_and_one_class_give_what_there_is(labels: list[int]) -> None:
    wanted = np.array(labels)
    first, second = (of_classes(np.full(len(labels), score), wanted) for score in (0.9, 0.2))
    found = {d.metric: d for d in differences(first, second, Truth("classification", wanted, 2), Confidence())}
    assert found["accuracy"].difference == (
        1 if labels[0] == 0 and len(set(labels)) == 1 else -1 if labels == [1] else 0
    )
    assert "auc" not in found


def test_weights_count_as_many_equal_rows() -> None:
    labels, good, bad = two_models(60)
    weights = np.random.default_rng(1).integers(1, 4, 60)
    twice = np.repeat(np.arange(60), weights)
    weighted = differences(
        of_classes(good, labels, weights.astype(np.float32)), of_classes(bad, labels, weights.astype(np.float32)),
        Truth("classification", labels, 2, weights.astype(np.float32)), Confidence(),
    )  # fmt: skip
    repeated = [of_classes(scores[twice], labels[twice]) for scores in (good, bad)]
    plain = {d.metric: d for d in differences(*repeated, Truth("classification", labels[twice], 2), Confidence())}
    for one in weighted:
        assert one.difference == pytest.approx(plain[one.metric].difference, abs=1e-6)
        assert one.test == "bootstrap"
        assert one.metric != "auc"
        # The repeated rows pretend to be more than they are.
        if one.interval is not None and one.metric == "log_loss":
            other = plain[one.metric].interval
            assert one.interval.high - one.interval.low > other.high - other.low


def test_numbers_by_hand() -> None:
    """Errors 1, 1, 1, 1 against 3, 3, 3, 3: the RMSE differs by -2 in every draw."""
    targets = np.array([[1.0], [2.0], [3.0], [4.0]])
    near, far = (
        Answers(targets + error, targets + error, evaluate_numbers(targets + error, targets)) for error in (1.0, 3.0)
    )
    found = {d.metric: d for d in differences(near, far, Truth("regression", targets), Confidence())}
    assert found["rmse"].difference == found["mae"].difference == -2
    assert (found["rmse"].interval.low, found["rmse"].interval.high) == pytest.approx((-2, -2))
    # R2: 1 - 1 / 1.25 and 1 - 9 / 1.25.
    assert found["r2"].difference == pytest.approx(8 / 1.25)
    assert found["rmse"].p < 0.01


def test_interval_of_the_difference_of_accuracies_by_hand() -> None:
    """10 rows only the first has right, 4 only the second, 50 in all: (6 / 52) -+ 1.96 sqrt(15 - 36 / 52) / 52."""
    first, second = np.zeros(50, dtype=bool), np.zeros(50, dtype=bool)
    first[:10], second[10:14] = True, True
    low, high = accuracy_interval(first, second)
    assert (low, high) == pytest.approx((6 / 52 - 0.1426, 6 / 52 + 0.1426), abs=2e-4)
    low, high = accuracy_interval(first, first)
    assert low < 0 < high
