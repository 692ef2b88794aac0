"""Delta-bar-delta: full-batch gradient descent with one learning rate per weight."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.training.objective import Objective
from anncli.training.trainers.base import EpochOutcome, RememberingTrainer


class DeltaBarDelta(RememberingTrainer):
    """average = (1 - theta) g + theta average_before, and per weight, comparing g with average_before:

      same sign: rate += kappa;   other sign: rate *= 1 - phi;   then w -= rate g
    Rates grow by addition and shrink by multiplication, so that they shrink fast and stay positive.
    Source: Jacobs 1988, Neural Networks 1, 295-307.
    """

    remembered: tuple[str, ...] = ("rates", "average")

    def start(self, objective: Objective, parameters: Array) -> None:
        self.rates = np.full_like(parameters, self.options["learning_rate"])
        self.average = np.zeros_like(parameters)

    def epoch(
        self, objective: Objective, parameters: Array, rng: np.random.Generator, total_epochs: int | None = None
    ) -> EpochOutcome:
        o, real = self.options, parameters.dtype.type
        loss, gradient = objective.loss_and_gradient(parameters)
        agreement = np.sign(gradient) * np.sign(self.average)
        self.rates[agreement > 0] += real(o["kappa"])
        self.rates[agreement < 0] *= real(1 - o["phi"])
        self.average = real(1 - o["theta"]) * gradient + real(o["theta"]) * self.average
        parameters -= self.rates * gradient
        return EpochOutcome(loss)


TRAINERS = {"delta-bar-delta": DeltaBarDelta}
