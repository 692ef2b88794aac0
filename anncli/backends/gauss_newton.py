"""The Jacobian of a network and its Gauss-Newton matrix, in float64, over blocks of rows, in numpy.

For every loss the curvature of one row with respect to the outputs is a sum of squares, so that a row gives n_outputs
pseudo-residuals: mse: the outputs themselves; binary-cross-entropy: sqrt(y(1-y)) z;
cross-entropy: sqrt(y_k)(z_k - y.z).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, blocks
from anncli.backends.base import NormalEquations, Problem, Samples
from anncli.backends.checks import answers_of
from anncli.network.activations import ACTIVATIONS
from anncli.network.losses import LOSSES
from anncli.network.propagation import ForwardPass, backward, forward
from anncli.network.topology import Topology

# Numbers in the Jacobian of one block of rows: 32 MiB for data of any size.
BLOCK_NUMBERS = 2**22


def normal_equations(problem: Problem, samples: Samples, rows: Array, point: Array) -> NormalEquations:
    """Everything a Gauss-Newton step needs at `point` (P,), float64, over the rows (n,), without a penalty.

    Source: Hagan & Menhaj 1994, IEEE Trans. Neural Networks 5, 989-993; for cross-entropy the generalised
    Gauss-Newton matrix, Schraudolph 2002, Neural Computation 14, 1723-1738.
    """
    topology, loss, n_outputs = problem.topology, problem.loss, problem.topology.n_outputs
    matrix, vector, total, n_answers = np.zeros((len(point), len(point))), np.zeros(len(point)), 0.0, 0
    for taken, block in _blocks(topology, samples, rows, point):
        z, outputs = block.passed.pre_activations[-1], block.passed.activations[-1]
        targets, own = answers_of(samples, taken)
        targets, n_answers = targets.astype(np.float64), n_answers + len(targets)
        weights = np.ones(len(targets)) if own is None else own.astype(np.float64)
        total += float(np.sum(LOSSES[loss].value(topology.output_activation, z, outputs, targets) * weights))
        for k in range(n_outputs):
            rows_of_j = block.rows(output_factor(loss, topology, z, outputs, k))
            rows_of_j *= np.sqrt(weights)[:, None]
            matrix += rows_of_j.T @ rows_of_j
        delta = LOSSES[loss].delta(topology.output_activation, z, outputs, targets) * weights[:, None]
        if loss == "mse":
            delta = delta * (n_outputs / 2)
        vector += block.rows(delta).sum(axis=0)
    factor = n_outputs if loss == "mse" else 1
    return NormalEquations.of(matrix, vector, total * factor, n_answers * factor, loss)


def jacobian(topology: Topology, samples: Samples, rows: Array, point: Array) -> Array:
    """(n * n_outputs, P): derivative of each output of each of the n rows, a row's outputs together; for small problems."""
    matrices = []
    for _, block in _blocks(topology, samples, rows, point):
        z, outputs = block.passed.pre_activations[-1], block.passed.activations[-1]
        columns = [block.rows(output_factor("mse", topology, z, outputs, k)) for k in range(topology.n_outputs)]
        matrices.append(np.stack(columns, axis=1).reshape(-1, len(point)))
    return np.concatenate(matrices)


def all_at_once(topology: Topology) -> bool:
    """Whether the layers give the gradients of all rows in one pass: every sample is one row from the inputs to the outputs."""
    alone = all(shape.rows == 1 for shape in topology.shapes) and not any(layer.skip for layer in topology.layers)
    return alone and topology.lacks("row_gradients") is None


class _Block(NamedTuple):
    """The samples of one block: the pass over all of them and, where gradients are taken one by one, one for each sample."""

    topology: Topology
    point: Array
    passed: ForwardPass
    singles: tuple[ForwardPass, ...] = ()

    def rows(self, delta: Array) -> Array:
        """(m, P): the gradient of each answer by itself, for delta (m, n_outputs) at the output pre-activations."""
        if not self.singles:
            return jacobian_rows(self.topology, self.point, self.passed, delta)
        rows, at = np.empty((len(delta), len(self.point))), 0
        for single in self.singles:
            own = np.zeros_like(single.pre_activations[-1])
            for place in range(len(own)):
                own[...] = 0
                own[place] = delta[at]
                backward(self.topology, self.point, single, own, rows[at])
                at += 1
        return rows


def _blocks(topology: Topology, samples: Samples, rows: Array, point: Array) -> Iterator[tuple[Array, _Block]]:
    for block in blocks(len(rows), max(1, BLOCK_NUMBERS // len(point))):
        taken = rows[block]
        inputs = samples.inputs[taken].astype(np.float64)
        singles: tuple[ForwardPass, ...] = ()
        if not all_at_once(topology):
            singles = tuple(forward(topology, point, inputs[k : k + 1]) for k in range(len(inputs)))
        yield taken, _Block(topology, point, forward(topology, point, inputs), singles)


def output_factor(loss: str, topology: Topology, z: Array, outputs: Array, k: int) -> Array:
    """(n, n_outputs) derivative of each row's pseudo-residual k with respect to the output pre-activations."""
    factor = np.zeros_like(z)
    if loss == "binary-cross-entropy":
        factor[:, k] = np.sqrt(outputs[:, k] * (1 - outputs[:, k]))
    elif topology.output_activation == "softmax":
        probability = outputs[:, k : k + 1]
        factor -= outputs
        factor[:, k] += 1
        factor *= np.sqrt(probability) if loss == "cross-entropy" else probability
    else:
        derivative = ACTIVATIONS[topology.output_activation].derivative(z, outputs)
        factor[:, k] = derivative[:, k]
    return factor


def jacobian_rows(topology: Topology, point: Array, passed: ForwardPass, delta: Array) -> Array:
    """(n, P) the gradient of each row by itself, for delta (n, n_outputs) at the output pre-activations."""
    rows = np.empty((len(delta), len(point)))
    layers, here, slots = topology.layers, topology.blocks(point), topology.row_blocks(rows)
    for number in reversed(range(len(layers))):
        slope = layers[number].row_gradients(here[number], passed.kept[number], delta, slots[number], number > 0)
        if number == 0 or slope is None:
            break
        delta = layers[number - 1].delta(passed.kept[number - 1], slope)
    return rows
