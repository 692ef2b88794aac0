"""Spearman's rank correlation by numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from anncli.evaluation.rank_correlation import spearman, spearman_interval


def numbers(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def test_without_ties_it_is_the_formula_of_squared_differences() -> None:
    # 1 - 6 (0 + 1 + 1 + 0) / (4 (16 - 1))
    assert spearman(numbers(10, 20, 30, 40), numbers(0.1, 0.3, 0.2, 9)) == pytest.approx(0.8, abs=1e-12)
    assert spearman(numbers(1, 2, 3), numbers(5, 4, -7)) == pytest.approx(-1)


def test_equal_numbers_have_the_mean_of_their_ranks() -> None:
    # Ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4: products 4.5, squares 4.5 and 5.
    assert spearman(numbers(1, 2, 2, 3), numbers(1, 2, 3, 4)) == pytest.approx(4.5 / math.sqrt(22.5), abs=1e-12)


def test_what_has_no_correlation_says_why() -> None:
    assert spearman(numbers(1, 1, 1), numbers(1, 2, 3)) == "all numbers are equal"
    assert spearman(numbers(1), numbers(2)) == "there are fewer than two pairs"
    assert spearman(numbers(), numbers()) == "there are fewer than two pairs"


def test_interval() -> None:
    # z = atanh 0.5 = 0.549306; its error is sqrt(1.125 / 100) = 0.1060660, times 1.959964 it is 0.2078862.
    interval = spearman_interval(0.5, 103)
    assert interval is not None
    assert interval.low == pytest.approx(math.tanh(0.549306 - 0.2078862), abs=1e-6)
    assert interval.high == pytest.approx(math.tanh(0.549306 + 0.2078862), abs=1e-6)
    assert spearman_interval(0.5, 3) is None
    assert spearman_interval(1.0, 10) == (1, 1)
