"""Rprop: full-batch steps whose size per weight follows only the signs of the gradient."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.backends.rules import RpropRule
from anncli.training.objective import Objective
from anncli.training.trainers.base import RememberingTrainer


class Rprop(RememberingTrainer):
    """What the four variants share: one step by signs over the whole training part; formulas in kernels/rules.py.

    step_init is the first step; with step_spread > 0 each weight draws its own between step_init and
    step_init + step_spread. Sources: Riedmiller & Braun 1993, ICNN; Riedmiller 1994; Igel & Huesken 2000 and 2003,
    Improving the Rprop learning algorithm.
    """

    remembered: tuple[str, ...] = ("step", "previous_gradient", "previous_move", "previous_loss", "epochs_done")

    def start(self, objective: Objective, parameters: Array) -> None:
        o = self.options
        self.rule = RpropRule(o["increase"], o["decrease"], o["step_min"], o["step_max"])
        self.step = np.full_like(parameters, o["step_init"])
        self.previous_gradient = np.zeros_like(parameters)
        self.previous_move = np.zeros_like(parameters)
        self.previous_loss = float("inf")
        self.epochs_done = 0

    def epoch(self, objective: Objective, parameters: Array, rng: np.random.Generator) -> float:
        spread = self.options["step_spread"]
        if not self.epochs_done and spread:
            self.step += rng.uniform(0, spread, len(self.step)).astype(self.step.dtype)
        loss, gradient = objective.loss_and_gradient(parameters)
        objective.kernel.rprop_step(
            self.rule, self.turn(loss), parameters, gradient, self.previous_gradient, self.step, self.previous_move
        )
        self.previous_gradient, self.previous_loss = gradient, loss
        self.epochs_done += 1
        return loss

    def turn(self, loss: float) -> str:
        """What a weight does whose gradient changed its sign: goes 'on', 'back', or is to 'stay'."""
        raise NotImplementedError


class RpropPlus(Rprop):
    """Rprop+ (Riedmiller & Braun 1993): after a change of sign the last move is taken back; gradient = 0.

    The surprise: with the stored gradient 0, the next epoch moves with the reduced step.
    """

    def turn(self, loss: float) -> str:
        return "back"


class RpropMinus(Rprop):
    """Rprop- (Riedmiller 1994): after a change of sign the weight moves back at once, by the reduced step."""

    def turn(self, loss: float) -> str:
        return "on"


class IRpropPlus(Rprop):
    """iRprop+ (Igel & Huesken 2000): as Rprop+, but taken back only where the loss grew; else the weight stays."""

    def turn(self, loss: float) -> str:
        return "back" if loss > self.previous_loss else "stay"


class IRpropMinus(Rprop):
    """iRprop- (Igel & Huesken 2000): after a change of sign the weight stays for this epoch; gradient = 0."""

    def turn(self, loss: float) -> str:
        return "stay"


TRAINERS = {"rprop+": RpropPlus, "rprop-": RpropMinus, "irprop+": IRpropPlus, "irprop-": IRpropMinus}
