"""The watch: a rank knows that the others are alive, whatever they compute, and does not wait for one that is gone."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from anncli.backends.ranks.letters import ALIVE, FAILED, OVER, Letter, Letterbox
from anncli.errors import AnnError

# Seconds between two letters of a rank, at most.
_MOST_BETWEEN = 1.0
# Letters that fit into the limit: a lost second is no silence.
_LETTERS_IN_LIMIT = 8
# Seconds that rank 0 has at least to save what it has, before the watch ends the program.
_LEAST_GRACE = 30.0


class Lost(NamedTuple):
    """A rank that is gone. failure: what it said itself, None where it fell silent; seconds: of silence."""

    rank: int
    host: str
    failure: str | None
    seconds: float

    def __str__(self) -> str:
        place = f"rank {self.rank}" + (f" on {self.host}" if self.host else "")
        if self.failure is not None:
            return f"{place} failed: {self.failure}"
        return f"{place} has been silent for {self.seconds:.0f} s"


class RankLost(AnnError):
    """A rank fell silent or failed, and the computation cannot go on; lost: which one."""

    def __init__(self, lost: Lost) -> None:
        advice = None
        if lost.failure is None:
            advice = "its process, its host or the network is gone; --worker-timeout says how long a silent rank is waited for"
        super().__init__(str(lost), advice=advice)
        self.lost = lost


class Watch:
    """Rank 0 and every other rank send each other a letter a second, from a thread: a rank that computes for an hour is alive.

    On rank 0, `lost` is the first rank that is gone, and check() raises; a thread calls `give_up` where rank 0 has not left
    long after that. On other ranks the thread calls `give_up` at once when rank 0 is silent or says that all is over.

    Args: communicator: of mpi4py, which nobody else uses; host: the name of this machine; limit: seconds after which a silent
        rank is lost; give_up(code): ends the process, from the thread; is_threaded: False where MPI allows no second thread:
        then beat() must be called from every loop that waits.
    """

    def __init__(
        self,
        communicator: Any,
        host: str,
        limit: float,
        give_up: Callable[[int], object] = os._exit,
        is_threaded: bool = True,
    ) -> None:
        self.rank, size = communicator.Get_rank(), communicator.Get_size()
        self._host, self.limit, self._give_up = host, limit, give_up
        self.between = min(_MOST_BETWEEN, limit / _LETTERS_IN_LIMIT)
        others = range(1, size) if self.rank == 0 else [0]
        self._boxes = [Letterbox(communicator, other) for other in others]
        self._last_beat = time.monotonic()
        self._heard = dict.fromkeys(others, self._last_beat)
        #: Names of the machines by rank, as far as they are known.
        self.hosts = {self.rank: host}
        self.lost: Lost | None = None
        self._lost_at = 0.0
        self._beating, self._stop = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True) if is_threaded else None
        self.beat()
        if self._thread is not None:
            self._thread.start()

    def check(self) -> None:
        """Raises RankLost where a rank is gone. Cheap: to be called between the parts of a long computation."""
        if self._thread is None:
            self.beat()
        if self.lost is not None:
            raise RankLost(self.lost)

    def fail(self, text: str) -> None:
        """Tell rank 0 in one line that this rank cannot go on, and wait until it ends all ranks: it saves the network first,
        and launchers end all ranks with the first one."""
        self._boxes[0].urgent = Letter(FAILED, text)
        while not self._stop.is_set():
            self.beat()
            time.sleep(0.01)

    def dismiss(self, code: int, patience: float = 1.0) -> None:
        """Rank 0: all other ranks leave with this exit code, as far as the letter reaches them within `patience` seconds."""
        for box in self._boxes:
            box.urgent = Letter(OVER, str(code))
        until = time.monotonic() + patience
        while time.monotonic() < until and not all(box.is_out for box in self._boxes):
            self.beat()
            time.sleep(0.001)

    def stop(self) -> None:
        """End the watch: nobody is lost from now on. All ranks call it before MPI ends."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        for box in self._boxes:
            box.close()

    def beat(self) -> None:
        """Send and take letters, and see who is silent."""
        with self._beating:
            if self._stop.is_set():
                return
            now = time.monotonic()
            self._forgive(now)
            for box in self._boxes:
                box.send(Letter(ALIVE, self._host))
                while (letter := box.take()) is not None:
                    self._heard[box.other] = now
                    self._read(box.other, letter)
                if now - self._heard[box.other] > self.limit:
                    self._miss(Lost(box.other, self.hosts.get(box.other, ""), None, now - self._heard[box.other]))

    def _forgive(self, now: float) -> None:
        """A process that was stopped and goes on has heard nothing meanwhile: the others have the whole limit again."""
        absent = now - self._last_beat
        if absent > self.limit / 2:
            self._heard = {other: heard + absent for other, heard in self._heard.items()}
        self._last_beat = now

    def _read(self, other: int, letter: Letter) -> None:
        if letter.kind == ALIVE:
            self.hosts[other] = letter.text
        elif letter.kind == FAILED:
            self._miss(Lost(other, self.hosts.get(other, ""), letter.text, 0.0))
        elif letter.kind == OVER:
            self._give_up(int(letter.text))

    def _miss(self, lost: Lost) -> None:
        if self.rank:
            self._give_up(1)
        elif self.lost is None:
            self.lost, self._lost_at = lost, time.monotonic()

    def _run(self) -> None:
        while not self._stop.wait(self.between):
            self.beat()
            if self.lost is not None and time.monotonic() - self._lost_at > max(self.limit, _LEAST_GRACE):
                self._give_up(1)
