"""Recurrent layers in compiled code: many samples in several strips and blocks, pieces of long samples, rules with updates in numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import REFERENCE, VARIANTS, assert_close, make_backend

from anncli.arrays import Rows, Tokens
from anncli.backends import native_binding
from anncli.backends.base import PLAIN, Backend, Problem, Samples, Shown
from anncli.backends.rules import UpdateRule, UpdateState
from anncli.network.input_shapes import read_inputs
from anncli.network.topology import Topology

pytestmark = pytest.mark.skipif(not VARIANTS, reason="needs the compiled kernels")

STREAM = ("any x 3", "20 lstm, 7 tanh, 6 gru, 5 gelu, 5 tanh recurrent, 4 softmax")
REDUCED = ("any x 3", "20 lstm, 9 tanh recurrent bidirectional, 6 gru, last, 4 softmax")
OF_TOKENS = ("30 tokens", "17 lstm, 4 softmax")


class Case:
    """40 samples of 1 to 40 rows, and one of 530: more than a strip has, and a piece of a pass without a way back."""

    def __init__(self, chain: tuple[str, str], truncate: int = 0) -> None:
        text, layers = chain
        rng, topology = np.random.default_rng(5), Topology(read_inputs(text), layers.split(", "))
        lengths = np.r_[rng.integers(1, 40, 40), 530]
        starts = np.r_[0, np.cumsum(lengths)]
        n = int(starts[-1])
        inputs: Any = Rows(rng.normal(size=(n, 3)).astype(np.float32), starts)
        if topology.inputs.tokens:
            inputs = Tokens(rng.integers(0, 30, n), rng.normal(size=n).astype(np.float32), starts, 30)
        answers = n if topology.answers_rows else len(lengths)
        targets: Any = np.eye(4, dtype=np.float32)[rng.integers(0, 4, answers)]
        if topology.answers_rows:
            targets = Rows(targets, starts)
        self.problem, self.samples = Problem(topology, "cross-entropy", truncate), Samples(inputs, targets)
        self.parameters = rng.normal(0, 0.3, topology.n_parameters).astype(np.float32)
        self.order = rng.permutation(len(lengths))

    def results(self, backend: Backend, rule: UpdateRule, batch_size: int, shown: Shown = PLAIN) -> dict[str, Any]:
        session, gradient = backend.open(self.problem, self.samples), np.full_like(self.parameters, np.nan)
        found: dict[str, Any] = {"outputs": session.outputs(self.parameters, self.order)}
        found |= {
            "loss": session.loss(self.parameters),
            "value": session.gradient(self.parameters, gradient, None, shown),
        }
        moved, state, given = (
            self.parameters.copy(),
            UpdateState.start(rule, self.parameters),
            np.full_like(found["outputs"], np.nan),
        )
        found["mean"] = session.sweep(moved, rule, state, self.order, batch_size, shown, given)
        session.close()
        return found | {"gradient": gradient, "moved": moved, "given": given, "step": state.step}


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("chain", "truncate"),
    [
        (STREAM, 25),
        (REDUCED, 0),
        pytest.param(STREAM, 0, marks=SLOW),
        pytest.param(OF_TOKENS, 0, marks=SLOW),
        (OF_TOKENS, 25),
    ],
)
def test_many_samples_in_strips_blocks_and_pieces_are_those_of_numpy(chain: tuple[str, str], truncate: int) -> None:
    case, rule = Case(chain, truncate), UpdateRule("adam", 0.003, epsilon=1e-2)
    wanted = case.results(REFERENCE, rule, 40)
    for name, found in case.results(make_backend(f"native {VARIANTS[0]}"), rule, 40).items():
        assert_close(found, wanted[name], 4e-5)


@pytest.mark.parametrize("chain", [STREAM, REDUCED, OF_TOKENS])
def test_the_number_of_threads_changes_no_bit(chain: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_binding, "_LEAST_WORK", 1)
    case, rule = Case(chain, 0 if chain == REDUCED else 25), UpdateRule("adam", 0.003)
    one, *others = (
        case.results(make_backend(f"native {VARIANTS[0]}", threads), rule, 40, Shown(0.2, 0.1, 3))
        for threads in (1, 2, 3)
    )
    for other in others:
        assert all(np.asarray(one[name]).tobytes() == np.asarray(other[name]).tobytes() for name in one)


@pytest.mark.slow
@pytest.mark.parametrize(
    "rule",
    [
        UpdateRule("sgd", 0.05, 0.9, clip=0.2),
        UpdateRule("adam", 0.003, epsilon=1e-2, l1=0.001),
        UpdateRule("rmsprop", 0.001, epsilon=1e-2),
        UpdateRule("schedule-free", 0.003, epsilon=1e-2),
    ],
)
def test_pieces_with_updates_in_numpy_carry_their_state(rule: UpdateRule) -> None:
    case = Case(STREAM, 25)
    wanted = case.results(REFERENCE, rule, 40, Shown(0.2, 0.1, 3))
    for name, found in case.results(make_backend(f"native {VARIANTS[0]}"), rule, 40, Shown(0.2, 0.1, 3)).items():
        assert_close(found, wanted[name], 4e-5)


def test_pieces_within_the_tolerance_change_nothing(compiled: Backend) -> None:
    topology, starts = Topology(read_inputs("any x 2"), ["3 lstm", "1 linear"]), np.array([0, 5])
    samples = Samples(Rows(np.ones((5, 2), np.float32), starts), Rows(np.float32([[0], [0], [0], [0], [1]]), starts))
    for rule, steps in ((UpdateRule("sgd", 0.1), 1), (UpdateRule("sgd", 0.1, clip=10.0), 1)):
        moved = np.zeros(topology.n_parameters, dtype=np.float32)
        state = UpdateState.start(rule, moved)
        session = compiled.open(Problem(topology, "mse", 2), samples)
        session.sweep(moved, rule, state, np.array([0]), 1, Shown(tolerance=0.1))
        assert state.step == steps
        # Outputs are 0, the last target is 1: the gradient of the mean of one square is -2.
        assert moved[-4] == np.float32(0.2)
