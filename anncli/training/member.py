"""A member: one network of a run, with the stages restarts, choice and final fit. As a rule a run has one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from anncli.training.attempt import Attempt, EpochReport
from anncli.training.choice import Choice, choose
from anncli.training.final_fit import FinalFit
from anncli.training.outcome import Outcome, make_outcome
from anncli.training.restarts import Restarts, RunAll
from anncli.training.setup import Setup
from anncli.training.stopping import TimeLimit


class Member:
    """Trains one network of a setup.

    Args: number: from 1; the members of an ensemble differ in it, and so in the initial weights and the order of rows.
    """

    def __init__(self, setup: Setup, run_all: RunAll, time_limit: TimeLimit | None, number: int = 1) -> None:
        self.number, self._setup, self._time_limit = number, setup, time_limit
        first = 1 + (number - 1) * setup.options.restarts
        self._restarts = Restarts(setup, run_all, time_limit, first)
        self._choice: Choice | None = None
        self._final_fit: FinalFit | None = None

    @property
    def attempts(self) -> list[Attempt]:
        """The attempts begun so far, in order."""
        return self._restarts.attempts

    @property
    def attempt(self) -> Attempt:
        """The attempt that is kept; before the choice, the last one begun."""
        return self.attempts[-1] if self._final_fit is None else self._final_fit.attempt

    @property
    def has_begun(self) -> bool:
        """Whether an epoch has ended, or the first one diverged."""
        return any(attempt.history or attempt.diverged for attempt in self.attempts)

    @property
    def is_whole(self) -> bool:
        """Whether the training came to its end, before a signal or a time limit."""
        limit = self._time_limit
        return self._choice is not None and (limit is None or self.attempt.stop_reason != limit.reason)

    @property
    def planned_refit(self) -> int:
        """Epochs of the final training that goes on, at most; 0 before it."""
        return 0 if self._final_fit is None else self._final_fit.planned

    def epochs(self, limit: int) -> Iterator[EpochReport]:
        """The reports of all attempts and of the final fit."""
        self._choice = self._final_fit = None
        yield from self._restarts.epochs(limit)
        self._choice = choose(self.attempts, self._setup.options)
        self._final_fit = FinalFit(self._setup, self._choice.attempt)
        yield from self._final_fit.epochs(limit)

    def outcome(self, interrupted: str | None = None, keep: str | None = None) -> Outcome:
        """What is kept so far; raises AnnError where all attempts diverged."""
        choice = self._choice or choose(self.attempts, self._setup.options)
        return make_outcome(self._setup, choice, self._final_fit, interrupted, keep)

    def close(self) -> None:
        """Close the sessions of all attempts."""
        self._restarts.close()

    def state(self) -> dict[str, Any]:
        """The state, for restore()."""
        return self._restarts.state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue where state() was called."""
        self._restarts.restore(state)
