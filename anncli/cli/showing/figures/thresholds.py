"""What the figures over all thresholds have in common: which of many curves are shown, where the threshold is on one, their numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from anncli.arrays import Array
from anncli.cli.showing.figures.facts import Event
from anncli.evaluation.curves import PrecisionRecallCurve, RocCurve

#: Curves in one figure; of more classes, those that the network finds worst are shown.
MOST_CURVES = 6

Curve = TypeVar("Curve")


def chosen_events(found: Sequence[tuple[Event, Curve]], quality: Callable[[Event], float]) -> list[tuple[Event, Curve]]:
    """The curves to show, in their own order."""
    worst = sorted(range(len(found)), key=lambda k: (quality(found[k][0]), k))[:MOST_CURVES]
    return [found[k] for k in sorted(worst)]


def point_at(thresholds: Array, threshold: float) -> int:
    """The place (of falling thresholds) where the scores strictly above `threshold` are positive."""
    return int(np.count_nonzero(thresholds > np.float64(np.float32(threshold)))) - 1


def curve_rows(
    found: Sequence[tuple[Event, RocCurve]] | Sequence[tuple[Event, PrecisionRecallCurve]],
) -> list[tuple[str, float | None, float, float]]:
    """The points of all curves: name, threshold (None above all scores), x, y."""
    return [
        (event.name, t if np.isfinite(t) else None, x, y)
        for event, curve in found
        for t, x, y in zip(*(values.tolist() for values in curve), strict=True)
    ]
