"""Predicted against true numbers."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.cli.showing.figures.facts import Facts, Figure, RowSet, refuse_not_finite, titled
from anncli.cli.showing.figures.numbers import MOST_MARKS, middle_outputs, series_of, some
from anncli.cli.showing.plot_area import Entry, PlotArea, axis_for, number_text

_CELLS = 30


def draw(facts: Facts, rows: RowSet) -> Figure:
    """A marker for each row; on the dashed line predictions are right."""
    refuse_not_finite(rows)
    true, predicted, places = facts.targets(rows), middle_outputs(facts, rows), some(len(rows.places))
    series = series_of(facts)
    n = len(series)
    both = np.concatenate([true[:, :n].ravel(), predicted[:, :n].ravel()])
    axes = axis_for(both.tolist(), "true", margin=0.04), axis_for(both.tolist(), "predicted", margin=0.04)
    legend = [Entry(one, name, "marker") for one, name in series] if n > 1 and facts.single_rows else []
    plot = PlotArea(titled("Predicted and true", rows), _described(facts, rows), axes, legend, square=True)
    plot.rule((axes[0].low, axes[0].low), (axes[0].high, axes[0].high))
    if facts.single_rows:
        for one, _ in series:
            k = one.number
            plot.marks(zip(true[places, k].tolist(), predicted[places, k].tolist(), strict=True), one, 2.5)
    else:
        _density(plot, true[:, 0], predicted[:, 0])
    caption = "On the dashed line predictions are right."
    if not facts.single_rows:
        caption += " The stronger the colour, the more rows" + (f" ({series[0][1]})." if n > 1 else ".")
    elif len(rows.places) > MOST_MARKS:
        caption += f" {len(places)} of {len(rows.places)} rows are drawn."
    table = [
        (facts.target_names[k], int(rows.places[i]) + 1, float(true[i, k]), float(predicted[i, k]))
        for k in range(true.shape[1])
        for i in range(len(true))
    ]
    return Figure(plot.drawing, caption, ("target", "row", "true", "predicted"), table)


def _density(plot: PlotArea, true: Array, predicted: Array) -> None:
    """Cells, the darker the more rows there are, in place of the rows."""
    edges = [np.linspace(axis.low, axis.high, _CELLS + 1) for axis in (plot.x, plot.y)]
    counts, _, _ = np.histogram2d(true, predicted, bins=edges)
    for i, j in np.argwhere(counts > 0).tolist():
        corner, other = plot.at(edges[0][i], edges[1][j + 1]), plot.at(edges[0][i + 1], edges[1][j])
        share = float(counts[i, j] / counts.max())
        plot.drawing.box(corner, other[0] - corner[0], other[1] - corner[1], "cells f0", 0.15 + 0.7 * share)


def _described(facts: Facts, rows: RowSet) -> str:
    parts = [
        f"{t.name}: R2 {number_text(t.r2)}, mean absolute error {number_text(t.mae)}" for t in rows.evaluation.targets
    ]
    return f"Predicted against true numbers of {len(rows.places)} rows. " + "; ".join(parts[:10]) + "."
