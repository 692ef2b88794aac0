"""Classes from a label column: their order, the positive one, unknown ones, and rows without one."""

import pytest
from small_tables import numbers, table, words

from anncli.dataset.class_labels import check_labelled, classes_of, number_labels
from anncli.dataset.target_columns import flags_of, targets_of
from anncli.errors import DataError


def fault(message, advice, line=None):
    return DataError(message, path="d.csv", line=line, advice=advice)


@pytest.mark.parametrize(
    ("cells", "positive"),
    [
        (("0", "1", "1", "1"), "1"),
        (("no", "yes", "yes"), "yes"),
        (("-1", "1", "1"), "1"),
        (("f", "T", "T"), "T"),
        (("N", "Y", "Y"), "Y"),
        (("TRUE", "FALSE", "TRUE"), "TRUE"),
        (("-", "+", "+"), "+"),
        (("negative", "positive", "positive"), "positive"),
    ],
)
def test_the_first_word_of_a_pair_is_positive(cells, positive) -> None:
    classes, why = classes_of(words("y", *cells), None, fault)
    assert classes[0] == positive
    assert why.startswith("of ")


def test_otherwise_the_rarer_class_is_positive() -> None:
    assert classes_of(words("y", "b", "a", "b", None), None, fault) == (("a", "b"), "it is the rarer one")
    assert classes_of(words("y", "b", "a", "a", "b"), None, fault)[0] == ("b", "a")
    assert classes_of(numbers("y", 2, 1, 1, 2), None, fault)[0] == ("2", "1")


def test_the_user_names_the_positive_class() -> None:
    assert classes_of(words("y", "b", "a", "b"), "b", fault) == (("b", "a"), "")
    with pytest.raises(DataError, match="--positive: no class 'c'; use one of a, b"):
        classes_of(words("y", "b", "a"), "c", fault)
    with pytest.raises(DataError, match="--positive is for two classes, and the label 'y' has 3; leave it out"):
        classes_of(words("y", "b", "a", "c"), "c", fault)


def test_more_classes_are_in_alphabetical_order_and_numbers_by_value() -> None:
    assert classes_of(words("y", "b", "c", "a"), None, fault) == (("a", "b", "c"), "")
    assert classes_of(numbers("y", 10, 9, 1), None, fault) == (("1", "9", "10"), "")


@pytest.mark.parametrize(("cells", "held"), [(("a", "a"), "only 'a'"), ((None,), "nothing")])
def test_one_class_is_none(cells, held) -> None:
    with pytest.raises(DataError) as caught:
        classes_of(words("y", *cells), None, fault)
    assert str(caught.value) == f"d.csv: the label 'y' holds {held}; give rows of at least two classes"


def test_numbers_of_classes() -> None:
    given = table(words("y", "b", None, "a", "b"))
    assert number_labels(given, "y", ("a", "b"), fault).tolist() == [1, -1, 0, 1]
    assert number_labels(table(numbers("y", 2, 1.5)), "y", ("1.5", "2"), fault).tolist() == [1, 0]


def test_an_unknown_class_names_the_nearest() -> None:
    with pytest.raises(DataError) as caught:
        number_labels(table(words("y", "<=50K", "<=50K.", ">50K.")), "y", (">50K", "<=50K"), fault)
    assert str(caught.value) == (
        "d.csv:3: class '<=50K.' is not among the classes '>50K', '<=50K' (2 rows in all); is it '<=50K'? correct the file"
    )


def test_rows_without_a_label() -> None:
    given = table(words("y", "b", None, "a", None))
    with pytest.raises(DataError) as caught:
        check_labelled(given, "y", "error", fault)
    assert str(caught.value) == (
        "d.csv:3: 2 of 4 rows have no label in column 'y'; --missing-label drop leaves them out"
    )
    assert check_labelled(given, "y", "drop", fault).tolist() == [0, 2]
    assert check_labelled(table(words("y", "a")), "y", "error", fault) is None
    with pytest.raises(DataError):
        check_labelled(table(words("y", None)), "y", "drop", fault)


def test_numbers_as_targets() -> None:
    given = table(numbers("p", 1, None), words("q", "2", "3.5"))
    found = targets_of(given, ("p", "q"), fault)
    assert found[0].tolist() == [1, 2]
    assert found[1, 1] == 3.5
    assert found[1, 0] != found[1, 0]
    with pytest.raises(DataError) as caught:
        targets_of(table(words("q", "2", "much")), ("q",), fault)
    assert str(caught.value) == (
        "d.csv:3: the label 'q': expected a number, found 'much'; correct it, or say --task classification"
    )
    with pytest.raises(DataError, match=r"d\.csv:2: the label 'p' is too large for a 32-bit float; scale it down"):
        targets_of(table(numbers("p", 1e39)), ("p",), fault)


def test_labels_that_a_row_has_or_has_not() -> None:
    given = table(numbers("p", 1, 0, None), words("q", "no", "Yes", "no"))
    found = flags_of(given, ("p", "q"), fault)
    assert found[:2].tolist() == [[1, 0], [0, 1]]
    assert found[2, 0] != found[2, 0]
    with pytest.raises(DataError, match=r"d\.csv:3: the label 'p': expected 1 or 0, found '2'"):
        flags_of(table(numbers("p", 1, 2)), ("p",), fault)
