"""The validation metrics of ann1dn, worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from anncli.errors import UsageError
from anncli.evaluation.evaluation import evaluate_outputs
from anncli.evaluation.metric import selection_metric
from anncli.evaluation.names import METRIC_NAMES

# TP 3, FN 1, TN 4, FP 2: SE 3/4, SP 2/3, PPV 3/5, NPV 4/5, ACC 7/10.
SCORES = np.array([[0.9]] * 3 + [[0.1]] + [[0.1]] * 4 + [[0.9]] * 2)
LABELS = np.array([0] * 4 + [1] * 6)
# One wrong score costs 0.8^2 = 0.64; 3 of 10 are wrong.
EXPECTED = [
    1 / 0.192,
    0.7,
    math.sqrt(3 / 4 * 2 / 3),
    math.sqrt(3 / 4 * 3 / 5),
    (3 / 4 * 2 / 3 * 7 / 10) ** (1 / 3),
    (3 / 4 * 2 / 3 * 3 / 5 * 4 / 5 * 7 / 10) ** (1 / 5),
    2 * 0.45 / (0.6 + 0.75),
    3.25 * 0.45 / (2.25 * 0.6 + 0.75),
    10 * 0.45 / (9 * 0.6 + 0.75),
]


# In the order of ann1dn's codes 0 to 8; `loss` has none.
NAMES = list(METRIC_NAMES)[1:]


@pytest.mark.parametrize("code", range(9))
def test_each_code_by_hand(code) -> None:
    e = evaluate_outputs(SCORES, LABELS, threshold=0.5, targets=(0.9, 0.1))
    assert selection_metric(NAMES[code], e) == pytest.approx(EXPECTED[code], rel=1e-13)


def test_mse_of_zero_gives_a_large_finite_metric() -> None:
    e = evaluate_outputs(np.array([[1.0], [0.0]]), np.array([0, 1]), targets=(1.0, 0.0))
    assert e.mse == 0
    assert selection_metric("mse", e) == pytest.approx(1e15)


def test_undefined_rates_count_as_zero() -> None:
    e = evaluate_outputs(np.array([[0.1], [0.2]]), np.array([0, 1]), targets=(0.9, 0.1))
    assert e.ppv is None
    assert [selection_metric(name, e) for name in NAMES[1:]] == [0.5, 0, 0, 0, 0, 0, 0, 0]
    empty = evaluate_outputs(np.empty((0, 1)), np.empty(0, int), targets=(0.9, 0.1))
    assert [selection_metric(name, empty) for name in NAMES] == [0] * 9


def test_macro_rates_stand_in_with_more_outputs() -> None:
    e = evaluate_outputs(np.eye(3)[[0, 1, 1, 2]], np.array([0, 1, 2, 2]), targets=(1.0, 0.0))
    # Recall 1, 1, 1/2; precision 1, 1/2, 1.
    recall = precision = 2.5 / 3
    assert selection_metric("gm-se-ppv", e) == pytest.approx(math.sqrt(recall * precision))
    assert selection_metric("f3", e) == pytest.approx(10 * recall * precision / (9 * precision + recall))
    assert selection_metric("accuracy", e) == 0.75
    with pytest.raises(UsageError) as caught:
        selection_metric("gm-all", e)
    assert str(caught.value) == (
        "this metric needs specificity, which exists only with one output; use accuracy, gm-se-ppv, f1, f1.5, f3 or mse"
    )


def test_unknown_name_is_refused_with_the_nearest_one() -> None:
    e = evaluate_outputs(SCORES, LABELS)
    with pytest.raises(UsageError) as caught:
        selection_metric("acuracy", e)
    assert str(caught.value) == "unknown metric 'acuracy'; did you mean 'accuracy'?"
