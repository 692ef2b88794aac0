"""Chunks: a sum over many rows is taken in 64 parts, always the same, whoever computes them.

The rows of a call are taken as a set: their numbers in ascending order; a place is a position in it. Chunk k of a set of n
rows is the places k * n // 64 .. (k + 1) * n // 64 - 1. A batch of a sweep is grouped by the chunks of its rows in the set of the
whole sweep; rows of one chunk keep their order.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, Rows, Tokens
from anncli.backends.base import PLAIN, Problem, Samples, Shown

CHUNKS = 64
# The rows from which a call is taken in chunks, and of a sweep the batch size too: with fewer, chunks would cost more time
# than several processes could save. Other numbers here change the bytes of trained networks.
LEAST_ROWS, LEAST_BATCH = 65_536, 4_096


class Task(NamedTuple):
    """One sum over the rows of a set or batch, at `parameters` (P,).

    kind: 'gradient' (P numbers), 'loss' (none), 'hessian' (P: the product with `direction`) or 'normal' (normal equations:
    the upper triangle of the matrix row by row, then the vector). loss: another one than the problem's, for 'loss' alone; shown: of
    the first row of the whole set or batch; exponent: of the words, see fixed_sums.py.
    """

    kind: str
    parameters: Array
    direction: Array | None = None
    loss: str | None = None
    shown: Shown = PLAIN
    exponent: int = 0

    @property
    def n_numbers(self) -> int:
        """How many numbers are summed."""
        p = len(self.parameters)
        return {"loss": 0, "normal": p * (p + 1) // 2 + p}.get(self.kind, p)


class Grouped(NamedTuple):
    """A set, or a batch of it, grouped by chunk: places (m,); starts (65,): where each chunk begins among them."""

    places: Array
    starts: Array


def chunk_starts(n: int) -> Array:
    """int64 (65,): the place where each chunk of a set of n rows begins, and n."""
    return np.arange(CHUNKS + 1, dtype=np.int64) * n // CHUNKS


def chunks_of(places: Array, n: int) -> Array:
    """uint8 (m,): the chunks of some places of a set of n rows."""
    return (((places.astype(np.int64) + 1) * CHUNKS - 1) // n).astype(np.uint8)


def grouped(places: Array, n: int) -> Grouped:
    """The places of a batch, by chunk."""
    chunks = chunks_of(places, n)
    starts = np.zeros(CHUNKS + 1, dtype=np.int64)
    np.cumsum(np.bincount(chunks, minlength=CHUNKS), out=starts[1:])
    return Grouped(places[np.argsort(chunks, kind="stable")], starts)


def in_chunks(problem: Problem, n: int) -> bool:
    """Whether a call over n rows is taken in chunks."""
    return n >= LEAST_ROWS and not problem.truncate


def sweeps_in_chunks(problem: Problem, samples: Samples, n: int, batch_size: int) -> bool:
    """Whether a sweep is. Over tokens it is not: its updates are lazy."""
    return in_chunks(problem, n) and batch_size >= LEAST_BATCH and not isinstance(samples.inputs, Tokens)


def answer_counts(samples: Samples, rows: Array) -> Array | None:
    """int64 (n,): how many answers each row has; None where each has one."""
    targets = samples.targets
    return targets.lengths[rows] if isinstance(targets, Rows) else None
