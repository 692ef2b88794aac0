"""An attempt: one training from one set of initial weights, epoch by epoch, and the state it needs to be resumed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.errors import count_of
from anncli.network.frozen import frozen_parts
from anncli.network.loss_curve import CurvePoint, thinned
from anncli.options.table import TrainingOptions
from anncli.training.averaging import WeightAverage
from anncli.training.judge import Judge, Verdict
from anncli.training.objective import Objective
from anncli.training.state_check import check_attempt, check_like
from anncli.training.stopping import StopRule
from anncli.training.trainers import make_trainer
from anncli.training.trainers.base import Trainer


class EpochReport(NamedTuple):
    """What one epoch showed.

    training_loss: mean loss on the training set, each row's taken before the update it led to; validation_loss: None
    without a validation set; metric: by which the best epoch is chosen, None where this epoch was not a candidate;
    best_epoch: the best so far; class_means: mean output of each class, from trainers that compute it; phase: 'training',
    or 'refit' while the final fit retrains on all rows; restart: the number of the set of initial weights, from 1.
    """

    epoch: int
    training_loss: float
    validation_loss: float | None
    metric: float | None
    best_epoch: int | None
    class_means: tuple[float, ...] | None
    phase: str = "training"
    restart: int = 1

    def __repr__(self) -> str:
        validation = "" if self.validation_loss is None else f", validation {self.validation_loss:.4g}"
        return f"<EpochReport {self.epoch}, {self.phase}: loss {self.training_loss:.4g}{validation}>"


class Attempt:
    """One training of `parameters` (P,), which it changes in place.

    weights: what the last epoch ended with, the parameters or their average where options.average asks for one.

    Args: rng: decides the order of rows; judge: of the validation set; patience: epochs without improvement that end the
        attempt, 0 for never; number: of the restart, from 1.
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
        self.trainer = self._started_trainer()
        #: Epochs that the learning-rate schedule spans, since epochs() was called.
        self.total_epochs: int | None = None
        #: Why the trainer cannot go on, and the class means of the last epoch; see EpochOutcome.
        self.finished: str | None = None
        self.class_means: tuple[float, ...] | None = None
        self.average: WeightAverage | None = None
        self.best_parameters: Array | None = None
        self.history: list[EpochReport] = []
        self.stop_reason = ""
        #: Whether a rule, the trainer or divergence ended it; may_go_on: a resumed run continues it all the same.
        self.stopped = self.may_go_on = False
        #: The epoch in which the loss or a weight stopped being finite; 0: none.
        self.diverged = 0

    def _started_trainer(self) -> Trainer:
        trainer = make_trainer(self.options.trainer, self.options.trainer_options)
        trainer.start(self.objective, self.parameters)
        return trainer

    def epochs(self, limit: int, total: int | None = None) -> Iterator[EpochReport]:
        """Train for at most `limit` more epochs; `stopped` says whether something ended it earlier.

        Args: total: epochs that the learning-rate schedule spans; default: up to the limit.
        """
        total = total or len(self.history) + limit
        self.total_epochs = total
        if self.options.average is not None and (self.average is None or not self.average.count):
            # Made anew also where a restored average is still empty: this run may have more epochs than the one before.
            self.average = WeightAverage(self.options.average, total)
        for _ in range(limit):
            report = self._one_epoch()
            if report is None:
                return
            # Set before the report is handed out: a checkpoint written on that report must hold that the attempt is over.
            self.conclude(report)
            yield report
            if self.stopped:
                return
        self.reach_limit()

    def conclude(self, report: EpochReport) -> None:
        """Find out whether the epoch of a report was the last one."""
        reason = self._reason_to_stop(report)
        self.stopped, self.stop_reason = reason is not None, reason or ""

    def reach_limit(self) -> None:
        """Note that there were as many epochs as there may be."""
        self.stop_reason = f"reached the limit of {count_of(len(self.history), 'epoch')}"

    def _one_epoch(self) -> EpochReport | None:
        number = len(self.history) + 1
        # An overflow before divergence is found below; numpy's warning would only repeat it.
        with np.errstate(all="ignore"):
            outcome = self.trainer.epoch(self.objective, self.parameters, self.rng, self.total_epochs)
            training_loss, self.finished, self.class_means = outcome
            self.objective.without_pruned(self.parameters)
            self._keep_frozen(self.parameters)
            finite = math.isfinite(training_loss) and _are_finite(self.parameters)
        if not finite:
            self.diverge()
            return None
        self.weights = self.parameters if self.average is None else self.average.see(number, self.parameters)
        self._keep_frozen(self.weights)
        verdict = self.judge.see(number, self.weights, self.class_means)
        if verdict.is_best:
            self.best_parameters = self.weights.copy()
        return self.add_report(training_loss, verdict)

    def diverge(self) -> None:
        """Note that in the epoch after those of the history a loss or a weight was not finite."""
        number = len(self.history) + 1
        self.diverged, self.stopped, self.stop_reason = number, True, f"diverged in epoch {number}"

    def add_report(self, training_loss: float, verdict: Verdict) -> EpochReport:
        """The report of the epoch after those of the history, which it joins."""
        number, best, means = len(self.history) + 1, self.judge.best_epoch, self.class_means
        report = EpochReport(number, training_loss, verdict.loss, verdict.metric, best, means, restart=self.number)
        self.history.append(report)
        return report

    def _keep_frozen(self, parameters: Array) -> None:
        """Frozen parameters stay bit for bit: averages of equal numbers, and moves by 0 of some trainers, may round."""
        for part in frozen_parts(self.objective.topology):
            parameters[part] = self.initial_parameters[part]

    def _reason_to_stop(self, report: EpochReport) -> str | None:
        if self.finished:
            return self.finished
        seen = [(rule, rule.see(report.training_loss, report.validation_loss)) for rule in self.rules]
        for rule, reason in seen:
            if reason and rule.lasts:
                return reason
        if self._out_of_patience(report):
            return f"no improvement for {count_of(self.patience, 'epoch')}"
        passing = next((reason for _, reason in seen if reason), None)
        self.may_go_on = passing is not None
        return passing

    def _out_of_patience(self, report: EpochReport) -> bool:
        if not self.patience or not self.judge.has_rows:
            return False
        waited = report.epoch - (report.best_epoch or report.epoch)
        return waited >= self.patience and self.judge.sees_progress

    def close(self) -> None:
        """Close the sessions: the attempt can then neither train nor evaluate."""
        self.objective.session.close()
        self.judge.measure.objective.session.close()

    def state(self) -> dict[str, Any]:
        """Everything that epochs() depends on besides the arguments of __init__: nested dicts of arrays, numbers and text."""
        state: dict[str, Any] = {
            "parameters": self.parameters.copy(),
            "initial_parameters": self.initial_parameters,
            "trainer": self.trainer.state(),
            "finished": self.finished,
            "class_means": None if self.class_means is None else list(self.class_means),
            "rng": self.rng.bit_generator.state,
            "judge": self.judge.state(),
            "rules": [rule_state for rule in self.rules if (rule_state := rule.state())],
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
        """Continue from a state that state() returned; raises ValueError, TypeError or KeyError for any other."""
        check_attempt(state, self.parameters, self.trainer.state())
        self.parameters[...] = state["parameters"]
        self.initial_parameters = state["initial_parameters"]
        self.trainer.restore(state["trainer"])
        means = state["class_means"]
        self.finished, self.class_means = state["finished"], None if means is None else tuple(means)
        self.rng.bit_generator.state = state["rng"]
        self.judge.restore(state["judge"])
        # Rules without a state are skipped: a resumed run may add or drop a time limit.
        with_state = [rule for rule in self.rules if rule.state()]
        for rule, rule_state in zip(with_state, state["rules"], strict=True):
            check_like(rule_state, rule.state(), "rules")
            rule.restore(rule_state)
        self.history = [report_of(entry) for entry in state["history"]]
        self.stop_reason, self.stopped, self.diverged = state["stop_reason"], state["stopped"], state["diverged"]
        self.best_parameters = state.get("best_parameters")
        if "average" in state:
            assert self.options.average is not None
            self.average = WeightAverage(self.options.average, state["average_total"])
            self.average.restore(state["average"])
            self.weights = state["weights"]


def curve_of(history: Sequence[EpochReport], keep: Iterable[int] = ()) -> tuple[CurvePoint, ...]:
    """The loss curve of reports, with the epochs in `keep` among its points."""
    return thinned([CurvePoint(r.epoch, r.training_loss, _finite(r.validation_loss)) for r in history], keep)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def report_of(entry: Sequence[Any]) -> EpochReport:
    """The report whose list a state holds."""
    report = EpochReport(*entry)
    return report if report.class_means is None else report._replace(class_means=tuple(report.class_means))


def _are_finite(values: Array) -> bool:
    """Whether no value of a vector is nan or infinite. The sum of squares tells in one pass, unless it overflows itself."""
    return math.isfinite(np.dot(values, values)) or bool(np.isfinite(values).all())
