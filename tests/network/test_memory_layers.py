"""Memory layers against numbers worked out by hand, and against the formulas in another form."""

from __future__ import annotations

import re

import numpy as np
import pytest

from anncli.arrays import random_stream
from anncli.errors import ValueFault
from anncli.network.layers import read_layer
from anncli.network.layers.base import Shape
from anncli.network.layers.hopfield import Hopfield, energy
from anncli.network.layers.memory import Memory
from anncli.network.topology import Topology

# Two patterns of three values, a column each.
P = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])


def recalled(beta: float, *rows: list[float]) -> np.ndarray:
    return Memory(beta, 2).forward((P,), np.array(rows), None).outputs


def test_a_memory_by_hand() -> None:
    # (1, 0, 0) is 1 from the first pattern and 3 from the second, in squares: their weights are exp(-1) and exp(-3) at beta 2,
    # shares 1 / (1 + exp(-2)) = 0.880797 and 0.119203. (1, 1, 1) is 1 from both.
    assert recalled(2, [1, 0, 0]).tolist() == [pytest.approx([0.880797, 0.119203, 1], abs=1e-6)]
    assert recalled(2, [1, 1, 1]).tolist() == [[0.5, 0.5, 1]]
    # A large beta takes the nearer one, a small one the mean of both.
    assert recalled(100, [0.55, 0.45, 1]).round(4).tolist() == [[1, 0, 1]]
    assert recalled(1e-6, [1, 0, 1]).tolist() == [pytest.approx([0.5, 0.5, 1], abs=1e-5)]


def test_for_patterns_of_one_length_it_is_the_update_of_ramsauer() -> None:
    rng = np.random.default_rng(0)
    x, patterns = rng.normal(size=(7, 9)), rng.choice([-1.0, 1.0], (9, 5))
    weights = np.exp(0.3 * x @ patterns)
    expected = weights / weights.sum(axis=1, keepdims=True) @ patterns.T
    assert Memory(0.3, 5).forward((patterns,), x, None).outputs == pytest.approx(expected, rel=1e-12)


def test_values_near_the_largest_number_are_no_overflow() -> None:
    patterns = np.array([[3e38, -3e38], [3e38, 3e38]], dtype=np.float32)
    found = Memory(8, 2).forward((patterns,), np.array([[2e38, 3e38]], dtype=np.float32), None).outputs
    assert found.tolist() == patterns.T[:1].tolist()


def test_weights_of_a_hopfield_network_by_hand() -> None:
    # (1, -1, 1) and (-1, -1, 1): w12 = -1 + 1, w13 = 1 - 1, w23 = -1 - 1.
    patterns = np.array([[1, -1, 1], [-1, -1, 1]], dtype=np.float32)
    (weights,) = Hopfield().stored(patterns)
    assert weights.tolist() == [[0, 0, 0], [0, 0, -2], [0, -2, 0]]
    # The input of unit 1 is 0: it keeps its sign, and the others follow each other.
    found = Hopfield().forward((weights,), patterns, None).outputs
    assert found.tolist() == patterns.tolist()
    assert Hopfield().forward((weights,), np.array([[0.2, 0, -0.5]], np.float32), None).outputs[0, 0] == 1
    # -x.W x / 2 = 2 x2 x3: one of the two opposite signs has -2.
    assert energy(weights, np.array([[1, -1, 1], [1, 1, 1]])).tolist() == [-2, 2]


def one_by_one(weights: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """The update of one state in plain loops, and the energy after each unit."""
    state, energies = x.copy(), []
    for unit in random_stream(0, "recall").permutation(len(x)):
        field = sum(weights[unit, other] * state[other] for other in range(len(x)))
        state[unit] = np.sign(field) if field else (-1 if state[unit] < 0 else 1)
        energies.append(-0.5 * float(state @ weights @ state))
    return state, energies


@pytest.mark.parametrize("seed", range(3))
def test_the_energy_never_rises(seed: int) -> None:
    rng = np.random.default_rng(seed)
    patterns = rng.choice([-1.0, 1.0], (6, 20))
    (weights,) = Hopfield().stored(patterns)
    for x in (*rng.choice([-1.0, 1.0], (4, 20)), *rng.uniform(-1, 1, (4, 20))):
        state, energies = one_by_one(weights, x)
        assert Hopfield().forward((weights,), x[None], None).outputs.tolist() == [state.tolist()]
        assert all(
            after <= before for before, after in zip([-0.5 * x @ weights @ x, *energies], energies, strict=False)
        )
        # Some units move, so that there is something to rise.
        assert len(set(energies)) > 1


def test_texts_of_memories() -> None:
    for text, shown in (
        ("memory", "memory beta 8"),
        ("memory beta 0.5", "memory beta 0.5"),
        ("20 memory  beta 2", "20 memory beta 2"),
    ):
        assert read_layer(text).text() == shown == read_layer(shown).text()
    assert read_layer("memory hopfield") == read_layer("hopfield") == Hopfield()
    assert read_layer("64 lstm memory 100").kind == "lstm"
    assert Topology(3, ["memory beta 2"]).n_parameters == 0
    assert Topology(3, ["5 memory beta 2"]).block_shapes == [((3, 5),)]


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (["memory beta x"], "beta must be a number above 0, found 'x'; write for example `memory beta 8`"),
        (["memory beta 0"], "beta must be a number above 0, found '0'; write for example `memory beta 8`"),
        (["memory alpha 3"], "a memory is `memory` and its beta, found 'memory alpha 3'; write `memory beta 8`, or `memory hopfield`; `20 memory beta 8` learns 20 patterns"),
        (["memory", "2 tanh"], "layer 1: `memory beta 8` stores patterns, and must be the only layer; write `layers: [memory beta 8]`; `20 memory beta 8` learns 20 patterns beside other layers"),
        (["2 tanh", "memory hopfield"], "layer 2: `memory hopfield` stores patterns, and must be the only layer; write `layers: [memory hopfield]`; `20 memory beta 8` learns 20 patterns beside other layers"),
        (["4 memory hopfield"], "a Hopfield network has no settings, found '4 memory hopfield'; write `memory hopfield`"),
    ],
)  # fmt: skip
def test_layers_that_are_no_memory(layers: list[str], message: str) -> None:
    with pytest.raises(ValueFault, match=f"^{re.escape(message)}$"):
        Topology(3, layers)


def test_a_memory_of_samples_of_several_rows_is_refused() -> None:
    with pytest.raises(
        ValueFault,
        match=r"^layer 1: `memory beta 8` stores vectors; write `inputs: 35`, or how many values a pattern has$",
    ):
        Topology(Shape(3, None), ["memory"])
