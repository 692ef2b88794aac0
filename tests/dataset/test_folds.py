"""Stratified splits: counts, disjoint sets, and the seed."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.dataset.folds import (
    grouped_folds,
    grouped_split,
    ordered_folds,
    ordered_split,
    spread_folds,
    stratified_folds,
    stratified_split,
)


def test_split_takes_the_share_of_every_class() -> None:
    labels = np.array([0] * 20 + [1] * 10)
    left, taken = stratified_split(labels, np.arange(30), 0.2, np.random.default_rng(1))
    assert np.bincount(labels[taken]).tolist() == [4, 2]
    assert sorted([*left, *taken]) == list(range(30))


def test_split_leaves_and_takes_at_least_one_of_two() -> None:
    labels = np.array([0, 0, 1, 1, 1])
    left, taken = stratified_split(labels, np.arange(5), 0.01, np.random.default_rng(1))
    assert np.bincount(labels[taken]).tolist() == [1, 1]
    left, taken = stratified_split(labels, np.arange(5), 0.99, np.random.default_rng(1))
    assert np.bincount(labels[left]).tolist() == [1, 1]


@pytest.mark.parametrize("share", [0.25, 0.5, 0.99])
def test_a_single_sample_of_a_class_stays_in_training(share: float) -> None:
    left, taken = stratified_split(np.array([0, 0, 0, 0, 1]), np.arange(5), share, np.random.default_rng(1))
    assert 4 in left
    assert 4 not in taken


def test_split_is_decided_by_the_seed() -> None:
    labels = np.zeros(100, dtype=int)
    parts = [
        stratified_split(labels, np.arange(100), 0.3, np.random.default_rng(seed))[1].tolist() for seed in (1, 1, 2)
    ]
    assert parts[0] == parts[1]
    assert parts[0] != parts[2]


def test_groups_stay_whole() -> None:
    groups = np.repeat([7, 3, 5, 9, 1], [4, 2, 6, 3, 5])
    rows = np.arange(20)
    for seed in range(30):
        left, taken = grouped_split(groups, rows, 0.25, np.random.default_rng(seed))
        assert sorted([*left, *taken]) == list(rows)
        assert not set(groups[left]) & set(groups[taken])
        # 5 rows are a quarter: two groups never come nearer than one of 3 to 6 rows, one group of 2 needs a second.
        assert 2 <= len(taken) <= 8


def test_at_least_one_group_is_left_and_one_is_taken() -> None:
    groups = np.repeat([0, 1], [99, 1])
    for seed in range(5):
        left, taken = grouped_split(groups, np.arange(100), 0.5, np.random.default_rng(seed))
        assert {len(left), len(taken)} == {1, 99}
    left, taken = grouped_split(np.zeros(4, int), np.arange(4), 0.5, np.random.default_rng(0))
    assert (len(left), len(taken)) == (4, 0)
    left, taken = grouped_split(groups, np.arange(100), 0.0, np.random.default_rng(0))
    assert len(taken) == 0


def test_the_latest_rows_are_taken() -> None:
    times = np.array([5.0, 1, 4, 2, 3, 6, 8, 7, 9, 0])
    left, taken = ordered_split(times, np.arange(10), 0.3)
    assert (left.tolist(), taken.tolist()) == ([0, 1, 2, 3, 4, 5, 9], [6, 7, 8])
    left, taken = ordered_split(times, left, 0.2)
    assert taken.tolist() == [5]


def test_rows_of_the_same_time_are_not_divided() -> None:
    times = np.array([1, 1, 2, 2, 2, 3])
    left, taken = ordered_split(times, np.arange(6), 0.5)
    assert (left.tolist(), taken.tolist()) == ([0, 1, 2, 3, 4], [5])
    assert ordered_split(np.ones(4), np.arange(4), 0.5)[1].tolist() == []
    # Otherwise the set would be empty.
    times = np.array([2024, 2023, 2024, 2022, 2024, 2024])
    left, taken = ordered_split(times, np.arange(6), 0.2)
    assert (left.tolist(), taken.tolist()) == ([1, 3], [0, 2, 4, 5])


# Folds


def folds_of(rows: np.ndarray, folds: list[np.ndarray]) -> None:
    """Every row is in exactly one fold, and each fold is ascending."""
    assert np.sort(np.concatenate(folds)).tolist() == rows.tolist()
    assert all((np.diff(fold) > 0).all() for fold in folds)


def test_stratified_folds_have_the_same_classes_and_sizes() -> None:
    labels = np.repeat([0, 1, 2], [23, 7, 31])
    rows = np.arange(61)
    folds = stratified_folds(labels, rows, 5, np.random.default_rng(0))
    folds_of(rows, folds)
    assert sorted(map(len, folds)) == [12, 12, 12, 12, 13]
    for label, count in ((0, 23), (1, 7), (2, 31)):
        found = [int((labels[fold] == label).sum()) for fold in folds]
        assert sum(found) == count
        assert max(found) - min(found) <= 1
    other = stratified_folds(labels, rows, 5, np.random.default_rng(1))
    assert any(a.tolist() != b.tolist() for a, b in zip(folds, other, strict=True))


def test_as_many_folds_as_rows_leave_one_out() -> None:
    folds = stratified_folds(np.array([0, 1, 0, 1]), np.arange(4), 4, np.random.default_rng(0))
    assert [len(fold) for fold in folds] == [1, 1, 1, 1]


def test_spread_folds_have_one_of_every_few_neighbours() -> None:
    targets = np.random.default_rng(0).permutation(20).astype(np.float32)[:, None]
    folds = spread_folds(targets, np.arange(20), 4, np.random.default_rng(1))
    folds_of(np.arange(20), folds)
    for fold in folds:
        assert sorted(int(value) // 4 for value in targets[fold, 0]) == [0, 1, 2, 3, 4]


def test_grouped_folds_hold_whole_groups_and_nearly_as_many_rows() -> None:
    groups = np.repeat([5, 1, 9, 7, 3, 2], [10, 4, 6, 3, 7, 6])
    rows = np.arange(36)
    folds = grouped_folds(groups, rows, 3, np.random.default_rng(0))
    folds_of(rows, folds)
    assert sorted(len(fold) for fold in folds) == [11, 12, 13]
    found = [set(groups[fold]) for fold in folds]
    assert not found[0] & found[1] | found[0] & found[2] | found[1] & found[2]
    with pytest.raises(ValueError, match="6 groups cannot fill 7 folds"):
        grouped_folds(groups, rows, 7, np.random.default_rng(0))


def test_ordered_folds_are_tested_by_what_came_before() -> None:
    times = np.array([3.0, 1, 2, 5, 4, 6, 6, 8])
    folds = ordered_folds(times, np.arange(8), 3)
    assert [(a.tolist(), b.tolist()) for a, b in folds] == [
        ([1, 2], [0, 4]), ([0, 1, 2, 4], [3, 5, 6]), ([0, 1, 2, 3, 4, 5, 6], [7]),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="7 times cannot fill 8 blocks"):
        ordered_folds(times, np.arange(8), 7)
    for training, test in ordered_folds(np.repeat(np.arange(7.0), 9), np.arange(63), 6):
        assert len(test) == 9
        assert training.max() < test.min()
