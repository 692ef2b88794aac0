"""Mail: messages of any kind and length between rank 0 and one other rank; whether one has come can be asked at any time."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.backends.ranks.wire import SHORT, Wire, fill_head, new_head, short_in, size_in

# Bytes of long messages that are sent at a time: MPI counts the bytes of one piece by 31 bits.
_BLOCK = 1 << 22


class Mail:
    """To and from one other rank; wire.is_broken is set while a message is on its way, so that an interruption is known."""

    def __init__(self, wire: Wire, other: int) -> None:
        self._wire, self.other = wire, other
        self._head = new_head()
        # What MPI still writes after an interruption must stay.
        self._body = np.zeros(0, dtype=np.uint8)
        self._coming: Any = None

    def send(self, message: Any) -> None:
        """Send anything that pickle knows. A short one does not wait until the other rank expects it: MPI keeps its only piece."""
        body, head = pickle.dumps(message, pickle.HIGHEST_PROTOCOL), new_head()
        fill_head(head, body)
        self._wire.is_broken = True
        self._wire.post(head, self.other)
        for block in _blocks(np.frombuffer(body, dtype=np.uint8)):
            self._wire.send(block, self.other)
        self._wire.is_broken = False

    def expect(self) -> None:
        """From now on a message may come."""
        self._coming = self._wire.expected(self._head, self.other)

    def has_come(self) -> bool:
        """Whether the message that is expected is there, or on its way."""
        return self._coming is not None and bool(self._coming.Test())

    def take(self) -> Any:
        """The message that has come. The next one has to be expected."""
        self._coming = None
        size = size_in(self._head)
        if size <= SHORT:
            return short_in(self._head)
        self._wire.is_broken = True
        self._body = body = np.empty(size, dtype=np.uint8)
        for block in _blocks(body):
            self._wire.receive(block, self.other)
        self._wire.is_broken = False
        self._body = self._head[:0]
        return pickle.loads(body.data)


class AnyOf:
    """A request, as Watch.wait() takes it, that is done when mail from one of several ranks has come."""

    def __init__(self, mails: Sequence[Mail]) -> None:
        self._mails = mails

    def Test(self) -> bool:  # noqa: N802
        """Whether it is done, by the name that mpi4py has for it."""
        return any(mail.has_come() for mail in self._mails)


def _blocks(body: Array) -> Iterator[Array]:
    """The pieces of a message that is not short: the same on both sides."""
    if len(body) > SHORT:
        for begin in range(0, len(body), _BLOCK):
            yield body[begin : begin + _BLOCK]
