"""The normal equations of K networks at once: Gauss-Newton matrices and the vectors beside them, as in training/trainers/jacobian.py."""

from __future__ import annotations

from typing import NamedTuple

from anncli.backends.stacked.activations import STACKED_ACTIVATIONS
from anncli.backends.stacked.device import Tensor
from anncli.backends.stacked.program import Passed, StackedProgram
from anncli.backends.stacked.rows import StackedRows


class StackedEquations(NamedTuple):
    """matrix (K, P, P) = J' W J and vector (K, P) = J' W e of the un-averaged losses.

    The mean losses have the gradients `scale * vector` and the Gauss-Newton matrices `scale * matrix`; scale (K, 1).
    """

    matrix: Tensor
    vector: Tensor
    scale: Tensor


def stacked_equations(program: StackedProgram, point: Tensor, rows: StackedRows) -> StackedEquations:
    """Everything a Gauss-Newton step needs at `point` (K, P), without penalties.

    Source: Hagan & Menhaj 1994, IEEE Trans. Neural Networks 5, 989-993; Schraudolph 2002, Neural Computation 14, 1723-1738.
    """
    k, p = point.shape
    n_outputs, is_mse = program.topology.n_outputs, program.loss_name == "mse"
    matrix, vector = point.new_zeros((k, p, p)), point.new_zeros((k, p))
    for _, block in program.pieces(point, rows, 0, rows.length, 2 * p):
        passed = program.forward(point, block.inputs)
        z, y = passed.z[-1], passed.outputs[-1]
        delta = program.loss().delta(z, y, block.targets)
        delta = delta * (n_outputs / 2) if is_mse else delta
        if block.factors is not None:
            delta = delta * block.factors[..., None]
        program.backward(point, passed, delta, vector)
        for output in range(n_outputs):
            factor = _output_factor(program, z, y, output)
            if block.factors is not None:
                factor = factor * block.factors.sqrt()[..., None]
            of_rows = _row_gradients(program, point, passed, factor)
            matrix += program.device.torch.bmm(of_rows.transpose(1, 2), of_rows)
    n = rows.counts * (n_outputs if is_mse else 1)
    return StackedEquations(matrix, vector, ((2.0 if is_mse else 1.0) / n).to(point.dtype))


def _output_factor(program: StackedProgram, z: Tensor, y: Tensor, output: int) -> Tensor:
    """(K, b, n_outputs) derivative of each row's pseudo-residual `output` with respect to the output pre-activations."""
    activation, own = program.activations[-1], slice(output, output + 1)
    if activation == "softmax" and program.loss_name != "binary-cross-entropy":
        probability, factor = y[..., own], -y
        factor[..., own] += 1
        return factor * (probability.sqrt() if program.loss_name == "cross-entropy" else probability)
    factor = z.new_zeros(z.shape)
    if program.loss_name == "binary-cross-entropy":
        factor[..., own] = (y[..., own] * (1 - y[..., own])).sqrt()
    else:
        slope = STACKED_ACTIVATIONS[activation].derivative(z, y)
        factor[..., own] = slope[..., own]
    return factor


def _row_gradients(program: StackedProgram, point: Tensor, passed: Passed, delta: Tensor) -> Tensor:
    """(K, b, P) the gradient of each row by itself, for delta (K, b, n_outputs) at the output pre-activations."""
    blocks, found = program.layers(point), list[Tensor]()
    for number in reversed(range(len(blocks))):
        weights = passed.given[number][..., None] * delta[..., None, :]
        found.append(program.device.torch.cat([delta[..., None, :], weights], -2).flatten(2))
        if number:
            slope = program.device.torch.bmm(delta, blocks[number][1].transpose(1, 2))
            below = STACKED_ACTIVATIONS[program.activations[number - 1]]
            delta = slope * below.derivative(passed.z[number - 1], passed.outputs[number - 1])
    return program.device.torch.cat(found[::-1], -1)
