"""Forecast: the end of a series, what the network predicts after it, and how far it was off on held-out windows at each step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from anncli.arrays import Array
from anncli.cli.showing.figures.facts import Facts, Figure, ForecastFacts, LabelForecast
from anncli.cli.showing.plot_area import Entry, PlotArea, axis_for, number_text
from anncli.cli.showing.svg import Drawing, Series
from anncli.errors import UsageError, count_of

_KNOWN, _FORECAST, _LAST = Series(0), Series(1), Series(2)
# Rows of the series that are drawn: so many windows, and at least so many horizons.
_WINDOWS, _HORIZONS, _MOST_ROWS = 1, 4, 400


def draw(facts: Facts) -> Figure:
    """A drawing for each label, below each other."""
    found = facts.forecast
    if found is None:
        raise UsageError(
            "this network makes no forecasts", advice="train one: ann train table.csv --window 24 --horizon 6"
        )
    drawings = [_drawing(found, one) for one in found.labels]
    rows = [row for one in found.labels for row in _rows(one)]
    header = ("label", "step", "known", "predicted", "low", "high", "last value")
    return Figure(drawings[0], _caption(found), header, rows, below=tuple(drawings[1:]))


def _tail(found: ForecastFacts, one: LabelForecast) -> Array:
    shown = min(max(_WINDOWS * found.window, _HORIZONS * len(one.predicted)), _MOST_ROWS)
    return one.values[-shown:]


def _drawing(found: ForecastFacts, one: LabelForecast) -> Drawing:
    values, horizon = _tail(found, one), len(one.predicted)
    known = [(float(k - len(values) + 1), float(value)) for k, value in enumerate(values) if np.isfinite(value)]
    ahead = [(0.0, one.last), *((float(k), float(value)) for k, value in enumerate(one.predicted, 1))]
    band = [*one.low.tolist(), *one.high.tolist()]
    axes = (
        axis_for([known[0][0], float(horizon)], _words_of_axis(found)),
        axis_for([*(y for _, y in (*known, *ahead)), *band], one.label, margin=0.05),
    )
    legend = [Entry(_KNOWN, "known"), Entry(_FORECAST, "predicted"), Entry(_LAST, "last value")]
    if len(band):
        legend.append(Entry(_FORECAST, "80 % of the errors", "box"))
    of = f" of {found.series}" if found.series else ""
    plot = PlotArea(f"Forecast of {one.label}{of}", _described(one), axes, legend)
    if len(band):
        _band(plot, one)
    plot.curve(known, _KNOWN)
    plot.curve([(0.0, one.last), (float(horizon), one.last)], _LAST)
    plot.curve(ahead, _FORECAST)
    plot.marks(ahead[1:], _FORECAST, 2.5)
    return plot.drawing


def _band(plot: PlotArea, one: LabelForecast) -> None:
    steps = range(1, len(one.predicted) + 1)
    there = [(0.0, one.last), *zip(steps, one.high.tolist(), strict=True)]
    back = [*zip(steps, one.low.tolist(), strict=True)][::-1]
    places = [plot.at(float(x), float(y)) for x, y in (*there, *back)]
    path = "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in places) + "z"
    plot.drawing.area(path, f"f{_FORECAST.colour}", 0.22)


def _words_of_axis(found: ForecastFacts) -> str:
    return f"rows after {found.at} ({found.unit})" if found.at else "rows after the last one"


def _described(one: LabelForecast) -> str:
    steps = "; ".join(f"step {k}: {number_text(float(value))}" for k, value in enumerate(one.predicted, 1))
    return f"The last known value is {number_text(one.last)}. Predicted are {steps}."


def _caption(found: ForecastFacts) -> str:
    text = (
        f"What the network predicts after the last of the known rows, from a window of {count_of(found.window, 'row')}."
    )
    if found.of:
        text += f" The band holds 80 % of its errors at each step, as they were on {count_of(found.n, 'window')} of the {found.of} set."
    else:
        text += " There is no band: no set was held out when it was trained."
    return text + (f" Of several series the first one is drawn, {found.series}." if found.series else "")


def _rows(one: LabelForecast) -> Sequence[tuple[object, ...]]:
    n = len(one.values)
    known = [
        (one.label, k - n + 1, float(value), None, None, None, None)
        for k, value in enumerate(one.values)
        if np.isfinite(value)
    ]
    ends = (
        zip(one.low.tolist(), one.high.tolist(), strict=True) if len(one.low) else [(None, None)] * len(one.predicted)
    )
    ahead = [
        (one.label, k, None, float(value), low, high, one.last)
        for k, (value, (low, high)) in enumerate(zip(one.predicted.tolist(), ends, strict=True), 1)
    ]
    return [*known, *ahead]
