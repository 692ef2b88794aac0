"""Kinds of columns, and what is said about those that teach nothing."""

import numpy as np
import pytest
from small_tables import numbers, table, words

from anncli.dataset.column_kinds import choose_kinds
from anncli.errors import DataError

N = 60
PLAIN = numbers("plain", *(k % 7 / 3 for k in range(N)))


def kinds(*columns, asked=None, used=()):
    said = []
    given = table(*columns)
    found = choose_kinds(given, given.names, asked or {}, used, said.append, lambda m, a: DataError(m, advice=a))
    return found, said


def test_numbers_and_categories() -> None:
    found, said = kinds(PLAIN, words("city", *"abc" * 20))
    assert (found, said) == ({"plain": "number", "city": "category"}, [])


def test_a_number_column_can_be_a_category_and_a_column_can_be_left_out() -> None:
    found, said = kinds(PLAIN, asked={"plain": "category"})
    assert (found, said) == ({"plain": "category"}, [])


@pytest.mark.parametrize("start", [0, 1])
def test_a_column_that_counts_the_rows_is_left_out(start) -> None:
    index = numbers("n", *range(start, N + start))
    assert kinds(PLAIN, index) == (
        {"plain": "number", "n": "ignore"},
        ["column 'n' counts the rows: it is left out (--use takes the columns that it names)"],
    )
    assert kinds(index, used=("n",)) == ({"n": "number"}, [])


def test_other_numbers_do_not_count_the_rows() -> None:
    assert kinds(numbers("n", *range(2, N + 2)))[0] == {"n": "number"}
    assert kinds(numbers("n", *range(9)))[0] == {"n": "number"}


def test_identifiers() -> None:
    found, said = kinds(
        words("id", *(f"p{k}" for k in range(N))), numbers("no", *np.random.default_rng(0).permutation(N * 9)[:N])
    )
    assert found == {"id": "ignore", "no": "number"}
    assert said == [
        "column 'id' has 60 different words in 60 rows, as identifiers have: it is left out (--category id takes it)",
        "column 'no' has a different whole number in every row, as identifiers have (--ignore no leaves it out)",
    ]


def test_an_identifier_may_have_a_few_double_words() -> None:
    cells = [f"p{k}" for k in range(N)]
    assert kinds(words("id", *cells[:58], "p0", "p0"))[0] == {"id": "ignore"}
    assert kinds(words("id", *cells[:30], *cells[:30]))[0] == {"id": "category"}


def test_large_fractions_are_no_identifiers() -> None:
    """Beyond 2^53 every number is a whole one."""
    assert kinds(numbers("flux", *(1e30 * (1 + k / 7) for k in range(N)))) == ({"flux": "number"}, [])


def test_a_column_that_32_bits_do_not_tell_apart_is_told() -> None:
    assert kinds(numbers("a", *(1e-40 * k for k in range(N)))) == (
        {"a": "number"},
        [
            "column 'a' varies by less than 32-bit numbers can hold: it says nothing unless it is multiplied by a large number"
        ],
    )


def test_constant_and_empty_columns() -> None:
    found, said = kinds(
        numbers("c", *[3] * N), words("w", *["x"] * N), numbers("e", *[None] * N), words("f", *[None] * N),
        numbers("g", 3, None, *[3] * (N - 2)),
    )  # fmt: skip
    assert found == {"c": "number", "w": "category", "e": "ignore", "f": "ignore", "g": "number"}
    assert said == [
        "column 'c' has the same value in every row where it has one (3): it says nothing",
        "column 'w' has the same word in every row where it has one ('x'): it says nothing",
        "column 'e' is empty: it is left out",
        "column 'f' is empty: it is left out",
        "column 'g' has the same value in every row where it has one (3): it says nothing",
    ]


@pytest.mark.parametrize(
    "cells",
    [
        ("2024-01-31", "2024-02-29"),
        ("1749-01", "1749-02"),
        ("31.01.2024", "1.2.24"),
        ("1/31/2024 12:00", "2/1/2024 3:15"),
        ("31-Jan-2024", "1-Feb-2024"),
        ("12:30", "23:59:59"),
        ("2024-01-31T10:00:00Z", "2024-01-31 10:00"),
    ],
)
def test_dates_are_refused(cells) -> None:
    with pytest.raises(DataError) as caught:
        kinds(words("when", *cells))
    shown = ", ".join(f"'{cell}'" for cell in cells)
    assert str(caught.value) == (
        f"column 'when' holds dates or times ({shown}); "
        "leave it out with --ignore when, or say that it orders the rows: --order when"
    )


@pytest.mark.parametrize("cells", [("40-49", "50-59"), ("0-2", "15-17"), ("1990-95", "1996-99"), ("5.1.a", "b")])
def test_ranges_are_no_dates(cells) -> None:
    assert kinds(words("age", *cells))[0] == {"age": "category"}


def test_words_that_are_numbers_can_be_numbers() -> None:
    assert kinds(words("cylinders", "8", "4", None), asked={"cylinders": "number"})[0] == {"cylinders": "number"}


def test_words_cannot_be_numbers() -> None:
    with pytest.raises(DataError) as caught:
        kinds(words("age", "12", "old"), asked={"age": "number"})
    assert str(caught.value) == (
        "column 'age' is to hold numbers, but holds words ('12', 'old'); "
        "make it a category, or name the words that stand for a gap with --na"
    )


def test_many_constant_columns_are_one_remark() -> None:
    found, said = kinds(*(numbers(f"c{k}", *[k / 7] * 12) for k in range(12)), asked={"c0": "number"})
    assert set(found.values()) == {"number"}
    assert said == [
        "11 columns have the same value in every row where they have one, and say nothing: "
        "'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8', 'c9', 'c10', ..."
    ]
