"""The stacked run: many attempts of one topology trained at once on a device."""

from __future__ import annotations

from collections.abc import Generator, Hashable, Sequence
from contextlib import closing

from anncli.backends.base import Problem
from anncli.backends.stacked.device import Device
from anncli.backends.stacked.program import refusal as refusal_of_program
from anncli.errors import UsageError
from anncli.options.table import TrainingOptions
from anncli.training.attempt import Attempt, EpochReport
from anncli.training.names import TRAINER_NAMES
from anncli.training.stacked.job import Job
from anncli.training.stacked.portion import Portion
from anncli.training.stacked.trainers.names import MOST_LM_PARAMETERS, SHAPING, STACKED_TRAINERS

# The part of the memory that parameters and what a trainer keeps of them may take; the rest is for rows and their values.
_SHARE = 0.5
# Vectors of the parameters that a run itself holds: parameters, gradient, their average, the best ones, and a sum of float64.
_OWN_VECTORS = 8


def refusal(problem: Problem, options: TrainingOptions) -> str | None:
    """Why no device can train this problem with these options, in words; None where one can.

    Known are chains of dense layers over vectors, with every activation and loss, and the trainers of STACKED_TRAINERS.
    """
    if options.trainer not in STACKED_TRAINERS:
        known = ", ".join(name for name in TRAINER_NAMES if name in STACKED_TRAINERS)
        return f"a device has no trainer {options.trainer}; it has {known}"
    if reason := refusal_of_program(problem):
        return reason
    n_parameters = problem.topology.n_parameters
    if options.trainer == "lm" and n_parameters > MOST_LM_PARAMETERS:
        return f"trainer lm takes networks of at most {MOST_LM_PARAMETERS} weights and biases on a device, and this one has {n_parameters}"
    return None


def stackable(attempts: Sequence[Attempt]) -> list[list[int]]:
    """The places of the attempts in groups that one call of run_stacked() takes, in order of the first of each.

    Attempts of a group have one topology, loss and trainer, and agree in the options that shape the computation (batch size,
    memory, population, averaging); they may differ in everything else: rows and samples, initial weights, random streams,
    penalties, learning rate and all other numbers of the trainer, schedule, patience, rules, metric.
    """
    groups: dict[Hashable, list[int]] = {}
    for place, attempt in enumerate(attempts):
        groups.setdefault(_kind_of(attempt), []).append(place)
    return list(groups.values())


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
    if not jobs:
        return
    _check([job.attempt for job in jobs], device)
    memory = device.free_bytes() if memory is None else memory
    size = _most_networks(jobs[0].attempt, memory)
    for start in range(0, len(jobs), size):
        before, portion = [None] * start, jobs[start : start + size]
        with closing(Portion(portion, device, memory).epochs()) as epochs:
            for reports in epochs:
                yield [*before, *reports, *[None] * (len(jobs) - start - len(portion))]


def _check(attempts: Sequence[Attempt], device: Device) -> None:
    if len(stackable(attempts)) > 1:
        raise ValueError("attempts of more than one group of stackable()")
    if any(attempt.history or attempt.stopped for attempt in attempts):
        raise ValueError("an attempt that has begun cannot go on on a device")
    first = attempts[0]
    if reason := refusal(first.objective.problem, first.options):
        raise UsageError(f"--device {device.name}: {reason}", advice="leave --device out")
    wide = first.options.trainer == "lm" or first.parameters.dtype.itemsize > 4
    if wide and not device.has_float64:
        reason = f"trainer {first.options.trainer} computes in float64, which the device does not have"
        raise UsageError(
            f"--device {device.name}: {reason}", advice="use --trainer lbfgs or scg, or leave --device out"
        )


def _kind_of(attempt: Attempt) -> Hashable:
    """What attempts that are trained together have in common."""
    options, trainer = attempt.options, attempt.trainer.options
    shaping = tuple(trainer.get(name) for name in SHAPING)
    problem = attempt.objective.problem
    return problem.topology, problem.loss, options.trainer, options.average, shaping, attempt.parameters.dtype.name


def _most_networks(attempt: Attempt, memory: int) -> int:
    """How many networks with what a trainer keeps of them fit the memory; raises UsageError for none."""
    trainer, own = attempt.options.trainer, attempt.trainer.options
    vectors = _OWN_VECTORS + STACKED_TRAINERS[trainer].vectors_of(own, len(attempt.parameters))
    bytes_ = vectors * attempt.parameters.nbytes
    if bytes_ > _SHARE * memory:
        size = f"{bytes_ / 2**20:.0f} MiB of {memory / 2**20:.0f} MiB"
        raise UsageError(
            f"a network with what trainer {trainer} keeps of it takes {size} on the device",
            advice="train a smaller one, or leave --device out",
        )
    return int(_SHARE * memory / bytes_)
