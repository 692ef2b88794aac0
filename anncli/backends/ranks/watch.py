"""The watch: a rank knows that the others are alive, whatever they compute, and does not wait for one that is gone."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from anncli.backends.ranks.letters import ALIVE, FAILED, LAST, Letter, Letterbox
from anncli.backends.ranks.patience import wait
from anncli.errors import AnnError

# Seconds between two letters of a rank, at most.
_MOST_BETWEEN = 1.0
# Letters that fit into the limit: a lost second is no silence.
_LETTERS_IN_LIMIT = 8
# Seconds by which other ranks wait longer: rank 0 is the first to notice, and says which rank is gone before all end.
_LATER = 2.0
# Seconds that a call of MPI that never waits may take, once a rank is lost.
_STUCK = 1.0
# Seconds that the last letters of all ranks may take.
_PARTING = 2.0


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
        return (
            f"{place} has been silent for {self.seconds:{'.0f' if self.seconds >= 1 else '.1g'}} s (--worker-timeout)"
        )


class RankLost(AnnError):
    """A rank fell silent or failed, and the computation cannot go on.

    Args: lost: which one; saved: what was written before the program ends, in words; advice: what to do.
    """

    def __init__(self, lost: Lost, saved: str = "", advice: str | None = None) -> None:
        super().__init__(f"{lost}; {saved}" if saved else str(lost), advice=advice)
        self.lost = lost


class Watch:
    """Rank 0 and every other rank send each other a letter a second, from a thread: a rank that computes for an hour is alive.

    On rank 0, `lost` is the first rank that is gone, and check() raises. On other ranks a thread calls `give_up` when rank 0 is
    silent. Silence is judged by a thread that never calls MPI, which may be stuck itself.

    Args: communicator: of mpi4py, which nobody else uses; host: the name of this machine; limit: seconds after which a silent
        rank is lost; give_up(code): ends the process, from a thread; is_threaded: False where MPI allows no second thread:
        then check() must be called from every loop that waits.
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
        self._host, self._give_up = host, give_up
        self.allow(limit)
        others = range(1, size) if self.rank == 0 else [0]
        self._parted: set[Letterbox] = set()
        self.has_parted = False
        self._boxes = [Letterbox(communicator, other) for other in others]
        self._last_judged = time.monotonic()
        self._heard = dict.fromkeys(others, self._last_judged)
        #: Names of the machines by rank, as far as they are known.
        self.hosts = {self.rank: host}
        self.lost: Lost | None = None
        self._lost_at = 0.0
        #: On rank 0, called from a thread where MPI holds the program for good after a rank is lost: it says and saves what it can.
        self.rescue: Callable[[Lost], object] = lambda lost: None
        self._in_mpi = False
        # Requests that nobody waits for any more.
        self._left: list[Any] = []
        self._beating, self._judging, self._stop = threading.Lock(), threading.Lock(), threading.Event()
        self._threads: list[threading.Thread] = []
        self.beat()
        if is_threaded:
            targets = (self._keep_beating, self._keep_judging)
            self._threads = [threading.Thread(target=target, name="watch", daemon=True) for target in targets]
            for thread in self._threads:
                thread.start()

    def allow(self, seconds: float) -> None:
        """The seconds after which a silent rank is lost."""
        self.limit, self.between = seconds, min(_MOST_BETWEEN, seconds / _LETTERS_IN_LIMIT)

    def check(self) -> None:
        """Raises RankLost where a rank is gone. Cheap: to be called between the parts of a long computation."""
        if not self._threads:
            self.beat()
            self.judge()
        if self.lost is not None:
            raise RankLost(self.lost)

    def wait(self, begin: Callable[[], Any], on_its_way: bool = False) -> None:
        """Call begin(), which returns a request of mpi4py, and return when that is done; on_its_way: see patience.wait().

        Raises: RankLost where a rank is gone.
        """
        self._in_mpi, request = True, None
        try:
            request = begin()
            wait(request, self.check, on_its_way)
        except Exception as fault:
            # It may still come, from ranks that are well: what it is written to must stay, also while the network is saved.
            self._left.append(request)
            if not _is_of_mpi(fault):
                raise
            self._break(fault)
            self.check()
            raise
        finally:
            self._in_mpi = False

    def fail(self, text: str) -> None:
        """Tell rank 0 in one line that this rank cannot go on, and wait until it ends all ranks: it saves the network first,
        and launchers end all ranks with the first one."""
        self._boxes[0].urgent = Letter(FAILED, text)
        while not self._stop.is_set():
            self.beat()
            self.judge()
            time.sleep(0.01)

    def stop(self) -> None:
        """End the watch: nobody is lost from now on. All ranks call it before MPI ends, and part here from each other; has_parted says
        whether all did, and MPI can end."""
        self._stop.set()
        for thread in self._threads:
            thread.join(_STUCK + self.between)
        until, open_boxes = time.monotonic() + _PARTING, set(self._boxes)
        for box in self._boxes:
            box.urgent = Letter(LAST, "")
        while open_boxes and time.monotonic() < until:
            for box in tuple(open_boxes):
                if not box.is_out:
                    box.send(Letter(LAST, ""))
                while (letter := box.take()) is not None:
                    if letter.kind == LAST:
                        self._parted.add(box)
                if box in self._parted and box.is_out:
                    box.close()
                    open_boxes.remove(box)
            time.sleep(0.001)
        self.has_parted = not open_boxes

    def beat(self) -> None:
        """Send and take letters; not where another thread does so, or is stuck while it does."""
        if self._stop.is_set() or not self._beating.acquire(timeout=_STUCK):
            return
        try:
            for box in self._boxes:
                box.send(Letter(ALIVE, self._host))
                while (letter := box.take()) is not None:
                    self._read(box, letter)
        except Exception as fault:
            if not _is_of_mpi(fault):
                raise
            self._break(fault)
        finally:
            self._beating.release()

    def _break(self, fault: Exception) -> None:
        """MPI itself has found that a connection is gone: that of the rank that was heard the longest ago."""
        with self._judging:
            other = min(self._heard, key=self._heard.__getitem__)
        self._miss(Lost(other, self.hosts.get(other, ""), " ".join(str(fault).split()), 0.0))

    def _read(self, box: Letterbox, letter: Letter) -> None:
        other = box.other
        with self._judging:
            self._heard[other] = time.monotonic()
        if letter.kind == ALIVE:
            self.hosts[other] = letter.text
        elif letter.kind == FAILED:
            self._miss(Lost(other, self.hosts.get(other, ""), letter.text, 0.0))
        elif letter.kind == LAST:
            self._parted.add(box)

    def judge(self) -> None:
        """See who is silent."""
        with self._judging:
            now = time.monotonic()
            # A process that was stopped and goes on has heard nothing meanwhile: the others have the whole limit again.
            absent = now - self._last_judged
            if absent > self.limit / 2:
                self._heard = {other: heard + absent for other, heard in self._heard.items()}
            self._last_judged = now
            silent = min(self._heard, key=self._heard.__getitem__, default=self.rank)
            seconds = now - self._heard.get(silent, now)
        if seconds > (self.limit + _LATER if self.rank else self.limit):
            self._miss(Lost(silent, self.hosts.get(silent, ""), None, seconds))

    def _miss(self, lost: Lost) -> None:
        if self.rank:
            self._give_up(1)
        elif self.lost is None:
            self._lost_at, self.lost = time.monotonic(), lost

    def _keep_beating(self) -> None:
        while not self._stop.wait(self.between):
            self.beat()

    def _keep_judging(self) -> None:
        while not self._stop.wait(self.between):
            self.judge()
            if self.lost is not None and self._in_mpi and time.monotonic() - self._lost_at > _STUCK:
                self.rescue(self.lost)
                self._give_up(1)


def _is_of_mpi(fault: Exception) -> bool:
    return type(fault).__module__.partition(".")[0] == "mpi4py"
