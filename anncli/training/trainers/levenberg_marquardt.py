"""Levenberg-Marquardt and Bayesian regularisation: damped Gauss-Newton steps in float64, for small networks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.errors import UsageError
from anncli.training.objective import Objective
from anncli.training.trainers.base import EpochOutcome, RememberingTrainer
from anncli.training.trainers.jacobian import normal_equations, refuse_without_row_gradients
from anncli.training.trainers.quasi_newton import refuse_large

# Damping at least: multiplied up from 0 it would stay 0.
LEAST_MU = 1e-20
# Steps tried in one epoch. With the default `increase` all values of mu from the least to mu_max take 31.
MOST_TRIALS = 50
# A step is accepted where the loss falls by at least this fraction of what the Gauss-Newton model predicts. A long step
# out of the range of the model may lower the loss a little and still saturate every hidden unit; then the penalty shrinks
# all weights to zero and the biases, which it does not touch, stay where no gradient reaches them.
TRUSTED = 0.5


class LevenbergMarquardt(RememberingTrainer):
    """(J'J + mu I) d = -J'e; E falls by at least half of the predicted decrease: accept, mu *= decrease; else
    mu *= increase and solve again.

    J'J and J'e are sums over rows and outputs, not means, so that mu has its usual scale; the l2 penalty is added to
    both in that scale. For the cross-entropies J'J is the generalised Gauss-Newton matrix.
    Stops when mu exceeds mu_max (no step lowers the loss any more) or the gradient is below min_gradient.
    Sources: Levenberg 1944; Marquardt 1963; Hagan & Menhaj 1994, IEEE Trans. Neural Networks 5, 989-993; the ratio of
    decreases, Nocedal & Wright 2006, Numerical Optimization, section 4.1.
    """

    remembered: tuple[str, ...] = ("mu",)
    name = "lm"
    uses_blas = True

    def check(self, objective: Objective, parameters: Array) -> None:
        refuse_without_row_gradients(self.name, objective.topology)
        refuse_large(self.name, len(parameters), int(self.options["max_parameters"]), "lbfgs or scg")
        refuse_l1(self.name, objective)
        if objective.loss not in ("mse", "binary-cross-entropy", "cross-entropy"):
            message = f"trainer lm has no sum of squares for loss {objective.loss}"
            raise UsageError(message, advice="use --trainer lbfgs or scg")

    def start(self, objective: Objective, parameters: Array) -> None:
        self.check(objective, parameters)
        self.mu = float(self.options["mu"])

    def epoch(
        self, objective: Objective, parameters: Array, rng: np.random.Generator, total_epochs: int | None = None
    ) -> EpochOutcome:
        o = self.options
        point = parameters.astype(np.float64)
        before = objective.value(point)
        if not math.isfinite(before):
            return EpochOutcome(before)
        equations = normal_equations(objective, point)
        decay = np.where(objective.topology.weights_mask(), objective.l2 / equations.scale, 0.0)
        vector = equations.vector + decay * point
        if equations.scale * float(np.linalg.norm(vector)) < o["min_gradient"]:
            return EpochOutcome(before, f"the gradient is smaller than {o['min_gradient']:g}: this is a minimum")
        matrix = equations.matrix
        matrix.flat[:: len(point) + 1] += decay
        for mu in damping(self.mu, o):
            self.mu = mu
            move = damped_step(matrix, vector, self.mu)
            trial = (point + move).astype(parameters.dtype)
            predicted = -equations.scale * float(vector @ move + move @ (matrix @ move) / 2)
            if before - objective.value(trial.astype(np.float64)) > TRUSTED * predicted > 0:
                parameters[...] = trial
                self.mu = max(self.mu * o["decrease"], LEAST_MU)
                return EpochOutcome(before)
        self.mu *= o["increase"]
        if self.mu <= o["mu_max"]:
            return EpochOutcome(before)
        return EpochOutcome(
            before, f"mu went beyond {o['mu_max']:g}: no step lowers the loss, this is a minimum within rounding"
        )


class BayesianRegularisation(RememberingTrainer):
    """LM on F = beta E_D + alpha E_W, with alpha and beta re-estimated after every accepted step.

    E_D = sum of squared errors, E_W = sum of squared weights and biases, N = number of residuals;
    gamma = P - 2 alpha trace((2 beta J'J + 2 alpha I)^-1), the effective number of parameters;
    alpha = gamma / (2 E_W);  beta = (N - gamma) / (2 E_D).
    The objective's l2 is left out. Early stopping on a validation set is not needed: gamma limits the fit in its place.
    Sources: MacKay 1992, Neural Computation 4, 415-447; Foresee & Hagan 1997, ICNN, 1930-1935.
    """

    remembered: tuple[str, ...] = ("mu", "alpha", "beta", "effective_parameters")
    finds_penalty = uses_blas = True
    needs_loss = "mse"

    def start(self, objective: Objective, parameters: Array) -> None:
        refuse_without_row_gradients("br", objective.topology)
        refuse_large("br", len(parameters), int(self.options["max_parameters"]), "lbfgs")
        refuse_l1("br", objective, "leave it out: br finds its own penalty")
        if objective.loss != "mse":
            raise UsageError(
                f"trainer br needs loss mse, found {objective.loss}", advice="leave --loss out, or use --trainer lm"
            )
        self.mu = float(self.options["mu"])
        self.alpha, self.beta = 0.0, 1.0
        self.effective_parameters = float(objective.n_free)

    def epoch(
        self, objective: Objective, parameters: Array, rng: np.random.Generator, total_epochs: int | None = None
    ) -> EpochOutcome:
        o = self.options
        # Without the l2 of the objective: this trainer estimates its own penalty.
        objective = objective._replace(l2=0.0)
        point = parameters.astype(np.float64)
        equations = normal_equations(objective, point)
        n = equations.n_residuals
        squares = float(point @ point)
        before = self.beta * equations.loss_sum + self.alpha * squares
        vector = self.beta * equations.vector + self.alpha * point
        loss = equations.loss_sum / n
        if not math.isfinite(loss):
            return EpochOutcome(loss)
        if 2 * float(np.linalg.norm(vector)) < o["min_gradient"]:
            return EpochOutcome(loss, f"the gradient is smaller than {o['min_gradient']:g}: this is a minimum")
        matrix = self.beta * equations.matrix
        matrix.flat[:: len(point) + 1] += self.alpha
        for mu in damping(self.mu, o):
            self.mu = mu
            move = damped_step(matrix, vector, self.mu)
            trial = (point + move).astype(parameters.dtype)
            taken = trial.astype(np.float64)
            data, weights = objective.value(taken) * n, float(taken @ taken)
            predicted = -float(2 * vector @ move + move @ (matrix @ move))
            if before - (self.beta * data + self.alpha * weights) > TRUSTED * predicted > 0:
                parameters[...] = trial
                self.mu = max(self.mu * o["decrease"], LEAST_MU)
                self._weigh(normal_equations(objective, taken).matrix, objective.n_free, data, weights, n)
                return EpochOutcome(loss)
        self.mu *= o["increase"]
        if self.mu <= o["mu_max"]:
            return EpochOutcome(loss)
        return EpochOutcome(loss, f"mu went beyond {o['mu_max']:g}: the balance of errors and weights is found")

    def _weigh(self, matrix: Array, n_free: int, data: float, weights: float, n: int) -> None:
        """New alpha, beta and gamma from the curvature J'J, the sum of squared errors and that of squared weights."""
        curvature = self.beta * np.maximum(np.linalg.eigvalsh(matrix), 0.0)
        gamma = float(np.sum(curvature / (curvature + self.alpha))) if self.alpha else float(n_free)
        # With more parameters than residuals, or a perfect fit, beta must stay positive and finite.
        gamma = min(gamma, n - 1e-3)
        self.effective_parameters = gamma
        self.alpha = gamma / (2 * max(weights, 1e-12))
        self.beta = (n - gamma) / (2 * max(data, 1e-12))

    def remarks(self) -> dict[str, float | int | str]:
        return {"effective_parameters": round(self.effective_parameters, 2)}


def refuse_l1(name: str, objective: Objective, advice: str = "use --l2, or --trainer lbfgs") -> None:
    """Raises UsageError for an l1 penalty: a sum of squares cannot hold absolute values."""
    if objective.l1:
        raise UsageError(f"trainer {name} has no l1 penalty", advice=advice)


def damping(mu: float, options: Mapping[str, Any]) -> Iterator[float]:
    """The values of mu to try in one epoch, in order: from `mu` up by the factor `increase`, to mu_max at most."""
    mu = max(mu, LEAST_MU)
    for _ in range(MOST_TRIALS):
        if not mu <= options["mu_max"]:
            return
        yield mu
        mu *= options["increase"]


def damped_step(matrix: Array, vector: Array, mu: float) -> Array:
    """-(matrix + mu I)^-1 vector; nan where the matrix is singular, so that the step is refused."""
    damped = matrix.copy()
    damped.flat[:: len(vector) + 1] += mu
    try:
        step: Array = -np.linalg.solve(damped, vector)
    except np.linalg.LinAlgError:
        return np.full_like(vector, math.nan)
    return step


TRAINERS = {"lm": LevenbergMarquardt, "br": BayesianRegularisation}
