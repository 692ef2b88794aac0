"""Sparklines: heights worked out by hand."""

from __future__ import annotations

import math

import pytest

from anncli.cli.showing.sparkline import BARS, can_show, loss_lines, sparkline


def test_eight_equal_steps_are_the_eight_bars() -> None:
    assert sparkline(range(8), logarithmic=False) == BARS


def test_a_loss_that_halves_falls_by_equal_steps() -> None:
    assert sparkline([2.0**-k for k in range(8)]) == BARS[::-1]
    # Without logarithms: 1 is the highest, 0.5 is (0.5 - 1/128) / (1 - 1/128) * 8 = 3.97 steps high, and so on.
    assert sparkline([2.0**-k for k in range(8)], logarithmic=False) == "█▄▂▁▁▁▁▁"


def test_more_values_than_characters_are_averaged_by_runs() -> None:
    # Runs (0, 2), (4, 6), (10, 14): means 1, 5, 12, heights 0, 8 * 4/11 = 2.9 and the top.
    assert sparkline([0, 2, 4, 6, 10, 14], width=3, logarithmic=False) == "▁▃█"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], ""),
        ([3.0], "▁"),
        ([1.0, 1.0], "▁▁"),
        ([None, None], "  "),
        ([1.0, None, math.nan, 4.0], "▁  █"),
        ([1e308, -1e308, 1e308], "█▁█"),
        ([0.0, 1.0], "▁█"),
    ],
)
def test_degenerate_values(values: list[float | None], expected: str) -> None:
    assert sparkline(values) == expected


def test_lines_say_where_a_loss_began_and_ended() -> None:
    losses = {"training": [1.0, 0.5, 0.25], "validation": [None, math.nan]}
    assert loss_lines(losses, 80) == ["training    █▅▁  1 to 0.25"]
    assert len(loss_lines({"training": [1.0 / k for k in range(1, 200)]}, 40)[0]) < 40
    assert loss_lines({}, 80) == []


def test_encodings() -> None:
    assert can_show("utf-8")
    assert not can_show("ascii")
    assert not can_show(None)
    assert not can_show("no-such-encoding")
