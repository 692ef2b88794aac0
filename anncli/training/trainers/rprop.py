"""Rprop: full-batch steps whose size per weight follows only the signs of the gradient."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.backends.rules import TURN_CODES, RpropRule, RpropState
from anncli.training.objective import Objective
from anncli.training.trainers.base import EpochOutcome, RememberingTrainer


class Rprop(RememberingTrainer):
    """What the four variants share: one step by the signs of the full-batch gradient; formulas in backends/rules.py.

    step_init is the first step; with step_spread > 0 each weight draws its own between step_init and
    step_init + step_spread. Sources: Riedmiller & Braun 1993, ICNN; Riedmiller 1994; Igel & Huesken 2000 and 2003,
    Improving the Rprop learning algorithm.
    """

    remembered: tuple[str, ...] = ("step", "previous_gradient", "previous_move", "previous_loss", "epochs_done")

    def start(self, objective: Objective, parameters: Array) -> None:
        o = self.options
        limits = o["increase"], o["decrease"], o["step_min"], o["step_max"]
        # One rule for each turn, made once: small networks take thousands of epochs a second.
        self.rules = {turn: RpropRule(*limits, turn) for turn in TURN_CODES}
        self.step = np.full_like(parameters, o["step_init"])
        self.previous_gradient = np.zeros_like(parameters)
        self.previous_move = np.zeros_like(parameters)
        self.previous_loss = float("inf")
        self.epochs_done = 0

    def epoch(
        self, objective: Objective, parameters: Array, rng: np.random.Generator, total_epochs: int | None = None
    ) -> EpochOutcome:
        spread = self.options["step_spread"]
        if not self.epochs_done and spread:
            self.step += rng.uniform(0, spread, len(self.step)).astype(self.step.dtype)
        loss, gradient = objective.loss_and_gradient(parameters)
        memory = RpropState(self.previous_gradient, self.step, self.previous_move)
        objective.update(self.rules[self.turn(loss)], memory, parameters, gradient)
        self.previous_loss = loss
        self.epochs_done += 1
        return EpochOutcome(loss)

    def turn(self, loss: float) -> str:
        """What happens to a weight whose gradient changed its sign; see RpropRule."""
        raise NotImplementedError


class RpropPlus(Rprop):
    """Rprop+ (Riedmiller & Braun 1993): after a change of sign the last move is undone, and the gradient is stored as 0.

    With the stored gradient 0, the next epoch moves by the reduced step.
    """

    def turn(self, loss: float) -> str:
        return "back"


class RpropMinus(Rprop):
    """Rprop- (Riedmiller 1994): after a change of sign the weight moves back at once, by the reduced step."""

    def turn(self, loss: float) -> str:
        return "on"


class IRpropPlus(Rprop):
    """iRprop+ (Igel & Huesken 2000): as Rprop+, but undone only if the loss grew; otherwise the weight stays."""

    def turn(self, loss: float) -> str:
        return "back" if loss > self.previous_loss else "stay"


class IRpropMinus(Rprop):
    """iRprop- (Igel & Huesken 2000): after a change of sign the weight stays for one epoch; its gradient is stored as 0."""

    def turn(self, loss: float) -> str:
        return "stay"


TRAINERS = {"rprop+": RpropPlus, "rprop-": RpropMinus, "irprop+": IRpropPlus, "irprop-": IRpropMinus}
