"""Steps in time: regular ones, gaps, and the times that come next."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.dataset.folds import ending_before
from anncli.dataset.time_steps import next_words, steps_of, times_in
from anncli.tables import make_table


def column(cells):
    return make_table({"t": cells}).columns[0]


def following(cells, count=3):
    times = times_in(column(cells))
    assert times is not None
    return next_words(times, np.zeros(len(cells)), [len(cells) - 1], count)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["1983-11", "1983-12"], ["1984-01", "1984-02", "1984-03"]),
        (["1983/11", "1983/12"], ["1984/01", "1984/02", "1984/03"]),
        (["2024-02-27", "2024-02-28"], ["2024-02-29", "2024-03-01", "2024-03-02"]),
        (["2024-10-31", "2024-11-30"], ["2024-12-30", "2025-01-29", "2025-02-28"]),
        (["2024-01-01", "2024-02-01", "2024-03-01"], ["2024-04-01", "2024-05-01", "2024-06-01"]),
        (["2024-12-31 22:00", "2024-12-31 23:00"], ["2025-01-01 00:00", "2025-01-01 01:00", "2025-01-01 02:00"]),
        (["2024-01-01T00:00:30Z", "2024-01-01T00:01:00Z"], ["2024-01-01T00:01:30Z", "2024-01-01T00:02:00Z", "2024-01-01T00:02:30Z"]),
        ([0.1, 0.2, 0.3], ["0.4", "0.5", "0.6"]),
        ([1, 2], ["3", "4", "5"]),
        ([1, 2, 7, 8], None),
    ],
)  # fmt: skip
def test_times_that_come_next(cells, words):
    assert following(cells) == words


@pytest.mark.parametrize("cells", [["a", "b"], ["2024-02-30", "2024-03-01"], ["2024-01", "2024-01-02"], [1.0, None]])
def test_no_times(cells):
    assert times_in(column(cells)) is None


def test_gaps_are_counted_within_series():
    numbers, series = np.array([*range(20), 25, *range(100, 120)]), np.array([0] * 21 + [1] * 20)
    assert steps_of(numbers.astype(float), series) == (1.0, 1)
    assert steps_of(np.array([1.0, 1.0]), np.zeros(2)) is None


def test_rows_whose_targets_reach_into_a_later_set_are_in_none():
    times, until = np.arange(10), np.arange(10) + 2
    assert ending_before(np.arange(7), np.arange(7, 10), times, until).tolist() == [0, 1, 2, 3, 4]
    assert ending_before(np.arange(7), np.arange(7, 10), times, None).tolist() == [*range(7)]
