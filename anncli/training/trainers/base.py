"""What every trainer is: options at birth, one epoch at a time, and a state that can be saved and restored."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import WINDOW_BYTES, Array, shuffled_windows
from anncli.backends.base import PLAIN, Shown
from anncli.backends.reproducible import inner_product
from anncli.backends.rules import UpdateRule, UpdateState
from anncli.training.objective import Objective
from anncli.training.schedules import make_schedule

TrainerState = dict[str, Any]

# Up to this many row numbers, a copy of eight bytes each is small beside all other memory.
_FEW_ROWS = 100_000


class EpochOutcome(NamedTuple):
    """What one epoch gave.

    loss: the training loss, each row's or batch's taken before the step it led to; finished: why the trainer cannot go
    on, in words, or None while it can; class_means: the mean output per class over the presentations of the epoch, from
    trainers that watch it.
    """

    loss: float
    finished: str | None = None
    class_means: tuple[float, ...] | None = None


class Trainer(ABC):
    """A training algorithm; parameters are a float32 vector (P,) that epoch() changes in place.

    options: the trainer's own, complete (names and defaults in training/names.py).
    """

    #: Whether it finds a penalty of its own instead of the l2 of the objective.
    finds_penalty: bool = False
    #: The loss that it needs, which is then the default; None where it takes the one that fits the output layer.
    needs_loss: str | None = None
    #: Whether numpy's BLAS computes sums that its steps depend on.
    uses_blas: bool = False

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.options = options

    def check(self, objective: Objective, parameters: Array) -> None:  # noqa: B027, most trainers train everything
        """Raises UsageError where the trainer cannot train this objective."""

    @abstractmethod
    def start(self, objective: Objective, parameters: Array) -> None:
        """Make the initial state for this objective and these parameters.

        Raises: UsageError as check() does.
        """

    @abstractmethod
    def epoch(
        self, objective: Objective, parameters: Array, rng: np.random.Generator, total_epochs: int | None = None
    ) -> EpochOutcome:
        """Train for one epoch.

        Args: total_epochs: the length of the whole run, for learning-rate schedules; None where it is not known. It may
            change between epochs: a resumed run can be longer than the one that was saved.
        """

    @abstractmethod
    def state(self) -> TrainerState:
        """Everything epoch() depends on besides parameters and rng: arrays, numbers and words by name."""

    @abstractmethod
    def restore(self, state: TrainerState) -> None:
        """Continue from a state that state() gave; start() comes first."""

    def remarks(self) -> dict[str, float | int | str]:
        """What the trainer found out besides the weights, by name, for the record of the network."""
        return {}


def shuffled(rows: Array, rng: np.random.Generator, row_bytes: int = 0) -> Array:
    """The rows (n,) in random order.

    Args: row_bytes: the size of a sample; if all of them take more than WINDOW_BYTES, the order is that of shuffled_windows(), whether
        they lie in memory or on the disk.
    """
    if len(rows) * row_bytes > WINDOW_BYTES:
        return shuffled_windows(rows, rng, row_bytes)
    if len(rows) > _FEW_ROWS:
        return rng.permutation(rows)
    # The same order in less time: numpy permutes numbers of eight bytes faster.
    return rng.permutation(rows.astype(np.int64)).astype(rows.dtype)


class RowwiseTrainer(Trainer):
    """A trainer that presents rows in batches, with dropout and noise if its options ask for them.

    Options: dropout, input_dropout (fractions of hidden units and inputs switched off per row; Srivastava et al. 2014),
    input_noise (see Objective.noisy_pieces), clip (see UpdateRule). Dropout has its own random numbers, seeded at the
    first epoch, because the backends draw them.
    """

    dropout_seed: int = 0
    rows_seen: int = 0

    def shown(self, rng: np.random.Generator, tolerance: float = 0.0) -> Shown:
        """How this trainer presents the rows of an epoch; rows_seen is that at its beginning."""
        units, inputs = self.options["dropout"], self.options["input_dropout"]
        if not (units or inputs):
            return Shown(tolerance=tolerance) if tolerance else PLAIN
        self.dropout_seed = self.dropout_seed or int(rng.integers(1, 2**63))
        return Shown(units, inputs, self.dropout_seed, self.rows_seen, tolerance)


class RuleTrainer(RowwiseTrainer):
    """A trainer that presents batches in random order and applies an update rule to each, by a learning-rate schedule.

    The schedule changes the learning rate between epochs, not within one.
    """

    def start(self, objective: Objective, parameters: Array) -> None:
        self.schedule = make_schedule(self.options["schedule"])
        self.epochs_done = self.rows_seen = 0
        self.rule = self.make_rule(objective)
        self.memory = UpdateState.start(self.rule, parameters)

    @abstractmethod
    def make_rule(self, objective: Objective) -> UpdateRule:
        """The rule with the learning rate of the options."""

    def rule_of_epoch(self, objective: Objective, total_epochs: int | None) -> UpdateRule:
        """The rule with the learning rate of this epoch."""
        factor = self.schedule.factor(self.epochs_done, total_epochs)
        # The same object while nothing changes: a backend keeps what it made of a rule.
        return self.rule if factor == 1 else self.rule._replace(learning_rate=self.rule.learning_rate * factor)


class RememberingTrainer(Trainer):
    """A trainer whose state is the attributes named in `remembered`: arrays, numbers and words."""

    remembered: tuple[str, ...] = ()

    def state(self) -> TrainerState:
        # Copies, because later epochs may change an array in place.
        values = {name: getattr(self, name) for name in self.remembered}
        return {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in values.items()}

    def restore(self, state: TrainerState) -> None:
        for name in self.remembered:
            value = state[name]
            setattr(self, name, value.copy() if isinstance(value, np.ndarray) else value)


def dot(a: Array, b: Array) -> float:
    """Inner product in float64, whatever the vectors are: sums of many float32 products lose their last digits."""
    return inner_product(a.astype(np.float64, copy=False), b.astype(np.float64, copy=False))
