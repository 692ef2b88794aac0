"""An attempt: one training from one set of initial weights, epoch by epoch, with everything it takes to go on later."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.options.table import TrainingOptions
from anncli.training.averaging import WeightAverage
from anncli.training.judge import Judge
from anncli.training.objective import Objective
from anncli.training.stopping import StopRule
from anncli.training.trainers import make_trainer


class EpochReport(NamedTuple):
    """What one epoch showed: losses (validation_loss None without a validation part), the best epoch so far,
    the metric that chose it (None when this epoch was not judged), and the class means of trainers that watch them.
    phase is 'training', or 'refit' when the same initial weights are trained again on all vectors; start counts the
    sets of initial weights from 1."""

    epoch: int
    training_loss: float
    validation_loss: float | None
    metric: float | None
    best_epoch: int | None
    class_means: tuple[float, ...] | None
    phase: str = "training"
    start: int = 1


class Attempt:
    """One training of `parameters`, which it changes in place; `weights` are what an epoch ended with: these
    parameters, or their average where options.average asks for one.

    Args: rng, the order of rows; judge, of the validation part; patience, epochs without a better result that end it
        (0: none do); number, of the attempt, from 1.
    """

    def __init__(
        self,
        objective: Objective,
        options: TrainingOptions,
        parameters: Array,
        rng: np.random.Generator,
        judge: Judge,
        rules: Sequence[StopRule] = (),
        patience: int = 0,
        number: int = 1,
    ) -> None:
        self.objective, self.options, self.rng, self.judge = objective, options, rng, judge
        self.rules, self.patience, self.number = rules, patience, number
        self.parameters = self.weights = parameters
        self.initial_parameters = parameters.copy()
        self.trainer = make_trainer(options.trainer, options.trainer_options)
        self.trainer.start(objective, parameters)
        self.total_epochs: int | None = None
        self.finished: str | None = None
        self.class_means: tuple[float, ...] | None = None
        self.average: WeightAverage | None = None
        self.best_parameters: Array | None = None
        self.history: list[EpochReport] = []
        self.stop_reason = ""
        self.stopped = self.may_go_on = False
        self.diverged = 0

    def epochs(self, limit: int, total: int | None = None) -> Iterator[EpochReport]:
        """Train for at most `limit` more epochs; `stopped` says whether a rule or the trainer ended it before.

        total: how many epochs the learning-rate schedule spans, where that is not up to the limit.
        """
        total = total or len(self.history) + limit
        self.total_epochs = total
        if self.options.average is not None and (self.average is None or not self.average.count):
            # Also a restored one that has not begun: this run may have more epochs than the one that wrote it down.
            self.average = WeightAverage(self.options.average, total)
        for _ in range(limit):
            report = self._one_epoch()
            if report is None:
                return
            reason = self._reason_to_stop(report)
            # Before the report, so that whoever saves this attempt with it saves that it is over.
            self.stopped, self.stop_reason = reason is not None, reason or ""
            yield report
            if self.stopped:
                return
        self.stop_reason = f"all {len(self.history)} epochs done"

    def _one_epoch(self) -> EpochReport | None:
        number = len(self.history) + 1
        # Overflow on the way to divergence is found below and told in words.
        with np.errstate(over="ignore", invalid="ignore"):
            outcome = self.trainer.epoch(self.objective, self.parameters, self.rng, self.total_epochs)
            training_loss, self.finished, self.class_means = outcome
            finite = math.isfinite(training_loss) and all_finite(self.parameters)
        if not finite:
            self.diverged, self.stopped, self.stop_reason = number, True, f"diverged in epoch {number}"
            return None
        self.weights = self.parameters if self.average is None else self.average.see(number, self.parameters)
        verdict = self.judge.see(number, self.weights, self.class_means)
        if verdict.is_best:
            self.best_parameters = self.weights.copy()
        best = self.judge.best_epoch
        report = EpochReport(
            number, training_loss, verdict.loss, verdict.metric, best, self.class_means, start=self.number
        )
        self.history.append(report)
        return report

    def _reason_to_stop(self, report: EpochReport) -> str | None:
        if self.finished:
            return self.finished
        seen = [(rule, rule.see(report.training_loss, report.validation_loss)) for rule in self.rules]
        for rule, reason in seen:
            if reason and rule.lasts:
                return reason
        if self._out_of_patience(report):
            return f"no better validation result for {self.patience} epochs"
        passing = next((reason for _, reason in seen if reason), None)
        self.may_go_on = passing is not None
        return passing

    def _out_of_patience(self, report: EpochReport) -> bool:
        if not self.patience or not self.judge.can_judge:
            return False
        waited = report.epoch - (report.best_epoch or report.epoch)
        return waited >= self.patience and self.judge.sees_progress

    def state(self) -> dict[str, Any]:
        """Everything epochs() depends on besides what __init__ was given: nested dicts of arrays, numbers and words."""
        state: dict[str, Any] = {
            "parameters": self.parameters.copy(),
            "initial_parameters": self.initial_parameters,
            "trainer": self.trainer.state(),
            "finished": self.finished,
            "class_means": None if self.class_means is None else list(self.class_means),
            "rng": self.rng.bit_generator.state,
            "judge": self.judge.state(),
            "rules": [remembered for rule in self.rules if (remembered := rule.state())],
            "history": [list(report) for report in self.history],
            "stop_reason": "" if self.may_go_on else self.stop_reason,
            "stopped": self.stopped and not self.may_go_on,
            "diverged": self.diverged,
        }
        if self.average is not None:
            state |= {"average": self.average.state(), "weights": self.weights.copy()}
            state["average_total"] = self.average.total_epochs
        if self.best_parameters is not None:
            state["best_parameters"] = self.best_parameters.copy()
        return state

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a state that state() gave."""
        self.parameters[...] = state["parameters"]
        self.initial_parameters = state["initial_parameters"]
        self.trainer.restore(state["trainer"])
        means = state["class_means"]
        self.finished, self.class_means = state["finished"], None if means is None else tuple(means)
        self.rng.bit_generator.state = state["rng"]
        self.judge.restore(state["judge"])
        # Those without a memory may be others now: a time limit more or less.
        remembering = [rule for rule in self.rules if rule.state()]
        for rule, remembered in zip(remembering, state["rules"], strict=True):
            rule.restore(remembered)
        self.history = [_report(entry) for entry in state["history"]]
        self.stop_reason, self.stopped, self.diverged = state["stop_reason"], state["stopped"], state["diverged"]
        self.best_parameters = state.get("best_parameters")
        if "average" in state:
            assert self.options.average is not None
            self.average = WeightAverage(self.options.average, state["average_total"])
            self.average.restore(state["average"])
            self.weights = state["weights"]


def _report(entry: Sequence[Any]) -> EpochReport:
    report = EpochReport(*entry)
    return report if report.class_means is None else report._replace(class_means=tuple(report.class_means))


def all_finite(values: Array) -> bool:
    """Whether no value is nan or infinite; the sum of squares says so in one pass unless it overflows itself."""
    return math.isfinite(np.dot(values, values)) or bool(np.isfinite(values).all())
