"""Sessions of the compiled code."""

from __future__ import annotations

from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.backends.base import PLAIN, Problem, RowChoice, Runs, Samples, Session, Shown
from anncli.backends.bound_session import MOST_ROWS, BoundSession
from anncli.backends.checks import all_float32, answers_of, check_sweep, n_answers, targets_of
from anncli.backends.fixed_sums import FixedSum, add_in_threads
from anncli.backends.native_binding import Binding
from anncli.backends.rules import SWEEP_RULES, Rule, State, UpdateRule, UpdateState
from anncli.backends.updates import add_penalty_gradient, apply_rule, squared_weights
from anncli.compiled import _native
from anncli.network.names import LOSS_NAMES, parse_loss

# For calls that only compute a gradient: the rule is not applied.
NO_RULE = UpdateRule("sgd", 0.0)

# Threads share the rows of runs that are so long, call by call, rather than the runs, where there are few of them.
_LONG_RUN, _FEW_RUNS = 2048, 16


class NativeSession(BoundSession):
    """See base.Session. The bits do not depend on the number of threads.

    Float64 and arrays with gaps, which the compiled code cannot read, are computed by a reference session. Args: numpy_from: the
    batch size from which numpy is used instead.
    """

    def __init__(self, problem: Problem, samples: Samples, binding: Binding, numpy_from: int) -> None:
        super().__init__(problem, samples, binding)
        self._loss_code = _loss_code(problem.loss)
        vectors: tuple[Any, Any, Any] = samples
        self._inputs, self._targets, self._weights = vectors
        fits = self._n_samples <= MOST_ROWS and all_float32(*vectors)
        # Calls on this many rows or more go to numpy.
        self._limit = numpy_from
        self._numpy_from = numpy_from if fits else 0

    def outputs(self, parameters: Array, rows: RowChoice | None = None) -> Array:
        numbers = self._numbers(rows)
        n = self._n_samples if numbers is None else len(numbers)
        if n >= self._numpy_from or not all_float32(parameters):
            return self._reference.outputs(parameters, rows)
        binding, outputs = self._bound(), np.empty((n, self._problem.topology.n_outputs), dtype=np.float32)
        with binding.threads_for("forward", n, n) as threads:
            _native.forward(binding.plan, parameters, self._inputs, numbers, outputs, threads)
        return outputs

    def outputs_from(self, parameters: Array, states: Any) -> tuple[Array, Any]:
        return self._reference.outputs_from(parameters, states)

    def loss(
        self, parameters: Array, rows: RowChoice | None = None, *, loss: str | None = None, l2: float = 0.0
    ) -> float:
        numbers = self._numbers(rows)
        n = self._n_samples if numbers is None else len(numbers)
        if n >= self._numpy_from or not all_float32(parameters):
            return self._reference.loss(parameters, rows, loss=loss, l2=l2)
        if loss is not None and loss != self._problem.loss and parse_loss(loss).numbers:
            # The plan holds the numbers of the problem's loss only.
            return self._reference.loss(parameters, rows, loss=loss, l2=l2)
        code = self._loss_code if loss is None else _loss_code(loss)
        return self._full_pass("loss", parameters, code, numbers, None, l2)

    def gradient(
        self, parameters: Array, out: Array, rows: RowChoice | None = None, shown: Shown = PLAIN, *, l2: float = 0.0
    ) -> float:
        numbers = self._numbers(rows)
        n = self._n_samples if numbers is None else len(numbers)
        if n >= self._numpy_from or not all_float32(parameters, out):
            return self._reference.gradient(parameters, out, rows, shown, l2=l2)
        if not (shown.dropout or shown.input_dropout):
            return self._full_pass("gradient", parameters, self._loss_code, numbers, out, l2)
        if numbers is None:
            numbers = np.arange(n, dtype=np.int32)
        value = self._batch_gradient(parameters, numbers, shown, shown.rows_seen, out, None)
        if l2:
            add_penalty_gradient(self._problem.topology, parameters, out, l2)
            value += l2 / 2 * squared_weights(self._problem.topology, parameters)
        return value

    def add_gradients(
        self, total: FixedSum, losses: Array, runs: Runs, parameters: Array, shown: Shown = PLAIN
    ) -> bool:
        rows, n_runs = self._numbers(runs.rows), len(runs.starts) - 1
        fits = self._numpy_from > MOST_ROWS and all_float32(parameters)
        if rows is None or not fits:
            return False
        binding, targets = self._bound_targets()
        if binding.threads != 1 and n_runs < _FEW_RUNS and len(rows) >= _LONG_RUN * n_runs:
            return False
        packed = self._pack(NO_RULE, shown)

        def add(first: int, last: int, part: FixedSum) -> None:
            begin, end = runs.starts[first], runs.starts[last]
            part.overflow += _native.chunk_gradients(
                binding.plan, parameters, self._loss_code, packed, shown.rows_seen + int(begin), self._inputs, targets,
                self._weights, rows[begin:end], runs.starts[first : last + 1] - begin, runs.of, part.exponent,
                np.empty_like(parameters), part.words.reshape(-1), losses[first:last],
            )  # fmt: skip

        with binding.threads_for("runs", len(rows), len(rows)) as threads:
            add_in_threads(add, n_runs, total, threads)
        return True

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
        rule, state = check_sweep(rule, state, batch_size, shown, self._problem.truncate)
        numbers = self._numbers(order)
        assert numbers is not None
        fits = all_float32(parameters, outputs, state.first, state.second)
        if min(batch_size, len(numbers)) >= self._numpy_from or not fits:
            return self._reference.sweep(parameters, rule, state, order, batch_size, shown, outputs)
        if rule.l1 or rule.clip or rule.name not in SWEEP_RULES:
            return self._stepwise_sweep(parameters, rule, state, numbers, batch_size, shown, outputs)
        return self._epoch(parameters, rule, state, numbers, batch_size, shown, outputs)

    def _epoch(
        self, parameters: Array, rule: UpdateRule, state: UpdateState, numbers: Array, batch_size: int, shown: Shown,
        outputs: Array | None,
    ) -> float:  # fmt: skip
        packed = self._pack(rule, shown)
        binding, targets = self._bound_targets()
        assert state.first is not None
        value: float
        with binding.threads_for(rule.name, batch_size, len(numbers)) as threads:
            value, state.step = _native.epoch(
                binding.plan, parameters, self._loss_code, packed, state.first, state.second, state.step,
                shown.rows_seen, self._inputs, targets, self._weights, numbers, batch_size, outputs, threads,
            )  # fmt: skip
        return value

    def over(self, samples: Samples) -> Session:
        return NativeSession(self._problem, samples, self._bound(), self._limit)

    def _bound_targets(self) -> tuple[Binding, Array]:
        if self._binding is None or self._targets is None:
            targets_of(self._samples)
            return self._bound(), self._targets
        return self._binding, self._targets

    def _full_pass(
        self, kind: str, parameters: Array, loss: int, numbers: Array | None, out: Array | None, l2: float
    ) -> float:
        binding, targets = self._bound_targets()
        n = self._n_samples if numbers is None else len(numbers)
        with binding.threads_for(kind, n, n) as threads:
            value: float = _native.loss_and_gradient(
                binding.plan, parameters, loss, self._inputs, targets, self._weights, numbers, out, l2, threads
            )
        return value

    def _batch_gradient(
        self, parameters: Array, numbers: Array, shown: Shown, rows_seen: int, out: Array, outputs: Array | None
    ) -> float:
        """The mean loss over the rows with dropout, without penalty, and its gradient (P,) into `out`."""
        (binding, targets), n = self._bound_targets(), len(numbers)
        with binding.threads_for("sgd", n, n) as threads:
            value: float = _native.batch_gradient(
                binding.plan, parameters, self._loss_code, self._pack(NO_RULE, shown), rows_seen, self._inputs,
                targets, self._weights, numbers, out, outputs, threads,
            )  # fmt: skip
        return value

    def _stepwise_sweep(
        self,
        parameters: Array,
        rule: UpdateRule,
        state: UpdateState,
        numbers: Array,
        batch_size: int,
        shown: Shown,
        outputs: Array | None,
    ) -> float:
        """A sweep with gradients from the compiled code and updates in numpy, for l1 and clip, which it does not know."""
        topology, gradient, total = self._problem.topology, np.empty_like(parameters), 0.0
        done = 0
        for start in range(0, len(numbers), batch_size):
            taken = numbers[start : start + batch_size]
            n = n_answers(self._samples, taken)
            wants_outputs = shown.tolerance or outputs is not None
            seen = np.empty((n, topology.n_outputs), dtype=np.float32) if wants_outputs else None
            total += n * self._batch_gradient(parameters, taken, shown, shown.rows_seen + start, gradient, seen)
            if outputs is not None:
                outputs[done : done + n] = seen
            done += n
            if seen is not None and shown.tolerance and self._within(seen, taken, shown.tolerance):
                continue
            apply_rule(topology, rule, state, parameters, gradient)
        return total / done

    def _within(self, outputs: Array, numbers: Array, tolerance: float) -> bool:
        return bool((np.abs(outputs - answers_of(self._samples, numbers).targets) <= tolerance).all())


def _loss_code(loss: str) -> int:
    code = LOSS_NAMES[parse_loss(loss).name].code
    assert code is not None
    return code
