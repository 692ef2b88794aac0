"""A crew whose workers are sessions of this process, each with only its own rows, as processes on other machines would have them."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.backends.base import Backend, Problem, Samples, Session
from anncli.backends.chunks import CHUNKS, answer_counts, chunk_starts
from anncli.backends.crew import Sums, Task
from anncli.backends.piecework import PartOfSums


class FakeHeld:
    def __init__(self, parts: list[PartOfSums], sessions: list[Session]) -> None:
        self.parts, self.sessions = parts, sessions

    def sums(self, task: Task) -> Sums:
        return added([part.sums(task) for part in self.parts])

    def begin(self, places: Array, batch_size: int) -> None:
        for part in self.parts:
            part.begin(places, batch_size)

    def batch(self, task: Task, number: int) -> Sums:
        return added([part.batch(task, number) for part in self.parts])

    def close(self) -> None:
        for session in self.sessions:
            session.close()


def added(sums: list[Sums]) -> Sums:
    """The last worker's first: the order does not matter."""
    words, losses, answers, overflow = zip(*reversed(sums), strict=True)
    return Sums(sum(words[1:], words[0]), sum(losses), sum(answers), sum(overflow))


class FakeCrew:
    """Args: backend: of the workers; size: how many."""

    def __init__(self, backend: Backend, size: int) -> None:
        self.backend, self.size, self.holds = backend, size, 0

    def hold(self, session: Session, problem: Problem, samples: Samples, rows: Array) -> FakeHeld:
        self.holds += 1
        n, counts = len(rows), answer_counts(samples, rows)
        starts, parts, sessions = chunk_starts(n), [], []
        for worker in range(self.size):
            first, last = worker * CHUNKS // self.size, (worker + 1) * CHUNKS // self.size
            own = rows[starts[first] : starts[last]]
            taken = Samples(*(None if part is None else part[own] for part in samples))
            sessions.append(self.backend.open(problem, taken))
            numbers = np.arange(len(own), dtype=np.int32)
            parts.append(PartOfSums(sessions[-1], numbers, n, first, last, counts))
        return FakeHeld(parts, sessions)
