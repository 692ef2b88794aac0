"""Lazy updates of the rows that tokens read: the numbers of the rule that changes every row at every update."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from cases import REFERENCE, VARIANTS, make_backend

from anncli.arrays import Array, Rows, Tokens
from anncli.backends.base import PLAIN, Backend, Problem, Samples, Shown
from anncli.backends.rules import UpdateRule, UpdateState
from anncli.network.input_shapes import read_inputs
from anncli.network.topology import Topology

pytestmark = pytest.mark.skipif(not VARIANTS, reason="needs the compiled kernels")

# Fewer rows than the compiled code updates lazily, and more.
FEW, MANY = 200, 300

CHAINS = (
    "5 tanh, 3 softmax",
    "20 embedding, mean, 3 softmax",
    "6 lstm, last, 3 softmax",
    "4 gru bidirectional, mean, 3 softmax",
)
RULES = {
    "sgd": UpdateRule("sgd", 0.02, 0.9),
    "sgd, l2": UpdateRule("sgd", 0.1, 0.7, l2=0.01),
    "nesterov, l2": UpdateRule("nesterov", 0.05, 0.8, l2=0.02),
    "adam": UpdateRule("adam", 0.01),
    "adam, l2": UpdateRule("adam", 0.01, l2=0.01),
    "adamw": UpdateRule("adamw", 0.02, weight_decay=0.1),
    "adam that does not settle": UpdateRule("adam", 0.01, beta1=0.97, beta2=0.9),
}


class Result(NamedTuple):
    """What a sweep leaves."""

    weights: Array
    state: UpdateState
    mean: float
    outputs: Array


class Texts:
    """30 samples of tokens below FEW; token 7 stands only in the first one, so that it misses all updates after that."""

    def __init__(self, chain: str, n: int = 30) -> None:
        rng = np.random.default_rng(3)
        self.layers = chain.split(", ")
        lengths = rng.integers(2, 9, n)
        self.starts = np.r_[0, np.cumsum(lengths)]
        self.indices = rng.integers(8, FEW, self.starts[-1])
        self.indices[:2] = 7
        self.values = rng.normal(size=self.starts[-1]).astype(np.float32)
        self.targets = np.eye(3, dtype=np.float32)[rng.integers(0, 3, n)]
        self.order = np.arange(n)

    def problem(self, width: int) -> Problem:
        return Problem(Topology(read_inputs(f"{width} tokens"), self.layers), "cross-entropy")

    def parameters(self, width: int) -> Array:
        """Those of MANY tokens, or of the first FEW of them."""
        full = self.problem(MANY).topology
        drawn = np.random.default_rng(4).normal(0, 0.3, full.n_parameters).astype(np.float32)
        return drawn if width == MANY else self.shared(drawn)

    def shared(self, vector: Array) -> Array:
        """What a vector of a network of MANY tokens holds of one of FEW."""
        full, few = self.problem(MANY).topology, self.problem(FEW).topology
        parts = [
            np.delete(wide, self.rows_beyond(wide, narrow), axis=0).ravel()
            for a, b in zip(full.blocks(vector), few.blocks(np.empty(few.n_parameters, np.float32)), strict=True)
            for wide, narrow in zip(a, b, strict=True)
        ]
        return np.concatenate(parts)

    @staticmethod
    def rows_beyond(wide: Array, narrow: Array) -> slice:
        extra = len(wide) - len(narrow)
        first = FEW + (0 if len(wide) == MANY else 1)
        return slice(first, first + extra)

    def sweep(
        self, backend: Backend, rule: UpdateRule, width: int, batch: int = 2, order: Array | None = None,
        start: Result | None = None, shown: Shown = PLAIN,
    ) -> Result:  # fmt: skip
        order = self.order if order is None else order
        tokens = Tokens(self.indices, self.values, self.starts, width)
        session = backend.open(self.problem(width), Samples(tokens, self.targets))
        weights = self.parameters(width) if start is None else start.weights.copy()
        state = UpdateState.start(rule, weights) if start is None else start.state
        outputs = np.empty((len(order), 3), np.float32)
        mean = session.sweep(weights, rule, state, order, batch, shown, outputs)
        session.close()
        return Result(weights, state, mean, outputs)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("chain", CHAINS)
def test_rows_that_wait_become_what_they_would_have_been(compiled: Backend, chain: str, name: str) -> None:
    texts = Texts(chain)
    lazy, eager = (texts.sweep(compiled, RULES[name], width) for width in (MANY, FEW))
    # The others take several updates at once by a power of their factors.
    is_same = RULES[name].name == "adam"
    for mine, other in ((lazy.weights, eager.weights), (lazy.state.first, eager.state.first)):
        mine = texts.shared(mine)
        if is_same:
            np.testing.assert_array_equal(mine, other)
        else:
            np.testing.assert_allclose(mine, other, rtol=2e-5, atol=1e-6)
    assert lazy.mean == pytest.approx(eager.mean, rel=1e-6)
    assert lazy.state.step == eager.state.step == 15
    np.testing.assert_allclose(lazy.outputs, eager.outputs, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("name", RULES)
def test_a_row_that_waits_long_equals_numpy(compiled: Backend, name: str) -> None:
    """900 updates after its only token: momentum is used up, and the rest is a power."""
    texts, order = Texts(CHAINS[0]), np.r_[0, np.tile(np.arange(1, 30), 31)]
    mine, other = (texts.sweep(own, RULES[name], MANY, 1, order) for own in (compiled, REFERENCE))
    np.testing.assert_allclose(mine.weights, other.weights, rtol=5e-4, atol=2e-5)
    row = slice(5 + 7 * 5, 5 + 8 * 5)
    np.testing.assert_allclose(mine.weights[row], other.weights[row], rtol=2e-5, atol=2e-6)
    for vector, wanted in ((mine.state.first, other.state.first), (mine.state.second, other.state.second)):
        if vector is not None and wanted is not None:
            np.testing.assert_allclose(vector[row], wanted[row], rtol=2e-4, atol=1e-9)


@pytest.mark.parametrize("name", RULES)
def test_between_two_sweeps_no_row_waits(compiled: Backend, name: str) -> None:
    texts = Texts(CHAINS[1])
    whole = texts.sweep(compiled, RULES[name], MANY)
    half = texts.sweep(compiled, RULES[name], MANY, order=texts.order[:14])
    both = texts.sweep(compiled, RULES[name], MANY, order=texts.order[14:], start=half)
    np.testing.assert_allclose(both.weights, whole.weights, rtol=2e-5, atol=1e-7)
    assert both.state.step == whole.state.step


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_bytes_do_not_depend_on_threads(monkeypatch: pytest.MonkeyPatch, variant: str, chain: str) -> None:
    monkeypatch.setattr("anncli.backends.native_binding._LEAST_WORK", 1)
    texts = Texts(chain)
    for name in ("sgd, l2", "adamw"):
        found = [texts.sweep(make_backend(variant, threads=n), RULES[name], MANY, 8) for n in (1, 2, 3, 7)]
        assert len({result.weights.tobytes() for result in found}) == 1
        assert len({result.state.first.tobytes() for result in found if result.state.first is not None}) == 1


def test_pieces_and_a_tolerance(compiled: Backend) -> None:
    """Streams are presented in pieces, with an update after each; a sample within the tolerance makes no update."""
    rng, starts = np.random.default_rng(8), np.array([0, 9, 20, 23])
    tokens = Tokens(rng.integers(0, MANY, 23), np.ones(23, np.float32), starts, MANY)
    wanted: Any = Rows(np.eye(3, dtype=np.float32)[rng.integers(0, 3, 23)], starts)
    topology = Topology(read_inputs(f"{MANY} tokens"), ["6 lstm", "3 softmax"])
    drawn = rng.normal(0, 0.3, topology.n_parameters).astype(np.float32)
    for batch, shown, steps in ((3, PLAIN, 3), (1, Shown(tolerance=0.75), None)):
        found = []
        for own in (compiled, REFERENCE):
            session = own.open(Problem(topology, "cross-entropy", 4), Samples(tokens, wanted))
            weights, rule = drawn.copy(), RULES["adamw"]
            state = UpdateState.start(rule, weights)
            session.sweep(weights, rule, state, np.arange(3), batch, shown)
            found.append((weights, state.step))
        np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-3, atol=1e-5)
        assert found[0][1] == found[1][1]
        assert steps is None or found[0][1] == steps
