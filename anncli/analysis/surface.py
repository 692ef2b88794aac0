"""The error surface: the loss of a network on a slice through the space of its parameters."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import NamedTuple

import numpy as np

from anncli.analysis.network_loss import open_loss
from anncli.analysis.run_path import RunPath
from anncli.analysis.slices import Slice
from anncli.arrays import Array, Inputs, random_stream
from anncli.backends.base import Session
from anncli.dataset.dataset import Dataset
from anncli.inference.evaluate import evaluate
from anncli.network.network import Network
from anncli.network.topology import Topology

# How many places are done, and words about them.
Tick = Callable[[int, str], None]


class SurfaceRequest(NamedTuple):
    """What is asked for. directions: 'random', 'sharpest', 'to' or 'path'; dimensions: 1, 2 or None for as many as there are;
    points: of the grid in each direction; reach: how far it goes beyond the network, None for the default of the directions;
    rows: at most; other: the network of 'to'; path: the run of 'path'; tick: told how many places of a grid are done."""

    directions: str = "random"
    dimensions: int | None = None
    points: int = 51
    reach: float | None = None
    rows: int = 5000
    other: Network | None = None
    path: RunPath | None = None
    tick: Tick = lambda done, text: None


class OnLine(NamedTuple):
    """What a network has at the places of a line: losses (n,), nan or inf where a value overflows, and the fraction of the rows
    that it classifies correctly (n,), nan where the loss is not finite; None where nothing is classified."""

    losses: Array
    accuracies: Array | None


def products_of(topology: Topology, inputs: Inputs) -> float:
    """About how many products of a weight and a value a sample takes."""
    n_rows = 1.0 if isinstance(inputs, np.ndarray) else float(inputs.lengths.mean())
    total = 1.0
    for below, above, shapes in zip(topology.given, topology.shapes[1:], topology.block_shapes, strict=True):
        # Of a block for tokens, each reads one row.
        once = sum(columns if below.tokens else rows * columns for rows, columns in shapes)
        each = n_rows if above.rows is None or below.tokens else 1.0
        total += once * each * (1 if above.grid is None else above.grid[0] * above.grid[1])
    return total


def some_rows(rows: Array, most: int, seed: int) -> Array:
    """At most so many of the rows (n,), drawn at random, in their order."""
    if len(rows) <= most:
        return rows
    return np.sort(random_stream(seed, "surface").choice(rows, most, replace=False))


def places(low: float, high: float, count: int, through: Sequence[float] = ()) -> Array:
    """`count` places from low to high at equal distances, and those of `through`, float64, ascending.

    One that differs from a place of `through` by rounding becomes that place."""
    found = np.linspace(low, high, count)
    for place in through:
        nearest = int(np.argmin(np.abs(found - place)))
        if abs(found[nearest] - place) < 1e-9 * (high - low):
            found[nearest] = place
    return np.unique(np.r_[found, list(through)])


def losses_on_grid(
    session: Session, cut: Slice, across: Array, down: Array, tick: Tick = lambda done, text: None
) -> Array:
    """The losses (m, n) at the places of a slice of two directions: across (n,) along the first, down (m,) along the second."""
    found = np.empty((len(down), len(across)))
    with np.errstate(all="ignore"):
        for i, second in enumerate(down.tolist()):
            for j, first in enumerate(across.tolist()):
                found[i, j] = session.loss(cut.at(first, second))
            tick((i + 1) * len(across), "")
    return found


def values_on_line(
    network_at: Callable[[float], Network],
    data: Dataset,
    rows: Array,
    line: Array,
    threshold: float | None,
    threads: int,
) -> OnLine:
    """The loss and the accuracy on rows (n,) of the networks at the places of a line (m,)."""
    losses, accuracies = np.empty(len(line)), np.full(len(line), np.nan)
    with np.errstate(all="ignore"):
        for k, place in enumerate(line.tolist()):
            network = network_at(place)
            with closing(open_loss(network, data, rows, threads)) as session:
                assert network.parameters is not None
                losses[k] = session.loss(network.parameters)
            if data.task == "classification" and math.isfinite(losses[k]):
                accuracies[k] = evaluate(network, data, rows, threshold, threads).as_dict()["accuracy"]
    return OnLine(losses, accuracies if data.task == "classification" else None)
