"""The evolution strategy: a search direction from many losses near the weights, without a gradient."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.network.frozen import frozen_parts
from anncli.network.topology import Topology
from anncli.training.objective import Objective
from anncli.training.trainers.base import EpochOutcome, RememberingTrainer


class EvolutionStrategy(RememberingTrainer):
    """Each epoch: losses at w + sigma e_i and w - sigma e_i, e_i normal; ranks u_i from -1/2 (lowest loss) to 1/2;
    estimated gradient g = sum of u_i e_i / (population sigma), given to an Adam step.

    Ranks make the step independent of the scale of the loss and of a few diverged members.
    Source: Salimans et al. 2017, Evolution strategies as a scalable alternative to reinforcement learning.
    """

    remembered: tuple[str, ...] = ("mean", "squares", "updates")

    def start(self, objective: Objective, parameters: Array) -> None:
        self.mean, self.squares = np.zeros_like(parameters), np.zeros_like(parameters)
        self.updates = 0

    def epoch(
        self, objective: Objective, parameters: Array, rng: np.random.Generator, total_epochs: int | None = None
    ) -> EpochOutcome:
        o = self.options
        before = objective.value(parameters)
        pairs, sigma = max(1, int(o["population"]) // 2), o["sigma"]
        # The second loop draws the same numbers from this seed, so that no (pairs, P) array is kept.
        seed = int(rng.integers(2**63))
        losses = np.empty((pairs, 2))
        for number, noise in enumerate(_draws(seed, pairs, parameters, objective.topology)):
            losses[number] = objective.value(parameters + sigma * noise), objective.value(parameters - sigma * noise)
        losses = np.where(np.isfinite(losses), losses, math.inf)
        ranks = np.empty(losses.size)
        ranks[np.argsort(losses.ravel(), kind="stable")] = np.arange(losses.size) / (losses.size - 1) - 0.5
        weights = ranks.reshape(pairs, 2)
        gradient = np.zeros_like(parameters)
        for (plus, minus), noise in zip(weights, _draws(seed, pairs, parameters, objective.topology), strict=True):
            gradient += parameters.dtype.type((plus - minus) / (2 * pairs * sigma)) * noise
        self._adam(parameters, gradient)
        return EpochOutcome(before)

    def _adam(self, parameters: Array, gradient: Array) -> None:
        b1, b2 = 0.9, 0.999
        self.updates += 1
        self.mean += (1 - b1) * (gradient - self.mean)
        self.squares += (1 - b2) * (gradient * gradient - self.squares)
        mean = self.mean / (1 - b1**self.updates)
        parameters -= self.options["learning_rate"] * mean / (np.sqrt(self.squares / (1 - b2**self.updates)) + 1e-8)


def _draws(seed: int, count: int, parameters: Array, topology: Topology) -> Any:
    """Normal numbers (P,), 0 where parameters are frozen."""
    generator = np.random.default_rng(seed)
    for _ in range(count):
        noise = generator.standard_normal(len(parameters), dtype=np.float32).astype(parameters.dtype)
        for part in frozen_parts(topology):
            noise[part] = 0
        yield noise


TRAINERS = {"es": EvolutionStrategy}
