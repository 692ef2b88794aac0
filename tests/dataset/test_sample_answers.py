"""Answers of samples and of their rows: where they stand, what is counted, and what sets are drawn by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anncli.arrays import Rows
from anncli.dataset.dataset import Dataset

SAMPLES = [np.ones((2, 3)), np.zeros((1, 3)), np.full((3, 3), 2.0)]


def by_row(**answers: Any) -> Dataset:
    return Dataset(SAMPLES, by_row=True, **answers)


def test_a_list_of_arrays_is_samples_of_several_rows() -> None:
    data = Dataset(SAMPLES, [0, 1, 0], ("a", "b"))
    assert isinstance(data.inputs, Rows)
    assert data.inputs.starts.tolist() == [0, 2, 3, 6]
    assert (data.n_samples, data.n_inputs, data.n_answers) == (3, 3, 3)
    same = Dataset(np.zeros((4, 2, 5)), [0, 1, 0, 1], ("a", "b"))
    assert isinstance(same.inputs, Rows)
    assert same.inputs.lengths.tolist() == [2, 2, 2, 2]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([np.ones((2, 3)), np.ones((2, 2))], r"inputs: sample 2 has shape \(2, 2\), the first has 3 columns"),
        ([np.ones((2, 3)), np.ones((0, 3))], "inputs: sample 2 has no rows"),
        ([np.ones((2, 3)), np.ones(3)], r"inputs: sample 2 has shape \(3,\), the first has 3 columns"),
    ],
)
def test_samples_that_do_not_fit_are_refused(inputs: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Dataset(inputs, [0, 1], ("a", "b"))


def test_answers_of_rows_are_found_by_sample() -> None:
    data = by_row(labels=[0, 1, -1, 1, 1, 0], classes=("a", "b"), weights=[1, 2, 0.5])
    assert data.labels_of(np.array([2, 0])).tolist() == [1, 1, 0, 0, 1]
    weights = data.weights_of(np.array([2, 0]))
    assert weights is not None
    assert weights.tolist() == [0.5, 0.5, 0.5, 1, 1]
    assert data.answer_rows(np.array([2, 1])).tolist() == [3, 4, 5, 2]
    assert data.known_answers(np.array([1, 0])).tolist() == [0, 1]
    assert data.answered().tolist() == [True, False, True]
    assert data.counted(np.array([1, 2])).tolist() == [False, True]
    assert data.class_counts().tolist() == [2, 3]
    assert data.class_counts(np.array([2])).tolist() == [1, 2]
    # Two samples hold both classes, one has no label.
    assert data.strata.tolist() == [2, -1, 2]
    assert by_row(labels=[1, 1, 0, -1, 1, 1], classes=("a", "b")).strata.tolist() == [1, 0, 1]


def test_levels_of_samples_are_means_over_their_rows() -> None:
    data = by_row(targets=[1, 3, np.nan, 2, np.nan, 4])
    assert data.levels[[0, 2], 0].tolist() == [2, 3]
    assert np.isnan(data.levels[1, 0])
    assert data.targets_of(np.array([0]))[:, 0].tolist() == [1, 3]


def test_flat_answers_are_samples_of_their_own() -> None:
    flat = by_row(labels=[0, 1, 1, 1, 1, 0], classes=("a", "b"), weights=[1, 2, 3]).flat
    assert flat.labels.tolist() == [0, 1, 1, 1, 1, 0]
    assert flat.groups is not None
    assert flat.groups.tolist() == [0, 0, 1, 2, 2, 2]
    assert flat.weights is not None
    assert flat.weights.tolist() == [1, 1, 2, 3, 3, 3]
    plain = Dataset(np.ones((2, 1)), [0, 1], ("a", "b"))
    assert plain.flat is plain


def test_vectors_have_no_answers_of_rows() -> None:
    with pytest.raises(ValueError, match="answers of rows need samples of several rows, and these have one row each"):
        Dataset(np.ones((2, 1)), [0, 1], ("a", "b"), by_row=True)
    with pytest.raises(ValueError, match=r"6 rows of inputs but labels of shape \(3,\)"):
        by_row(labels=[0, 1, 0], classes=("a", "b"))
