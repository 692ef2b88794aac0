"""The product of the Hessian of the loss with a vector, exact, for about the cost of two gradients, in numpy.

R{x} is the derivative of x along the direction v; the rest as in network/layers/base.py.
"""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array, Tokens, blocks
from anncli.backends.base import Problem, Samples
from anncli.backends.checks import answers_of
from anncli.backends.pieces import BLOCK_ROWS
from anncli.network.losses import LOSSES
from anncli.network.propagation import ForwardPass, Skips, forward


def hessian_product(problem: Problem, samples: Samples, rows: Array, parameters: Array, direction: Array) -> Array:
    """H v (P,) of the mean loss over the rows (n,), without a penalty, at `parameters` for the direction v (P,), in their dtype.

    Source: Pearlmutter 1994, Neural Computation 6, 147-160.
    """
    n, product = 0, np.zeros_like(parameters)
    for block in blocks(len(rows), BLOCK_ROWS):
        taken = rows[block]
        inputs, (targets, own) = samples.inputs[taken], answers_of(samples, taken)
        weights, n = None if own is None else own[:, None], n + len(targets)
        passed = forward(problem.topology, parameters, inputs.astype(parameters.dtype, copy=False))
        product += _block_product(problem, parameters, direction, passed, targets, weights)
    product /= n
    return product


def _block_product(
    problem: Problem, parameters: Array, direction: Array, passed: ForwardPass, targets: Array,
    weights: Array | None,
) -> Array:  # fmt: skip
    """The sum over the rows of one block of the Hessians of their losses, times the direction; (P,)."""
    topology, loss = problem.topology, LOSSES[problem.loss]
    layers, kept = topology.layers, passed.kept
    here, along = topology.blocks(parameters), topology.blocks(direction)
    first = passed.activations[0]
    # R{outputs} of the inputs and of each layer; tokens have none.
    r_outputs, r_kept = [None if isinstance(first, Tokens) else np.zeros_like(first)], []
    for number, layer in enumerate(layers):
        r_inputs = r_outputs[-1]
        if layer.skip:
            r_inputs = np.concatenate([r_inputs, r_outputs[layer.skip]], axis=1)
        r_kept.append(layer.r_forward(here[number], along[number], kept[number], r_inputs))
        r_outputs.append(r_kept[-1].outputs)
    given = (topology.output_activation, kept[-1].z, kept[-1].outputs, targets)
    delta, r_delta = loss.delta(*given), loss.r_delta(*given, r_kept[-1].z, r_kept[-1].outputs)
    if weights is not None:
        delta, r_delta = delta * weights, r_delta * weights
    result = np.empty_like(parameters)
    slots, skips, r_skips = topology.blocks(result), Skips(topology), Skips(topology)
    for number in reversed(range(len(layers))):
        slopes = layers[number].r_backward(
            here[number], along[number], kept[number], r_kept[number], delta, r_delta, slots[number], number > 0
        )
        if number == 0 or slopes is None:
            break
        slope, r_slope = skips.below(number, slopes[0]), r_skips.below(number, slopes[1])
        delta, r_delta = layers[number - 1].r_delta(kept[number - 1], r_kept[number - 1], slope, r_slope)
    return result
