"""Isotonic calibration in integers: scores and probabilities between which lines are drawn."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import Array

_PROBABILITY_BITS = 24
_LARGEST_SCORE = (1 << 31) - 1


class FixedCurve(NamedTuple):
    """scores, probabilities: int32 (k,), of at least two knots; scores rise, equal ones are a jump; unit: of a probability."""

    scores: Array
    probabilities: Array
    unit: float

    def error(self, knots: Array, error: Array) -> Array:
        """The bound of the error of a probability where a score has this error (n_outputs,): how far the curve of knots (k, 2) rises
        within it, wherever that is."""
        scores, values = knots[:, 0], knots[:, 1]
        found = []
        for e in error + 1e-12:
            up = _right(scores, values, scores + e) - np.minimum(values, _left(scores, values, scores))
            down = np.maximum(values, _right(scores, values, scores)) - _left(scores, values, scores - e)
            found.append(float(max(up.max(), down.max())) + 2 * self.unit)
        return np.array(found)


def fixed_curve(knots: Array, unit: float) -> FixedCurve:
    """knots (k, 2): scores and probabilities; unit: of a score in integers."""
    taken = knots if len(knots) > 1 else np.repeat(knots, 2, axis=0)
    scores = np.clip(np.rint(taken[:, 0] / unit), -_LARGEST_SCORE, _LARGEST_SCORE).astype(np.int32)
    probabilities = np.rint(taken[:, 1] * 2.0**_PROBABILITY_BITS).astype(np.int32)
    return FixedCurve(scores, probabilities, 2.0**-_PROBABILITY_BITS)


def _right(scores: Array, values: Array, at: Array) -> Array:
    """The curve at a score, at a jump its upper end."""
    found: Array = np.interp(np.nextafter(at, np.inf), scores, values)
    return found


def _left(scores: Array, values: Array, at: Array) -> Array:
    """The curve at a score, at a jump its lower end."""
    found: Array = -np.interp(-np.nextafter(at, -np.inf), -scores[::-1], -values[::-1])
    return found
