"""Rprop: full-batch steps whose size per weight follows only the signs of the gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from anncli.training.objective import Objective
from anncli.training.trainers.base import RememberingTrainer

Array = npt.NDArray[Any]


class Rprop(RememberingTrainer):
    """What the four variants share. Per weight, s = previous gradient * gradient:

      s > 0: step = min(step * increase, step_max);  move = -sign(gradient) * step
      s < 0: step = max(step * decrease, step_min);  what then happens tells the variants apart
      s = 0: move = -sign(gradient) * step

    step_init is the first step; with step_spread > 0 each weight draws its own between step_init and
    step_init + step_spread. Sources: Riedmiller & Braun 1993, ICNN; Riedmiller 1994; Igel & Huesken 2000 and 2003,
    Improving the Rprop learning algorithm.
    """

    remembered: tuple[str, ...] = ("step", "previous_gradient", "previous_move", "previous_loss", "epochs_done")

    def start(self, objective: Objective, parameters: Array) -> None:
        self.step = np.full_like(parameters, self.options["step_init"])
        self.previous_gradient = np.zeros_like(parameters)
        self.previous_move = np.zeros_like(parameters)
        self.previous_loss = float("inf")
        self.epochs_done = 0

    def epoch(self, objective: Objective, parameters: Array, rng: np.random.Generator) -> float:
        o, real = self.options, parameters.dtype.type
        if not self.epochs_done and o["step_spread"]:
            self.step += rng.uniform(0, o["step_spread"], len(self.step)).astype(self.step.dtype)
        loss, gradient = objective.loss_and_gradient(parameters)
        # Signs first: the product of two tiny gradients would underflow to 0 in float32.
        agreement = np.sign(gradient) * np.sign(self.previous_gradient)
        grown = np.minimum(self.step * real(o["increase"]), real(o["step_max"]))
        shrunk = np.maximum(self.step * real(o["decrease"]), real(o["step_min"]))
        self.step = np.where(agreement > 0, grown, np.where(agreement < 0, shrunk, self.step))
        move = -np.sign(gradient) * self.step
        self.turn(agreement < 0, move, gradient, loss)
        parameters += move
        self.previous_gradient, self.previous_move, self.previous_loss = gradient, move, loss
        self.epochs_done += 1
        return loss

    def turn(self, turned: npt.NDArray[np.bool_], move: Array, gradient: Array, loss: float) -> None:
        """Change move and stored gradient where the gradient changed its sign."""
        raise NotImplementedError


class RpropPlus(Rprop):
    """Rprop+ (Riedmiller & Braun 1993): after a change of sign the last move is taken back; gradient = 0.

    The surprise: with the stored gradient 0, the next epoch moves with the reduced step.
    """

    def turn(self, turned: npt.NDArray[np.bool_], move: Array, gradient: Array, loss: float) -> None:
        move[turned] = -self.previous_move[turned]
        gradient[turned] = 0


class RpropMinus(Rprop):
    """Rprop- (Riedmiller 1994): after a change of sign the weight moves back at once, by the reduced step."""

    def turn(self, turned: npt.NDArray[np.bool_], move: Array, gradient: Array, loss: float) -> None:
        pass


class IRpropPlus(Rprop):
    """iRprop+ (Igel & Huesken 2000): as Rprop+, but taken back only where the loss grew; else the weight stays."""

    def turn(self, turned: npt.NDArray[np.bool_], move: Array, gradient: Array, loss: float) -> None:
        move[turned] = -self.previous_move[turned] if loss > self.previous_loss else 0
        gradient[turned] = 0


class IRpropMinus(Rprop):
    """iRprop- (Igel & Huesken 2000): after a change of sign the weight stays for this epoch; gradient = 0."""

    def turn(self, turned: npt.NDArray[np.bool_], move: Array, gradient: Array, loss: float) -> None:
        move[turned] = 0
        gradient[turned] = 0


TRAINERS = {"rprop+": RpropPlus, "rprop-": RpropMinus, "irprop+": IRpropPlus, "irprop-": IRpropMinus}
