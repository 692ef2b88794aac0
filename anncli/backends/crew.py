"""The crew: whoever computes the sums over the chunks of a set, in this process alone or in several."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from anncli.arrays import Array
from anncli.backends.base import Problem, Samples, Session
from anncli.backends.chunks import Task as Task
from anncli.backends.chunks import answer_counts
from anncli.backends.piecework import PartOfSums
from anncli.backends.piecework import Sums as Sums


class Held(Protocol):
    """The rows of one set, held by whoever computes with them; it is closed with the session that asked for it."""

    def sums(self, task: Task) -> Sums:
        """Over the whole set."""

    def begin(self, places: Array, batch_size: int) -> None:
        """The order of the coming sweep, as places int32 (n,) of the set."""

    def batch(self, task: Task, number: int) -> Sums:
        """Over batch `number` of that order, from 0."""

    def close(self) -> None:
        """Let go of the rows. Closing again does nothing."""


class Crew(Protocol):
    """Everyone who computes. size: how many processes."""

    @property
    def size(self) -> int: ...

    def hold(self, session: Session, problem: Problem, samples: Samples, rows: Array) -> Held:
        """Take a set. Args: session: of this process, for the problem on the samples; rows (n,): ascending."""

    def begin(self, silence: float, threads: int) -> None:
        """Before the first set. Args: silence: seconds after which another process is given up; threads: of each, 0 for the fastest number."""

    def check(self) -> None:
        """Raises an AnnError where a process is gone."""

    def on_stuck(self, save: Callable[[Any], object]) -> None:
        """Have `save` called with what is known of a process that is gone, where the connection to it does not let this one go on."""

    def news(self) -> list[str]:
        """What the user should know since the last call, a line each."""

    def shares(self) -> list[str]:
        """What each of several processes has done, a line each."""


class LocalCrew:
    """This process alone."""

    size = 1

    def hold(self, session: Session, problem: Problem, samples: Samples, rows: Array) -> Held:
        return _LocalHeld(session, rows, len(rows), counts=answer_counts(samples, rows), inputs=samples.inputs)

    def begin(self, silence: float, threads: int) -> None:
        """Nobody else is there."""

    def check(self) -> None:
        """Nobody can be gone."""

    def on_stuck(self, save: Callable[[Any], object]) -> None:
        """There is no connection."""

    def news(self) -> list[str]:
        return []

    def shares(self) -> list[str]:
        return []


class _LocalHeld(PartOfSums):
    """All chunks of a set."""

    def close(self) -> None:
        """The session closes what there is to close."""


_crew: Crew = LocalCrew()


def current_crew() -> Crew:
    """The crew of this process: LocalCrew, or the one inside the block of use_crew()."""
    return _crew


def lead(crew: Crew) -> None:
    """From now on sessions of this process ask this crew."""
    global _crew
    _crew = crew


@contextmanager
def use_crew(crew: Crew) -> Iterator[None]:
    """Sessions that are opened inside the block, by any thread, ask this crew."""
    global _crew
    before, _crew = _crew, crew
    try:
        yield
    finally:
        _crew = before
