"""The network with its weights: a circle for each unit, a line for each weight, as thick as the weight is large."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from anncli.analysis.columns import columns_of, input_names
from anncli.arrays import Array
from anncli.cli.showing.figures.facts import Facts, Figure
from anncli.cli.showing.figures.filters import draw_filters
from anncli.cli.showing.plot_area import Entry, draw_entry, number_text
from anncli.cli.showing.svg import Drawing, Point, Series, shortened, text_width
from anncli.errors import UsageError
from anncli.training.beginning import refuse_ensemble

#: Units of a layer that are drawn; of a larger one those with the largest weights.
MOST_UNITS = 16
#: Lines between two layers that are drawn.
MOST_LINES = 120
_WIDTH, _STEP, _TOP = 480.0, 24.0, 30.0


class _Column(NamedTuple):
    """One layer: which of its units are drawn, how many there are, and the words above it."""

    shown: list[int]
    n: int
    words: str


def draw(facts: Facts) -> Figure:
    """Of a network with convolutions the windows of the first one; raises UsageError for other layers that are not dense, and
    for several networks together."""
    network = facts.network
    refuse_ensemble(network, "the figure of the weights")
    if any(layer.kind == "convolution" for layer in network.layers):
        return draw_filters(facts)
    if any(layer.kind != "dense" for layer in network.layers):
        raise UsageError("only dense layers and convolutions can be drawn", advice="draw another figure")
    weights = [w.astype(np.float64) for w in network.weights]
    columns = _columns(facts, weights)
    inputs, outputs = _inputs_of(facts), _names(_outputs_of(facts), network.n_outputs)
    left = _margin([inputs[k] for k in columns[0].shown])
    right = _WIDTH - _margin([outputs[k] for k in columns[-1].shown])
    tallest = max(len(column.shown) + (len(column.shown) < column.n) for column in columns)
    drawing = Drawing(_WIDTH, _TOP + _STEP * tallest + 40, "The network and its weights", _described(facts, weights))
    places = _places(columns, left, right, tallest)
    for k, block in enumerate(weights):
        _lines(drawing, block, (columns[k].shown, columns[k + 1].shown), (places[k], places[k + 1]))
    for k, column in enumerate(columns):
        _units(drawing, column, places[k], tallest)
    for place, unit in zip(places[0], columns[0].shown, strict=True):
        drawing.text((place[0] - 12, place[1] + 4), shortened(inputs[unit], 110, 12), "end", size=12)
    for place, unit in zip(places[-1], columns[-1].shown, strict=True):
        drawing.text((place[0] + 12, place[1] + 4), shortened(outputs[unit], 110, 12), size=12)
    bottom = drawing.height - 12
    draw_entry(drawing, Entry(Series(0), "weight above 0"), (60, bottom))
    draw_entry(drawing, Entry(Series(1), "below 0"), (240, bottom))
    return Figure(drawing, _caption(columns, weights), ("layer", "from", "to", "weight"), _rows(weights))


def _inputs_of(facts: Facts) -> list[str]:
    network = facts.network
    if network.topology.inputs.tokens:
        return [f"token {k + network.first_token}" for k in range(network.n_inputs)]
    return input_names(columns_of(network, facts.inputs))


def _outputs_of(facts: Facts) -> tuple[str, ...]:
    if facts.task != "regression":
        return facts.classes[: facts.network.n_outputs]
    quantiles = facts.network.quantiles
    return tuple(f"{name} at {q:g}" for name in facts.target_names for q in quantiles) or facts.target_names


def _names(names: tuple[str, ...], n: int) -> list[str]:
    """A name for each unit: with several outputs for a target, the names do not say which."""
    return list(names) if len(names) == n else [str(k) for k in range(1, n + 1)]


def _margin(names: list[str]) -> float:
    return 24 + min(max((text_width(name, 12) for name in names), default=0), 110)


def _columns(facts: Facts, weights: list[Array]) -> list[_Column]:
    sizes = [facts.network.n_inputs, *(block.shape[1] for block in weights)]
    words = ["inputs", *(layer.text() for layer in facts.network.layers)]
    columns = []
    for k, n in enumerate(sizes):
        strength = np.zeros(n)
        if k > 0:
            strength += np.abs(weights[k - 1]).sum(axis=0)
        if k < len(weights):
            strength += np.abs(weights[k]).sum(axis=1)
        chosen = sorted(np.argsort(-strength, kind="stable")[:MOST_UNITS].tolist())
        columns.append(_Column(chosen, n, words[k]))
    return columns


def _places(columns: list[_Column], left: float, right: float, tallest: int) -> list[list[Point]]:
    found = []
    for k, column in enumerate(columns):
        across = left + (right - left) * k / (len(columns) - 1)
        n = len(column.shown) + (len(column.shown) < column.n)
        top = _TOP + _STEP * (tallest - n) / 2 + _STEP / 2
        found.append([(across, top + _STEP * i) for i in range(len(column.shown))])
    return found


def _lines(
    drawing: Drawing, block: Array, units: tuple[list[int], list[int]], places: tuple[list[Point], list[Point]]
) -> None:
    """The largest weights between two layers, small ones first, so that large ones lie above."""
    largest = float(np.abs(block).max()) or 1.0
    shown = block[np.ix_(*units)]
    order = np.argsort(np.abs(shown), axis=None, kind="stable")[-MOST_LINES:]
    for flat in order.tolist():
        i, j = divmod(flat, shown.shape[1])
        share = abs(float(shown[i, j])) / largest
        # A weight of a fiftieth of the largest one says nothing that could be seen.
        if share >= 0.02:
            drawing.weight(places[0][i], places[1][j], Series(int(shown[i, j] < 0)), share)


def _units(drawing: Drawing, column: _Column, places: list[Point], tallest: int) -> None:
    for place in places:
        drawing.circle(place, 6, "ink")
        drawing.circle(place, 4.5, "paper")
    across = places[0][0]
    half = text_width(column.words, 12) / 2
    drawing.text((min(max(across, half + 4), _WIDTH - half - 4), 16), column.words, "middle", "soft", 12)
    if len(column.shown) < column.n:
        below = places[-1][1] + _STEP
        drawing.text((across, below + 4), f"+ {column.n - len(column.shown)} more", "middle", "soft", 12)


def _caption(columns: list[_Column], weights: list[Array]) -> str:
    text = "Lines are weights of scaled inputs and of units: the thicker, the larger within its layer; dashed ones are below 0."
    if any(len(column.shown) < column.n for column in columns):
        text += f" Of larger layers the {MOST_UNITS} units with the largest weights are drawn."
    if any(len(a.shown) * len(b.shown) > MOST_LINES for a, b in pairwise(columns)):
        text += f" Between two layers the {MOST_LINES} largest weights are drawn."
    return text


def _described(facts: Facts, weights: list[Array]) -> str:
    parts = [
        f"layer {k}: {w.shape[0]} x {w.shape[1]} weights from {number_text(float(w.min()))} to {number_text(float(w.max()))}"
        for k, w in enumerate(weights, 1)
    ]
    return f"A {facts.network.topology} network. " + "; ".join(parts) + "."


def _rows(weights: list[Array]) -> list[tuple[int, int, int, float]]:
    return [
        (k, i + 1, j + 1, float(np.float32(block[i, j])))
        for k, block in enumerate(weights, 1)
        for i in range(block.shape[0])
        for j in range(block.shape[1])
    ]
