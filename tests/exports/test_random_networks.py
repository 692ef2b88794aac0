"""The networks that exports are tested with have every activation, scaling and kind of outputs."""

from __future__ import annotations

import numpy as np
from random_networks import DECISIONS, HIDDEN, SCALINGS, TASKS, random_network, random_rows

from anncli.formats.networks.storage import parse, render
from anncli.inference.predict import predict


def test_a_hundred_networks_have_every_kind():
    networks = [random_network(seed) for seed in range(100)]
    activations = {layer.activation for network in networks for layer in network.layers}
    assert activations == {*HIDDEN, "exp", "softmax"}
    assert len({(n.scaling.per_vector, n.scaling.activation, n.scaling.add is None, n.scaling.log_floor is None) for n in networks}) == len(SCALINGS) - 1  # fmt: skip
    assert {n.calibration.method for n in networks if n.calibration} == {"platt", "isotonic", "temperature"}
    assert {n.calibration.of_logits for n in networks if n.calibration and n.calibration.method == "platt"} == {
        True,
        False,
    }
    assert {len(n.abstain) for n in networks if n.abstain} == {1, 2}
    assert {n.task for n in networks} == {None, "regression", "multi-label"}
    assert any(n.members for n in networks)
    assert any(n.quantiles for n in networks)
    assert any(n.encoder and n.encoder.missing == "error" for n in networks)
    assert len(TASKS) * len(DECISIONS) <= 100


def test_their_outputs_are_finite_and_differ():
    for seed in range(40):
        network = random_network(seed)
        rows = random_rows(network, np.random.default_rng(1), 40)
        outputs = predict(network, rows.inputs)
        assert np.isfinite(outputs).all(), seed
        # An isotonic calibration gives the same number outside of its knots.
        assert len(np.unique(outputs)) > 1 or network.calibration is not None, seed


def test_the_same_seed_gives_the_same_network_and_a_file_of_it():
    for seed in range(12):
        text = render(random_network(seed))
        assert text == render(random_network(seed))
        again = parse(text, "x.nn")
        rows = random_rows(again, np.random.default_rng(2), 30)
        np.testing.assert_array_equal(predict(again, rows.inputs), predict(random_network(seed), rows.inputs))
