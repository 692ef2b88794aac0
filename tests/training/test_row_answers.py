"""Training with an answer for every row: weights, missing answers, and what is the same as with rows that are samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anncli
from anncli.arrays import Rows
from anncli.backends.reference import ReferenceBackend
from anncli.dataset.dataset import Dataset
from anncli.network.layers.base import Shape
from anncli.network.network import Network
from anncli.network.topology import Topology
from anncli.options.layers import Given, read_layer, training_options
from anncli.training.setup import prepare

RNG = np.random.default_rng(7)
LENGTHS = RNG.integers(1, 5, 30)
VALUES = RNG.normal(size=(int(LENGTHS.sum()), 3)).astype(np.float32)
STARTS = np.cumsum([0, *LENGTHS])
LABELS = (VALUES[:, 0] + VALUES[:, 1] > 0).astype(int)
LAYERS = ("3 tanh", "1 logistic")


def options(**said: Any) -> Any:
    given = {"trainer": "lbfgs", "validation": 0, "scaling": "zscore", **said}
    return training_options([read_layer({name: Given(value, name) for name, value in given.items()})], "ann")


def setups(labels: Any = LABELS, **said: Any) -> tuple[Any, Any]:
    """The same answers, of rows that are parts of samples and of rows that are samples."""
    parts = Dataset(Rows(VALUES, STARTS), labels, ("a", "b"), by_row=True)
    single = Dataset(VALUES, labels, ("a", "b"))
    backend = ReferenceBackend()
    return (
        prepare(Network(Topology(Shape(3, None), LAYERS)), parts, options(**said), backend=backend),
        prepare(Network(Topology(3, LAYERS)), single, options(**said), backend=backend),
    )


@pytest.mark.parametrize("said", [{}, {"class_weight": "balanced"}, {"label_smoothing": 0.1}], ids=str)
def test_dense_layers_learn_what_they_learn_from_single_rows(said: dict[str, Any]) -> None:
    ours, theirs = setups(**said)
    assert ours.l2 == theirs.l2
    assert ours.scaling.add.tolist() == theirs.scaling.add.tolist()
    parameters = theirs.initial_parameters(1)
    one, other = ours.open_objective(), theirs.open_objective()
    assert one.value(parameters) == pytest.approx(other.value(parameters), rel=1e-6)
    mine, its = np.empty_like(parameters), np.empty_like(parameters)
    one.session.gradient(parameters, mine)
    other.session.gradient(parameters, its)
    assert mine == pytest.approx(its, rel=1e-4, abs=1e-7)


def test_rows_without_an_answer_change_nothing() -> None:
    known = RNG.random(len(LABELS)) < 0.7
    gaps = np.where(known, LABELS, -1)
    data = Dataset(Rows(VALUES, STARTS), gaps, ("a", "b"), by_row=True)
    setup = prepare(
        Network(Topology(Shape(3, None), LAYERS)), data, options(scaling="none"), backend=ReferenceBackend()
    )
    few = Dataset(VALUES[known], LABELS[known], ("a", "b"))
    other = prepare(Network(Topology(3, LAYERS)), few, options(scaling="none"), backend=ReferenceBackend())
    parameters = other.initial_parameters(1)
    l2 = {"penalty": False}
    assert setup.open_objective().value(parameters, **l2) == pytest.approx(
        other.open_objective().value(parameters, **l2), rel=1e-6
    )


def test_a_threshold_is_chosen_on_the_rows_with_answers() -> None:
    gaps = LABELS.copy()
    gaps[::3] = -1
    data = Dataset(Rows(VALUES, STARTS), gaps, ("a", "b"), by_row=True)
    network = Network(Topology(Shape(3, None), LAYERS))
    result = anncli.train(
        network, data, epochs=60, trainer="lbfgs", validation=0.3, threshold="youden", calibration="platt"
    )
    assert result.point is not None
    assert result.network.threshold is not None
    assert anncli.evaluate(result.network, data).auc > 0.9


def test_numbers_of_rows_with_gaps() -> None:
    targets = (2 * VALUES[:, :1] - VALUES[:, 1:2]).astype(np.float32)
    targets[::4] = np.nan
    data = Dataset(Rows(VALUES, STARTS), targets=targets, by_row=True)
    network = Network(Topology(Shape(3, None), ("1 linear",)))
    result = anncli.train(network, data, epochs=200, trainer="lbfgs", l2=0, validation=0)
    assert result.network.predict(Rows(VALUES, STARTS)) == pytest.approx(2 * VALUES[:, :1] - VALUES[:, 1:2], abs=1e-2)


def test_kinds_that_do_not_fit_are_refused_in_words() -> None:
    data = Dataset(Rows(VALUES, STARTS), LABELS, ("a", "b"), by_row=True)
    with pytest.raises(
        anncli.AnnError, match="the data have an answer for every row, the network has one for each sample"
    ):
        anncli.train(Network(Topology(Shape(3, None), ("mean", "1 logistic"))), data, 1)
    with pytest.raises(anncli.AnnError, match="the samples are of several rows, the network takes `inputs: 3`"):
        anncli.train(Network(Topology(3, LAYERS)), data, 1)
    with pytest.raises(anncli.AnnError, match="the network gives a sample another number of rows"):
        anncli.train(Network(Topology(Shape(3, None), ("max-pool 2", "1 logistic"))), data, 1)


def test_losses_of_a_set_with_more_gaps_are_means_over_its_answers() -> None:
    sets = {
        name: np.arange(*ends) for name, ends in (("training", (0, 15)), ("validation", (15, 30)), ("test", (0, 0)))
    }
    gaps = LABELS.copy()
    gaps[: STARTS[15] : 5], gaps[STARTS[15] :: 2] = -1, -1
    data = Dataset(Rows(VALUES, STARTS), gaps, ("a", "b"), by_row=True)
    setup = prepare(Network(Topology(Shape(3, None), LAYERS)), data, options(), sets=sets, backend=ReferenceBackend())
    measure, parameters = setup.open_measure(setup.open_objective()), setup.initial_parameters(1)
    for name in ("training", "validation"):
        shown = measure.evaluate(parameters, sets[name])
        assert measure.loss(parameters, sets[name]) == pytest.approx(shown.as_dict()["log_loss"], rel=1e-5)
    # Predicting the mean of the training set: a binary cross-entropy near that of a coin, not half of it.
    assert 0.6 < measure.constant_loss(sets["validation"]) < 0.8
