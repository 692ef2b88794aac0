"""The error surface: the loss of a network over two directions of its weights, or losses and accuracies along one."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import numpy as np

from anncli.analysis.network_loss import open_loss, problem_of
from anncli.analysis.surface import SurfaceRequest, losses_on_grid, places, products_of, some_rows
from anncli.analysis.surface_cut import Cut, make_cut
from anncli.arrays import Array
from anncli.cli.showing.figures.facts import Facts, Figure, RowSet
from anncli.cli.showing.figures.heat_map import Scale, described_range, draw_bar, draw_heat
from anncli.cli.showing.figures.surface_line import draw_line, draw_segment
from anncli.cli.showing.figures.surface_words import words_of
from anncli.cli.showing.plot_area import Axis, Entry, PlotArea, number_text
from anncli.cli.showing.svg import Series
from anncli.errors import UsageError, count_of
from anncli.network.network import Network

# Of a report: places in each direction and rows; the most products of weights that they may take, in compiled code and in numpy, for
# which there are fewer rows, but not below so many.
_SMALL = SurfaceRequest(points=25, rows=1000)
_MOST_PRODUCTS, _MOST_IN_NUMPY, _FEWEST_ROWS = 5e10, 1e9, 100
_NETWORK, _PATH = Series(1), Series(4)


def draw(facts: Facts, rows: RowSet) -> Figure:
    """Raises UsageError for a surface that there is not, and in a report for one that takes long."""
    request = _small(facts) if facts.surface is None else facts.surface
    network = replace(facts.network, members=()) if facts.network.members else facts.network
    sets = sets_of(facts, request)
    if request.other is not None:
        return draw_segment(facts, network, request, sets)
    assert facts.data is not None
    cut = make_cut(network, request, facts.data, sets[0][1], facts.seed)
    if len(cut.ranges) == 1:
        return draw_line(facts, network, request, cut, sets)
    return _draw_plane(facts, network, request, cut, *sets[0])


def sets_of(facts: Facts, request: SurfaceRequest) -> list[tuple[str, Array]]:
    """The rows that trained the network and those that are new to it, as far as there are some, or all; at most request.rows."""
    everything = facts.sets[0].numbers
    if not facts.n_seen:
        found = [("new rows" if facts.n_seen == 0 else "all rows", everything)]
    else:
        new = facts.sets[1].numbers if len(facts.sets) > 1 else everything[:0]
        found = [("training rows", np.setdiff1d(everything, new)), ("new rows", new)]
    return [(name, some_rows(numbers, request.rows, facts.seed)) for name, numbers in found if len(numbers)]


def _small(facts: Facts) -> SurfaceRequest:
    """What a report shows; raises UsageError for a network for which it takes long."""
    assert facts.data is not None
    topology = facts.network.topology
    most = _MOST_PRODUCTS if topology.uncompiled is None else _MOST_IN_NUMPY
    n_rows = int(most / (_SMALL.points**2 * products_of(topology, facts.data.inputs)))
    if n_rows < _FEWEST_ROWS:
        raise UsageError("it would take long; draw it with ann plot surface")
    return _SMALL._replace(rows=min(_SMALL.rows, n_rows))


def _draw_plane(facts: Facts, network: Network, request: SurfaceRequest, cut: Cut, name: str, rows: Array) -> Figure:
    assert facts.data is not None
    across, down = (places(*ends, request.points, [] if cut.path is not None else [0.0]) for ends in cut.ranges)
    with closing(open_loss(network, facts.data, rows, facts.threads)) as session:
        losses = losses_on_grid(session, cut.slice, across, down, request.tick)
        assert network.parameters is not None
        own = session.loss(network.parameters)
    if not np.isfinite(losses).any():
        raise UsageError("no loss on this surface is finite", advice="take a smaller --range")
    scale = Scale(losses)
    axes = [_axis(values, label) for values, label in zip((across, down), cut.labels, strict=True)]
    words = "; ".join(described_range(losses, scale))
    plot = PlotArea("Error surface", f"The loss over two directions of the weights, {words}.", (axes[0], axes[1]), _legend(cut), square=True)  # fmt: skip
    draw_heat(plot, losses, scale)
    mark(plot, cut)
    draw_bar(plot, scale, f"loss{', logarithmic' if scale.logarithmic else ''}")
    table = [(x, y, losses[i, j].item()) for i, y in enumerate(down.tolist()) for j, x in enumerate(across.tolist())]
    told = {"directions": request.directions, "rows_used": {name: len(rows)}, "loss": own, "lowest": scale.low, "highest": scale.high, **cut.told}  # fmt: skip
    caption = f"{_opening(facts, network, name, len(rows))} {words[0].upper()}{words[1:]}, {number_text(own)} at the network. {words_of(cut.told)}"  # fmt: skip
    return Figure(plot.drawing, caption.strip(), ("first", "second", "loss"), table, told={"surface": told})


def _opening(facts: Facts, network: Network, name: str, n_rows: int) -> str:
    of = f"Of the first of {len(facts.network.members)} networks of this ensemble: " if facts.network.members else ""
    text = f"{of}{problem_of(network).loss} on {count_of(n_rows, network.topology.noun)} ({name}), without penalties"
    return f"{text[0].upper()}{text[1:]}."


def _axis(values: Array, label: str) -> Axis:
    """So wide that each value is in the middle of a cell."""
    half = (values[-1] - values[0]) / (len(values) - 1) / 2
    return Axis(float(values[0] - half), float(values[-1] + half), label)


def _legend(cut: Cut) -> list[Entry]:
    here = Entry(_NETWORK, "the network" if not cut.told.get("distance") else "nearest to the network", "marker")
    if cut.path is None:
        return [here]
    return [here, Entry(_PATH, f"the training, epochs {cut.epochs[0]} to {cut.epochs[-1]}", "marker")]


def mark(plot: PlotArea, cut: Cut) -> None:
    """Draw the path of the training, if there is one, and the place of the network where it is on the picture."""
    if cut.path is not None:
        points = [(float(x), float(y)) for x, y in cut.path]
        plot.curve(points, _PATH)
        plot.marks(points[1:], _PATH, 3)
        plot.marks(points[:1], _PATH, 5, hollow=True)
    x, y = (float(value) for value in cut.here)
    if all(axis.low <= value <= axis.high for axis, value in ((plot.x, x), (plot.y, y))):
        plot.marks([(x, y)], _NETWORK, 5)
