"""A heat map of numbers over two axes, with contours and a bar of its colours."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from anncli.arrays import Array
from anncli.cli.showing.figures.contours import contour, joined, regions
from anncli.cli.showing.plot_area import PlotArea, round_ticks, tick_text
from anncli.cli.showing.svg import place, text_width

# Shades of the colour; the opacity of the lightest and of the darkest; contours, where
# there are at least so many of rounder numbers, and otherwise.
_SHADES, _LIGHTEST, _DARKEST, _FEW, _MANY = 32, 0.02, 0.85, 8, 12
# Numbers that differ by more than this factor are shown by their logarithms.
_LOGARITHMIC = 1.5
_STEPS = (
    (1.0,),
    (1.0, 3.0),
    (1.0, 2.0, 5.0),
    (1.0, 1.5, 2.0, 3.0, 5.0, 7.0),
)
_BAR, _NUMBERS = 12.0, 12.0


class Scale:
    """The colours of numbers (n, m), of which at least one is finite: from `low` to `high`, logarithmic where they are above 0 and
    far apart; levels: round numbers between, where contours are drawn."""

    def __init__(self, values: Array) -> None:
        finite = values[np.isfinite(values)]
        self.low, self.high = float(finite.min()), float(finite.max())
        self.logarithmic = self.low > 0 and self.high > _LOGARITHMIC * self.low
        self.levels = _log_levels(self.low, self.high) if self.logarithmic else _levels(self.low, self.high)

    def shown(self, values: Array) -> Array:
        """The numbers, or their logarithms; those that are not finite become the highest."""
        kept = np.where(np.isfinite(values), values, self.high)
        return np.log(kept) if self.logarithmic else kept

    def fractions(self, values: Array) -> Array:
        """0 for the lowest, 1 for the highest number."""
        low, high = self.shown(np.array([self.low, self.high])).tolist()
        return (self.shown(values) - low) / ((high - low) or 1.0)


def _log_levels(low: float, high: float) -> list[float]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in _STEPS:
        levels = [level for power in powers for step in steps if low < (level := float(f"{step}e{power}")) < high]
        if len(levels) >= _FEW:
            return levels
    # Of equal ratio, to two digits.
    steps = np.geomspace(low, high, _MANY + 2)[1:-1].tolist()
    return [level for level in dict.fromkeys(float(f"{step:.2g}") for step in steps) if low < level < high]


def _levels(low: float, high: float) -> list[float]:
    if not high - low > 1e-9 * max(abs(low), abs(high)):
        return []
    return [level for level in round_ticks(low, high, 12) if low < level < high]


def draw_heat(plot: PlotArea, values: Array, scale: Scale) -> None:
    """Fill the area with the numbers (n, m) at the middles of cells, the lowest row first, and draw the contours over them."""
    upright = values[::-1]
    size = (plot.right - plot.left) / values.shape[1], (plot.bottom - plot.top) / values.shape[0]
    shades = np.minimum((scale.fractions(upright) * _SHADES).astype(int), _SHADES - 1)
    shades[~np.isfinite(upright)] = -1
    for shade, path in regions(shades, (plot.left, plot.top), size).items():
        if shade >= 0:
            plot.drawing.area(path, "cells f0", opacity_of(shade / (_SHADES - 1)))
    heights = scale.shown(upright)
    for level in scale.levels:
        lines = joined(contour(heights, float(scale.shown(np.array(level)))))
        paths = ("M" + "L".join(f"{place(plot.left + size[0] * (x + 0.5))} {place(plot.top + size[1] * (y + 0.5))}" for x, y in line) for line in lines)  # fmt: skip
        if path := "".join(paths):
            plot.drawing.area(path, "line ink hair")


def opacity_of(fraction: float) -> float:
    """Of the colour of a number."""
    return _LIGHTEST + (_DARKEST - _LIGHTEST) * fraction


def draw_bar(plot: PlotArea, scale: Scale, label: str) -> None:
    """A bar of the colours below everything, with the numbers of some contours; it makes the drawing taller."""
    draw, top = plot.drawing, plot.drawing.height + 22
    draw.height += 58
    draw.text((plot.left, top - 6), label, size=_NUMBERS)
    width = (plot.right - plot.left) / _SHADES
    for shade in range(_SHADES):
        corner = (plot.left + width * shade, top)
        draw.box(corner, width, _BAR, "cells f0", opacity_of(shade / (_SHADES - 1)))
    corners = [(plot.left, top), (plot.right, top), (plot.right, top + _BAR), (plot.left, top + _BAR)]
    draw.line(corners, "line soft thin", closed=True)
    free = plot.left
    for level, fraction in zip(scale.levels, scale.fractions(np.array(scale.levels)).tolist(), strict=True):
        across, half = plot.left + fraction * (plot.right - plot.left), text_width(tick_text(level), _NUMBERS) / 2
        draw.line([(across, top), (across, top + _BAR)], "line ink hair")
        if across - half >= free and across + half <= draw.width:
            draw.text((across, top + _BAR + 14), tick_text(level), "middle", "soft", _NUMBERS)
            free = across + half + 6


def described_range(values: Array, scale: Scale) -> Sequence[str]:
    """The lowest and the highest number, and how many are not finite, in words."""
    n_lost = int(np.count_nonzero(~np.isfinite(values)))
    words = [f"from {scale.low:.4g} to {scale.high:.4g}"]
    return [*words, f"{n_lost} of {values.size} places overflow and are left white"] if n_lost else words
