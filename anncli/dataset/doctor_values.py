"""Numbers that look wrong: codes for missing values, and numbers much farther out than all others."""

from __future__ import annotations

from collections.abc import Iterator

from anncli.arrays import Array
from anncli.dataset.column_view import ColumnView
from anncli.dataset.findings import Examined, Finding
from anncli.errors import count_of, quoted

_FEWEST_ROWS = 20
# Codes for missing values that people write: 99, -999 ...
_CODES = frozenset(sign * (10.0**digits - 1) for digits in range(1, 9) for sign in (1, -1))
# How many times as far from the median as the next number an outlier is, and how many interquartile ranges at least.
_TIMES_FARTHER, _RANGES = 5.0, 10.0
_SERIOUS = 100.0
# Where more numbers than this fraction lie far out, they are a tail.
_MOST_OUT = 0.01


def find_codes(view: ColumnView, rows: Examined) -> Iterator[Finding]:
    """A code as the least or greatest number, or zeros below all other numbers."""
    if not view.is_number or view.n_values < 4 or view.n_present < _FEWEST_ROWS:
        return
    low_rest, high_rest = view.sorted[view.starts[1] :], view.sorted[: view.starts[-1]]
    for value, rest in ((0, low_rest), (view.n_values - 1, high_rest)):
        number = float(view.sorted[view.starts[value]])
        count = int(view.counts[value])
        if not (_is_code(number, rest) or _is_zero(number, count, rest, view.n_values)):
            continue
        others = f"all others are {float(rest[0]):.6g} to {float(rest[-1]):.6g}"
        message = f"column {quoted(view.name)} is {number:.6g} in {count_of(count, 'row')}, and {others}"
        advice = f"if it stands for a missing value, leave these cells empty, or say --na {number:.6g} for all columns"
        if not number:
            advice = "if it stands for a missing value, leave these cells empty"
        yield rows.finding("codes", bool(number), message, advice, name=view.name, row=view.row_of(value), count=count)


def _is_code(number: float, rest: Array) -> bool:
    """Whether a number is one that people write for a missing value, and lies apart from the rest."""
    if number not in _CODES:
        return False
    low, high = float(rest[0]), float(rest[-1])
    gap, width = max(low - number, number - high), high - low
    is_other_sign = number < -10 and low >= 0
    return is_other_sign or gap >= (2 * width if abs(number) < 10 else width / 2)


def _is_zero(number: float, count: int, rest: Array, n_values: int) -> bool:
    """Whether zeros lie farther below all other numbers than the quartiles of those lie apart."""
    if number or count < 2 or n_values < 10:
        return False
    return float(rest[0]) >= float(_quantile(rest, 3) - _quantile(rest, 1)) > 0


def find_outliers(view: ColumnView, rows: Examined) -> Iterator[Finding]:
    """Few numbers that lie several times as far from the median as the next one, far outside the quartiles.

    A heavy tail has no such gap, and is not reported; a code for missing values is a finding of its own.
    """
    if not view.is_number or view.n_present < _FEWEST_ROWS:
        return
    values = view.sorted
    median, spread = float(_quantile(values, 2)), float(_quantile(values, 3)) - float(_quantile(values, 1))
    if spread <= 0:
        return
    most = max(1, int(_MOST_OUT * len(values)))
    n_low, low_times = _n_out(median - values[: most + 1].astype(float), spread)
    n_high, high_times = _n_out((values[-most - 1 :].astype(float) - median)[::-1], spread)
    for n, times, limit, is_low in ((n_low, low_times, n_low, True), (n_high, high_times, len(values) - n_high, False)):
        number = float(values[0] if is_low else values[-1])
        if not n or _is_code(number, values[n:] if is_low else values[:limit]):
            continue
        where = view.numbers <= values[limit - 1] if is_low else view.numbers >= values[limit]
        row = view.first_row(where)
        middle = f"half of the others are {float(_quantile(values, 1)):.6g} to {float(_quantile(values, 3)):.6g}"
        message = f"column {quoted(view.name)} has {count_of(n, 'number')} far from all others ({number:.6g}; {middle})"
        yield rows.finding(
            "outliers", times >= _SERIOUS, message, "correct or leave out the row if it is a mistake",
            name=view.name, row=row, count=n,
        )  # fmt: skip


def _n_out(distances: Array, spread: float) -> tuple[int, float]:
    """How many of the largest distances, in descending order, lie beyond a gap, and how many times as far as the next."""
    best, times = 0, 0.0
    for k in range(1, len(distances)):
        inner, outer = float(distances[k]), float(distances[k - 1])
        if inner > 0 and outer > _RANGES * spread and outer >= _TIMES_FARTHER * inner:
            best, times = k, outer / inner
    return best, times


def _quantile(values: Array, quarter: int) -> Array:
    """A quartile of ascending values."""
    found: Array = values[min(len(values) - 1, quarter * len(values) // 4)]
    return found
