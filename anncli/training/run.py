"""A training run: everything prepared once, then one epoch after another, then the network with the weights worth keeping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from anncli.arrays import Array, take_rows
from anncli.backends.base import Backend, Problem, Samples
from anncli.backends.choice import choose_backend, fall_back
from anncli.dataset.dataset import Dataset
from anncli.dataset.encoding import encode_targets, smooth_targets
from anncli.errors import AnnError, DataError, UsageError
from anncli.evaluation.evaluation import evaluate_outputs
from anncli.network.network import Network, SelfTest
from anncli.options.table import TrainingOptions
from anncli.training import preparation
from anncli.training.attempt import Attempt, EpochReport
from anncli.training.judge import Judge
from anncli.training.objective import Objective
from anncli.training.record import make_record
from anncli.training.result import Start, TrainingResult
from anncli.training.sets import check_fit, check_parts, divide, too_few_to_share
from anncli.training.stopping import StopRule, Success, TimeLimit, make_stop_rules
from anncli.training.trainers import trainer_class
from anncli.training.trainers.base import Trainer

_SELF_TEST_ROWS = 3

# The default penalty is that of a Gaussian prior of variance 1/2.5 on every weight: l2 = 2.5 / n (MacKay 1992). It shrinks
# with the data, as it should; chosen on the development sets, see benchmarks/accuracy.md.
_PRIOR_PRECISION = 2.5
_REFIT_LIMIT = 10_000
# Epochs after which a network that learnt nothing was not merely stopped early.
_ENOUGH_EPOCHS = 200


class TrainingRun:
    """One training of `network` on `data`; the network itself is changed only by finish().

    Args: parts: rows of 'training', 'validation' and 'test' where the user gave them, otherwise shares are drawn
        from options.validation and options.test; in_place: the data's inputs may be overwritten by scaled ones;
        beside: how many restarts run at a time, which changes no result.
    Raises: DataError, UsageError for data and options that do not fit the network.
    """

    def __init__(
        self,
        network: Network,
        data: Dataset,
        options: TrainingOptions,
        *,
        parts: Mapping[str, Array] | None = None,
        in_place: bool = False,
        backend: Backend | None = None,
        beside: int = 1,
    ) -> None:
        self.beside = beside
        self.penalty_dropped = False
        self.network, self.data, self.options = network, data, options
        check_fit(network, data)
        if options.restarts > 1 and network.is_trained and options.init is None:
            raise UsageError(
                "--restarts draws new weights, and this network has some to go on from",
                advice="add --init auto to train it anew",
            )
        self._validation_drawn = "validation" not in (parts or {})
        self.rows = divide(data, options, parts or {}, np.random.default_rng((options.seed, 1)))
        self.warnings = check_parts(data, self.rows) + preparation.without_validation(options, self.rows)
        if options.validation is None and self._validation_drawn:
            self.warnings += too_few_to_share(data, self.rows)
        self.self_test_inputs = data.inputs[_spread(self.rows["training"], _SELF_TEST_ROWS)].copy()
        self._finds_penalty = trainer_class(options.trainer).finds_penalty
        if self._finds_penalty and options.l2:
            raise UsageError(f"trainer {options.trainer} finds its own penalty", advice="leave --l2 out")
        self.loss = preparation.choose_loss(network, options)
        self.problem = Problem(network.topology, self.loss)
        self.backend = fall_back(backend or choose_backend(), self.problem)
        if self.backend.note:
            self.warnings.append(self.backend.note)
        self.targets = preparation.choose_targets(network, options, self.loss)
        self.scaling = preparation.choose_scaling(network, data, options, self.rows["training"])
        self.inputs = self.scaling.apply(data.inputs, in_place=in_place)
        # Smallest and largest tell it (nan passes through both) without a flag for every value in memory.
        if not (np.isfinite(self.inputs.min()) and np.isfinite(self.inputs.max())):
            raise DataError("an input value overflows when it is scaled", advice="check the data for values near 1e38")
        self.objective = self._make_objective()
        # One limit for all attempts together.
        self.time_limit = None if options.time_limit is None else TimeLimit(options.time_limit)
        self.attempts = [self._new_attempt(1)]
        self.attempt = self.attempts[0]
        self.refit_epochs = 0
        self.refitted: Array | None = None
        self.remarks: dict[str, float | int | str] = {}
        self._resumed = self._chosen = False

    @property
    def threshold(self) -> float:
        """The score above which the first class is answered."""
        if self.options.threshold is not None:
            return self.options.threshold
        if self.network.is_trained and self.network.threshold is not None:
            return self.network.threshold
        return sum(self.targets) / 2

    @property
    def patience(self) -> int:
        """Epochs without a better validation result that end the run; 0: none do."""
        if self.options.patience is not None:
            return self.options.patience
        return max(20, min(500, 500_000 // max(len(self.rows["training"]), 1)))

    @property
    def l2(self) -> float:
        """The penalty in force: the one given, or 2.5 / n with n the vectors the final weights are fitted to; 0 where the
        trainer finds its own."""
        if self._finds_penalty or self.penalty_dropped:
            return 0.0
        if self.options.l2 is not None:
            return self.options.l2
        n = len(self.rows["training"]) + (len(self.rows["validation"]) if self._validation_drawn else 0)
        return _PRIOR_PRECISION / n

    @property
    def will_refit(self) -> bool:
        """Whether the run ends with a fit on training and validation rows together."""
        choice, n = self.options.refit, len(self.rows["training"]) + len(self.rows["validation"])
        if choice == "no" or self.options.keep != "best" or not len(self.rows["validation"]):
            return False
        if choice == "auto" and self.options.time_limit is not None:
            return False
        return choice == "yes" or (self._validation_drawn and not self._continued and n <= _REFIT_LIMIT)

    @property
    def _continued(self) -> bool:
        """Whether the run goes on from the weights of a trained network."""
        return self.network.is_trained and self.options.init is None

    # What the attempt in hand is at, or the kept one when all are done.

    @property
    def trainer(self) -> Trainer:
        return self.attempt.trainer

    @property
    def judge(self) -> Judge:
        return self.attempt.judge

    @property
    def rng(self) -> np.random.Generator:
        return self.attempt.rng

    @property
    def parameters(self) -> Array:
        return self.attempt.parameters

    @property
    def initial_parameters(self) -> Array:
        return self.attempt.initial_parameters

    @property
    def best_parameters(self) -> Array | None:
        return self.attempt.best_parameters

    @property
    def history(self) -> list[EpochReport]:
        return self.attempt.history

    @property
    def stop_reason(self) -> str:
        return self.attempt.stop_reason

    def epochs(self, limit: int) -> Iterator[EpochReport]:
        """Train for at most `limit` epochs from each set of initial weights, reporting each epoch; a run taken up by
        restore() trains up to the epoch `limit`. Ends early when a stop rule fires (stop_reason says which).

        Where will_refit says so, the reports of the final fit follow.
        """
        if limit < 0:
            raise UsageError(f"a run has 0 or more epochs, not {limit}")
        if self.beside > 1 and self.options.restarts > 1 and not self._resumed and not self.attempt.history:
            yield from self._attempts_beside(limit)
        else:
            yield from self._attempts_in_turn(limit)
        self._choose_attempt()
        if self.will_refit and self.judge.best_epoch is not None:
            # With a penalty chosen by the user the best epoch is the measure: only the default penalty is known to make
            # up for the epochs after it.
            count = len(self.history) if self.options.l2 is None else self.judge.best_epoch
            yield from self._final_fit(self.objective, count)
        if self._learnt_nothing():
            yield from self._fit_without_penalty(limit)

    def _attempts_in_turn(self, limit: int) -> Iterator[EpochReport]:
        restored = len(self.attempts) if self._resumed else 0
        self._resumed = False
        for number in range(1, self.options.restarts + 1):
            if number > len(self.attempts):
                if self.time_limit is not None and self.time_limit.is_over:
                    break
                self.attempts.append(self._new_attempt(number))
            self.attempt = self.attempts[number - 1]
            # All restored ones, since this run may go further than the one that wrote them down.
            done = len(self.attempt.history) if number <= restored else 0
            if not self.attempt.stopped:
                yield from self.attempt.epochs(limit - done, limit if done else None)

    def _attempts_beside(self, limit: int) -> Iterator[EpochReport]:
        from anncli.training.beside import side_by_side

        self.attempts += [self._new_attempt(number) for number in range(2, self.options.restarts + 1)]
        works = [partial(attempt.epochs, limit) for attempt in self.attempts]
        try:
            yield from side_by_side(works, self.beside)
        finally:
            # Those that an interruption kept from their first epoch are none; one that diverged in it is one.
            self.attempts = [a for a in self.attempts if a.history or a.diverged or a.number == 1]

    def _choose_attempt(self) -> None:
        """Keep the best attempt; a run without one that ended well is over."""
        self._chosen = True
        starts = self._starts()
        fit = [start for start in starts if start.value is not None]
        if not fit:
            raise AnnError(
                f"training diverged in epoch {self.attempts[-1].diverged}: the loss or a weight is not finite",
                advice=f"{self._calmer()}, or scale the inputs (--scaling zscore); no file was changed",
            )
        # Of metrics more is better, of losses less; the judge's rank knows both.
        by_number = {attempt.number: attempt for attempt in self.attempts}
        ranked = [by_number[start.number] for start in fit]
        by_judge = [attempt for attempt in ranked if attempt.judge.best is not None]
        if by_judge and self.options.keep == "best":
            self.attempt = max(by_judge, key=lambda attempt: attempt.judge.best or (0.0, 0.0))
        else:
            values = {start.number: start.value for start in fit}
            self.attempt = min(ranked, key=lambda attempt: values[attempt.number] or 0.0)
        if self.attempt.diverged:
            self.warnings.append(
                f"training diverged in epoch {self.attempt.diverged}; the weights of epoch {self.judge.best_epoch} are kept; "
                f"{self._calmer()}"
            )

    def _calmer(self) -> str:
        """What to do about divergence, with an option the trainer has."""
        has_rate = "learning_rate" in self.options.trainer_options
        return "lower --learning-rate" if has_rate else "raise --l2 or take another --trainer"

    def _starts(self) -> tuple[Start, ...]:
        starts = []
        for attempt in self.attempts:
            best, value = attempt.judge.best_epoch, None
            if best is not None and self.options.keep == "best":
                value = attempt.history[best - 1].validation_loss
            elif best is not None and not attempt.diverged:
                value = attempt.history[-1].validation_loss
            elif not attempt.diverged:
                # A single attempt has nothing to be compared with.
                value = self.objective.value(attempt.weights) if len(self.attempts) > 1 else 0.0
            starts.append(Start(attempt.number, len(attempt.history), best, value))
        return tuple(starts)

    @property
    def _final_rows(self) -> Array:
        """The rows of a final fit: all but those of the test part."""
        rows = np.concatenate([self.rows["training"], self.rows["validation"]])
        rows.sort()
        return rows

    def _learnt_nothing(self) -> bool:
        """Whether the default penalty kept the network from learning even its own training vectors.

        On a handful of vectors, or where only all inputs together say anything (XOR, parity), weights as large as they have
        to be are dearer than every vector answered wrong. A penalty the user chose is not doubted, nor a short run.
        """
        o = self.options
        chosen = o.l2 is not None or self._finds_penalty or o.refit == "no" or o.time_limit is not None
        if chosen or self._continued or len(self.history) < _ENOUGH_EPOCHS or not self.l2:
            return False
        if self.refitted is None and len(self.rows["validation"]):
            return False
        return not self._has_learnt(self.attempt.weights if self.refitted is None else self.refitted)

    def _has_learnt(self, parameters: Array) -> bool:
        rows = self._final_rows
        return self.objective.value(parameters, rows, penalty=False) < 0.98 * self.objective.constant_loss(rows)

    def _fit_without_penalty(self, count: int) -> Iterator[EpochReport]:
        """A final fit of `count` epochs without the penalty, kept only if it learns. Patience was no measure here."""
        before = self.refitted, self.refit_epochs, self.remarks
        yield from self._final_fit(self.objective._replace(l2=0.0), count)
        if self.refitted is not None and self.refitted is not before[0] and self._has_learnt(self.refitted):
            self.penalty_dropped = True
            self.warnings.append(
                "under the default penalty the network learnt nothing, so it was trained without one; "
                "--l2 X sets one, --refit no leaves it as it was"
            )
        else:
            self.refitted, self.refit_epochs, self.remarks = before

    def _final_fit(self, objective: Objective, count: int) -> Iterator[EpochReport]:
        """The same initial weights and order of chance, all vectors, `count` epochs."""
        best, selection, rows = self.judge.best_epoch, self.attempt, self._final_rows
        targets = self._targets(rows) if self.options.label_smoothing else objective.targets
        fit = Attempt(
            objective.over(objective.samples._replace(targets=targets), rows),
            self.options,
            selection.initial_parameters.copy(),
            self._order_rng(selection.number),
            self._judge(rows[:0], objective),
            number=selection.number,
        )
        # The same schedule as in the selection, also where that ended early.
        for report in fit.epochs(count, selection.total_epochs):
            if report.epoch == count or fit.stopped:
                self.refitted, self.refit_epochs = fit.weights, report.epoch
                self.remarks = fit.trainer.remarks()
            yield report._replace(best_epoch=best, phase="refit")
        if fit.diverged:
            self.warnings.append("the final fit on all vectors diverged; the weights of the best epoch are kept")

    def finish(self, interrupted: str | None = None) -> TrainingResult:
        """Put the weights worth keeping into the network, with scaling, classes, record and self-test."""
        if interrupted and not self._chosen:
            self._choose_attempt()
        network, kept = self.network, self.kept_epoch
        network.set_parameters(self.selected if self.refitted is None else self.refitted)
        network.scaling, network.targets, network.threshold = self.scaling, self.targets, self.threshold
        if not network.classes:
            network.classes = self.data.classes
        network.columns = network.columns or self.data.columns
        self.attempt.stop_reason = interrupted or self.stop_reason or "no epochs were asked for"
        network.record = make_record(self, kept)
        network.self_test = self._self_test()
        return TrainingResult(
            network=network,
            epochs=len(self.history),
            best_epoch=self.judge.best_epoch,
            kept_epoch=kept,
            stop_reason=self.stop_reason,
            rows=self.rows,
            history=tuple(self.history),
            warnings=tuple(self.warnings),
            refit_epochs=self.refit_epochs,
            validation_parameters=None if self.refitted is None else self.selected,
            start=self.attempt.number,
            starts=self._starts() if len(self.attempts) > 1 else (),
        )

    @property
    def kept_epoch(self) -> int:
        """The epoch whose weights finish() keeps: the best one where there is one and it is asked for, else the last."""
        best = self.judge.best_epoch
        return best if best is not None and self.options.keep == "best" else len(self.history)

    @property
    def selected(self) -> Array:
        """The weights (P,) of kept_epoch, those a validation part has judged."""
        is_best = self.kept_epoch == self.judge.best_epoch
        return self.best_parameters if is_best and self.best_parameters is not None else self.attempt.weights

    def state(self) -> dict[str, Any]:
        """Where the run is, to be taken up by restore() of a run made of the same network, data and options: nested
        dicts and lists of arrays, numbers and words. The final fit is not part of it; it is made again."""
        return {"attempts": [attempt.state() for attempt in self.attempts]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where state() was asked for: epochs() then gives the bits of the uninterrupted run."""
        self.attempts = []
        for number, remembered in enumerate(state["attempts"], 1):
            self.attempts.append(self._new_attempt(number))
            self.attempts[-1].restore(remembered)
        self.attempt, self._resumed = self.attempts[-1], True

    def _new_attempt(self, number: int) -> Attempt:
        # The first set of initial weights is that of a run without restarts.
        rng = np.random.default_rng((self.options.seed, 2, number - 1) if number > 1 else (self.options.seed, 2))
        parameters = preparation.initial_parameters(self.network, self.options, self.inputs, self.rows, rng)
        # Attempts may run in different threads, which must not share a session.
        objective = self.objective if number == 1 else self.objective.on(self.backend)
        judge, rules = self._judge(self.rows["validation"], objective), self._stop_rules()
        rng = self._order_rng(number)
        attempt = Attempt(objective, self.options, parameters, rng, judge, rules, self.patience, number)
        if self.options.dividetrain is not None:
            rules.append(
                Success(self.options.dividetrain, lambda: self.share_right(attempt.weights, self.rows["training"]))
            )
        return attempt

    def _order_rng(self, number: int) -> np.random.Generator:
        return np.random.default_rng((self.options.seed, 0, number - 1) if number > 1 else (self.options.seed, 0))

    def _judge(self, rows: Array, objective: Objective) -> Judge:
        if self.options.label_smoothing:
            unsmoothed = encode_targets(self.data.labels, self.network.n_outputs, self.targets)
            objective = objective.over(objective.samples._replace(targets=unsmoothed))
        return Judge(objective, self.data.labels, rows, self.options, self.threshold)

    def _stop_rules(self) -> list[StopRule]:
        options = self.options
        rules = make_stop_rules(options.stop, options.goal)
        if self.time_limit is not None:
            rules.append(self.time_limit)
        return rules

    def share_right(self, parameters: Array, rows: Array) -> float:
        """The share, from 0 to 1, of the `rows` that a network with these parameters (P,) answers right."""
        outputs = self.objective.outputs(parameters, rows)
        labels = take_rows(self.data.labels, rows)
        evaluation = evaluate_outputs(outputs, labels, threshold=self.threshold, targets=self.targets)
        return evaluation.accuracy or 0.0

    def _make_objective(self) -> Objective:
        rows = np.ascontiguousarray(self.rows["training"])
        weights = preparation.sample_weights(self.network, self.data, self.options, rows)
        targets, labels = self._targets(rows), self.data.labels
        samples = Samples(self.inputs, targets, weights)
        session = self.backend.open(self.problem, samples)
        return Objective(session, self.problem, samples, rows, labels, self.l2, self.options.l1)

    def _targets(self, rows: Array) -> Array:
        """Target outputs of all samples, those of `rows`, which are to be trained on, smoothed where that is asked for."""
        targets = encode_targets(self.data.labels, self.network.n_outputs, self.targets)
        if self.options.label_smoothing:
            smooth_targets(targets, rows, self.options.label_smoothing)
        return targets

    def network_parameters(self) -> Array:
        assert self.network.parameters is not None
        return self.network.parameters

    def _self_test(self) -> SelfTest:
        scaled = self.scaling.apply(self.self_test_inputs)
        outputs = self.objective.session.over(Samples(scaled)).outputs(self.network_parameters())
        return SelfTest(self.self_test_inputs, outputs)


def _spread(rows: Array, count: int) -> Array:
    """`count` of the rows, evenly spaced."""
    chosen: Array = rows[np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(int)]
    return chosen
