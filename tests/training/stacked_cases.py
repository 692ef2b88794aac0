"""Attempts that the CPU and a device train alike, and what is compared of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from anncli.backends.base import Problem, Samples
from anncli.backends.reference import ReferenceBackend
from anncli.backends.stacked.device import Device
from anncli.network.initialization import initialize
from anncli.network.names import ACTIVATION_NAMES, parse_loss
from anncli.network.topology import Topology
from anncli.options.table import TrainingOptions
from anncli.training.attempt import Attempt
from anncli.training.judge import Judge
from anncli.training.measure import Measure
from anncli.training.objective import Objective
from anncli.training.stacked.attempt import StackedAttempt
from anncli.training.stacked.job import Job
from anncli.training.stacked.run import run_stacked
from anncli.training.stopping import make_stop_rules

Made = TypeVar("Made", bound=Attempt)
N = 90


def samples_of(n_outputs: int = 2, weighted: bool = True) -> Samples:
    """Two classes that no line divides, with weights of which some are 0."""
    rng = np.random.default_rng(5)
    inputs = rng.normal(size=(N, 4)).astype(np.float32)
    first = (inputs[:, 0] * inputs[:, 1] + inputs[:, 2] > 0).astype(np.float32)
    targets = np.stack([first, 1 - first], 1)[:, :n_outputs]
    weights = rng.integers(0, 4, N).astype(np.float32) / 2
    return Samples(inputs, np.ascontiguousarray(targets), weights if weighted else None)


#: One object for all, as the attempts of a setup have.
SAMPLES = samples_of()


def attempt(
    kind: type[Made],
    number: int,
    *,
    hidden: str = "tanh",
    output: str = "logistic",
    loss: str = "mse",
    dtype: Any = np.float32,
    samples: Samples = SAMPLES,
    penalties: tuple[float, float] = (1e-3, 0.0),
    **options: Any,
) -> Made:
    """The attempt of a number: with other initial weights, random numbers and rows than that of another number. options: of
    training, and `rows` of the training set, `patience`, `own` options of the trainer."""
    assert samples.targets is not None
    topology = Topology(4, [(5, hidden), (samples.targets.shape[1], output)])
    problem = Problem(topology, str(parse_loss(loss)))
    rows = options.pop("rows", np.arange(60 + 2 * (number % 3), dtype=np.int32))
    labels = np.asarray(samples.targets)[:, 0] < 0.5
    session = ReferenceBackend().open(problem, samples)
    objective = Objective(
        session, problem, samples, rows, labels.astype(np.int32), *penalties, options.pop("pruned", None)
    )
    patience = options.pop("patience", 0)
    chosen = TrainingOptions(trainer_options=options.pop("own", {}), average=None)._replace(**options)
    judge = Judge(Measure(objective, None, 0.5, (1.0, 0.0)), np.arange(70, N, dtype=np.int32), chosen.metric)
    parameters = initialize(topology, "glorot", np.random.default_rng(100 + number)).astype(dtype)
    rules = make_stop_rules(chosen.stop, chosen.goal)
    return kind(objective, chosen, parameters, np.random.default_rng(number), judge, rules, patience, number)


def on_cpu(made: Sequence[Attempt], epochs: int) -> list[Attempt]:
    for one in made:
        for _ in one.epochs(epochs):
            pass
    return list(made)


def on_device(made: Sequence[Attempt], device: Device, epochs: int, memory: int | None = None) -> list[Attempt]:
    for _ in run_stacked([Job(one, epochs) for one in made], device, memory):
        pass
    return list(made)


def both(
    make: Callable[[type[Any], int], Attempt], numbers: Sequence[int], device: Device, epochs: int = 50
) -> list[tuple[Attempt, Attempt]]:
    """The attempts of some numbers as the CPU and as the device train them, all together."""
    cpu = on_cpu([make(Attempt, number) for number in numbers], epochs)
    return list(zip(cpu, on_device([make(StackedAttempt, number) for number in numbers], device, epochs), strict=True))


def assert_alike(cpu: Attempt, device: Attempt, within: float = 1e-4, weights: float = 1e-2) -> None:
    """All losses within a relative difference, the same end, and about the same weights."""
    assert device.stop_reason == cpu.stop_reason
    assert (device.stopped, device.diverged, device.finished) == (cpu.stopped, cpu.diverged, cpu.finished)
    assert device.total_epochs == cpu.total_epochs
    assert [report.epoch for report in device.history] == [report.epoch for report in cpu.history]
    for own, wanted in zip(device.history, cpu.history, strict=True):
        assert own.restart == wanted.restart
        for field in ("training_loss", "validation_loss", "metric"):
            found, value = getattr(own, field), getattr(wanted, field)
            assert (found is None) == (value is None)
            assert value is None or math.isclose(found, value, rel_tol=within), (wanted.epoch, field, found, value)
    assert device.judge.best_epoch == cpu.judge.best_epoch
    np.testing.assert_allclose(device.parameters, cpu.parameters, rtol=0, atol=weights)
    np.testing.assert_allclose(device.weights, cpu.weights, rtol=0, atol=weights)
    assert (device.best_parameters is None) == (cpu.best_parameters is None)
    if cpu.best_parameters is not None:
        np.testing.assert_allclose(device.best_parameters, cpu.best_parameters, rtol=0, atol=weights)


def output_and_hidden(activation: str) -> tuple[str, str]:
    """Activations of a network that has the given one wherever it may be."""
    return activation, "tanh" if ACTIVATION_NAMES[activation].output_only else activation
