"""Stratified splits: counts, disjoint sets, and the seed."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.dataset.folds import stratified_split


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
