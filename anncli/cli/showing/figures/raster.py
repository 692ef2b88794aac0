"""A raster: when the sources and the units of every layer fire, a line for each of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.cli.showing.figures.facts import Facts, Figure, RowSet
from anncli.cli.showing.figures.spikes import DrawnSample, drawn_samples, layer_words
from anncli.cli.showing.plot_area import WIDTH, axis_for, tick_text
from anncli.cli.showing.svg import Drawing, shortened
from anncli.errors import count_of

_LEFT, _RIGHT, _TOP, _BOTTOM, _GAP = 92.0, 14.0, 8.0, 44.0, 10.0
_LINE, _LEAST, _LARGEST = 14.0, 42.0, 220.0
_MILLI = 1000.0


class _Band(NamedTuple):
    """Spikes of one layer, or of the sources: their times (m,) in seconds, and lines (m,) from 0 of n; names of the lines, if there
    are few."""

    words: str
    n: int
    times: Array
    lines: Array
    names: tuple[str, ...] = ()

    @property
    def height(self) -> float:
        return min(max(self.n * _LINE, _LEAST), _LARGEST)


def draw(facts: Facts, rows: RowSet) -> Figure:
    """A drawing for each sample, below each other."""
    samples = drawn_samples(facts, rows)
    # One scale of time, so that the drawings can be compared.
    end = max(sample.end for sample in samples) or 1.0
    drawings = [_drawing(sample, _bands(facts, sample), end) for sample in samples]
    rows_of_table = [row for sample in samples for row in _rows(_bands(facts, sample), sample.number)]
    return Figure(
        drawings[0], _caption(samples), ("sample", "layer", "unit", "time"), rows_of_table, tuple(drawings[1:])
    )


def _bands(facts: Facts, sample: DrawnSample) -> list[_Band]:
    first = sample.layers[0]
    bands = [_Band("inputs", len(first.weights), *first.given)]
    for k, events in enumerate(sample.layers):
        is_last = k == len(sample.layers) - 1
        if events.layer.fires:
            names = facts.classes if is_last else ()
            bands.append(_Band(layer_words(sample.layers, k), events.layer.units, *events.fired, names))
    return bands


def _drawing(sample: DrawnSample, bands: list[_Band], end: float) -> Drawing:
    height = _TOP + sum(band.height for band in bands) + _GAP * (len(bands) - 1) + _BOTTOM
    drawing = Drawing(WIDTH, height, f"Spikes of sample {sample.number}: {sample.words}", _described(bands))
    axis, top = axis_for([0.0, end * _MILLI * 1.03], "time in ms"), _TOP
    right = WIDTH - _RIGHT

    def across(time: float) -> float:
        return _LEFT + (right - _LEFT) * axis.fraction(time)

    for number, band in enumerate(bands):
        bottom = top + band.height
        for tick in axis.ticks(6):
            drawing.line([(across(tick), top), (across(tick), bottom)], "line grid thin")
        corners = [(_LEFT, top), (right, top), (right, bottom), (_LEFT, bottom)]
        drawing.line(corners, "line soft thin", closed=True)
        _labels(drawing, band, top)
        step = band.height / band.n
        length = max(min(step * 0.8, 10.0), 4.0)
        for time, line in zip(band.times.tolist(), band.lines.tolist(), strict=True):
            x, y = across(time * _MILLI), top + step * (line + 0.5)
            drawing.line([(x, y - length / 2), (x, y + length / 2)], f"line l{number % 6}")
        top = bottom + _GAP
    bottom = height - _BOTTOM
    for tick in axis.ticks(6):
        drawing.text((across(tick), bottom + 16), tick_text(tick), "middle", "soft", 12)
    drawing.text(((_LEFT + right) / 2, bottom + 36), axis.label, "middle")
    return drawing


def _labels(drawing: Drawing, band: _Band, top: float) -> None:
    """The name of a band, and those of its lines where each has room."""
    step = band.height / band.n
    if band.names and step >= 11:
        for k, name in enumerate(band.names):
            drawing.text((_LEFT - 8, top + step * (k + 0.5) + 4), shortened(name, _LEFT - 12, 12), "end", "soft", 12)
        return
    middle = top + band.height / 2
    drawing.text((_LEFT - 8, middle - 2), band.words, "end")
    drawing.text((_LEFT - 8, middle + 13), f"1 to {band.n}", "end", "soft", 12)


def _described(bands: list[_Band]) -> str:
    return "; ".join(f"{band.words}: {count_of(len(band.times), 'spike')} of {band.n}" for band in bands) + "."


def _caption(samples: list[DrawnSample]) -> str:
    text = f"A mark for each spike, from the inputs above to the outputs below, of {count_of(len(samples), 'sample')}"
    first = samples[0].layers
    if first[-1].layer.kind == "first-spike":
        text += "; the output that fires first names the class, and later spikes of it do not count"
    silent = [int((np.bincount(events.fired[1], minlength=events.layer.units) == 0).sum()) for events in first[:-1]]
    for k, n in enumerate(silent):
        text += f"; {n} of {first[k].layer.units} units of layer {k + 1} are silent in sample {samples[0].number}"
    return text + "."


def _rows(bands: list[_Band], number: int) -> list[tuple[object, ...]]:
    return [
        (number, k, line + 1, time)
        for k, band in enumerate(bands)
        for time, line in zip(band.times.tolist(), band.lines.tolist(), strict=True)
    ]
