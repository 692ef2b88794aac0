"""Exact products with the Hessian and the Gauss-Newton matrix of a chain of dense layers, for many products at one point.

What does not depend on the direction is computed once: activations, slopes, and how the slopes bend. R{x} is the derivative of x along the
direction, D = dE/dZ; n rows, P parameters.
Source: Pearlmutter 1994, Neural Computation 6, 147-160; Schraudolph 2002, Neural Computation 14, 1723-1738.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.analysis.outer_curvature import outer_curvature, output_change
from anncli.arrays import Array, blocks
from anncli.backends.base import Samples
from anncli.backends.checks import answers_of
from anncli.network.activations import ACTIVATIONS
from anncli.network.layers.dense import Dense
from anncli.network.losses import LOSSES
from anncli.network.propagation import forward
from anncli.network.topology import Topology

# Numbers of the layers that a portion of rows has, and the most memory for all portions.
_PORTION, _MOST_BYTES = 1 << 16, 1 << 30


class _Portion(NamedTuple):
    """Some rows: what each layer is given (n, columns below), D of each layer, and of each hidden layer the slope f'(Z) and how it
    bends, dE/dA f''(Z); z, outputs and targets of the output layer, and the weights (n, 1) of the rows or None."""

    given: list[Array]
    deltas: list[Array]
    slopes: list[Array]
    bends: list[Array]
    z: Array
    outputs: Array
    targets: Array
    weights: Array | None


def fits(topology: Topology, samples: Samples) -> bool:
    """Whether a network is a chain of dense layers for vectors, with second derivatives, whose activations there is room for."""
    if not isinstance(samples.inputs, np.ndarray) or topology.lacks("second_order"):
        return False
    room = 8 * len(samples.inputs) * 4 * sum(topology.sizes) <= _MOST_BYTES
    return room and all(type(layer) is Dense for layer in topology.layers)


class DenseCurvature:
    """Products at the point w (P,), float64, of the mean loss over the rows."""

    def __init__(self, topology: Topology, loss: str, samples: Samples, point: Array) -> None:
        self._topology, self._loss, self._n = topology, loss, len(samples.inputs)
        self._weights = topology.weights(point)
        size = int(np.clip(_PORTION // sum(topology.sizes), 32, 4096))
        self._portions = [self._portion(samples, rows, point) for rows in blocks(self._n, size)]

    def _portion(self, samples: Samples, rows: slice, point: Array) -> _Portion:
        topology = self._topology
        passed = forward(topology, point, samples.inputs[rows])
        targets, weights = answers_of(samples, rows)
        column = None if weights is None else weights[:, None]
        z, outputs = passed.pre_activations[-1], passed.activations[-1]
        delta = LOSSES[self._loss].delta(topology.output_activation, z, outputs, targets)
        deltas = [delta if column is None else delta * column]
        slopes: list[Array] = []
        bends: list[Array] = []
        for number in reversed(range(len(topology.layers) - 1)):
            activation, kept = ACTIVATIONS[topology.layers[number].activation], passed.kept[number]
            of_outputs = deltas[0] @ self._weights[number + 1].T
            assert activation.second_derivative is not None
            slopes.insert(0, activation.derivative(kept.z, kept.outputs))
            bends.insert(0, of_outputs * activation.second_derivative(kept.z, kept.outputs))
            deltas.insert(0, of_outputs * slopes[0])
        return _Portion(passed.activations[:-1], deltas, slopes, bends, z, outputs, targets, column)

    def product(self, direction: Array, is_hessian: bool) -> Array:
        """H v, or G v, (P,) for a direction v (P,)."""
        result = np.zeros_like(direction)
        along = self._topology.weights(direction), self._topology.biases(direction)
        slots = self._topology.weights(result), self._topology.biases(result)
        for portion in self._portions:
            self._add(portion, along, slots, is_hessian)
        result /= self._n
        return result

    def _add(
        self, portion: _Portion, along: tuple[list[Array], list[Array]], slots: tuple[list[Array], list[Array]],
        is_hessian: bool,
    ) -> None:  # fmt: skip
        """Add the sum over the rows of a portion to the slots: views of the result as `along` are of the direction."""
        r_z, r_given = self._forward(portion, along)
        activation, last = self._topology.output_activation, len(self._weights) - 1
        given = (activation, portion.z, portion.outputs, portion.targets)
        if is_hessian:
            r_delta = LOSSES[self._loss].r_delta(*given, r_z[-1], output_change(*given[:3], r_z[-1]))
        else:
            r_delta = outer_curvature(self._loss, *given, r_z[-1])
        if portion.weights is not None:
            r_delta = r_delta * portion.weights
        for k in reversed(range(last + 1)):
            slots[0][k] += portion.given[k].T @ r_delta
            slots[1][k] += r_delta.sum(axis=0)
            if k == 0:
                break
            r_slope = r_delta @ self._weights[k].T
            if is_hessian:
                slots[0][k] += r_given[k].T @ portion.deltas[k]
                r_slope += portion.deltas[k] @ along[0][k].T
            r_slope *= portion.slopes[k - 1]
            if is_hessian:
                r_slope += portion.bends[k - 1] * r_z[k - 1]
            r_delta = r_slope

    def _forward(self, portion: _Portion, along: tuple[list[Array], list[Array]]) -> tuple[list[Array], list[Array]]:
        """R{Z} of each layer, and R of what each layer is given; of the first one it is 0 and an empty array."""
        r_z: list[Array] = []
        r_given = [np.empty(0)]
        for k, given in enumerate(portion.given):
            found = given @ along[0][k]
            found += along[1][k]
            if k:
                r_given.append(portion.slopes[k - 1] * r_z[-1])
                found += r_given[-1] @ self._weights[k]
            r_z.append(found)
        return r_z, r_given
