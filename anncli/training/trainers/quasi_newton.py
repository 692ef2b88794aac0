"""Quasi-Newton trainers, full batch: the curvature of the loss is estimated from changes of its gradient.

s = the last move, y = the change of the gradient it made; a pair is used only where s.y > 0.
"""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.backends.reproducible import matrix_times_vector
from anncli.errors import UsageError
from anncli.training.objective import Objective
from anncli.training.trainers.base import dot
from anncli.training.trainers.directional import DirectionalTrainer


class QuasiNewton(DirectionalTrainer):
    """Step 1 is the natural length and is tried first."""

    def next_step(self, step: float, old_slope: float, slope: float) -> float:
        return 1.0


def is_useful(move: Array, change: Array) -> bool:
    """Whether a pair shows positive curvature that is more than rounding."""
    return dot(move, change) > 1e-10 * dot(change, change)


class OneStepSecant(QuasiNewton):
    """p = -g + A s + B y with B = s.g / s.y and A = -(1 + y.y / s.y) B + y.g / s.y: BFGS without a memory.

    Source: Battiti 1992, Neural Computation 4, 141-166.
    """

    c2 = 0.4

    def next_direction(self, direction: Array, move: Array, change: Array, old_gradient: Array) -> Array:
        g = self.gradient
        if not is_useful(move, change):
            return -g
        curvature = dot(move, change)
        b = dot(move, g) / curvature
        a = -(1 + dot(change, change) / curvature) * b + dot(change, g) / curvature
        return -g + a * move + b * change


class Lbfgs(QuasiNewton):
    """BFGS from the last `memory` pairs by the two-loop recursion; `pairs` of them are filled, the newest last.

    Source: Nocedal 1980; Liu & Nocedal 1989, Math. Programming 45, 503-528.
    """

    remembered: tuple[str, ...] = (*DirectionalTrainer.remembered, "moves", "changes", "pairs")

    def restart(self) -> None:
        super().restart()
        self.moves = np.zeros((int(self.options["memory"]), len(self.gradient)))
        self.changes = np.zeros_like(self.moves)
        self.pairs = 0

    def next_direction(self, direction: Array, move: Array, change: Array, old_gradient: Array) -> Array:
        if is_useful(move, change):
            if self.pairs == len(self.moves):
                self.moves, self.changes = np.roll(self.moves, -1, axis=0), np.roll(self.changes, -1, axis=0)
                self.pairs -= 1
            self.moves[self.pairs], self.changes[self.pairs] = move, change
            self.pairs += 1
        return self._two_loops()

    def _two_loops(self) -> Array:
        q = self.gradient.copy()
        if not self.pairs:
            return -q
        taken: list[tuple[int, float, float]] = []
        for i in reversed(range(self.pairs)):
            curvature = dot(self.moves[i], self.changes[i])
            factor = dot(self.moves[i], q) / curvature
            q -= factor * self.changes[i]
            taken.append((i, curvature, factor))
        newest = self.pairs - 1
        q *= dot(self.moves[newest], self.changes[newest]) / dot(self.changes[newest], self.changes[newest])
        for i, curvature, factor in reversed(taken):
            q += (factor - dot(self.changes[i], q) / curvature) * self.moves[i]
        return -q


class Bfgs(QuasiNewton):
    """The inverse Hessian H (P, P) kept in full: H = (I - s y'/s.y) H (I - y s'/s.y) + s s'/s.y;  p = -H g.

    The first H is s.y / y.y times the identity.
    Source: Broyden, Fletcher, Goldfarb, Shanno 1970; Nocedal & Wright 2006, 6.1.
    """

    remembered: tuple[str, ...] = (*DirectionalTrainer.remembered, "inverse_hessian", "pairs")

    def start(self, objective: Objective, parameters: Array) -> None:
        refuse_large("bfgs", len(parameters), int(self.options["max_parameters"]), "lbfgs or scg")
        super().start(objective, parameters)

    def restart(self) -> None:
        super().restart()
        self.inverse_hessian = np.eye(len(self.gradient))
        self.pairs = 0

    def next_direction(self, direction: Array, move: Array, change: Array, old_gradient: Array) -> Array:
        if is_useful(move, change):
            curvature = dot(move, change)
            if not self.pairs:
                self.inverse_hessian *= curvature / dot(change, change)
            product = matrix_times_vector(self.inverse_hessian, change)
            self.inverse_hessian += np.outer(
                move, (1 + dot(change, product) / curvature) / curvature * move - product / curvature
            )
            self.inverse_hessian -= np.outer(product, move / curvature)
            self.pairs += 1
        step: Array = -matrix_times_vector(self.inverse_hessian, self.gradient)
        return step


def refuse_large(trainer: str, n_parameters: int, limit: int, instead: str) -> None:
    """Raises UsageError when a (P, P) matrix would be too large."""
    if n_parameters > limit:
        size = n_parameters**2 * 8 / 2**20
        raise UsageError(
            f"trainer {trainer} keeps a {n_parameters} x {n_parameters} matrix ({size:.0f} MiB); "
            f"its limit is {limit} weights and biases",
            advice=f"use --trainer {instead}, a smaller network, or --option max_parameters={n_parameters}",
        )


TRAINERS = {"oss": OneStepSecant, "lbfgs": Lbfgs, "bfgs": Bfgs}
