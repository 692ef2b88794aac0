"""What trainers with a line search share: one search along a direction each epoch, and what to do when it fails."""

from __future__ import annotations

import math
from abc import abstractmethod

import numpy as np

from anncli.arrays import Array
from anncli.training.objective import Objective
from anncli.training.trainers.base import RememberingTrainer, dot
from anncli.training.trainers.line_search import NOISE, LineSearch, Point

# Epochs in a row that may bring less than rounding: one or two happen on the way, ten do not.
PATIENCE = 10


class DirectionalTrainer(RememberingTrainer):
    """Each epoch: go along `direction` as far as the line search says, then choose the next direction.

    The vectors are kept in float64; parameters stay in their own precision, and moves are what the rounded parameters
    really did. Where no lower loss is found, the memory is cleared and the gradient itself is tried.
    """

    remembered: tuple[str, ...] = ("loss", "gradient", "direction", "step", "since_restart", "stalled")

    #: Share of the first slope that may be left at the accepted step: small for exact searches.
    c1, c2 = 1e-4, 0.9

    def start(self, objective: Objective, parameters: Array) -> None:
        self.loss, gradient = objective.loss_and_gradient(parameters)
        self.gradient = gradient.astype(np.float64)
        self.stalled = 0
        self.restart()

    def restart(self) -> None:
        """Forget the past: the next direction is the steepest descent, its first step cautious."""
        self.direction = -self.gradient
        norm = float(np.abs(self.gradient).sum())
        self.step = min(1.0, 1 / norm) if norm else 1.0
        self.since_restart = 0

    def epoch(self, objective: Objective, parameters: Array, rng: np.random.Generator) -> float:
        before = self.loss
        if not math.isfinite(before):
            return before
        if float(np.sqrt(dot(self.gradient, self.gradient))) <= self.options["min_gradient"]:
            self.finished = f"the gradient is smaller than {self.options['min_gradient']:g}: this is a minimum"
            return before
        point = self._search(objective, parameters)
        if point is None and self.since_restart:
            self.restart()
            point = self._search(objective, parameters)
        if point is None:
            self.finished = "no lower loss along the gradient: this is a minimum within rounding"
            return before
        old, old_gradient, old_slope = parameters.astype(np.float64), self.gradient, dot(self.gradient, self.direction)
        parameters[...] = old + point.step * self.direction
        self.loss, self.gradient = point.value, point.gradient.astype(np.float64)
        self._watch(before, parameters)
        move = parameters.astype(np.float64) - old
        self.since_restart += 1
        old_direction = self.direction
        self.direction = self.next_direction(old_direction, move, self.gradient - old_gradient, old_gradient)
        slope = dot(self.direction, self.gradient)
        if not slope < 0:
            self.restart()
        else:
            self.step = self.next_step(point.step, old_slope, slope)
        return before

    def _watch(self, before: float, parameters: Array) -> None:
        gain = before - self.loss
        self.stalled = 0 if gain > NOISE[parameters.dtype.name] * abs(before) else self.stalled + 1
        if self.stalled >= PATIENCE:
            self.finished = f"no gain beyond rounding in {PATIENCE} epochs: this is a minimum within rounding"

    def _search(self, objective: Objective, parameters: Array) -> Point | None:
        origin, direction = parameters.astype(np.float64), self.direction

        def evaluate(step: float) -> Point:
            value, gradient = objective.loss_and_gradient((origin + step * direction).astype(parameters.dtype))
            return Point(step, value, dot(gradient, direction), gradient)

        noise = NOISE[parameters.dtype.name] * abs(self.loss)
        start = Point(0.0, self.loss, dot(self.gradient, direction), self.gradient)
        return LineSearch(evaluate, self.c1, self.c2, noise).search(start, self.step)

    @abstractmethod
    def next_direction(self, direction: Array, move: Array, change: Array, old_gradient: Array) -> Array:
        """The next direction (P,) at the new point, where self.gradient is already the gradient.

        Args: direction, the one just searched; move, what the parameters did; change, of the gradient.
        """

    @abstractmethod
    def next_step(self, step: float, old_slope: float, slope: float) -> float:
        """The first step to try next, after `step` along a direction of slope `old_slope`."""
