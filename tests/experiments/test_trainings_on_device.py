"""The executor of a device: specs that name it together, the others on the CPU. The device is one that is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pretended_device import Pretended
from small_specs import clouds, spec

from anncli.backends.base import Problem
from anncli.experiments.executors import on_device
from anncli.experiments.executors.in_process import InProcess
from anncli.experiments.executors.on_device import Trainings
from anncli.experiments.ledger import Ledger, run_with_ledger
from anncli.experiments.spec import Result, Spec
from anncli.experiments.worker import run_spec
from anncli.formats.networks.storage import parse, render
from anncli.options.table import TrainingOptions


class Documents:
    def __init__(self) -> None:
        self.documents: list[dict[str, Any]] = []

    def add(self, document: dict[str, Any]) -> None:
        self.documents.append(document)


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    def refusal(problem: Problem, options: TrainingOptions) -> str | None:
        return "it has no trainer online" if options.trainer == "online" else None

    monkeypatch.setattr(on_device, "refusal", refusal)


def folds(**given: Any) -> list[Spec]:
    data = clouds()
    return [
        spec(data, 12, seed=seed, test=0.25, **given)._replace(outputs_of="test", device="pretended")
        for seed in (1, 2, 3)
    ]


def results(executor: Any, specs: list[Spec]) -> list[Result]:
    return [result.without_times() for result in run_with_ledger(specs, executor)]


def alike(result: Result) -> Result:
    """What does not say where it was computed."""
    return replace(result, digest="", engine="")


def test_specs_of_a_device_are_trained_together_with_the_results_of_the_cpu() -> None:
    device = Pretended()
    found = results(Trainings(run_spec, device.on_device()), folds(restarts=2))
    # All attempts at once, and then all final fits.
    assert device.rounds == [6, 3]
    usual = results(InProcess(run_spec), [one._replace(device="") for one in folds(restarts=2)])
    assert [alike(one) for one in found] == [alike(one) for one in usual]
    assert {one.engine.partition(", ")[2] for one in found} == {"pretended (torch 9.9)"}


def test_a_spec_on_a_device_is_another_one() -> None:
    one = folds()[0]
    assert one.digest() != one._replace(device="").digest()
    assert one.digest() != one._replace(device="cuda").digest()
    ledger = Ledger(Documents())
    device = Pretended()
    list(run_with_ledger([one], Trainings(run_spec, device.on_device()), ledger))
    list(run_with_ledger([one], Trainings(run_spec, device.on_device()), ledger))
    assert device.rounds == [1, 1]
    assert len(ledger) == 1


def test_a_network_without_a_device_is_that_of_the_cpu() -> None:
    kept = spec(clouds(), 12)._replace(keep_network=True)
    device = Pretended()
    on, off = (results(Trainings(run_spec, device.on_device()), [one]) for one in (kept._replace(device="x"), kept))
    assert device.rounds == [1, 1]
    assert off == results(InProcess(run_spec), [kept])
    assert on[0].network is not None
    made = parse(on[0].network, "x")
    assert made.record.pop("device")["did"] == "trained the weights"
    assert render(made) == off[0].network


def test_what_fails_is_told_of_its_own_spec() -> None:
    first, second, third = folds()
    refused = second._replace(options={**spec(clouds(), trainer="online").options, "test": 0.25})
    lost = third._replace(network=b"anncli: 1\ninputs: 0\nlayers: []\n")
    found = results(Trainings(run_spec, Pretended().on_device()), [first, refused, lost])
    assert [one.error is None for one in found] == [True, False, False]
    assert found[1].error is not None
    assert found[1].error.reason == "--device pretended: it has no trainer online"
    assert found[1].error.repeats
    assert found[2].error is not None
    assert not found[2].error.repeats


def test_more_than_the_memory_holds_goes_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Pretended()
    together = results(Trainings(run_spec, device.on_device()), folds())
    monkeypatch.setattr(on_device, "_MOST_BYTES", 1)
    assert results(Trainings(run_spec, device.on_device()), folds()) == together
    assert device.rounds == [3, 3, 1, 1, 1, 1, 1, 1]
