"""The voltage of units over time, with their threshold and their spikes: exact at every event and between."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.cli.showing.figures.facts import Facts, Figure, RowSet
from anncli.cli.showing.figures.spikes import DrawnSample, drawn_samples, layer_words
from anncli.cli.showing.plot_area import Entry, PlotArea, axis_for, number_text
from anncli.cli.showing.svg import Drawing, Series
from anncli.errors import UsageError, count_of

# Units of a layer where none are asked for, and units that one drawing tells apart.
_FIRST, _MOST = 2, 12
_MILLI, _STEPS = 1000.0, 400

_Lines = dict[int, tuple[Array, Array]]


def draw(facts: Facts, rows: RowSet) -> Figure:
    """A drawing for each layer with chosen units, below each other.

    Raises: UsageError for units that are not there.
    """
    (sample,) = drawn_samples(facts, rows, 1)
    end = (sample.end or 0.02) * 1.15
    drawings, table = [], []
    for k, units in sorted(_chosen(facts, sample).items()):
        lines = {unit: sample.layers[k].voltage(unit, end, end / _STEPS) for unit in units}
        drawings.append(_drawing(facts, sample, k, lines))
        table += [
            (sample.number, k + 1, unit + 1, time, value)
            for unit, (times, values) in lines.items()
            for time, value in zip(times.tolist(), values.tolist(), strict=True)
        ]
    header = ("sample", "layer", "unit", "time", "voltage")
    return Figure(drawings[0], _caption(sample), header, table, tuple(drawings[1:]))


def _chosen(facts: Facts, sample: DrawnSample) -> dict[int, list[int]]:
    """The units of each layer, both from 0."""
    found: dict[int, list[int]] = {}
    for place in facts.spikes.units:
        if place.layer > len(sample.layers) or place.unit > sample.layers[place.layer - 1].layer.units:
            shapes = ", ".join(f"1 to {events.layer.units} in layer {k}" for k, events in enumerate(sample.layers, 1))
            raise UsageError(f"--unit {place.layer}:{place.unit}: there is no such unit", advice=f"there are {shapes}")
        found.setdefault(place.layer - 1, []).append(place.unit - 1)
    if found:
        found = {k: list(dict.fromkeys(units)) for k, units in found.items()}
        if any(len(units) > _MOST for units in found.values()):
            raise UsageError(f"a drawing tells {_MOST} units apart", advice="name fewer units of one layer")
        return found
    for k, events in enumerate(sample.layers):
        if k == len(sample.layers) - 1:
            found[k] = list(range(min(events.layer.units, _MOST)))
        else:
            found[k] = list(dict.fromkeys(events.fired[1].tolist()))[:_FIRST] or [0]
    return found


def _drawing(facts: Facts, sample: DrawnSample, k: int, lines: _Lines) -> Drawing:
    events = sample.layers[k]
    is_last, theta = k == len(sample.layers) - 1, events.layer.neuron.theta
    names = {unit: facts.classes[unit] if is_last else f"unit {unit + 1}" for unit in lines}
    values = np.concatenate([line[1] for line in lines.values()])
    ends = [float(values.min()), float(values.max()), *([theta] if events.layer.fires else [])]
    times = next(iter(lines.values()))[0]
    axes = axis_for([0.0, float(times[-1]) * _MILLI], "time in ms"), axis_for(ends, "voltage", margin=0.06)
    legend = [Entry(Series(number), names[unit]) for number, unit in enumerate(lines)]
    title = f"Voltages of sample {sample.number}, {layer_words(sample.layers, k)}: {sample.words}"
    plot = PlotArea(title, _described(names, lines), axes, legend)
    if events.layer.fires:
        plot.rule((axes[0].low, theta), (axes[0].high, theta))
    for number, (unit, (line_times, voltages)) in enumerate(lines.items()):
        plot.curve(zip((line_times * _MILLI).tolist(), voltages.tolist(), strict=True), Series(number), " thin")
        fired = events.fired[0][events.fired[1] == unit]
        plot.marks([(float(time) * _MILLI, theta) for time in fired], Series(number), 3.0)
    return plot.drawing


def _described(names: dict[int, str], lines: _Lines) -> str:
    return (
        "; ".join(f"{names[unit]}: at most {number_text(float(values.max()))}" for unit, (_, values) in lines.items())
        + "."
    )


def _caption(sample: DrawnSample) -> str:
    last = sample.layers[-1]
    text = "The voltage rises with the current that spikes bring, and falls back to 0 where it reaches the threshold (dashed) and the unit fires."
    if last.layer.kind == "first-spike":
        return text + " Of an output only the first spike counts."
    return f"{text} The outputs never fire: the highest of {count_of(last.layer.units, 'peak')} names the class."
