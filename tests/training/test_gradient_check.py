"""The gradient check: it must pass right gradients, find a wrong one and name it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from trainer_problems import blobs, make_objective, start

from anncli.analysis.gradient_check import check_gradient, some_rows
from anncli.network.topology import Layer, Topology


@pytest.mark.parametrize("hidden", ["tanh", "relu", "leaky-relu", "softsign", "gelu", "elu"])
def test_right_gradients_pass(hidden: str) -> None:
    rng = np.random.default_rng(0)
    objective = make_objective(
        rng.normal(size=(20, 4)),
        np.eye(3)[rng.integers(0, 3, 20)],
        [(6, hidden), (3, "softmax")],
        "cross-entropy",
        0.01,
    )
    found = check_gradient(objective, start(objective), rng)
    assert found.checked + found.skipped == 4 * 6 + 6 + 6 * 3 + 3
    assert found.checked > 30
    assert found.error < 1e-6
    assert found.backend_error < 1e-5


def test_a_wrong_derivative_is_found_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    objective = blobs()
    right = type(objective).loss_and_gradient

    def wrong(self: Any, parameters: Any) -> Any:
        loss, gradient = right(self, parameters)
        gradient[10] *= 1.01
        return loss, gradient

    monkeypatch.setattr(type(objective), "loss_and_gradient", wrong)
    found = check_gradient(objective, start(objective), np.random.default_rng(0))
    assert found.worst == 10
    assert found.error == pytest.approx(0.01 / 2.01, rel=1e-2)
    assert objective.topology.parameter_name(found.worst) == "layer 2, unit 1, weight from unit 1 of layer 1"


def test_a_kink_within_the_step_is_left_out() -> None:
    # The only relu unit is exactly at its kink for the only row: all four derivatives around it cannot be judged.
    objective = make_objective(np.array([[1.0]]), np.array([[1.0]]), [(1, "relu"), (1, "linear")])
    parameters = np.array([-1.0, 1.0, 0.3, 2.0], dtype=np.float32)
    found = check_gradient(objective, parameters, np.random.default_rng(0))
    assert (found.checked, found.skipped) == (2, 2)
    assert found.error < 1e-6


def test_large_networks_are_checked_in_every_layer() -> None:
    rng = np.random.default_rng(0)
    objective = make_objective(rng.normal(size=(5, 30)), rng.normal(size=(5, 2)), [(20, "tanh"), (2, "linear")])
    found = check_gradient(objective, start(objective), rng, limit=40)
    assert found.checked == 40
    assert found.error < 1e-6


def test_some_rows_draws_without_replacement() -> None:
    objective = blobs()
    rows = some_rows(objective, np.random.default_rng(0), 7).rows
    assert len(set(rows)) == 7
    assert some_rows(objective, np.random.default_rng(0), 40) is objective


def test_names_of_parameters() -> None:
    topology = Topology(2, (Layer(3, "tanh"), Layer(2, "linear")))
    names = [topology.parameter_name(k) for k in range(topology.n_parameters)]
    assert names[:3] == ["layer 1, unit 1, bias", "layer 1, unit 2, bias", "layer 1, unit 3, bias"]
    assert names[3] == "layer 1, unit 1, weight from input 1"
    assert names[8] == "layer 1, unit 3, weight from input 2"
    assert names[9] == "layer 2, unit 1, bias"
    assert names[-1] == "layer 2, unit 2, weight from unit 3 of layer 1"
    assert len(set(names)) == len(names)
