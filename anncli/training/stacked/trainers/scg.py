"""Scaled conjugate gradient for K networks; formulas and source in training/trainers/scg.py."""

from __future__ import annotations

from typing import NamedTuple

from anncli.arrays import Array
from anncli.backends.stacked.curvature import hessian_products
from anncli.backends.stacked.device import Tensor
from anncli.training.stacked.trainers.base import StackedOutcome, StackedTrainer, dots

_AT_A_MINIMUM, _NO_LOWER_LOSS = 1, 2


class _Trial(NamedTuple):
    """A step that is tried: loss and gradient there, p.r of its direction, how the gain compares with the predicted one, and whether
    each network takes it; all (K, 1) but the gradient (K, P)."""

    loss: Tensor
    gradient: Tensor
    slope: Tensor
    comparison: Tensor
    taken: Tensor


class StackedScg(StackedTrainer):
    """Every network has its own direction, damping and count of failures; none waits for another."""

    def start(self, parameters: Tensor) -> None:
        wide = self.device.wide
        self.loss, gradient = self.objective.loss_and_gradient(parameters)
        self.residual = -gradient.to(wide)
        self.direction = self.residual.clone()
        self.damping = self.wide_option("damping")
        self.before_damping, self.curvature = self.torch.zeros_like(self.damping), self.torch.zeros_like(self.damping)
        self.succeeded = self.torch.ones_like(self.damping, dtype=self.torch.bool)
        self.steps, self.failures = self.torch.zeros_like(self.damping), self.torch.zeros_like(self.damping)
        self.least, self.most_failures = self.wide_option("min_gradient"), self.wide_option("max_failures")

    def epoch(self, parameters: Tensor, running: Array) -> StackedOutcome:
        before, p = self.loss, self.direction
        size = dots(p, p)
        at_minimum = (dots(self.residual, self.residual).sqrt() <= self.least) | (size == 0)
        goes = before.isfinite() & ~at_minimum
        self.curvature = self._along(parameters, p).where(goes & self.succeeded, self.curvature)
        delta = self._positive_curvature(size, goes)
        slope = dots(p, self.residual)
        restarts = goes & ~(slope > 0)
        trial = (parameters.to(self.device.wide) + slope / delta * p).to(parameters.dtype)
        loss, gradient = self.objective.loss_and_gradient(trial)
        finite = loss.isfinite() & gradient.isfinite().all(1, keepdim=True)
        comparison = (2 * delta * (before - loss) / slope**2).where(finite, loss.new_full((), -1e3))
        tries = goes & ~restarts
        taken = tries & (comparison >= 0)
        parameters.copy_(trial.where(taken, parameters))
        self._accept(_Trial(loss, gradient, slope, comparison, taken))
        refused = tries & ~taken
        self.before_damping = self.damping.where(refused, self.before_damping)
        self.succeeded = self.succeeded & ~refused
        self.failures = self.failures + refused
        raised = (self.damping + delta * (1 - comparison) / size).clamp(max=1e20)
        self.damping = raised.where(tries & (comparison < 0.25), self.damping)
        self._restart(restarts)
        codes = at_minimum.int() * _AT_A_MINIMUM
        stuck = tries & (self.failures >= self.most_failures)
        return StackedOutcome(before, codes + stuck.int() * _NO_LOWER_LOSS)

    def reason(self, code: int, place: int) -> str:
        if code == _AT_A_MINIMUM:
            return f"the gradient is smaller than {self.team.options[place]['min_gradient']:g}: this is a minimum"
        return f"no lower loss in {int(self.failures[place])} steps in a row: this is a minimum within rounding"

    def _along(self, parameters: Tensor, p: Tensor) -> Tensor:
        """(K, 1) p.Hp."""
        program, direction = self.objective.program, p.to(parameters.dtype)
        product = hessian_products(program, parameters, direction, self.objective.rows)
        # The penalty is quadratic: its Hessian times the direction is its gradient there.
        product += self.objective.l2.to(parameters.dtype) * program.weights_mask * direction
        return dots(p, product.to(p.dtype))

    def _positive_curvature(self, size: Tensor, goes: Tensor) -> Tensor:
        """delta (K, 1) for directions of squared length `size`; the damping is raised where it would not be positive."""
        delta = self.curvature + (self.damping - self.before_damping) * size
        low = goes & (delta <= 0)
        raised = 2 * (self.damping - delta / size)
        delta = (-delta + self.damping * size).where(low, delta)
        self.before_damping = raised.where(low, self.before_damping)
        self.damping = raised.where(low, self.damping)
        self.curvature = delta.where(goes, self.curvature)
        return delta

    def _accept(self, trial: _Trial) -> None:
        taken, residual = trial.taken, -trial.gradient.to(self.device.wide)
        self.before_damping = self.before_damping.masked_fill(taken, 0)
        self.succeeded = self.succeeded | taken
        self.failures = self.failures.masked_fill(taken, 0)
        self.steps = self.steps + taken
        beta = (dots(residual, residual) - dots(residual, self.residual)) / trial.slope
        anew = self.steps % residual.shape[1] == 0
        direction = residual.where(anew, residual + beta * self.direction)
        self.direction = direction.where(taken, self.direction)
        self.damping = (self.damping / 4).where(taken & (trial.comparison >= 0.75), self.damping)
        self.loss, self.residual = trial.loss.where(taken, self.loss), residual.where(taken, self.residual)

    def _restart(self, restarts: Tensor) -> None:
        self.direction = self.residual.where(restarts, self.direction)
        self.succeeded = self.succeeded | restarts
        self.before_damping = self.before_damping.masked_fill(restarts, 0)


TRAINERS = {"scg": StackedScg}
