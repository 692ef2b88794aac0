"""Parts of sums: what a session is asked for, and how much memory it takes."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

from anncli.backends.base import NormalEquations, Shown
from anncli.backends.chunks import Task, chunk_starts
from anncli.backends.fixed_sums import value_of
from anncli.backends.piecework import PartOfSums, packed, unpacked


class Recorded:
    """A session whose gradient is the mean of the row numbers everywhere; it remembers the calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[list[int], int]] = []

    def add_gradients(self, *_: Any) -> bool:
        return False

    def gradient(self, parameters: Any, out: Any, rows: Any, shown: Shown) -> float:
        self.calls.append((rows.tolist(), shown.rows_seen))
        out[...] = rows.mean()
        return float(rows.sum())


def test_chunks_of_a_batch_follow_the_set_of_the_sweep() -> None:
    """Of 128 rows, two a chunk, here numbers 1000 to 1127, the part has chunks 1 and 2: places 2 to 5."""
    session: Any = Recorded()
    part = PartOfSums(session, np.arange(1002, 1006), 128, 1, 3)
    part.begin(np.array([9, 9, 9, 5, 100, 3, 1, 2, 0], dtype=np.int32), 6)
    found = part.batch(Task("gradient", np.zeros(2), shown=Shown(0.5, rows_seen=50)), 1)
    # The batch is places 1, 2, 0: two rows of chunk 0, which is not here, and then one of chunk 1.
    assert session.calls == [([1002], 52)]
    assert found.answers.nonzero()[0].tolist() == [1]
    assert value_of(found.words, 0) == pytest.approx(np.full(2, 1002 / 3), rel=1e-15)
    session.calls.clear()
    found = part.batch(Task("gradient", np.zeros(2)), 0)
    # Places 9, 9, 9, 5, 100, 3: chunks 4, 4, 4, 2, 50, 1.
    assert session.calls == [([1003], 0), ([1005], 0)]
    assert found.losses[[1, 2]].tolist() == [1003, 1005]


def test_answers_of_a_part_decide_its_share() -> None:
    session: Any = Recorded()
    counts = np.ones(64, dtype=np.int64)
    counts[[0, 63]] = 10, 0
    whole = PartOfSums(session, np.arange(64), 64, counts=counts).sums(Task("gradient", np.zeros(1)))
    assert whole.answers.tolist() == counts.tolist()
    wanted = sum(row * count for row, count in enumerate(counts.tolist())) / counts.sum()
    assert value_of(whole.words, 0) == pytest.approx([wanted], rel=1e-14)
    # A sample without answers is no call.
    assert [63] not in [rows for rows, _ in session.calls]


def test_memory_does_not_grow_with_the_chunks() -> None:
    session: Any = Recorded()
    parameters = np.zeros(200_000, dtype=np.float32)
    part = PartOfSums(session, np.arange(640), 640)
    tracemalloc.start()
    try:
        part.sums(Task("gradient", parameters))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Two words of eight bytes, and working memory; 64 gradients would be 256 bytes a parameter.
    assert peak < 60 * len(parameters)


def test_rows_must_be_those_of_the_chunks() -> None:
    session: Any = Recorded()
    assert chunk_starts(100)[[0, 10, 20]].tolist() == [0, 15, 31]
    with pytest.raises(ValueError, match="chunks 10 to 19 of 100 rows are not 15 rows"):
        PartOfSums(session, np.arange(15), 100, 10, 20)


def test_normal_equations_are_packed_and_unpacked() -> None:
    matrix = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 5.0], [3.0, 5.0, 6.0]])
    numbers = packed(NormalEquations(matrix, np.array([7.0, 8.0, 9.0]), 0.0, 1, 1.0))
    assert numbers.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    found, vector = unpacked(numbers, 3)
    assert found.tolist() == matrix.tolist()
    assert vector.tolist() == [7, 8, 9]
