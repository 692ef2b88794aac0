"""Pictures of a search: what trials were selected by over each option, for a terminal and as SVG text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

from anncli.cli.showing.search_report import Found
from anncli.experiments.search import Tried
from anncli.options.ranges import DECADE, shown_number

WIDE, HIGH = 60, 10
# A panel of the SVG picture, and what is around its axes.
_PANEL, _TALL, _LEFT, _TOP, _GAP = 300, 240, 70, 60, 40
_ALL, _KEPT = "#0072b2", "#d55e00"


class Point(NamedTuple):
    """A trial: its place 0 to 1 across, and its figure."""

    across: float
    figure: float
    trial: Tried


class Panel(NamedTuple):
    """An option: its points, and the labels (place, text) of its axis."""

    name: str
    points: Sequence[Point]
    ticks: Sequence[tuple[float, str]]
    is_log: bool


def panels(found: Found) -> list[Panel]:
    """One for each option that has at least two values among the finished trials."""
    made = (_panel(name, found) for name in found.names)
    return [panel for panel in made if panel is not None]


def _panel(name: str, found: Found) -> Panel | None:
    trials = [(one, one.trial[name], one.figure.value) for one in _finished(found) if one.figure and name in one.trial]
    texts = list(dict.fromkeys(text for _, text, _ in trials))
    numbers = [shown_number(text) for text in texts]
    if len(texts) < 2:
        return None
    known = [number for number in numbers if number is not None]
    if len(known) < len(texts):
        # Words have places of their own, in the order of their names.
        places = {text: (k + 0.5) / len(texts) for k, text in enumerate(sorted(texts))}
        ticks = [(place, text) for text, place in places.items()]
        is_log = False
    else:
        low, high = min(known), max(known)
        is_log = low > 0 and high >= DECADE * low
        places = {text: _across(number, low, high, is_log) for text, number in zip(texts, known, strict=True)}
        ticks = [(0.0, f"{low:g}"), (1.0, f"{high:g}")]
    points = [Point(places[text], figure, one) for one, text, figure in trials]
    return Panel(name.replace("_", "-"), points, ticks, is_log)


def _across(number: float, low: float, high: float, is_log: bool) -> float:
    if is_log:
        return math.log(number / low) / math.log(high / low)
    return (number - low) / (high - low)


def _finished(found: Found) -> list[Tried]:
    return [one for one in found.trials if one.share == 1 and one.figure is not None]


def _limits(found: Found) -> tuple[float, float]:
    values = [one.figure.value for one in _finished(found) if one.figure]
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def scatter(found: Found) -> str:
    """The first option of numbers as characters, '' where there is none: o a trial, K the one that is kept; -- the defaults."""
    panel = next((panel for panel in panels(found) if len(panel.points) > 2 and _is_of_numbers(panel)), None)
    if panel is None:
        return ""
    low, high = _limits(found)
    grid = [[" "] * WIDE for _ in range(HIGH)]

    def row(figure: float) -> int:
        return round((HIGH - 1) * (high - figure) / (high - low))

    if found.trials[0].number == 0 and found.trials[0].figure is not None:
        grid[row(found.trials[0].figure.value)] = ["-", " "] * (WIDE // 2)
    for point in sorted(panel.points, key=lambda point: point.trial is found.kept):
        grid[row(point.figure)][round((WIDE - 1) * point.across)] = "K" if point.trial is found.kept else "o"
    labels = [f"{high:.4g}", *[""] * (HIGH - 2), f"{low:.4g}"]
    margin = max(map(len, labels))
    lines = [f"{label:>{margin}} |{''.join(cells)}".rstrip() for label, cells in zip(labels, grid, strict=True)]
    (_, left), (_, right) = panel.ticks
    title = f"{panel.name}{' (log)' if panel.is_log else ''}"
    axis = left + title.center(WIDE - len(left) - len(right)) + right
    head = f"{found.title}; K: the trial that is kept; - - the defaults"
    return "\n".join([head, *lines, " " * margin + " +" + "-" * WIDE, " " * (margin + 2) + axis])


def _is_of_numbers(panel: Panel) -> bool:
    return [place for place, _ in panel.ticks] == [0.0, 1.0]


def svg_of(found: Found) -> str:
    """A panel for each option, side by side, as SVG text."""
    drawn, low, high = panels(found), 0.0, 1.0
    if _finished(found):
        low, high = _limits(found)
    width = _LEFT + max(1, len(drawn)) * (_PANEL + _GAP)
    height = _TOP + _TALL + 60
    title = f"{len(_finished(found))} trials, selected by {found.title}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
        _text(_LEFT, 24, f"{title}; orange: the trial that is kept; dashes: the defaults", size=14),
    ]
    for number, panel in enumerate(drawn):
        parts += _drawn(panel, _LEFT + number * (_PANEL + _GAP), found, (low, high))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _drawn(panel: Panel, left: float, found: Found, limits: tuple[float, float]) -> list[str]:
    low, high = limits

    def down(figure: float) -> float:
        return _TOP + _TALL * (high - figure) / (high - low)

    bottom = _TOP + _TALL
    parts = [f'<rect x="{left}" y="{_TOP}" width="{_PANEL}" height="{_TALL}" fill="none" stroke="#999999"/>']
    parts += [_text(left - 6, down(value) + 4, f"{value:.3g}", "end") for value in limits]
    parts += [_text(left + _PANEL * place, bottom + 18, text, "middle") for place, text in panel.ticks]
    name = panel.name + (" (log)" if panel.is_log else "")
    parts.append(_text(left + _PANEL / 2, bottom + 40, name, "middle"))
    first = found.trials[0]
    if first.number == 0 and first.figure is not None:
        y = down(first.figure.value)
        parts.append(f'<path d="M{left} {y:.1f}h{_PANEL}" stroke="#555555" stroke-dasharray="6 4"/>')
    for point in sorted(panel.points, key=lambda point: point.trial is found.kept):
        is_kept = point.trial is found.kept
        said = ", ".join(f"{option} {text}" for option, text in point.trial.trial.items())
        parts.append(
            f'<circle cx="{left + _PANEL * point.across:.1f}" cy="{down(point.figure):.1f}" r="{6 if is_kept else 4}" '
            f'fill="{_KEPT if is_kept else _ALL}" fill-opacity="0.75">'
            f"<title>{escape(f'trial {point.trial.number}: {said}: {point.figure:.4g}')}</title></circle>"
        )
    return parts


def _text(x: float, y: float, words: str, anchor: str = "start", size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(words)}</text>'
