"""Initial weights: the range or variance each rule promises, and what decides the draw."""

from __future__ import annotations

import math

import numpy as np
import pytest

from anncli.network.initialization import initialize
from anncli.network.names import INITIALIZATION_NAMES
from anncli.network.topology import Layer, Topology

WIDE = Topology(300, (Layer(200, "tanh"), Layer(100, "relu"), Layer(3, "softmax")))


def draw(method: str, topology: Topology = WIDE, seed: int = 0, **rest: np.ndarray) -> list[np.ndarray]:
    blocks = topology.blocks(initialize(topology, method, np.random.default_rng(seed), **rest))
    return [block for (block,) in blocks]


@pytest.mark.parametrize("method", list(INITIALIZATION_NAMES))
@pytest.mark.parametrize("sizes", [(1, 1, 1), (3, 5, 2), (5, 3, 1)])
def test_every_rule_is_finite_seeded_and_breaks_symmetry(method: str, sizes: tuple[int, int, int]) -> None:
    topology = Topology(sizes[0], (Layer(sizes[1], "tanh"), Layer(sizes[2], "linear")))
    first, again, other = (initialize(topology, method, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.dtype == np.float32
    assert np.isfinite(first).all()
    assert first.tobytes() == again.tobytes()
    if sizes != (1, 1, 1):
        assert first.tobytes() != other.tobytes()
    for weights in topology.weights(first):
        assert len(np.unique(weights)) == weights.size


@pytest.mark.parametrize(
    ("method", "limits", "biases"),
    [
        ("glorot", [math.sqrt(6 / 500), math.sqrt(6 / 300)], False),
        ("fan-in", [1 / math.sqrt(300), 1 / math.sqrt(200)], True),
        ("classic", [0.5, 0.5], True),
        ("ann1dn", [1.0, 1.0], True),
    ],
)
def test_uniform_rules_fill_their_range(method: str, limits: list[float], biases: bool) -> None:
    for block, limit in zip(draw(method), limits, strict=False):
        assert -limit <= block[1:].min() < -0.98 * limit
        assert 0.98 * limit < block[1:].max() <= limit
        assert block[1:].var() == pytest.approx(limit**2 / 3, rel=0.03)
        assert bool(block[0].any()) == biases


@pytest.mark.parametrize(("method", "variances"), [("he", [2 / 300, 2 / 200]), ("lecun", [1 / 300, 1 / 200])])
def test_variances(method: str, variances: list[float]) -> None:
    for block, variance in zip(draw(method), variances, strict=False):
        assert block[1:].var() == pytest.approx(variance, rel=0.03)
        assert not block[0].any()


def test_auto_chooses_by_the_units_and_their_place() -> None:
    topology = Topology(300, (Layer(200, "tanh"), Layer(100, "relu"), Layer(80, "tanh"), Layer(60, "logistic")))
    first, *rest = draw("auto", topology)
    assert (first == draw("nguyen-widrow", topology)[0]).all()
    assert first[0].any()
    # he (variance 2 / fan_in) for relu; glorot (2 / (fan_in + fan_out)) further in and for the output.
    for block, variance in zip(rest, [2 / 200, 2 / 180, 2 / 140], strict=True):
        assert block[1:].var() == pytest.approx(variance, rel=0.03)
        assert not block[0].any()
    # Where the output layer is the first, it is an output layer.
    (only,) = draw("auto", Topology(300, (Layer(200, "logistic"),)))
    assert only[1:].var() == pytest.approx(2 / 500, rel=0.03)
    assert not only[0].any()


def test_ann1dn_draws_multiples_of_1_over_2048_unit_by_unit() -> None:
    topology = Topology(2, (Layer(2, "logistic"), Layer(1, "logistic")))
    first, second = draw("ann1dn", topology, seed=3)
    rng = np.random.default_rng(3)
    # In the order of the old files: bias and weights of hidden unit 0, of unit 1, then of the output.
    rows = [row for n_rows in (2, 1) for row in ((rng.integers(0, 4096, (n_rows, 3)) - 2048) / 2048).tolist()]
    assert [first[:, 0].tolist(), first[:, 1].tolist(), second[:, 0].tolist()] == rows
    assert (np.concatenate([b.ravel() for b in draw("ann1dn")]) * 2048 % 1 == 0).all()


def test_orthogonal_matrices() -> None:
    for topology in (Topology(30, (Layer(20, "tanh"),)), Topology(20, (Layer(30, "tanh"),))):
        weights = draw("orthogonal", topology)[0][1:].astype(np.float64)
        product = weights.T @ weights if weights.shape[0] >= weights.shape[1] else weights @ weights.T
        np.testing.assert_allclose(product, np.eye(20), atol=1e-6)
    weights = draw("orthogonal", Topology(8, (Layer(8, "relu"),)))[0][1:].astype(np.float64)
    np.testing.assert_allclose(weights.T @ weights, 2 * np.eye(8), atol=1e-6)


def test_nguyen_widrow_by_its_formula() -> None:
    topology = Topology(2, (Layer(9, "tanh"), Layer(1, "linear")))
    block = draw("nguyen-widrow", topology)[0]
    beta = 0.7 * 9 ** (1 / 2)
    np.testing.assert_allclose(np.linalg.norm(block[1:], axis=0), beta, rtol=1e-6)
    np.testing.assert_allclose(np.abs(block[0]), beta * np.abs(np.linspace(-1, 1, 9)), atol=1e-6)


def test_nguyen_widrow_is_the_same_function_of_inputs_of_another_range() -> None:
    topology = Topology(2, (Layer(9, "tanh"), Layer(1, "linear")))
    low, high = np.array([10.0, -3.0]), np.array([20.0, 5.0])
    unit, moved = (draw("nguyen-widrow", topology, **rest)[0] for rest in ({}, {"input_low": low, "input_high": high}))
    x = np.random.default_rng(1).uniform(low, high, (50, 2))
    in_unit_range = 2 * (x - low) / (high - low) - 1
    np.testing.assert_allclose(x @ moved[1:] + moved[0], in_unit_range @ unit[1:] + unit[0], atol=1e-4)


def test_unknown_rule() -> None:
    with pytest.raises(ValueError, match=r"^unknown initialisation 'xavir'; use one of auto, glorot, he, lecun, .*$"):
        draw("xavir")
