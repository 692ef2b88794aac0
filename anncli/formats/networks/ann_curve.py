"""`curve` in the trained part of an `ann` network file: a line for each epoch that is kept, with its losses.

curve:
  training: |                  # epoch, training loss, validation loss
    1 0.693147 0.701234
    2 0.541 -                  # a validation loss that is not finite
  retraining: |                # epoch, loss on training and validation rows together
    1 0.68
"""

from __future__ import annotations

import math
from itertools import pairwise

from anncli.formats.files.document import PlacedMapping, kind_of
from anncli.limits import COUNT_MAX
from anncli.network.loss_curve import MOST_POINTS, CurvePoint, LossCurves

_NONE = "-"


def read_curve(owner: PlacedMapping, advice: str) -> LossCurves | None:
    """What the mapping holds under `curve`, None where it has no such key; `advice` goes with every fault."""
    if owner.get("curve") is None:
        return None
    value = owner.mapping_at("curve")
    value.refuse_unknown(LossCurves._fields)
    return LossCurves(_points(value, "training", advice), _points(value, "retraining", advice))


def _points(owner: PlacedMapping, key: str, advice: str) -> tuple[CurvePoint, ...]:
    text = owner.get(key, "")
    if not isinstance(text, str):
        raise owner.fault(key, f"`{key}` must be a block of epochs and losses, found {kind_of(text)}", advice)
    lines = [line.split() for line in text.splitlines() if line.strip()]
    points = tuple(point for point in map(_point, lines) if point is not None)
    epochs = [0, *(point.epoch for point in points)]
    if len(points) < len(lines) or any(one >= other for one, other in pairwise(epochs)):
        raise owner.fault(key, f"`{key}` must be lines of a rising epoch, a loss and perhaps another loss", advice)
    if len(points) > MOST_POINTS:
        raise owner.fault(key, f"`{key}` has {len(points)} lines, at most {MOST_POINTS} are kept", advice)
    return points


def _point(words: list[str]) -> CurvePoint | None:
    """A line as a point, or None where it is no such line."""
    if not 2 <= len(words) <= 3 or not words[0].isdecimal() or len(words[0]) > len(str(COUNT_MAX)):
        return None
    try:
        losses = [None if word == _NONE else float(word) for word in words[1:]]
    except ValueError:
        return None
    if losses[0] is None or not all(loss is None or math.isfinite(loss) for loss in losses):
        return None
    return CurvePoint(int(words[0]), losses[0], losses[1] if len(losses) == 2 else None)


def curve_lines(curve: LossCurves) -> list[str]:
    """The lines of `curve`."""
    lines = ["  curve:"]
    for name, points in curve._asdict().items():
        has_validation = any(point.validation is not None for point in points)
        if points:
            lines += [f"    {name}: |", *(f"      {_line(point, has_validation)}" for point in points)]
    return lines


def _line(point: CurvePoint, has_validation: bool) -> str:
    words = [str(point.epoch), repr(point.training)]
    if has_validation:
        words.append(_NONE if point.validation is None else repr(point.validation))
    return " ".join(words)
