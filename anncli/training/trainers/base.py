"""What every trainer is: options at birth, one epoch at a time, and a state that can be written down and resumed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.training.objective import Objective

State = dict[str, Any]

# Up to so many row numbers a copy of eight bytes each does not matter beside everything else.
_FEW_ROWS = 100_000


class Trainer(ABC):
    """A training algorithm; parameters are a float32 vector (P,) that epoch() changes in place.

    options: the trainer's own, complete (names and defaults in training/names.py).
    """

    #: Why the trainer cannot go on (a reason in words), or None while it can.
    finished: str | None = None

    #: Mean output per class over the presentations of the last epoch, for trainers that watch it.
    class_means: list[float] | None = None

    #: Whether it finds a penalty of its own instead of the l2 of the objective.
    finds_penalty: bool = False

    #: Epochs the run will have in all, for learning-rate schedules; the run sets it before the first epoch.
    total_epochs: int | None = None

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.options = options

    @abstractmethod
    def start(self, objective: Objective, parameters: Array) -> None:
        """Make the initial state for this objective and these parameters."""

    @abstractmethod
    def epoch(self, objective: Objective, parameters: Array, rng: np.random.Generator) -> float:
        """Train for one epoch; returns the training loss seen on the way (before each step)."""

    @abstractmethod
    def state(self) -> State:
        """Everything epoch() depends on besides parameters and rng: arrays, numbers and words by name."""

    @abstractmethod
    def restore(self, state: State) -> None:
        """Take up a state that state() gave."""

    def remarks(self) -> dict[str, float | int | str]:
        """What the trainer found out besides the weights, by name, for the record of the network."""
        return {}


def shuffled(rows: Array, rng: np.random.Generator) -> Array:
    """The rows (n,) in random order."""
    if len(rows) > _FEW_ROWS:
        return rng.permutation(rows)
    # The same order in less time: numpy has a way of its own for numbers of eight bytes.
    return rng.permutation(rows.astype(np.int64)).astype(rows.dtype)


class RowwiseTrainer(Trainer):
    """A trainer that presents rows in batches: what mini-batch and online trainers do to inputs and units on the way.

    Options: dropout, input_dropout (shares of hidden units and inputs switched off per row; Srivastava et al. 2014),
    input_noise (see Objective.portions), clip (see UpdateRule). Dropout draws from its own generator, seeded at the first
    epoch, so that the kernels can draw without asking.
    """

    dropout_seed: int = 0

    def dropout(self, rng: np.random.Generator) -> dict[str, Any]:
        """The fields of an UpdateRule that say what is switched off; none where nothing is."""
        units, inputs = self.options["dropout"], self.options["input_dropout"]
        if not (units or inputs):
            return {}
        self.dropout_seed = self.dropout_seed or int(rng.integers(1, 2**63))
        return {"dropout": units, "input_dropout": inputs, "dropout_seed": self.dropout_seed}


class RememberingTrainer(Trainer):
    """A trainer whose state is the attributes named in `remembered`: arrays, numbers and words."""

    remembered: tuple[str, ...] = ()

    def state(self) -> State:
        # Copies, because later epochs may change an array in place.
        values = {name: getattr(self, name) for name in self.remembered}
        return {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in values.items()}

    def restore(self, state: State) -> None:
        for name in self.remembered:
            value = state[name]
            setattr(self, name, value.copy() if isinstance(value, np.ndarray) else value)


def dot(a: Array, b: Array) -> float:
    """Inner product in float64, whatever the vectors are: sums of many float32 products lose their last digits."""
    return float(np.dot(a.astype(np.float64, copy=False), b.astype(np.float64, copy=False)))
