"""The native kernel: the numpy kernel's contract on compiled code, chosen for this machine's instruction set."""

from __future__ import annotations

import struct
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from anncli.arrays import Array
from anncli.backends.rules import RULE_CODES, TURN_CODES, RpropRule, UpdateRule, UpdateState
from anncli.backends.thread_trial import SHARED_WORK, ThreadTrial
from anncli.compiled import _native
from anncli.network.names import LOSS_NAMES
from anncli.network.topology import Topology

if TYPE_CHECKING:
    from anncli.backends.reference import NumpyKernel


# With a layer this large and batches of so many rows, numpy's BLAS is as fast as the baseline variant, and up to twice
# as fast where it knows instructions that the variant was not built for.
_BLAS_WEIGHTS, _BLAS_ROWS = 16384, 32
_MOST_PLANS, _MOST_TRIALS = 16, 64
# About how many rows the compiled side works on between two meetings of its threads.
_BLOCK_ROWS = 240

# Multiplications per thread between two meetings below which waking it takes longer than they do.
_LEAST_WORK = 250_000

_FLOAT32, _INT32 = np.dtype(np.float32), np.dtype(np.int32)
_MOST_ROWS = int(np.iinfo(_INT32).max)
_FIXED: dict[int, AbstractContextManager[int]] = {}
_ALONE: AbstractContextManager[int] = nullcontext(1)


class NativeKernel:
    """Epochs, gradients and outputs in compiled float32 code; the bits do not depend on the number of threads.

    Args: threads, how many share a call, 0 = as many as pay, which is tried out;
        variant, one of _native.variants(), None = the best one.
    What the compiled code does not do (float64, arrays with gaps, more rows than 32 bits count) goes to the numpy kernel.
    """

    def __init__(self, threads: int = 1, variant: str | None = None) -> None:
        if threads < 0:
            raise ValueError(f"{threads} threads")
        self.threads = threads
        self.variant = variant
        known = _native.variants()
        if self.variant is not None and self.variant not in known:
            raise ValueError(f"this machine has no kernel variant '{self.variant}'; use one of {', '.join(known)}")
        self._best = self.variant or known[0]
        self._plans: dict[Topology, Any] = {}
        self._last: tuple[Topology | None, Any] = (None, None)
        self._trials: dict[tuple[Topology, str, int], ThreadTrial] = {}
        self._rule: tuple[UpdateRule | None, bytes] = (None, b"")

    @property
    def name(self) -> str:
        return f"native {self._best}"

    @cached_property
    def _twin(self) -> NumpyKernel:
        from anncli.backends.reference import NumpyKernel

        return NumpyKernel()

    def forward(self, topology: Topology, parameters: Array, inputs: Array, rows: Array | None = None) -> Array:
        """Outputs (n, n_outputs); see NumpyKernel.forward."""
        n = len(inputs) if rows is None else len(rows)
        if not _fits(inputs, parameters) or self._prefers_blas(topology, n):
            return self._twin.forward(topology, parameters, inputs, rows)
        outputs = np.empty((n, topology.n_outputs), dtype=np.float32)
        with self._threads(topology, "forward", n, n) as threads:
            _native.forward(self._plan(topology), parameters, inputs, _numbers(rows), outputs, threads)
        return outputs

    def loss_and_gradient(
        self,
        topology: Topology,
        parameters: Array,
        loss: str,
        inputs: Array,
        targets: Array,
        weights: Array | None,
        rows: Array | None,
        gradient: Array | None,
        l2: float = 0.0,
    ) -> float:
        """The mean loss, its gradient into `gradient`; see NumpyKernel.loss_and_gradient."""
        n = len(inputs) if rows is None else len(rows)
        if not _fits(inputs, parameters, targets, weights, gradient) or self._prefers_blas(topology, n):
            return self._twin.loss_and_gradient(
                topology, parameters, loss, inputs, targets, weights, rows, gradient, l2
            )
        with self._threads(topology, "loss" if gradient is None else "gradient", n, n) as threads:
            value: float = _native.loss_and_gradient(
                self._plan(topology),
                parameters,
                LOSS_NAMES[loss].code,
                inputs,
                targets,
                weights,
                _numbers(rows),
                gradient,
                l2,
                threads,
            )
        return value

    def epoch(
        self,
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
        """One pass over `rows` with an update per batch; see NumpyKernel.epoch."""
        if rule.tolerance and batch_size != 1:
            raise ValueError("a tolerance needs batch size 1")
        fits = _fits(inputs, parameters, targets, weights, outputs, state.first, state.second)
        if not fits or self._prefers_blas(topology, min(batch_size, len(rows))):
            return self._twin.epoch(
                topology, parameters, loss, rule, state, inputs, targets, weights, rows, batch_size, outputs
            )
        if rule.l1 or rule.clip:
            from anncli.backends.stepwise import stepwise_epoch

            return stepwise_epoch(
                self, topology, parameters, loss, rule, state, inputs, targets, weights, rows, batch_size, outputs
            )
        known, packed = self._rule
        if known is not rule:
            packed = _pack(rule)
            self._rule = (rule, packed)
        with self._threads(topology, rule.name, batch_size, len(rows)) as threads:
            value: float
            value, state.step = _native.epoch(
                self._plan(topology),
                parameters,
                LOSS_NAMES[loss].code,
                packed,
                state.first,
                state.second,
                state.step,
                state.rows_seen,
                inputs,
                targets,
                weights,
                _numbers(rows),
                batch_size,
                outputs,
                threads,
            )
        state.rows_seen += len(rows)
        return value

    def rprop_step(
        self,
        rule: RpropRule,
        turn: str,
        parameters: Array,
        gradient: Array,
        previous_gradient: Array,
        step: Array,
        move: Array,
    ) -> None:
        """One Rprop step, the same bits as NumpyKernel.rprop_step."""
        if not _all_float32(parameters, gradient, previous_gradient, step, move):
            return self._twin.rprop_step(rule, turn, parameters, gradient, previous_gradient, step, move)
        return _native.rprop_step(TURN_CODES[turn], *rule, parameters, gradient, previous_gradient, step, move)

    def _plan(self, topology: Topology) -> Any:
        """The compiled side's memory for a topology; two threads may use one plan, the second then works in a copy."""
        known, plan = self._last
        if known is topology:
            return plan
        plan = self._plans.get(topology)
        if plan is None:
            plan = _native.plan(topology.sizes, topology.activation_codes, self.variant)
            if len(self._plans) >= _MOST_PLANS:
                self._plans = {}
            self._plans[topology] = plan
        self._last = (topology, plan)
        return plan

    def _prefers_blas(self, topology: Topology, batch_size: int) -> bool:
        if topology.uncompiled is not None:
            return True
        if self._best != "baseline" or self.variant == "baseline" or batch_size < _BLAS_ROWS:
            return False
        sizes = topology.sizes
        return max(a * b for a, b in pairwise(sizes)) >= _BLAS_WEIGHTS

    def _threads(self, topology: Topology, kind: str, batch_size: int, n_rows: int) -> AbstractContextManager[int]:
        """How many threads the call inside is given; with threads=0 its time is taken."""
        if self.threads == 1 or batch_size == 1:
            return _ALONE
        work = topology.n_parameters * min(batch_size, n_rows, _BLOCK_ROWS)
        if self.threads:
            number = max(1, min(self.threads, work // _LEAST_WORK))
            return _FIXED.setdefault(number, nullcontext(number))
        if work < 2 * SHARED_WORK:
            return _ALONE
        trial = self._trials.get((topology, kind, batch_size))
        if trial is None:
            if len(self._trials) >= _MOST_TRIALS:
                self._trials = {}
            trial = self._trials[topology, kind, batch_size] = ThreadTrial(work)
        return _ALONE if trial.gave_up else trial.measured(n_rows)


def _pack(rule: UpdateRule) -> bytes:
    """The rule as the compiled side's AnnRule: a code, ten numbers, the seed and the two limits of dropout."""
    return struct.pack(
        "=q10dQII",
        RULE_CODES[rule.name],
        rule.learning_rate,
        rule.momentum,
        rule.beta1,
        rule.beta2,
        rule.epsilon,
        rule.l2,
        rule.weight_decay,
        rule.tolerance,
        rule.dropout,
        rule.input_dropout,
        rule.dropout_seed & (2**64 - 1),
        round(rule.dropout * 2**24),
        round(rule.input_dropout * 2**24),
    )


def _fits(inputs: Array, *others: Array | None) -> bool:
    """Whether the compiled side can work on these arrays, as many rows as there are inputs."""
    return len(inputs) <= _MOST_ROWS and _all_float32(inputs, *others)


def _all_float32(*arrays: Array | None) -> bool:
    # A plain loop: small networks call this a hundred thousand times.
    for array in arrays:
        if array is not None and not (array.dtype == _FLOAT32 and array.flags.c_contiguous):
            return False
    return True


def _numbers(rows: Array | None) -> Array | None:
    """Row numbers in the compiled side's type; one that it cannot hold stays one that no array has."""
    if rows is not None and rows.dtype.itemsize > _INT32.itemsize:
        rows = np.clip(rows.astype(np.int64, copy=False), -1, _MOST_ROWS)
    return None if rows is None else np.ascontiguousarray(rows, dtype=_INT32)
