"""A job: an attempt that a device trains beside others, and how far."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import NamedTuple

from anncli.training.attempt import Attempt, EpochReport


class Job(NamedTuple):
    """What `attempt.epochs(limit, total)` would train, one after another on the CPU.

    attempt: without an epoch yet; its trainer has been started, and its own objective says which rows, weights of rows, l2 and
        l1 are its own. Jobs that run together have topology, loss, trainer and options of the trainer in common, but for
        numbers such as the learning rate; inputs and targets are the same array object, or as many as there are folds,
        each of which has a scaling of its own.
    limit: epochs at most; total: epochs that the learning-rate schedule spans, None for as many as `limit`.

    Afterwards the attempt is as its epochs() would have left it: history, parameters, weights, best_parameters, best and
    best_epoch of the judge, stop_reason, stopped, diverged; all but the last digits of the numbers are the same.
    """

    attempt: Attempt
    limit: int
    total: int | None = None


# Trains jobs together. After each epoch: for each job, in order, the report of the epoch that its attempt ended, or None where
# it has been over for longer, or diverged. Closing the generator leaves every attempt as it was after its last report.
RunJobs = Callable[[Sequence[Job]], Generator[Sequence[EpochReport | None], None, None]]
