"""Many attempts on a device against each of them on the CPU: every trainer, what ends an attempt, and what each keeps to itself."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stacked_cases import SAMPLES, N, assert_alike, attempt, both, on_cpu, on_device, samples_of
from stacked_devices import DEVICES, fits, opened

from anncli.backends.base import Samples
from anncli.backends.stacked.device import Device
from anncli.errors import UsageError
from anncli.network.names import ACTIVATION_NAMES
from anncli.training.attempt import Attempt
from anncli.training.stacked.attempt import StackedAttempt
from anncli.training.stacked.job import Job
from anncli.training.stacked.run import refusal, run_stacked, stackable
from anncli.training.stacked.trainers.names import STACKED_TRAINERS

pytestmark = pytest.mark.slow
LOSSES = ["mse", "binary-cross-entropy", "cross-entropy", "focal", "mae", "huber:0.5", "quantile:0.2,0.8", "poisson"]
# Their steps follow losses and curvature closely: within 50 epochs in float32, rounding of any two programs grows to 1e-3.
SENSITIVE = {"es", "lbfgs", "scg"}
RULES: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("sgd", {}), "nesterov": ("sgd", {"nesterov": 1}), "adam": ("adam", {"learning_rate": 0.01}), "adamw": ("adamw", {}),
}  # fmt: skip


@pytest.fixture(params=DEVICES, scope="module")
def device(request: pytest.FixtureRequest) -> Device:
    return opened(request.param)


@pytest.mark.parametrize("k", [1, 2, 33])
@pytest.mark.parametrize("trainer", STACKED_TRAINERS)
def test_every_trainer_is_that_of_the_cpu(device: Device, trainer: str, k: int) -> None:
    dtype, within = (np.float64, 1e-6) if trainer in SENSITIVE else (np.float32, 1e-4)
    for cpu, own in both(
        lambda kind, number: attempt(kind, number, trainer=trainer, dtype=dtype), range(1, k + 1), device
    ):
        assert_alike(cpu, own, within)


@pytest.mark.parametrize("trainer", sorted(SENSITIVE))
def test_sensitive_trainers_agree_in_float32_for_some_epochs(device: Device, trainer: str) -> None:
    for cpu, own in both(lambda kind, number: attempt(kind, number, trainer=trainer), range(1, 9), device, 10):
        assert_alike(cpu, own, 1e-3)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("activation", "loss"), [(one, loss) for one in ACTIVATION_NAMES for loss in LOSSES if fits(loss, one)]
)
def test_every_activation_loss_and_rule(device: Device, activation: str, loss: str, rule: str) -> None:
    trainer, own = RULES[rule]
    hidden = "tanh" if ACTIVATION_NAMES[activation].output_only else activation

    def make(kind: type[Any], number: int) -> Any:
        return attempt(kind, number, hidden=hidden, output=activation, loss=loss, trainer=trainer, own=own)

    for cpu, stacked in both(make, [1, 2], device):
        assert_alike(cpu, stacked)


@pytest.mark.parametrize(
    "options",
    [
        {"own": {"dropout": 0.25, "input_dropout": 0.1}}, {"own": {"input_noise": 0.2}}, {"own": {"clip": 0.05}},
        {"own": {"schedule": "cosine"}}, {"own": {"schedule": "step:10:0.5", "batch_size": 7}}, {"average": "ema:0.7"},
        {"average": "swa:0.5"}, {"penalties": (0.0, 1e-3)}, {"metric": "mse"}, {"metric": "accuracy"}, {"metric": "f1"},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("trainer", ["adam", "adamw", "sgd"])
def test_options_of_batches(device: Device, trainer: str, options: dict[str, Any]) -> None:
    for cpu, own in both(lambda kind, number: attempt(kind, number, trainer=trainer, **options), [1, 2, 3], device):
        assert_alike(cpu, own)


def test_a_step_of_each_weight_may_be_drawn(device: Device) -> None:
    options = {"trainer": "irprop+", "own": {"step_spread": 0.05}}
    for cpu, own in both(lambda kind, number: attempt(kind, number, **options), [1, 2, 3], device):
        assert_alike(cpu, own)


@pytest.mark.parametrize("trainer", ["irprop+", "adam", "lm", "lbfgs", "scg", "es"])
def test_removed_weights_stay_away(device: Device, trainer: str) -> None:
    pruned = np.zeros(37, dtype=bool)
    pruned[[3, 17, 30]] = True

    def make(kind: type[Any], number: int) -> Any:
        made = attempt(kind, number, trainer=trainer, pruned=pruned if number > 1 else None, dtype=np.float64)
        if number > 1:
            made.parameters[pruned] = 0
        return made

    for cpu, own in both(make, [1, 2, 3], device, 20):
        assert_alike(cpu, own)
        assert own.number == 1 or not own.parameters[pruned].any()


def test_each_network_has_its_own_numbers(device: Device) -> None:
    def make(kind: type[Any], number: int) -> Any:
        own = {
            "learning_rate": 0.002 * number,
            "dropout": 0.1 * (number % 2),
            "schedule": ("constant", "cosine")[number % 2],
        }
        return attempt(kind, number, trainer="adam", own=own, penalties=(1e-3 * number, 1e-4 * (number % 3)))

    for cpu, own in both(make, range(1, 7), device):
        assert_alike(cpu, own)


def test_folds_with_inputs_and_weights_of_their_own(device: Device) -> None:
    parts = [
        Samples(SAMPLES.inputs * np.float32(1 + fold), SAMPLES.targets, None if fold else SAMPLES.weights)
        for fold in range(4)
    ]

    def make(kind: type[Any], number: int) -> Any:
        rows = np.flatnonzero(np.arange(70) % 4 != number % 4).astype(np.int32)[: 52 - number]
        return attempt(kind, number, samples=parts[number % 4], rows=rows, trainer="adam", own={"batch_size": 16})

    for cpu, own in both(make, range(1, 9), device):
        assert_alike(cpu, own)


@pytest.mark.parametrize(
    "options",
    [
        {"patience": 3},
        {"stop": "gl:1"},
        {"stop": "up:1"},
        {"stop": "progress:20"},
        {"goal": 0.2},
        {"metric": "accuracy", "patience": 4},
    ],
    ids=str,
)
def test_what_ends_an_attempt_ends_it_at_the_same_epoch(device: Device, options: dict[str, Any]) -> None:
    pairs = both(lambda kind, number: attempt(kind, number, trainer="irprop+", **options), range(1, 13), device, 120)
    lengths = {len(cpu.history) for cpu, _ in pairs}
    assert len(lengths) > 2, "every network should end at an epoch of its own"
    for cpu, own in pairs:
        assert_alike(cpu, own, weights=0.1)


@pytest.mark.parametrize(
    ("trainer", "own", "reason"),
    [
        ("lbfgs", {"min_gradient": 0.01}, "the gradient is smaller than 0.01: this is a minimum"),
        ("scg", {"min_gradient": 0.01}, "the gradient is smaller than 0.01: this is a minimum"),
        ("lm", {"min_gradient": 0.01}, "the gradient is smaller than 0.01: this is a minimum"),
        ("lm", {"mu": 1e9, "mu_max": 1e3}, "mu went beyond 1000: no step lowers the loss, this is a minimum within rounding"),
    ],
)  # fmt: skip
def test_trainers_that_cannot_go_on_say_why(device: Device, trainer: str, own: dict[str, Any], reason: str) -> None:
    for cpu, stacked in both(
        lambda kind, number: attempt(kind, number, trainer=trainer, own=own, dtype=np.float64), [1, 2, 3], device, 200
    ):
        assert cpu.finished == stacked.finished == reason
        assert len(cpu.history) == len(stacked.history)


def test_a_network_that_diverges_touches_no_other(device: Device) -> None:
    def make(rate: float) -> list[StackedAttempt]:
        rates = [0.1, rate, 0.1]
        return [
            attempt(StackedAttempt, k, trainer="gd", output="linear", own={"learning_rate": rates[k]}) for k in range(3)
        ]

    calm, wild = on_device(make(0.1), device, 60), on_device(make(1e9), device, 60)
    assert 0 < wild[1].diverged < 60
    assert wild[1].stop_reason == f"diverged in epoch {wild[1].diverged}"
    cpu = on_cpu([attempt(Attempt, 1, trainer="gd", output="linear", own={"learning_rate": 1e9})], 60)[0]
    assert wild[1].diverged == cpu.diverged
    assert len(wild[1].history) == cpu.diverged - 1
    for k in (0, 2):
        assert calm[k].history == wild[k].history
        np.testing.assert_array_equal(calm[k].parameters, wild[k].parameters)


def test_a_run_that_is_closed_early_leaves_what_the_last_report_said(device: Device) -> None:
    made = [attempt(StackedAttempt, k, trainer="adam", average="ema:0.7") for k in range(3)]
    with closing(run_stacked([Job(one, 50) for one in made], device)) as epochs:
        for _ in range(7):
            reports = next(epochs)
    assert [report and report.epoch for report in reports] == [7, 7, 7]
    for own, cpu in zip(
        made, on_cpu([attempt(Attempt, k, trainer="adam", average="ema:0.7") for k in range(3)], 7), strict=True
    ):
        assert len(own.history) == 7
        assert not own.stopped
        np.testing.assert_allclose(own.parameters, cpu.parameters, atol=1e-5)
        np.testing.assert_allclose(own.weights, cpu.weights, atol=1e-5)
        np.testing.assert_allclose(own.best_parameters, cpu.best_parameters, atol=1e-5)


def test_limits_of_their_own_and_reports_in_the_order_of_jobs(device: Device) -> None:
    made = [attempt(StackedAttempt, k, trainer="adam", own={"schedule": "cosine"}) for k in range(3)]
    jobs = [Job(made[0], 5), Job(made[1], 2, 20), Job(made[2], 0)]
    seen = [[report and (report.restart, report.epoch) for report in reports] for reports in run_stacked(jobs, device)]
    assert seen == [[(0, k + 1), (1, k + 1) if k < 2 else None, None] for k in range(5)]
    assert [one.stop_reason for one in made] == [
        "reached the limit of 5 epochs",
        "reached the limit of 2 epochs",
        "reached the limit of 0 epochs",
    ]
    cpu = attempt(Attempt, 1, trainer="adam", own={"schedule": "cosine"})
    list(cpu.epochs(2, 20))
    assert_alike(cpu, made[1])


def test_little_memory_makes_portions(device: Device) -> None:
    wanted = on_device([attempt(StackedAttempt, k, trainer="adam") for k in range(5)], device, 20)
    found = [attempt(StackedAttempt, k, trainer="adam") for k in range(5)]
    # Two networks of 37 parameters at a time.
    on_device(found, device, 20, memory=2 * 2 * 16 * 37 * 4)
    for own, other in zip(found, wanted, strict=True):
        assert_alike(other, own, 1e-5)
    with pytest.raises(
        UsageError,
        match=r"^a network with what trainer adam keeps of it takes 0 MiB of 0 MiB on the device; train a smaller one, or leave --device out$",
    ):
        on_device([attempt(StackedAttempt, 1, trainer="adam")], device, 1, memory=100)


@pytest.mark.timeout(900)
def test_a_hundred_restarts_of_cancer_are_those_of_one_at_a_time(device: Device) -> None:
    from anncli import load, read_dataset
    from anncli.api import start_training
    from anncli.training.restarts import make_attempt

    root = Path(__file__).parents[2]
    data = read_dataset([root / "data/breast_w/malignant.txt", root / "data/breast_w/benign.txt"])
    for trainer in ("irprop+", "adam"):
        with closing(start_training(load(root / "configs/cancer.nn"), data, trainer=trainer, restarts=100)) as run:
            setup = run.setup
            together = on_device([make_attempt(StackedAttempt, setup, k) for k in range(1, 101)], device, 50)
            for number in (1, 50, 100):
                alone = on_device([make_attempt(StackedAttempt, setup, number)], device, 50)[0]
                assert_alike(alone, together[number - 1])
                cpu = on_cpu([make_attempt(Attempt, setup, number)], 50)[0]
                assert_alike(cpu, together[number - 1])


def test_groups_and_refusals() -> None:
    made = [
        attempt(StackedAttempt, 1, trainer="adam"), attempt(StackedAttempt, 2, trainer="sgd"),
        attempt(StackedAttempt, 3, trainer="adam", own={"learning_rate": 0.5, "dropout": 0.5}),
        attempt(StackedAttempt, 4, trainer="adam", own={"batch_size": 8}), attempt(StackedAttempt, 5, hidden="relu", trainer="adam"),
        attempt(StackedAttempt, 6, trainer="adam", average="ema:0.7"), attempt(StackedAttempt, 7, trainer="sgd"),
    ]  # fmt: skip
    assert stackable(made) == [[0, 2], [1, 6], [3], [4], [5]]
    own = attempt(StackedAttempt, 1, trainer="cgb")
    known = "adam, adamw, sgd, irprop+, irprop-, rprop+, rprop-, lbfgs, scg, lm, gdx, gda, gdm, gd, es"
    assert refusal(own.objective.problem, own.options) == f"a device has no trainer cgb; it has {known}"
    with pytest.raises(UsageError, match="trainer lm has no l1 penalty"):
        attempt(StackedAttempt, 1, trainer="lm", penalties=(0.0, 0.1))


def test_attempts_that_cannot_be_trained_together_are_refused(device: Device) -> None:
    one, other = attempt(StackedAttempt, 1, trainer="adam"), attempt(StackedAttempt, 2, trainer="sgd")
    with pytest.raises(ValueError, match=r"^attempts of more than one group of stackable\(\)$"):
        on_device([one, other], device, 1)
    with pytest.raises(
        UsageError, match=rf"^--device {device.name}: a device has no trainer cgb; it has .*; leave --device out$"
    ):
        on_device([attempt(StackedAttempt, 1, trainer="cgb")], device, 1)
    on_device([one], device, 1)
    with pytest.raises(ValueError, match=r"^an attempt that has begun cannot go on on a device$"):
        on_device([one], device, 1)
    assert on_device([], device, 5) == []


def test_the_rows_of_an_order_by_windows(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anncli.arrays.WINDOW_BYTES", 256)
    monkeypatch.setattr("anncli.training.trainers.base.WINDOW_BYTES", 256)
    monkeypatch.setattr("anncli.training.stacked.trainers.minibatch.WINDOW_BYTES", 256)
    rows = np.arange(5, N - 5, 1, dtype=np.int32)
    samples = samples_of(1, weighted=False)
    for cpu, own in both(
        lambda kind, number: attempt(kind, number, samples=samples, rows=rows, trainer="sgd"), [1, 2], device, 10
    ):
        assert_alike(cpu, own)
