"""Datasets with targets in place of labels, and their splits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anncli.dataset.dataset import UNLABELLED, Dataset
from anncli.dataset.folds import spread_split

INPUTS = np.zeros((3, 2))


def test_one_target_is_one_column() -> None:
    data = Dataset(INPUTS, targets=[1, 2.5, np.nan])
    assert data.targets is not None
    assert data.targets.dtype == np.float32
    assert (data.targets.shape, data.task, data.names_of_targets) == ((3, 1), "regression", ("target 1",))
    assert (data.labels.tolist(), data.n_classes, data.n_targets) == ([UNLABELLED] * 3, 0, 1)
    assert data.answered().tolist() == [True, True, False]
    assert data.answered(np.array([2, 0])).tolist() == [False, True]
    assert repr(data) == "<Dataset of 3 x 2, regression: target 1>"


def test_labels_are_answers_too() -> None:
    data = Dataset(INPUTS, np.array([0, -1, 1]), ("a", "b"))
    assert (data.task, data.n_targets, data.answered().tolist()) == ("classification", 0, [True, False, True])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"targets": [1, 2]}, r"3 samples but targets of shape \(2,\)"),
        ({"targets": [1, 2, np.inf]}, "targets must be finite"),
        ({"targets": [1, 2, 1e39]}, "targets must be finite"),
        ({"targets": [0, 1, 2], "task": "multi-label"}, "targets for multi-label are 1"),
        ({"targets": [0, 1, 0.5], "task": "multi-label"}, "targets for multi-label are 1"),
        ({"targets": [0, 1, 2], "task": "classification"}, "a dataset for classification has labels, not targets"),
        ({"task": "regression"}, "a dataset for regression needs targets"),
        ({"targets": [0, 1, 2], "task": "regresion"}, "unknown task 'regresion'; did you mean 'regression'"),
        ({"targets": [0, 1, 2], "labels": np.array([0, 0, 0]), "classes": ("a",)}, "labels or targets, not both"),
        ({"targets": [0, 1, 2], "target_names": ("a", "b")}, "2 names for 1 targets"),
        ({}, "3 rows of inputs but labels of shape"),
    ],
)  # fmt: skip
def test_what_cannot_be(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Dataset(INPUTS, **given)


def test_a_split_takes_one_row_of_each_block_of_neighbours() -> None:
    rng = np.random.default_rng(0)
    targets = rng.permutation(100).astype(np.float32)[:, None]
    rows = np.arange(100, dtype=np.int32)
    left, taken = spread_split(targets, rows, 0.2, rng)
    assert sorted([*left.tolist(), *taken.tolist()]) == rows.tolist()
    assert (left.dtype, taken.dtype, len(taken)) == (np.int32, np.int32, 20)
    assert np.array_equal(np.sort(targets[taken, 0] // 5), np.arange(20))
    assert np.array_equal(taken, np.sort(taken))


def test_a_split_is_decided_by_the_seed_and_takes_every_row_as_often() -> None:
    targets, rows = np.repeat(np.arange(4.0), 3)[:, None], np.arange(12)
    first, again = (spread_split(targets, rows, 0.25, np.random.default_rng(5))[1].tolist() for _ in range(2))
    assert first == again
    counts = np.zeros(12)
    for seed in range(2000):
        counts[spread_split(targets, rows, 0.25, np.random.default_rng(seed))[1]] += 1
    assert np.abs(counts / 2000 - 0.25).max() < 0.04


@pytest.mark.parametrize(
    ("n", "fraction", "count"), [(2, 0.01, 1), (2, 0.99, 1), (1, 0.5, 0), (0, 0.5, 0), (7, 0, 0), (10, 0.25, 3)]
)
def test_counts_of_small_splits(n: int, fraction: float, count: int) -> None:
    left, taken = spread_split(np.zeros((9 + n, 1)), np.arange(n), fraction, np.random.default_rng(0))
    assert (len(left), len(taken)) == (n - count, count)
