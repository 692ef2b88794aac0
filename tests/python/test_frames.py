"""Inputs in Python: arrays, lists and mappings as tables, and what is said about anything else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anncli.python.frames import read_table
from anncli.tables import MISSING


def test_an_array_of_numbers_is_a_matrix_without_names() -> None:
    given = np.array([[1, 2.5], [3, np.nan]])
    table = read_table(given)
    assert (table.names, table.is_named, table.n_rows) == (("1", "2"), False, 2)
    assert table.matrix is not None
    np.testing.assert_array_equal(table.matrix, given)
    assert table.columns[1].is_missing.tolist() == [False, True]


def test_float32_stays_and_booleans_are_one_and_zero() -> None:
    assert read_table(np.ones((2, 2), np.float32)).matrix.dtype == np.float32  # type: ignore[union-attr]
    assert read_table(np.array([[True], [False]])).matrix.tolist() == [[1.0], [0.0]]  # type: ignore[union-attr]


def test_a_list_of_rows_may_hold_numbers_words_and_gaps() -> None:
    table = read_table([[1, "red", None], [2.5, "blue", 7], [None, "red", " "]])
    numbers, words, gaps = table.columns
    np.testing.assert_array_equal(numbers.numbers, [1, 2.5, np.nan])
    assert (words.words, words.codes.tolist()) == (("red", "blue"), [0, 1, 0])  # type: ignore[union-attr]
    # A cell of blanks is missing and no word, so that the others are numbers.
    np.testing.assert_array_equal(gaps.numbers, [np.nan, 7, np.nan])


def test_numbers_among_words_are_words_as_a_file_has_them() -> None:
    column = read_table({"a": [1, 2.0, "x", 1.5, None]}).columns[0]
    assert column.words == ("1", "2", "x", "1.5")
    assert column.codes.tolist() == [0, 1, 2, 3, MISSING]  # type: ignore[union-attr]


def test_a_mapping_names_its_columns() -> None:
    table = read_table({"age": [1, 2], "city": ["Rome", "Oslo"]})
    assert (table.names, table.is_named, table.n_rows) == (("age", "city"), True, 2)


def test_an_array_of_objects_that_are_all_numbers_is_one_of_numbers() -> None:
    table = read_table(np.array([[1, 2.5], [3, None]], dtype=object))
    np.testing.assert_array_equal(table.matrix, [[1, 2.5], [3, np.nan]])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        (None, TypeError, "X: expected an array (n, d), a list of rows or a data frame, found None"),
        (
            "data.csv",
            TypeError,
            "X: expected an array (n, d), a list of rows or a data frame, found the text 'data.csv'",
        ),
        (3, TypeError, "X: expected an array (n, d), a list of rows or a data frame, found the int 3"),
        (
            [1, 2, 3],
            ValueError,
            "Expected 2D array: X has to be (n, d), one sample per row, found an array of shape (3,); "
            "Reshape your data: X.reshape(-1, 1) for one column, X.reshape(1, -1) for one sample",
        ),
        (
            np.zeros((2, 3, 4)),
            ValueError,
            "Expected 2D array: X has to be (n, d), one sample per row, found an array of shape (2, 3, 4); "
            "flatten the samples: X.reshape(len(X), -1)",
        ),
        ([[1, 2], [3]], ValueError, "X: the rows differ in length; give every row the same number of values"),
        (
            np.ones((2, 2)) * 1j,
            ValueError,
            "Complex data not supported: X holds complex numbers; give their real and imaginary parts",
        ),
        (
            np.array([["2024-05-01"]], dtype="M8[D]"),
            TypeError,
            "X, column '1': argument must be a string or a number, found dates; "
            "make numbers or words of them first, such as the year or the days since the first date",
        ),
        (
            [[{"a": 1}]],
            TypeError,
            "X, column '1': argument must be a string or a number, found a dict of 1 item; make numbers or words of it first",
        ),
        (
            np.zeros((0, 3)),
            ValueError,
            "X: Found array with 0 sample(s) (shape=(0, 3)) while a minimum of 1 is required.; give at least one row",
        ),
        (
            np.zeros((3, 0)),
            ValueError,
            "X: Found array with 0 feature(s) (shape=(3, 0)) while a minimum of 1 is required.; give at least one column",
        ),
        (
            {"a": [1, 2], 3: [1, 2]},
            TypeError,
            "Feature names are only supported if all input features have string names: X has the column 'a' and the column 3; "
            "name all columns by words: X.columns = X.columns.astype(str)",
        ),
        ({"a": [1, 2], "b": [1]}, ValueError, "X: the columns have 1, 2 cells; give all the same number"),
    ],
)
def test_what_is_no_table_is_refused_in_words(given: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        read_table(given)
    assert str(caught.value) == text


def test_objects_that_only_look_like_frames_are_refused_in_words() -> None:
    class Lazy:
        columns = ("a", "b")

        def collect(self) -> None: ...

    for given, text in (
        (Lazy(), "found a Lazy; collect() it first"),
        ({1, 2}, "found a set"),
        (iter([[1]]), "found a list_iterator"),
    ):
        with pytest.raises(TypeError, match=r"expected an array \(n, d\), a list of rows or a data frame") as caught:
            read_table(given)
        assert str(caught.value).endswith(text)


def test_masked_cells_are_missing() -> None:
    masked = np.ma.masked_array([[1, 2], [3, 4]], mask=[[False, True], [False, False]])
    np.testing.assert_array_equal(read_table(masked).matrix, [[1, np.nan], [3, 4]])  # type: ignore[arg-type]
