"""Histograms of scores: where the rows of each class lie."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.cli.showing.figures.facts import Facts, Figure, RowSet, events, refuse_not_finite, titled
from anncli.cli.showing.plot_area import Axis, Entry, PlotArea, axis_for, number_text
from anncli.cli.showing.svg import Series
from anncli.errors import UsageError

_BINS = 20


def draw(facts: Facts, rows: RowSet) -> Figure:
    """Two classes: the scores of the positive rows above the axis, those of the negative rows below. More: the largest output
    of the rows that are predicted correctly above, of the others below.

    Raises: UsageError where there are no rows.
    """
    refuse_not_finite(rows)
    label, names, scores, is_upper = _groups(facts, rows)
    if not len(scores):
        raise UsageError("there is no row to draw", advice="give rows with answers")
    edges = _edges(scores)
    weights = np.ones(len(scores)) if rows.weights is None or len(rows.weights) != len(scores) else rows.weights
    upper, lower = (np.histogram(scores[m], edges, weights=weights[m])[0] for m in (is_upper, ~is_upper))
    # Fractions of each group: of a rare class nothing would be seen beside the other one.
    heights = [counts / (float(counts.sum()) or 1.0) for counts in (upper, lower)]
    tall, deep = (float(h.max()) for h in heights)
    # Room for at least a tenth on either side, so that the axis does not look like the edge.
    ends = -max(deep, 0.1 * tall), max(tall, 0.1 * deep)
    axes = (
        Axis(float(edges[0]), float(edges[-1]), label),
        axis_for(ends, "fraction of each group", margin=0.04)._replace(two_sided=True),
    )
    legend = [Entry(Series(k), name, "box") for k, name in enumerate(names)]
    plot = PlotArea(titled("Scores", rows), _described(names, upper, lower), axes, legend)
    for k in range(len(edges) - 1):
        at = float(edges[k]), float(edges[k + 1])
        if upper[k]:
            plot.bar(at, (0, float(heights[0][k])), Series(0))
        if lower[k]:
            plot.bar(at, (-float(heights[1][k]), 0), Series(1))
    limit = facts.threshold
    caption = f"Above the axis: {names[0]}; below: {names[1]}."
    if limit is not None and len(facts.classes) == 2 and edges[0] <= limit <= edges[-1]:
        plot.rule((limit, axes[1].low), (limit, axes[1].high))
        caption += f" The dashed line is the threshold {number_text(limit)}."
    table = [(float(edges[k]), float(edges[k + 1]), float(upper[k]), float(lower[k])) for k in range(len(upper))]
    return Figure(plot.drawing, caption, ("from", "to", names[0], names[1]), table)


def _groups(facts: Facts, rows: RowSet) -> tuple[str, tuple[str, str], Array, Array]:
    """The label of the axis, the names of two groups, the scores (n,) and which of them are of the first group (n,)."""
    each = events(facts, rows)
    if facts.task == "multi-label":
        scores, is_so = np.concatenate([e.scores for e in each]), np.concatenate([e.is_so for e in each])
        return "score of a label", ("labels that the row has", "labels that it has not"), scores, is_so
    if len(each) == 1:
        return f"score ({each[0].name} where it is high)", facts.classes[:2], each[0].scores, each[0].is_so  # type: ignore[return-value]
    right = np.argmax(rows.outputs, axis=1) == facts.labels(rows)
    return "score of the predicted class", ("predicted correctly", "predicted wrongly"), rows.outputs.max(axis=1), right


def _edges(scores: Array) -> Array:
    low, high = float(scores.min()), float(scores.max())
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    if not high > low:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, _BINS + 1)


def _described(names: tuple[str, str], upper: Array, lower: Array) -> str:
    return (
        f"Histograms of {_BINS} bins: {number_text(float(upper.sum()))} rows of {names[0]}, "
        f"{number_text(float(lower.sum()))} of {names[1]}."
    )
