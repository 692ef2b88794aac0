"""Histograms of residuals: how far predicted numbers are from the true ones."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.cli.showing.figures.facts import Facts, Figure, RowSet, refuse_not_finite, titled
from anncli.cli.showing.figures.numbers import middle_outputs, series_of
from anncli.cli.showing.plot_area import Entry, PlotArea, axis_for, number_text

_BINS = 25


def draw(facts: Facts, rows: RowSet) -> Figure:
    """True minus predicted numbers: bars for one target, outlines for several."""
    refuse_not_finite(rows)
    residuals = facts.targets(rows) - middle_outputs(facts, rows)
    series = series_of(facts)
    shown = residuals[:, : len(series)]
    edges = _edges(shown)
    counts = [
        np.histogram(residuals[:, one.number], edges, weights=rows.weights)[0].astype(np.float64) for one, _ in series
    ]
    axes = (
        axis_for(edges.tolist(), "true - predicted"),
        axis_for([0, *(float(c.max()) for c in counts)], "rows", margin=0.02),
    )
    axes = axes[0], axes[1]._replace(low=0.0)
    legend = [Entry(one, name) for one, name in series] if len(series) > 1 else []
    plot = PlotArea(titled("Residuals", rows), _described(facts, residuals), axes, legend)
    for (one, _), count in zip(series, counts, strict=True):
        if len(series) == 1:
            for k in np.flatnonzero(count).tolist():
                plot.bar((float(edges[k]), float(edges[k + 1])), (0, float(count[k])), one)
        else:
            plot.curve(zip(np.repeat(edges, 2)[1:-1].tolist(), np.repeat(count, 2).tolist(), strict=True), one)
    if axes[0].low < 0 < axes[0].high:
        plot.rule((0, axes[1].low), (0, axes[1].high))
    table = [
        (name, float(edges[k]), float(edges[k + 1]), float(count[k]))
        for (_, name), count in zip(series, counts, strict=True)
        for k in range(len(count))
    ]
    caption = "To the right of the dashed line predictions are too low, to the left too high."
    return Figure(plot.drawing, caption, ("target", "from", "to", "rows"), table)


def _edges(residuals: Array) -> Array:
    low, high = float(residuals.min()), float(residuals.max())
    if not high > low:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, _BINS + 1)


def _described(facts: Facts, residuals: Array) -> str:
    parts = [
        f"{name}: mean {number_text(float(residuals[:, k].mean()))}, "
        f"standard deviation {number_text(float(residuals[:, k].std()))}"
        for k, name in enumerate(facts.target_names[:10])
    ]
    return f"True minus predicted numbers of {len(residuals)} rows. {'; '.join(parts)}."
