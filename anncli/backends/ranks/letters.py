"""Letters: the short messages by which ranks say that they are alive, that they failed, or that no letter follows."""

from __future__ import annotations

from typing import Any, NamedTuple

ALIVE, FAILED, LAST = b"a", b"f", b"l"
# Bytes of a letter, at most; longer texts are cut.
_SIZE = 1024
# Nobody else may use it on the communicator.
_TAG = 1


class Letter(NamedTuple):
    """kind: ALIVE with the name of the host as text, FAILED with what went wrong, or LAST: none follows."""

    kind: bytes
    text: str


class Letterbox:
    """Letters to and from one other rank: never waits, and has at most one letter on its way."""

    def __init__(self, communicator: Any, other: int) -> None:
        self._communicator, self.other = communicator, other
        self._out: Any = None
        self._bytes = b""
        self._in = bytearray(_SIZE)
        self._coming = self._receive()
        #: A letter that goes out before all others.
        self.urgent: Letter | None = None

    @property
    def is_out(self) -> bool:
        """Whether nothing is on its way or waits for it."""
        return self.urgent is None and (self._out is None or bool(self._out.Test()))

    def send(self, letter: Letter) -> None:
        """Send the urgent letter, or else this one, unless the last one is still on its way."""
        if self._out is not None and not self._out.Test():
            return
        if self.urgent is not None:
            letter, self.urgent = self.urgent, None
        # MPI reads these bytes until the request is done.
        self._bytes = (letter.kind + letter.text.encode("utf-8", "replace"))[:_SIZE]
        self._out = self._communicator.Isend(self._bytes, dest=self.other, tag=_TAG)

    def take(self) -> Letter | None:
        """The next letter that has come, None where there is none."""
        if not self._coming.Test():
            return None
        found = bytes(self._in).rstrip(b"\0")
        self._in[:] = bytes(_SIZE)
        self._coming = self._receive()
        return Letter(found[:1], found[1:].decode("utf-8", "replace"))

    def close(self) -> None:
        """Take back what has not come: MPI ends only without open requests. The last letter of the other must have come: of one
        that nobody has received, libraries complain at the end."""
        self._coming.Cancel()
        self._coming.Wait()

    def _receive(self) -> Any:
        return self._communicator.Irecv(self._in, source=self.other, tag=_TAG)
