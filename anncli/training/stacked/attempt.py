"""An attempt that a device trains: an Attempt that run_stacked() fills."""

from __future__ import annotations

from collections.abc import Iterator

from anncli.training.attempt import Attempt, EpochReport
from anncli.training.trainers import make_trainer
from anncli.training.trainers.base import Trainer


class StackedAttempt(Attempt):
    """An Attempt whose epochs are those of run_stacked(); made by the same arguments.

    Its trainer never starts here: that may cost a pass over the rows, which the device makes for all attempts at once.
    """

    def _started_trainer(self) -> Trainer:
        trainer = make_trainer(self.options.trainer, self.options.trainer_options)
        trainer.check(self.objective, self.parameters)
        return trainer

    def epochs(self, limit: int, total: int | None = None) -> Iterator[EpochReport]:
        raise ValueError("an attempt of a device is trained by run_stacked()")
