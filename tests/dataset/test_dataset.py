"""A dataset takes what can be learnt from and refuses the rest."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from anncli.arrays import row_mask, row_numbers, row_range, take_rows
from anncli.dataset.dataset import UNLABELLED, Dataset, Source


def test_values_are_taken_as_float32_rows() -> None:
    data = Dataset(np.asfortranarray([[1, 2, 3], [4, 5, 6]]), [0, 1], ("a", "b"))
    assert (data.n_samples, data.n_inputs, data.n_classes) == (2, 3, 2)
    assert (data.inputs.dtype, data.labels.dtype) == (np.float32, np.int8)
    assert data.inputs.flags.c_contiguous


@pytest.mark.parametrize(("n_classes", "kind"), [(127, np.int8), (128, np.int16), (40_000, np.int32)])
def test_labels_are_as_narrow_as_the_classes_allow(n_classes: int, kind: type) -> None:
    classes = tuple(map(str, range(n_classes)))
    data = Dataset(np.zeros((3, 1)), [UNLABELLED, 0, n_classes - 1], classes)
    assert data.labels.dtype == kind
    assert data.labels.tolist() == [UNLABELLED, 0, n_classes - 1]


def test_a_label_that_a_narrow_type_would_turn_into_another_is_refused() -> None:
    for label in (256, 257, -256):
        with pytest.raises(ValueError, match="does not name a class"):
            Dataset(np.zeros((2, 1)), [0, label], ("a", "b"))


def test_rows_are_named_by_narrow_numbers_that_are_the_same_rows() -> None:
    assert (row_range(2, 5).tolist(), row_range(2, 5).dtype) == ([2, 3, 4], np.int32)
    assert row_range(2**31 - 1, 2**31 + 1).tolist() == [2**31 - 1, 2**31]
    assert (row_numbers([3, 0], 4).tolist(), row_numbers(np.array([3, 0]), 4).dtype) == ([3, 0], np.int32)
    assert row_numbers([2**32 + 1], 2**33).tolist() == [2**32 + 1]
    for number in (4, 2**32 + 1, -(2**32)):
        with pytest.raises(IndexError, match=f"rows .*{number}.* of 4"):
            row_numbers([0, number], 4)


@pytest.mark.parametrize("n", [0, 1, 65_536, 150_001])
def test_picking_some_at_a_time_is_indexing(n: int) -> None:
    rng = np.random.default_rng(n)
    rows = rng.integers(0, 1000, n).astype(np.int32)
    for values in (rng.standard_normal(1000), rng.integers(-1, 3, (1000, 2))):
        assert np.array_equal(take_rows(values, rows), values[rows])
        assert take_rows(values, rows).dtype == values.dtype
    assert np.flatnonzero(row_mask(rows, 1000)).tolist() == np.unique(rows).tolist()
    data = Dataset(np.zeros((1000, 1)), rng.integers(-1, 3, 1000), ("a", "b", "c", "d"))
    assert data.class_counts(rows).tolist() == [int((data.labels[rows] == k).sum()) for k in range(4)]


def test_float32_arrays_are_not_copied() -> None:
    inputs = np.ones((4, 2), dtype=np.float32)
    assert Dataset(inputs, np.zeros(4, np.int32), ("a",)).inputs is inputs


def test_from_classes_labels_in_their_order() -> None:
    data = Dataset.from_classes([[1, 2]], [[3, 4], [5, 6]])
    assert data.inputs.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert data.labels.tolist() == [0, 1, 1]
    assert data.classes == ("class 1", "class 2")
    assert Dataset.from_classes([[1]], [[2]], [[3]], classes=("a", "b", "c")).classes == ("a", "b", "c")


def test_class_counts_leave_unlabelled_samples_out() -> None:
    data = Dataset(np.zeros((6, 1)), [1, 1, UNLABELLED, 0, 1, UNLABELLED], ("a", "b", "c"))
    assert data.class_counts().tolist() == [1, 3, 0]
    assert data.class_counts(np.array([0, 2, 3])).tolist() == [1, 1, 0]
    assert data.class_counts(np.array([], dtype=int)).tolist() == [0, 0, 0]


def test_samples_without_any_class() -> None:
    data = Dataset(np.zeros((2, 1)), [UNLABELLED, UNLABELLED])
    assert (data.n_classes, data.class_counts().tolist()) == (0, [])
    assert Dataset(np.zeros((0, 3)), []).n_samples == 0


def test_where_the_samples_came_from_is_kept() -> None:
    sources = (Source("pos.txt", "ab12", 2),)
    assert Dataset(np.zeros((2, 1)), [0, 0], ("a",), sources=sources).sources[0].n_samples == 2


@pytest.mark.parametrize(
    ("inputs", "labels", "classes", "message"),
    [
        ([1, 2, 3], [0, 0, 0], ("a",), "inputs must be (n_samples, n_inputs), not 1-dimensional"),
        ([[1], [2]], [0], ("a",), "2 rows of inputs but labels of shape (1,)"),
        ([[1], [2]], [[0], [0]], ("a",), "2 rows of inputs but labels of shape (2, 1)"),
        ([[1], [2]], [0, 2], ("a", "b"), "a label does not name a class"),
        ([[1], [2]], [0, -2], ("a", "b"), "a label does not name a class"),
        ([[1], [np.nan]], [0, 0], ("a",), "inputs must be finite: remove or replace nan and inf first"),
        ([[1], [-np.inf]], [0, 0], ("a",), "inputs must be finite: remove or replace nan and inf first"),
    ],
)
def test_what_is_no_dataset(inputs: Any, labels: Any, classes: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Dataset(np.array(inputs), np.array(labels), classes)


def test_float64_beyond_float32_is_not_finite() -> None:
    with np.errstate(over="ignore"), pytest.raises(ValueError, match="finite"):
        Dataset(np.array([[1e300]]), [0], ("a",))


def test_weights_are_float32_and_may_be_zero() -> None:
    data = Dataset(np.zeros((3, 1)), [0, 1, 0], ("a", "b"), weights=[0, 1, 2.5])
    assert data.weights.dtype == np.float32
    assert data.weights.tolist() == [0, 1, 2.5]
    assert Dataset(np.zeros((0, 1)), [], ("a", "b"), weights=[]).weights.shape == (0,)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 2], "3 samples but weights of shape (2,)"),
        ([[1], [2], [3]], "3 samples but weights of shape (3, 1)"),
        ([1, -1, 1], "weights must be finite and not negative"),
        ([1, np.nan, 1], "weights must be finite and not negative"),
        ([1, np.inf, 1], "weights must be finite and not negative"),
        ([1, 1e39, 1], "weights must be finite and not negative"),
        ([0, 0, 0], "all weights are 0: no sample is left"),
    ],
    ids=str,
)
def test_weights_that_cannot_count_are_refused(weights: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        Dataset(np.zeros((3, 1)), [0, 1, 0], ("a", "b"), weights=weights)


def test_rows_count_that_have_an_answer_and_a_weight() -> None:
    data = Dataset(np.zeros((4, 1)), np.array([0, -1, 1, 0]), ("a", "b"), weights=np.array([1.0, 1, 0, 2]))
    assert data.counted().tolist() == [True, False, False, True]
    assert data.counted(np.array([2, 3])).tolist() == [False, True]
    assert Dataset(np.zeros((2, 1)), targets=np.array([1, np.nan])).counted().tolist() == [True, False]
