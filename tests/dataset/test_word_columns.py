"""Columns of words that are dates, or numbers that something keeps from being read as numbers."""

from __future__ import annotations

import pytest
from small_tables import numbers, table, words

from anncli.dataset.column_kinds import choose_kinds
from anncli.dataset.task import task_of
from anncli.dataset.word_columns import look_like_dates, number_doubt
from anncli.errors import DataError, UsageError
from anncli.tables import TableColumn


@pytest.mark.parametrize(
    "cells",
    [
        ["2024-05-01", "1999/1/2"], ["1981-01", "1981-02"], ["1.5.2024", "31.12.99"], ["01/31/2024 12:30"],
        ["2024-05-01T12:30:59Z", "2024-05-01 12:30:59.25+02:00"], ["12:30", "7:05:10 pm"], ["1 May 2024", "30-Apr-99"],
        ["May 1, 2024", "Dec 2023"], ["Mon, 01 May 2024 10:00:00"], ["10/Oct/2000"], ["20240501T1230", "20240501T123059Z"], ["2024-05-01 12:30 CEST"],
        ["4th Mar 2024", "Mon 3 March 2024", "March 1st, 2024"], ["2024-05-01"] * 19 + ["soon"],
    ],
)  # fmt: skip
def test_dates_are_recognised(cells: list[str]) -> None:
    assert look_like_dates(cells)


@pytest.mark.parametrize(
    "cells",
    [[], ["a"], ["2024-05-01", "soon"], ["1-2"], ["may"], ["40-49"], ["1.2.3.4"], ["12"], ["1996-99"], ["20240501"]],
)
def test_other_words_are_no_dates(cells: list[str]) -> None:
    assert not look_like_dates(cells)


@pytest.mark.parametrize(
    "cells",
    [
        ["12.5%", "3 %", "-4%"], ["$1,200.00", "$5", "-$3", "$-4"], ["EUR 5", "EUR 6.50"], ["3 \u20ac", "1.200,50\u20ac"],
        ["5 kr", "6 kr"],
    ],
)  # fmt: skip
def test_numbers_with_signs(cells: list[str]) -> None:
    assert number_doubt(words("p", *cells)).startswith("holds numbers with signs ('")


@pytest.mark.parametrize(
    "cells",
    [
        ["red", "5%", "green"], ["<=50K", ">50K"], ["1", "2", "3", "A"] * 9, ["7", "x"], ["1.5", "x", "y", "z"],
        ["8", "4", "6", "5"], ["0-4%", "5-9%"], [None, None],
    ],
)  # fmt: skip
def test_other_words_are_left_alone(cells: list[str | None]) -> None:
    assert number_doubt(words("p", *cells)) == ""


def test_words_among_numbers_are_doubtful() -> None:
    cells = [f"{k}.5" for k in range(40)]
    doubt = "holds 40 numbers, and among them 2 cells with words ('1O')"
    assert number_doubt(words("p", *cells, "1O", None, "1O")) == doubt
    # A file that declares the words knows what they are.
    plain = words("p", *cells, "1O")
    assert number_doubt(TableColumn("p", codes=plain.codes, words=plain.words, is_declared=True)) == ""
    few = words("p", "1", "2", "1O", "3", "3", "-")
    assert number_doubt(few) == "holds 4 numbers, and among them 2 cells with words ('1O', '-')"


def test_a_doubtful_input_is_refused_unless_it_is_said_to_be_a_category() -> None:
    given = table(words("p", *(f"{k}.5" for k in range(40)), "hi"))

    def kinds(asked: dict[str, str]) -> dict[str, str]:
        return choose_kinds(given, ("p",), asked, ("p",), print, lambda m, a: DataError(m, advice=a))

    with pytest.raises(DataError) as caught:
        kinds({})
    assert str(caught.value) == (
        "column 'p' holds 40 numbers, and among them 1 cell with words ('hi'); "
        "correct them, name those that stand for missing values with --na, or say --category p"
    )
    assert kinds({"p": "category"}) == {"p": "category"}


def test_a_doubtful_label_is_refused_unless_it_is_said_to_be_of_classes() -> None:
    label = words("price", *(f"{k}.5" for k in range(40)), "unknown")

    def task(asked: str | None) -> str:
        return task_of([label], asked, "", False, lambda m, a: UsageError(m, advice=a))

    with pytest.raises(UsageError) as caught:
        task(None)
    assert str(caught.value) == (
        "the label 'price' holds 40 numbers, and among them 1 cell with words ('unknown'); "
        "correct them, name those that stand for missing values with --na, or say --task classification"
    )
    assert task("classification") == "classification"


def test_numbers_are_not_doubted() -> None:
    assert number_doubt(numbers("p", 1, 2)) == ""
