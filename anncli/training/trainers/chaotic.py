"""Backpropagation with a chaotic learning rate: a series that never repeats instead of a constant."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from anncli.arrays import Array
from anncli.training.objective import Objective
from anncli.training.trainers.base import EpochOutcome, RememberingTrainer

DELAY, DISCARDED, MEASURED = 17, 500, 3000


class ChaoticRate(RememberingTrainer):
    """w_layer -= rate_layer g + momentum, full batch, one new value of each series per epoch.

    chaos: 'logistic' x = 4 x (1 - x) from 0.3; 'mackey-glass' x += 0.2 x_17 / (1 + x_17^10) - 0.1 x; 'vector': layers
    take turns, the first one logistic. Each series is stretched to rate_low..rate_high, which may reach below 0.
    Only the abstracts of the papers were available; the intervals and the batch form are our choice.
    Sources: Islam et al. 2011 (BPCL); Dhar et al. 2011, IJACSA 2(4) (BPVL).
    """

    remembered: tuple[str, ...] = ("logistic", "delayed", "velocity")

    def start(self, objective: Objective, parameters: Array) -> None:
        self.logistic = 0.3
        self.delayed = np.full(DELAY + 1, 1.2)
        for _ in range(DISCARDED):
            mackey_glass_step(self.delayed)
        # The range of the attractor, measured on a copy: the series itself must not move on.
        ahead = self.delayed.copy()
        values = [mackey_glass_step(ahead) for _ in range(MEASURED)]
        self.low, self.high = min(values), max(values)
        self.velocity = np.zeros_like(parameters)

    def rates(self) -> tuple[float, float]:
        """The next learning rates of the two series, logistic and Mackey-Glass."""
        self.logistic = 4 * self.logistic * (1 - self.logistic)
        wave = (mackey_glass_step(self.delayed) - self.low) / (self.high - self.low)
        low, high = self.options["rate_low"], self.options["rate_high"]
        return low + (high - low) * self.logistic, low + (high - low) * min(max(wave, 0.0), 1.0)

    def epoch(
        self, objective: Objective, parameters: Array, rng: np.random.Generator, total_epochs: int | None = None
    ) -> EpochOutcome:
        loss, gradient = objective.loss_and_gradient(parameters)
        logistic, wave = self.rates()
        chaos = self.options["chaos"]
        self.velocity *= self.options["momentum"]
        for number, (start, end) in enumerate(pairwise(objective.topology.offsets)):
            use_logistic = chaos == "logistic" or (chaos == "vector" and number % 2 == 0)
            self.velocity[start:end] -= (logistic if use_logistic else wave) * gradient[start:end]
        parameters += self.velocity
        return EpochOutcome(loss)


def mackey_glass_step(history: npt.NDArray[np.float64]) -> float:
    """The next value of the series; history (18,), oldest first, moves on by one. Source: Mackey & Glass 1977."""
    late, now = history[0], history[-1]
    value = float(now + 0.2 * late / (1 + late**10) - 0.1 * now)
    history[:-1] = history[1:]
    history[-1] = value
    return value


TRAINERS = {"bpvl": ChaoticRate}
