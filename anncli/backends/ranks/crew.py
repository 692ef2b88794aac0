"""The crew of several ranks, as rank 0 sees it."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.backends.base import Problem, Samples, Session
from anncli.backends.chunks import CHUNKS, Task, answer_counts
from anncli.backends.crew import Held, LocalCrew
from anncli.backends.piecework import PartOfSums, Sums
from anncli.backends.ranks.agreement import Member, check_numpy
from anncli.backends.ranks.shares import Forms, chunks_of_rank, rows_of_rank, send_share
from anncli.backends.ranks.watch import Lost, Watch
from anncli.backends.ranks.wire import Wire
from anncli.backends.reproducible import is_reproducible
from anncli.errors import AnnError
from anncli.maps import place_of, release_when_large

# A rank that needs so many times the time of the others is named, after so many seconds of work and so many operations.
_SLOW, _SLOW_SECONDS, _SLOW_TASKS = 1.5, 10.0, 20
# Sets that are sent for nothing before no more are sent.
_MOST_WASTED = 4
_SENT_APART = np.empty(0, dtype=np.float32)


class Order(NamedTuple):
    """What rank 0 asks of the others. what: 'options', 'hold', 'sums', 'begin', 'batch', 'close', 'end'; held: the number of a set; detail:
    what belongs to it, see the methods here that give orders. For many trainings: 'options', 'run', 'stop', 'end', see executors/ranks.py."""

    what: str
    held: int = 0
    detail: Any = None


class RankCrew:
    """See crew.Crew. members: what the ranks said of themselves; seconds, rows: (size,), what all sums so far took of each rank, and
    their rows; wasted: how many sets were sent for a single sum."""

    def __init__(self, wire: Wire, watch: Watch, members: list[Member]) -> None:
        self.wire, self.watch, self.members, self.size = wire, watch, members, wire.size
        self.seconds, self.rows, self.tasks = np.zeros(self.size), np.zeros(self.size, dtype=np.int64), 0
        self._news: list[str] = []
        self._sets, self.wasted, self._is_named = 0, 0, False

    def hold(self, session: Session, problem: Problem, samples: Samples, rows: Array) -> Held:
        """Every rank gets the rows of its chunks: from the file itself where it sees it, otherwise from here."""
        if self.wasted >= _MOST_WASTED:
            # Noise and batches of their own make sets that are used once: to send them takes longer than their sum.
            return LocalCrew().hold(session, problem, samples, rows)
        if uses_numpy(session, samples):
            check_numpy(self.members, "this network is computed by numpy")
        self._sets += 1
        with self.wire.lock:
            self._share(problem, samples, rows)
        return RankHeld(self, self._sets, session, samples, rows)

    def _share(self, problem: Problem, samples: Samples, rows: Array) -> None:
        counts, inputs = answer_counts(samples, rows), samples.inputs
        place = None
        if isinstance(inputs, np.ndarray):
            release_when_large(inputs)
            place = place_of(inputs)
        detail = (problem, is_reproducible(), Forms.of(samples), place, len(rows), counts is not None)
        self.order(Order("hold", self._sets, detail))
        spans = np.array(
            [(rows[part.start], rows[part.stop - 1] + 1) for part in self._parts(len(rows))], dtype=np.int64
        )
        self.wire.spread(spans)
        if counts is not None:
            self.wire.spread(counts)
        sees_file = self.wire.gathered(np.zeros(1, dtype=np.int64))[:, 0]
        for rank, part in enumerate(self._parts(len(rows))):
            if rank:
                self._send(samples, rows[part], rank, bool(sees_file[rank]))
        self.wire.gathered(np.zeros(2, dtype=np.int64))
        self.done()

    def _send(self, samples: Samples, rows: Array, rank: int, sees_file: bool) -> None:
        if sees_file:
            self.wire.send(rows.astype(np.int64), rank)
        else:
            send_share(self.wire, samples.inputs, rows, rank)
        for values in (samples.targets, samples.weights):
            if values is not None:
                send_share(self.wire, values, rows, rank)

    def _parts(self, n: int) -> list[slice]:
        return [rows_of_rank(n, rank, self.size) for rank in range(self.size)]

    def order(self, order: Order) -> None:
        """Begin an operation: every rank gets the order. Raises: RankLost where a rank is gone; AnnError after an operation that did
        not come to its end."""
        if self.wire.is_broken:
            raise AnnError("the ranks have lost each other")
        self.wire.is_broken = True
        self.wire.told(order)

    def done(self) -> None:
        """The operation has come to its end."""
        self.wire.is_broken = False

    def count(self, reports: Array) -> None:
        """Add up what the ranks have done, and name one that is much slower than the others, once."""
        self.seconds += reports[:, 0] / 1e9
        self.rows += reports[:, 1]
        self.tasks += 1
        if self._is_named or self.tasks < _SLOW_TASKS or self.seconds.max() < _SLOW_SECONDS:
            return
        slowest = int(self.seconds.argmax())
        factor = self.seconds[slowest] / max(1e-9, median(np.delete(self.seconds, slowest)))
        if factor >= _SLOW:
            self._is_named = True
            host = self.members[slowest].host
            self.tell(f"rank {slowest} on {host} takes {factor:.1f}x the time of the other ranks, which wait for it")

    def tell(self, text: str) -> None:
        """Have something said to the user."""
        self._news.append(text)

    def check(self) -> None:
        """Raises RankLost where a rank is gone."""
        self.watch.check()

    def on_stuck(self, save: Callable[[Lost], object]) -> None:
        """Have `save` called, from a thread, where MPI holds the program after a rank is lost."""
        self.watch.rescue = save

    def news(self) -> list[str]:
        """What the user should know since the last call, a line each."""
        news, self._news = self._news, []
        return news

    def begin(self, silence: float, threads: int) -> None:
        """Every rank is told what the options say."""
        with self.wire.lock:
            self.order(Order("options", detail=(silence, threads)))
            self.done()
        self.watch.allow(silence)

    def shares(self) -> list[str]:
        """What each rank has done."""
        return [
            f"rank {rank} on {member.host}: {self.rows[rank]:,} rows in {self.seconds[rank]:.3g} s of computing"
            for rank, member in enumerate(self.members)
        ]

    def end(self) -> None:
        """Send the other ranks home."""
        with self.wire.lock:
            self.order(Order("end"))
            self.done()


class RankHeld:
    """A set that every rank holds its chunks of; see crew.Held."""

    def __init__(self, crew: RankCrew, number: int, session: Session, samples: Samples, rows: Array) -> None:
        self._crew, self._wire, self._number = crew, crew.wire, number
        own, (first, last) = rows_of_rank(len(rows), 0, crew.size), chunks_of_rank(0, crew.size)
        counts = answer_counts(samples, rows)
        self._part = PartOfSums(session, rows[own], len(rows), first, last, counts, samples.inputs)
        # A rank that is gone ends the epoch here too, not only where the others are waited for.
        self._part.between = crew.watch.check
        self._is_open, self._uses = True, 0

    def sums(self, task: Task) -> Sums:
        return self._together("sums", task, 0)

    def batch(self, task: Task, number: int) -> Sums:
        return self._together("batch", task, number)

    def begin(self, places: Array, batch_size: int) -> None:
        with self._wire.lock:
            self._crew.order(Order("begin", self._number, (len(places), batch_size)))
            self._wire.spread(np.ascontiguousarray(places, dtype=np.int32))
            self._crew.done()
        self._part.begin(places, batch_size)

    def close(self) -> None:
        if self._is_open and not self._wire.is_broken:
            with self._wire.lock:
                self._crew.order(Order("close", self._number))
                self._crew.done()
            self._crew.wasted += self._uses == 1
        self._is_open = False

    def _together(self, what: str, task: Task, number: int) -> Sums:
        """The sums of all ranks; every rank computes its own at the same time."""
        self._uses += 1
        if task.kind in ("hessian", "normal"):
            check_numpy(self._crew.members, "this trainer multiplies matrices by numpy")
        with self._wire.lock:
            vectors = [vector for vector in (task.parameters, task.direction) if vector is not None]
            head = task._replace(parameters=_SENT_APART, direction=None)
            self._crew.order(Order(what, self._number, (head, number, [(v.dtype.str, len(v)) for v in vectors])))
            for vector in vectors:
                self._wire.spread(np.ascontiguousarray(vector))
            sums, report = measured(self._part, what, task, number)
            reports = self._wire.gathered(report)
            total = unpacked(self._wire.added(packed(sums)), sums)
            self._crew.done()
            self._crew.count(reports)
        return total


def measured(part: PartOfSums, what: str, task: Task, number: int) -> tuple[Sums, Array]:
    """The sums of one rank's chunks, and what it reports of them: nanoseconds, rows."""
    begin = time.perf_counter()
    sums = part.sums(task) if what == "sums" else part.batch(task, number)
    seconds = time.perf_counter() - begin
    return sums, np.array([int(seconds * 1e9), int(sums.answers.sum())], dtype=np.int64)


def packed(sums: Sums) -> Array:
    """int64: all members in a row. Losses go as their bits: each is 0, without a bit, on all ranks but one."""
    return np.concatenate([sums.words.reshape(-1), sums.losses.view(np.int64), sums.answers, [sums.overflow]])


def unpacked(numbers: Array, like: Sums) -> Sums:
    """The sums that packed() made."""
    n = like.words.size
    words, losses = numbers[:n].reshape(like.words.shape), numbers[n : n + CHUNKS].view(np.float64)
    return Sums(words, losses, numbers[n + CHUNKS : n + 2 * CHUNKS], int(numbers[-1]))


def uses_numpy(session: Session, samples: Samples) -> bool:
    """Whether numpy, whose last digits depend on the machine, computes the sums of a session."""
    from anncli.backends.reference import ReferenceSession

    return isinstance(session, ReferenceSession) or any(form is not None and form.gapped for form in Forms.of(samples))
