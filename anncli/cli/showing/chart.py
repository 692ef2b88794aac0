"""A line chart as SVG text, without a plotting library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 960, 560
LEFT, RIGHT, TOP, BOTTOM = 80, 230, 50, 60
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22")
DASHES = ("", "6 3", "2 3", "8 3 2 3")


class Line(NamedTuple):
    """A named line through points (x, y)."""

    name: str
    points: Sequence[tuple[float, float]]


def line_chart(lines: Sequence[Line], title: str, x_label: str, y_label: str) -> str:
    """The chart, with a logarithmic y axis; points that are not finite or not above 0 are left out."""
    shown = [Line(n, [(x, y) for x, y in p if math.isfinite(y) and y > 0 and math.isfinite(x)]) for n, p in lines]
    xs = [x for line in shown for x, _ in line.points] or [0.0, 1.0]
    ys = [y for line in shown for _, y in line.points] or [0.1, 1.0]
    right = max(xs) or 1.0
    low, high = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))
    high = max(high, low + 1)

    def across(x: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * x / right

    def down(y: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - math.log10(y)) / (high - low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        _text(LEFT, 28, title, size=16),
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 18, x_label, anchor="middle"),
        f'<g transform="translate(20 {HEIGHT / 2:.0f}) rotate(-90)">{_text(0, 0, y_label, anchor="middle")}</g>',
    ]
    for tick in ticks(right):
        parts.append(_rule(across(tick), TOP, across(tick), HEIGHT - BOTTOM))
        parts.append(_text(across(tick), HEIGHT - BOTTOM + 18, f"{tick:g}", anchor="middle"))
    for power in range(low, high + 1):
        parts.append(_rule(LEFT, down(10.0**power), WIDTH - RIGHT, down(10.0**power)))
        parts.append(_text(LEFT - 8, down(10.0**power) + 4, f"1e{power}", anchor="end"))
    for number, line in enumerate(shown):
        parts += _line(number, line, [(across(x), down(y)) for x, y in line.points])
    return "\n".join([*parts, "</svg>"]) + "\n"


def ticks(right: float) -> list[float]:
    """From 0 to `right`, four to eight round numbers apart by 1, 2 or 5 times a power of ten."""
    power = 10 ** math.floor(math.log10(right))
    step = next(s * power for s in (0.1, 0.2, 0.5, 1.0, 2.0) if right / (s * power) <= 8)
    return [k * step for k in range(int(right / step + 1e-9) + 1)]


def _line(number: int, line: Line, places: list[tuple[float, float]]) -> list[str]:
    colour, dash = COLOURS[number % len(COLOURS)], DASHES[number // len(COLOURS) % len(DASHES)]
    style = f'fill="none" stroke="{colour}" stroke-width="1.6"' + (f' stroke-dasharray="{dash}"' if dash else "")
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    x, y = WIDTH - RIGHT + 20, TOP + 10 + 15 * number
    return [
        f'<polyline points="{points}" {style}/>',
        f'<polyline points="{x},{y} {x + 28},{y}" {style}/>',
        _text(x + 36, y + 4, line.name),
    ]


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#dddddd"/>'


def _text(x: float, y: float, words: str, anchor: str = "start", size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(words)}</text>'
