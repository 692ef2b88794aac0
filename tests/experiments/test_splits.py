"""Folds as numbers, and the splits that they stand for, on rows small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.dataset.dataset import Dataset
from anncli.errors import UsageError
from anncli.experiments.equal_rows import count_equal_rows
from anncli.experiments.splits import draw_folds, make_splits, splits_of


def rows(n: int, **rest: object) -> Dataset:
    """Rows with numbers as answers, which may stand in any fold."""
    return Dataset(np.arange(n, dtype=np.float32)[:, None], targets=np.arange(n), **rest)  # type: ignore[arg-type]


def classes(labels: list[int]) -> Dataset:
    return Dataset(np.zeros((len(labels), 1), dtype=np.float32), np.array(labels), ("a", "b"))


def as_lists(data: Dataset, folds: list[list[int]]) -> list[tuple[list[int], list[int]]]:
    found = splits_of(data, np.array(folds))
    return [(split.training.tolist(), split.test.tolist()) for split in found]


def test_each_fold_is_tested_on_once() -> None:
    assert as_lists(rows(5), [[1, 2, 3, 1, 2], [1, 1, 2, 2, 2]]) == [
        ([1, 2, 4], [0, 3]), ([0, 2, 3], [1, 4]), ([0, 1, 3, 4], [2]), ([2, 3, 4], [0, 1]), ([0, 1], [2, 3, 4]),
    ]  # fmt: skip


def test_rows_of_weight_0_are_in_no_split() -> None:
    data = rows(5, weights=np.array([1, 0, 2, 1, 1], dtype=np.float32))
    assert as_lists(data, [[1, 2, 2, 1, 2]]) == [([2, 4], [0, 3]), ([0, 3], [2, 4])]
    assert draw_folds(data, 2, 3, 0)[:, 1].tolist() == [-1, -1, -1]


def test_fold_0_is_only_learnt_from() -> None:
    assert as_lists(rows(4), [[0, 1, 2, 2]]) == [([0, 2, 3], [1]), ([0, 1], [2, 3])]


def test_with_times_only_earlier_folds_are_learnt_from() -> None:
    data = rows(6, times=np.array([3, 1, 2, 0, 5, 4]))
    # In the order of time the rows are 3 1 2 0 5 4.
    assert as_lists(data, [[2, 0, 1, 0, 2, 2]]) == [([1, 3], [2]), ([1, 2, 3], [0, 4, 5])]
    for split in make_splits(data, 3, 1, 0):
        assert data.times is not None
        assert data.times[split.training].max() < data.times[split.test].min()
    with pytest.raises(
        UsageError, match=r"^row 5, before fold 2, is not earlier than all rows of that fold; give folds in"
    ):
        splits_of(data, np.array([[2, 0, 1, 0, 1, 2]]))


def test_with_times_and_groups_no_group_is_on_both_sides() -> None:
    data = rows(8, times=np.arange(8), groups=np.array([0, 1, 0, 1, 2, 1, 2, 3]))
    # Fold 1 has rows of the groups 0 and 1, and no others are before it.
    with pytest.raises(
        UsageError, match=r"^fold 1 of repeat 1 leaves no rows to learn from; give more folds, or rows of"
    ):
        splits_of(data, np.array([[0, 0, 1, 1, 2, 2, 3, 3]]))
    assert as_lists(data, [[0, 0, 0, 0, 1, 1, 2, 2]]) == [([0, 2], [4, 5]), ([0, 1, 2, 3, 5], [6, 7])]


def test_folds_that_divide_a_group_are_refused() -> None:
    data = rows(4, groups=np.array([7, 7, 9, 9]))
    assert as_lists(data, [[1, 1, 2, 2]]) == [([2, 3], [0, 1]), ([0, 1], [2, 3])]
    with pytest.raises(
        UsageError, match=r"^the group of row 4 is in fold 1 and in fold 2; give folds that do not divide"
    ):
        splits_of(data, np.array([[2, 2, 1, 2]]))


def test_one_row_or_one_group_is_left_out() -> None:
    assert [split.test.tolist() for split in sorted(make_splits(rows(3), "loo", 1, 0), key=lambda s: s.test[0])] == [
        [0], [1], [2],
    ]  # fmt: skip
    data = rows(5, groups=np.array([4, 4, 8, 8, 8]))
    assert sorted(split.test.tolist() for split in make_splits(data, "loo", 1, 0)) == [[0, 1], [2, 3, 4]]
    with pytest.raises(UsageError, match=r"^--folds loo: there is 1 group; give more groups$"):
        draw_folds(rows(3, groups=np.zeros(3)), "loo", 1, 0)
    with pytest.raises(UsageError, match=r"^--folds loo is not for rows in the order of time; give a number of folds$"):
        draw_folds(rows(3, times=np.arange(3)), "loo", 1, 0)


def test_drawn_folds_hold_every_class_and_differ_between_repeats() -> None:
    data = classes([0, 1] * 20)
    folds = draw_folds(data, 4, 2, seed=1)
    assert [[np.bincount(data.labels[own == k]).tolist() for k in (1, 2, 3, 4)] for own in folds] == [[[5, 5]] * 4] * 2
    assert (folds[0] != folds[1]).any()
    np.testing.assert_array_equal(folds, draw_folds(data, 4, 2, seed=1))


def test_a_class_that_is_only_tested_on_is_told() -> None:
    message = (
        r"^fold 2 of repeat 1 leaves no row of class 'b' to learn from, which has 2 rows; make other folds, or give"
    )
    with pytest.raises(UsageError, match=message):
        splits_of(classes([0, 0, 1, 1]), np.array([[1, 2, 2, 2]]))
    assert len(splits_of(classes([0, 0, 1, 1]), np.array([[1, 2, 1, 2]]))) == 2


def test_rows_in_common_are_counted() -> None:
    inputs = np.array([[1, 2], [1, 2], [3, 4], [3, 4], [5, 6], [0.0, 1], [-0.0, 1]], dtype=np.float32)
    data = Dataset(inputs, targets=np.arange(7))
    # Rows 1 and 2 are on both sides of both splits, rows 3 and 4 in one fold, and 0 equals -0.
    assert count_equal_rows(data, splits_of(data, np.array([[1, 2, 1, 1, 2, 1, 2]]))) == 4
    assert count_equal_rows(data, splits_of(data, np.array([[1, 1, 2, 2, 1, 2, 2]]))) == 0
