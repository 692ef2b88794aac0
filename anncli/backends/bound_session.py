"""What all sessions of the compiled code have: samples that are bound to it until they are closed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from anncli.arrays import Array
from anncli.backends.base import PLAIN, NormalEquations, Problem, RowChoice, Runs, Samples, Shown
from anncli.backends.checks import all_float32, chosen_rows
from anncli.backends.fixed_sums import FixedSum
from anncli.backends.native_binding import Binding, RulePacker
from anncli.backends.rules import TURN_CODES, RpropRule, RpropState, Rule, State
from anncli.backends.updates import apply_rule
from anncli.compiled import _native

if TYPE_CHECKING:
    from anncli.backends.reference import ReferenceSession

_INT32 = np.dtype(np.int32)
MOST_ROWS = int(np.iinfo(_INT32).max)


class BoundSession:
    """The part of base.Session that does not depend on the network; a reference session stands by for what compiled code cannot."""

    def __init__(self, problem: Problem, samples: Samples, binding: Binding) -> None:
        self._problem, self._samples = problem, samples
        self._binding: Binding | None = binding
        self._n_samples = len(samples.inputs)
        self._pack = RulePacker().pack

    def update(self, rule: Rule, state: State, parameters: Array, gradient: Array) -> None:
        if isinstance(rule, RpropRule) and isinstance(state, RpropState):
            vectors = (parameters, gradient, state.previous_gradient, state.step, state.move)
            if all_float32(*vectors):
                _native.rprop_step(TURN_CODES[rule.turn], *rule[:4], *vectors)
                state.previous_gradient[...] = gradient
                return
        apply_rule(self._problem.topology, rule, state, parameters, gradient)

    def add_gradients(
        self, total: FixedSum, losses: Array, runs: Runs, parameters: Array, shown: Shown = PLAIN
    ) -> bool:
        return False

    def hessian(self, parameters: Array, direction: Array, rows: RowChoice | None = None, *, l2: float = 0.0) -> Array:
        return self._reference.hessian(parameters, direction, rows, l2=l2)

    def normal(self, parameters: Array, rows: RowChoice | None = None) -> NormalEquations:
        return self._reference.normal(parameters, rows)

    def close(self) -> None:
        self._binding = None
        if "_reference" in vars(self):
            self._reference.close()

    def _bound(self) -> Binding:
        if self._binding is None:
            raise ValueError("the session is closed")
        return self._binding

    @cached_property
    def _reference(self) -> ReferenceSession:
        from anncli.backends.reference import ReferenceSession

        # After close() this raises, as the compiled calls do.
        self._bound()
        return ReferenceSession(self._problem, self._samples)

    def _numbers(self, rows: RowChoice | None) -> Array | None:
        """Row numbers as int32. A number too large is clipped to one out of range, so that the compiled code rejects it."""
        if rows is None or (type(rows) is np.ndarray and rows.dtype == _INT32 and rows.flags.c_contiguous):
            return rows
        if isinstance(rows, slice) or rows.dtype == np.bool_:
            rows = chosen_rows(rows, self._n_samples)
        if rows.dtype.itemsize > _INT32.itemsize:
            rows = np.clip(rows.astype(np.int64, copy=False), -1, MOST_ROWS)
        return np.ascontiguousarray(rows, dtype=_INT32)
