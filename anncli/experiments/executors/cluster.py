"""What the executor of workers elsewhere needs of a cluster: its members, calls on one of them, and news."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from anncli.experiments.inputs import Data
from anncli.experiments.sent_setup import SentSetup
from anncli.experiments.spec import DataRef, Spec


class Member(NamedTuple):
    """A worker, as its scheduler sees it. threads: how many calls it runs at a time; takes_work: not where it is short of memory
    or about to end; beat: a value that changes with every sign of life."""

    address: str
    threads: int
    takes_work: bool
    beat: float


class Members(NamedTuple):
    """News: all workers that the scheduler knows of now."""

    members: tuple[Member, ...]


class Answer(NamedTuple):
    """News: what a call gave."""

    call: int
    value: Any


class Fault(NamedTuple):
    """News: why a call gave nothing; is_loss: because its worker was lost, and not because it raised an error."""

    call: int
    reason: str
    is_loss: bool


class Gone(NamedTuple):
    """News: the scheduler cannot be reached any more."""

    reason: str


News = Members | Answer | Fault | Gone
# What greet() of a worker answers: names and numbers on which the bytes of its results depend.
Facts = Mapping[str, Any]


class Cluster(Protocol):
    """A connection to a scheduler. Every call begins at once and returns its number; what comes of it is in the news.

    address: for messages.
    """

    address: str

    def greet(self, worker: str) -> int:
        """Ask a worker for its Facts."""

    def read(self, worker: str, ref: DataRef) -> int:
        """Let a worker read data from its own files; the answer says whether it has them."""

    def send(self, worker: str, data: Data | SentSetup) -> int:
        """Give data to a worker; the answer is what run() takes for them."""

    def run(self, worker: str, spec: Spec, data: Any) -> int:
        """Run a spec; data: what send() answered, None for data that the worker reads. The answer is a Result."""

    def drop(self, call: int) -> None:
        """End a call whose answer nobody needs any more; it is no news."""

    def news(self, patience: float) -> News | None:
        """The next news, None where there is none within `patience` seconds."""
