"""Scaled conjugate gradient: conjugate directions with a step from the curvature instead of a line search."""

from __future__ import annotations

import math

import numpy as np

from anncli.arrays import Array
from anncli.training.objective import Objective
from anncli.training.trainers.base import EpochOutcome, RememberingTrainer, dot
from anncli.training.trainers.curvature import hessian_product, refuse_without_second_order


class Scg(RememberingTrainer):
    """r = -gradient, p the direction, delta = p'Hp + lambda |p|^2 made positive, step = p.r / delta.

    D = 2 delta (E(w) - E(w + step p)) / (p.r)^2 compares the gain with the predicted one: D >= 0 accepts the step;
    D >= 0.75 divides lambda by 4; D < 0.25 raises it by delta (1 - D) / |p|^2.
    H p is computed exactly; the difference of two gradients, as in the paper, is noise in float32.
    Source: Moller 1993, Neural Networks 6, 525-533.
    """

    uses_blas = True
    remembered: tuple[str, ...] = (
        "loss", "residual", "direction", "curvature", "lambda_", "lambda_bar", "succeeded", "steps", "failures",
    )  # fmt: skip

    def check(self, objective: Objective, parameters: Array) -> None:
        refuse_without_second_order("scg", objective.topology)

    def start(self, objective: Objective, parameters: Array) -> None:
        self.check(objective, parameters)
        self.loss, gradient = objective.loss_and_gradient(parameters)
        self.residual = -gradient.astype(np.float64)
        self.direction = self.residual.copy()
        self.lambda_, self.lambda_bar, self.curvature = float(self.options["damping"]), 0.0, 0.0
        self.succeeded, self.steps, self.failures = 1, 0, 0

    def epoch(
        self, objective: Objective, parameters: Array, rng: np.random.Generator, total_epochs: int | None = None
    ) -> EpochOutcome:
        before, p = self.loss, self.direction
        if not math.isfinite(before):
            return EpochOutcome(before)
        size = dot(p, p)
        if math.sqrt(dot(self.residual, self.residual)) <= self.options["min_gradient"] or not size:
            return EpochOutcome(
                before, f"the gradient is smaller than {self.options['min_gradient']:g}: this is a minimum"
            )
        if self.succeeded:
            self.curvature = dot(p, hessian_product(objective, parameters, p.astype(parameters.dtype)))
        delta = self.curvature = self._positive_curvature(size)
        mu = dot(p, self.residual)
        if mu <= 0:
            self._restart()
            return EpochOutcome(before)
        origin = parameters.astype(np.float64)
        trial = (origin + mu / delta * p).astype(parameters.dtype)
        loss, gradient = objective.loss_and_gradient(trial)
        finite = math.isfinite(loss) and bool(np.isfinite(gradient).all())
        comparison = 2 * delta * (before - loss) / mu**2 if finite else -1e3
        if comparison >= 0:
            parameters[...] = trial
            self._accept(loss, gradient, mu, comparison)
        else:
            self.lambda_bar, self.succeeded = self.lambda_, 0
            self.failures += 1
        if comparison < 0.25:
            self.lambda_ = min(self.lambda_ + delta * (1 - comparison) / size, 1e20)
        if self.failures >= self.options["max_failures"]:
            return EpochOutcome(
                before, f"no lower loss in {self.failures} steps in a row: this is a minimum within rounding"
            )
        return EpochOutcome(before)

    def _positive_curvature(self, size: float) -> float:
        """delta for a direction of squared length `size`; lambda is raised where it would not be positive."""
        delta = self.curvature + (self.lambda_ - self.lambda_bar) * size
        if delta <= 0:
            self.lambda_bar = 2 * (self.lambda_ - delta / size)
            delta = -delta + self.lambda_ * size
            self.lambda_ = self.lambda_bar
        return delta

    def _accept(self, loss: float, gradient: Array, mu: float, comparison: float) -> None:
        residual = -gradient.astype(np.float64)
        self.lambda_bar, self.succeeded, self.failures = 0.0, 1, 0
        self.steps += 1
        if self.steps % len(residual) == 0:
            self.direction = residual
        else:
            beta = (dot(residual, residual) - dot(residual, self.residual)) / mu
            self.direction = residual + beta * self.direction
        if comparison >= 0.75:
            self.lambda_ /= 4
        self.loss, self.residual = loss, residual

    def _restart(self) -> None:
        self.direction, self.succeeded, self.lambda_bar = self.residual.copy(), 1, 0.0


TRAINERS = {"scg": Scg}
