"""An interval of a metric, and the intervals of an evaluation as plain values. (intervals.py has what computes them.)"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Interval(NamedTuple):
    """The ends of an interval, in the units of the metric."""

    low: float
    high: float


#: Of an evaluation whose intervals nobody asked for.
NO_INTERVALS: Mapping[str, Interval] = {}


def intervals_document(intervals: Mapping[str, Interval]) -> dict[str, Any]:
    """The key `intervals` of a document, [low, high] by metric; no key without intervals."""
    return {"intervals": {name: [*interval] for name, interval in intervals.items()}} if intervals else {}
