"""A plot area: axes with round ticks, and lines, bars and markers at places that data give."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from anncli.cli.showing.svg import FONT_SIZE, Drawing, Point, Series, shortened, text_width

#: Of drawings with axes, without their legend.
WIDTH, HEIGHT = 480.0, 340.0
_SQUARE = 420.0
_TICK = 12.0
_LINE = 19.0
_RIGHT = 14.0
_MANY = 200


class Axis(NamedTuple):
    """From `low` to `high` > low; logarithmic: both above 0; two_sided: numbers below 0 are shown without their sign."""

    low: float
    high: float
    label: str
    logarithmic: bool = False
    two_sided: bool = False

    def fraction(self, value: float) -> float:
        """0 at the low end, 1 at the high one."""
        if self.logarithmic:
            return (math.log10(value) - math.log10(self.low)) / (math.log10(self.high) - math.log10(self.low))
        # Halved, because the difference of two large numbers can overflow.
        return (value / 2 - self.low / 2) / (self.high / 2 - self.low / 2)

    def words(self, tick: float) -> str:
        """The number at a tick."""
        return tick_text(abs(tick) if self.two_sided else tick)

    def ticks(self, most: int = 7) -> list[float]:
        """Round numbers on the axis: steps, or factors, of 1, 2 or 5 times a power of ten."""
        return log_ticks(self.low, self.high) if self.logarithmic else round_ticks(self.low, self.high, most)


class Entry(NamedTuple):
    """A line of a legend: what stands before it ('line', 'marker', 'box'), and the words."""

    series: Series
    words: str
    kind: str = "line"


def axis_for(values: Iterable[float], label: str, *, logarithmic: bool = False, margin: float = 0.0) -> Axis:
    """An axis that holds the finite values; margin: free space at both ends, as a fraction. With a logarithmic axis the
    values that are not above 0 do not count."""
    known = [value for value in values if math.isfinite(value) and (value > 0 or not logarithmic)]
    if logarithmic:
        low = _near(min(known, default=0.1), upwards=False)
        return Axis(low, max(_near(max(known, default=1.0), upwards=True), 2 * low), label, True)
    low, high = min(known, default=0.0), max(known, default=1.0)
    if not high > low:
        spread = abs(low) / 2 or 0.5
        low, high = low - spread, high + spread
    space = margin * (high / 2 - low / 2) * 2
    if math.isfinite(high + space) and math.isfinite(low - space):
        low, high = low - space, high + space
    return Axis(low, high, label)


def round_ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten between low < high, at most `most`, and two or more if `most` is."""
    rough = (high / 2 - low / 2) * 2 / most
    if not math.isfinite(rough) or not rough > 0 or high - low < 1e-12 * max(abs(low), abs(high)):
        return [low, high]
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((s * power for s in (1.0, 2.0, 5.0, 10.0, 20.0) if s * power > 0 and (high - low) / (s * power) <= most - 0.999), 20 * power)  # fmt: skip
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{k * step:.12g}") for k in range(first, last + 1)]


def _near(value: float, *, upwards: bool) -> float:
    """The nearest of 1, 2 or 5 times a power of ten that is not above, or not below, a value above 0."""
    # Axes end where the numbers of a computer do.
    power = min(max(math.floor(math.log10(value) + 1e-9), -307), 307)
    steps = [float(f"{step}e{k}") for k in range(max(power - 1, -307), min(power + 2, 308)) for step in (1, 2, 5)]
    if upwards:
        return next((step for step in steps if step >= value * (1 - 1e-9)), steps[-1])
    return next((step for step in reversed(steps) if step <= value * (1 + 1e-9)), steps[0])


def log_ticks(low: float, high: float) -> list[float]:
    """The powers of ten from low to high, at most eight of them; also 2 and 5 times those if there are few."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if last - first >= 2:
        step = max(1, -(-(last - first) // 7))
        return [float(f"1e{power}") for power in range(first, last + 1, step)]
    ticks = [float(f"{step}e{power}") for power in range(first - 1, last + 1) for step in (1, 2, 5)]
    return [tick for tick in ticks if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]


def tick_text(value: float) -> str:
    """A number at an axis: six digits at most."""
    text = f"{value:.6g}"
    return text.replace("-", "\u2212") if not text.startswith("-0") or value else "0"


def number_text(value: float | None) -> str:
    """A number in a figure, four significant digits; a dash for None."""
    return "\u2013" if value is None else f"{value:.4g}"


class PlotArea:
    """The area between two axes on a new drawing, with a legend below it."""

    def __init__(
        self, title: str, description: str, axes: tuple[Axis, Axis], legend: Sequence[Entry] = (), square: bool = False,
        size: tuple[float, float] = (WIDTH, HEIGHT),
    ) -> None:  # fmt: skip
        """size: in pixels, without the legend; square: one of a size of its own."""
        width = _SQUARE if square else size[0]
        self.x, self.y = axes
        numbers = max((text_width(self.y.words(tick), _TICK) for tick in self.y.ticks()), default=0.0)
        self.left, self.right = min(numbers, 90.0) + 30.0, width - _RIGHT
        self.top, self.bottom = 10.0, size[1] - 46.0
        if square:
            self.bottom = self.top + self.right - self.left
        rows = _rows_of(legend, width - 2 * _RIGHT)
        height = self.bottom + 46.0 + _LINE * len(rows)
        self.drawing = Drawing(width, height, title, description)
        self._axes()
        self._legend(rows, self.bottom + 56.0)

    def at(self, x: float, y: float) -> Point:
        """The place of a pair of values."""
        across = self.left + (self.right - self.left) * self.x.fraction(x)
        return across, self.bottom - (self.bottom - self.top) * self.y.fraction(y)

    def curve(self, points: Iterable[Point], series: Series, style: str = "") -> None:
        """A line through points of the data; those that are not finite, or not on a logarithmic axis, are left out."""
        kept = [(x, y) for x, y in points if self._can_show(x, y)]
        places = _thinned(_without_repeats([self.at(x, y) for x, y in kept]))
        self.drawing.line(places, f"line l{series.colour}{style}", series.dash)
        if len(places) == 1:
            self.marks(kept[:1], series)

    def marks(self, points: Iterable[Point], series: Series, radius: float = 3.5, hollow: bool = False) -> None:
        """A marker at each point of the data."""
        for x, y in points:
            if self._can_show(x, y):
                self.drawing.marker(self.at(x, y), series, radius, hollow)

    def bar(self, x: Point, y: Point, series: Series, opacity: float = 0.55) -> None:
        """A bar from x[0] to x[1] and from y[0] to y[1] of the data, with an outline."""
        (left, bottom), (right, top) = self.at(x[0], y[0]), self.at(x[1], y[1])
        corner, width, height = (min(left, right), min(top, bottom)), abs(right - left), abs(bottom - top)
        self.drawing.box(corner, width, height, f"f{series.colour}", opacity)
        self.drawing.box(corner, width, height, f"l{series.colour} thin")

    def rule(self, start: Point, end: Point, style: str = "line soft thin", dash: str = "4 3") -> None:
        """A straight line between two points of the data."""
        self.drawing.line([self.at(*start), self.at(*end)], style, dash)

    def _can_show(self, x: float, y: float) -> bool:
        on_axes = not (self.x.logarithmic and x <= 0) and not (self.y.logarithmic and y <= 0)
        return math.isfinite(x) and math.isfinite(y) and on_axes

    def _axes(self) -> None:
        draw, shift = self.drawing, FONT_SIZE / 3
        for tick in self.x.ticks(6):
            across = self.at(tick, self.y.low)[0]
            draw.line([(across, self.top), (across, self.bottom)], "line grid thin")
            half = text_width(tick_text(tick), _TICK) / 2
            middle = min(max(across, half), draw.width - half)
            draw.text((middle, self.bottom + 16), tick_text(tick), "middle", "soft", _TICK)
        for tick in self.y.ticks():
            down = self.at(self.x.low, tick)[1]
            draw.line([(self.left, down), (self.right, down)], "line grid thin")
            draw.text((self.left - 6, down + shift), self.y.words(tick), "end", "soft", _TICK)
        corners = [(self.left, self.top), (self.right, self.top), (self.right, self.bottom), (self.left, self.bottom)]
        draw.line(corners, "line soft thin", closed=True)
        across, down = (self.left + self.right) / 2, (self.top + self.bottom) / 2
        draw.text((across, self.bottom + 36), shortened(self.x.label, draw.width - 20), "middle")
        draw.text((14, down), shortened(self.y.label, self.bottom - self.top), "middle", turned=True)

    def _legend(self, rows: Sequence[Sequence[Entry]], top: float) -> None:
        for number, row in enumerate(rows):
            across, down = _RIGHT, top + _LINE * number
            for entry in row:
                draw_entry(self.drawing, entry, (across, down))
                across += _entry_width(entry)


def draw_entry(drawing: Drawing, entry: Entry, at: Point) -> None:
    """A line of a legend whose left end has its middle at a point."""
    series, (x, y) = entry.series, at
    if entry.kind == "line":
        drawing.line([(x, y), (x + 26, y)], f"line l{series.colour}", series.dash)
    elif entry.kind == "marker":
        drawing.marker((x + 13, y), series, 4.5)
    else:
        drawing.box((x + 6, y - 6), 14, 12, f"f{series.colour}", 0.55)
    drawing.text((x + 32, y + FONT_SIZE / 3), entry.words)


def _entry_width(entry: Entry) -> float:
    return 32 + text_width(entry.words) + 18


def _rows_of(legend: Sequence[Entry], width: float) -> list[list[Entry]]:
    """The entries of a legend, as many in a row as there is room for; words that are too long are cut."""
    rows: list[list[Entry]] = []
    used = width
    for entry in legend:
        cut = entry._replace(words=shortened(entry.words, width - 50))
        needed = _entry_width(cut)
        if not rows or used + needed > width:
            rows.append([])
            used = 0.0
        rows[-1].append(cut)
        used += needed
    return rows


def _thinned(places: list[Point]) -> list[Point]:
    """Of very many places those that are not within less than a pixel of the one before, of these again at most ten times as
    many, at equal steps; and the last."""
    if len(places) <= _MANY:
        return places
    kept = places[:1]
    for x, y in places[1:-1]:
        if math.hypot(x - kept[-1][0], y - kept[-1][1]) >= 0.8:
            kept.append((x, y))
    step = -(-len(kept) // (10 * _MANY))
    return [*kept[::step], places[-1]]


def _without_repeats(places: Sequence[Point]) -> list[Point]:
    """The places without those in the middle of a straight stretch, which would only make the file longer."""
    kept: list[Point] = []
    for x, y in places:
        rounded = (round(x, 2), round(y, 2))
        if kept and rounded == kept[-1]:
            continue
        if len(kept) >= 2 and any(kept[-2][k] == kept[-1][k] == rounded[k] for k in (0, 1)):
            first, last = kept[-2], kept[-1]
            other = 1 if first[0] == last[0] == rounded[0] else 0
            if min(first[other], rounded[other]) <= last[other] <= max(first[other], rounded[other]):
                kept.pop()
        kept.append(rounded)
    return kept
