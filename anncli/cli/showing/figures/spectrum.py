"""The spectrum of the second derivatives of the loss: how many eigenvalues lie where."""

from __future__ import annotations

import math
from contextlib import closing

import numpy as np

from anncli.analysis.curvature import Curvature, measure
from anncli.analysis.curvature_data import Asked, curved_loss, loss_of, penalty_of
from anncli.analysis.surface import some_rows
from anncli.arrays import Array
from anncli.cli.showing.figures.facts import Facts, Figure, RowSet
from anncli.cli.showing.plot_area import Axis, Entry, PlotArea, axis_for, number_text
from anncli.cli.showing.svg import Drawing, Series
from anncli.errors import UsageError, count_of

# Bars from the smallest to the largest eigenvalue.
_BARS = 60
# The least number of eigenvalues that a bar shows: estimates are no whole numbers.
_LEAST = 0.2
# Eigenvalues at either end that are computed one by one.
_PROBES, _ENDS = 2, 20
_NAMES = {"hessian": "Hessian", "gauss-newton": "Gauss-Newton matrix"}


def draw(facts: Facts, rows: RowSet) -> Figure:
    """Over all rows of the data, or as many as are asked for, drawn from them.

    Raises: UsageError where all eigenvalues are equal.
    """
    assert facts.data is not None
    asked, everything = Asked(), facts.sets[0].numbers
    chosen = some_rows(everything, facts.spectrum.rows, facts.seed)
    with closing(curved_loss(facts.network, facts.data, chosen, loss_of(facts.network, asked))) as loss:
        found = measure(
            loss, facts.spectrum.matrix, probes=_PROBES, count=_ENDS, seed=facts.seed, l2=penalty_of(facts.network, asked),
            tick=lambda done, what: None,
        )  # fmt: skip
    edges, heights = counted(found)
    return Figure(_drawing(found, edges, heights), _caption(found, len(chosen), len(everything)), ("from", "to", "eigenvalues"),
        [(float(edges[k]), float(edges[k + 1]), float(heights[k])) for k in range(len(heights))])  # fmt: skip


def counted(found: Curvature) -> tuple[Array, Array]:
    """The edges (n + 1,) of bars of one width, of which one is 0, and about how many eigenvalues lie in each (n,)."""
    ends = found.ends
    low, high = (
        0.0 if abs(end) <= found.flatness else float(end)
        for end in (min(ends.smallest[0], 0.0), max(ends.largest[0], 0.0))
    )
    if not found.flatness:
        raise UsageError(
            "all eigenvalues are 0: there is no spectrum to draw", advice="look at other rows or another loss"
        )
    width = (high - low) / _BARS
    first, last = math.floor(low / width + 1e-9), math.ceil(high / width - 1e-9)
    edges = width * np.arange(first, last + 1)
    # What is 0 up to rounding must not fall to the left of 0.
    values = np.where(np.abs(found.spectrum.values) <= found.flatness, 0.0, found.spectrum.values)
    places = np.clip(np.floor(values / width).astype(np.int64), first, last - 1) - first
    weights = found.spectrum.weights * (found.size / len(values))
    return edges, np.bincount(places.reshape(-1), weights.reshape(-1), minlength=last - first)


def _drawing(found: Curvature, edges: Array, heights: Array) -> Drawing:
    tallest = max(float(heights.max()), 2.0)
    x = Axis(float(edges[0]), float(edges[-1]), f"eigenvalue of the {_NAMES[found.matrix]}")
    y = axis_for([_LEAST, tallest * 1.1], "eigenvalues in each bar", logarithmic=True)
    legend = [Entry(Series(0), "above 0", "box"), *([Entry(Series(1), "below 0", "box")] if edges[0] < 0 else [])]
    plot = PlotArea("Spectrum of the second derivatives", _described(found), (x, y), legend)
    for k, height in enumerate(heights.tolist()):
        if height > y.low:
            series = Series(1 if edges[k + 1] <= 0 else 0)
            plot.bar((float(edges[k]), float(edges[k + 1])), (y.low, height), series)
    return plot.drawing


def _described(found: Curvature) -> str:
    low, high = (number_text(float(values[0])) for values in (found.ends.smallest, found.ends.largest))
    return f"A histogram of {found.size} eigenvalues from {low} to {high}, with a logarithmic axis of counts."


def _caption(found: Curvature, n: int, of: int) -> str:
    rows = count_of(n, "row") if n == of else f"{n} of the {count_of(of, 'row')}"
    about = "" if found.is_exact else "about "
    low, high = (number_text(float(values[0])) for values in (found.ends.smallest, found.ends.largest))
    return (
        f"The {found.size} eigenvalues of the {_NAMES[found.matrix]} of the mean loss on {rows}, without penalty: from {low} to {high}, "
        f"{about}{found.negative.mean:.0f} of them below 0 and {about}{found.flat.mean:.0f} equal to 0."
    )
