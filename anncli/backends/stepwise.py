"""A stepwise epoch: batch gradients from a kernel, updates in numpy; for what no compiled epoch does inside (l1, clip).

Slower than an epoch in one call by the cost of some numpy calls per batch, and exact: the same numbers.
"""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.backends.base import Kernel
from anncli.backends.reference import apply_rule
from anncli.backends.rules import UpdateRule, UpdateState
from anncli.network.topology import Topology


def batch_gradient(
    kernel: Kernel,
    topology: Topology,
    parameters: Array,
    loss: str,
    rule: UpdateRule,
    rows_seen: int,
    inputs: Array,
    targets: Array,
    weights: Array | None,
    rows: Array,
    gradient: Array,
    outputs: Array | None = None,
) -> float:
    """The mean loss over `rows` with the rule's dropout, no penalty, its gradient (P,) into `gradient`.

    A step of plain descent at rate 1 is minus the gradient; so any kernel's epoch gives it, dropout and outputs included.
    """
    probe = UpdateRule(
        "sgd", 1.0, dropout=rule.dropout, input_dropout=rule.input_dropout, dropout_seed=rule.dropout_seed
    )
    state = UpdateState(gradient, rows_seen=rows_seen)
    gradient[...] = 0
    value = kernel.epoch(
        topology, parameters.copy(), loss, probe, state, inputs, targets, weights, rows, len(rows), outputs
    )
    np.negative(gradient, out=gradient)
    return value


def stepwise_epoch(
    kernel: Kernel,
    topology: Topology,
    parameters: Array,
    loss: str,
    rule: UpdateRule,
    state: UpdateState,
    inputs: Array,
    targets: Array,
    weights: Array | None,
    rows: Array,
    batch_size: int,
    outputs: Array | None = None,
) -> float:
    """What NumpyKernel.epoch promises, with `kernel` for the gradients."""
    gradient, total = np.empty_like(parameters), 0.0
    given = np.empty((min(batch_size, len(rows)), topology.n_outputs), dtype=parameters.dtype)
    for start in range(0, len(rows), batch_size):
        taken = rows[start : start + batch_size]
        seen = given[: len(taken)] if rule.tolerance or outputs is not None else None
        total += len(taken) * batch_gradient(
            kernel, topology, parameters, loss, rule, state.rows_seen, inputs, targets, weights, taken, gradient, seen
        )
        state.rows_seen += len(taken)
        if outputs is not None:
            outputs[start : start + len(taken)] = seen
        if seen is not None and rule.tolerance and bool((np.abs(seen - targets[taken]) <= rule.tolerance).all()):
            continue
        apply_rule(topology, rule, state, parameters, gradient)
    return total / len(rows)
