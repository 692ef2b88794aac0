"""The loss curve: how the losses fell while a network was trained, as few points that the network keeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

MOST_POINTS = 200


class CurvePoint(NamedTuple):
    """The losses of one epoch; validation: None without a validation set, or where it is not a finite number."""

    epoch: int
    training: float
    validation: float | None = None


class LossCurves(NamedTuple):
    """training: of the training that validation chose, or of the only one; retraining: of the final fit on training and
    validation rows together, () where the network has none. Each has at most MOST_POINTS points."""

    training: tuple[CurvePoint, ...]
    retraining: tuple[CurvePoint, ...] = ()

    def __repr__(self) -> str:
        return f"<LossCurves of {len(self.training)} points, retraining {len(self.retraining)}>"


def thinned(points: Sequence[CurvePoint], keep: Iterable[int] = ()) -> tuple[CurvePoint, ...]:
    """At most MOST_POINTS of the points: the first, the last, those of the epochs in `keep`, and others at equal distances.

    Losses are rounded to six digits: float32 arithmetic gives no more that are reliable.
    """
    if len(points) <= MOST_POINTS:
        places = set(range(len(points)))
    else:
        kept = set(keep)
        places = {place for place, point in enumerate(points) if point.epoch in kept}
        n = MOST_POINTS - len(places)
        places |= {k * (len(points) - 1) // (n - 1) for k in range(n)}
    return tuple(_rounded(points[place]) for place in sorted(places))


def _rounded(point: CurvePoint) -> CurvePoint:
    validation = None if point.validation is None else float(f"{point.validation:.6g}")
    return CurvePoint(point.epoch, float(f"{point.training:.6g}"), validation)
