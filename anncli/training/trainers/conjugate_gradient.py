"""Conjugate gradients, full batch: each direction keeps the gains of the earlier ones."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.training.trainers.base import dot
from anncli.training.trainers.directional import DirectionalTrainer


class ConjugateGradient(DirectionalTrainer):
    """p = -g + beta p_before; back to -g after P steps, or when p leads uphill.

    The line search is nearly exact (c2 0.1): beta assumes the minimum along the line.
    """

    c2 = 0.1

    def next_direction(self, direction: Array, move: Array, change: Array, old_gradient: Array) -> Array:
        if self.since_restart >= len(direction):
            # The step is kept: only the direction restarts, the scale of the problem is the same.
            self.since_restart = 0
            return -self.gradient
        return -self.gradient + self.beta(change, old_gradient) * direction

    def next_step(self, step: float, old_slope: float, slope: float) -> float:
        # The same gain to first order as the last step.
        return min(step * old_slope / slope, 100 * step)

    def beta(self, change: Array, old_gradient: Array) -> float:
        raise NotImplementedError


class FletcherReeves(ConjugateGradient):
    """beta = g.g / g_before.g_before. Source: Fletcher & Reeves 1964, Computer Journal 7, 149-154."""

    def beta(self, change: Array, old_gradient: Array) -> float:
        return dot(self.gradient, self.gradient) / dot(old_gradient, old_gradient)


class PolakRibiere(ConjugateGradient):
    """beta = max(0, g.(g - g_before) / g_before.g_before), which restarts where progress stalls.

    Source: Polak & Ribiere 1969; the maximum with 0, Gilbert & Nocedal 1992, SIAM J. Optim. 2, 21-42.
    """

    def beta(self, change: Array, old_gradient: Array) -> float:
        return max(0.0, dot(self.gradient, change) / dot(old_gradient, old_gradient))


class PowellBeale(ConjugateGradient):
    """p = -g + beta p_before + gamma p_restart, with a restart wherever successive gradients are not orthogonal.

    beta = g.y / p_before.y;  gamma = g.y_restart / p_restart.y_restart, 0 right after a restart;  y = g - g_before.
    A restart does not return to the gradient: the last direction becomes the one that later ones stay conjugate to.
    Sources: Beale 1972; Powell 1977, Math. Programming 12, 241-254.
    """

    remembered: tuple[str, ...] = (*ConjugateGradient.remembered, "restart_direction", "restart_change", "since_anchor")

    def restart(self) -> None:
        super().restart()
        self.restart_direction = self.direction.copy()
        self.restart_change = np.zeros_like(self.direction)
        self.since_anchor = 0

    def next_direction(self, direction: Array, move: Array, change: Array, old_gradient: Array) -> Array:
        g = self.gradient
        size = dot(g, g)
        self.since_anchor += 1
        curvature = dot(direction, change)
        beta = dot(g, change) / curvature if curvature else 0.0
        far = self.since_anchor >= len(g) or abs(dot(old_gradient, g)) >= 0.2 * size
        if self.since_anchor > 1 and not far:
            anchor = dot(self.restart_direction, self.restart_change)
            gamma = dot(g, self.restart_change) / anchor if anchor else 0.0
            candidate = -g + beta * direction + gamma * self.restart_direction
            if -1.2 * size <= dot(candidate, g) <= -0.8 * size:
                return candidate
        self.restart_direction, self.restart_change, self.since_anchor = direction, change, 1
        return -g + beta * direction


TRAINERS = {"cgf": FletcherReeves, "cgp": PolakRibiere, "cgb": PowellBeale}
