"""Cells of the tables of a report: rates, figures and counts as text."""

from __future__ import annotations


def percent(value: float | None) -> str:
    """A rate with two decimals, 'undefined' for None."""
    return "undefined" if value is None else f"{100 * value:.2f}"


def figure(value: float | None, digits: int = 4) -> str:
    """A number with significant digits, 'undefined' for None."""
    return "undefined" if value is None else f"{value:.{digits}g}"


def number(value: float) -> str:
    """A count of rows, or their total weight with six significant digits."""
    return f"{value:g}" if isinstance(value, float) else str(value)
