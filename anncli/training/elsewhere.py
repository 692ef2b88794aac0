"""Attempts and networks of one run that are trained elsewhere: what another process is told, and what comes back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from anncli.training.setup import Setup

# What Attempt.state() or Member.ended_state() returned: nested dicts and lists of arrays, numbers and text.
State = Mapping[str, Any]


class Begun(NamedTuple):
    """An attempt, or a network of an ensemble, and the state from which it goes on, None for one that has not begun."""

    number: int
    state: State | None = None


class Elsewhere(Protocol):
    """Trains parts of a run in other processes. The states at their end come in the order of the parts; what is lost when the
    iterator is closed, or an error raised, are the parts that had not come."""

    def attempts(self, setup: Setup, begun: Sequence[Begun], limit: int) -> Iterator[State]:
        """The states of these attempts after at most `limit` epochs, those before included."""

    def members(self, setup: Setup, begun: Sequence[Begun], limit: int) -> Iterator[State]:
        """The same for networks of an ensemble, with their final fits; see Member.ended_state()."""
