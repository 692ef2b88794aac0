"""Which slice an error surface is drawn on: its directions, how far it reaches, and what is marked on it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import closing
from typing import Any, NamedTuple

import numpy as np

from anncli.analysis.curvature import sharpest_directions
from anncli.analysis.curvature_data import curved_loss
from anncli.analysis.network_loss import problem_of
from anncli.analysis.slices import Slice, cosine, principal_directions, random_direction
from anncli.analysis.surface import SurfaceRequest
from anncli.arrays import Array, random_stream
from anncli.dataset.dataset import Dataset
from anncli.errors import UsageError, count_of
from anncli.network.network import Network

#: How far a slice reaches where nothing is said, by its directions; see SurfaceRequest.
REACHES = {"random": 1.0, "sharpest": 0.5, "to": 0.5, "path": 0.25}


class Cut(NamedTuple):
    """slice; ranges: (low, high) of each coefficient; labels: what each direction is; here (k,): the place of the network, or the
    one nearest to it; path: (n, k) places of a run, None for none, at `epochs`; told: numbers about the directions for people and
    documents."""

    slice: Slice
    ranges: tuple[tuple[float, float], ...]
    labels: tuple[str, ...]
    here: Array
    path: Array | None = None
    epochs: tuple[int, ...] = ()
    told: Mapping[str, Any] = {}


def make_cut(network: Network, request: SurfaceRequest, data: Dataset, rows: Array, seed: int) -> Cut:
    """The slice that is asked for, through a trained network, for any directions but those to another network.

    Raises: UsageError for a path that has fewer directions than are asked for.
    """
    assert network.parameters is not None
    reach = REACHES[request.directions] if request.reach is None else request.reach
    if request.path is not None:
        return _along_path(network.parameters, request, reach)
    count = request.dimensions or 2
    if request.directions == "sharpest":
        directions, labels, told = _sharpest(network, data, rows, count, seed)
    else:
        drawn = [random_direction(network.topology, network.parameters, random_stream(seed, "surface", k)) for k in range(2, 2 + count)]  # fmt: skip
        directions, told = np.stack(drawn), {}
        labels = ("random direction", "second random direction")[:count]
    origin = network.parameters.astype(np.float64)
    told = {**told, **_cosines(directions, origin)}
    return Cut(Slice(origin, directions), ((-reach, reach),) * count, labels, np.zeros(count), told=told)


def _along_path(parameters: Array, request: SurfaceRequest, reach: float) -> Cut:
    """Through the last point of the run, along the directions that hold most of its way."""
    assert request.path is not None
    points = request.path.parameters.astype(np.float64)
    steps = points[:-1] - points[-1]
    most = 2 if request.dimensions is None else request.dimensions
    found = principal_directions(steps, most)
    count = len(found.fractions)
    if count < (request.dimensions or 1):
        message = f"the checkpoints and the initial weights are {count_of(len(points), 'point')}"
        if count:
            raise UsageError(f"{message} on a line", advice="name more checkpoints, or say --dimensions 1")
        raise UsageError(f"{message} at one place", advice="name checkpoints of other epochs")
    cut = Slice(points[-1], found.directions)
    places = cut.coordinates(points)
    here = cut.coordinates(parameters.astype(np.float64)[None])[0]
    off = float(np.linalg.norm(cut.origin + here @ cut.directions - parameters))
    fractions = [float(fraction) for fraction in found.fractions]
    labels = tuple(
        f"{name} ({100 * fraction:.1f} % of the path)" for name, fraction in zip(("main direction", "second direction"), fractions, strict=False)
    )  # fmt: skip
    told = {"fractions": fractions, "distance": off, **_cosines(found.directions, cut.origin)}
    return Cut(cut, tuple(_widened(places[:, k], reach) for k in range(count)), labels, here, places, request.path.epochs, told)  # fmt: skip


def _widened(values: Array, reach: float) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    beyond = reach * ((high - low) or 1.0)
    return low - beyond, high + beyond


def _cosines(directions: Array, weights: Array) -> dict[str, Any]:
    """Of the angle between the two directions, and of those between each direction and the weights."""
    between = {"cosine": cosine(directions[0], directions[1])} if len(directions) > 1 else {}
    return {**between, "cosines_with_weights": [cosine(one, weights) for one in directions]}


def _sharpest(network: Network, data: Dataset, rows: Array, count: int, seed: int) -> tuple[Array, tuple[str, ...], dict[str, Any]]:  # fmt: skip
    """Directions of the largest eigenvalues of the second derivatives of the loss over rows (n,), each as long as the weights."""
    assert network.parameters is not None
    with closing(curved_loss(network, data, rows, problem_of(network).loss)) as loss:
        largest, directions = sharpest_directions(loss, count, seed)
    # The signs are free: the largest component is positive.
    signs = [math.copysign(1.0, float(one[np.argmax(np.abs(one))])) for one in directions]
    length = float(np.linalg.norm(network.parameters.astype(np.float64)))
    labels = tuple(f"direction of the eigenvalue {value:.4g}" for value in largest.tolist())
    return directions * np.array(signs)[:, None] * length, labels, {"eigenvalues": largest.tolist()}
