"""A gradient check: backpropagation against central differences of the loss, on the user's network and data."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

import numpy as np

from anncli.arrays import Array
from anncli.network.frozen import count_frozen
from anncli.network.propagation import forward
from anncli.network.topology import Topology
from anncli.training.objective import Objective

STEP = 1e-5


@dataclass(frozen=True)
class GradientCheck:
    """The result of a gradient check.

    checked, skipped: parameters compared, and parameters left out because a unit's activation has a kink within the step;
    worst: number of the parameter with the largest relative error; backpropagation, difference: its derivative by both;
    error: that relative error; backend_error: |gradient of the run's backend - float64 gradient| / |float64 gradient|; frozen: parameters that training leaves as they are, whose gradient
    is taken as 0.
    """

    checked: int
    skipped: int
    worst: int
    backpropagation: float
    difference: float
    error: float
    backend_error: float
    frozen: int = 0


def check_gradient(
    objective: Objective, parameters: Array, rng: np.random.Generator, limit: int = 2000
) -> GradientCheck:
    """Compare all derivatives at `parameters` (P,), or `limit` of them drawn evenly over the layers.

    The reference session of objective.precise() computes both sides in float64. The relative error is
    |a - b| / max(|a| + |b|, 1e-3 max |gradient|, 1e-6), so that derivatives near 0 do not dominate.
    Source: central differences, error O(step^2), with a step of about the cube root of the float64 precision.
    """
    with closing(objective.precise().session) as session:
        return _compare(objective, objective._replace(session=session), parameters, rng, limit)


def _compare(
    objective: Objective, precise: Objective, parameters: Array, rng: np.random.Generator, limit: int
) -> GradientCheck:
    point = parameters.astype(np.float64)
    _, gradient = precise.loss_and_gradient(point)
    _, single = objective.loss_and_gradient(parameters)
    floor = max(1e-3 * float(np.abs(gradient).max()), 1e-6)
    worst, error, skipped, chosen = 0, -1.0, 0, _choose(objective.topology, rng, limit)
    kinks = any(layer.has_kink for layer in objective.topology.layers)
    for index in chosen:
        step = STEP * max(1.0, abs(point[index]))
        low, high = point.copy(), point.copy()
        low[index] -= step
        high[index] += step
        if kinks and _crosses_kink(precise, low, high):
            skipped += 1
            continue
        difference = (precise.value(high) - precise.value(low)) / (2 * step)
        found = abs(difference - gradient[index]) / max(abs(difference) + abs(gradient[index]), floor)
        if found > error:
            worst, error, worst_difference = int(index), float(found), difference
    if error < 0:
        error, worst_difference = 0.0, float(gradient[0])
    norm = float(np.linalg.norm(gradient)) or 1.0
    distance = float(np.linalg.norm(single.astype(np.float64) - gradient)) / norm
    return GradientCheck(
        len(chosen) - skipped, skipped, worst, float(gradient[worst]), worst_difference, error, distance,
        count_frozen(objective.topology),
    )  # fmt: skip


def some_rows(objective: Objective, rng: np.random.Generator, count: int) -> Objective:
    """The objective over `count` of its rows, drawn without replacement, or over all if there are fewer."""
    if objective.n_samples <= count:
        return objective
    return objective._replace(rows=np.sort(rng.choice(objective.rows, count, replace=False)))


def _choose(topology: Topology, rng: np.random.Generator, limit: int) -> Array:
    chain = zip(topology.layers, topology.offsets, topology.offsets[1:], strict=False)
    parts = [(start, end) for layer, start, end in chain if start < end and not layer.is_frozen]
    if sum(end - start for start, end in parts) <= limit:
        return np.concatenate([np.arange(0), *(np.arange(start, end) for start, end in parts)])
    per_layer = max(1, limit // len(parts))
    chosen = [
        start + np.sort(rng.choice(end - start, min(per_layer, end - start), replace=False)) for start, end in parts
    ]
    return np.concatenate(chosen)


def _crosses_kink(objective: Objective, low: Array, high: Array) -> bool:
    inputs = objective.inputs[objective.rows]
    below, above = (forward(objective.topology, point, inputs).kept for point in (low, high))
    return any(
        layer.crosses_kink(one, other)
        for layer, one, other in zip(objective.topology.layers, below, above, strict=True)
    )
