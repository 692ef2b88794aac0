"""The evolution strategy for K networks: every population is a part of one batch; formulas and source in training/trainers/evolution.py."""

from __future__ import annotations

import math

import numpy as np

from anncli.arrays import Array
from anncli.backends.stacked.device import Tensor
from anncli.backends.stacked.rows import upload
from anncli.training.stacked.objective import column
from anncli.training.stacked.trainers.base import StackedOutcome, StackedTrainer


class StackedEvolution(StackedTrainer):
    """The ranks of losses are found on the host, so that equal losses are in the same order."""

    def start(self, parameters: Tensor) -> None:
        self.mean, self.squares = self.torch.zeros_like(parameters), self.torch.zeros_like(parameters)
        self.updates = 0
        self.sigma, self.rate = self.option("sigma"), self.option("learning_rate")

    def epoch(self, parameters: Tensor, running: Array) -> StackedOutcome:
        before, (k, p) = self.objective.value(parameters), parameters.shape
        pairs = max(1, int(self.alone("population")) // 2)
        noise = self._drawn(k, pairs, p, parameters)
        offsets = self.sigma[..., None] * noise
        points = self.torch.stack([parameters[:, None] + offsets, parameters[:, None] - offsets], 2)
        of_points = self.objective.of(np.repeat(np.arange(k), 2 * pairs))
        losses = of_points.value(points.reshape(-1, p)).to("cpu").numpy().reshape(k, 2 * pairs)
        weights = column(self.device, _weights(losses), parameters.dtype).reshape(k, pairs, 1)
        gradient = (weights * noise).sum(1) / (2 * pairs * self.sigma)
        self._adam(parameters, self.objective.without_pruned(gradient))
        return StackedOutcome(before)

    def _drawn(self, k: int, pairs: int, p: int, parameters: Tensor) -> Tensor:
        """Normal numbers (K, pairs, P), those of each network from its own seed."""
        drawn = np.empty((k, pairs, p), dtype=np.float32)
        for own, rng in zip(drawn, self.team.rngs, strict=True):
            np.random.default_rng(int(rng.integers(2**63))).standard_normal(dtype=np.float32, out=own)
        return upload(self.device, drawn, parameters.dtype)

    def _adam(self, parameters: Tensor, gradient: Tensor) -> None:
        b1, b2 = 0.9, 0.999
        self.updates += 1
        self.mean = self.mean + (1 - b1) * (gradient - self.mean)
        self.squares = self.squares + (1 - b2) * (gradient * gradient - self.squares)
        root = (self.squares / (1 - b2**self.updates)).sqrt() + 1e-8
        parameters -= self.rate * (self.mean / (1 - b1**self.updates)) / root


def _weights(losses: Array) -> Array:
    """For losses (K, 2 * pairs), of a pair one after the other, (K * pairs,): the rank of the first less that of the second, from -1/2 for the lowest."""
    finite = np.where(np.isfinite(losses), losses, math.inf)
    ranks = np.empty(losses.shape)
    order = np.argsort(finite, axis=1, kind="stable")
    np.put_along_axis(ranks, order, np.arange(losses.shape[1]) / (losses.shape[1] - 1) - 0.5, axis=1)
    pairs = ranks.reshape(len(losses), -1, 2)
    difference: Array = (pairs[..., 0] - pairs[..., 1]).ravel()
    return difference


TRAINERS = {"es": StackedEvolution}
