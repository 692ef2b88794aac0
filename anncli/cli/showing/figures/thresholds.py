"""What the figures over all thresholds have in common: which of many curves are shown, and where the threshold is on one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from anncli.arrays import Array
from anncli.cli.showing.figures.facts import Event

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
