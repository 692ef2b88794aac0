"""MPI among threads of one process: the calls that ranks make, each of which is done when all its partners have made theirs."""

# Names as in mpi4py.
# ruff: noqa: N802

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np


class FakeMpi:
    SUM = "sum"


class _Request:
    def __init__(self, test: Callable[[], bool]) -> None:
        self.Test = test


class FakeWorld:
    """What the ranks share."""

    def __init__(self, size: int) -> None:
        self.size, self.lock = size, threading.Lock()
        self.given: dict[int, dict[int, Any]] = defaultdict(dict)
        self.letters: dict[tuple[int, int], list[bytes]] = defaultdict(list)


class FakeComm:
    """The communicator of one rank. Collective calls have numbers, so that a rank that calls another one is found out."""

    def __init__(self, world: FakeWorld, rank: int) -> None:
        self.world, self.rank, self.calls = world, rank, 0

    def Get_rank(self) -> int:
        return self.rank

    def Get_size(self) -> int:
        return self.world.size

    def _together(self, name: str, given: Any, done: Callable[[dict[int, Any]], None], needs_all: bool) -> _Request:
        number, self.calls = self.calls, self.calls + 1
        with self.world.lock:
            self.world.given[number][self.rank] = (name, given)
        finished: list[bool] = []

        def test() -> bool:
            with self.world.lock:
                found = dict(self.world.given[number])
            names = {kind for kind, _ in found.values()}
            assert len(names) == 1, f"call {number} is {names}"
            if not finished and (len(found) == self.world.size if needs_all else 0 in found):
                done({rank: value for rank, (_, value) in found.items()})
                finished.append(True)
            return bool(finished)

        return _Request(test)

    def Ibcast(self, buffer: Any, root: int) -> _Request:
        given = buffer.copy() if self.rank == root else None

        def done(found: dict[int, Any]) -> None:
            assert buffer.nbytes == found[root].nbytes
            buffer[...] = found[root]

        return self._together("bcast", given, done, needs_all=False)

    def Igather(self, own: Any, everyone: Any, root: int) -> _Request:
        def done(found: dict[int, Any]) -> None:
            if self.rank == root:
                everyone[...] = [found[rank] for rank in range(self.world.size)]

        return self._together("gather", own.copy(), done, needs_all=self.rank == root)

    def Iallgather(self, own: Any, everyone: Any) -> _Request:
        def done(found: dict[int, Any]) -> None:
            everyone.reshape(-1)[...] = np.concatenate([found[rank] for rank in range(self.world.size)])

        return self._together("allgather", own.copy(), done, needs_all=True)

    def Ireduce(self, own: Any, total: Any, operation: str, root: int) -> _Request:
        assert operation == FakeMpi.SUM

        def done(found: dict[int, Any]) -> None:
            if self.rank == root:
                total[...] = sum(found.values())

        return self._together("reduce", own.copy(), done, needs_all=self.rank == root)

    def Isend(self, content: Any, to: int, tag: int) -> _Request:
        with self.world.lock:
            self.world.letters[self.rank, to].append(content.tobytes())
        return _Request(lambda: True)

    def Irecv(self, buffer: Any, of: int, tag: int) -> _Request:
        done: list[bool] = []

        def test() -> bool:
            with self.world.lock:
                queue = self.world.letters[of, self.rank]
                if not done and queue:
                    content = queue.pop(0)
                    assert len(content) == buffer.nbytes, f"{len(content)} bytes for {buffer.nbytes}"
                    buffer[...] = np.frombuffer(content, dtype=np.uint8)
                    done.append(True)
            return bool(done)

        return _Request(test)


class FakeWatch:
    """Nobody is ever lost."""

    def __init__(self) -> None:
        self.limit, self.failed = 60.0, ""

    def allow(self, seconds: float) -> None:
        self.limit = seconds

    def check(self) -> None:
        pass

    def wait(self, begin: Callable[[], Any], on_its_way: bool = False) -> None:
        request = begin()
        while not request.Test():
            threading.Event().wait(0.0001)

    def fail(self, text: str) -> None:
        self.failed = text
