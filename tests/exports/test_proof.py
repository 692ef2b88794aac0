"""The proof of an export finds faults: wrong numbers, wrong classes, tools that fail; and it allows what 32-bit numbers cannot tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from random_networks import random_network

from anncli.analysis.proof import Proof, prove
from anncli.analysis.proof_rows import draw_rows, input_range, stored_rows
from anncli.analysis.rounding import rounding_errors
from anncli.arrays import Rows
from anncli.formats.exports.base import ExportRequest, Predicted, ToolMissingError
from anncli.inference.predict import decide, predict
from anncli.network.encoders.table import InputColumn, TableEncoder
from anncli.network.layers.base import Shape
from anncli.network.network import Network, SelfTest
from anncli.network.propagation import forward
from anncli.network.scaling import Scaling
from anncli.network.target_scaling import TargetScaling
from anncli.tables import Roles


class Toy:
    """An export that computes with the network itself, and then changes the answers."""

    def __init__(self, change: Callable[[Predicted], Any]) -> None:
        self.change = change

    def run(self, files, network, request, rows):
        outputs = predict(network, rows.inputs)
        decisions = None if network.task == "regression" else decide(network, outputs)
        return self.change(Predicted(outputs.astype(np.float64), decisions, "toy 1"))


def proof_of(network: Network, change: Callable[[Predicted], Any] = lambda answers: answers) -> Proof:
    return prove(Toy(change), {}, network, ExportRequest())  # type: ignore[arg-type]


def shifted(by: float, row: int = 700) -> Callable[[Predicted], Predicted]:
    def change(answers: Predicted) -> Predicted:
        answers.outputs[row, 0] += by
        return answers

    return change


def plain(task: str | None = "regression") -> Network:
    network = Network.create(2, [(3, "tanh"), (1 if task else 2, "linear")], task=task)
    network.set_parameters(np.linspace(-0.5, 0.5, network.topology.n_parameters))
    return network


def test_equal_outputs_are_proved():
    proof = proof_of(plain())
    assert proof.is_proved
    assert proof == Proof("toy 1", n_inside=500, n_outside=500, is_of_range=True)


@pytest.mark.parametrize(("offset", "spread"), [(0, 1e-6), (50, 1e-3)])
def test_numbers_near_each_other_are_held_to_their_range(offset, spread):
    """Outputs that are all the same would pass if only their size counted."""
    network = plain()
    network.target_scaling = TargetScaling("zscore", np.float32([offset]), np.float32([spread]))
    assert proof_of(network).is_proved
    constant = proof_of(network, lambda answers: answers._replace(outputs=np.full_like(answers.outputs, offset)))
    assert constant.relative < 1e-4
    assert constant.fault is not None


def test_fewer_decisions_than_rows_are_found():
    proof = proof_of(plain(None), lambda answers: answers._replace(decisions=answers.decisions[:3]))
    assert proof.fault == "it decides 3 rows of 1000"


def test_where_every_row_overflows_nothing_is_proved():
    network = Network.create(1, [(1, "linear")], task="regression")
    network.set_parameters([3e38, 0])
    network.target_scaling = TargetScaling("zscore", np.float32([3e38]), np.float32([10]))
    proof = proof_of(network)
    assert not proof.is_proved
    assert proof.document()["state"] == "none"
    assert proof.missing == "no row has outputs that 32 bits can hold: nothing can be compared"


@pytest.mark.parametrize(("by", "passes"), [(0.99e-5, True), (2.1e-5, False), (np.nan, False), (np.inf, False)])
def test_one_output_that_differs_is_found(by, passes):
    """Outputs are between -1 and 1, so that a difference of 2e-5 is too large and one of 1e-5 is not."""
    proof = proof_of(plain(), shifted(by))
    assert proof.is_proved == passes
    if not passes:
        assert proof.fault.startswith("output 1 of row 701 is ")


def test_an_infinite_output_is_compared_with_a_finite_one():
    def change(answers):
        answers.outputs[0, 0] = np.inf
        return answers

    assert "row 1 is inf" in proof_of(plain(), change).fault


def test_another_class_is_found_unless_the_scores_are_equal():
    network = plain(None)

    def other(answers):
        return answers._replace(decisions=1 - answers.decisions)

    assert proof_of(network, other).fault == "1000 of 1000 rows get another class"
    network.set_parameters(np.zeros(network.topology.n_parameters))
    proof = proof_of(network, other)
    assert proof.is_proved
    assert (proof.n_other, proof.n_close) == (0, 1000)


def test_limits_of_abstaining_count_as_limits():
    network = Network.create(1, [(1, "logistic")], abstain=(0.4, 0.6), threshold=0.5)
    network.set_parameters([0, 1])

    def swapped(answers):
        """Undecided rows are decided."""
        return answers._replace(decisions=np.where(answers.decisions < 0, 0, answers.decisions))

    n_undecided = int(
        (decide(network, predict(network, draw_rows(network, np.random.default_rng(13), 1000).inputs)) < 0).sum()
    )
    assert n_undecided > 20
    assert proof_of(network, swapped).fault == f"{n_undecided} of 1000 rows get another class"


@pytest.mark.parametrize("layers", [[(1, "logistic")], [(2, "softmax")]])
def test_a_score_at_a_limit_of_abstaining_may_be_decided_or_not(layers):
    network = Network.create(1, layers)
    network.set_parameters([0.25, *[0] * (network.topology.n_parameters - 1)])
    score = float(predict(network, np.zeros((1, 1), dtype=np.float32)).max())

    def other(answers):
        return answers._replace(decisions=np.where(answers.decisions < 0, 0, -1))

    # Undecided up to this score, or from it on; the threshold and the other output are far away.
    network.abstain = (0.1, score) if network.n_outputs == 1 else (score,)
    network.threshold = 0.05 if network.n_outputs == 1 else None
    proof = proof_of(network, other)
    assert (proof.fault, proof.n_close) == (None, 1000)
    network.abstain = (0.1, score - 0.01) if network.n_outputs == 1 else (score - 0.01,)
    assert proof_of(network, other).fault == "1000 of 1000 rows get another class"


def test_wrong_shapes_failing_tools_and_missing_ones_are_told():
    assert proof_of(plain(), lambda a: a._replace(outputs=a.outputs[:, :0])).fault == "it gives outputs of shape (1000, 0), not (1000, 1)"  # fmt: skip

    def fails(answers):
        raise RuntimeError("cc ended with 1")

    def misses(answers):
        raise ToolMissingError("node is not installed; apt install nodejs")

    assert proof_of(plain(), fails).fault == "does not run: cc ended with 1"
    missing = proof_of(plain(), misses)
    assert (missing.fault, missing.missing, missing.is_proved) == (None, "node is not installed; apt install nodejs", False)  # fmt: skip
    assert proof_of(plain(), lambda answers: None).missing == "what was written computes nothing"


def test_fixed_point_is_compared_inside_the_range_only_and_by_the_bound_that_the_export_states():
    def proved(by: float) -> Proof:
        return prove(Toy(shifted(by, 100)), {}, plain(), ExportRequest(bits=8), np.array([0.02]))  # type: ignore[arg-type]

    proof = proved(0.01)
    assert proof.is_proved
    assert (proof.n_inside, proof.n_outside, proof.allowed, proof.is_stated) == (500, 0, 0.02, True)
    assert proved(0.03).fault.startswith("output 1 of row 101 is ")


def test_large_networks_have_fewer_rows():
    network = Network.create(1000, [(1000, "tanh"), (1, "linear")], task="regression")
    network.set_parameters(np.zeros(network.topology.n_parameters))
    proof = proof_of(network)
    assert (proof.n_inside, proof.n_outside) == (99, 100)


def test_the_range_is_that_of_the_scaling_or_of_the_self_test():
    network = plain()
    low, high = input_range(network)
    assert (low.tolist(), high.tolist()) == ([-1, -1], [1, 1])
    # Mean 10 and deviation 2: from 4 to 16.
    network.scaling = Scaling("zscore", np.float32([-10, 0]), np.float32([0.5, 1]))
    low, high = input_range(network)
    assert (low.tolist(), high.tolist()) == ([4, -3], [16, 3])
    inputs = draw_rows(network, np.random.default_rng(0), 1000).inputs
    assert inputs[:500, 0].min() >= 4
    assert inputs[:500, 0].max() <= 16
    assert 60 < inputs[500:, 0].max() <= 70


@pytest.mark.parametrize("seed", [1, 4, 7, 10])
def test_rows_of_tables_are_what_the_encoder_makes_of_them(seed):
    network = random_network(seed)
    rows = draw_rows(network, np.random.default_rng(5), 60)
    np.testing.assert_array_equal(network.encoder.encode(rows.table).inputs, rows.inputs)
    stored = stored_rows(network)
    np.testing.assert_array_equal(stored.inputs, network.self_test.inputs)
    np.testing.assert_array_equal(network.encoder.encode(stored.table).inputs, stored.inputs)


@pytest.mark.parametrize("seed", range(0, 105, 3))
def test_rounding_errors_bound_what_float32_loses(seed):
    """The same network in float64 differs by less, and not by less than a thousandth in all rows."""
    network = random_network(seed)
    network.calibration = None
    rows = draw_rows(network, np.random.default_rng(5), 300).inputs
    members = network.members or (network.parameters,)
    scaled = network.scaling.apply(rows.astype(np.float64))
    exact = np.mean([forward(network.topology, m.astype(np.float64), scaled).activations[-1] for m in members], axis=0)
    if network.target_scaling.spread is not None:
        exact = network.target_scaling.to_data(exact)
    lost, bound = np.abs(predict(network, rows) - exact), rounding_errors(network, rows)
    assert (lost <= bound).all()
    assert (lost > bound / 1000).any()


def test_rows_of_samples_are_proved_as_they_are():
    columns = (InputColumn("a"), InputColumn("b"))
    roles = Roles(("walk", "a", "b", "kind"), ("kind",), ("a", "b"), sequence="walk", task="classification")
    layers = ["2 tanh convolution 2", "mean", "1 logistic"]
    network = replace(Network.create(Shape(2, None), layers), encoder=TableEncoder(roles, columns))
    samples = Rows(np.arange(10, dtype=np.float32).reshape(5, 2), np.array([0, 2, 5]))
    stored = stored_rows(replace(network, self_test=SelfTest(samples, np.zeros((2, 1), np.float32))))
    assert stored.table is None
    assert stored.inputs is samples
