"""Stratified splits: counts, disjoint sets, and the seed."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.dataset.folds import grouped_split, ordered_split, stratified_split


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
