"""What trainers with a line search share: one search along a direction each epoch, and what happens when it fails."""

from __future__ import annotations

import math
from abc import abstractmethod

import numpy as np

from anncli.arrays import Array
from anncli.training.objective import Objective
from anncli.training.trainers.base import EpochOutcome, RememberingTrainer, dot
from anncli.training.trainers.line_search import NOISE, LineSearch, Point

# Epochs in a row that may gain less than rounding: one or two happen far from a minimum, ten do not.
PATIENCE = 10


class DirectionalTrainer(RememberingTrainer):
    """Each epoch: step along `direction` to the point the line search accepts, then choose the next direction.

    The vectors are kept in float64. Parameters keep their own precision, and a move is the difference of the rounded
    parameters. Where no lower loss is found, the memory is cleared and the negative gradient is tried.
    """

    remembered: tuple[str, ...] = ("loss", "gradient", "direction", "step", "since_restart", "stalled")

    #: Constants of the Wolfe conditions; c2 is the fraction of the first slope that may remain: small for exact searches.
    c1, c2 = 1e-4, 0.9
    uses_blas = True

    def start(self, objective: Objective, parameters: Array) -> None:
        self.loss, gradient = objective.loss_and_gradient(parameters)
        self.gradient = gradient.astype(np.float64)
        self.stalled = 0
        self.restart()

    def restart(self) -> None:
        """Clear the memory: the next direction is steepest descent, with a small first step."""
        self.direction = -self.gradient
        norm = float(np.abs(self.gradient).sum())
        self.step = min(1.0, 1 / norm) if norm else 1.0
        self.since_restart = 0

    def epoch(
        self, objective: Objective, parameters: Array, rng: np.random.Generator, total_epochs: int | None = None
    ) -> EpochOutcome:
        before = self.loss
        if not math.isfinite(before):
            return EpochOutcome(before)
        if float(np.sqrt(dot(self.gradient, self.gradient))) <= self.options["min_gradient"]:
            return EpochOutcome(
                before, f"the gradient is smaller than {self.options['min_gradient']:g}: this is a minimum"
            )
        point = self._search(objective, parameters)
        if point is None and self.since_restart:
            self.restart()
            point = self._search(objective, parameters)
        if point is None:
            return EpochOutcome(before, "no lower loss along the gradient: this is a minimum within rounding")
        old, old_gradient, old_slope = parameters.astype(np.float64), self.gradient, dot(self.gradient, self.direction)
        parameters[...] = old + point.step * self.direction
        self.loss, self.gradient = point.value, point.gradient.astype(np.float64)
        finished = self._stalled(before, parameters)
        move = parameters.astype(np.float64) - old
        self.since_restart += 1
        old_direction = self.direction
        self.direction = self.next_direction(old_direction, move, self.gradient - old_gradient, old_gradient)
        slope = dot(self.direction, self.gradient)
        if not slope < 0:
            self.restart()
        else:
            self.step = self.next_step(point.step, old_slope, slope)
        return EpochOutcome(before, finished)

    def _stalled(self, before: float, parameters: Array) -> str | None:
        """Count epochs in a row without a gain; the reason to stop once there are too many."""
        gain = before - self.loss
        self.stalled = 0 if gain > NOISE[parameters.dtype.name] * abs(before) else self.stalled + 1
        if self.stalled < PATIENCE:
            return None
        return f"no gain beyond rounding in {PATIENCE} epochs: this is a minimum within rounding"

    def _search(self, objective: Objective, parameters: Array) -> Point | None:
        origin, direction = parameters.astype(np.float64), self.direction

        def evaluate(step: float) -> Point:
            value, gradient = objective.loss_and_gradient((origin + step * direction).astype(parameters.dtype))
            return Point(step, value, dot(gradient, direction), gradient)

        noise = NOISE[parameters.dtype.name] * abs(self.loss)
        start = Point(0.0, self.loss, dot(self.gradient, direction), self.gradient)
        return LineSearch(self.c1, self.c2, noise).search(start, self.step, evaluate)

    @abstractmethod
    def next_direction(self, direction: Array, move: Array, change: Array, old_gradient: Array) -> Array:
        """The next direction (P,) at the new point, where self.gradient is already the gradient.

        Args: direction: the one just searched; move: the change of the parameters; change: that of the gradient.
        """

    @abstractmethod
    def next_step(self, step: float, old_slope: float, slope: float) -> float:
        """The first step to try next, after `step` along a direction of slope `old_slope`."""
