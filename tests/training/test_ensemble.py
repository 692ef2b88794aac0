"""Ensembles: members that differ by their initial weights, and outputs that are the mean of theirs."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

import anncli
from anncli.api import start_training
from anncli.dataset.dataset import Dataset
from anncli.errors import NetworkError, UsageError
from anncli.formats.networks.storage import parse, render
from anncli.inference.evaluate import evaluate
from anncli.inference.predict import predict
from anncli.network.network import Network
from anncli.training import stopping
from anncli.training.attempt import EpochReport
from anncli.training.diagnosis import diagnose
from anncli.training.restarts import Call
from anncli.training.run import TrainingRun


def clouds() -> Dataset:
    rng = np.random.default_rng(0)
    return Dataset.from_classes(rng.normal(1, 2, (40, 3)), rng.normal(-1, 2, (40, 3)), classes=("a", "b"))


def network() -> Network:
    return Network.create(3, [(4, "tanh"), (1, "logistic")])


def singles(ensemble: Network) -> list[Network]:
    return [replace(ensemble, parameters=own, members=()) for own in ensemble.members]


def trained(**options: object) -> Network:
    net = network()
    anncli.train(net, clouds(), 30, **options)
    return net


def test_members_begin_where_restarts_begin() -> None:
    """Without a validation set there is no choice and no final fit, so that attempt k is member k."""
    found = trained(ensemble=3, validation=0)
    run = start_training(network(), clouds(), restarts=3, validation=0)
    list(run.epochs(30))
    assert [own.tobytes() for own in found.members] == [attempt.weights.tobytes() for attempt in run.attempts]
    assert found.parameters is not None
    assert found.parameters.tobytes() == found.members[0].tobytes() == trained(validation=0).parameters.tobytes()
    run.close()


def test_each_member_is_the_best_of_its_own_restarts_and_has_its_own_final_fit() -> None:
    found = trained(ensemble=2, restarts=3)
    alone = trained(restarts=3)
    assert alone.parameters is not None
    assert found.members[0].tobytes() == alone.parameters.tobytes()
    starts = [member["start"] for member in found.record["members"]]
    assert starts[0] == alone.record["start"]
    assert 4 <= starts[1] <= 6
    assert all(member["refit_epochs"] for member in found.record["members"])


def test_an_ensemble_of_one_is_a_network() -> None:
    assert render(trained(ensemble=1)) == render(trained())
    assert trained(ensemble=1).members == ()


@pytest.mark.parametrize("layers", [[(4, "tanh"), (1, "logistic")], [(4, "tanh"), (2, "softmax")]])
def test_outputs_are_the_mean_of_those_of_the_members(layers: list[tuple[int, str]]) -> None:
    net, data = Network.create(3, layers), clouds()
    result = anncli.train(net, data, 20, ensemble=3, test=0.25)
    own = [predict(single, data.inputs).astype(np.float64) for single in singles(net)]
    found = predict(net, data.inputs)
    assert found.tobytes() == ((own[0] + own[1] + own[2]) / 3).astype(np.float32).tobytes()
    assert found.tobytes() == predict(net, data.inputs, threads=3).tobytes()
    assert np.abs(found - own[0]).max() > 1e-3
    assert net.self_test is not None
    np.testing.assert_allclose(predict(net, net.self_test.inputs), net.self_test.outputs, atol=1e-6)
    assert evaluate(net, data, result.rows["test"]).as_dict()["n"] == 20


def test_numbers_are_averaged_in_the_units_of_the_data() -> None:
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(60, 2)).astype(np.float32)
    data = Dataset(inputs, targets=1000 + 50 * inputs[:, 0] + rng.normal(size=60))
    net = Network.create(2, [(3, "tanh"), (1, "linear")])
    anncli.train(net, data, 20, ensemble=3)
    own = np.mean([predict(single, inputs).astype(np.float64) for single in singles(net)], axis=0)
    np.testing.assert_allclose(predict(net, inputs), own, rtol=1e-6)


def test_the_figures_of_a_run_are_those_of_the_mean() -> None:
    data = clouds()
    run = start_training(network(), data, ensemble=3, test=0.25, refit="no")
    list(run.epochs(20))
    result = run.finish()
    for name, rows in result.rows.items():
        assert run.evaluate_sets(result)[name].as_dict() == evaluate(result.network, data, rows).as_dict()
    np.testing.assert_array_equal(
        run.outputs(result, "test"), predict(result.network, data.inputs[result.rows["test"]])
    )
    # All members stop by the same validation rows, and a threshold is chosen on the mean of their outputs there.
    assert len({len(attempt.judge.rows) for attempt in run.attempts}) == 1
    run.close()
    rule = trained(ensemble=3, threshold="youden", refit="no")
    one = trained(threshold="youden", refit="no")
    assert rule.threshold is not None
    assert rule.threshold != one.threshold


def test_remarks_are_about_the_first_network() -> None:
    rng = np.random.default_rng(0)
    data = Dataset.from_classes(rng.normal(1, 2, (200, 3)), rng.normal(-1, 2, (200, 3)))
    run = start_training(network(), data, ensemble=2)
    list(run.epochs(30))
    result = run.finish()
    assert result.validation_parameters is not None
    assert result.validation_parameters.shape == (2, 21)
    alone = start_training(network(), data)
    list(alone.epochs(30))
    assert diagnose(run, result) == diagnose(alone, alone.finish())
    run.close()
    alone.close()


def backwards(calls: Sequence[Call]) -> Iterator[EpochReport]:
    for call in reversed(calls):
        yield from call()


def test_the_order_of_members_changes_nothing() -> None:
    one = start_training(network(), clouds(), ensemble=3)
    list(one.epochs(15))
    other = TrainingRun(one.setup, backwards)
    list(other.epochs(15))
    assert render(one.finish().network) == render(other.finish().network)
    one.close()
    other.close()


def test_a_run_goes_on_where_it_was() -> None:
    whole = start_training(network(), clouds(), ensemble=3)
    states, reports = [], 0
    for report in whole.epochs(12):
        reports += report.phase == "training"
        states.append(copy.deepcopy(whole.state()))
    wanted = render(whole.finish().network)
    whole.close()
    assert reports == 36
    for state in states[::7]:
        again = start_training(network(), clouds(), ensemble=3)
        again.restore(state)
        list(again.epochs(12))
        assert render(again.finish().network) == wanted
        again.close()


def test_members_that_did_not_come_to_their_end_are_left_out() -> None:
    run = start_training(network(), clouds(), ensemble=3, validation=0)
    reports = run.epochs(10)
    for report in reports:
        if (report.restart, report.epoch) == (3, 4):
            break
    reports.close()  # type: ignore[attr-defined]
    result = run.finish("interrupted")
    assert len(result.network.members) == 2
    assert "1 of 3 networks were not trained to their end; an ensemble of 2 networks is kept" in result.warnings
    run.close()
    run = start_training(network(), clouds(), ensemble=3, validation=0)
    next(iter(run.epochs(10)))
    assert run.finish("interrupted").network.members == ()
    run.close()


def test_a_time_limit_is_one_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter(np.arange(1000.0))
    monkeypatch.setattr(stopping.TimeLimit.__init__, "__defaults__", (lambda: next(now),))
    run = start_training(network(), clouds(), ensemble=4, validation=0, time_limit=30)
    # A tick a look: one at the start, one after every epoch, one before every network but the first.
    reports = list(run.epochs(12))
    assert [sum(report.restart == number for report in reports) for number in (1, 2, 3, 4)] == [12, 12, 4, 0]
    assert len(run.finish().network.members) == 2
    run.close()


def test_files_hold_all_members() -> None:
    net = trained(ensemble=3)
    data = render(net)
    read = parse(data, "e.nn")
    assert [own.tobytes() for own in read.members] == [own.tobytes() for own in net.members]
    assert read.parameters is not None
    assert read.parameters.tobytes() == net.members[0].tobytes()
    assert render(read) == data
    assert b"\n  members:\n  - - |\n      " in data
    assert b"\n  weights:" not in data
    read.set_parameters(net.members[1])
    assert read.members == ()
    with pytest.raises(ValueError, match="an ensemble has two or more networks, not 1"):
        read.set_members(net.members[:1])
    with pytest.raises(NetworkError, match="a file of the format ann1dn holds one network, not an ensemble of 3"):
        render(replace(net, task=None), "ann1dn")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("\n  members:\n", "\n  weights:\n", "18:3: `weights` must be one block of numbers per layer"),
        ("\n  - - |", "\n  - x\n  - - |", "18:3: each of `members` must be one block of numbers per layer"),
        ("\n  members:\n", "\n  members: []\n  rest:\n", "18:3: unknown key 'rest'"),
        ("\n  members:\n", "\n  weights: [x]\n  members:\n", "18:3: `weights` and `members` exclude each other"),
        ("\n  - - |\n      ", "\n  - - |\n      1 ", "18:3: the weights are those of a 4-4-1 network, inputs and layers say 3-4-1"),
        ("\n  - - |\n      ", "\n  - - |\n      x", "19:7: 'x"),
    ],
)  # fmt: skip
def test_damaged_members_are_told(old: str, new: str, message: str) -> None:
    text = render(trained(ensemble=2)).decode()
    assert old in text
    with pytest.raises(NetworkError) as fault:
        parse(text.replace(old, new, 1).encode(), "e.nn")
    assert str(fault.value).startswith(f"e.nn:{message}"), fault.value


def test_what_needs_one_network_refuses() -> None:
    net = trained(ensemble=2)
    with pytest.raises(
        UsageError, match=r"^--continue needs one network, and this is an ensemble of 2; train one without"
    ):
        anncli.train(net, clouds(), 5, continue_training=True)
    with pytest.raises(UsageError, match=r"^--ensemble draws new weights, and --continue goes on from those"):
        anncli.train(trained(), clouds(), 5, continue_training=True, ensemble=2)
    # Training anew begins with the definition.
    anncli.train(net, clouds(), 5)
    assert net.members == ()
