"""The start of several ranks: MPI waits there for all of them, for ever, and holds Python meanwhile."""

from __future__ import annotations

import faulthandler
import os
import select
import signal

# Seconds that the start may take beyond --worker-timeout: programs are loaded.
_LONGER = 2.0


class Starting:
    """The block in which ranks find each other; it ends the process with 1 where that takes longer than `silence` seconds.

    No thread of Python runs while MPI starts. So a thread of C ends the process, and on rank 0 a child says why, shortly before.
    """

    def __init__(self, rank: int, silence: float) -> None:
        # Rank 0 is the first to give up.
        self._is_first, self._seconds = rank == 0, silence + _LONGER * (1 if rank == 0 else 2)
        self._pipe: int | None = None

    def __enter__(self) -> None:
        if self._is_first and hasattr(os, "fork"):
            self._pipe = self._speaker()
        # What it writes about Python's stack is for nobody.
        self._unread = os.pipe()
        faulthandler.dump_traceback_later(self._seconds, exit=True, file=self._unread[1])

    def __exit__(self, *_: object) -> None:
        faulthandler.cancel_dump_traceback_later()
        for descriptor in self._unread:
            os.close(descriptor)
        if self._pipe is not None:
            os.close(self._pipe)
            os.wait()

    def _speaker(self) -> int:
        """Start the child that says why; closing the descriptor ends it."""
        reading, writing = os.pipe()
        if os.fork():
            os.close(reading)
            return writing
        try:
            # A signal to all processes of the group is for the parent, which says what it does.
            for name in ("SIGINT", "SIGTERM", "SIGHUP"):
                signal.signal(getattr(signal, name), signal.SIG_IGN)
            os.close(writing)
            seconds = max(0.0, self._seconds - 0.2)
            if not select.select([reading], [], [], seconds)[0]:
                text = f"ann: not all ranks have started within {self._seconds:.0f} s (--worker-timeout)\n"
                os.write(2, text.encode())
        finally:
            os._exit(0)
