"""A member: one network of a run, with the stages restarts, choice and final fit. As a rule a run has one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from anncli.training.attempt import Attempt, EpochReport, report_of
from anncli.training.choice import Choice, choose, summary_of
from anncli.training.elsewhere import Elsewhere, State
from anncli.training.final_fit import FinalFit
from anncli.training.on_device import DeviceUse, OnDevice
from anncli.training.outcome import Outcome, make_outcome
from anncli.training.restarts import Restarts, RunAll, run_in_turn
from anncli.training.setup import Setup
from anncli.training.stacked.attempt import StackedAttempt
from anncli.training.step import Step
from anncli.training.stopping import TimeLimit

# Of a run that ended while a device ranked its restarts.
_UNSIGNED = "the run ended before the CPU trained the best restart again: the weights are those of"


class Member:
    """Trains one network of a setup.

    Args: number: from 1; the members of an ensemble differ in it, and so in the initial weights and the order of rows;
        on_device: where its attempts are trained, None: on the CPU; elsewhere: trains them in other processes.
    """

    def __init__(
        self,
        setup: Setup,
        run_all: RunAll = run_in_turn,
        time_limit: TimeLimit | None = None,
        number: int = 1,
        on_device: OnDevice | None = None,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self.number, self._setup, self._time_limit = number, setup, time_limit
        self._on_device, self._elsewhere = on_device, elsewhere
        first = 1 + (number - 1) * setup.options.restarts
        self._kind = Attempt if on_device is None else StackedAttempt
        self._restarts = Restarts(setup, run_all, time_limit, first, self._kind)
        self._choice: Choice | None = None
        self._final_fit: FinalFit | None = None
        #: The choice of a device, and the attempt that the CPU trains in place of its best one.
        self._signing: tuple[Choice, Attempt] | None = None

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
        if self._elsewhere is None:
            yield from self._restarts.epochs(limit)
        else:
            yield from self._restarts.epochs_elsewhere(limit, self._elsewhere)
        yield from self._chosen().epochs(limit)

    def _chosen(self) -> FinalFit:
        """The final fit of the best attempt."""
        self._choice = choose(self.attempts, self._setup.options)
        self._final_fit = FinalFit(self._setup, self._choice.attempt, self._kind)
        return self._final_fit

    def first_steps(self, limit: int, phase: str = "training") -> list[Step]:
        """The attempts, for a device; phase: of their reports."""
        self._choice = self._final_fit = None
        return self._restarts.steps(limit, phase)

    def last_steps(self, limit: int) -> Iterator[Step]:
        """What a device trains after the attempts, one by one; the next one is known when a step has ended."""
        yield from self._chosen().steps(limit)

    def signed(self, limit: int) -> Iterator[EpochReport]:
        """After the ranking of the attempts by a device: the reports of the best one, trained on the CPU, and of its final
        fit. One that diverges there gives its place to the next best one."""
        ranked = self.attempts
        while self._final_fit is None:
            choice = choose(ranked, self._setup.options)
            attempt = self._restarts.again(choice.attempt.number)
            # A time limit ended the ranking after so many epochs, and would end this training at once.
            is_cut = self._time_limit is not None and choice.attempt.stop_reason == self._time_limit.reason
            for report in attempt.epochs(len(choice.attempt.history) if is_cut else limit, limit):
                self._signing = choice, attempt
                yield report
            if is_cut and not attempt.stopped:
                attempt.stopped, attempt.stop_reason = True, choice.attempt.stop_reason
            if attempt.diverged and attempt.judge.best_epoch is None and len(ranked) > 1:
                ranked = [one for one in ranked if one is not choice.attempt]
                continue
            self._signing = choice, attempt
            self._choice = self._with_own(choice, attempt)
            self._final_fit = FinalFit(self._setup, attempt)
        yield from self._final_fit.epochs(limit)

    def _with_own(self, choice: Choice, attempt: Attempt) -> Choice:
        """The choice with what the CPU has in place of the attempt of the device."""
        own = summary_of(attempt, self._setup.options)
        others = tuple(own if one.number == own.number else one for one in choice.restarts)
        return Choice(attempt, others, choose([attempt], self._setup.options).warnings)

    def ended_state(self, refit: Sequence[EpochReport]) -> dict[str, Any]:
        """The state after epochs(), with its reports of the final fit, for end_with()."""
        assert self._final_fit is not None
        return self.state() | {"final_fit": self._final_fit.state(), "refit": [list(report) for report in refit]}

    def end_with(self, state: State) -> Iterator[EpochReport]:
        """Take the end of a training elsewhere for that of this network, and tell its reports that are new."""
        done = {attempt.number: len(attempt.history) for attempt in self.attempts}
        self.restore(state)
        for attempt in self.attempts:
            yield from attempt.history[done.get(attempt.number, 0) :]
        self._chosen().restore(state["final_fit"])
        yield from (report_of(entry) for entry in state["refit"])

    def outcome(self, interrupted: str | None = None, keep: str | None = None) -> Outcome:
        """What is kept so far; raises AnnError where all attempts diverged."""
        choice = self._choice
        if choice is None and self._signing is not None:
            choice = self._with_own(*self._signing)
        choice = choice or choose(self.attempts, self._setup.options)
        made = make_outcome(self._setup, choice, self._final_fit, interrupted, keep)
        return made if self._on_device is None else self._with_use(made, choice, self._on_device)

    def _with_use(self, made: Outcome, choice: Choice, device: OnDevice) -> Outcome:
        if not isinstance(choice.attempt, StackedAttempt):
            assert self._signing is not None
            ranked = self._signing[0]
            value = next(one.value for one in ranked.restarts if one.number == ranked.attempt.number)
            return made._replace(device=DeviceUse(device, False, value))
        told = () if device.keeps_weights else (f"{_UNSIGNED} {device.name}",)
        return made._replace(device=DeviceUse(device, True), warnings=(*made.warnings, *told))

    def close(self) -> None:
        """Close the sessions of all attempts."""
        self._restarts.close()

    def state(self) -> dict[str, Any]:
        """The state, for restore()."""
        return self._restarts.state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue where state() was called."""
        self._restarts.restore(state)
        # They are of attempts whose sessions are closed now.
        self._choice = self._final_fit = self._signing = None
