"""Sessions whose sums over many rows are taken in chunks, by a crew of one process or several: the same bytes for any number."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.backends.base import PLAIN, Backend, NormalEquations, Problem, RowChoice, Runs, Samples, Session, Shown
from anncli.backends.checks import check_sweep, chosen_rows
from anncli.backends.chunks import LEAST_ROWS, Task, in_chunks, sweeps_in_chunks
from anncli.backends.crew import Crew, Held, Sums, current_crew
from anncli.backends.fixed_sums import EXPONENTS, NOT_FINITE, FixedSum, mean_loss, value_of
from anncli.backends.piecework import unpacked
from anncli.backends.rules import Rule, State
from anncli.backends.updates import add_penalty_gradient, squared_weights

# Sets that are held at a time: training, validation, both together, and one more.
_MOST_SETS = 4


def open_session(backend: Backend, problem: Problem, samples: Samples) -> Session:
    """A session for training; its sums are taken in chunks where they are over LEAST_ROWS rows, by the crew of this process."""
    session = backend.open(problem, samples)
    # No set of fewer samples is ever taken in chunks.
    if not in_chunks(problem, len(samples.inputs)):
        return session
    return ChunkedSession(session, problem, samples, current_crew())


class _Set:
    """A set that is held: rows (n,), ascending, among n_samples."""

    def __init__(self, rows: Array, held: Held, n_samples: int) -> None:
        self.rows, self.held, self._n_samples = rows, held, n_samples

    @cached_property
    def places(self) -> Array | None:
        """int32 (n_samples,): the place of each row in the set, -1 of others; None where a row is in it twice. Only sweeps need it, and
        it takes as much memory as the row numbers of all samples."""
        if not (self.rows[1:] != self.rows[:-1]).all():
            return None
        places = np.full(self._n_samples, -1, dtype=np.int32)
        places[self.rows] = np.arange(len(self.rows), dtype=np.int32)
        return places


class ChunkedSession:
    """See base.Session. What is not taken in chunks goes to `inner`, a session for the same problem and samples."""

    def __init__(self, inner: Session, problem: Problem, samples: Samples, crew: Crew) -> None:
        self._inner, self._problem, self._samples, self._crew = inner, problem, samples, crew
        self._sets: list[_Set] = []

    def outputs(self, parameters: Array, rows: RowChoice | None = None) -> Array:
        return self._inner.outputs(parameters, rows)

    def outputs_from(self, parameters: Array, states: Any) -> tuple[Array, Any]:
        return self._inner.outputs_from(parameters, states)

    def update(self, rule: Rule, state: State, parameters: Array, gradient: Array) -> None:
        self._inner.update(rule, state, parameters, gradient)

    def loss(
        self, parameters: Array, rows: RowChoice | None = None, *, loss: str | None = None, l2: float = 0.0
    ) -> float:
        if not in_chunks(self._problem, self._count(rows)):
            return self._inner.loss(parameters, rows, loss=loss, l2=l2)
        # A set that one process judges now and then is not kept: its row numbers are often a copy made for that.
        sums = self._held(rows, keep=self._crew.size > 1).sums(Task("loss", parameters, loss=loss))
        return mean_loss(sums.losses, sums.answers) + self._penalty(parameters, l2)

    def gradient(
        self, parameters: Array, out: Array, rows: RowChoice | None = None, shown: Shown = PLAIN, *, l2: float = 0.0
    ) -> float:
        if not in_chunks(self._problem, self._count(rows)):
            return self._inner.gradient(parameters, out, rows, shown, l2=l2)
        value, _ = _total(self._held(rows).sums, Task("gradient", parameters, shown=shown), out)
        add_penalty_gradient(self._problem.topology, parameters, out, l2)
        return value + self._penalty(parameters, l2)

    def add_gradients(
        self, total: FixedSum, losses: Array, runs: Runs, parameters: Array, shown: Shown = PLAIN
    ) -> bool:
        return self._inner.add_gradients(total, losses, runs, parameters, shown)

    def hessian(self, parameters: Array, direction: Array, rows: RowChoice | None = None, *, l2: float = 0.0) -> Array:
        if not in_chunks(self._problem, self._count(rows)):
            return self._inner.hessian(parameters, direction, rows, l2=l2)
        product = np.empty_like(parameters)
        _total(self._held(rows).sums, Task("hessian", parameters, direction), product)
        add_penalty_gradient(self._problem.topology, direction, product, l2)
        return product

    def normal(self, parameters: Array, rows: RowChoice | None = None) -> NormalEquations:
        if not in_chunks(self._problem, self._count(rows)):
            return self._inner.normal(parameters, rows)
        task, problem = Task("normal", parameters), self._problem
        numbers = np.empty(task.n_numbers)
        value, n = _total(self._held(rows).sums, task, numbers)
        matrix, vector = unpacked(numbers, len(parameters))
        matrix *= n
        vector *= n
        n_residuals = n * (problem.topology.n_outputs if problem.loss == "mse" else 1)
        return NormalEquations.of(matrix, vector, value * n_residuals, n_residuals, problem.loss)

    def sweep(
        self,
        parameters: Array,
        rule: Rule,
        state: State,
        order: Array,
        batch_size: int,
        shown: Shown = PLAIN,
        outputs: Array | None = None,
    ) -> float:
        n = self._count(order)
        if outputs is not None or not sweeps_in_chunks(self._problem, self._samples, n, batch_size):
            return self._inner.sweep(parameters, rule, state, order, batch_size, shown, outputs)
        rule, state = check_sweep(rule, state, batch_size, shown)
        held, places = self._places(chosen_rows(order, len(self._samples.inputs)))
        held.begin(places, batch_size)
        gradient, total, answers = np.empty_like(parameters), 0.0, 0
        for number, start in enumerate(range(0, n, batch_size)):
            task = Task("gradient", parameters, shown=shown.after(start))
            value, n_taken = _total(partial(held.batch, number=number), task, gradient)
            total, answers = total + value * n_taken, answers + n_taken
            self._inner.update(rule, state, parameters, gradient)
        return total / answers

    def over(self, samples: Samples) -> Session:
        inner = self._inner.over(samples)
        if len(samples.inputs) < LEAST_ROWS:
            return inner
        return ChunkedSession(inner, self._problem, samples, self._crew)

    def close(self) -> None:
        for own in self._sets:
            own.held.close()
        self._sets.clear()
        self._inner.close()

    def _penalty(self, parameters: Array, l2: float) -> float:
        return l2 / 2 * squared_weights(self._problem.topology, parameters) if l2 else 0.0

    def _count(self, rows: RowChoice | None) -> int:
        n = len(self._samples.inputs)
        if rows is None:
            return n
        if isinstance(rows, slice):
            return len(range(*rows.indices(n)))
        return int(np.count_nonzero(rows)) if rows.dtype == np.bool_ else len(rows)

    def _held(self, rows: RowChoice | None, keep: bool = True) -> Held:
        """Who holds these rows, in whatever order they are given; keep: also for later calls. Those that were sorted for it are kept anyway."""
        n = len(self._samples.inputs)
        numbers = chosen_rows(rows, n)
        if (known := self._known(numbers)) is not None:
            return known.held
        # The order of rows says nothing about their sum. Those in order are kept as they are: a copy of millions of them would count.
        ascends = bool((numbers[1:] >= numbers[:-1]).all())
        if ascends and not keep:
            return self._new_set(numbers).held
        return self._set_of(numbers if ascends else np.sort(numbers)).held

    def _known(self, rows: Array) -> _Set | None:
        return next((own for own in self._sets if np.array_equal(own.rows, rows)), None)

    def _set_of(self, rows: Array) -> _Set:
        if (known := self._known(rows)) is not None:
            return known
        if len(self._sets) == _MOST_SETS:
            self._sets.pop(0).held.close()
        own = self._new_set(rows)
        self._sets.append(own)
        return own

    def _new_set(self, rows: Array) -> _Set:
        n = len(self._samples.inputs)
        if rows[0] < 0 or rows[-1] >= n:
            raise IndexError(f"row numbers from {rows[0]} to {rows[-1]} of {n} rows")
        return _Set(rows, self._crew.hold(self._inner, self._problem, self._samples, rows), n)

    def _places(self, order: Array) -> tuple[Held, Array]:
        """Who holds the rows of a sweep, and its order as places int32 (n,)."""
        for known in self._sets:
            if len(known.rows) != len(order) or known.places is None:
                continue
            if order.max() < len(known.places):
                places = known.places[order]
                seen = np.zeros(len(order), dtype=np.bool_)
                seen[places] = True
                if places.min() >= 0 and seen.all():
                    return known.held, places
        by_row = np.argsort(order, kind="stable")
        own, places = self._set_of(order[by_row]), np.empty(len(order), dtype=np.int32)
        places[by_row] = np.arange(len(order), dtype=np.int32)
        return own.held, places


def _total(sums_of: Callable[[Task], Sums], task: Task, out: Array) -> tuple[float, int]:
    """The mean loss of a task and its number of answers; its other numbers go to `out`, nan where one of them is not finite."""
    for exponent in EXPONENTS:
        sums = sums_of(task._replace(exponent=exponent))
        if sums.overflow:
            out[...] = np.nan
        else:
            with np.errstate(over="ignore"):
                out[...] = value_of(sums.words, exponent)
        if not sums.overflow or sums.overflow >= NOT_FINITE:
            break
    return mean_loss(sums.losses, sums.answers), int(sums.answers.sum())
