"""Full-batch gradient descent for K networks; formulas and sources in training/trainers/gradient_descent.py."""

from __future__ import annotations

from anncli.arrays import Array
from anncli.backends.stacked.device import Tensor
from anncli.training.stacked.objective import column
from anncli.training.stacked.trainers.base import StackedOutcome, StackedTrainer


class StackedGradientDescent(StackedTrainer):
    """w -= learning_rate g."""

    def start(self, parameters: Tensor) -> None:
        self.epochs_done = 0

    def epoch(self, parameters: Tensor, running: Array) -> StackedOutcome:
        rate = column(self.device, self.rates(self.epochs_done), parameters.dtype)
        loss, gradient = self.objective.loss_and_gradient(parameters)
        self.step(parameters, gradient, rate)
        self.epochs_done += 1
        return StackedOutcome(loss)

    def step(self, parameters: Tensor, gradient: Tensor, rate: Tensor) -> None:
        parameters -= rate * gradient


class StackedMomentum(StackedGradientDescent):
    """move = momentum move_before - learning_rate (1 - momentum) g;  w += move."""

    def start(self, parameters: Tensor) -> None:
        super().start(parameters)
        self.velocity, self.momentum = self.torch.zeros_like(parameters), self.option("momentum")

    def step(self, parameters: Tensor, gradient: Tensor, rate: Tensor) -> None:
        self.velocity = self.momentum * self.velocity - rate * (1 - self.momentum) * gradient
        parameters += self.velocity


class StackedAdaptiveRate(StackedTrainer):
    """A step is undone when the loss grows beyond `tolerated_growth`; the learning rate of each network changes with the outcome."""

    def start(self, parameters: Tensor) -> None:
        self.loss, self.gradient = self.objective.loss_and_gradient(parameters)
        self.velocity, self.rate = self.torch.zeros_like(parameters), self.wide_option("learning_rate")
        has_momentum = "momentum" in self.team.options[0]
        self.momentum = self.option("momentum") if has_momentum else parameters.new_zeros((len(parameters), 1))
        self.factors = {name: self.wide_option(name) for name in ("increase", "decrease", "tolerated_growth")}

    def epoch(self, parameters: Tensor, running: Array) -> StackedOutcome:
        before, f, real = self.loss, self.factors, parameters.dtype
        move = self.momentum * self.velocity - self.rate.to(real) * (1 - self.momentum) * self.gradient
        trial = parameters + move
        loss, gradient = self.objective.loss_and_gradient(trial)
        finite = loss.isfinite() & gradient.isfinite().all(1, keepdim=True)
        refused = ~finite | (loss > f["tolerated_growth"] * before)
        raised = (self.rate * f["increase"]).where(loss < before, self.rate)
        self.rate = (self.rate * f["decrease"]).where(refused, raised)
        self.velocity = (-self.rate.to(real) * self.gradient).where(refused, move)
        self.loss, self.gradient = before.where(refused, loss), self.gradient.where(refused, gradient)
        parameters.copy_(parameters.where(refused, trial))
        return StackedOutcome(before)


TRAINERS: dict[str, type[StackedTrainer]] = {
    "gd": StackedGradientDescent, "gdm": StackedMomentum, "gda": StackedAdaptiveRate, "gdx": StackedAdaptiveRate,
}  # fmt: skip
