"""A dataset takes what can be learnt from and refuses the rest."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from anncli.dataset import UNLABELLED, Dataset, Source


def test_values_are_taken_as_float32_rows() -> None:
    data = Dataset(np.asfortranarray([[1, 2, 3], [4, 5, 6]]), [0, 1], ("a", "b"))
    assert (data.n_samples, data.n_inputs, data.n_classes) == (2, 3, 2)
    assert (data.inputs.dtype, data.labels.dtype) == (np.float32, np.int32)
    assert data.inputs.flags.c_contiguous


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
        ([[1], [2]], [0], ("a",), "2 input vectors but labels of shape (1,)"),
        ([[1], [2]], [[0], [0]], ("a",), "2 input vectors but labels of shape (2, 1)"),
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
