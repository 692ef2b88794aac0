"""Pruning: which weights are removed, and that no trainer moves them again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from trainer_problems import blobs, changed, make_objective, start

from anncli import Network
from anncli.backends.choice import choose_backend
from anncli.errors import DataError, UsageError
from anncli.network.topology import Layer, Topology
from anncli.options.layers import Given, resolve_options
from anncli.options.table import TrainingOptions
from anncli.training.names import TRAINER_NAMES
from anncli.training.pruning import Pruning, check_pruning, choose_pruning, count_zeros, smallest
from anncli.training.trainers import make_trainer

NAMES = list(TRAINER_NAMES)
# 2-2-1: bias, bias, then weights [in][out], of the second layer bias and two weights.
TOPOLOGY = Topology(2, (Layer(2, "tanh"), Layer(1, "logistic")))
PARAMETERS = np.array([0.01, 0.02, 0.5, -0.1, 0.3, 0.0, 0.03, -0.3, 4.0], dtype=np.float32)


def chosen(**values: Any) -> TrainingOptions:
    return resolve_options([{name: Given(value, "") for name, value in values.items()}], "ann")


def test_the_smallest_weights_go_of_equal_ones_the_first_and_zeros_always_and_no_bias() -> None:
    def removed(count: int) -> list[int]:
        return np.flatnonzero(smallest(TOPOLOGY, PARAMETERS, count)).tolist()

    # By size: 0 at 5, 0.1 at 3, 0.3 at 4 and 7, 0.5 at 2, 4 at 8.
    assert [removed(n) for n in range(5)] == [[5], [5], [3, 5], [3, 4, 5], [3, 4, 5, 7]]


def test_a_fraction_is_rounded_down() -> None:
    network = trained_network()
    counts = {}
    for fraction in (0.1, 1 / 6, 0.3, 0.5, 0.99):
        found = choose_pruning(network, chosen(prune=fraction), lambda own: 0.0)
        assert found is not None
        counts[fraction] = found.n_removed
        assert found.n_weights == 6
    assert counts == {0.1: 1, 1 / 6: 1, 0.3: 1, 0.5: 3, 0.99: 5}
    assert choose_pruning(network, chosen(), lambda own: 0.0) is None


def trained_network() -> Network:
    network = Network(TOPOLOGY)
    network.parameters = PARAMETERS.copy()
    return network


def test_the_loss_decides_how_many_weights_go() -> None:
    # The loss by the number of weights that are left: 2 is within 1 % again, after 3 was not.
    losses = {6: 1.0, 5: 1.0, 4: 1.009, 3: 1.5, 2: 1.01, 1: 1.2}

    def loss(own: np.ndarray) -> float:
        return losses[max(1, int(np.count_nonzero(own[[2, 3, 4, 5, 7, 8]])))]

    found = choose_pruning(trained_network(), chosen(prune_loss=0.01), loss)
    assert found is not None
    assert found.n_removed == 4
    assert found.losses == (1.0, 1.01)
    assert found.record() == {"weights": 4, "of": 6, "loss_before": 1.0, "loss_after": 1.01}
    assert found.text() == (
        "removed 4 of 6 weights (66.7 %), the smallest ones: they are 0, and stay so; by this alone the validation loss went from 1 to 1.01"
    )


def test_no_weight_at_that_price() -> None:
    network = trained_network()
    assert network.parameters is not None
    network.parameters[5] = 0.2

    def loss(own: np.ndarray) -> float:
        return 1.0 if own[5] and own[3] else 2.0

    with pytest.raises(
        DataError, match=r"without any weight the validation loss, 1, would rise by more than 0.5 times"
    ):
        choose_pruning(network, chosen(prune_loss=0.5), loss)


@pytest.mark.parametrize(
    ("values", "continues", "message"),
    [
        ({"prune": 0.3, "prune_loss": 0.1, "validation": 0.2}, True, "both say how many"),
        ({"prune": 0.3}, False, "without --continue it is trained anew"),
        ({"prune": 0.3, "init": "he"}, True, "--init draws new ones"),
        ({"prune_loss": 0.1}, True, "--prune-loss measures the loss on validation rows"),
        ({"prune_loss": 0.1, "validation": 0.0}, True, "add --validation FILES"),
    ],
)
def test_what_makes_no_sense_is_refused(values: dict[str, Any], continues: bool, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_pruning(trained_network(), chosen(**values), continues)


def test_without_weights_there_is_nothing_to_remove() -> None:
    for network in (None, Network(TOPOLOGY)):
        with pytest.raises(UsageError, match="--prune removes weights of a trained network, and this one has none"):
            check_pruning(network, chosen(prune=0.1), True)
    check_pruning(None, chosen(), False)


def test_an_online_step_by_hand() -> None:
    """y = w1 x1 + w2 x2 + b with w1 removed, two rows, classic steps of learning rate * error * input with 0.1."""
    objective = make_objective(np.array([[1.0, 1.0], [3.0, 2.0]]), np.array([[1.0], [2.0]]), [(1, "linear")])
    objective = objective._replace(pruned=np.array([False, True, False]))
    parameters = np.array([0.0, 0.0, 2.0], dtype=np.float32)  # bias, w1, w2
    trainer = make_trainer("online", {"learning_rate": 0.1, "momentum": 0.0})
    trainer.start(objective, parameters)

    class InOrder(np.random.Generator):
        def permutation(self, x: Any, axis: int = 0) -> Any:
            return x

    trainer.epoch(objective, parameters, InOrder(np.random.PCG64(0)))
    # Row 1: y 2, error 1: b = -0.1, w2 = 1.9. Row 2: y 3.7, error 1.7: b = -0.1 - 0.17, w2 = 1.9 - 0.34.
    assert parameters == pytest.approx([-0.27, 0.0, 1.56], abs=1e-6)
    assert parameters[1] == 0


def test_the_objective_does_not_see_removed_weights() -> None:
    pruned = np.zeros(13, dtype=bool)
    pruned[[3, 8, 10]] = True
    objective = blobs()._replace(pruned=pruned, l1=0.01)
    here = start(objective)
    zeroed = np.where(pruned, np.float32(0), here)
    plain = blobs()._replace(l1=0.01)
    assert objective.value(here) == plain.value(zeroed)
    assert objective.outputs(here).tobytes() == plain.outputs(zeroed).tobytes()
    value, gradient = objective.loss_and_gradient(here)
    assert value == plain.value(zeroed)
    wanted = plain.loss_and_gradient(zeroed)[1]
    assert gradient.tolist() == np.where(pruned, 0, wanted).tolist()
    assert not np.array_equal(wanted, gradient)


@pytest.mark.parametrize("name", NAMES)
def test_no_trainer_moves_a_removed_weight(name: str) -> None:
    pruned = np.zeros(13, dtype=bool)
    pruned[[3, 8, 10]] = True
    objective, rng = blobs()._replace(pruned=pruned), np.random.default_rng(5)
    parameters = objective.without_pruned(start(objective))
    before = parameters.copy()
    trainer = make_trainer(name, None)
    trainer.start(objective, parameters)
    for _ in range(3):
        trainer.epoch(objective, parameters, rng, 3)
        objective.without_pruned(parameters)
    assert not parameters[pruned].any()
    moved = parameters != before
    assert moved.sum() >= 9, "the others are trained"


# Their random numbers are as many as there are parameters.
RANDOM = {"es", "bpvl"}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in RANDOM])
def test_without_an_input_a_network_trains_as_one_that_never_had_it(name: str) -> None:
    """All three weights of the second input are removed, beside a network of one input."""
    whole = blobs()._replace(pruned=np.arange(13) // 3 == 2)
    layers = Topology(1, whole.topology.layers)
    small = changed(blobs(), topology=layers, inputs=np.ascontiguousarray(whole.inputs[:, :1]))
    kept = ~(np.arange(13) // 3 == 2)
    found = {}
    for key, objective in (("whole", whole), ("small", small)):
        parameters = start(blobs())
        parameters = objective.without_pruned(parameters) if key == "whole" else parameters[kept].copy()
        trainer, rng = make_trainer(name, None), np.random.default_rng(5)
        trainer.start(objective, parameters)
        for _ in range(4):
            trainer.epoch(objective, parameters, rng, 4)
        found[key] = parameters
    assert found["whole"][kept] == pytest.approx(found["small"], rel=2e-3, abs=2e-4)


def test_the_compiled_code_gives_the_same() -> None:
    pruned = np.zeros(13, dtype=bool)
    pruned[[3, 8, 10]] = True
    results = []
    for backend in (None, choose_backend()):
        objective = changed(blobs(), backend)._replace(pruned=pruned)
        parameters = objective.without_pruned(start(objective))
        trainer = make_trainer("adam", {"batch_size": 7})
        trainer.start(objective, parameters)
        trainer.epoch(objective, parameters, np.random.default_rng(1))
        assert not parameters[pruned].any()
        results.append(parameters)
    assert results[0] == pytest.approx(results[1], abs=1e-5)


def test_zeros_are_counted_and_units_that_nothing_leaves_or_enters() -> None:
    assert count_zeros(TOPOLOGY, PARAMETERS) == (1, 0)
    # Nothing leaves the first hidden unit.
    parameters = PARAMETERS.copy()
    parameters[7] = 0
    assert count_zeros(TOPOLOGY, parameters) == (2, 1)
    # Nothing enters the second.
    parameters = PARAMETERS.copy()
    parameters[[3, 5]] = 0
    assert count_zeros(TOPOLOGY, parameters) == (2, 1)


def test_words_of_a_pruning_by_fraction() -> None:
    pruning = Pruning(np.array([True, False, True, True]), 160)
    assert pruning.text() == "removed 3 of 160 weights (1.88 %), the smallest ones: they are 0, and stay so"
