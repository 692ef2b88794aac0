"""The final fit: the kept attempt trained anew on all rows but those of the test set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import NamedTuple

from anncli.arrays import Array, random_stream
from anncli.training.attempt import Attempt, EpochReport
from anncli.training.judge import Judge
from anncli.training.setup import Setup

# A network that has learned nothing after this many epochs was not merely stopped early.
_ENOUGH_EPOCHS = 200
# A network has learned something where its loss is below this fraction of that of a constant prediction.
_LEARNED = 0.98


class Refit(NamedTuple):
    """The weights (P,) of a final fit, its number of epochs, and what its trainer adds to the record."""

    parameters: Array
    epochs: int
    remarks: dict[str, float | int | str]


class FinalFit:
    """Retrains a finished attempt from its initial weights on training and validation rows together.

    refit is None as long as no final fit is complete; penalty_dropped: refit was made without the default penalty.
    """

    def __init__(self, setup: Setup, attempt: Attempt) -> None:
        self._setup, self._attempt = setup, attempt
        self.refit: Refit | None = None
        self.penalty_dropped = False
        self.warnings: list[str] = []

    def epochs(self, limit: int) -> Iterator[EpochReport]:
        """The reports of the final fits that the setup and the result so far ask for; `limit`: epochs of the run."""
        best = self._attempt.judge.best_epoch
        if self._setup.will_refit and best is not None:
            # With the default penalty training beyond the best epoch does no harm. It is not known for other penalties,
            # and with those the final fit ends at the best epoch.
            count = len(self._attempt.history) if self._setup.options.l2 is None else best
            yield from self._fit(self._setup.l2, count, limit, self._keep)
        if self._learned_nothing():
            # Patience is ignored: it measured a run whose penalty prevented learning.
            yield from self._fit(0.0, limit, limit, self._keep_if_learned)

    def _fit(self, l2: float, count: int, limit: int, keep: Callable[[Refit], None]) -> Iterator[EpochReport]:
        """Train for `count` epochs from the initial weights and the random order of rows of the attempt."""
        setup, attempt = self._setup, self._attempt
        objective = setup.open_final_objective(l2)
        judge = Judge(setup.open_measure(objective), setup.rows["validation"][:0], setup.options.metric)
        rng = random_stream(setup.options.seed, "order", attempt.number)
        parameters = attempt.initial_parameters.copy()
        fit = Attempt(objective, setup.options, parameters, rng, judge, number=attempt.number)
        with closing(objective.session):
            # The learning-rate schedule spans as many epochs as before, even where the attempt ended early.
            for report in fit.epochs(count, attempt.total_epochs or limit):
                # Kept before the last report is handed out: a caller may end the run on any report.
                if report.epoch == count or fit.stopped:
                    keep(Refit(fit.weights, report.epoch, fit.trainer.remarks()))
                yield report._replace(best_epoch=attempt.judge.best_epoch, phase="refit")
        if fit.diverged:
            self.warnings.append("the final fit on all rows diverged; the weights of the best epoch are kept")

    def _keep(self, refit: Refit) -> None:
        self.refit = refit

    def _keep_if_learned(self, refit: Refit) -> None:
        if self._has_learned(refit.parameters):
            self.refit, self.penalty_dropped = refit, True
            self.warnings.append(
                "with the default L2 penalty the network learned nothing, so the penalty was dropped; "
                "--l2 X sets a penalty, --refit no keeps the network as it was"
            )

    def _learned_nothing(self) -> bool:
        """Whether the default penalty kept the network from learning even its own training rows.

        With a handful of rows, or where only all inputs together predict the class (XOR, parity), the penalty on weights
        of the size needed is higher than the loss of misclassifying every row. A penalty that the user chose is kept, and
        a short run proves nothing.
        """
        setup, options = self._setup, self._setup.options
        if options.l2 is not None or options.refit == "no" or options.time_limit is not None:
            return False
        if not setup.l2 or setup.is_continued or len(self._attempt.history) < _ENOUGH_EPOCHS:
            return False
        if self.refit is None and len(setup.rows["validation"]):
            return False
        return not self._has_learned(self._attempt.weights if self.refit is None else self.refit.parameters)

    def _has_learned(self, parameters: Array) -> bool:
        objective, rows = self._attempt.objective, self._setup.final_rows
        return objective.value(parameters, rows, penalty=False) < _LEARNED * objective.constant_loss(rows)
