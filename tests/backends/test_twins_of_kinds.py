"""Layers of every kind in compiled code against numpy: all of them give what the reference backend gives, within the rounding of
float32."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import HIDDEN, OUTPUTS, REFERENCE, RULES, VARIANTS, assert_close, make_backend
from kind_cases import CHAINS, Case, case

from anncli.arrays import Rows
from anncli.backends.base import PLAIN, Backend, Problem, Samples, Shown
from anncli.backends.rules import UpdateRule, UpdateState
from anncli.network.input_shapes import read_inputs
from anncli.network.layers.base import Shape
from anncli.network.names import PRODUCT_NAMES
from anncli.network.topology import Topology

ROWS = np.array([4, 0, 6, 1, 3, 4])
# Those that the compiled code computes.
COMPILED = [name for name in CHAINS if case(name, "tanh", "mse", "linear").problem.topology.uncompiled is None]


def everything(backend: Backend, one: Case, batch_size: int, rule: UpdateRule, shown: Shown) -> dict[str, Any]:
    """What a session computes and changes."""
    session, gradient = backend.open(one.problem, one.samples), np.full_like(one.parameters, np.nan)
    found: dict[str, Any] = {
        "outputs": session.outputs(one.parameters, ROWS),
        "all outputs": session.outputs(one.parameters),
    }
    found["loss"] = session.gradient(one.parameters, gradient, ROWS, l2=0.05)
    found |= {"gradient": gradient, "loss alone": session.loss(one.parameters, ROWS, l2=0.05)}
    parameters, state = one.parameters.copy(), UpdateState.start(rule, one.parameters)
    given = np.full_like(found["outputs"], np.nan)
    found["mean loss"] = session.sweep(parameters, rule, state, ROWS, batch_size, shown, given)
    session.close()
    return found | {"parameters": parameters, "first": state.first, "given": given}


def check(backend: Backend, one: Case, batch_size: int = 3, rule: str = "momentum-l2", tolerance: float = 5e-6) -> None:
    chosen, shown = RULES[rule]
    wanted = everything(REFERENCE, one, batch_size, chosen, shown)
    for name, found in everything(backend, one, batch_size, chosen, shown).items():
        assert_close(found, wanted[name], tolerance)


@pytest.mark.skipif(not VARIANTS, reason="needs the compiled kernels")
@pytest.mark.parametrize("name", COMPILED)
def test_every_chain(name: str) -> None:
    backend, one = make_backend(f"native {VARIANTS[0]}"), case(name, "tanh", "cross-entropy", "softmax").in_float32
    check(backend, one)


@pytest.mark.slow
@pytest.mark.parametrize("name", COMPILED)
def test_every_activation_loss_and_rule(compiled: Backend, name: str) -> None:
    for k, hidden in enumerate(HIDDEN):
        output, loss = OUTPUTS[-1 - k % 12]
        one = case(name, hidden, loss, output, seed=k).in_float32
        check(compiled, one, 1 + k % 4, list(RULES)[k % len(RULES)], 2e-5)


@pytest.mark.slow
@pytest.mark.skipif(not VARIANTS, reason="needs the compiled kernels")
@pytest.mark.parametrize("name", COMPILED)
def test_the_number_of_threads_changes_no_bit(name: str) -> None:
    one = case(name, "tanh", "cross-entropy", "softmax").in_float32
    chosen, shown = RULES["dropout-adam"]
    results = []
    for threads in (1, 2, 3):
        backend = make_backend(f"native {VARIANTS[0]}", threads)
        results.append(everything(backend, one, 3, chosen, shown))
    for other in results[1:]:
        for key, value in other.items():
            assert np.asarray(value).tolist() == np.asarray(results[0][key]).tolist()


@pytest.mark.parametrize("product", [name for name, info in PRODUCT_NAMES.items() if info.components is None])
def test_vectors_of_one_component_are_a_dense_network_bit_for_bit(compiled: Backend, product: str) -> None:
    rng = np.random.default_rng(10)
    inputs, targets = rng.normal(size=(40, 6)).astype(np.float32), np.eye(3, dtype=np.float32)[rng.integers(0, 3, 40)]
    dense = Topology(6, ["7 tanh", "5 relu", "3 softmax"])
    vectors = Topology(6, [f"7x1 tanh {product}", f"5x1 relu {product}", "3 softmax"])
    parameters = rng.normal(size=dense.n_parameters).astype(np.float32)
    results = []
    for topology in (dense, vectors):
        session = compiled.open(Problem(topology, "cross-entropy"), Samples(inputs, targets))
        gradient = np.empty_like(parameters)
        loss = session.gradient(parameters, gradient)
        moved, rule = parameters.copy(), RULES["momentum-l2"][0]
        session.sweep(moved, rule, UpdateState.start(rule, parameters), np.arange(40), 8, PLAIN)
        results.append((session.outputs(parameters).tolist(), loss, gradient.tolist(), moved.tolist()))
    assert results[0] == results[1]


@pytest.mark.parametrize("seed", range(3))
def test_permuting_the_agents_of_each_sample_permutes_their_outputs(compiled: Backend, seed: int) -> None:
    rng, lengths = np.random.default_rng(seed), (1, 2, 3, 4, 5, 6, 7)
    starts = np.r_[0, np.cumsum(lengths)]
    rows = rng.normal(size=(int(starts[-1]), 5)).astype(np.float32)
    layers = ["16 relu communicate", "8 tanh", "12 tanh communicate skip 1", "3 softmax"]
    topology = Topology(Shape(5, None), layers)
    parameters = rng.normal(size=topology.n_parameters).astype(np.float32)
    order = np.concatenate([start + rng.permutation(n) for start, n in zip(starts[:-1], lengths, strict=True)])
    found, permuted = (
        compiled.open(Problem(topology), Samples(Rows(own, starts))).outputs(parameters) for own in (rows, rows[order])
    )
    assert permuted.tobytes() == found[order].tobytes()


def test_shifting_pictures_shifts_valid_convolutions_exactly(compiled: Backend) -> None:
    rng = np.random.default_rng(7)
    pictures = rng.normal(size=(2, 9, 10, 2)).astype(np.float32)
    moved = np.zeros_like(pictures)
    moved[:, 1:, 2:] = pictures[:, :8, :8]
    layers = ["4 tanh convolution 3x3 valid", "3 relu convolution 2x2 valid", "126 linear"]
    topology = Topology(read_inputs("9x10x2"), layers)
    parameters = rng.normal(size=topology.n_parameters).astype(np.float32)
    # The last layer hands on what it is given.
    (last,) = topology.blocks(parameters)[-1]
    last[...] = np.eye(127, 126, -1)
    one, other = (
        compiled.open(Problem(topology), Samples(own.reshape(2, -1))).outputs(parameters).reshape(2, 6, 7, 3)
        for own in (pictures, moved)
    )
    assert other[:, 1:, 2:].tolist() == one[:, :5, :5].tolist()


def test_long_vectors_are_left_to_numpy(compiled: Backend) -> None:
    problems = [Problem(Topology(read_inputs(f"2x{n}"), [f"1x{n} tanh circular", "1 logistic"])) for n in (128, 1024)]
    why = "this chain of layers is not in the compiled code (layer 1 has vectors of 1024 components, and 128 are the most)"
    assert [compiled.refusal(problem) for problem in problems] == [None, why]
