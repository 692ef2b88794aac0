"""Parts of sums: what a session is asked for, and how much memory it takes."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

from anncli import maps
from anncli.backends import piecework
from anncli.backends.base import NormalEquations, Runs, Shown
from anncli.backends.chunks import Task, chunk_starts
from anncli.backends.fixed_sums import FixedSum, value_of
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


class RecordedRuns(Recorded):
    """Takes runs in one call, but not those from chunk 4 on; its gradient of a run is its number of rows."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[tuple[list[int], list[int], int]] = []

    def add_gradients(self, total: FixedSum, losses: Any, runs: Runs, parameters: Any, shown: Shown) -> bool:
        if runs.rows[0] >= 1008:
            return False
        self.runs.append((runs.rows.tolist(), runs.starts.tolist(), shown.rows_seen))
        for k, size in enumerate(np.diff(runs.starts)):
            losses[k] = size
            total.add(np.full(len(parameters), float(size)), size / runs.of)
        return True


@pytest.mark.parametrize("row_bytes", [0, 7])
def test_what_takes_long_is_computed_in_several_calls(row_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 128 rows, two a chunk, here numbers 1000 to 1011, the part has chunks 0 to 5; of 12 rows a call may have 5."""
    session: Any = RecordedRuns()
    part = PartOfSums(session, np.arange(1000, 1012), 128, 0, 6)
    if row_bytes:
        part._relief.row_bytes = row_bytes
        monkeypatch.setattr(maps, "_RELIEF_BYTES", 5 * row_bytes)
    else:
        monkeypatch.setattr(piecework, "_LONG", 15)
    asked = []
    part.between = lambda: asked.append(len(session.runs) + len(session.calls))  # type: ignore[method-assign]
    found = part.sums(Task("gradient", np.zeros(3), shown=Shown(0.5, rows_seen=50)))
    assert session.runs == [([1000, 1001, 1002, 1003], [0, 2, 4], 50), ([1004, 1005, 1006, 1007], [0, 2, 4], 54)]
    assert session.calls == [([1008, 1009], 58), ([1010, 1011], 60)]
    assert found.losses[:7].tolist() == [2, 2, 2, 2, 2017, 2021, 0]
    assert value_of(found.words, 0) == pytest.approx(np.full(3, (4 * 4 + 2 * 1008.5 + 2 * 1010.5) / 128), rel=1e-15)
    # Before every call, and before a call that was none.
    assert asked == [0, 1, 2, 2, 3]


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
