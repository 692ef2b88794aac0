"""Random spiking networks: whole batches and epochs in compiled code give what numpy gives, with the same bits for any number of threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import REFERENCE, RULES, VARIANTS, make_backend

from anncli.arrays import Inputs, Tokens
from anncli.backends import native_binding
from anncli.backends.base import Backend, Problem, Samples
from anncli.backends.rules import UpdateRule, UpdateState
from anncli.network.initialization import initialize
from anncli.network.input_shapes import read_inputs
from anncli.network.topology import Topology

pytestmark = pytest.mark.skipif(not VARIANTS, reason="needs the compiled code")


class Case:
    """A spiking network of one to four layers on 30 samples, vectors or spikes, of which some are used twice or not at all."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        coded = bool(seed % 2)
        first = "{spikes: 5, code: latency, t_max: 0.03, bias_spike: 0.0}" if coded else "5 spikes"
        widths = rng.integers(3, 14, int(rng.integers(0, 4))).tolist()
        hidden = [
            f"{width} lif mean {8 / below} sd {4 / below}" for below, width in zip([4, *widths], widths, strict=False)
        ]
        ends, scale = int(rng.integers(2, 5)), 10 / [4, *widths][-1]
        peaks = bool(rng.integers(2))
        output = (
            f"{ends} peak-voltage mean {scale} sd {scale}"
            if peaks
            else f"{ends} first-spike mean {scale} sd {scale / 3}"
        )
        topology = Topology(read_inputs(first), [*hidden, output])
        self.problem = Problem(topology, "cross-entropy" if peaks else f"first-spike:{rng.uniform(0, 0.01)},12.8")
        self.samples = Samples(
            self.inputs(rng, coded), np.eye(ends, dtype=np.float32)[rng.integers(0, ends, 30)],
            None if seed % 3 else rng.uniform(0, 2, 30).astype(np.float32),
        )  # fmt: skip
        self.parameters = initialize(topology, "auto", rng)
        self.rows = rng.integers(0, 30, 50).astype(np.int32)

    def inputs(self, rng: np.random.Generator, coded: bool) -> Inputs:
        if coded:
            return rng.uniform(0, 1, (30, 4)).astype(np.float32)
        starts = np.concatenate([[0], np.cumsum(rng.integers(0, 9, 30))])
        n = int(starts[-1])
        # Not sorted, and several at one time.
        return Tokens(rng.integers(0, 5, n), (rng.integers(0, 30, n) * 0.001).astype(np.float32), starts, 5)


def results(backend: Backend, case: Case, rule: UpdateRule, batch_size: int) -> dict[str, Any]:
    """Everything that a session computes and changes."""
    assert backend.refusal(case.problem) is None
    session, parameters = backend.open(case.problem, case.samples), case.parameters.copy()
    gradient, some = np.full_like(parameters, np.nan), np.full_like(parameters, np.nan)
    found: dict[str, Any] = {"outputs": session.outputs(parameters), "some": session.outputs(parameters, case.rows)}
    found["loss"] = session.loss(parameters, case.rows, l2=0.03)
    found["value"] = session.gradient(parameters, gradient, None, l2=0.03)
    found["value of some"] = session.gradient(parameters, some, case.rows)
    state, given = UpdateState.start(rule, parameters), np.full_like(found["some"], np.nan)
    found["mean loss"] = session.sweep(parameters, rule, state, case.rows, batch_size, outputs=given)
    session.close()
    vectors = (gradient, some, parameters, state.first, given, state.second, state.step)
    return found | {str(k): np.zeros(0) if vector is None else vector for k, vector in enumerate(vectors)}


@pytest.mark.parametrize("seed", range(8))
def test_a_random_spiking_network_gives_what_numpy_gives(seed: int) -> None:
    check_like_numpy(seed)


@pytest.mark.slow
def test_many_random_spiking_networks_give_what_numpy_gives() -> None:
    for seed in range(200):
        check_like_numpy(seed)


def check_like_numpy(seed: int) -> None:
    # Small steps: where a spike appears after one of them and not after the other, everything differs.
    case, rule = Case(seed), RULES[sorted(RULES)[seed % len(RULES)]][0]._replace(learning_rate=1e-5, l2=0.01)
    batch_size = (1, 3, 8, 20, 100)[seed % 5]
    wanted = results(REFERENCE, case, rule, batch_size)
    for name, found in results(make_backend(f"native {VARIANTS[0]}"), case, rule, batch_size).items():
        twin = np.asarray(wanted[name])
        np.testing.assert_allclose(
            found, twin, rtol=0, atol=2e-6 * max(1.0, np.abs(twin).max(initial=0)), err_msg=f"seed {seed}, {name}"
        )


def test_random_spiking_networks_answer() -> None:
    """The cases above have spikes and gradients to compare."""
    slopes = 0
    for seed in range(12):
        case = Case(seed)
        gradient = np.zeros_like(case.parameters)
        REFERENCE.open(case.problem, case.samples).gradient(case.parameters, gradient)
        slopes += bool(np.abs(gradient).max() > 1e-3)
    assert slopes > 9


@pytest.mark.parametrize("seed", range(2))
def test_any_number_of_threads_gives_the_same_bits(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_binding, "_LEAST_WORK", 1)
    case, rule = Case(seed), RULES["adam"][0]
    one, *others = (results(make_backend(f"native {VARIANTS[0]}", threads), case, rule, 30) for threads in (1, 2, 5))
    for other in others:
        assert [np.asarray(one[k]).tobytes() for k in one] == [np.asarray(other[k]).tobytes() for k in one]


def test_an_epoch_is_as_good_as_its_batches() -> None:
    """One call of an epoch makes the updates, to the bit, of one gradient after another."""
    case, rule = Case(1), RULES["adam"][0]
    session = make_backend(f"native {VARIANTS[0]}").open(case.problem, case.samples)
    parameters, other = case.parameters.copy(), case.parameters.copy()
    session.sweep(parameters, rule, UpdateState.start(rule, parameters), case.rows, 8)
    state = UpdateState.start(rule, other)
    for start in range(0, len(case.rows), 8):
        gradient = np.empty_like(other)
        session.gradient(other, gradient, case.rows[start : start + 8])
        session.update(rule, state, other, gradient)
    assert parameters.tobytes() == other.tobytes()


@pytest.mark.parametrize("weight", [np.nan, np.inf, 1e30])
def test_weights_out_of_all_bounds_end(weight: float) -> None:
    case = Case(1)
    session = make_backend(f"native {VARIANTS[0]}").open(case.problem, case.samples)
    parameters = case.parameters.copy()
    parameters[::3] = weight
    assert session.outputs(parameters).shape == (30, case.problem.topology.n_outputs)
    session.gradient(parameters, np.empty_like(parameters))


def test_calls_that_cannot_be_are_refused() -> None:
    case = Case(1)
    session = make_backend(f"native {VARIANTS[0]}").open(case.problem, case.samples)
    with pytest.raises(IndexError):
        session.outputs(case.parameters, np.array([30]))
    with pytest.raises(IndexError):
        session.outputs(case.parameters, np.array([-1]))
    with pytest.raises(ZeroDivisionError):
        session.loss(case.parameters, np.zeros(0, dtype=np.int32))
    with pytest.raises(ValueError, match="no targets"):
        session.over(Samples(case.samples.inputs)).loss(case.parameters)
    session.close()
    with pytest.raises(ValueError, match="the session is closed"):
        session.outputs(case.parameters)


def test_other_losses_go_to_numpy() -> None:
    topology = Topology(read_inputs("5 spikes"), ["4 lif", "3 peak-voltage"])
    refused = make_backend(f"native {VARIANTS[0]}").refusal(Problem(topology, "mse"))
    assert refused == "loss mse of spiking neurons is not in the compiled code"
