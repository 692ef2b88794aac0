"""The worker: runs one spec through training and inference; what goes wrong becomes part of the result."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing

import numpy as np

from anncli import __version__
from anncli.backends.base import Backend
from anncli.backends.choice import choose_backend
from anncli.errors import AnnError
from anncli.experiments.executors.base import IsStopped, Stopped, never
from anncli.experiments.inputs import Data, dataset_of, network_of
from anncli.experiments.parts import run_part
from anncli.experiments.spec import MODES, Failure, Result, Spec, plain
from anncli.formats.networks.storage import render
from anncli.network.network import Network
from anncli.options.table import TrainingOptions
from anncli.training.beginning import begin
from anncli.training.on_device import OnDevice
from anncli.training.run import TrainingRun
from anncli.training.setup import prepare


def run_spec(spec: Spec, is_stopped: IsStopped = never) -> Result:
    """The result of a spec; an error is in it and not raised.

    is_stopped: asked after every epoch; raises Stopped when the answer is yes.
    """
    digest, name, loaded = spec.digest(), "", False
    try:
        name = engine(choose_backend())
        if spec.part:
            return run_part(spec, is_stopped)
        network, data = network_of(spec.network), dataset_of(spec.data)
        loaded = True
        with closing(prepared(spec, network, data)) as run:
            return _MODES[spec.mode](spec, run, is_stopped)
    except Stopped:
        raise
    except Exception as error:
        return Result(digest, error=failure_of(error, loaded), engine=name)


def failure_of(error: Exception, loaded: bool) -> Failure:
    """An error, which is being handled, as a part of a result; loaded: whether network and data had been read."""
    if isinstance(error, AnnError):
        # A missing file may be back next time; a training that was refused, or that diverged, fails again.
        return Failure.of(error, repeats=loaded)
    if isinstance(error, MemoryError):
        return Failure("out of memory", "use fewer --jobs, fewer rows or a smaller network", repeats=False)
    return Failure(f"{type(error).__name__}: {error}", repeats=False, details=traceback.format_exc())


def engine(backend: Backend) -> str:
    """Program version and backend, on which the last digits of a result depend."""
    return f"anncli {__version__}, {backend.name}"


def prepared(spec: Spec, network: Network, data: Data, on_device: OnDevice | None = None) -> TrainingRun:
    """The run of a spec, before its first epoch."""
    sets = None if spec.rows is None else spec.rows.numbers()
    network, options = begin(
        network, TrainingOptions.from_names(spec.options), continues=False, asked=(), replaces=False
    )
    return TrainingRun(prepare(network, data, options, sets=sets), on_device=on_device)


def _train(spec: Spec, run: TrainingRun, is_stopped: IsStopped) -> Result:
    """Mode 'train': what `ann train` does, without its files."""
    begin, seconds = time.perf_counter(), dict[int, list[float]]()
    for report in run.epochs(spec.epochs):
        if report.phase == "training":
            seconds.setdefault(report.restart, []).append(time.perf_counter() - begin)
        if is_stopped():
            raise Stopped
    total = time.perf_counter() - begin
    name = engine(run.setup.backend)
    return result_of_run(spec, run, seconds, total, name)


def result_of_run(
    spec: Spec, run: TrainingRun, seconds: Mapping[int, Sequence[float]], total_seconds: float, engine: str
) -> Result:
    """What a run has found that was trained to its end; seconds: of the epochs of each restart, by its number."""
    result = run.finish()
    return Result(
        spec.digest(),
        evaluations={name: plain(found.as_dict()) for name, found in run.evaluate_sets(result).items()},
        curves={
            "training": tuple(report.training_loss for report in result.history),
            "validation": tuple(report.validation_loss for report in result.history),
        },
        seconds=tuple(seconds.get(result.restart, ())),
        total_seconds=total_seconds,
        network=render(result.network) if spec.keep_network else None,
        outputs=run.outputs(result, spec.outputs_of).astype("<f4").tobytes() if spec.outputs_of else None,
        decision=result.point.plain() if result.point is not None and result.point.n_rows else None,
        ended="" if result.reached_limit else result.stop_reason,
        warnings=tuple(result.warnings),
        engine=engine,
    )


def _follow(spec: Spec, run: TrainingRun, is_stopped: IsStopped) -> Result:
    """Mode 'epochs': the loss of the training set, with its penalty, before the first epoch and after each.

    No rule stops the training; it ends early when the trainer has finished or the loss is not finite.
    """
    attempt, validation = run.attempt, run.setup.rows["validation"]
    objective, parameters, lowest, ended = attempt.objective, attempt.parameters, None, ""
    losses, seconds = [objective.value(parameters)], [0.0]
    for _ in range(spec.epochs):
        if is_stopped():
            raise Stopped
        begin = time.perf_counter()
        with np.errstate(over="ignore", invalid="ignore"):
            outcome = attempt.trainer.epoch(objective, parameters, attempt.rng, spec.epochs)
            spent = time.perf_counter() - begin
            loss = objective.value(parameters)
        if not np.isfinite(loss):
            ended = "diverged"
            break
        losses.append(loss)
        seconds.append(seconds[-1] + spent)
        if len(validation):
            other = objective.value(parameters, validation, penalty=False)
            lowest = other if lowest is None else min(lowest, other)
        if outcome.finished:
            ended = outcome.finished
            break
    return Result(
        spec.digest(),
        evaluations={"validation": {"lowest_loss": lowest}} if len(validation) else {},
        curves={"training": tuple(losses)},
        seconds=tuple(seconds),
        total_seconds=seconds[-1],
        ended=ended,
        engine=engine(run.setup.backend),
    )


_MODES: dict[str, Callable[[Spec, TrainingRun, IsStopped], Result]] = {"train": _train, "epochs": _follow}
assert {*_MODES, "attempt", "member"} == MODES.keys()
