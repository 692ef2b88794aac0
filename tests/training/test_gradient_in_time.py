"""How far back the gradient through time reaches, on networks whose factor from row to row is known by hand."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import numpy as np
import pytest

from anncli.api import start_training
from anncli.arrays import Rows, Tokens
from anncli.backends.base import Problem, Samples
from anncli.backends.reference import ReferenceBackend
from anncli.dataset.dataset import Dataset
from anncli.network.input_shapes import read_inputs
from anncli.network.network import Network
from anncli.network.propagation import forward
from anncli.network.topology import Topology
from anncli.training.diagnosis import diagnose
from anncli.training.gradient_in_time import InTime, gradients_in_time
from anncli.training.objective import Objective


def rows_of(lengths: Any) -> Rows:
    starts = np.r_[0, np.cumsum(lengths)]
    return Rows(np.random.default_rng(0).normal(size=(starts[-1], 1)), starts)


def measured(inputs: Any, layers: list[str], parameters: Any, text: str = "any x 1") -> list[InTime]:
    """On samples with the target 5 for each sample, or for each row."""
    topology = Topology(read_inputs(text), layers)
    n = len(inputs)
    targets: Any = np.full((n, topology.n_outputs), 5.0)
    if topology.answers_rows:
        targets = Rows(np.full((int(inputs.starts[-1]), topology.n_outputs), 5.0), inputs.starts)
    problem, samples = Problem(topology, "mse"), Samples(inputs, targets)
    with closing(ReferenceBackend().open(problem, samples)) as session:
        objective = Objective(session, problem, samples, np.arange(n), np.zeros(n, int))
        return gradients_in_time(objective, np.array(parameters))


@pytest.mark.parametrize("layers", [["1 linear recurrent", "last", "1 linear"], ["1 linear recurrent", "1 linear"]])
def test_half_of_the_gradient_arrives_a_row_before(layers: list[str]) -> None:
    # h_t = x_t + h_{t-1} / 2: 0.5^6 = 0.0156 is above 1 %, 0.5^7 = 0.0078 is below.
    (found,) = measured(rows_of([12, 9, 20, 20]), layers, [0, 1, 0.5, 0, 1.0])
    assert found.ratios == pytest.approx(0.5 ** np.arange(20))
    assert (found.layer, found.reach, found.growth) == (1, 7, (1.0, 0))
    # 5, 2, 13 and 13 rows lie 7 rows before the last one or more.
    assert found.beyond == pytest.approx(33 / 61)


def test_a_gradient_that_grows() -> None:
    (found,) = measured(rows_of([21, 21, 5]), ["1 linear recurrent", "last", "1 linear"], [0, 1, 1.2, 0, 1.0])
    factor, rows = found.growth
    assert (found.reach, rows) == (None, 20)
    assert factor == pytest.approx(1.2**20)


def test_a_mean_of_rows_reaches_all_of_them() -> None:
    (found,) = measured(rows_of([20, 20]), ["1 linear recurrent", "mean", "1 linear"], [0, 1, 0.5, 0, 1.0])
    # Every row has its own way to the answer, and 0.5, 0.25 ... of those after it: towards 2.
    assert found.ratios[:3] == pytest.approx([1, 1.5, 1.75])
    assert found.reach is None


def test_a_memory_keeps_what_its_gate_keeps() -> None:
    # One unit whose gate f is logistic(b): of dE/dc so much arrives a row before, where h plays no part in the gates.
    for bias, kept in ((np.log(0.5 / 0.5), 0.5), (np.log(0.99 / 0.01), 0.99)):
        block = np.zeros((3, 4))
        block[0], block[1] = [0.3, bias, 0.1, 0.2], [0, 0, 0.4, 0]
        (found,) = measured(rows_of([30, 30]), ["1 lstm", "last", "1 linear"], [*block.ravel(), 0, 1.0])
        assert found.ratios == pytest.approx(kept ** np.arange(30))
        assert found.reach == (7 if kept == 0.5 else None)


def test_all_ways_through_a_network_count() -> None:
    # The lower layer keeps nothing (U = 0), the upper one half: what arrives in the lower one comes through the upper one.
    layers = ["1 linear recurrent", "1 linear recurrent", "last", "1 linear"]
    below, above = measured(rows_of([20, 20]), layers, [0, 1, 0.0, 0, 1, 0.5, 0, 1.0])
    assert below.ratios == pytest.approx(0.5 ** np.arange(20))
    assert above.ratios == pytest.approx(0.5 ** np.arange(20))
    assert (below.layer, above.layer) == (1, 2)


@pytest.mark.parametrize("kind", ["2 tanh recurrent", "2 gru", "2 lstm"])
def test_the_slopes_are_those_of_differences_of_a_state(kind: str) -> None:
    # The slope of a state between two rows is that of a state with which the rest of the sample begins.
    topology = Topology(read_inputs("any x 1"), [kind, "last", "1 linear"])
    rng = np.random.default_rng(3)
    parameters, rows = rng.normal(size=topology.n_parameters), rows_of([6])
    passed, layer = forward(topology, parameters, rows), topology.layers[0]
    own = topology.blocks(parameters)[0]
    delta = np.zeros((6, 2))
    delta[-1] = rng.normal(size=2)
    slopes = layer.slopes_in_time(own, passed.kept[0], delta)  # type: ignore[attr-defined]
    for back in (1, 3):
        state = layer.final_state(
            forward(topology, parameters, Rows(rows.values[: 6 - back], np.array([0, 6 - back]))).kept[0]
        )
        rest, c = Rows(rows.values[6 - back :], np.array([0, back])), state[0, -2:]
        for unit in range(2):
            values = []
            for step in (1e-6, -1e-6):
                moved = state.copy()
                if kind == "2 lstm":
                    # The memory moves, and with it h = o tanh(c).
                    moved[0, unit] *= np.tanh(c[unit] + step) / np.tanh(c[unit])
                moved[0, unit - 2] += step
                values.append(float(layer.carried(own, rest.values, rest.starts, moved).outputs[-1] @ delta[-1]))
            assert slopes[5 - back, unit] == pytest.approx((values[0] - values[1]) / 2e-6, rel=1e-6, abs=1e-9)


def test_a_long_text_is_measured_in_pieces() -> None:
    n = 3000
    tokens = Tokens(np.arange(n) % 4, np.ones(n), np.array([0, n]), 4)
    (found,) = measured(tokens, ["1 linear recurrent", "1 linear"], [0, 1, 1, 1, 1, 0.9, 0, 1.0], "4 tokens")
    assert len(found.ratios) == 400
    # Each target is missed by another amount, but all of them reach back by the same factor.
    assert found.ratios[:30] == pytest.approx(0.9 ** np.arange(30))
    assert found.reach == 44


def run_of(layers: list[str], parameters: Any, lengths: Any, epochs: int = 1, **options: Any) -> tuple[Any, Any]:
    rng = np.random.default_rng(1)
    data = Dataset(rows_of(lengths).astype(np.float32), rng.permutation(np.arange(len(lengths)) % 2), ("a", "b"))
    network = Network.create("any x 1", layers)
    network.set_parameters(np.array(parameters, np.float32))
    run = start_training(network, data, continue_training=True, validation=0, **options)
    for _ in run.epochs(epochs):
        pass
    return run, run.finish()


VANISHES = "hidden layer 1: the gradient through time falls to 1 % after 7 rows, and rows before that teach nothing; use `1 lstm memory 20`"


@pytest.mark.parametrize(
    ("weight", "options", "wanted"),
    [
        (0.5, {}, [VANISHES]),
        (0.99, {}, []),
        (1.2, {}, ["hidden layer 1: the gradient through time grows 31.9-fold over 19 rows; use --clip 1, use `1 lstm memory 20` or lower --learning-rate"]),
        (1.2, {"clip": 0.5}, ["hidden layer 1: the gradient through time grows 31.9-fold over 19 rows; lower --clip 0.5, use `1 lstm memory 20` or lower --learning-rate"]),
        (1.2, {"trainer": "scg"}, ["hidden layer 1: the gradient through time grows 31.9-fold over 19 rows; use `1 lstm memory 20` or lower --learning-rate"]),
    ],
)  # fmt: skip
def test_what_is_said(weight: float, options: dict[str, Any], wanted: list[str]) -> None:
    options = {"trainer": "adam", "learning_rate": 1e-9, **options}
    if options["trainer"] == "scg":
        del options["learning_rate"]
    layers = ["1 linear recurrent", "last", "1 logistic"]
    assert diagnose(*run_of(layers, [0, 1e-3, weight, 0, 1.0], [20] * 40, **options)) == wanted
