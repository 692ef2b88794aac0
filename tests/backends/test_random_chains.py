"""Random chains of layers: the compiled code gives what numpy gives, the same bits for any number of threads, and refuses what it
cannot compute before it reads any memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import REFERENCE, RULES, VARIANTS, assert_close, make_backend
from random_chains import RandomChain, random_chain

from anncli.arrays import Rows, Tokens
from anncli.backends import native_binding
from anncli.backends.base import Backend, Problem, Samples, Shown
from anncli.backends.rules import UpdateRule, UpdateState
from anncli.network.layers.base import Shape
from anncli.network.topology import Topology

pytestmark = pytest.mark.skipif(not VARIANTS, reason="needs the compiled kernels")


def results(backend: Backend, chain: RandomChain, rule: UpdateRule, batch_size: int) -> dict[str, Any]:
    """Everything that a session computes and changes."""
    reason = backend.refusal(chain.problem)
    assert reason is None, reason
    session, parameters, shown = backend.open(chain.problem, chain.samples), chain.parameters.copy(), chain.shown
    gradient, dropped = np.full_like(parameters, np.nan), np.full_like(parameters, np.nan)
    found: dict[str, Any] = {
        "outputs": session.outputs(parameters),
        "some outputs": session.outputs(parameters, chain.rows),
    }
    found["loss"] = session.loss(parameters, chain.rows, l2=0.03)
    found["value"] = session.gradient(parameters, gradient, None, l2=0.03)
    found["value with dropout"] = session.gradient(parameters, dropped, chain.rows, shown)
    state, given = UpdateState.start(rule, parameters), np.full_like(found["some outputs"], np.nan)
    found["mean loss"] = session.sweep(parameters, rule, state, chain.rows, batch_size, shown, given)
    found["next mean loss"] = session.sweep(
        parameters, rule, state, chain.rows, batch_size, shown.after(len(chain.rows))
    )
    session.close()
    return found | {
        "gradient": gradient, "with dropout": dropped, "parameters": parameters, "first": state.first, "given": given,
        "second": np.zeros(0) if state.second is None else state.second, "step": state.step,
    }  # fmt: skip


def check_like_numpy(backend: Backend, seed: int) -> None:
    chain, rule = random_chain(seed), RULES[sorted(RULES)[seed % len(RULES)]][0]
    batch_size = (1, 2, 3, 5, 100)[seed % 5]
    wanted = results(REFERENCE, chain, rule, batch_size)
    for name, found in results(backend, chain, rule, batch_size).items():
        try:
            # Sums of some thousand terms.
            assert_close(found, wanted[name], 4e-5)
        except AssertionError as error:
            layers = [layer.text() for layer in chain.problem.topology.layers]
            raise AssertionError(f"seed {seed}, {name}, {chain.problem.loss}, {layers}") from error


@pytest.mark.parametrize("seed", range(12))
def test_a_random_chain_gives_what_numpy_gives(seed: int) -> None:
    check_like_numpy(make_backend(f"native {VARIANTS[seed % len(VARIANTS)]}"), seed)


@pytest.mark.slow
def test_many_random_chains_give_what_numpy_gives(compiled: Backend) -> None:
    for seed in range(200):
        check_like_numpy(compiled, seed)


def same_bits(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(np.asarray(value).tobytes() == np.asarray(other[name]).tobytes() for name, value in one.items())


@pytest.mark.parametrize("seed", range(4))
def test_any_number_of_threads_gives_the_same_bits(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_binding, "_LEAST_WORK", 1)
    check_threads(f"native {VARIANTS[0]}", seed)


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
def test_many_chains_have_the_same_bits_with_threads(variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_binding, "_LEAST_WORK", 1)
    for seed in range(100, 140):
        check_threads(f"native {variant}", seed)


def check_threads(name: str, seed: int) -> None:
    chain, rule = random_chain(seed), RULES["adam-l2" if seed % 2 else "momentum"][0]
    one = results(make_backend(name), chain, rule, 5)
    for threads in (2, 3, 4):
        assert same_bits(one, results(make_backend(name, threads), chain, rule, 5)), (seed, threads)


def test_blocks_of_samples_that_do_not_fit_the_cache_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """More samples than a block has, in batches of several blocks."""
    rng = np.random.default_rng(4)
    topology = Topology(
        Shape(20 * 20 * 2, 1, (20, 20, 2)),
        ["9 tanh convolution 3x3", "max-pool 2x2", "7 silu convolution 2x3", "3 softmax"],
    )
    inputs = rng.normal(size=(40, 800)).astype(np.float32)
    samples = Samples(inputs, np.eye(3, dtype=np.float32)[rng.integers(0, 3, 40)])
    parameters = rng.normal(0, 0.2, topology.n_parameters).astype(np.float32)
    chain = RandomChain(Problem(topology, "cross-entropy"), samples, parameters, rng.permutation(40), Shown())
    rule = RULES["adam"][0]
    wanted = results(REFERENCE, chain, rule, 25)
    monkeypatch.setattr(native_binding, "_LEAST_WORK", 1)
    alone, both = (results(make_backend(f"native {VARIANTS[0]}", threads), chain, rule, 25) for threads in (1, 2))
    assert same_bits(alone, both)
    for name, found in alone.items():
        assert_close(found, wanted[name], 2e-5)


def test_a_row_within_the_tolerance_changes_nothing(compiled: Backend) -> None:
    topology = Topology(Shape(2, None), ["3 tanh", "1 linear"])
    starts = np.array([0, 2, 5])
    samples = Samples(Rows(np.ones((5, 2), np.float32), starts), Rows(np.zeros((5, 1), np.float32), starts))
    parameters = np.zeros(topology.n_parameters, dtype=np.float32)
    rule, moved = UpdateRule("sgd", 0.1, 0.9), parameters.copy()
    state = UpdateState.start(rule, moved)
    session = compiled.open(Problem(topology), samples)
    assert session.sweep(moved, rule, state, np.array([0, 1]), 1, Shown(tolerance=0.1)) == 0
    assert (moved.tolist(), state.step) == (parameters.tolist(), 0)
    moved[-4] = 0.5
    assert session.sweep(moved, rule, state, np.array([0, 1]), 1, Shown(tolerance=0.1)) > 0
    assert state.step == 2


def test_what_the_compiled_code_cannot_read_is_computed_by_numpy(compiled: Backend) -> None:
    """Float64 parameters, and samples too short for a window, of which numpy says so or not."""
    chain = random_chain(1)
    precise = chain.parameters.astype(np.float64)
    session, reference = (b.open(chain.problem, chain.samples) for b in (compiled, REFERENCE))
    assert session.outputs(precise).dtype == np.float64
    assert session.outputs(precise).tolist() == reference.outputs(precise).tolist()
    session.close()
    with pytest.raises(ValueError, match="closed"):
        session.outputs(chain.parameters)


def test_a_session_over_other_samples(compiled: Backend) -> None:
    chain = random_chain(5)
    session, rows = compiled.open(chain.problem, chain.samples), np.array([2, 0])
    inputs: Any = chain.samples.inputs[rows]
    other = session.over(Samples(inputs))
    assert other.outputs(chain.parameters).tolist() == session.outputs(chain.parameters, rows).tolist()
    with pytest.raises(ValueError, match="no targets"):
        other.loss(chain.parameters)
    assert other.outputs(chain.parameters, np.array([], dtype=np.int64)).shape == (0, chain.problem.topology.n_outputs)
    with pytest.raises(IndexError):
        other.outputs(chain.parameters, np.array([2]))


def test_tokens_out_of_range_are_never_read(compiled: Backend) -> None:
    topology = Topology(Shape(5, None, None, True), ["3 embedding", "mean", "2 softmax"])
    tokens = Tokens(np.array([0, 4, 2]), np.ones(3, np.float32), np.array([0, 1, 3]), 5)
    session = compiled.open(Problem(topology, "cross-entropy"), Samples(tokens, np.eye(2, dtype=np.float32)))
    parameters = np.ones(topology.n_parameters, dtype=np.float32)
    before = session.outputs(parameters)
    for wrong in (5, -1, 2**31 - 1):
        tokens.indices[1] = wrong
        with pytest.raises(IndexError, match=f"token {wrong} is not in 0 .. 4"):
            session.outputs(parameters)
        assert session.outputs(parameters, np.array([0])).tolist() == before[:1].tolist()


def test_agents_of_one_number_give_the_same_for_each_thread_at_once(compiled: Backend) -> None:
    """Two threads of Python in one session at the same time: the second one works on a copy of the plan."""
    from concurrent.futures import ThreadPoolExecutor

    chain = random_chain(8)
    session = compiled.open(chain.problem, chain.samples)
    wanted = session.outputs(chain.parameters).tolist()
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: session.outputs(chain.parameters).tolist(), range(40)):
            assert found == wanted
