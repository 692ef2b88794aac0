"""Slices through the space of the parameters: a point, and one or two directions from there.

P is the number of parameters. Sources: random directions, Li et al. 2018, Visualizing the loss landscape of neural nets, NeurIPS,
sections 4 and 7; the line between two networks, Goodfellow, Vinyals & Saxe 2015, ICLR.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, Rows, Some
from anncli.network.network import Network
from anncli.network.scaling import Scaling
from anncli.network.topology import Topology


class Slice(NamedTuple):
    """origin: float64 (P,); directions: float64 (k, P), k = 1 or 2."""

    origin: Array
    directions: Array

    def at(self, *coefficients: float) -> Array:
        """The parameters (P,), float32, at a place of the slice: origin + sum of coefficient times direction, the last first."""
        point = self.origin
        for coefficient, direction in zip(reversed(coefficients), self.directions[::-1], strict=True):
            point = point + coefficient * direction
        return point.astype(np.float32)

    def coordinates(self, points: Array) -> Array:
        """(n, k): the places of the slice that are nearest to points (n, P)."""
        found: Array = np.linalg.lstsq(self.directions.T, (points - self.origin).T, rcond=None)[0].T
        return found


def random_direction(topology: Topology, parameters: Array, rng: np.random.Generator) -> Array:
    """A filter-normalised direction (P,), float64: normal numbers, of which those of each column of each block of weights have
    the length that the weights (P,) of this column have. Biases do not move."""
    direction = np.zeros(topology.n_parameters)
    own = parameters.astype(np.float64)
    for drawn, weights in zip(topology.weights(direction), topology.weights(own), strict=True):
        drawn[...] = rng.standard_normal(drawn.shape)
        length = np.sqrt((drawn * drawn).sum(axis=0))
        # A column that was drawn as zeros has no length, and stays.
        drawn *= np.sqrt((weights * weights).sum(axis=0)) / np.where(length > 0, length, 1)
    return direction


class Principal(NamedTuple):
    """directions: float64 (k, P), orthonormal; fractions (k,): of the sum of squares of the steps that lies along each."""

    directions: Array
    fractions: Array


def principal_directions(steps: Array, count: int) -> Principal:
    """The `count` directions that hold most of the steps (n, P) from one point: the first right singular vectors. The mean is not
    taken out, so that they belong to a slice through that point. Fewer where the steps have no more directions."""
    _, sizes, rows = np.linalg.svd(steps.astype(np.float64), full_matrices=False)
    total = float((sizes * sizes).sum()) or 1.0
    n = min(count, int(np.count_nonzero(sizes > 1e-7 * sizes[0]))) if len(sizes) else 0
    # The signs are free: the first step has negative coordinates.
    signs = np.where(rows[:n] @ steps[0].astype(np.float64) > 0, -1.0, 1.0)
    return Principal(rows[:n] * signs[:, None], (sizes * sizes / total)[:n])


def cosine(one: Array, other: Array) -> float:
    """Of the angle between two vectors (P,); 0 where one of them is 0."""
    size = float(np.linalg.norm(one)) * float(np.linalg.norm(other))
    return float(one @ other) / size if size else 0.0


class Segment(NamedTuple):
    """The straight line through two networks of one shape; see why_no_segment()."""

    first: Network
    last: Network

    def at(self, place: float) -> Network:
        """The network at a place: 0 is the first, 1 the last, bit for bit. Scaled inputs and targets move along with the weights."""
        one, other = self.first, self.last
        assert one.parameters is not None
        assert other.parameters is not None
        targets, others = one.target_scaling, other.target_scaling
        if targets.offset is not None and targets.spread is not None:
            assert others.offset is not None
            assert others.spread is not None
            offset, spread = (_between(*pair, place) for pair in ((targets.offset, others.offset), (targets.spread, others.spread)))  # fmt: skip
            targets = replace(targets, offset=offset, spread=spread)
        return replace(
            one,
            parameters=_between(one.parameters, other.parameters, place),
            scaling=_ScalingBetween(one.scaling, other.scaling, place),
            target_scaling=targets,
        )


class _ScalingBetween(Scaling):
    """Scaled inputs between those of two scalings of any kind."""

    def __init__(self, first: Scaling, last: Scaling, place: float) -> None:
        super().__init__("between")
        self.first, self.last, self.place = first, last, place

    @property
    def is_identity(self) -> bool:
        return self.first.is_identity and self.last.is_identity

    def apply(self, inputs: Some, *, in_place: bool = False) -> Some:
        if self.is_identity:
            return inputs
        if isinstance(inputs, Rows):
            return Rows(self.apply(inputs.values), inputs.starts)
        first, last = self.first.apply(inputs), self.last.apply(inputs)
        assert isinstance(first, np.ndarray)
        assert isinstance(last, np.ndarray)
        return _between(first, last, self.place)


def why_no_segment(one: Network, other: Network) -> str | None:
    """Why there is no line between two trained networks, in words; None where there is one."""
    for what, ours, theirs in (
        ("is a {} network, and NETWORK a {}", str(other.topology), str(one.topology)),
        ("has the layers {}, and NETWORK {}", other.layers_text, one.layers_text),
        ("has the classes {}, and NETWORK {}", ", ".join(other.classes), ", ".join(one.classes)),
        ("was trained with the loss {}, and NETWORK with {}", str(other.loss), str(one.loss)),
    ):
        if ours != theirs:
            return what.format(ours, theirs)
    if one.task != other.task or (one.target_scaling.offset is None) != (other.target_scaling.offset is None):
        return "predicts something else than NETWORK"
    if (one.encoder is None) != (other.encoder is None) or _columns(one) != _columns(other):
        return "makes other inputs of the columns of a table than NETWORK"
    return None


def _columns(network: Network) -> object:
    return None if network.encoder is None else [c._replace(fill=None) for c in network.encoder.columns]


def _between(one: Array, other: Array, place: float) -> Array:
    return ((1 - place) * one.astype(np.float64) + place * other.astype(np.float64)).astype(np.float32)
