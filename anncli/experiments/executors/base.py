"""The protocol of executors, and what they run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from anncli.experiments.spec import Result, Spec

# Says whether the work should end now; called after every epoch.
IsStopped = Callable[[], bool]
# Runs one spec; raises Stopped and nothing else.
Work = Callable[[Spec, IsStopped], Result]
# Takes one line for the user about an event that changes no result.
Notice = Callable[[str], None]


class Terms(NamedTuple):
    """What holds for executors elsewhere: after how many seconds of silence a worker's trainings go to another one, whether a
    connection may be open to others, and the files of encrypted ones: authority, certificate, key."""

    worker_timeout: float = 60.0
    insecure: bool = False
    tls_ca: str | None = None
    tls_cert: str | None = None
    tls_key: str | None = None


# What is said of runs that a command did not come to.
GOES_ON = "what is finished is in the file of --ledger, if that was given, and the same command goes on"


class Stopped(Exception):
    """The work was asked to end before it had a result."""


class Executor(Protocol):
    """Runs specs."""

    def run(self, specs: Sequence[Spec]) -> Iterator[Result]:
        """One result for each spec, in any order; closing the iterator ends the work and waits for its end."""


def never() -> bool:
    """An answer for work that nobody stops."""
    return False


def ignore(text: str) -> None:
    """A notice that nobody reads."""
