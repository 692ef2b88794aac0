"""Columns about rows: weights, groups and times."""

from __future__ import annotations

import numpy as np
import pytest
from small_tables import numbers, table, words

from anncli.dataset.row_columns import groups_of, times_of, weights_of
from anncli.errors import DataError


def fault(message, advice, row=None):
    return DataError(f"row {row}: {message}", advice=advice)


def test_groups_and_times_of_rows() -> None:
    given = table(
        words("who", "b", "a", "b"), words("day", "2024-02-01", "2023-12-31", "2024-01-15"), numbers("t", 3, 1, 2)
    )
    assert groups_of(given, "who", fault).tolist() == [0, 1, 0]
    assert times_of(given, "day", fault).tolist() == [2, 0, 1]
    assert times_of(given, "t", fault).tolist() == [3, 1, 2]
    with pytest.raises(DataError) as caught:
        times_of(given, "who", fault)
    assert str(caught.value) == (
        "row None: the order in column 'who': 'b' is no number and no date like 2024-01-31; write numbers or such dates"
    )
    with pytest.raises(DataError) as caught:
        groups_of(table(words("who", "b", None, "a")), "who", fault)
    assert str(caught.value) == (
        "row 1: 1 of 3 rows has no cell in column 'who', which says which rows belong together; fill the column"
    )
    with pytest.raises(DataError, match=r"^row 0: 2 of 3 rows have no cell in column 't', which says the order"):
        times_of(table(numbers("t", None, 1, None)), "t", fault)


@pytest.mark.parametrize(
    "cells",
    [
        ["2024-01", "2024-01-31", "2024-02"],
        ["2023-12-31", "2024-01-31 09:00", "2024-01-31 09:00:01", "2024-01-31 09:00:01.5", "2024-01-31 09:00:02"],
        ["2024-01-31T09:00Z", "2024-01-31T09:00:30Z", "2024-01-31T09:01Z"],
        ["2024-01-31 09:00+02:00", "2024-01-31 09:00:30+02:00"],
        ["2024/01/31", "2024/02/01 12:00"],
        ["09:00", "09:00:30", "10:00"],
    ],
)
def test_times_in_their_order(cells: list[str]) -> None:
    order = np.random.default_rng(0).permutation(len(cells))
    assert times_of(table(words("t", *(cells[k] for k in order))), "t", fault).tolist() == order.tolist()


@pytest.mark.parametrize(
    "cells",
    [
        ["2024-01-31", "2024/02/01"],
        ["2024-01-31 12:00", "2024-01-31T11:00"],
        ["2024-01-31 12:00Z", "2024-01-31 12:00+02:00"],
        ["2024-01-31 12:00", "2024-01-31 12:00Z"],
        ["12:00:01.5", "12:00:01,5"],
        ["2024-01-31", "12:00"],
    ],
)
def test_times_that_are_written_in_different_ways_are_refused(cells: list[str]) -> None:
    """Their alphabetical order is not that of time."""
    with pytest.raises(DataError) as caught:
        times_of(table(words("t", *cells)), "t", fault)
    assert str(caught.value) == (
        f"row None: the order in column 't': times are written in different ways ('{cells[0]}', '{cells[1]}'); "
        "write all alike, in one time zone, for example 2024-01-31 12:00"
    )


@pytest.mark.parametrize(
    "cell", ["31.01.2024", "01:30 PM", "2024-1-3", "2024-01-3112:00", "T12:00", "2024-01-31Z", "-"]
)
def test_other_words_have_no_order(cell: str) -> None:
    with pytest.raises(DataError, match="is no number and no date like 2024-01-31"):
        times_of(table(words("t", cell, "2024-01-31")), "t", fault)


def test_weights_of_rows() -> None:
    assert weights_of(table(numbers("w", 1, 0, 2.5)), "w", fault).tolist() == [1, 0, 2.5]
    with pytest.raises(DataError, match=r"^row 2: the weights in column 'w' must be numbers, 0 or more"):
        weights_of(table(numbers("w", 1, 0, -1)), "w", fault)
    with pytest.raises(DataError, match="the weights in column 'w' are all 0; no row is left"):
        weights_of(table(numbers("w", 0, 0)), "w", fault)


def test_weights_that_32_bits_do_not_hold() -> None:
    with pytest.raises(DataError, match=r"^row 1: the weights in column 'w' are too large for a 32-bit float; correct"):
        weights_of(table(numbers("w", 1, 1e300)), "w", fault)
    with pytest.raises(DataError, match="the weights in column 'w' are too small for a 32-bit float; no row is left"):
        weights_of(table(numbers("w", 1e-50, 0)), "w", fault)
