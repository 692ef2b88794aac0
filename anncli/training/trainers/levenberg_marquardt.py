"""Levenberg-Marquardt and Bayesian regularisation: damped Gauss-Newton steps in float64, for small networks."""

from __future__ import annotations

import math

import numpy as np

from anncli.arrays import Array
from anncli.errors import UsageError
from anncli.training.objective import Objective
from anncli.training.trainers.base import EpochOutcome, RememberingTrainer
from anncli.training.trainers.jacobian import normal_equations, refuse_without_row_gradients
from anncli.training.trainers.quasi_newton import refuse_large


class LevenbergMarquardt(RememberingTrainer):
    """(J'J + mu I) d = -J'e;  E(w + d) < E(w): accept, mu *= decrease;  else mu *= increase and solve again.

    J'J and J'e are sums over rows and outputs, not means, so that mu has its usual scale; the l2 penalty is added to
    both in that scale. For the cross-entropies J'J is the generalised Gauss-Newton matrix.
    Stops when mu exceeds mu_max (no step lowers the loss any more) or the gradient is below min_gradient.
    Sources: Levenberg 1944; Marquardt 1963; Hagan & Menhaj 1994, IEEE Trans. Neural Networks 5, 989-993.
    """

    remembered: tuple[str, ...] = ("mu",)
    name = "lm"
    uses_blas = True

    def start(self, objective: Objective, parameters: Array) -> None:
        refuse_without_row_gradients(self.name, objective.topology)
        refuse_large(self.name, len(parameters), int(self.options["max_parameters"]), "lbfgs or scg")
        refuse_l1(self.name, objective)
        if objective.loss == "focal":
            raise UsageError("trainer lm has no sum of squares for loss focal", advice="use --trainer lbfgs or scg")
        self.mu = float(self.options["mu"])

    def epoch(
        self, objective: Objective, parameters: Array, rng: np.random.Generator, total_epochs: int | None = None
    ) -> EpochOutcome:
        o, precise = self.options, objective.precise()
        point = parameters.astype(np.float64)
        before = precise.value(point)
        if not math.isfinite(before):
            return EpochOutcome(before)
        equations = normal_equations(objective, point)
        decay = np.where(objective.topology.weights_mask(), objective.l2 / equations.scale, 0.0)
        vector = equations.vector + decay * point
        if equations.scale * float(np.linalg.norm(vector)) < o["min_gradient"]:
            return EpochOutcome(before, f"the gradient is smaller than {o['min_gradient']:g}: this is a minimum")
        matrix = equations.matrix
        matrix.flat[:: len(point) + 1] += decay
        while self.mu <= o["mu_max"]:
            move = damped_step(matrix, vector, self.mu)
            trial = (point + move).astype(parameters.dtype)
            if precise.value(trial.astype(np.float64)) < before:
                parameters[...] = trial
                self.mu = max(self.mu * o["decrease"], 1e-20)
                return EpochOutcome(before)
            self.mu *= o["increase"]
        return EpochOutcome(
            before, f"mu went beyond {o['mu_max']:g}: no step lowers the loss, this is a minimum within rounding"
        )


class BayesianRegularisation(RememberingTrainer):
    """LM on F = beta E_D + alpha E_W, with alpha and beta re-estimated after every accepted step.

    E_D = sum of squared errors, E_W = sum of squared weights and biases, N = number of residuals;
    gamma = P - 2 alpha trace((2 beta J'J + 2 alpha I)^-1), the effective number of parameters;
    alpha = gamma / (2 E_W);  beta = (N - gamma) / (2 E_D).
    The objective's l2 is left out. Early stopping on a validation set is not needed: gamma limits the fit in its place.
    Needs the loss mse.
    Sources: MacKay 1992, Neural Computation 4, 415-447; Foresee & Hagan 1997, ICNN, 1930-1935.
    """

    remembered: tuple[str, ...] = ("mu", "alpha", "beta", "effective_parameters")
    finds_penalty = uses_blas = True

    def start(self, objective: Objective, parameters: Array) -> None:
        refuse_without_row_gradients("br", objective.topology)
        refuse_large("br", len(parameters), int(self.options["max_parameters"]), "lbfgs")
        refuse_l1("br", objective, "leave it out: br finds its own penalty")
        if objective.loss != "mse":
            raise UsageError(
                f"trainer br needs loss mse, found {objective.loss}", advice="add --loss mse, or use --trainer lm"
            )
        self.mu = float(self.options["mu"])
        self.alpha, self.beta = 0.0, 1.0
        self.effective_parameters = float(len(parameters))

    def epoch(
        self, objective: Objective, parameters: Array, rng: np.random.Generator, total_epochs: int | None = None
    ) -> EpochOutcome:
        o = self.options
        # Without the l2 of the objective: this trainer estimates its own penalty.
        precise = objective.precise()._replace(l2=0.0)
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
        while self.mu <= o["mu_max"]:
            trial = (point + damped_step(matrix, vector, self.mu)).astype(parameters.dtype)
            taken = trial.astype(np.float64)
            data, weights = precise.value(taken) * n, float(taken @ taken)
            if self.beta * data + self.alpha * weights < before:
                parameters[...] = trial
                self.mu = max(self.mu * o["decrease"], 1e-20)
                self._weigh(normal_equations(objective, taken).matrix, data, weights, n)
                return EpochOutcome(loss)
            self.mu *= o["increase"]
        return EpochOutcome(loss, f"mu went beyond {o['mu_max']:g}: the balance of errors and weights is found")

    def _weigh(self, matrix: Array, data: float, weights: float, n: int) -> None:
        """New alpha, beta and gamma from the curvature J'J, the sum of squared errors and that of squared weights."""
        curvature = self.beta * np.maximum(np.linalg.eigvalsh(matrix), 0.0)
        gamma = float(np.sum(curvature / (curvature + self.alpha))) if self.alpha else float(len(matrix))
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
