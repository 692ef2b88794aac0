"""The windows of a convolution: what each of its units looks for, a cell for each weight."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.cli.showing.figures.facts import Facts, Figure
from anncli.cli.showing.plot_area import number_text
from anncli.cli.showing.svg import Drawing
from anncli.network.layers.convolution import Convolution

#: Cells that are drawn at most, and channels of a window.
MOST_CELLS, MOST_CHANNELS = 3000, 8
_WIDTH, _GAP, _WORDS, _LARGEST, _SMALLEST = 480.0, 10.0, 16.0, 14.0, 3.0


class _Filters(NamedTuple):
    """One layer: its number; weights (units, channels, height, width), rows of a sample from left to right, its columns being
    the height; which units are drawn, and how many channels."""

    number: int
    text: str
    over_rows: bool
    weights: Array
    shown: list[int]
    channels: int


def draw_filters(facts: Facts) -> Figure:
    """The windows of the first convolution of a network."""
    found = _first(facts)
    units, channels, height, width = found.weights.shape
    across, cell = _arranged(len(found.shown), found.channels * width, width)
    tile = cell * width * found.channels + _GAP * (found.channels - 1)
    lines = -(-len(found.shown) // across)
    tall = cell * height + _WORDS + _GAP
    drawing = Drawing(_WIDTH, lines * tall + 46, f"The windows of layer {found.number}", _described(found))
    largest = float(np.abs(found.weights).max()) or 1.0
    for k, unit in enumerate(found.shown):
        left = 8 + (k % across) * (tile + 2 * _GAP)
        top = 8 + (k // across) * tall
        drawing.text((left, top + 9), str(unit + 1), style="soft", size=11)
        for channel in range(found.channels):
            corner = (left + channel * (cell * width + _GAP), top + _WORDS)
            _window(drawing, found.weights[unit, channel] / largest, corner, cell)
    bottom = drawing.height - 12
    for left, style, words in ((60, "f0", "weight above 0"), (240, "f1", "below 0")):
        drawing.box((left, bottom - 10), 12, 12, style)
        drawing.text((left + 20, bottom), words)
    header = ("unit", "channel", "row", "column", "weight")
    places = np.ndindex(units, channels, height, width)
    rows = [(*(k + 1 for k in place), float(found.weights[place])) for place in places]
    return Figure(drawing, _caption(found), header, rows)


def _first(facts: Facts) -> _Filters:
    network = facts.network
    number, layer = next((k, one) for k, one in enumerate(network.layers) if isinstance(one, Convolution))
    block = layer.weights(network.topology.blocks(network.all_parameters)[number])[0].astype(np.float64)
    if len(layer.size) == 2:
        weights = block.reshape(*layer.size, -1, layer.units).transpose(3, 2, 0, 1)
    else:
        weights = block.reshape(layer.size[0], -1, layer.units).transpose(2, 1, 0)[:, None]
    channels = min(weights.shape[1], MOST_CHANNELS)
    n = max(1, min(layer.units, MOST_CELLS // max(1, weights[0, :channels].size)))
    strength = np.abs(weights).sum(axis=(1, 2, 3))
    shown = sorted(np.argsort(-strength, kind="stable")[:n].tolist())
    return _Filters(number + 1, layer.text(), len(layer.size) == 1, weights, shown, channels)


def _arranged(n: int, cells: int, width: int) -> tuple[int, float]:
    """How many units stand side by side, and the side of a cell; cells: those of one unit from left to right."""
    gaps = _GAP * (cells // width + 1)
    for across in range(min(n, 12), 0, -1):
        cell = (_WIDTH / across - gaps) / cells
        if cell >= min(_LARGEST, 6.0) or across == 1:
            break
    return across, max(_SMALLEST, min(_LARGEST, cell))


def _window(drawing: Drawing, shares: Array, corner: tuple[float, float], cell: float) -> None:
    """Weights (height, width) as fractions of the largest one."""
    height, width = shares.shape
    for y, x in np.ndindex(height, width):
        share = float(shares[y, x])
        if abs(share) >= 0.02:
            place = (corner[0] + cell * x, corner[1] + cell * y)
            drawing.box(place, cell, cell, f"f{int(share < 0)}", abs(share))
    drawing.box(corner, cell * width, cell * height, "line grid thin")


def _caption(found: _Filters) -> str:
    time = "time goes from left to right, and each line of cells is a column of the rows" if found.over_rows else ""
    beside = "" if found.over_rows or found.channels == 1 else "the channels stand side by side"
    text = f"What each unit of layer {found.number} looks for: the stronger the colour of a cell, the larger its weight"
    text += "".join(f"; {part}" for part in (time, beside) if part) + "."
    if len(found.shown) < len(found.weights):
        text += f" Shown are the {len(found.shown)} of {len(found.weights)} units with the largest weights."
    if found.channels < found.weights.shape[1]:
        text += f" Of {found.weights.shape[1]} channels the first {found.channels} are shown."
    return text


def _described(found: _Filters) -> str:
    low, high = number_text(float(found.weights.min())), number_text(float(found.weights.max()))
    return f"Layer {found.number}, {found.text}: weights from {low} to {high}."
