"""A worker elsewhere, as the command that uses it sees it."""

from __future__ import annotations

from typing import Any

from anncli.experiments.executors.cluster import Member


class Holding:
    """Data that a worker has, or is about to have. handle: what stands for data that were sent, None for those that it reads."""

    def __init__(self, call: int) -> None:
        self.call: int | None = call
        self.handle: Any = None

    @property
    def is_ready(self) -> bool:
        return self.call is None

    def arrived(self, handle: Any = None) -> None:
        """The data are there."""
        self.call, self.handle = None, handle


class RemoteWorker:
    """Args: member: its first news; now: seconds, when they came.

    greeting: the call that greets it, None where it was answered; lost_greetings: those that no answer came to; is_refused: it would compute other bytes; is_silent: it has
    given no sign of life for too long; holdings: data by the digest of their contents; calls: the specs that it runs, as their
    digests by the numbers of calls; moved: those of them that others were told to run too; is_alone: its spec must run alone.
    """

    def __init__(self, member: Member, now: float) -> None:
        self.member, self.heard = member, now
        self.host = ""
        self.greeting: int | None = None
        self.lost_greetings = 0
        self.is_greeted = self.is_refused = self.is_silent = self.is_alone = False
        self.holdings: dict[str, Holding] = {}
        self.calls: dict[int, str] = {}
        self.moved: set[int] = set()

    @property
    def name(self) -> str:
        return f"worker {self.member.address}" + (f" on {self.host}" if self.host else "")

    @property
    def must_be_greeted(self) -> bool:
        """Whether it has still to say what it computes with, and nobody asks."""
        return self.greeting is None and not self.is_greeted and not self.is_refused

    @property
    def is_fit(self) -> bool:
        """Whether trainings can be given to it."""
        return self.is_greeted and not self.is_refused and not self.is_silent and self.member.takes_work

    @property
    def may_help(self) -> bool:
        """Whether it works, or may do so soon."""
        return not self.is_refused and not self.is_silent and (self.member.takes_work or bool(self.calls))

    @property
    def free(self) -> int:
        """How many trainings it can begin now."""
        return 0 if self.is_alone or not self.is_fit else max(0, self.member.threads - len(self.calls))

    def hear(self, member: Member, now: float) -> bool:
        """Take news of it; whether they end a silence."""
        if member.beat == self.member.beat:
            self.member = member
            return False
        was_silent, self.is_silent = self.is_silent, False
        self.member, self.heard = member, now
        return was_silent

    def holds(self, contents: str) -> bool:
        """Whether these data are there."""
        return contents in self.holdings and self.holdings[contents].is_ready

    def ended(self, call: int) -> None:
        """A training has ended, or was dropped."""
        self.calls.pop(call, None)
        self.moved.discard(call)
        self.is_alone = self.is_alone and bool(self.calls)
