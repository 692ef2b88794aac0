"""An interval of a metric, and the intervals of an evaluation as plain values. (intervals.py has what computes them.)"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Interval(NamedTuple):
    """The ends of an interval, in the units of the metric."""

    low: float
    high: float


class Confidence(NamedTuple):
    """Which intervals are wanted. level: how often, of many samples of rows, an interval holds the value of all rows that could be,
    0 to 1; seed: of the rows that are drawn; is_brief: only the metrics that a table of sets shows."""

    level: float = 0.95
    seed: int = 1
    is_brief: bool = False


#: Of an evaluation whose intervals nobody asked for.
NO_INTERVALS: Mapping[str, Interval] = {}


def intervals_document(intervals: Mapping[str, Interval]) -> dict[str, Any]:
    """The key `intervals` of a document, [low, high] by metric; no key without intervals."""
    return {"intervals": {name: [*interval] for name, interval in intervals.items()}} if intervals else {}
