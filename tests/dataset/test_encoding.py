"""Target outputs and sample weights, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.dataset.encoding import encode_targets, sample_weights


def test_targets_of_one_and_of_three_outputs() -> None:
    assert (
        encode_targets(np.array([0, 1, -1]), 1, (0.9, 0.1)).tolist()
        == np.array([[0.9], [0.1], [0.1]], np.float32).tolist()
    )
    assert encode_targets(np.array([2, 0]), 3, (1, 0)).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_balanced_weights_by_hand() -> None:
    # 4 rows of class 0, 1 of class 1: n / (K n_k) = 5/8 and 5/2
    weights = sample_weights(np.array([0, 0, 0, 0, 1]), np.arange(5), "balanced", 2)
    assert weights.tolist() == [0.625] * 4 + [2.5]


def test_given_weights_have_mean_one_over_the_rows() -> None:
    weights = sample_weights(np.array([0, 0, 1, 1]), np.array([0, 2, 3]), (1.0, 2.0), 2)
    assert weights[[0, 2, 3]].mean() == pytest.approx(1)
    assert weights[2] == pytest.approx(2 * weights[0])


def test_sample_weights_multiply_class_weights_and_have_mean_one() -> None:
    labels, rows = np.array([0, 0, 1, 1, -1]), np.arange(4)
    # 1*1, 1*3, 2*2, 2*0: sum 8 over 4 rows, so half of each.
    weights = sample_weights(labels, rows, (1.0, 2.0), 2, np.array([1, 3, 2, 0, 1], dtype=np.float32))
    assert weights[:4].tolist() == [0.5, 1.5, 2.0, 0.0]
    assert weights.dtype == np.float32


def test_balanced_classes_weigh_the_same_in_sum_whatever_their_samples_weigh() -> None:
    labels = np.array([0, 0, 0, 1, 1])
    weights = sample_weights(labels, np.arange(5), "balanced", 2, np.array([1, 2, 5, 0.25, 0.75], dtype=np.float32))
    # Sums 8 and 1; 5 rows in all, 2.5 for each class.
    assert weights == pytest.approx([2.5 / 8, 5 / 8, 12.5 / 8, 2.5 / 4, 7.5 / 4])


def test_whole_weights_equal_repeated_rows_also_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anncli.arrays.BLOCK_ROWS", 2)
    labels, repeats = np.array([0, 1, 1, 0, 1]), np.array([2, 1, 3, 1, 2])
    weighted = sample_weights(labels, np.arange(5), "balanced", 2, repeats.astype(np.float32))
    repeated = sample_weights(np.repeat(labels, repeats), np.arange(9), "balanced", 2)
    # Both have mean 1, over 5 rows and over 9.
    assert weighted / repeats / 5 == pytest.approx(repeated[np.cumsum(repeats) - 1] / 9)
