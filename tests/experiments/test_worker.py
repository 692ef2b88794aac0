"""The worker: it trains as anncli.train does, evaluates every set, and turns errors into results."""

from __future__ import annotations

import json

import numpy as np
import pytest
from small_specs import NETWORK, NOWHERE, clouds, options, spec

import anncli
from anncli.dataset.dataset import Dataset
from anncli.experiments import inputs
from anncli.experiments.inputs import dataset_digest, register
from anncli.experiments.spec import RowsRef, Spec, plain
from anncli.experiments.worker import run_spec
from anncli.formats.networks.storage import parse, render
from anncli.options.layers import Given, read_layer, training_options
from anncli.options.table import TrainingOptions


def test_a_whole_training_is_that_of_train() -> None:
    data, given = clouds(), {"trainer": "scg", "seed": 2, "test": 0.2}
    found = run_spec(spec(data, 30, **given)._replace(keep_network=True))
    network = parse(NETWORK, "net.nn")
    result = anncli.train(network, data, 30, **given)
    assert found.error is None
    assert found.network == render(network)
    assert found.warnings == result.warnings
    assert found.ended == ("" if result.reached_limit else result.stop_reason)
    assert found.engine == f"anncli {anncli.__version__}, {network.record['kernel']}"
    assert found.curves["training"] == tuple(report.training_loss for report in result.history)
    assert found.curves["validation"] == tuple(report.validation_loss for report in result.history)
    assert len(found.seconds) == len(result.history)
    assert [*found.seconds, found.total_seconds] == sorted([*found.seconds, found.total_seconds])
    assert found.evaluations["test"] == plain(anncli.evaluate(network, data, result.rows["test"]).as_dict())
    assert found.evaluations["training"]["n"] == len(result.rows["training"])
    assert result.refit_epochs
    # The validation set is evaluated with the weights that were not trained on it.
    network.parameters = result.validation_parameters
    assert found.evaluations["validation"] == plain(anncli.evaluate(network, data, result.rows["validation"]).as_dict())
    json.dumps(found.document(), allow_nan=False)


def test_explicit_rows_are_the_sets() -> None:
    data = clouds()
    order = np.random.default_rng(5).permutation(data.n_samples)
    rows = {"training": order[:60], "test": order[60:], "validation": order[:0]}
    found = run_spec(spec(data, 5)._replace(rows=RowsRef.of(rows)))
    assert {name: e["n"] for name, e in found.evaluations.items()} == {"training": 60, "test": 20}
    network = parse(NETWORK, "net.nn")
    anncli.train(network, data, 5, sets=rows)
    assert found.evaluations["test"] == plain(anncli.evaluate(network, data, rows["test"]).as_dict())


def test_epochs_alone() -> None:
    found = run_spec(spec(clouds(), 7, "epochs", trainer="irprop-", validation=0.25))
    assert len(found.curves["training"]) == len(found.seconds) == 8
    assert found.seconds[0] == 0
    assert found.curves["training"][7] < found.curves["training"][0]
    assert found.evaluations["validation"]["lowest_loss"] > 0
    assert (found.ended, found.network, found.error) == ("", None, None)
    diverged = run_spec(spec(clouds(), 60, "epochs", trainer="sgd", learning_rate=1e30))
    assert diverged.ended == "diverged"
    assert len(diverged.curves["training"]) < 61


def test_options_come_back_from_a_spec() -> None:
    given = {"trainer": "sgd", "learning_rate": 0.2, "targets": "0.9,0.1", "class_weight": "1,2", "l2": "1e-3"}
    chosen = training_options([read_layer({name: Given(value, name) for name, value in given.items()})], "ann")
    assert chosen.targets == (0.9, 0.1)
    through_json = json.loads(json.dumps(plain(chosen.by_name())))
    assert TrainingOptions.from_names(through_json) == chosen
    assert options(trainer="sgd") == TrainingOptions.from_names(options(trainer="sgd")).by_name()


def test_a_refused_training_is_a_result_that_repeats() -> None:
    found = run_spec(spec(clouds(), 5, trainer="br", loss="binary-cross-entropy"))
    assert found.error is not None
    assert found.error.message == "trainer br needs loss mse, found binary-cross-entropy"
    assert (found.error.exit_code, found.error.repeats, found.error.details) == (2, True, "")


def test_a_diverged_training_is_a_result_that_repeats() -> None:
    found = run_spec(spec(clouds(), 60, trainer="sgd", learning_rate=1e30))
    assert found.error is not None
    assert found.error.message.startswith("training diverged in epoch ")
    assert (found.error.exit_code, found.error.repeats) == (1, True)


def test_data_or_network_that_cannot_be_had_may_be_there_the_next_time() -> None:
    data = clouds()
    found = run_spec(spec(NOWHERE))
    assert found.error is not None
    assert found.error.message == "the data of this training are in the memory of another process"
    assert (found.error.exit_code, found.error.repeats) == (3, False)
    broken = run_spec(spec(data)._replace(network=b"anncli: 1\ninputs: x\n"))
    assert broken.error is not None
    assert broken.error.reason.startswith("NETWORK:2:")
    assert (broken.error.exit_code, broken.error.repeats) == (4, False)
    ref = inputs.register(data)
    inputs.forget(ref)
    assert run_spec(spec(ref)).error == found.error


@pytest.mark.parametrize(("fault", "message", "details"), [(MemoryError(), "out of memory", ""), (KeyError("x"), "KeyError: 'x'", "Traceback (most")])  # fmt: skip
def test_other_faults_are_results_too(
    monkeypatch: pytest.MonkeyPatch, fault: Exception, message: str, details: str
) -> None:
    one = spec(clouds())

    def fail(*given: object) -> None:
        raise fault

    monkeypatch.setattr("anncli.experiments.worker.prepared", fail)
    found = run_spec(one)
    assert found.error is not None
    assert found.error.message == message
    assert found.error.details.startswith(details)
    assert found.error.repeats is False


def test_specs_do_not_see_each_other() -> None:
    data = clouds()
    one = spec(data, 5)
    before = data.inputs.copy()
    first = run_spec(one)
    run_spec(spec(data, 5, seed=4, scaling="minmax"))
    assert run_spec(one).without_times() == first.without_times()
    assert np.array_equal(data.inputs, before)


def test_a_regression_is_a_training_as_any_other() -> None:
    x = np.random.default_rng(0).normal(size=(60, 2))
    data = Dataset(x, targets=3 * x[:, 0] + 100, target_names=("y",))
    network = NETWORK.replace(b"1 logistic", b"1 linear")
    done = run_spec(Spec(network, register(data), None, options(trainer="lbfgs", test=0.25), 20))
    assert done.error is None
    assert done.evaluations["test"]["r2"] > 0.9
    assert done.evaluations["test"]["targets"][0]["name"] == "y"
    # Targets and their names are part of what identifies the data.
    other = Dataset(x, targets=3 * x[:, 0] + 101, target_names=("y",))
    renamed = Dataset(x, targets=3 * x[:, 0] + 100, target_names=("z",))
    assert len({dataset_digest(each) for each in (data, other, renamed)}) == 3
