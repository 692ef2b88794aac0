"""Quickprop: per weight, a jump to the minimum of the parabola through the last two slopes, full batch."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.training.objective import Objective
from anncli.training.trainers.base import EpochOutcome, RememberingTrainer

WEIGHT_LIMIT = 1e4


class Quickprop(RememberingTrainer):
    """With S the slope (gradient), S' the one before and d' the last move, per weight:

      d' > 0: d = (-learning_rate S if S < 0 else 0) + (growth d' if S < shrink S' else d' S / (S' - S))
      d' < 0: d = (-learning_rate S if S > 0 else 0) + (growth d' if S > shrink S' else d' S / (S' - S))
      d' = 0: d = -learning_rate S;   shrink = growth / (1 + growth)
    The gradient term is added only while the slope keeps its sign. Weights can explode: beyond 1e4 the trainer stops.
    Source: Fahlman 1988, CMU-CS-88-162, without the flat-spot term, which changes the gradient.
    """

    remembered: tuple[str, ...] = ("previous_gradient", "previous_move")

    def start(self, objective: Objective, parameters: Array) -> None:
        self.previous_gradient = np.zeros_like(parameters)
        self.previous_move = np.zeros_like(parameters)

    def epoch(
        self, objective: Objective, parameters: Array, rng: np.random.Generator, total_epochs: int | None = None
    ) -> EpochOutcome:
        loss, gradient = objective.loss_and_gradient(parameters)
        real = parameters.dtype.type
        growth, shrink = real(self.options["growth"]), real(self.options["growth"] / (1 + self.options["growth"]))
        last, before = self.previous_move, self.previous_gradient
        # Multiplied by the sign of the last move, so that both cases of the rule become one.
        sign = np.sign(last)
        slope, slope_before = gradient * sign, before * sign
        steep = slope < shrink * slope_before
        difference = slope_before - slope
        parabola = np.divide(last * slope, difference, out=np.zeros_like(last), where=difference != 0)
        move = np.where(steep, growth * last, parabola)
        with_slope = (slope < 0) | (sign == 0)
        move = np.where(with_slope, move - real(self.options["learning_rate"]) * gradient, move)
        parameters += move
        self.previous_gradient, self.previous_move = gradient, move
        if np.abs(parameters).max() > WEIGHT_LIMIT:
            return EpochOutcome(loss, f"a weight grew beyond {WEIGHT_LIMIT:g} in size; lower learning_rate or growth")
        return EpochOutcome(loss)


TRAINERS = {"quickprop": Quickprop}
