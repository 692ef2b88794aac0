"""Piecework: the sums of some of the 64 chunks of a set, computed by one session, chunk after chunk."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, Inputs
from anncli.backends.base import NormalEquations, Runs, Session
from anncli.backends.chunks import CHUNKS, Task, chunk_starts, grouped
from anncli.backends.fixed_sums import FixedSum
from anncli.maps import Relief

# Rows times parameters, of one to three seconds: more is computed in several calls.
_LONG = 1 << 34


class Sums(NamedTuple):
    """What a task gave, of all chunks or of some; parts are put together by adding each of its members.

    words: int64 (2, m), see FixedSum; losses: float64 (64,), the mean loss of each chunk, 0 of those that are not here; answers:
    int64 (64,), likewise; overflow: of FixedSum.
    """

    words: Array
    losses: Array
    answers: Array
    overflow: int


class PartOfSums:
    """The sums of the chunks first .. last - 1 of a set of n rows.

    session: on samples that have the rows of these chunks; rows: their numbers there, in the order of the set; counts: int64 (n,), how
    many answers each row of the whole set has, None where each has one; inputs: of the samples, if they may be a memory map, whose
    memory is then given back between chunks. between: called before each chunk, which its exception ends.
    """

    between: Callable[[], object] = staticmethod(lambda: None)

    def __init__(
        self,
        session: Session,
        rows: Array,
        n: int,
        first: int = 0,
        last: int = CHUNKS,
        counts: Array | None = None,
        inputs: Inputs | None = None,
    ) -> None:
        starts = chunk_starts(n)
        if len(rows) != starts[last] - starts[first]:
            raise ValueError(f"chunks {first} to {last - 1} of {n} rows are not {len(rows)} rows")
        self._session, self._rows, self._n, self._counts = session, rows, n, counts
        self._first, self._last, self._begin = first, last, int(starts[first])
        self._whole = _Portion(rows, starts, self._answers(starts))
        self._order, self._batch_size = np.empty(0, dtype=np.int32), 0
        self._relief = Relief(inputs)

    def sums(self, task: Task) -> Sums:
        """Over the whole set."""
        return self._sums(task, self._whole)

    def begin(self, places: Array, batch_size: int) -> None:
        """The order of a sweep, as places (n,) of the whole set; batches are numbered from 0."""
        self._order, self._batch_size = places, batch_size

    def batch(self, task: Task, number: int) -> Sums:
        """Over one batch of the sweep."""
        begin = number * self._batch_size
        batch = grouped(self._order[begin : begin + self._batch_size], self._n)
        own = batch.places[batch.starts[self._first] : batch.starts[self._last]]
        answers = self._answers(batch.starts, batch.places)
        return self._sums(task, _Portion(self._rows[own - self._begin], batch.starts, answers))

    def _answers(self, starts: Array, places: Array | None = None) -> Array:
        """int64 (64,): the answers of each chunk of the whole set, or of a batch of these places; starts (65,): of its chunks."""
        if self._counts is None:
            return np.diff(starts)
        counts = self._counts if places is None else self._counts[places]
        ends = np.concatenate([[0], np.cumsum(counts)])[starts]
        return np.diff(ends)

    def _sums(self, task: Task, portion: _Portion) -> Sums:
        total, losses = FixedSum(task.n_numbers, task.exponent), np.zeros(CHUNKS)
        answers, n = np.zeros(CHUNKS, dtype=np.int64), int(portion.answers.sum())
        answers[self._first : self._last] = portion.answers[self._first : self._last]
        gradient, origin = np.empty_like(task.parameters), int(portion.starts[self._first])
        for first, last in self._groups(task, portion):
            is_done = (
                task.kind == "gradient"
                and self._counts is None
                and self._at_once(task, portion, first, last, total, losses)
            )
            for chunk in () if is_done else range(first, last):
                begin, end = int(portion.starts[chunk]), int(portion.starts[chunk + 1])
                if not answers[chunk]:
                    continue
                self.between()
                rows = portion.rows[begin - origin : end - origin]
                own = task._replace(shown=task.shown.after(begin))
                losses[chunk], values = self._piece(own, rows, int(answers[chunk]), gradient)
                self._relief.read(len(rows))
                if values is not None:
                    total.add(values, int(answers[chunk]) / n)
        return Sums(total.words, losses, answers, total.overflow)

    def _groups(self, task: Task, portion: _Portion) -> list[tuple[int, int]]:
        """The chunks that a call may have at once, first and last + 1: between() could not end what takes long, and a map is given back."""
        n_chunks, n_rows = self._last - self._first, len(portion.rows)
        calls = max(n_rows * len(task.parameters) / _LONG, self._relief.looks(n_rows))
        n_groups = max(1, min(n_chunks, math.ceil(calls)))
        cuts = [self._first + k * n_chunks // n_groups for k in range(n_groups + 1)]
        return list(pairwise(cuts))

    def _at_once(self, task: Task, portion: _Portion, first: int, last: int, total: FixedSum, losses: Array) -> bool:
        """The gradients of some chunks in one call, where the session knows how."""
        starts, origin = portion.starts[first : last + 1], int(portion.starts[self._first])
        rows = portion.rows[starts[0] - origin : starts[-1] - origin]
        runs = Runs(rows, starts - starts[0], int(portion.starts[-1]))
        self.between()
        own = task.shown.after(int(starts[0]))
        is_done = self._session.add_gradients(total, losses[first:last], runs, task.parameters, own)
        if is_done:
            self._relief.read(len(rows))
        return is_done

    def _piece(self, task: Task, rows: Array, answers: int, gradient: Array) -> tuple[float, Array | None]:
        """The mean loss of one chunk, 0 with a Hessian product, and the mean over its answers of the numbers that are summed; gradient:
        room for a gradient."""
        if task.kind == "loss":
            return self._session.loss(task.parameters, rows, loss=task.loss), None
        if task.kind == "gradient":
            return self._session.gradient(task.parameters, gradient, rows, task.shown), gradient
        if task.kind == "hessian":
            assert task.direction is not None
            return 0.0, self._session.hessian(task.parameters, task.direction, rows)
        if task.kind == "normal":
            equations = self._session.normal(task.parameters, rows)
            return equations.loss_sum / equations.n_residuals, packed(equations) / answers
        raise ValueError(f"no task {task.kind}")


class _Portion(NamedTuple):
    """A set or a batch: rows of this part of it, grouped by chunk; starts (65,) and answers (64,) of all of it."""

    rows: Array
    starts: Array
    answers: Array


def packed(equations: NormalEquations) -> Array:
    """The upper triangle of the matrix, row by row, and the vector: P (P + 1) / 2 + P numbers."""
    rows = [row[number:] for number, row in enumerate(equations.matrix)]
    return np.concatenate([*rows, equations.vector])


def unpacked(numbers: Array, size: int) -> tuple[Array, Array]:
    """The symmetric matrix (P, P) and the vector (P,), P = size."""
    matrix, begin = np.empty((size, size)), 0
    for number in range(size):
        end = begin + size - number
        matrix[number, number:] = matrix[number:, number] = numbers[begin:end]
        begin = end
    return matrix, numbers[begin:].copy()
