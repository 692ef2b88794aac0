"""Samples of several rows and of tokens: the reference backend against vectors that say the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anncli.arrays import Rows, Tokens
from anncli.backends.base import Backend, Problem, Samples, Shown
from anncli.backends.native_session import NativeSession
from anncli.backends.reference import ReferenceBackend
from anncli.backends.rules import UpdateRule, UpdateState
from anncli.network.layers.base import Shape
from anncli.network.topology import Topology

LAYERS = ("5 tanh", "3 softmax")
LENGTHS = np.array([2, 1, 3, 1])


def ragged(rng: np.random.Generator, columns: int) -> Rows:
    starts = np.r_[0, np.cumsum(LENGTHS)]
    return Rows(rng.normal(size=(int(starts[-1]), columns)).astype(np.float32), starts)


def one_hot(rng: np.random.Generator, n: int) -> Any:
    return np.eye(3, dtype=np.float32)[rng.integers(0, 3, n)]


def test_dense_layers_on_rows_are_those_on_vectors() -> None:
    rng = np.random.default_rng(1)
    rows = ragged(rng, 4)
    wanted, weights = one_hot(rng, 7), rng.uniform(0.5, 2, 7).astype(np.float32)
    own = Samples(rows, Rows(wanted, rows.starts), Rows(weights[:, None], rows.starts))
    parameters = rng.normal(size=Topology(4, LAYERS).n_parameters)
    several = ReferenceBackend().open(Problem(Topology(Shape(4, None), LAYERS), "cross-entropy"), own)
    single = ReferenceBackend().open(
        Problem(Topology(4, LAYERS), "cross-entropy"), Samples(rows.values, wanted, weights)
    )
    # Samples 3 and 0 are the rows 6, 0 and 1.
    chosen, places = np.array([3, 0]), np.array([6, 0, 1])
    assert several.outputs(parameters, chosen).tolist() == single.outputs(parameters, places).tolist()
    mine, other = np.empty_like(parameters), np.empty_like(parameters)
    assert several.gradient(parameters, mine, chosen, l2=0.1) == single.gradient(parameters, other, places, l2=0.1)
    assert mine.tolist() == other.tolist()
    given = np.zeros((7, 3))
    rule = UpdateRule("sgd", 0.1)
    places_of_all, before = np.arange(7), parameters.copy()
    mean = several.sweep(parameters.copy(), rule, UpdateState.start(rule, parameters), np.arange(4), 4, outputs=given)
    assert mean == single.sweep(parameters, rule, UpdateState.start(rule, parameters), places_of_all, 7)
    assert given.tolist() == several.outputs(before).tolist()


def test_a_dense_layer_on_tokens_is_that_on_the_sparse_vectors() -> None:
    rng = np.random.default_rng(2)
    starts = np.array([0, 2, 2, 5])
    tokens = Tokens(np.array([4, 0, 3, 3, 1]), np.array([1, 2, -1, 0.5, 3], np.float32), starts, 6)
    vectors = np.array([[2, 0, 0, 0, 1, 0], [0] * 6, [0, 3, 0, -0.5, 0, 0]], np.float32)
    wanted = one_hot(rng, 3)
    problem = Problem(Topology(Shape(6, None, None, True), LAYERS), "cross-entropy")
    sparse = ReferenceBackend().open(problem, Samples(tokens, wanted))
    dense = ReferenceBackend().open(Problem(Topology(6, LAYERS), "cross-entropy"), Samples(vectors, wanted))
    parameters = rng.normal(size=problem.topology.n_parameters)
    assert sparse.outputs(parameters) == pytest.approx(dense.outputs(parameters), rel=1e-12)
    mine, other = np.empty_like(parameters), np.empty_like(parameters)
    sparse.gradient(parameters, mine)
    dense.gradient(parameters, other)
    assert mine == pytest.approx(other, rel=1e-12, abs=1e-15)


def test_samples_without_tokens_are_computed_in_compiled_code(compiled: Backend) -> None:
    rng, starts = np.random.default_rng(6), np.array([0, 0, 2, 2])
    tokens = Tokens(np.array([4, 0]), np.array([1, 2], np.float32), starts, 6)
    problem, wanted = Problem(Topology(Shape(6, None, None, True), LAYERS), "cross-entropy"), one_hot(rng, 3)
    session, reference = (own.open(problem, Samples(tokens, wanted)) for own in (compiled, ReferenceBackend()))
    assert isinstance(session, NativeSession)
    assert session._numpy_from
    parameters = rng.normal(size=problem.topology.n_parameters).astype(np.float32)
    mine, other = np.empty_like(parameters), np.empty_like(parameters)
    assert session.gradient(parameters, mine) == pytest.approx(reference.gradient(parameters, other), rel=1e-6)
    assert mine == pytest.approx(other, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("batch", [1, 2, 4])
def test_dropout_of_a_sample_does_not_depend_on_the_samples_before_it(batch: int) -> None:
    rng = np.random.default_rng(3)
    rows = ragged(rng, 4)
    problem = Problem(Topology(Shape(4, None), LAYERS), "cross-entropy")
    session = ReferenceBackend().open(problem, Samples(rows, Rows(one_hot(rng, 7), rows.starts)))
    parameters, given = rng.normal(size=problem.topology.n_parameters), np.zeros((7, 3))
    rule, shown = UpdateRule("sgd", 0.0), Shown(0.5, 0.2, seed=4, rows_seen=9)
    session.sweep(parameters, rule, UpdateState.start(rule, parameters), np.arange(4), batch, shown, given)
    again = np.zeros((7, 3))
    session.sweep(parameters, rule, UpdateState.start(rule, parameters), np.arange(4), 3, shown, again)
    assert given == pytest.approx(again, rel=1e-12)


def test_rows_and_tokens_are_chosen_by_sample() -> None:
    rows = Rows(np.arange(8.0).reshape(4, 2), np.array([0, 1, 1, 4]))
    assert rows[np.array([2, 0])].values.tolist() == [[2, 3], [4, 5], [6, 7], [0, 1]]
    assert rows[1:].starts.tolist() == [0, 0, 3]
    assert len(rows[np.array([True, False, False])]) == 1
    tokens = Tokens(np.array([1, 2, 0]), np.ones(3), np.array([0, 1, 3]), 3)
    assert tokens[np.array([1, 1])].indices.tolist() == [2, 0, 2, 0]
    with pytest.raises(ValueError, match="token indices from 0 to 3, expected 0 to 2"):
        Tokens(np.array([0, 3]), np.ones(2), np.array([0, 2]), 3)
    with pytest.raises(ValueError, match="starts must rise from 0 to 4"):
        Rows(np.zeros((4, 2)), np.array([0, 5, 4]))


@pytest.mark.parametrize("first", ["mean", "mean-pool 2", "3 tanh communicate"])
def test_the_first_layer_computes_in_the_precision_of_the_parameters(first: str) -> None:
    rng, starts = np.random.default_rng(8), np.array([0, 3, 7])
    rows = Rows(rng.normal(size=(7, 3)).astype(np.float32), starts)
    topology = Topology(Shape(3, None), [*dict.fromkeys([first, "mean"]), "2 linear"])
    parameters = rng.normal(size=topology.n_parameters)
    single, double = (
        ReferenceBackend().open(Problem(topology), Samples(own)).outputs(parameters)
        for own in (rows, rows.astype(float))
    )
    assert single.tolist() == double.tolist()
