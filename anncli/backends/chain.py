"""Sessions of the compiled code on chains of layers of any kind: windows over pictures and rows, tokens, groups of rows."""

from __future__ import annotations

from functools import cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array, Inputs, Rows, Tokens
from anncli.backends.base import PLAIN, Problem, RowChoice, Runs, Samples, Session, Shown
from anncli.backends.chain_steps import state_floats, steps_of
from anncli.backends.checks import all_float32, answers_of, chosen_rows, n_answers, targets_of
from anncli.backends.fixed_sums import FixedSum
from anncli.backends.native_binding import Binding
from anncli.backends.native_session import NO_RULE, NativeSession
from anncli.backends.rules import UpdateRule, UpdateState
from anncli.backends.updates import add_penalty_gradient, apply_rule, gradient_point, squared_weights
from anncli.compiled import _native
from anncli.network.names import parse_loss
from anncli.network.sample_lengths import rows_above
from anncli.network.topology import Topology

_OUTPUTS, _LOSS, _GRADIENT, _EPOCH = range(4)

# About how many samples the compiled code works on between two synchronisations of its threads.
_BLOCK_SAMPLES = 16
# The most rows of a sample in the compiled code.
_MOST_SAMPLE_ROWS = 1 << 24


def chain_refusal(problem: Problem, variant: str | None) -> str | None:
    """Why the compiled code cannot compute a chain that is not plain; None where it can."""
    return _refusal(problem.topology, variant)


@cache
def _refusal(topology: Topology, variant: str | None) -> str | None:
    try:
        _make_chain(topology, (), variant)
    except ValueError as fault:
        return f"this chain of layers is not in the compiled code ({fault})"
    return None


def _make_chain(topology: Topology, numbers: tuple[float, ...], variant: str | None) -> Any:
    steps = steps_of(topology)
    loss_numbers = np.array(numbers, dtype=np.float32)
    return _native.chain(steps.steps, *steps.form, steps.tokens, steps.n_units, steps.products, loss_numbers, variant)


class ChainBinding(Binding):
    """What sessions on one chain share. Args: inputs: of the first session, from which the work of a sample is estimated."""

    def __init__(self, problem: Problem, inputs: Inputs, threads: int, variant: str | None) -> None:
        self.topology, self.threads = problem.topology, threads
        numbers = parse_loss(problem.loss).of_outputs(problem.topology.n_outputs)
        self.plan = _make_chain(problem.topology, numbers, variant)
        self.trials = {}
        self._work = _work_of_sample(problem.topology, inputs)

    def work(self, n_rows: int) -> int:
        return self._work * min(n_rows, _BLOCK_SAMPLES)


def _work_of_sample(topology: Topology, inputs: Inputs) -> int:
    """Multiplications of a forward pass over one sample of the usual number of rows."""
    rows = 1.0 if isinstance(inputs, np.ndarray) else inputs.starts[-1] / max(1, len(inputs))
    total = 0.0
    for shape, blocks in zip(topology.shapes[1:], topology.block_shapes, strict=True):
        places = rows if shape.rows is None else prod(shape.grid[:2]) if shape.grid is not None else 1
        total += places * sum(height * width for height, width in blocks)
    return int(total)


class _Call(NamedTuple):
    """What is asked of the compiled code besides the samples; loss: another one than the problem's; first_row: of the one piece
    that is wanted, where it is not -1; states: before and after that piece; truncate: another length of a piece than the problem's."""

    aim: int
    loss: int | None = None
    gradient: Array | None = None
    outputs: Array | None = None
    rule: bytes | None = None
    rows_seen: int = 0
    batch_size: int = 0
    state: UpdateState | None = None
    first_row: int = -1
    states: Array | None = None
    truncate: int | None = None


class ChainSession(NativeSession):
    """See base.Session; as NativeSession, over samples of several rows and of tokens too."""

    def __init__(self, problem: Problem, samples: Samples, binding: Binding, numpy_from: int) -> None:
        values, tokens, starts = _arrays_of(samples.inputs)
        targets, weights = samples.targets, samples.weights
        answers = targets.values if isinstance(targets, Rows) else targets
        factors = np.ascontiguousarray(weights.values[:, 0]) if isinstance(weights, Rows) else weights
        super().__init__(problem, Samples(values, answers, factors), binding, numpy_from)
        self._samples, self._n_samples = samples, len(samples.inputs)
        self._tokens, self._starts = tokens, starts
        self._target_starts = targets.starts if isinstance(targets, Rows) else None
        # Of samples that are too short for a layer the reference session says so.
        if starts is not None and len(starts) > 1:
            lengths = np.diff(starts)
            if lengths.min() < problem.topology.least_rows or lengths.max() > _MOST_SAMPLE_ROWS:
                self._numpy_from = 0

    def outputs(self, parameters: Array, rows: RowChoice | None = None) -> Array:
        numbers = self._numbers(rows)
        if not self._numpy_from or not all_float32(parameters):
            return self._reference.outputs(parameters, rows)
        outputs = self._new_outputs(numbers)
        self._run("forward", _Call(_OUTPUTS, outputs=outputs), parameters, numbers)
        return outputs

    def outputs_from(self, parameters: Array, states: Any) -> tuple[Array, Any]:
        if not self._numpy_from or not all_float32(parameters):
            return self._reference.outputs_from(parameters, states)
        outputs, topology = self._new_outputs(None), self._problem.topology
        width = sum(state_floats(layer) for layer in topology.layers)
        # Before and after these rows.
        given = np.zeros((2, width), dtype=np.float32)
        given[0] = 0 if states is None else states
        call = _Call(
            _OUTPUTS, outputs=outputs, first_row=0, states=given if width else None, truncate=max(1, len(outputs))
        )
        self._run("forward", call, parameters, None)
        return outputs, given[1]

    def add_gradients(
        self, total: FixedSum, losses: Array, runs: Runs, parameters: Array, shown: Shown = PLAIN
    ) -> bool:
        return False

    def over(self, samples: Samples) -> Session:
        return ChainSession(self._problem, samples, self._bound(), self._limit)

    def _full_pass(
        self, kind: str, parameters: Array, loss: int, numbers: Array | None, out: Array | None, l2: float
    ) -> float:
        aim = _LOSS if out is None else _GRADIENT
        value, _ = self._run(kind, _Call(aim, loss, out), parameters, numbers)
        if l2:
            if out is not None:
                add_penalty_gradient(self._problem.topology, parameters, out, l2)
            value += l2 / 2 * squared_weights(self._problem.topology, parameters)
        return value

    def _batch_gradient(
        self, parameters: Array, numbers: Array, shown: Shown, rows_seen: int, out: Array, outputs: Array | None
    ) -> float:
        rule = self._pack(NO_RULE, shown)
        return self._run("sgd", _Call(_GRADIENT, None, out, outputs, rule, rows_seen), parameters, numbers)[0]

    def _epoch(
        self, parameters: Array, rule: UpdateRule, state: UpdateState, numbers: Array, batch_size: int, shown: Shown,
        outputs: Array | None,
    ) -> float:  # fmt: skip
        packed = self._pack(rule, shown)
        call = _Call(_EPOCH, None, None, outputs, packed, shown.rows_seen, batch_size, state)
        value, state.step = self._run(rule.name, call, parameters, numbers)
        return value

    def _stepwise_sweep(
        self, parameters: Array, rule: UpdateRule, state: UpdateState, numbers: Array, batch_size: int, shown: Shown,
        outputs: Array | None,
    ) -> float:  # fmt: skip
        if not self._problem.truncate:
            return super()._stepwise_sweep(parameters, rule, state, numbers, batch_size, shown, outputs)
        total, done = 0.0, 0
        for start in range(0, len(numbers), batch_size):
            taken = numbers[start : start + batch_size]
            n = n_answers(self._samples, taken)
            given = np.empty((n, self._problem.topology.n_outputs), dtype=np.float32)
            total += self._batch_in_pieces(parameters, rule, state, taken, shown.after(start), given)
            if outputs is not None:
                outputs[done : done + n] = given
            done += n
        return total / done

    def _batch_in_pieces(
        self, parameters: Array, rule: UpdateRule, state: UpdateState, numbers: Array, shown: Shown, outputs: Array
    ) -> float:
        """The sum of the losses of a batch, whose pieces each lead to an update in numpy."""
        length, topology, total = self._problem.truncate, self._problem.topology, 0.0
        assert self._starts is not None
        ends = np.diff(self._starts)[numbers]
        width = sum(state_floats(layer) for layer in topology.layers)
        states = np.zeros((2, len(numbers), width), dtype=np.float32)
        packed, gradient = self._pack(NO_RULE, shown), np.empty_like(parameters)
        for first in range(0, int(ends.max()), length):
            point = gradient_point(rule, state, parameters)
            call = _Call(
                _GRADIENT,
                None,
                gradient,
                outputs,
                packed,
                shown.rows_seen,
                first_row=first,
                states=states.reshape(2 * len(numbers), width) if width else None,
            )
            value, _ = self._run("sgd", call, point, numbers)
            total += value * int(np.clip(ends - first, 0, length).sum())
            if not (shown.tolerance and self._piece_is_within(outputs, numbers, first, shown.tolerance)):
                apply_rule(topology, rule, state, parameters, gradient)
            states[0] = states[1]
        return total

    def _piece_is_within(self, outputs: Array, numbers: Array, first: int, tolerance: float) -> bool:
        """Of a batch of one sample."""
        here = slice(first, first + self._problem.truncate)
        return bool((np.abs(outputs[here] - answers_of(self._samples, numbers).targets[here]) <= tolerance).all())

    def _run(self, kind: str, call: _Call, parameters: Array, numbers: Array | None) -> tuple[float, int]:
        """The mean loss and the number of updates; kind: of the call, for the trial of threads."""
        binding, n = self._bound(), self._n_samples if numbers is None else len(numbers)
        if call.aim != _OUTPUTS:
            targets_of(self._samples)
        state = call.state
        first, second, step = (None, None, 0) if state is None else (state.first, state.second, state.step)
        with binding.threads_for(kind, call.batch_size or n, n) as threads:
            total, answers, step = _native.run_chain(
                binding.plan, call.aim, self._loss_code if call.loss is None else call.loss, call.rule, call.batch_size, step,
                call.rows_seen, threads, call.truncate or self._problem.truncate, call.first_row, call.states, parameters, first, second, call.gradient, call.outputs, self._inputs, self._tokens,
                self._starts, self._targets, self._target_starts, self._weights, numbers,
            )  # fmt: skip
        return total / max(1, answers), step

    def _new_outputs(self, numbers: Array | None) -> Array:
        """An array for the outputs, whose rows for each sample are not those of its inputs behind a stride."""
        n = self._n_samples if numbers is None else len(numbers)
        topology = self._problem.topology
        if topology.answers_rows:
            assert self._starts is not None
            lengths = np.diff(self._starts)
            n = int(
                rows_above(
                    topology, lengths if numbers is None else lengths[chosen_rows(numbers, self._n_samples)]
                ).sum()
            )
        return np.empty((n, topology.n_outputs), dtype=np.float32)


def _arrays_of(inputs: Inputs) -> tuple[Array, Array | None, Array | None]:
    """Values, the indices of tokens, and where samples start."""
    if isinstance(inputs, Tokens):
        return inputs.values, inputs.indices, np.ascontiguousarray(inputs.starts)
    return (
        (inputs.values, None, np.ascontiguousarray(inputs.starts)) if isinstance(inputs, Rows) else (inputs, None, None)
    )
