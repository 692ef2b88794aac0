"""What ranks tell each other: every operation is asked for by rank 0, and all ranks take part in it.

No call here blocks inside MPI; see patience.py.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.backends.ranks.watch import Watch

# A message that is not longer goes with its length, in one piece.
SHORT = 480
# Of arrays, and of the beginnings of messages that nobody waits for, see mail.py.
_TAG, _NEWS = 7, 8


def new_head() -> Array:
    """uint8: room for the length of a message, and for the message itself where it is short."""
    return np.zeros(SHORT + 8, dtype=np.uint8)


def fill_head(head: Array, body: bytes) -> None:
    """Write the beginning of a message."""
    head[:8] = np.frombuffer(len(body).to_bytes(8, "little"), dtype=np.uint8)
    if len(body) <= SHORT:
        head[8 : 8 + len(body)] = np.frombuffer(body, dtype=np.uint8)


def size_in(head: Array) -> int:
    """The length of the message that begins so."""
    return int.from_bytes(head[:8].tobytes(), "little")


def short_in(head: Array) -> Any:
    """The message, where its length is at most SHORT."""
    return pickle.loads(head[8 : 8 + size_in(head)].tobytes())


class Wire:
    """The connection of one rank with the others, over a communicator of its own.

    lock: rank 0 holds it from the first to the last message of an operation; is_broken: whether one did not come to its end, so that
    the ranks no longer expect the same message. Args: mpi: the module mpi4py.MPI; watch: ends the waiting for a rank that is gone.
    """

    def __init__(self, mpi: Any, comm: Any, watch: Watch) -> None:
        self._mpi, self._comm, self._watch = mpi, comm, watch
        self.rank, self.size = int(comm.Get_rank()), int(comm.Get_size())
        self.lock, self.is_broken = threading.RLock(), False
        self._head = new_head()

    def told(self, message: Any = None) -> Any:
        """The message of rank 0, on every rank: anything that pickle knows."""
        body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL) if self.rank == 0 else b""
        head = self._head
        if self.rank == 0:
            fill_head(head, body)
        self._wait(self._comm.Ibcast, head, 0)
        size = size_in(head)
        if size <= SHORT:
            return message if self.rank == 0 else short_in(head)
        long = np.frombuffer(bytearray(body) if self.rank == 0 else bytearray(size), dtype=np.uint8)
        self.spread(long)
        return message if self.rank == 0 else pickle.loads(long.tobytes())

    def spread(self, array: Array) -> None:
        """Fill `array`, contiguous, with that of rank 0."""
        self._pass(self._comm.Ibcast, array.reshape(-1).view(np.uint8), 0)

    def gathered(self, numbers: Array) -> Array:
        """int64 (size, k): the numbers (k,) of every rank, on rank 0; of use nowhere else. Ranks may come to it at any time."""
        everyone = np.zeros((self.size, len(numbers)), dtype=np.int64) if self.rank == 0 else None
        self._wait(self._comm.Igather, numbers, everyone, 0)
        return numbers[None] if everyone is None else everyone

    def exchanged(self, message: Any) -> list[Any]:
        """The messages of all ranks, in their order, on every rank."""
        body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        sizes = np.zeros(self.size, dtype=np.int64)
        self._wait(self._comm.Iallgather, np.array([len(body)], dtype=np.int64), sizes)
        own = np.zeros(int(sizes.max()), dtype=np.uint8)
        own[: len(body)] = np.frombuffer(body, dtype=np.uint8)
        everyone = np.zeros((self.size, len(own)), dtype=np.uint8)
        self._wait(self._comm.Iallgather, own, everyone)
        return [pickle.loads(row[:size].tobytes()) for row, size in zip(everyone, sizes, strict=True)]

    def added(self, numbers: Array) -> Array:
        """int64 (k,): the sums over all ranks on rank 0; of use nowhere else."""
        total = np.empty_like(numbers) if self.rank == 0 else None
        self._pass(self._comm.Ireduce, numbers, total, self._mpi.SUM, 0)
        return numbers if total is None else total

    def send(self, array: Array, to: int) -> None:
        """Send an array to a rank that waits for it."""
        self._pass(self._comm.Isend, np.ascontiguousarray(array).reshape(-1).view(np.uint8), to, _TAG)

    def receive(self, array: Array, source: int = 0) -> Array:
        """Fill `array`, contiguous, with what a rank sends, and return it."""
        self._wait(self._comm.Irecv, array.reshape(-1).view(np.uint8), source, _TAG)
        return array

    def post(self, array: Array, to: int) -> None:
        """Send an array to a rank that expects it, now or later."""
        self._wait(self._comm.Isend, array, to, _NEWS)

    def expected(self, array: Array, source: int) -> Any:
        """A request that fills `array`, which must stay, with what a rank posts; nobody waits for it here."""
        return self._comm.Irecv(array, source, _NEWS)

    def _wait(self, begin: Callable[..., Any], *content: Any) -> None:
        self._watch.wait(partial(begin, *content))

    def _pass(self, begin: Callable[..., Any], *content: Any) -> None:
        """The same where every rank is there already, so that only the message takes time."""
        self._watch.wait(partial(begin, *content), on_its_way=True)
