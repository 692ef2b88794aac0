"""The four variants of Rprop for K networks; formulas in backends/rules.py, sources in training/trainers/rprop.py."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.backends.stacked.device import Tensor
from anncli.backends.stacked.rows import upload
from anncli.training.stacked.trainers.base import StackedOutcome, StackedTrainer


class StackedRprop(StackedTrainer):
    """turns: what happens to weights whose gradient changed its sign; see RpropRule. Rprop+ and iRprop+ undo a move, the latter only of
    networks whose loss grew."""

    turns = "stay"

    def start(self, parameters: Tensor) -> None:
        self.step = self.option("step_init") + self.torch.zeros_like(parameters)
        self.previous_gradient = self.torch.zeros_like(parameters)
        self.move = self.torch.zeros_like(parameters)
        self.previous_loss = parameters.new_full((len(parameters), 1), float("inf"), dtype=self.device.wide)
        self.factors = {name: self.option(name) for name in ("increase", "decrease", "step_min", "step_max")}
        self._spread = any(own["step_spread"] for own in self.team.options)

    def epoch(self, parameters: Tensor, running: Array) -> StackedOutcome:
        if self._spread:
            self._draw_steps(parameters)
        loss, gradient = self.objective.loss_and_gradient(parameters)
        self._move(parameters, gradient, loss > self.previous_loss)
        self.previous_loss = loss
        return StackedOutcome(loss)

    def _draw_steps(self, parameters: Tensor) -> None:
        self._spread, added = False, np.zeros(tuple(parameters.shape))
        for own, options, rng in zip(added, self.team.options, self.team.rngs, strict=True):
            if options["step_spread"]:
                own[:] = rng.uniform(0, options["step_spread"], len(own))
        self.step += upload(self.device, added, self.step.dtype)

    def _move(self, w: Tensor, gradient: Tensor, grew: Tensor) -> None:
        f, sign = self.factors, gradient.sign()
        agreement = sign * self.previous_gradient.sign()
        turned = agreement < 0
        grown = self.torch.minimum(self.step * f["increase"], f["step_max"])
        shrunk = self.torch.maximum(self.step * f["decrease"], f["step_min"])
        self.step = grown.where(agreement > 0, shrunk.where(turned, self.step))
        move = -sign * self.step
        if self.turns != "on":
            # A gradient that is nan is not turned, and its weight becomes nan, as on the CPU.
            instead = self.torch.zeros_like(move)
            if self.turns == "back":
                instead = -self.move
            elif self.turns == "back where the loss grew":
                instead = (-self.move).where(grew, instead)
            move, gradient = instead.where(turned, move), gradient.masked_fill(turned, 0)
        self.move, self.previous_gradient = move, gradient
        w += move


class StackedRpropPlus(StackedRprop):
    turns = "back"


class StackedRpropMinus(StackedRprop):
    turns = "on"


class StackedIRpropPlus(StackedRprop):
    turns = "back where the loss grew"


TRAINERS = {
    "rprop+": StackedRpropPlus, "rprop-": StackedRpropMinus, "irprop+": StackedIRpropPlus, "irprop-": StackedRprop,
}  # fmt: skip
