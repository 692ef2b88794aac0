"""The final fit: the kept attempt trained anew on all rows but those of the test set."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from anncli.arrays import Array, random_stream
from anncli.network.loss_curve import CurvePoint
from anncli.training.answers import noise_penalty
from anncli.training.attempt import Attempt, EpochReport, curve_of
from anncli.training.judge import Judge
from anncli.training.setup import Setup
from anncli.training.stacked.job import Job
from anncli.training.step import Step

# A network that has learned nothing after this many epochs was not merely stopped early; nor was one whose trainer ended
# by itself, in a minimum.
_ENOUGH_EPOCHS = 200
# A network has learned something where its loss is below this fraction of that of a constant prediction; on a validation
# set, whose lowest loss of many epochs is a little below by chance, the second one.
_LEARNED, _CONFIRMED = 0.98, 0.9
# The final fit ends at the last epoch whose validation loss was higher than that of the best epoch by at most this fraction,
# divided by the square root of the number of validation rows: the fewer rows, the more of a difference is chance. Chosen in
# benchmarks/accuracy.md.
_TOLERATED = 0.5
# The final fit is discarded where its loss is more than this many times that of the chosen network, and more than this
# fraction of a constant prediction's loss higher, or its accuracy is lower by more than that. A run that was not over has
# about the same loss after both fits, a little higher or lower; where all rows are learned both losses are near 0.
_MOST_LOSS, _LEAST_LOSS, _MOST_LOST = 1.02, 0.01, 0.02


class Refit(NamedTuple):
    """The weights (P,) of a final fit, its number of epochs, what its trainer adds to the record, its penalty, and its
    loss curve."""

    parameters: Array
    epochs: int
    remarks: dict[str, float | int | str]
    l2: float
    curve: tuple[CurvePoint, ...]


class FinalFit:
    """Retrains a finished attempt from its initial weights on training and validation rows together.

    The result is kept only if it does not fall behind the chosen network, that of the best epoch, on the rows that it was
    fitted to: its mean loss over them, without the penalty, must not be higher by more than 2 % and by more than
    1 % of that of a constant prediction, nor, with classes, its accuracy lower by more than two points, weighted as in
    training. After divergence there is no final fit.

    attempt: the one given, or its repetition without the default penalty, where that penalty prevented any learning;
    refit: None as long as no final fit is complete and kept; penalty_dropped: attempt or refit has no default penalty;
    planned: epochs of what is trained now, at most. kind: of the attempts that it makes, Attempt or that of a device.
    """

    def __init__(self, setup: Setup, attempt: Attempt, kind: type[Attempt] = Attempt) -> None:
        self._setup, self._kind = setup, kind
        self._first = self.attempt = attempt
        self.refit: Refit | None = None
        self.penalty_dropped, self.planned = False, 0
        self.warnings: list[str] = []

    def state(self) -> dict[str, Any]:
        """What came of it, for restore(): nested dicts and lists of arrays, numbers and text."""
        return {
            "attempt": self.attempt.state() if self.attempt is not self._first else None,
            "refit": None
            if self.refit is None
            else self.refit._asdict() | {"curve": [list(p) for p in self.refit.curve]},
            "penalty_dropped": self.penalty_dropped,
            "planned": self.planned,
            "warnings": list(self.warnings),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """The end that state() told of."""
        if state["attempt"] is not None:
            self.attempt = self._repetition()
            self.attempt.restore(state["attempt"])
        refit = state["refit"]
        curve = None if refit is None else tuple(CurvePoint(*point) for point in refit["curve"])
        self.refit = None if refit is None else Refit(**{**refit, "curve": curve})
        self.penalty_dropped, self.planned = state["penalty_dropped"], state["planned"]
        self.warnings = list(state["warnings"])

    def epochs(self, limit: int) -> Iterator[EpochReport]:
        """The reports of everything that is trained after the attempt; `limit`: epochs of the run."""
        for step in self.steps(limit):
            yield from step.epochs()

    def steps(self, limit: int) -> Iterator[Step]:
        """The same one by one, for whoever trains them; what comes next is decided when a step has ended."""
        if self.attempt.diverged:
            return
        if self._learned_nothing():
            yield self._without_penalty(limit)
        if self._setup.will_refit and self.attempt.judge.best_epoch is not None:
            l2 = 0.0 if self.penalty_dropped else self._penalty()
            yield self._fit(l2, self._length(), limit)

    def _penalty(self) -> float:
        """The l2 of the final fit: in regression by the noise that the validation set showed, unless the user chose one."""
        setup, best = self._setup, self.attempt.judge.best_epoch
        assert best is not None
        lowest = self.attempt.history[best - 1].validation_loss
        if setup.options.l2 is not None or not setup.l2 or setup.data.task != "regression" or lowest is None:
            return setup.l2
        return noise_penalty(setup.loss, lowest, len(setup.final_rows) * setup.network.n_outputs) or setup.l2

    def _length(self) -> int:
        """Epochs of the final fit: up to the last epoch whose validation loss is, but for chance, that of the best epoch.

        While the validation loss is that flat, training on does no harm, and the final fit has more rows to learn from
        than the attempt had; where it rises, with wrong labels for example, the final fit would learn them too. With a
        penalty other than the default it is not known that training on does no harm, and the best epoch is the last; so it is for
        forecasts, where all that a network is better than a linear one can be less than that chance (benchmarks/forecasts.md).
        """
        best, history = self.attempt.judge.best_epoch, self.attempt.history
        assert best is not None
        if self._setup.options.l2 is not None or self.penalty_dropped or self._setup.data.last is not None:
            return best
        lowest = history[best - 1].validation_loss
        assert lowest is not None
        most = lowest * (1 + _TOLERATED / math.sqrt(len(self._setup.rows["validation"])))
        flat = (r.epoch for r in history if r.validation_loss is not None and r.validation_loss <= most)
        return max(best, *flat)

    def _fit(self, l2: float, count: int, limit: int) -> Step:
        """Trains for `count` epochs from the initial weights and the random order of rows of the attempt."""
        setup, attempt = self._setup, self.attempt
        objective = setup.open_final_objective(l2)
        judge = Judge(setup.open_measure(objective), setup.rows["validation"][:0], setup.options.metric)
        rng = random_stream(setup.options.seed, "order", attempt.number)
        parameters = attempt.initial_parameters.copy()
        fit = self._kind(objective, setup.options, parameters, rng, judge, number=attempt.number)
        self.planned = count
        # The learning-rate schedule spans as many epochs as before, even where the attempt ended early.
        total = attempt.total_epochs or limit
        end = partial(self._end_fit, fit, l2)
        return Step(Job(fit, count, total), "refit", end, best_epoch=attempt.judge.best_epoch, closes=True)

    def _end_fit(self, fit: Attempt, l2: float) -> None:
        if fit.diverged:
            self.warnings.append(f"the final fit on all rows diverged; the network of {self._kept_text()} is kept")
        else:
            self._keep(_refit(fit, l2))

    def _keep(self, refit: Refit) -> None:
        behind = self._behind(refit.parameters)
        if behind is None:
            self.refit = refit
        else:
            self.warnings.append(f"the final fit was discarded: {behind}; the network of {self._kept_text()} is kept")

    def _behind(self, parameters: Array) -> str | None:
        """In words, where `parameters` do worse than the chosen network on the rows of a final fit; else None."""
        setup, rows, chosen = self._setup, self._setup.final_rows, self.attempt.best_parameters
        assert chosen is not None
        measure = setup.open_measure(self.attempt.objective)
        # As in the loss: with class weights a network that finds the small class may be right less often, and is better.
        measure.weights = setup.packed_weights
        own, other = measure.loss(parameters, rows), measure.loss(chosen, rows)
        where = "on the training and validation rows"
        # Written so that a loss that is not finite counts as higher.
        if not own <= max(_MOST_LOSS * other, other + _LEAST_LOSS * measure.constant_loss(rows)):
            return f"its loss {where} is {own:.4g}, against {other:.4g} before it"
        if not measure.has_classes:
            return None
        own, other = measure.accuracy(parameters, rows), measure.accuracy(chosen, rows)
        if own < other - _MOST_LOST:
            by = " by the class weights" if setup.options.class_weight is not None else ""
            return f"its accuracy{by} {where} is {100 * own:.2f} %, against {100 * other:.2f} % before it"
        return None

    def _kept_text(self) -> str:
        return f"epoch {self.attempt.judge.best_epoch}"

    def _learned_nothing(self) -> bool:
        """Whether the default penalty kept the attempt, at its end, from having learned even its own training rows.

        With a handful of rows, or where only all inputs together predict the class (XOR, parity), the penalty on weights
        of the size needed is higher than the loss of misclassifying every row. A penalty that the user chose is kept, and
        a short run proves nothing, unless its trainer ended in a minimum.
        """
        setup, options = self._setup, self._setup.options
        if options.l2 is not None or options.refit == "no" or options.time_limit is not None:
            return False
        if not setup.l2 or setup.is_continued or not (setup.will_refit or not len(setup.rows["validation"])):
            return False
        if len(self.attempt.history) < _ENOUGH_EPOCHS and not self.attempt.finished:
            return False
        return not self._has_learned(self.attempt.weights)

    def _has_learned(self, parameters: Array) -> bool:
        objective, rows = self.attempt.objective, self._setup.rows["training"]
        return objective.value(parameters, rows, penalty=False) < _LEARNED * objective.constant_loss(rows)

    def _without_penalty(self, limit: int) -> Step:
        """Repeats the attempt without the penalty, and keeps what it learned."""
        again = self._repetition()
        self.planned = limit
        total = self._first.total_epochs or limit
        return Step(Job(again, limit, total), "refit", partial(self._keep_if_learned, again))

    def _repetition(self) -> Attempt:
        """The attempt again, before its first epoch and without the penalty."""
        setup, first = self._setup, self._first
        objective = first.objective._replace(l2=0.0)
        judge = Judge(setup.open_measure(objective), setup.rows["validation"], setup.options.metric, setup.alternates)
        rng = random_stream(setup.options.seed, "order", first.number)
        parameters = first.initial_parameters.copy()
        return self._kind(objective, setup.options, parameters, rng, judge, (), setup.patience, first.number)

    def _keep_if_learned(self, again: Attempt) -> None:
        """Without a penalty anything can be learned by heart. A validation set must confirm that the repetition learned
        something, and more than the attempt, whose place it then takes. Without a validation set it is the final fit."""
        if again.diverged:
            return
        if again.judge.has_rows:
            before, now = self.attempt.judge.best, again.judge.best
            if now is None or (before is not None and now <= before) or not again.judge.has_learned(_CONFIRMED):
                return
            self.attempt = again
        elif self._has_learned(again.weights):
            self.refit = _refit(again, 0.0)
        else:
            return
        self.penalty_dropped = True
        self.warnings.append(
            "with the default L2 penalty the network learned nothing, so the penalty was dropped; "
            "--l2 X sets a penalty, --refit no keeps the network as it was"
        )


def _refit(fit: Attempt, l2: float) -> Refit:
    return Refit(fit.weights, len(fit.history), fit.trainer.remarks(), l2, curve_of(fit.history))
