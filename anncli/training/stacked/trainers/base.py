"""What every stacked trainer is: a start and one epoch at a time, for K attempts side by side."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.backends.stacked.device import Device, Tensor
from anncli.training.schedules import make_schedule
from anncli.training.stacked.objective import StackedObjective, column


class Team(NamedTuple):
    """K attempts that are trained together. options: of the trainer of each, complete; rngs: the random numbers of each; rows: the numbers (n_k,) of its
    training rows; row_bytes: the size of a sample of each; totals: epochs that the schedule of each spans."""

    objective: StackedObjective
    options: Sequence[Mapping[str, Any]]
    rngs: Sequence[np.random.Generator]
    rows: Sequence[Array]
    row_bytes: Sequence[int]
    totals: Sequence[int]


class StackedOutcome(NamedTuple):
    """What one epoch gave. losses (K, 1): the training losses, as EpochOutcome.loss; codes (K, 1): of why a trainer cannot go on, numbers
    of reason(), 0 while it can; None: all can."""

    losses: Tensor
    codes: Tensor | None = None


class StackedTrainer(ABC):
    """A training algorithm of K attempts; formulas, defaults and sources are those of the class of the same name in training/trainers."""

    def __init__(self, team: Team) -> None:
        self.team, self.objective = team, team.objective
        self.device: Device = team.objective.device
        self.torch = self.device.torch

    @abstractmethod
    def start(self, parameters: Tensor) -> None:
        """Make the initial state for parameters (K, P)."""

    @abstractmethod
    def epoch(self, parameters: Tensor, running: Array) -> StackedOutcome:
        """Train for one epoch; changes `parameters` (K, P) in place.

        Args: running (K,): which attempts go on; what the others become does not matter.
        """

    def reason(self, code: int, place: int) -> str:
        """Why the attempt at that place cannot go on, in words."""
        raise AssertionError(code)

    def option(self, name: str, dtype: Any = None) -> Tensor:
        """(K, 1) an option of each attempt, of the parameters' type."""
        return column(self.device, [own[name] for own in self.team.options], dtype or self.objective.program.dtype)

    def wide_option(self, name: str) -> Tensor:
        """The same as the widest float."""
        return self.option(name, self.device.wide)

    def rates(self, epochs_done: int) -> Array:
        """(K, 1) the learning rate of each in the epoch after `epochs_done`, by its schedule."""
        chosen = [make_schedule(own["schedule"]) for own in self.team.options]
        factors = [one.factor(epochs_done, total) for one, total in zip(chosen, self.team.totals, strict=True)]
        return np.array([[own["learning_rate"] * f] for own, f in zip(self.team.options, factors, strict=True)])

    def alone(self, name: str) -> Any:
        """An option that all attempts have in common."""
        return self.team.options[0][name]


def dots(a: Tensor, b: Tensor) -> Tensor:
    """(K, 1) inner products of vectors (K, P), in their type."""
    return (a * b).sum(1, keepdim=True)


def on_host(values: Tensor) -> Array:
    """Numbers (K, 1) as an array (K,), float64."""
    return values.detach().to("cpu").numpy()[:, 0].astype(np.float64)
