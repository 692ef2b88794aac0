"""The reference backend: every number of a network in numpy, in float32 or float64.

It is what compiled code is compared with, and it computes what compiled code cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from anncli.arrays import Array, Inputs, blocks
from anncli.backends.base import PLAIN, NormalEquations, Problem, RowChoice, Runs, Samples, Session, Shown
from anncli.backends.checks import Answers, check_sweep, chosen_rows, n_answers
from anncli.backends.fixed_sums import FixedSum
from anncli.backends.gauss_newton import normal_equations
from anncli.backends.hessian import hessian_product
from anncli.backends.pieces import BLOCK_ROWS, Piece, pieces
from anncli.backends.presentation import dropout_masks
from anncli.backends.rules import Rule, State
from anncli.backends.updates import add_penalty_gradient, apply_rule, gradient_point, squared_weights
from anncli.network.losses import LOSSES
from anncli.network.propagation import ForwardPass, Masks, backward, forward
from anncli.network.topology import Topology

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
        self._problem, self._topology, self._loss = problem, problem.topology, problem.loss
        self._samples: Samples | None = samples
        # Passes without a way back keep nothing, so that a sample may be as long as it likes.
        self._forward_rows = _RAGGED_ROWS if problem.topology.streams else 0

    @_QUIET
    def outputs(self, parameters: Array, rows: RowChoice | None = None) -> Array:
        samples, found = self._open_samples()._replace(targets=None, weights=None), list[Array]()
        for taken in self._chosen(rows):
            for _, passed in self._passes(parameters, samples, taken, self._forward_rows):
                found.append(passed.activations[-1])
        if not found:
            return np.empty((0, self._topology.n_outputs), dtype=parameters.dtype)
        return found[0] if len(found) == 1 else np.concatenate(found)

    @_QUIET
    def outputs_from(self, parameters: Array, states: Any) -> tuple[Array, Any]:
        found = []
        # A product of several rows may add in another order than that of one.
        for piece in pieces(self._open_samples()._replace(targets=None, weights=None), slice(None), 1):
            passed = forward(self._topology, parameters, piece.inputs, None, states)
            states = passed.states()
            found.append(passed.activations[-1])
        return np.concatenate(found), states

    def loss(
        self, parameters: Array, rows: RowChoice | None = None, *, loss: str | None = None, l2: float = 0.0
    ) -> float:
        return self._full_pass(parameters, rows, loss or self._loss, l2, None)

    @_QUIET
    def gradient(
        self, parameters: Array, out: Array, rows: RowChoice | None = None, shown: Shown = PLAIN, *, l2: float = 0.0
    ) -> float:
        if not (shown.dropout or shown.input_dropout):
            return self._full_pass(parameters, rows, self._loss, l2, out)
        samples = self._open_samples()
        rows = chosen_rows(rows, len(samples.inputs))
        n, total, own = n_answers(samples, rows), 0.0, np.empty_like(out)
        out[...] = 0
        masks = partial(dropout_masks, self._topology, shown, shown.rows_seen)
        for piece, passed in self._passes(parameters, samples, rows, self._problem.truncate, masks):
            total += _loss_sum(self._topology, self._loss, passed, _answers(piece))
            backward(self._topology, parameters, passed, self._delta(passed, _answers(piece), n), own)
            out += own
        add_penalty_gradient(self._topology, parameters, out, l2)
        return total / n + (l2 / 2 * squared_weights(self._topology, parameters) if l2 else 0.0)

    def add_gradients(
        self, total: FixedSum, losses: Array, runs: Runs, parameters: Array, shown: Shown = PLAIN
    ) -> bool:
        return False

    @_QUIET
    def hessian(self, parameters: Array, direction: Array, rows: RowChoice | None = None, *, l2: float = 0.0) -> Array:
        samples = self._open_samples()
        rows = chosen_rows(rows, len(samples.inputs))
        product = hessian_product(self._problem, samples, rows, parameters, direction)
        # The penalty is quadratic: its Hessian times the direction is its gradient there.
        add_penalty_gradient(self._topology, direction, product, l2)
        return product

    @_QUIET
    def normal(self, parameters: Array, rows: RowChoice | None = None) -> NormalEquations:
        samples = self._open_samples()
        rows = chosen_rows(rows, len(samples.inputs))
        return normal_equations(self._problem, samples, rows, parameters)

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
        truncate = self._problem.truncate
        rule, state = check_sweep(rule, state, batch_size, shown, truncate)
        rows = chosen_rows(order, len(self._open_samples().inputs))
        gradient, total, n = np.empty_like(parameters), 0.0, 0
        for start in range(0, len(rows), batch_size):
            masks = partial(dropout_masks, self._topology, shown, shown.rows_seen + start)
            states, first, taken = None, n, rows[start : start + batch_size]
            for piece in pieces(self._open_samples(), taken, truncate):
                point = gradient_point(rule, state, parameters)
                passed = forward(self._topology, point, piece.inputs, masks(piece.first_row), states)
                # Before the update, which changes the weights that a pass may hold views of.
                states, answers = passed.states() if piece.goes_on else None, _answers(piece)
                if outputs is not None:
                    piece.put(passed.activations[-1], outputs, first)
                total, n = total + _loss_sum(self._topology, self._loss, passed, answers), n + len(answers.targets)
                if not _is_within(shown.tolerance, passed, answers):
                    delta = self._delta(passed, answers, len(answers.targets))
                    backward(self._topology, point, passed, delta, gradient)
                    apply_rule(self._topology, rule, state, parameters, gradient)
        return total / n

    def update(self, rule: Rule, state: State, parameters: Array, gradient: Array) -> None:
        apply_rule(self._topology, rule, state, parameters, gradient)

    def over(self, samples: Samples) -> Session:
        return ReferenceSession(self._problem, samples)

    def close(self) -> None:
        self._samples = None

    def _open_samples(self) -> Samples:
        if self._samples is None:
            raise ValueError("the session is closed")
        return self._samples

    def _chosen(self, rows: RowChoice | None) -> Iterator[Array | slice]:
        """The samples that were asked for, in portions for one pass each."""
        inputs = self._open_samples().inputs
        rows = None if rows is None else chosen_rows(rows, len(inputs))
        for block in _portions(inputs, rows, len(inputs) if rows is None else len(rows)):
            yield block if rows is None else rows[block]

    def _passes(
        self, parameters: Array, samples: Samples, rows: Array | slice, length: int,
        masks: Callable[[int], Masks | None] | None = None,
    ) -> Iterator[tuple[Piece, ForwardPass]]:  # fmt: skip
        """The pieces of a batch and the pass of each, with the state that the one before left; masks: by the first row."""
        states = None
        for piece in pieces(samples, rows, length):
            mask = None if masks is None else masks(piece.first_row)
            passed = forward(self._topology, parameters, piece.inputs, mask, states)
            yield piece, passed
            states = passed.states() if piece.goes_on else None

    @_QUIET
    def _full_pass(
        self, parameters: Array, rows: RowChoice | None, loss: str, l2: float, gradient: Array | None
    ) -> float:
        """The loss over the rows in blocks and, where asked for, its gradient, divided by n at the end."""
        samples, topology, total, n = self._open_samples(), self._topology, 0.0, 0
        own, length = np.empty_like(parameters), self._forward_rows if gradient is None else self._problem.truncate
        if gradient is not None:
            gradient[...] = 0
        for taken in self._chosen(rows):
            for piece, passed in self._passes(parameters, samples, taken, length):
                answers = _answers(piece)
                total, n = total + _loss_sum(topology, loss, passed, answers), n + len(answers.targets)
                if gradient is not None:
                    backward(topology, parameters, passed, self._delta(passed, answers), own)
                    gradient += own
        if gradient is not None:
            gradient /= n
        if l2:
            if gradient is not None:
                add_penalty_gradient(topology, parameters, gradient, l2)
            total += n * l2 / 2 * squared_weights(topology, parameters)
        return total / n

    def _delta(self, passed: ForwardPass, answers: Answers, n: int | None = None) -> Array:
        """(m, n_outputs) dE/dz of the output layer: of the sum of the losses, or of their mean over n answers."""
        z, outputs, (wanted, weight) = passed.pre_activations[-1], passed.activations[-1], answers
        delta = LOSSES[self._loss].delta(self._topology.output_activation, z, outputs, wanted)
        if weight is None:
            return delta if n is None else delta / n
        factor = weight if n is None else weight / n
        return delta * factor[:, None]


def _answers(piece: Piece) -> Answers:
    if piece.answers is None:
        raise ValueError("these samples have no targets")
    return piece.answers


def _is_within(tolerance: float, passed: ForwardPass, answers: Answers) -> bool:
    """Whether there is a tolerance and no output is further from its target."""
    return bool(tolerance) and bool((np.abs(passed.activations[-1] - answers.targets) <= tolerance).all())


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


def _loss_sum(topology: Topology, loss: str, passed: ForwardPass, answers: Answers) -> float:
    z, outputs, (targets, weights) = passed.pre_activations[-1], passed.activations[-1], answers
    values = LOSSES[loss].value(topology.output_activation, z, outputs, targets)
    return float(np.sum(values if weights is None else values * weights, dtype=np.float64))
