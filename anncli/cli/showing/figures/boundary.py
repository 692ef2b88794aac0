"""The decision boundary over two inputs: what is predicted where, with the rows of the data."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.cli.showing.figures.contours import contour, regions
from anncli.cli.showing.figures.facts import Facts, Figure, RowSet, predicted_classes
from anncli.cli.showing.figures.numbers import some
from anncli.cli.showing.figures.plane import Plane, make_plane
from anncli.cli.showing.plot_area import Axis, Entry, PlotArea, axis_for, number_text
from anncli.cli.showing.svg import LIGHT, Series
from anncli.errors import UsageError
from anncli.inference.predict import predict

#: Cells of the grid, in each direction; shades of a region; rows that are drawn.
_CELLS, _SHADES, _MOST_ROWS = 60, 6, 400


def draw(facts: Facts, rows: RowSet) -> Figure:
    """Raises UsageError for more or fewer than two inputs of which `facts.columns` names none, or for several labels."""
    if facts.task == "multi-label":
        raise UsageError("a boundary is for classes or one number, not for labels", advice="draw another figure")
    plane = make_plane(facts, facts.columns)
    assert facts.data is not None
    given = facts.data.vectors[rows.numbers]
    axes = tuple(
        axis_for(given[:, k].tolist(), name, margin=0.08) for k, name in zip(plane.columns, plane.names, strict=True)
    )
    values, across, down = _grid(facts, plane, (axes[0], axes[1]))
    legend = _legend(facts)
    title = "Predicted numbers" if facts.task == "regression" else "Decision boundary"
    plot = PlotArea(title, _described(facts, values, plane), (axes[0], axes[1]), legend, square=True)
    _fill(plot, facts, values)
    if facts.single_rows:
        _rows_on(plot, facts, rows, given[:, list(plane.columns)])
    header = (*plane.names, *(f"output {k}" for k in range(1, values.shape[2] + 1)))
    table = [
        (float(across[j]), float(down[i]), *map(float, values[i, j]))
        for i in range(len(down))
        for j in range(len(across))
    ]
    return Figure(plot.drawing, _caption(facts, plane), header, table)


def _grid(facts: Facts, plane: Plane, axes: tuple[Axis, Axis]) -> tuple[Array, Array, Array]:
    """Outputs (cells, cells, n_outputs) at the middles of the cells, the highest row first; and the two inputs of them."""
    middles = (np.arange(_CELLS) + 0.5) / _CELLS
    across = axes[0].low + (axes[0].high - axes[0].low) * middles
    down = (axes[1].low + (axes[1].high - axes[1].low) * middles)[::-1]
    xs, ys = np.meshgrid(across, down)
    inputs, code = plane.inputs(xs.ravel(), ys.ravel()), facts.network.topology.inputs.code
    if code is not None:
        # The margin lies outside what becomes spikes: there stands the answer at its edge.
        inputs = np.clip(inputs, np.float32(code.low), np.float32(code.high))
    outputs = predict(facts.network, inputs, threads=facts.threads)
    return outputs.astype(np.float64).reshape(_CELLS, _CELLS, -1), across, down


def _fill(plot: PlotArea, facts: Facts, values: Array) -> None:
    """Regions in the colours of the classes, darker where the network is surer, and the line of the threshold."""
    size = (plot.right - plot.left) / _CELLS, (plot.bottom - plot.top) / _CELLS
    kinds, strengths = _kinds(facts, values)
    shades = np.minimum((strengths * _SHADES).astype(int), _SHADES - 1)
    for kind, path in regions(kinds * _SHADES + shades, (plot.left, plot.top), size).items():
        series, shade = Series(kind // _SHADES), kind % _SHADES
        plot.drawing.area(path, f"cells f{series.colour}", 0.08 + 0.4 * shade / (_SHADES - 1))
    if facts.task != "regression" and values.shape[2] == 1:
        assert facts.threshold is not None
        for ends in contour(values[:, :, 0], facts.threshold):
            middles = [(plot.left + size[0] * (x + 0.5), plot.top + size[1] * (y + 0.5)) for x, y in ends]
            plot.drawing.line(middles, "line ink")


def _kinds(facts: Facts, values: Array) -> tuple[Array, Array]:
    """For each cell the class that is predicted, and how sure that is, from 0 to 1."""
    if facts.task == "regression":
        low, high = float(values[:, :, 0].min()), float(values[:, :, 0].max())
        return np.zeros(values.shape[:2], dtype=int), (values[:, :, 0] - low) / ((high - low) or 1.0)
    if values.shape[2] > 1:
        top, least = values.max(axis=2), 1 / values.shape[2]
        return values.argmax(axis=2), np.clip((top - least) / (1 - least), 0, 1)
    score, limit = values[:, :, 0], facts.threshold
    assert limit is not None
    above = score > limit
    widest = np.where(above, max(float(score.max()) - limit, 1e-12), max(limit - float(score.min()), 1e-12))
    return np.where(above, 0, 1), np.clip(np.abs(score - limit) / widest, 0, 1)


def _rows_on(plot: PlotArea, facts: Facts, rows: RowSet, points: Array) -> None:
    """The rows by class; hollow where the network is wrong."""
    places = some(len(points), _MOST_ROWS)
    if facts.task == "regression":
        plot.marks(map(tuple, points[places].tolist()), Series(1), 2.5)
        return
    labels, predicted = facts.labels(rows), predicted_classes(facts, rows)
    wrong = (predicted != labels) & (predicted >= 0)
    for k in places.tolist():
        plot.marks(
            [(float(points[k, 0]), float(points[k, 1]))], Series(int(labels[k])), 5 if wrong[k] else 3, bool(wrong[k])
        )


def _legend(facts: Facts) -> list[Entry]:
    if facts.task == "regression":
        return [Entry(Series(0), "the stronger, the higher", "box"), Entry(Series(1), "rows of the data", "marker")]
    return [Entry(Series(k), name, "marker") for k, name in enumerate(facts.classes)]


def _caption(facts: Facts, plane: Plane) -> str:
    text = "The stronger the colour, the surer the network."
    if facts.task == "regression":
        text = "The colour is the predicted number."
    elif facts.network.n_outputs == 1:
        text += f" On the line the score is the threshold {number_text(facts.threshold)}."
    elif len(facts.classes) > len(LIGHT):
        text += f" After {len(LIGHT)} classes the colours begin again."
    if facts.task != "regression" and facts.single_rows:
        text += " Hollow markers are rows that are predicted wrongly."
    if not plane.words:
        return text
    text += f" Of the inputs that are not shown, {plane.words}."
    return f"{text} Rows have their own values there, so what is predicted for one may differ from the colour at its place."


def _described(facts: Facts, values: Array, plane: Plane) -> str:
    text = f"What the network predicts over {plane.names[0]} and {plane.names[1]}."
    if facts.task == "regression":
        return f"{text} From {number_text(float(values.min()))} to {number_text(float(values.max()))}."
    kinds, _ = _kinds(facts, values)
    counts = np.bincount(kinds.ravel(), minlength=len(facts.classes)) / kinds.size
    parts = [
        f"{name} on {100 * share:.0f} %" for name, share in zip(facts.classes, counts.tolist(), strict=True) if share
    ]
    return f"{text} Of the area, {', '.join(parts[:12])}."
