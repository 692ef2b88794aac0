"""Full-batch gradient descent: plain, with momentum, and with a learning rate that adapts itself."""

from __future__ import annotations

import math

import numpy as np

from anncli.arrays import Array
from anncli.training.objective import Objective
from anncli.training.schedules import make_schedule
from anncli.training.trainers.base import EpochOutcome, RememberingTrainer


class GradientDescent(RememberingTrainer):
    """w -= learning_rate g. Source: Cauchy 1847; for networks Rumelhart, Hinton & Williams 1986."""

    remembered: tuple[str, ...] = ("epochs_done",)

    def start(self, objective: Objective, parameters: Array) -> None:
        self.schedule = make_schedule(self.options["schedule"])
        self.epochs_done = 0

    def epoch(
        self, objective: Objective, parameters: Array, rng: np.random.Generator, total_epochs: int | None = None
    ) -> EpochOutcome:
        rate = self.options["learning_rate"] * self.schedule.factor(self.epochs_done, total_epochs)
        loss, gradient = objective.loss_and_gradient(parameters)
        self.move(parameters, gradient, rate)
        self.epochs_done += 1
        return EpochOutcome(loss)

    def move(self, parameters: Array, gradient: Array, rate: float) -> None:
        gradient *= rate
        parameters -= gradient


class Momentum(GradientDescent):
    """move = momentum move_before - learning_rate (1 - momentum) g;  w += move, as MATLAB's traingdm.

    The factor (1 - momentum) makes the long-run step that of plain descent at the same learning rate.
    """

    remembered: tuple[str, ...] = ("epochs_done", "velocity")

    def start(self, objective: Objective, parameters: Array) -> None:
        super().start(objective, parameters)
        self.velocity = np.zeros_like(parameters)

    def move(self, parameters: Array, gradient: Array, rate: float) -> None:
        momentum = self.options["momentum"]
        self.velocity *= momentum
        gradient *= rate * (1 - momentum)
        self.velocity -= gradient
        parameters += self.velocity


class AdaptiveRate(RememberingTrainer):
    """A step is undone when the loss grows beyond `tolerated_growth`; the learning rate changes with the outcome.

    E(new) > tolerated_growth E(old): stay, learning_rate *= decrease, next step a plain gradient step
    otherwise: accept; if E(new) < E(old): learning_rate *= increase
    gda has momentum 0; gdx: move = momentum move_before - learning_rate (1 - momentum) g.
    After a refused step the stored move is -learning_rate g, so that its mixture with the gradient is exactly
    -learning_rate g again: a step without momentum.
    Source: Vogl et al. 1988, Biol. Cybern. 59, 257-263; constants of MATLAB's traingda and traingdx.
    """

    remembered: tuple[str, ...] = ("loss", "gradient", "velocity", "rate")

    def start(self, objective: Objective, parameters: Array) -> None:
        self.loss, self.gradient = objective.loss_and_gradient(parameters)
        self.velocity = np.zeros_like(parameters)
        self.rate = float(self.options["learning_rate"])

    def epoch(
        self, objective: Objective, parameters: Array, rng: np.random.Generator, total_epochs: int | None = None
    ) -> EpochOutcome:
        o, before = self.options, self.loss
        momentum = o.get("momentum", 0.0)
        real = parameters.dtype.type
        move = real(momentum) * self.velocity - real(self.rate * (1 - momentum)) * self.gradient
        trial = parameters + move
        loss, gradient = objective.loss_and_gradient(trial)
        if not (math.isfinite(loss) and np.isfinite(gradient).all()) or loss > o["tolerated_growth"] * before:
            self.rate *= o["decrease"]
            self.velocity = -real(self.rate) * self.gradient
            return EpochOutcome(before)
        if loss < before:
            self.rate *= o["increase"]
        parameters[...] = trial
        self.loss, self.gradient, self.velocity = loss, gradient, move
        return EpochOutcome(before)


TRAINERS = {"gd": GradientDescent, "gdm": Momentum, "gda": AdaptiveRate, "gdx": AdaptiveRate}
