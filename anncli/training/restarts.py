"""Restarts: attempts from different initial weights, one after another or as an executor runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from anncli.arrays import random_stream
from anncli.backends.reproducible import refuse_trainer
from anncli.training.attempt import Attempt, EpochReport
from anncli.training.elsewhere import Begun, Elsewhere
from anncli.training.judge import Judge
from anncli.training.setup import Setup
from anncli.training.stacked.job import Job
from anncli.training.step import Step
from anncli.training.stopping import StopRule, Success, TimeLimit, make_stop_rules

# An attempt that the CPU trains, or one of a device.
Made = TypeVar("Made", bound=Attempt)

# One attempt as a call that yields its reports; nothing of it runs before the first report is asked for.
Call = Callable[[], Iterator[EpochReport]]
# Runs calls, in threads if it likes, and yields their reports in the order of the calls.
RunAll = Callable[[Sequence[Call]], Iterator[EpochReport]]


def run_in_turn(calls: Sequence[Call]) -> Iterator[EpochReport]:
    """One call after another."""
    for call in calls:
        yield from call()


class Restarts:
    """The attempts of a run, or of one network of an ensemble; the first one exists from the beginning, so that its faults show
    before training.

    Args: time_limit: one for all attempts, also those of other networks; first: the number of the first attempt, which
        decides its weights; kind: Attempt, or that of a device, which trains all of them at once: steps().
    Raises: UsageError where the trainer cannot train this network.
    """

    def __init__(
        self,
        setup: Setup,
        run_all: RunAll = run_in_turn,
        time_limit: TimeLimit | None = None,
        first: int = 1,
        kind: type[Attempt] = Attempt,
    ) -> None:
        refuse_trainer(setup.options.trainer, setup.options.init)
        self._setup, self._run_all = setup, run_all
        self._time_limit, self._first, self._kind = time_limit, first, kind
        self._attempts = {first: self._new_attempt(first)}
        self._restored: frozenset[int] = frozenset()
        self._again: list[Attempt] = []

    @property
    def attempts(self) -> list[Attempt]:
        """The first attempt, and the others that ended an epoch or diverged in their first one, by number.

        An attempt that an interruption stopped before its first epoch ended has nothing to offer.
        """
        found = [attempt for _, attempt in sorted(self._attempts.copy().items())]
        return [attempt for attempt in found if attempt.number == self._first or attempt.history or attempt.diverged]

    def epochs(self, limit: int) -> Iterator[EpochReport]:
        """Train every attempt for at most `limit` epochs; restored attempts up to the epoch `limit`."""
        restored, self._restored = self._restored, frozenset()
        numbers = range(self._first, self._first + self._setup.options.restarts)
        return self._run_all([partial(self._train, number, limit, number in restored) for number in numbers])

    def steps(self, limit: int, phase: str) -> list[Step]:
        """All attempts, for a device; phase: of their reports."""
        for number in range(self._first, self._first + self._setup.options.restarts):
            if number not in self._attempts:
                self._attempts[number] = self._new_attempt(number)
        return [Step(Job(attempt, limit), phase) for _, attempt in sorted(self._attempts.items())]

    def again(self, number: int) -> Attempt:
        """An attempt of that number before its first epoch, for the CPU, which no time limit ends."""
        attempt = make_attempt(Attempt, self._setup, number)
        self._again.append(attempt)
        return attempt

    def epochs_elsewhere(self, limit: int, elsewhere: Elsewhere) -> Iterator[EpochReport]:
        """The same with attempts that other processes train; the reports of an attempt come when it has ended."""
        restored, self._restored = self._restored, frozenset()
        numbers = range(self._first, self._first + self._setup.options.restarts)
        found = [self._attempts[number] for number in sorted(restored)]
        left = [Begun(one.number, one.state()) for one in found if not one.stopped and len(one.history) < limit]
        left += [Begun(number) for number in numbers if number not in restored]
        for attempt in found:
            if not attempt.stopped and len(attempt.history) >= limit:
                # There is nothing left to train: this only says so.
                yield from attempt.epochs(0, limit)
        for begun, state in zip(left, elsewhere.attempts(self._setup, left, limit), strict=True):
            if begun.number not in self._attempts:
                self._attempts[begun.number] = self._new_attempt(begun.number)
            attempt, done = self._attempts[begun.number], len(begun.state["history"]) if begun.state else 0
            attempt.restore(state)
            yield from attempt.history[done:]

    def state(self) -> dict[str, Any]:
        """The state of every attempt, for restore()."""
        return {"attempts": [attempt.state() for attempt in self.attempts]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a state that state() returned."""
        attempts = {}
        if not 1 <= len(state["attempts"]) <= self._setup.options.restarts:
            raise ValueError("another number of attempts")
        for number, attempt_state in enumerate(state["attempts"], self._first):
            attempts[number] = self._new_attempt(number)
            attempts[number].restore(attempt_state)
        self.close()
        self._attempts, self._restored = attempts, frozenset(attempts)

    def close(self) -> None:
        """Close the sessions of all attempts."""
        for attempt in [*self._attempts.values(), *self._again]:
            attempt.close()

    def _train(self, number: int, limit: int, is_restored: bool) -> Iterator[EpochReport]:
        is_begun = number in self._attempts and bool(self._attempts[number].history)
        # The first one of all is trained for an epoch at least, so that there is a network.
        if number > 1 and not is_begun and self._time_limit is not None and self._time_limit.is_over:
            return
        if number not in self._attempts:
            self._attempts[number] = self._new_attempt(number)
        attempt = self._attempts[number]
        # A restored attempt that had reached its limit is not stopped: this run may go further.
        done = len(attempt.history) if is_restored else 0
        if not attempt.stopped:
            yield from attempt.epochs(limit - done, limit if done else None)

    def _new_attempt(self, number: int) -> Attempt:
        return make_attempt(self._kind, self._setup, number, self._time_limit)


def make_attempt(kind: type[Made], setup: Setup, number: int, time_limit: TimeLimit | None = None) -> Made:
    """The attempt of a number, from 1, before its first epoch; kind: Attempt, or one of a device."""
    options, objective = setup.options, setup.open_objective()
    measure = setup.open_measure(objective)
    judge = Judge(measure, setup.rows["validation"], options.metric, setup.alternates)
    rules: list[StopRule] = make_stop_rules(options.stop, options.goal)
    if time_limit is not None:
        rules.append(time_limit)
    rng = random_stream(options.seed, "order", number)
    parameters = setup.initial_parameters(number)
    attempt = kind(objective, options, parameters, rng, judge, rules, setup.patience, number)
    if options.dividetrain is not None:
        rows = setup.rows["training"]
        rules.append(Success(options.dividetrain, lambda: measure.accuracy(attempt.weights, rows)))
    return attempt
