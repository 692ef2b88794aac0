"""The error surface along one direction: losses and accuracies of each set as curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from anncli.analysis.network_loss import problem_of
from anncli.analysis.slices import Segment
from anncli.analysis.surface import OnLine, SurfaceRequest, places, values_on_line
from anncli.analysis.surface_cut import REACHES, Cut
from anncli.arrays import Array
from anncli.cli.showing.figures.facts import Facts, Figure
from anncli.cli.showing.figures.surface_words import words_of
from anncli.cli.showing.plot_area import Axis, Entry, PlotArea, axis_for, number_text
from anncli.cli.showing.svg import Drawing, Series
from anncli.errors import UsageError
from anncli.network.network import Network

Sets = Sequence[tuple[str, Array]]

# Losses that differ by more than this factor are drawn with a logarithmic axis.
_FALL = 10.0


def draw_line(facts: Facts, network: Network, request: SurfaceRequest, cut: Cut, sets: Sets) -> Figure:
    """Along the direction of a slice."""
    here = float(cut.here[0])
    line = places(*cut.ranges[0], request.points, [here, *([] if cut.path is None else cut.path[:, 0].tolist())])

    def at(place: float) -> Network:
        return replace(network, parameters=cut.slice.at(place))

    marks = {"the network" if cut.path is None else "the place nearest to the network": here}
    return _figure(facts, at, line, sets, cut.labels[0], marks, {"directions": request.directions, **cut.told})


def draw_segment(facts: Facts, network: Network, request: SurfaceRequest, sets: Sets) -> Figure:
    """Along the line to another network."""
    assert request.other is not None
    reach = REACHES["to"] if request.reach is None else request.reach
    line = places(-reach, 1 + reach, request.points, [0.0, 1.0])
    first, last = network.parameters, request.other.parameters
    assert first is not None
    assert last is not None
    told = {"directions": "to", "distance": float(np.linalg.norm(last.astype(np.float64) - first))}
    marks = {"NETWORK": 0.0, "the other network": 1.0}
    return _figure(facts, Segment(network, request.other).at, line, sets, "place between the networks", marks, told)


def _figure(
    facts: Facts, at: Callable[[float], Network], line: Array, sets: Sets, label: str, marks: dict[str, float],
    told: dict[str, Any],
) -> Figure:  # fmt: skip
    data = facts.data
    assert data is not None
    found = {name: values_on_line(at, data, rows, line, facts.threshold, facts.threads) for name, rows in sets}
    losses = np.array([one.losses for one in found.values()])
    if not np.isfinite(losses).any():
        raise UsageError("no loss on this line is finite", advice="take a smaller --range")
    finite = losses[np.isfinite(losses)]
    logarithmic = bool(finite.min() > 0 and finite.max() > _FALL * finite.min())
    across = Axis(float(line[0]), float(line[-1]), label)
    upwards = axis_for([*finite.tolist(), *([] if logarithmic else [0.0])], "loss", logarithmic=logarithmic)
    curves = {name: one.losses for name, one in found.items()}
    drawing = _drawing("Loss on a line through the weights", (across, upwards), line, curves, marks)
    accuracies = {name: 100 * one.accuracies for name, one in found.items() if one.accuracies is not None}
    below: tuple[Drawing, ...] = ()
    if accuracies:
        axes = (
            across,
            axis_for([value for own in accuracies.values() for value in own.tolist()], "accuracy %", margin=0.05),
        )
        below = (_drawing("Accuracy on that line", axes, line, accuracies, marks),)
    counts = {name: len(rows) for name, rows in sets}
    caption = f"{_caption(facts, at(0.0), line, found, marks)} {words_of(told)}".strip()
    document = {**told, "rows_used": counts, "at": _at_marks(line, found, marks)}
    return Figure(drawing, caption, ("rows", "place", "loss", "accuracy"), _table(line, found), below, {"surface": document})  # fmt: skip


def _drawing(title: str, axes: tuple[Axis, Axis], line: Array, curves: dict[str, Array], marks: dict[str, float]) -> Drawing:  # fmt: skip
    legend = [Entry(Series(k), name) for k, name in enumerate(curves)]
    described = "; ".join(f"{name}: from {number_text(float(np.nanmin(own)))} to {number_text(float(np.nanmax(own)))}" for name, own in curves.items())  # fmt: skip
    plot = PlotArea(title, f"{described}.", axes, legend)
    for place in marks.values():
        if axes[0].low <= place <= axes[0].high:
            plot.rule((place, axes[1].low), (place, axes[1].high))
    for k, own in enumerate(curves.values()):
        plot.curve(zip(line.tolist(), own.tolist(), strict=True), Series(k))
    return plot.drawing


def _at_marks(line: Array, found: dict[str, OnLine], marks: dict[str, float]) -> list[dict[str, Any]]:
    """Losses and accuracies at the marked places."""
    entries = []
    for what, place in marks.items():
        for name, one in found.items():
            for k in np.flatnonzero(line == place).tolist():
                accuracy = None if one.accuracies is None else _or_none(one.accuracies[k])
                entries.append({"place": place, "network": what, "rows": name, "loss": _or_none(one.losses[k]), "accuracy": accuracy})  # fmt: skip
    return entries


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _caption(facts: Facts, network: Network, line: Array, found: dict[str, OnLine], marks: dict[str, float]) -> str:
    of = f"Of the first of {len(facts.network.members)} networks of this ensemble. " if facts.network.members else ""
    dashed = " and ".join(f"{what} at {place:.4g}" for what, place in marks.items())
    parts = [
        f"{entry['loss']:.4g} on {entry['rows']} at {entry['network']}"
        for entry in _at_marks(line, found, marks)
        if entry["loss"] is not None
    ]
    text = f"{of}The loss is {problem_of(network).loss}, without penalties. Dashed: {dashed}."
    return f"{text} Loss {', '.join(parts)}." if parts else text


def _table(line: Array, found: dict[str, OnLine]) -> list[tuple[str, float, float, float | None]]:
    return [
        (name, place, loss, accuracy if accuracy is not None and np.isfinite(accuracy) else None)
        for name, one in found.items()
        for place, loss, accuracy in zip(
            line.tolist(),
            one.losses.tolist(),
            [None] * len(line) if one.accuracies is None else one.accuracies.tolist(),
            strict=True,
        )
    ]
