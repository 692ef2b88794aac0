"""Runs on a device: it ranks and the CPU trains the best restart again, or its weights are kept. The device is one that is none."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Any

import numpy as np
import pytest
from pretended_device import Pretended

from anncli.dataset.dataset import Dataset
from anncli.errors import AnnError
from anncli.formats.networks.storage import render
from anncli.network.network import Network
from anncli.options.layers import Given, read_layer, training_options
from anncli.training.attempt import Attempt
from anncli.training.outcome import TrainingResult
from anncli.training.restarts import Restarts
from anncli.training.run import TrainingRun
from anncli.training.setup import Setup, prepare


def setup_of(**given: Any) -> Setup:
    rng = np.random.default_rng(0)
    data = Dataset.from_classes(rng.normal(1, 2, (40, 3)), rng.normal(-1, 2, (40, 3)), classes=("a", "b"))
    layer = read_layer({name: Given(value, name) for name, value in given.items()})
    return prepare(Network.create(3, [(4, "tanh"), (1, "logistic")]), data, training_options([layer], "ann"))


def trained(device: Pretended | None = None, keeps: bool = False, epochs: int = 20, **given: Any) -> TrainingResult:
    on_device = None if device is None else device.on_device(keeps)
    with closing(TrainingRun(setup_of(**given), on_device=on_device)) as run:
        list(run.epochs(epochs))
        return run.finish()


def without_device(network: Network) -> bytes:
    """The file, but for what the record says of the device."""
    network.record = {name: value for name, value in network.record.items() if name != "device"}
    return render(network)


def worse_but(number: int) -> Any:
    """Makes every attempt of the device worse, except one."""

    def spoil(attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            if attempt.number != number and attempt.judge.best is not None:
                attempt.judge.best = (-1e9, -1e9)

    return spoil


@pytest.mark.parametrize("given", [{"restarts": 3}, {"restarts": 2, "ensemble": 2}, {"restarts": 3, "validation": 0}])
def test_the_file_is_that_of_the_cpu_but_for_the_device(given: dict[str, Any]) -> None:
    device = Pretended()
    ours = trained(device, **given)
    assert ours.network.record["device"] == {"name": "pretended", "torch": "9.9", "did": "ranked the restarts"}
    assert without_device(ours.network) == render(trained(**given).network)
    assert device.rounds == [given["restarts"] * given.get("ensemble", 1)]


def test_the_reports_are_those_of_the_ranking_and_then_of_the_cpu() -> None:
    run = TrainingRun(setup_of(restarts=3), on_device=Pretended().on_device())
    with closing(run):
        reports = list(run.epochs(4))
    told = [(report.phase, report.epoch, report.restart) for report in reports]
    assert told[:7] == [*[("ranking", epoch, k) for epoch in (1, 2) for k in (1, 2, 3)], ("ranking", 3, 1)]
    assert [phase for phase, *_ in told[12:]] == ["training"] * 4 + ["refit"] * 4
    assert len({k for *_, k in told[12:]}) == 1


def test_the_one_that_the_device_ranks_first_is_trained_by_the_cpu() -> None:
    for number in (1, 2, 3):
        ours = trained(Pretended(worse_but(number)), restarts=3)
        # Attempt k alone: the restarts of one run share nothing.
        alone = Restarts(setup_of(restarts=3))
        attempt = alone.again(number)
        list(attempt.epochs(20))
        assert ours.restart == number
        assert ours.validation_parameters is not None
        assert attempt.best_parameters is not None
        assert ours.validation_parameters.tobytes() == attempt.best_parameters.tobytes()
        assert ours.network.record["start"] == number
        alone.close()


def test_a_restart_that_diverges_on_the_cpu_gives_its_place_to_the_next_best(monkeypatch: pytest.MonkeyPatch) -> None:
    best = trained(restarts=3).restart
    again = Restarts.again

    def spoiled(self: Restarts, number: int) -> Attempt:
        attempt = again(self, number)
        if number == best:
            attempt.parameters[...] = np.nan
        return attempt

    monkeypatch.setattr(Restarts, "again", spoiled)
    found = trained(Pretended(), restarts=3)
    assert found.restart != best
    # With one that is left and diverges there is no network.
    monkeypatch.setattr(Restarts, "again", lambda self, number: _without_numbers(again(self, number)))
    with pytest.raises(AnnError, match="training diverged in epoch 1"):
        trained(Pretended(), restarts=3)


def _without_numbers(attempt: Attempt) -> Attempt:
    attempt.parameters[...] = np.nan
    return attempt


@pytest.mark.parametrize("given", [{}, {"restarts": 3}, {"ensemble": 2, "restarts": 2}, {"validation": 0}])
def test_kept_weights_have_their_final_fit_on_the_device_too(given: dict[str, Any]) -> None:
    device = Pretended()
    ours = trained(device, keeps=True, **given)
    assert ours.network.record["device"]["did"] == "trained the weights"
    assert without_device(ours.network) == render(trained(**given).network)
    n = given.get("ensemble", 1)
    assert device.rounds == [n * given.get("restarts", 1), *([] if "validation" in given else [n])]


def test_a_run_that_ends_while_the_device_ranks_has_its_weights_and_says_so() -> None:
    run = TrainingRun(setup_of(restarts=3), on_device=Pretended().on_device())
    with closing(run):
        epochs = run.epochs(20)
        for _ in range(10):
            next(epochs)
        epochs.close()
        found = run.finish("interrupted")
    assert found.network.record["device"]["did"] == "trained the weights"
    assert found.epochs == 4
    assert "the run ended before the CPU trained the best restart again: the weights are those of pretended" in (
        found.warnings
    )
    assert np.isfinite(found.network.all_parameters).all()


def test_a_run_that_ends_while_the_cpu_trains_has_the_weights_of_the_cpu() -> None:
    run = TrainingRun(setup_of(restarts=3), on_device=Pretended().on_device())
    with closing(run):
        epochs = run.epochs(20)
        phases = [next(epochs).phase for _ in range(65)]
        epochs.close()
        found = run.finish("interrupted")
    assert phases[58:] == ["ranking"] * 2 + ["training"] * 5
    assert found.network.record["device"]["did"] == "ranked the restarts"
    assert (found.epochs, found.refit_epochs, len(found.restarts)) == (5, 0, 3)


def test_after_a_time_limit_the_cpu_trains_as_many_epochs() -> None:
    found = trained(Pretended(), restarts=2, time_limit=1e-9)
    assert (found.epochs, found.stop_reason) == (1, "reached the time limit of 1e-09 s")
    assert not found.reached_limit


def test_no_epochs_need_no_device() -> None:
    device = Pretended()
    assert trained(device, epochs=0, restarts=2).epochs == 0
    assert device.rounds == []
