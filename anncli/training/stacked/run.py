"""The stacked run: many attempts of one topology trained at once on a device."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from anncli.backends.base import Problem
from anncli.backends.stacked.device import Device
from anncli.options.table import TrainingOptions
from anncli.training.attempt import Attempt, EpochReport
from anncli.training.stacked.job import Job


def refusal(problem: Problem, options: TrainingOptions) -> str | None:
    """Why no device can train this problem with these options, in words; None where one can.

    Known are chains of dense layers over vectors, with every activation and loss, and the trainers of STACKED_TRAINERS.
    """
    raise NotImplementedError


def stackable(attempts: Sequence[Attempt]) -> list[list[int]]:
    """The places of the attempts in groups that one call of run_stacked() takes, in order of the first of each.

    Attempts of a group have one topology, loss and trainer, and agree in the options that shape the computation (batch size,
    memory, population, averaging); they may differ in everything else: rows and samples, initial weights, random streams,
    penalties, learning rate and all other numbers of the trainer, schedule, patience, rules, metric.
    """
    raise NotImplementedError


def run_stacked(
    jobs: Sequence[Job], device: Device, memory: int | None = None
) -> Generator[Sequence[EpochReport | None], None, None]:
    """Train the attempts of one group at once, and yield for each job, in order, the report of the epoch that its attempt
    ended, or None where it has been over for longer, or diverged (job.RunJobs).

    Every attempt is trained by the formulas, defaults and random numbers of Attempt.epochs(): it begins with its own
    `parameters`, on the rows of its own `objective` and with its own options, is judged on the rows of its own `judge`, and
    stops by its own rules and patience; from then on it stays as it is, while the others go on.
    When the iterator ends, or is closed before its end, every attempt holds what its epochs() would have left: history,
    judge.best and judge.best_epoch, best_parameters, parameters and weights, stop_reason, stopped, diverged, finished and
    total_epochs. While it runs, history, judge and stop_reason are those of the last report; parameters stay on the device.
    Numbers differ from those of the CPU by rounding, and may depend on how many attempts there are. Not kept: the state of
    the trainer; an attempt cannot go on later. StackedAttempt saves the start of trainers on the CPU; other attempts will do.

    Args: jobs: of one group of stackable(); memory: bytes that tensors on the device may take, default most of what is free:
        more rows or networks are computed in several portions, of networks one portion after the other.
    Raises: UsageError for what refusal() refuses, and where a single network does not fit the memory; ValueError for attempts
        of more than one group, or that have begun.
    """
    raise NotImplementedError
    yield
