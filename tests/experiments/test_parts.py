"""Restarts and ensembles whose parts an executor trains: the same reports, states and bytes as trained in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import numpy as np
import pytest
from small_specs import NETWORK, clouds, options

from anncli.dataset.dataset import Dataset
from anncli.errors import AnnError
from anncli.experiments.executors.base import Executor, never
from anncli.experiments.executors.in_process import InProcess
from anncli.experiments.executors.processes import Processes
from anncli.experiments.executors.threads import Threads
from anncli.experiments.inputs import forget, register_setup
from anncli.experiments.parts import Parts
from anncli.experiments.spec import Failure, Result, Spec
from anncli.experiments.worker import run_spec
from anncli.formats.files.checkpoint import Checkpoint, checkpoint_bytes
from anncli.formats.networks.storage import parse, render
from anncli.options.table import TrainingOptions
from anncli.training.attempt import EpochReport
from anncli.training.run import TrainingRun
from anncli.training.setup import Setup, prepare

EPOCHS = 12


def setup_of(**given: Any) -> Setup:
    return prepare(parse(NETWORK, "NETWORK"), clouds(), TrainingOptions.from_names(options(**given)))


def bytes_of(state: dict[str, Any]) -> bytes:
    return checkpoint_bytes(Checkpoint(b"", {}, state))


class Backwards:
    """Runs specs in turn, the last one first."""

    def run(self, specs: Sequence[Spec]) -> Iterator[Result]:
        for spec in reversed(specs):
            yield run_spec(spec, never)


class Found:
    """Everything that a run leaves: its reports, its state as a checkpoint holds it, the bytes of its network, its warnings."""

    def __init__(self, run: TrainingRun, epochs: int = EPOCHS) -> None:
        with closing(run):
            self.reports = list(run.epochs(epochs))
            self.state = bytes_of(run.state())
            result = run.finish()
            self.network, self.warnings, self.restarts = render(result.network), result.warnings, result.restarts
            self.history, self.ended = (
                result.history,
                (result.stop_reason, result.reached_limit, result.penalty_dropped),
            )
            self.figures = {name: found.as_dict() for name, found in run.evaluate_sets(result).items()}


def assert_same(found: Found, expected: Found) -> None:
    for name, value in vars(expected).items():
        assert getattr(found, name) == value, name


KINDS: list[dict[str, Any]] = [
    {"restarts": 4},
    {"restarts": 3, "validation": 0},
    {"restarts": 3, "patience": 2, "keep": "last"},
    {"restarts": 3, "trainer": "lm"},
    {"restarts": 3, "trainer": "br", "refit": "no"},
    {"restarts": 2, "trainer": "scg", "stop": "gl:1"},
    {"restarts": 3, "trainer": "sgd", "average": "ema", "schedule": "cosine"},
    {"restarts": 2, "trainer": "adam", "dropout": 0.2, "input_noise": 0.1},
    {"restarts": 3, "dividetrain": 60},
    {"restarts": 2, "metric": "accuracy", "threshold": "youden"},
    {"ensemble": 3},
    {"ensemble": 2, "restarts": 2, "validation": 0},
    {"ensemble": 2, "trainer": "adamw", "goal": 0.2},
]


@pytest.mark.parametrize("given", KINDS, ids=str)
def test_a_run_with_parts_elsewhere_is_the_run_in_turn(given: dict[str, Any]) -> None:
    setup = setup_of(**given)
    expected = Found(TrainingRun(setup))
    assert_same(Found(TrainingRun(setup, elsewhere=Parts(Backwards()))), expected)


@pytest.mark.parametrize("validation", [0, 0.5])
def test_a_penalty_that_prevents_learning_is_dropped_elsewhere_too(validation: float) -> None:
    """XOR, where the default penalty keeps the network from learning anything; a validation set confirms the repetition."""
    n = 1 if not validation else 20
    corners = np.array([[1.0, 1.0], [-1.0, -1.0]] * n), np.array([[1.0, -1.0], [-1.0, 1.0]] * n)
    chosen = TrainingOptions.from_names(options(validation=validation, ensemble=2))
    network, data = parse(NETWORK, "NETWORK"), Dataset.from_classes(*corners)
    setup = prepare(network, data, chosen, prior_precision=1000 if validation else None)
    expected = Found(TrainingRun(setup), 300)
    assert expected.ended[2]
    assert_same(Found(TrainingRun(setup, elsewhere=Parts(Backwards())), 300), expected)


@pytest.mark.parametrize("given", [{"restarts": 3, "trainer": "lm"}, {"ensemble": 2, "restarts": 2}], ids=str)
@pytest.mark.parametrize("after", [5, 30])
def test_a_resumed_run_goes_on_elsewhere(given: dict[str, Any], after: int) -> None:
    """From the middle of the first part, and from the middle of a later one."""
    setup = setup_of(**given)
    expected = Found(TrainingRun(setup))
    with closing(TrainingRun(setup)) as run:
        reports = run.epochs(EPOCHS)
        seen = [next(reports) for _ in range(after)]
        state = run.state()
    if seen[-1].phase == "refit":
        pytest.skip("the final fit is not part of a state")
    again = TrainingRun(setup, elsewhere=Parts(Backwards()))
    again.restore(state)
    found = Found(again)
    assert (found.network, found.state, found.history) == (expected.network, expected.state, expected.history)
    known = [report for report in seen if report.phase == "training"]
    is_new: Callable[[EpochReport], bool] = lambda report: report not in known  # noqa: E731
    assert [r for r in found.reports if r.phase == "training"] == [
        r for r in expected.reports if r.phase == "training" and is_new(r)
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "given", [{"restarts": 3}, {"restarts": 3, "trainer": "lm"}, {"ensemble": 3, "restarts": 2}], ids=str
)
def test_every_executor_gives_the_same_bytes(given: dict[str, Any]) -> None:
    setup = setup_of(**given)
    expected = Found(TrainingRun(setup))
    executors: list[Executor] = [
        InProcess(run_spec),
        Threads(run_spec, 2),
        Processes(run_spec, 1),
        Processes(run_spec, 3),
    ]
    for executor in executors:
        assert_same(Found(TrainingRun(setup, elsewhere=Parts(executor))), expected)


class Failing:
    """An executor whose second spec fails."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure

    def run(self, specs: Sequence[Spec]) -> Iterator[Result]:
        yield Result(specs[1].digest(), error=self.failure)
        yield run_spec(specs[0], never)


def test_a_part_that_fails_ends_the_run_when_its_turn_comes() -> None:
    failure = Failure("its worker process was killed by SIGKILL, 2 times", "use fewer --jobs", repeats=False)
    with closing(TrainingRun(setup_of(restarts=2), elsewhere=Parts(Failing(failure)))) as run:
        reports = run.epochs(EPOCHS)
        assert [next(reports).epoch for _ in range(EPOCHS)] == [*range(1, EPOCHS + 1)]
        with pytest.raises(AnnError, match=r"^its worker process was killed by SIGKILL, 2 times; use fewer --jobs$"):
            next(reports)
        # What had come is kept.
        assert len(run.attempts) == 1
        assert run.finish("interrupted").kept_epoch > 0


def test_what_diverges_elsewhere_says_so_here() -> None:
    given = {"restarts": 2, "trainer": "gd", "learning_rate": 1e30, "loss": "mse"}
    network = parse(NETWORK.replace(b"tanh", b"relu").replace(b"logistic", b"linear"), "NETWORK")
    setup = prepare(network, clouds(), TrainingOptions.from_names(options(**given)))
    texts = []
    for elsewhere in (None, Parts(Backwards())):
        with closing(TrainingRun(setup, elsewhere=elsewhere)) as run, pytest.raises(AnnError) as fault:
            list(run.epochs(EPOCHS))
        texts.append(str(fault.value))
    assert texts[0].startswith("training diverged in epoch 2: ")
    assert texts == texts[:1] * 2


def test_another_backend_is_told_once() -> None:
    class Other(Backwards):
        def run(self, specs: Sequence[Spec]) -> Iterator[Result]:
            from dataclasses import replace

            for result in super().run(specs):
                yield replace(result, engine="native avx1")

    told: list[str] = []
    setup = setup_of(restarts=3)
    Found(TrainingRun(setup, elsewhere=Parts(Other(), told.append)))
    assert told == [
        f"trained with the backend 'native avx1', here is '{setup.backend.name}': the last digits may differ"
    ]


def test_only_the_end_of_a_part_is_waited_for() -> None:
    entered = []

    @contextmanager
    def waiting() -> Iterator[None]:
        entered.append(True)
        yield

    with closing(TrainingRun(setup_of(restarts=2), elsewhere=Parts(Backwards(), waiting=waiting))) as run:
        for number, _ in enumerate(run.epochs(EPOCHS)):
            assert len(entered) == min(2, 1 + number // EPOCHS)


def test_a_setup_that_nobody_sent() -> None:

    ref = register_setup(setup_of(restarts=2))
    forget(ref)
    result = run_spec(Spec(b"", ref, None, {}, 3, mode="attempt", part=1))
    assert result.error is not None
    assert result.error.message == "the setup of this training is in the memory of another process"
