"""Words in the plane in which their vectors differ most, as far as there is room for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from anncli.cli.showing.figures.facts import Facts, Figure
from anncli.cli.showing.plot_area import PlotArea, axis_for
from anncli.cli.showing.svg import Point, Series, text_width
from anncli.errors import UsageError, count_of

_SIZE, _RADIUS, _GAP = 11.0, 2.0, 4.0
_WIDTH, _HEIGHT = 760.0, 560.0


class _Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: _Box) -> bool:
        return self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom  # fmt: skip


def draw(facts: Facts) -> Figure:
    """A mark for each word, and its name where that hides no other."""
    plane = facts.words
    if plane is None:
        raise UsageError(
            "'words' is for networks that have vectors of words",
            advice="train one with `inputs: words` and an embedding",
        )
    held = [f"{100 * fraction:.1f} %" for fraction in plane.fractions]
    axes = [
        axis_for(plane.places[:, k].tolist(), f"{name} component, {held[k]} of the variance", margin=0.08)
        for k, name in enumerate(("first", "second"))
    ]
    words = f"{len(plane.words)} words" if plane.is_named else f"The {len(plane.words)} most frequent words"
    area = PlotArea("Words", f"{words} in the plane in which their vectors differ most.", (axes[0], axes[1]), size=(_WIDTH, _HEIGHT))  # fmt: skip
    marks = [area.at(x, y) for x, y in plane.places.tolist()]
    named = _label(area, plane.words, marks)
    area.marks(plane.places.tolist(), Series(0), _RADIUS)
    left_out = len(marks) - named
    caption = (
        f"{words} by the first two principal components of their vectors, each scaled to length 1; "
        f"the components hold {held[0]} and {held[1]} of the variance."
    )
    if left_out:
        caption += f" {count_of(left_out, 'mark')} without a name, for which there was no room."
    rows = [(word, *map(float, place)) for word, place in zip(plane.words, plane.places, strict=True)]
    return Figure(area.drawing, caption, ("word", "first", "second"), rows, told={"variance": list(plane.fractions), "without_name": left_out})  # fmt: skip


def _label(area: PlotArea, words: Sequence[str], marks: Sequence[Point]) -> int:
    """Write the words beside their marks, where no mark and no earlier word stands; returns how many were written."""
    around = _RADIUS + 1
    taken = [_Box(x - around, y - around, x + around, y + around) for x, y in marks]
    written = 0
    for word, mark in zip(words, marks, strict=True):
        width = text_width(word, _SIZE)
        for x, y in _corners(mark, width):
            box = _Box(x, y, x + width, y + _SIZE)
            if box.left < area.left or box.right > area.right or box.top < area.top or box.bottom > area.bottom:
                continue
            if not any(box.meets(other) for other in taken):
                taken.append(box)
                area.drawing.text((x, y + 0.85 * _SIZE), word, size=_SIZE)
                written += 1
                break
    return written


def _corners(mark: Point, width: float) -> list[Point]:
    """The top left corners of a label at eight places around a mark, the best first."""
    x, y = mark
    right, left, middle = x + _GAP, x - _GAP - width, x - width / 2
    above, below, beside = y - _GAP - _SIZE, y + _GAP, y - _SIZE / 2
    return [
        (right, beside), (left, beside), (middle, above), (middle, below), (right, above), (right, below), (left, above), (left, below),
    ]  # fmt: skip
