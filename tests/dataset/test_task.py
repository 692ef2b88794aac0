"""The task by the values of the label, and the error where both readings are possible."""

import pytest
from small_tables import numbers, words

from anncli.dataset.task import sorted_words, task_of
from anncli.errors import UsageError


def task(*labels, asked=None, declared="", linear=False):
    return task_of(labels, asked, declared, linear, lambda m, a: UsageError(m, advice=a))


@pytest.mark.parametrize(
    ("column", "found"),
    [
        (words("y", "a", "b", "c"), "classification"),
        (numbers("y", 3, 7, 3, None), "classification"),
        (numbers("y", 1.5, 2, 3), "regression"),
        (numbers("y", *range(21)), "regression"),
    ],
)
def test_values_show_the_task(column, found) -> None:
    assert task(column) == found


def test_few_whole_numbers_can_be_both() -> None:
    with pytest.raises(UsageError) as caught:
        task(numbers("k", 10, 9, 2, 10))
    assert str(caught.value) == (
        "the label 'k' holds the whole numbers 2, 9, 10: they can be classes or numbers; "
        "say --task classification or --task regression"
    )


@pytest.mark.parametrize("asked", ["classification", "regression"])
def test_what_is_asked_for_or_declared_holds(asked) -> None:
    column = numbers("k", 1, 2, 3)
    assert task(column, asked=asked) == asked
    assert task(column, declared=asked) == asked
    assert task(column, linear=True) == "regression"


def test_words_are_no_numbers() -> None:
    with pytest.raises(UsageError) as caught:
        task(words("k", "low", "high"), asked="regression")
    assert str(caught.value) == (
        "the label 'k' holds words (high, low), not numbers; "
        "say --task classification, or name another column with --label"
    )


def test_labels_of_two_kinds() -> None:
    with pytest.raises(UsageError, match="some look like classes, others like numbers"):
        task(numbers("p", 1, 0, 1), numbers("q", 1.5, 2.5, 0))


def test_numbers_come_first_and_by_value() -> None:
    assert sorted_words(("10", "b", "9", "a", "1e1")) == ("9", "10", "1e1", "a", "b")
