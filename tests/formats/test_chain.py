"""The chain that networks of other programs are put together as, beside the steps computed one by one in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from anncli.errors import NetworkError
from anncli.formats.networks.chain import Chain, set_answers
from anncli.formats.networks.graph import Graph, Unit
from anncli.inference.predict import predict

RNG = np.random.default_rng(3)
ROWS = RNG.normal(size=(20, 3)) * 3
A, B = RNG.normal(size=(3, 2)), RNG.normal(size=2)
C, D = RNG.normal(size=(2, 3)), RNG.normal(size=3)
F, S, T = RNG.normal(size=2), RNG.normal(size=2), RNG.normal(size=2)


def soft(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


INF = float("inf")
LOW, HIGH = np.array([-1.0, -INF, -INF]), np.array([0.5, 1.0, INF])

# Steps as a chain is told them, the layers that come out, and the same by hand.
CASES: dict[str, tuple[Callable[[Chain], Any], str, Callable[[np.ndarray], np.ndarray]]] = {
    "two layers": (
        lambda c: (c.affine(A, B), c.activate("tanh"), c.affine(C, D)),
        "2 tanh, 3 linear",
        lambda x: np.tanh(x @ A + B) @ C + D,
    ),
    "a map behind a layer": (
        lambda c: (c.affine(A, B), c.each(F, S, T), c.activate("relu")),
        "2 relu",
        lambda x: np.maximum((x @ A + B + T) * F + S, 0),
    ),
    "maps between layers": (
        lambda c: (c.affine(A, B), c.activate("tanh"), c.each(F, S, T), c.each(2.0, 1.0, 0.5), c.affine(C)),
        "2 tanh, 3 linear",
        lambda x: (((np.tanh(x @ A + B) + T) * F + S + 0.5) * 2 + 1) @ C,
    ),
    "a map before the first layer": (
        lambda c: (c.each(0.5, 2.0, -1.0), c.affine(A, B)),
        "2 linear",
        lambda x: ((x - 1) * 0.5 + 2) @ A + B,
    ),
    "a map behind the last activation": (
        lambda c: (c.affine(A, B), c.activate("tanh"), c.each(F, S)),
        "2 tanh, 2 linear",
        lambda x: np.tanh(x @ A + B) * F + S,
    ),
    "two activations": (
        lambda c: (c.affine(A, B), c.activate("logistic"), c.soften()),
        "2 logistic, 2 softmax",
        lambda x: soft(1 / (1 + np.exp(-(x @ A + B)))),
    ),
    "a softmax of a linear layer": (
        lambda c: (c.affine(A, B), c.activate("linear"), c.soften()),
        "2 softmax",
        lambda x: soft(x @ A + B),
    ),
    "a range on both sides, on one, on none": (
        lambda c: (c.each(0.5), c.clip(LOW, HIGH), c.affine(A, B)),
        "6 relu, 2 linear",
        lambda x: np.clip(x * 0.5, LOW, HIGH) @ A + B,
    ),
    "a lower bound alone": (
        lambda c: (c.clip(np.array([-1.0, -2, 0]), np.full(3, INF)), c.affine(A, B)),
        "6 relu, 2 linear",
        lambda x: np.maximum(x, [-1, -2, 0]) @ A + B,
    ),
    "no layer at all": (lambda c: c.each(2.0, 1.0), "3 linear", lambda x: 2 * x + 1),
}


@pytest.mark.parametrize("name", CASES)
def test_the_steps_of_a_chain(name: str) -> None:
    tell, layers, by_hand = CASES[name]
    chain = Chain(3, "x", "file")
    tell(chain)
    network = chain.network()
    assert network.layers_text == layers
    np.testing.assert_allclose(
        predict(network, ROWS), by_hand(ROWS.astype(np.float32).astype(float)), rtol=2e-5, atol=2e-5
    )


def test_what_is_rounded_is_said_only_where_digits_are_lost() -> None:
    chain = Chain(1, "x", "file")
    chain.affine(np.array([[0.95093]]), np.array([1e-5]))
    assert chain.network().source.remarks == ()
    chain = Chain(1, "x", "file")
    chain.affine(np.array([[0.1234567890123]]), np.array([2.0]))
    assert chain.network().source.remarks == ("1 of 2 weights and scaling values are rounded to 32-bit numbers",)


@pytest.mark.parametrize(
    ("tell", "words"),
    [
        (lambda c: c.affine(np.ones((2, 2))), "file: weights of 2 x 2 do not fit 3 values below them"),
        (lambda c: c.affine(np.ones((3, 2)), np.ones(3)), "3 bias values for 2 units"),
        (lambda c: c.affine(np.full((3, 1), 1e39)), "one of its numbers is 1e\\+39, which no finite 32-bit number stands for"),
        (lambda c: (c.affine(A), c.activate("exp"), c.affine(C)), "layer 1 has exp units, which ann knows for the output layer only"),
        (lambda c: (c.affine(np.ones((3, 1))), c.soften()), "a softmax over one value is always 1"),
        (lambda c: c.check_next(20_000_000), "20000000 units or inputs are more than"),
    ],
)  # fmt: skip
def test_what_no_chain_can_be(tell: Callable[[Chain], Any], words: str) -> None:
    chain = Chain(3, "x", "file")

    def build() -> None:
        tell(chain)
        chain.network()

    with pytest.raises(NetworkError, match=words):
        build()


def test_units_in_any_order_and_of_no_use() -> None:
    """The layer of a unit is one above the highest that it reads, whatever its place in the file."""
    units = {
        "out": Unit("", "linear", 1.0, {"h": 2.0}), "lost": Unit("", "tanh", 0.0, {"h": 1.0}),
        "h": Unit("", "tanh", 0.5, {"a": 1.0, "b": -1.0}),
    }  # fmt: skip
    chain = Chain(2, "x", "file")
    Graph(chain, ["a", "b"], units, ["out"]).build()
    network = chain.network()
    assert network.layers_text == "1 tanh, 1 linear"
    assert network.source.remarks == ("1 unit that no output depends on is left out",)
    np.testing.assert_allclose(
        predict(network, ROWS[:, :2]), 2 * np.tanh(ROWS[:, :1] - ROWS[:, 1:2] + 0.5) + 1, rtol=1e-4, atol=1e-5
    )


def test_a_value_passes_linear_units_as_it_is() -> None:
    units = {"h": Unit("", "linear", 0.0, {"a": 2.0}), "k": Unit("", "relu", 0.0, {"h": 1.0, "b": 3.0})}
    chain = Chain(2, "x", "file")
    Graph(chain, ["a", "b"], units, ["k"]).build()
    network = chain.network()
    assert network.layers_text == "2 linear, 1 relu"
    np.testing.assert_allclose(
        predict(network, ROWS[:, :2]), np.maximum(2 * ROWS[:, :1] + 3 * ROWS[:, 1:2], 0), rtol=1e-5, atol=1e-6
    )


def test_few_connections_of_many_units_take_no_memory() -> None:
    units = {f"u{k}": Unit("", "tanh", 0.0, {"i0": 1.0}) for k in range(3000)}
    chain = Chain(3000, "x", "file")
    with pytest.raises(NetworkError, match="is sparse: 3000 connections would take 9000000 weights"):
        Graph(chain, [f"i{k}" for k in range(3000)], units, list(units)).build()


def test_answers_that_a_file_does_not_describe() -> None:
    def made(activation: str, n: int, **given: Any) -> Any:
        chain = Chain(2, "x", "file")
        chain.affine(np.ones((2, n)))
        chain.activate(activation)
        return set_answers(chain.network(), **given)

    assert made("logistic", 3).classes == ("output 1", "output 2", "output 3")
    assert made("logistic", 2, first=0).classes == ("0", "1")
    assert (made("tanh", 1).classes, made("tanh", 1).decision_threshold) == (("1", "0"), 0.0)
    assert made("linear", 2, names=("a", "b")).target_names == ("a", "b")
    logit = made("linear", 1, task="classification")
    assert (logit.classes, logit.decision_threshold) == (("1", "0"), 0.0)
