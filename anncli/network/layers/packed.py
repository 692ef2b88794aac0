"""Rows of samples in the order of time: the first row of every sample, then the second ones, the longest samples first.

At step t the first counts[t] samples of that order have a row, so that samples of any lengths need no padding.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array

# The order of a sample alone.
_FIRST = np.zeros(1, dtype=np.int64)


class Packed(NamedTuple):
    """Where the rows of samples stand in the order of time.

    order (n_samples,): the sample numbers, longest first, samples of one length in their own order; ends (steps + 1,): where the
    rows of each step begin, from 0; places (n,): where each row of the samples stands; starts (n_samples + 1,): as given.
    """

    order: Array
    ends: Array
    places: Array
    starts: Array

    @classmethod
    def of(cls, starts: Array, is_backward: bool = False) -> Packed:
        """is_backward: step 0 is the last row of each sample."""
        if len(starts) == 2:
            # A sample alone is in the order of time as it is: rows that come one by one are many such.
            places = np.arange(starts[1])
            return cls(_FIRST, np.arange(starts[1] + 1), places[::-1] if is_backward else places, starts)
        lengths = np.diff(starts)
        order = np.argsort(-lengths, kind="stable")
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        steps = np.arange(starts[-1]) - np.repeat(starts[:-1], lengths)
        if is_backward:
            steps = np.repeat(lengths, lengths) - 1 - steps
        ends = np.concatenate([[0], np.cumsum(np.bincount(steps))]) if len(steps) else np.zeros(1, dtype=np.int64)
        return cls(order, ends, ends[steps] + np.repeat(rank, lengths), starts)

    @property
    def counts(self) -> Array:
        """(steps,) how many samples have a row at each step."""
        return np.diff(self.ends)

    def steps(self) -> Iterator[slice]:
        """The rows of each step."""
        return (slice(first, last) for first, last in pairwise(self.ends.tolist()))

    def steps_back(self) -> Iterator[slice]:
        """The same from the last step to the first."""
        return reversed(list(self.steps()))

    def pack(self, rows: Array) -> Array:
        """Rows (n, columns) in the order of time."""
        packed = np.empty_like(rows, order="C")
        packed[self.places] = rows
        return packed

    def unpack(self, packed: Array) -> Array:
        """Rows (n, columns) in the order of the samples."""
        rows: Array = packed[self.places]
        return rows

    def first(self, states: Array) -> Array:
        """The states (n_samples, width) of the samples that have a row, longest first."""
        n_first = int(self.ends[1]) if len(self.ends) > 1 else 0
        found: Array = states[self.order[:n_first]]
        return found

    def before(self, packed: Array, first: Array) -> Array:
        """For each row, in the order of time, the values (n, width) of the step before it; first: those before step 0."""
        if len(self.starts) == 2:
            return np.concatenate([first, packed[:-1]]) if len(packed) else packed
        counts = self.counts
        sources = np.arange(len(first), len(packed)) - np.repeat(counts[:-1], counts[1:])
        return np.concatenate([first, packed[sources]])

    def last(self, packed: Array, given: Array) -> Array:
        """(n_samples, width) of the last step of each sample; of given where it has no rows."""
        if len(self.starts) == 2 and len(packed):
            return packed[-1:]
        found = given.astype(packed.dtype)
        lengths, ranks = np.diff(self.starts)[self.order], np.arange(len(self.order))
        n_first = int(np.count_nonzero(lengths))
        found[self.order[:n_first]] = packed[self.ends[lengths[:n_first] - 1] + ranks[:n_first]]
        return found


def columns_in(rows: Array, count: int) -> list[Array]:
    """The columns of rows (n, columns) in parts of equal width; np.split() takes as long as a step of a small layer."""
    width = rows.shape[1] // count
    return [rows[:, first : first + width] for first in range(0, count * width, width)]
