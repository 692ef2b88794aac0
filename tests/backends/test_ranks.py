"""Ranks as threads of this process: shares of every kind of rows arrive as they are, and sums are those of one process, bit for bit."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from fake_mpi import FakeComm, FakeMpi, FakeWatch, FakeWorld

from anncli import maps
from anncli.arrays import Rows, Tokens
from anncli.backends.base import Problem, Samples
from anncli.backends.choice import choose_backend
from anncli.backends.chunks import Task
from anncli.backends.crew import LocalCrew
from anncli.backends.ranks import agreement, shares
from anncli.backends.ranks.agreement import Member, agree, check_numpy
from anncli.backends.ranks.crew import RankCrew
from anncli.backends.ranks.serving import serve
from anncli.backends.ranks.shares import chunks_of_rank, rows_of_rank
from anncli.backends.ranks.wire import Wire
from anncli.errors import UsageError
from anncli.network.layers.shape import Shape
from anncli.network.topology import Topology

MEMBER = Member("n0", "1", "x86_64", "2.3", "openblas", ("avx512", "avx2", "baseline"), True)


@contextmanager
def crew_of(size: int) -> Iterator[tuple[RankCrew, list[FakeWatch]]]:
    """The crew as rank 0 sees it; the others serve in threads."""
    world, watches = FakeWorld(size), [FakeWatch() for _ in range(size)]
    wires = [Wire(FakeMpi, FakeComm(world, rank), watches[rank]) for rank in range(size)]  # type: ignore[arg-type]
    threads = [threading.Thread(target=serve, args=(wires[r], watches[r]), daemon=True) for r in range(1, size)]
    for thread in threads:
        thread.start()
    crew = RankCrew(wires[0], watches[0], [MEMBER] * size)  # type: ignore[arg-type]
    yield crew, watches
    crew.end()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def _vectors(n: int, gapped: bool = False) -> Samples:
    rng = np.random.default_rng(n)
    inputs = rng.normal(size=(n, 4)).astype(np.float32)
    targets = rng.integers(0, 2, (n, 1)).astype(np.float32)
    weights = rng.integers(0, 3, n).astype(np.float32)
    return Samples(inputs[:, :3] if gapped else inputs[:, :3].copy(), targets, weights)


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("kind", ["vectors", "gapped", "map", "rows", "tokens"])
def test_sums_are_those_of_one_process(size: int, kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    n, layers = 700, ["2 tanh", "1 logistic"]
    shape: int | Shape = 3
    samples = _vectors(n, kind == "gapped")
    if kind == "map":
        np.save(tmp_path / "x.npy", samples.inputs)
        samples = samples._replace(inputs=np.load(tmp_path / "x.npy", mmap_mode="r").view(np.ndarray))
        assert maps.place_of(samples.inputs) is not None
    elif kind == "rows":
        starts = np.concatenate([[0], np.cumsum(rng.integers(1, 4, n))])
        values = rng.normal(size=(starts[-1], 2)).astype(np.float32)
        targets = Rows(rng.integers(0, 2, (starts[-1], 1)).astype(np.float32), starts)
        samples, shape, layers = Samples(Rows(values, starts), targets), Shape(2, None), ["2 lstm", "1 logistic"]
    elif kind == "tokens":
        starts = np.concatenate([[0], np.cumsum(rng.integers(0, 4, n))])
        indices = rng.integers(0, 9, starts[-1]).astype(np.int32)
        values = rng.normal(size=starts[-1]).astype(np.float32)
        samples, shape = samples._replace(inputs=Tokens(indices, values, starts, 9)), Shape(9, None, None, True)
    problem = Problem(Topology(shape, layers), "cross-entropy")
    rows = np.flatnonzero(rng.random(n) < 0.8).astype(np.int32)
    parameters = rng.normal(size=problem.topology.n_parameters).astype(np.float32)
    task, order = Task("gradient", parameters), rng.permutation(len(rows)).astype(np.int32)
    session = choose_backend(problem).open(problem, samples)
    alone = LocalCrew().hold(session, problem, samples, rows)
    with crew_of(size) as (crew, _):
        held = crew.hold(session, problem, samples, rows)
        for one in (alone, held):
            one.begin(order, 100)
        pairs = [(alone.sums(task), held.sums(task)), (alone.batch(task, 2), held.batch(task, 2))]
        pairs.append((alone.sums(Task("loss", parameters)), held.sums(Task("loss", parameters))))
        for own, theirs in pairs:
            assert all(np.array_equal(a, b) for a, b in zip(own, theirs, strict=True))
        assert all(crew.rows)
        held.close()
    session.close()


def test_a_large_share_lies_in_a_file_and_rows_with_gaps_keep_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "IN_MEMORY", 100)
    monkeypatch.setattr(shares, "_BLOCK_BYTES", 64)
    values = np.arange(400, dtype=np.float32).reshape(100, 4)[:, :3]
    world = FakeWorld(2)
    wires = [Wire(FakeMpi, FakeComm(world, rank), FakeWatch()) for rank in range(2)]  # type: ignore[arg-type]
    rows = np.arange(3, 90)
    shares.send_share(wires[0], values, rows, 1)
    got = shares.receive_share(wires[1], shares.Form.of(values), len(rows))
    assert isinstance(got, np.ndarray)
    assert np.array_equal(got, values[rows])
    assert not got.flags.c_contiguous


def test_chunks_and_rows_of_ranks_cover_everything_once() -> None:
    for size in (1, 2, 3, 5, 64):
        ends = [chunks_of_rank(rank, size) for rank in range(size)]
        assert (ends[0][0], ends[-1][1]) == (0, 64)
        assert all(a[1] == b[0] for a, b in pairwise(ends))
        parts = [rows_of_rank(70_001, rank, size) for rank in range(size)]
        assert sum(part.stop - part.start for part in parts) == 70_001


def test_a_slow_rank_is_named_once() -> None:
    members = [MEMBER._replace(host=f"n{rank}") for rank in range(3)]
    wire = Wire(FakeMpi, FakeComm(FakeWorld(3), 0), FakeWatch())  # type: ignore[arg-type]
    crew = RankCrew(wire, FakeWatch(), members)  # type: ignore[arg-type]
    for _ in range(30):
        crew.count(np.array([[10**9, 5], [10**9, 5], [24 * 10**8, 5]]))
    assert crew.news() == ["rank 2 on n2 takes 2.4x the time of the other ranks, which wait for it"]
    assert crew.news() == []


def test_ranks_take_the_best_kernels_that_all_have(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[str] = []
    monkeypatch.setattr(agreement, "use_variant", chosen.append)
    old = MEMBER._replace(host="n1", kernels=("avx2", "baseline"))
    assert agree([MEMBER, MEMBER]) is None
    assert agree([MEMBER, old]) == "all ranks compute with avx2, because rank 1 on n1 has nothing better"
    assert agree([MEMBER, old, MEMBER._replace(host="n2", kernels=())])
    assert chosen == ["avx2", "numpy"]


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (
            MEMBER._replace(host="n1", version="2"),
            "rank 0 has anncli 1, rank 1 on n1 has 2; the ranks of a training need the same",
        ),
        (
            MEMBER._replace(host="n1", processor="aarch64"),
            "rank 0 has processor x86_64, rank 1 on n1 has aarch64; the ranks of a training need the same",
        ),
        (MEMBER._replace(host="n1", fault="no such kernels"), "rank 1 on n1: no such kernels"),
    ],
)
def test_ranks_that_cannot_agree(other: Member, told: str) -> None:
    with pytest.raises(UsageError) as error:
        agree([MEMBER, other])
    assert str(error.value) == told


def test_numpy_has_to_be_the_same_where_it_computes() -> None:
    check_numpy([MEMBER, MEMBER], "")
    with pytest.raises(
        UsageError,
        match=r"lm needs it, and rank 0 has numpy 2\.3 with openblas, rank 1 on n0 has 2\.4 with openblas",
    ):
        check_numpy([MEMBER, MEMBER._replace(numpy="2.4")], "lm needs it")
