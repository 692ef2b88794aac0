"""Pictures of a search: what trials were selected by over each option, for a terminal and as SVG text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from anncli.cli.showing.plot_area import Entry, PlotArea, axis_for, number_text
from anncli.cli.showing.search_report import Found
from anncli.cli.showing.svg import Drawing, Series, svg_document
from anncli.experiments.search import Tried
from anncli.options.ranges import DECADE, shown_number

WIDE, HIGH = 60, 10
_ALL, _KEPT = Series(0), Series(1)


class Panel(NamedTuple):
    """An option: its name, and (value, trial) of every trial that has it; words: what the values stand for, () for numbers; is_log:
    the axis is logarithmic."""

    name: str
    points: Sequence[tuple[float, Tried]]
    words: Sequence[str]
    is_log: bool

    @property
    def ends(self) -> tuple[float, float]:
        values = [value for value, _ in self.points]
        return min(values), max(values)

    def across(self, value: float) -> float:
        """The place of a value, 0 to 1."""
        low, high = self.ends
        if self.is_log:
            return math.log(value / low) / math.log(high / low)
        return (value - low) / (high - low)


def panels(found: Found) -> list[Panel]:
    """One for each option that has at least two values among the finished trials."""
    made = (_panel(name, found) for name in found.names)
    return [panel for panel in made if panel is not None]


def _panel(name: str, found: Found) -> Panel | None:
    trials = [(text, one) for one in _finished(found) if (text := found.value(name, one)) is not None]
    texts = list(dict.fromkeys(text for text, _ in trials))
    if len(texts) < 2:
        return None
    numbers = {text: shown_number(text) for text in texts}
    words: Sequence[str] = ()
    if None in numbers.values():
        # Words are numbered in the order of their names.
        words = sorted(texts)
        numbers = {text: float(number) for number, text in enumerate(words, 1)}
    points = [(number, one) for text, one in trials if (number := numbers[text]) is not None]
    low, high = min(value for value, _ in points), max(value for value, _ in points)
    is_log = not words and low > 0 and high >= DECADE * low
    return Panel(name.replace("_", "-"), points, words, is_log) if high > low else None


def _finished(found: Found) -> list[Tried]:
    return [one for one in found.trials if one.share == 1 and one.figure is not None]


def _limits(found: Found) -> tuple[float, float]:
    values = [_figure(one) for one in _finished(found)]
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def scatter(found: Found) -> str:
    """The first option of numbers as characters, '' where there is none: o a trial, K the one that is kept; - - the defaults."""
    panel = next((panel for panel in panels(found) if len(panel.points) > 2 and not panel.words), None)
    if panel is None:
        return ""
    low, high = _limits(found)
    grid = [[" "] * WIDE for _ in range(HIGH)]

    def row(one: Tried) -> int:
        return round((HIGH - 1) * (high - _figure(one)) / (high - low))

    if (first := _defaults(found)) is not None:
        grid[row(first)] = ["-", " "] * (WIDE // 2)
    for value, one in sorted(panel.points, key=lambda point: point[1] is found.kept):
        grid[row(one)][round((WIDE - 1) * panel.across(value))] = "K" if one is found.kept else "o"
    labels = [f"{high:.4g}", *[""] * (HIGH - 2), f"{low:.4g}"]
    margin = max(map(len, labels))
    lines = [f"{label:>{margin}} |{''.join(cells)}".rstrip() for label, cells in zip(labels, grid, strict=True)]
    left, right = (f"{end:g}" for end in panel.ends)
    title = f"{panel.name}{' (log)' if panel.is_log else ''}"
    axis = left + title.center(WIDE - len(left) - len(right)) + right
    head = f"{found.title}; K: the trial that is kept; - - the defaults"
    return "\n".join([head, *lines, " " * margin + " +" + "-" * WIDE, " " * (margin + 2) + axis])


def svg_of(found: Found) -> str:
    """A drawing for each option, below each other, as SVG text."""
    drawings = [_drawn(panel, found) for panel in panels(found)]
    if not drawings:
        drawings = [Drawing(480, 60, "Trials", "No option has two values among the trials that were trained.")]
    return svg_document(drawings)


def _drawn(panel: Panel, found: Found) -> Drawing:
    described = ", ".join(f"{number} {word}" for number, word in enumerate(panel.words, 1))
    label = f"{panel.name}: {described}" if described else panel.name
    across = axis_for([value for value, _ in panel.points], label, logarithmic=panel.is_log, margin=0.04)
    axes = across, axis_for([_figure(one) for one in _finished(found)], found.title, margin=0.05)
    legend = [Entry(_ALL, "a trial", "marker"), Entry(_KEPT, "the one that is kept", "marker")]
    said = "; ".join(
        f"trial {one.number} {number_text(value)}: {number_text(_figure(one))}" for value, one in panel.points
    )
    plot = PlotArea(f"{found.title} over {panel.name}", f"{said}. The dashed line: the defaults.", axes, legend)
    if (first := _defaults(found)) is not None:
        plot.rule((across.low, _figure(first)), (across.high, _figure(first)))
    for value, one in sorted(panel.points, key=lambda point: point[1] is found.kept):
        plot.marks([(value, _figure(one))], _KEPT if one is found.kept else _ALL, 5.0 if one is found.kept else 3.5)
    return plot.drawing


def _defaults(found: Found) -> Tried | None:
    """The trial of the defaults, if it has a figure."""
    return next((one for one in _finished(found) if one.number == 0), None)


def _figure(one: Tried) -> float:
    assert one.figure is not None
    return one.figure.value
