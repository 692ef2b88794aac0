"""The reference backend: every number of a network in numpy, in float32 or float64.

It is what compiled code is compared with, and it computes what compiled code cannot.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, Inputs, blocks
from anncli.backends.base import PLAIN, Problem, RowChoice, Samples, Session, Shown
from anncli.backends.checks import answers_of, check_sweep, chosen_rows
from anncli.backends.presentation import dropout_masks
from anncli.backends.rules import Rule, State
from anncli.backends.updates import add_penalty_gradient, apply_rule, squared_weights
from anncli.network.losses import LOSSES
from anncli.network.propagation import ForwardPass, backward, forward
from anncli.network.topology import Topology

# Rows per block of a full-batch pass: activations of a block stay in the cache, memory does not grow with the data.
BLOCK_ROWS = 512
# Rows per block where samples have several.
_RAGGED_ROWS = 4096

# Values that overflow become inf or nan without a warning, as in compiled code; the caller checks the results.
_QUIET = np.errstate(over="ignore", invalid="ignore")


class ReferenceBackend:
    """Args: note: why it runs instead of the preferred backend, in words for the user."""

    name = "numpy"

    def __init__(self, note: str | None = None) -> None:
        self.note = note

    def uses_blas(self, topology: Topology) -> bool:
        return True

    def refusal(self, problem: Problem) -> str | None:
        return None

    def open(self, problem: Problem, samples: Samples) -> Session:
        return ReferenceSession(problem, samples)


class ReferenceSession:
    """See base.Session. Computes in the precision of the parameters it is given."""

    def __init__(self, problem: Problem, samples: Samples) -> None:
        self._topology, self._loss = problem.topology, problem.loss
        self._samples: Samples | None = samples

    @_QUIET
    def outputs(self, parameters: Array, rows: RowChoice | None = None) -> Array:
        inputs = self._open_samples().inputs
        rows = None if rows is None else chosen_rows(rows, len(inputs))
        n, found = len(inputs) if rows is None else len(rows), []
        for block in _portions(inputs, rows, n):
            taken = inputs[block] if rows is None else inputs[rows[block]]
            found.append(forward(self._topology, parameters, taken).activations[-1])
        if not found:
            return np.empty((0, self._topology.n_outputs), dtype=parameters.dtype)
        return found[0] if len(found) == 1 else np.concatenate(found)

    def loss(
        self, parameters: Array, rows: RowChoice | None = None, *, loss: str | None = None, l2: float = 0.0
    ) -> float:
        return self._full_pass(parameters, rows, loss or self._loss, l2, None)

    def gradient(
        self, parameters: Array, out: Array, rows: RowChoice | None = None, shown: Shown = PLAIN, *, l2: float = 0.0
    ) -> float:
        if not (shown.dropout or shown.input_dropout):
            return self._full_pass(parameters, rows, self._loss, l2, out)
        rows = chosen_rows(slice(None) if rows is None else rows, len(self._open_samples().inputs))
        batch = self._batch_pass(parameters, rows, shown, shown.rows_seen, out, None)
        value = batch.total / batch.n
        add_penalty_gradient(self._topology, parameters, out, l2)
        return value + l2 / 2 * squared_weights(self._topology, parameters) if l2 else value

    @_QUIET
    def sweep(
        self,
        parameters: Array,
        rule: Rule,
        state: State,
        order: RowChoice,
        batch_size: int,
        shown: Shown = PLAIN,
        outputs: Array | None = None,
    ) -> float:
        check_sweep(rule, state, batch_size, shown)
        rows = chosen_rows(order, len(self._open_samples().inputs))
        gradient, total, n = np.empty_like(parameters), 0.0, 0
        for start in range(0, len(rows), batch_size):
            taken = rows[start : start + batch_size]
            batch = self._batch_pass(parameters, taken, shown, shown.rows_seen + start, gradient, outputs, n)
            total, n = total + batch.total, n + batch.n
            if batch.may_update:
                apply_rule(self._topology, rule, state, parameters, gradient)
        return total / n

    def update(self, rule: Rule, state: State, parameters: Array, gradient: Array) -> None:
        apply_rule(self._topology, rule, state, parameters, gradient)

    def over(self, samples: Samples) -> Session:
        return ReferenceSession(Problem(self._topology, self._loss), samples)

    def close(self) -> None:
        self._samples = None

    def _open_samples(self) -> Samples:
        if self._samples is None:
            raise ValueError("the session is closed")
        return self._samples

    @_QUIET
    def _full_pass(
        self, parameters: Array, rows: RowChoice | None, loss: str, l2: float, gradient: Array | None
    ) -> float:
        """The loss over the rows in blocks and, where asked for, its gradient, divided by n at the end."""
        samples, topology = self._open_samples(), self._topology
        rows = None if rows is None else chosen_rows(rows, len(samples.inputs))
        n_samples = len(samples.inputs) if rows is None else len(rows)
        total, n, block_gradient = 0.0, 0, np.empty_like(parameters)
        if gradient is not None:
            gradient[...] = 0
        for block in _portions(samples.inputs, rows, n_samples):
            taken = block if rows is None else rows[block]
            passed = forward(topology, parameters, samples.inputs[taken])
            wanted, weight = answers_of(samples, taken)
            total, n = total + _loss_sum(topology, loss, passed, wanted, weight), n + len(wanted)
            if gradient is None:
                continue
            z, outputs = passed.pre_activations[-1], passed.activations[-1]
            delta = LOSSES[loss].delta(topology.output_activation, z, outputs, wanted)
            if weight is not None:
                delta = delta * weight[:, None]
            backward(topology, parameters, passed, delta, block_gradient)
            gradient += block_gradient
        if gradient is not None:
            gradient /= n
        if l2:
            if gradient is not None:
                add_penalty_gradient(topology, parameters, gradient, l2)
            total += n * l2 / 2 * squared_weights(topology, parameters)
        return total / n

    @_QUIET
    def _batch_pass(
        self, parameters: Array, rows: Array, shown: Shown, rows_seen: int, gradient: Array, given: Array | None,
        at: int = 0,
    ) -> _Batch:  # fmt: skip
        """The sum of the losses of one batch; its mean gradient goes to `gradient`, its outputs to `given` from row `at` on.

        The gradient is not computed where all outputs are within the tolerance.
        """
        samples, topology = self._open_samples(), self._topology
        masks = dropout_masks(topology, shown, rows_seen)
        passed = forward(topology, parameters, samples.inputs[rows], masks)
        z, outputs, (wanted, weight) = passed.pre_activations[-1], passed.activations[-1], answers_of(samples, rows)
        n = len(wanted)
        if given is not None:
            given[at : at + n] = outputs
        total = _loss_sum(topology, self._loss, passed, wanted, weight)
        if shown.tolerance and bool((np.abs(outputs - wanted) <= shown.tolerance).all()):
            return _Batch(total, n, False)
        delta = LOSSES[self._loss].delta(topology.output_activation, z, outputs, wanted)
        delta = delta / n if weight is None else delta * (weight / n)[:, None]
        backward(topology, parameters, passed, delta, gradient)
        return _Batch(total, n, True)


class _Batch(NamedTuple):
    """Of one batch: the sum of the losses of its n answers, and whether its gradient was computed."""

    total: float
    n: int
    may_update: bool


def _portions(inputs: Inputs, rows: Array | None, n: int) -> Iterator[slice]:
    """Slices of the n chosen samples (None: of all) for one pass each: BLOCK_ROWS samples, and of samples with several rows no
    more than have about as many rows."""
    if isinstance(inputs, np.ndarray):
        yield from blocks(n, BLOCK_ROWS)
        return
    lengths = inputs.lengths if rows is None else inputs.lengths[rows]
    first = done = 0
    for k, length in enumerate(lengths.tolist()):
        if k > first and done + length > _RAGGED_ROWS:
            yield slice(first, k)
            first, done = k, 0
        done += length
    if n:
        yield slice(first, n)


def _loss_sum(topology: Topology, loss: str, passed: ForwardPass, targets: Array, weights: Array | None) -> float:
    z, outputs = passed.pre_activations[-1], passed.activations[-1]
    values = LOSSES[loss].value(topology.output_activation, z, outputs, targets)
    return float(np.sum(values if weights is None else values * weights, dtype=np.float64))
