"""What a dataset is given: wrong types are refused in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anncli.dataset.dataset import Dataset

X = np.zeros((4, 2))


@pytest.mark.parametrize(
    ("arguments", "options", "error", "text"),
    [
        (("a.csv",), {}, TypeError, "inputs: expected numbers (n_samples, n_inputs), found the text 'a.csv'"),
        ((None,), {}, TypeError, "inputs: expected numbers (n_samples, n_inputs), found None"),
        (([[1, 2], [3]],), {}, ValueError, "inputs: expected numbers (n_samples, n_inputs), found rows of different lengths"),
        (([[1, "b"], [3, 4]],), {}, ValueError, "inputs: expected numbers (n_samples, n_inputs), found the text 'b'"),
        ((X, ["a", "b", "a", "b"], ("a", "b")), {}, ValueError, "labels: expected the number of each row's class, counted from 0, found the text 'a'; anncli.train((X, y)) takes the names of classes"),
        ((X, None), {}, TypeError, "labels: expected the number of each row's class, counted from 0, found None"),
        ((X, [0, 1, 0, 1], "ab"), {}, TypeError, "classes: expected a tuple of names, found the text 'ab'"),
        ((X,), {"targets": ["a", "b", "c", "d"]}, ValueError, "targets: expected numbers (n_samples, n_targets), found the text 'a'"),
        ((X, [0, 1, 0, 1], ("a", "b")), {"weights": "heavy"}, TypeError, "weights: expected a number for each of the samples, found the text 'heavy'"),
    ],
)  # fmt: skip
def test_arrays_of_a_wrong_type(arguments: Any, options: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        Dataset(*arguments, **options)
    assert str(caught.value) == text


def test_arrays_of_classes() -> None:
    with pytest.raises(ValueError, match=r"expected an array \(n, n_inputs\) for each class, found none"):
        Dataset.from_classes()
    with pytest.raises(TypeError, match=r"class 2: expected numbers \(n, n_inputs\), found None"):
        Dataset.from_classes(X, None)


def test_many_classes_are_shown_in_part() -> None:
    data = Dataset(np.zeros((40, 1)), np.arange(40), tuple(map(str, range(40))))
    assert repr(data) == "<Dataset of 40 x 1, classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ...>"
