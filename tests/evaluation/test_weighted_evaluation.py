"""Sample weights in evaluations: whole weights equal repeated samples, 0 leaves one out, and numbers worked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anncli
from anncli.dataset.dataset import Dataset
from anncli.evaluation.collapse import collapsed
from anncli.evaluation.evaluation import evaluate_outputs
from anncli.network.network import Network


def binary() -> Any:
    scores = np.array([[0.9], [0.4], [0.6], [0.2], [0.6]])
    return evaluate_outputs(
        scores, np.array([0, 0, 1, 1, 0]), targets=(1.0, 0.0), weights=np.array([0.5, 1.5, 2.0, 0.25, 1.0])
    )


def test_counts_are_sums_of_weights() -> None:
    e = binary()
    assert (e.tp, e.fn, e.tn, e.fp, e.n) == (1.5, 1.5, 0.25, 2.0, 5.25)
    assert (e.class_counts, e.predicted_counts) == ((3.0, 2.25), (3.5, 1.75))
    assert e.accuracy == 1.75 / 5.25
    assert (e.sensitivity, e.ppv) == (0.5, 1.5 / 3.5)
    assert e.majority_share == 3 / 5.25


def test_mean_squared_error_by_hand() -> None:
    # 0.01 * 0.5 + 0.36 * 1.5 + 0.36 * 2 + 0.04 * 0.25 + 0.16 * 1
    assert binary().mse == pytest.approx(1.435 / 5.25, rel=1e-12)


def test_pairs_weigh_the_product_of_their_weights_in_the_auc() -> None:
    # 0.9 beats both: 0.5 * 2.25; 0.4 beats 0.2: 1.5 * 0.25; 0.6 beats 0.2 and ties with 0.6: 1 * (0.25 + 2 / 2).
    assert binary().auc == pytest.approx((1.125 + 0.375 + 1.25) / (3 * 2.25), rel=1e-12)


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_whole_weights_equal_repeated_samples(n_outputs: int) -> None:
    rng = np.random.default_rng(n_outputs)
    outputs = rng.random((200, n_outputs)).round(1) + 0.01
    outputs /= outputs.sum(axis=1, keepdims=True) if n_outputs > 1 else 1.2
    labels, repeats = rng.integers(-1, max(n_outputs, 2), 200), rng.integers(0, 4, 200)
    weighted = evaluate_outputs(outputs, labels, targets=(0.9, 0.1), weights=repeats)
    repeated = evaluate_outputs(np.repeat(outputs, repeats, axis=0), np.repeat(labels, repeats), targets=(0.9, 0.1))
    found, wanted = weighted.as_dict(), repeated.as_dict()
    assert found.pop("n_unlabelled") == np.count_nonzero((labels == -1) & (repeats > 0))
    assert wanted.pop("n_unlabelled") == repeats[labels == -1].sum()
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        plain = name in ("classes", "undefined") or value is None
        assert found[name] == (value if plain else pytest.approx(np.array(value), rel=1e-12)), name


def test_samples_of_weight_zero_are_left_out() -> None:
    outputs, labels = np.array([[0.9], [0.1], [np.nan], [0.7]]), np.array([0, 1, 0, -1])
    e = evaluate_outputs(outputs, labels, targets=(1.0, 0.0), weights=np.array([1, 1, 0, 0]))
    assert (e.n, e.n_unlabelled, e.accuracy, e.auc) == (2, 0, 1.0, 1.0)


def test_without_weights_counts_are_integers() -> None:
    e = evaluate_outputs(np.array([[0.9], [0.1]]), np.array([0, 1]))
    assert all(type(count) is int for count in (e.tp, e.fn, e.tn, e.fp, e.n))
    assert evaluate_outputs(np.eye(3), np.arange(3)).matrix.dtype == np.int64


def test_weights_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"weights of shape \(1,\) for labels of shape \(2,\)"):
        evaluate_outputs(np.array([[0.9], [0.1]]), np.array([0, 1]), weights=np.array([1.0]))


def test_a_collapse_is_seen_by_weights() -> None:
    # Correct: 0.3 of the first class and 0.7 of the second, which is all that always predicting the second gets right.
    outputs, labels = np.array([[0.9], [0.9], [0.1]]), np.array([0, 1, 1])
    e = evaluate_outputs(outputs, labels, weights=np.array([0.3, 0.3, 0.4]))
    assert (
        collapsed(e)
        == "accuracy 70.00 % is no better than always predicting 'class 2' (70.00 %): balanced accuracy is 78.57 %"
    )
    e = evaluate_outputs(outputs, labels, weights=np.array([0.3, 0.2, 0.4]))
    assert collapsed(e) is None
    e = evaluate_outputs(np.ones((3, 1)), labels, weights=np.array([0.3, 0.1, 0.2]))
    assert collapsed(e) == "the network always predicts 'class 1' (accuracy 50.00 %)"


def test_a_network_is_evaluated_with_the_weights_of_the_dataset() -> None:
    network = Network.create(1, [(1, "logistic")], parameters=np.array([0.0, 1.0]))
    data = Dataset(np.array([[1.0], [-1.0], [2.0]]), np.array([0, 0, 1]), ("a", "b"), weights=np.array([3, 1, 0.5]))
    e = anncli.evaluate(network, data)
    assert (e.tp, e.fn, e.tn, e.fp) == (3, 1, 0, 0.5)
    e = anncli.evaluate(network, data, np.array([2, 1]))
    assert (e.tp, e.fn, e.tn, e.fp) == (0, 1, 0, 0.5)
