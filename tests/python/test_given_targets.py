"""Answers in Python: classes, numbers or labels, by the rules of `ann train`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anncli.python.targets import Asked, all_classes, read_targets


@pytest.mark.parametrize(
    ("given", "classes", "levels", "labels"),
    [
        # Of known pairs the first word is positive; otherwise the rarer class.
        (["no", "yes", "no"], ("yes", "no"), ["no", "yes"], [1, 0, 1]),
        ([0, 1, 1], ("1", "0"), [0, 1], [1, 0, 0]),
        ([True, False, True], ("True", "False"), [False, True], [0, 1, 0]),
        (["a", "a", "b"], ("b", "a"), ["a", "b"], [1, 1, 0]),
        ([5.0, 7.0, 7.0], ("5", "7"), [5.0, 7.0], [0, 1, 1]),
        # Of several classes, numbers are in the order of their values, though '10' is before '9' as a word.
        (["9", "10", "x"], ("9", "10", "x"), ["10", "9", "x"], [0, 1, 2]),
        (np.array([3, 1, 2], dtype=object), ("1", "2", "3"), [1, 2, 3], [2, 0, 1]),
    ],
)
def test_classes(given: Any, classes: tuple[str, ...], levels: list[Any], labels: list[int]) -> None:
    found = read_targets(given, Asked("classification"))
    assert (found.task, found.classes) == ("classification", classes)
    assert found.levels.tolist() == levels  # type: ignore[union-attr]
    assert found.labels.tolist() == labels  # type: ignore[union-attr]
    # places: which class of the network each level is.
    assert [classes[k] for k in found.places] == [str(level).removesuffix(".0") for level in levels]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("given", "task"),
    [
        (["a", "b"], "classification"),
        ([1, 0, 1], "classification"),
        ([2.0, 7.0], "classification"),
        ([0.5, 1, 2], "regression"),
        (list(range(21)), "regression"),
        (np.array([[0, 1], [1, 1]]), "multi-label"),
        (np.array([[0, 1.5], [1, 1]]), "regression"),
        ([[1], [0]], "classification"),
    ],
)
def test_the_task_is_found_out(given: Any, task: str) -> None:
    assert read_targets(given).task == task


def test_zeros_and_ones_are_numbers_where_the_user_says_so() -> None:
    found = read_targets(np.array([[0, 1], [1, 1]]), Asked("regression"))
    assert (found.task, found.is_flat, found.names) == ("regression", False, ("y1", "y2"))


def test_the_positive_class_is_the_one_that_was_asked_for() -> None:
    assert read_targets(["no", "yes"], Asked(positive="no")).classes == ("no", "yes")
    assert read_targets([0, 1], Asked(positive=0)).classes == ("0", "1")
    assert all_classes([2, 1, 2], positive=None).classes == ("2", "1")


def test_known_classes_need_not_all_be_there() -> None:
    found = read_targets(["b", "b"], Asked(classes=("c", "b", "a")))
    assert (found.classes, found.labels.tolist()) == (("c", "b", "a"), [1, 1])  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("given", "asked", "error", "text"),
    [
        (None, Asked(), ValueError, "y should be a 1d array of answers, one per row, found None"),
        ("abc", Asked(), ValueError, "y should be a 1d array of answers, one per row, found the text 'abc'"),
        (
            [1, 2, 3],
            Asked(),
            Exception,
            "the label 'y' holds the whole numbers 1, 2, 3: they can be classes or numbers; say task='classification' or task='regression'",
        ),
        (
            [0.5, 1.5],
            Asked("classification"),
            ValueError,
            "Unknown label type: continuous: y holds fractions, which are no classes; AnnRegressor learns numbers",
        ),
        (["a", "b"], Asked("regression"), ValueError, "y: expected numbers, found the text 'a'; AnnClassifier learns classes"),
        (
            [1.0, np.nan],
            Asked("regression"),
            ValueError,
            "Input y contains NaN. Row 1 of 'y'; leave out rows without an answer",
        ),
        (
            ["a", None],
            Asked("classification"),
            ValueError,
            "Input y contains NaN. There are rows without an answer; leave them out",
        ),
        (["a", " "], Asked(), ValueError, "y holds an empty word; leave out rows without an answer, or name the class"),
        (["a", "a"], Asked(), ValueError, "y holds one class only, 'a'; give rows of at least two classes"),
        (
            ["a", 1],
            Asked("classification"),
            TypeError,
            "y holds words and other items; write all classes as words: [str(name) for name in y]",
        ),
        (["a", "b"], Asked(positive="c"), Exception, "positive: no class 'c'; use one of a, b"),
        (["a", "d"], Asked(classes=("a", "b")), Exception, "y: class 'd' is not among the classes a, b; give rows of these classes only"),
        (["a", "b"], Asked("classes"), Exception, "task: unknown task the text 'classes'; use classification or regression"),
        (
            [[0, 2], [1, 1]],
            Asked("classification"),
            ValueError,
            "Unknown label type: y has 2 columns with other values than 0 and 1; "
            "give one column of classes, or for each label 1 where a row has it and 0 where not",
        ),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused_in_words(given: Any, asked: Asked, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        read_targets(given, asked)
    assert str(caught.value) == text
