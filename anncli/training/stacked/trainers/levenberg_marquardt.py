"""Levenberg-Marquardt for K small networks, in the widest float; formulas and sources in training/trainers/levenberg_marquardt.py."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.backends.base import Problem
from anncli.backends.stacked.device import Tensor
from anncli.backends.stacked.normal_equations import StackedEquations, stacked_equations
from anncli.backends.stacked.program import StackedProgram
from anncli.backends.stacked.rows import upload
from anncli.training.stacked.objective import StackedObjective, column
from anncli.training.stacked.trainers.base import StackedOutcome, StackedTrainer, dots, on_host
from anncli.training.trainers.levenberg_marquardt import LEAST_MU, MOST_TRIALS, TRUSTED

_AT_A_MINIMUM, _NO_LOWER_LOSS = 1, 2


class StackedLevenbergMarquardt(StackedTrainer):
    """Every network tries values of mu until a step is accepted; those that have theirs wait for the others."""

    def start(self, parameters: Tensor) -> None:
        own = self.objective
        problem = Problem(own.program.topology, own.program.loss_name)
        program = StackedProgram(problem, self.device, self.device.wide, own.program.memory)
        kept = None if own.kept is None else own.kept.to(self.device.wide)
        self.precise = StackedObjective(program, own.rows.as_type(self.device.wide), own.l2, own.l1, kept)
        options = self.team.options
        self.mu = np.array([float(one["mu"]) for one in options])
        self.decrease, self.increase, self.most_mu, self.least = (
            np.array([float(one[name]) for one in options])
            for name in ("decrease", "increase", "mu_max", "min_gradient")
        )

    def epoch(self, parameters: Tensor, running: Array) -> StackedOutcome:
        point = parameters.to(self.device.wide, copy=True)
        before = self.precise.value(point)
        equations = self._equations(point)
        losses, codes = on_host(before), np.zeros(len(running), dtype=np.int64)
        norm = on_host(equations.scale * equations.vector.norm(dim=1, keepdim=True))
        codes[np.isfinite(losses) & (norm < self.least)] = _AT_A_MINIMUM
        left = running & np.isfinite(losses) & (codes == 0)
        self.mu = np.where(left, np.maximum(self.mu, LEAST_MU), self.mu)
        tried, searching = self.mu.copy(), left.copy()
        for _ in range(MOST_TRIALS):
            searching &= tried <= self.most_mu
            if not searching.any():
                break
            self.mu = np.where(searching, tried, self.mu)
            accepted = self._tried(parameters, point, before, equations, searching)
            self.mu = np.where(accepted, np.maximum(self.mu * self.decrease, LEAST_MU), self.mu)
            left, searching = left & ~accepted, searching & ~accepted
            tried = tried * self.increase
        self.mu = np.where(left, self.mu * self.increase, self.mu)
        codes[left & (self.mu > self.most_mu)] = _NO_LOWER_LOSS
        return StackedOutcome(before, column(self.device, codes, self.torch.int64))

    def reason(self, code: int, place: int) -> str:
        if code == _AT_A_MINIMUM:
            return f"the gradient is smaller than {self.least[place]:g}: this is a minimum"
        most = self.most_mu[place]
        return f"mu went beyond {most:g}: no step lowers the loss, this is a minimum within rounding"

    def _equations(self, point: Tensor) -> StackedEquations:
        """With the penalty, and without what was removed."""
        own = self.precise
        kept = own.without_pruned(point)
        found = stacked_equations(own.program, kept, own.rows)
        matrix, vector = found.matrix, found.vector
        if own.kept is not None:
            matrix, vector = matrix * own.kept[:, None] * own.kept[..., None], vector * own.kept
        decay = own.l2.to(point.dtype) * own.program.weights_mask / found.scale
        vector = vector + decay * point
        matrix.diagonal(dim1=1, dim2=2).add_(decay)
        return StackedEquations(matrix, vector, found.scale)

    def _tried(
        self, parameters: Tensor, point: Tensor, before: Tensor, equations: StackedEquations, searching: Array
    ) -> Array:
        """Take the steps of networks that still search, where they lower the loss enough; returns which do (K,)."""
        at = upload(self.device, np.flatnonzero(searching), self.torch.int64)
        matrix, vector, scale = (own[at] for own in equations)
        move = self._damped_step(matrix, vector, column(self.device, self.mu[searching], point.dtype))
        trial = (point[at] + move).to(parameters.dtype)
        product = self.torch.bmm(matrix, move[..., None])[..., 0]
        predicted = -scale * (dots(vector, move) + dots(move, product) / 2)
        gain = before[at] - self.precise.of(np.flatnonzero(searching)).value(trial.to(point.dtype))
        good = (gain > TRUSTED * predicted) & (predicted > 0)
        parameters[at] = trial.where(good, parameters[at])
        accepted = np.zeros(len(searching), dtype=bool)
        accepted[searching] = on_host(good) > 0
        return accepted

    def _damped_step(self, matrix: Tensor, vector: Tensor, mu: Tensor) -> Tensor:
        """-(matrix + mu I)^-1 vector; nan where the matrix is singular, so that the step is refused."""
        damped = matrix.clone()
        damped.diagonal(dim1=1, dim2=2).add_(mu)
        factor, info = self.torch.linalg.cholesky_ex(damped)
        step = -self.torch.cholesky_solve(vector[..., None], factor)[..., 0]
        return step.masked_fill(info[:, None] != 0, float("nan"))


TRAINERS = {"lm": StackedLevenbergMarquardt}
