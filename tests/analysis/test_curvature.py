"""The curvature of a loss: what is said of a matrix, by hand, and estimates against whole matrices."""

from __future__ import annotations

import numpy as np
import pytest
from curved_networks import curved, full

from anncli.analysis import curvature
from anncli.analysis.curvature import Curvature, measure, planned, sharpest_directions
from anncli.analysis.curved_loss import CurvedLoss
from anncli.backends.base import Samples
from anncli.errors import AnnError
from anncli.network.topology import Topology


def measured(loss: CurvedLoss, matrix: str = "hessian", l2: float = 0.0, probes: int = 100, seed: int = 0) -> Curvature:
    return measure(loss, matrix, probes=probes, count=5, seed=seed, l2=l2, tick=lambda done, what: None)  # type: ignore[arg-type]


def line(w: float = 0.0, b: float = 0.0) -> CurvedLoss:
    """E = mean of (b + w x - t)^2 over x = 1, 3 with t = 1, 3: H = 2 [[1, 2], [2, 5]], with the eigenvalues 6 +- sqrt 32."""
    x = np.array([[1.0], [3.0]])
    return CurvedLoss(Topology(1, ["1 linear"]), "mse", Samples(x, x), np.array([b, w]))


def test_a_straight_line_by_hand() -> None:
    found = measured(line(), l2=0.5)
    high, low = 6 + np.sqrt(32), 6 - np.sqrt(32)
    assert found.is_exact
    assert found.ends.largest == pytest.approx([high, low])
    assert found.ends.smallest == pytest.approx([low, high])
    assert found.exact_layers == pytest.approx((12,))
    assert (found.negative.mean, found.flat.mean, found.shape) == (0, 0, "minimum")
    assert found.step_limit == pytest.approx(2 / (high + 0.5))
    assert found.condition == pytest.approx((high + 0.5) / (low + 0.5))
    assert found.effective is not None
    assert found.effective.mean == pytest.approx(high / (high + 0.5) + low / (low + 0.5))
    assert found.effective.error == 0
    # E = (1 + 9) / 2 = 5; dE/db = -2 (1 + 3) / 2 = -4, dE/dw = -2 (1 + 9) / 2 = -10. The penalty adds 0 at w = 0, and 0.5 to the
    # second derivative by w: along the gradient it is 16 * 2 + 2 * 40 * 4 + 100 * 10.5, and the fall is 116^2 / (2 * that).
    assert found.value == pytest.approx(5)
    assert found.slope == pytest.approx(np.sqrt(116))
    assert found.fall == pytest.approx(116**2 / (2 * (32 + 320 + 1050)))
    assert not found.is_stationary


def test_without_a_penalty_there_is_no_effective_number() -> None:
    found = measured(line(w=1.0))
    assert (found.effective, found.fall, found.slope) == (None, 0, 0)
    assert found.is_stationary
    assert found.condition == pytest.approx((6 + np.sqrt(32)) / (6 - np.sqrt(32)))


def test_a_saddle_and_what_a_penalty_makes_of_it() -> None:
    # y = v w x, without biases that matter, at w = v = 0 with t = 1: the loss falls where w v > 0 and rises where w v < 0.
    topology = Topology(1, ["1 linear", "1 linear"])
    loss = CurvedLoss(topology, "mse", Samples(np.array([[1.0]]), np.array([[1.0]])), np.zeros(4))
    found = measured(loss)
    # In the order b, w, c, v: E = (c + v (b + w) - 1)^2: 2 for c, -2 between v and b, v and w: 2 and +- sqrt 8, and 0.
    assert np.sort(found.spectrum.values[0]) == pytest.approx([-np.sqrt(8), 0, 2, np.sqrt(8)], abs=1e-6)
    assert (found.shape, found.negative.mean, found.flat.mean, found.condition) == ("saddle", 1, 1, None)
    assert measured(loss, l2=3).shape == "held"
    assert measured(loss, "gauss-newton").negative.mean == 0


def test_a_level_loss() -> None:
    loss = CurvedLoss(
        Topology(1, ["1 linear"]), "huber:0.1", Samples(np.ones((2, 1)), np.full((2, 1), 9.0)), np.zeros(2)
    )
    found = measured(loss, l2=0.1)
    assert (found.shape, found.step_limit, found.condition) == ("flat", None, 1.0)
    # Both slopes are -0.1, and only the penalty curves, by 0.1 along w: (2 * 0.1^2)^2 / (2 * 0.1 * 0.1^2).
    assert found.fall == pytest.approx(0.2)
    assert found.effective is not None
    assert found.effective.mean == 0


def test_what_overflows_is_said() -> None:
    loss = CurvedLoss(Topology(1, ["1 linear"]), "mse", Samples(np.full((2, 1), 1e200), np.ones((2, 1))), np.ones(2))
    with pytest.raises(
        AnnError, match="the derivatives of the loss are not finite; scale the inputs, or train the network anew"
    ):
        measured(loss)


def test_the_same_seed_gives_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curvature, "EXACT_SIZE", 10)
    loss, calls = curved(["6 tanh", "1 logistic"], "binary-cross-entropy"), []
    first = measure(
        loss, "hessian", probes=10, count=5, seed=1, l2=0.1, tick=lambda done, what: calls.append((done, what))
    )
    assert not first.is_exact
    # Progress never falls, and ends at what was planned.
    done = [n for n, _ in calls]
    assert done == sorted(done)
    assert done[-1] <= planned(loss.size, 10)
    assert {what for _, what in calls} == {"along the gradient", "trace", "eigenvalues", "density"}
    again, other = (measured(loss, l2=0.1, probes=10, seed=seed) for seed in (1, 2))
    assert first.trace == again.trace != other.trace
    assert first.effective == again.effective != other.effective


NETS = [
    (["12 tanh", "1 logistic"], "binary-cross-entropy"), (["9 softplus", "7 tanh", "3 softmax"], "cross-entropy"),
    (["20 gelu", "2 linear"], "mse"), (["8 silu", "6 elu", "2 logistic"], "binary-cross-entropy"),
    (["15 logistic", "1 exp"], "poisson"), (["10 tanh", "10 tanh", "1 linear"], "huber:1"),
]  # fmt: skip


def check_estimates(seed: int, monkeypatch: pytest.MonkeyPatch) -> float:
    """Estimates of a random network against its whole matrix; how far the trace is off, in standard errors."""
    layers, name = NETS[seed % len(NETS)]
    loss = curved(layers, name, inputs=4 + seed % 9, rows=60, seed=seed)
    matrix = full(loss, "hessian")
    values, scale = np.linalg.eigvalsh((matrix + matrix.T) / 2), np.abs(matrix).max()
    probes = 400
    monkeypatch.setattr(curvature, "EXACT_SIZE", 0)
    found = measured(loss, l2=0.01, probes=probes, seed=seed)
    theory = np.sqrt(2 * ((matrix**2).sum() - (np.diag(matrix) ** 2).sum()) / probes)
    assert found.trace.error == pytest.approx(theory, rel=0.2)
    assert found.trace.mean == pytest.approx(sum(layer.mean for layer in found.layers))
    assert np.abs(found.ends.largest - values[:-6:-1]).max() < 1e-4 * scale
    assert found.effective is not None
    positive = np.maximum(values, 0)
    true = (positive / (positive + 0.01)).sum()
    assert abs(found.effective.mean - true) < max(4 * found.effective.error, 0.02 * true)
    negative = (values < -found.flatness).sum()
    assert abs(found.negative.mean - negative) < max(4 * found.negative.error, 0.1 * loss.size)
    return float(abs(found.trace.mean - np.trace(matrix)) / found.trace.error)


def test_estimates_of_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_estimates(0, monkeypatch) < 3


@pytest.mark.slow
def test_estimates_of_30_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    off = [check_estimates(seed, monkeypatch) for seed in range(30)]
    # One of 30 is beyond 3 with a probability of 8 %.
    assert sorted(off)[-2] < 3
    assert max(off) < 4
    assert 0.5 < np.sqrt(np.mean(np.square(off))) < 1.5


@pytest.mark.slow
def test_the_gauss_newton_matrix_of_30_networks_has_no_negative_eigenvalue() -> None:
    for seed in range(30):
        layers, name = NETS[seed % len(NETS)]
        found = full(curved(layers, name, inputs=3, rows=40, seed=seed), "gauss-newton")
        values = np.linalg.eigvalsh((found + found.T) / 2)
        assert values[0] > -1e-6 * values[-1]


def test_the_sharpest_directions_are_eigenvectors() -> None:
    loss = curved(["6 tanh", "2 softmax"], "cross-entropy")
    values, vectors = sharpest_directions(loss, 2, seed=0)
    matrix = full(loss, "hessian")
    assert values == pytest.approx(np.linalg.eigvalsh((matrix + matrix.T) / 2)[:-3:-1], rel=1e-6)
    assert matrix @ vectors.T == pytest.approx(values * vectors.T, abs=1e-4 * values[0])
    assert vectors @ vectors.T == pytest.approx(np.eye(2), abs=1e-9)


@pytest.mark.parametrize(("part", "is_within"), [(0.98, True), (1.02, False)])
def test_gradient_descent_diverges_above_the_limit(part: float, is_within: bool) -> None:
    # From beside the lowest point of a straight line: the error along each eigenvector is multiplied by 1 - rate * eigenvalue.
    loss = line(w=0.9, b=0.1)
    limit = measured(loss).step_limit
    assert limit is not None
    start = loss.value_and_gradient()[0]
    for _ in range(500):
        loss.point = loss.point - part * limit * loss.value_and_gradient()[1]
    end = loss.value_and_gradient()[0]
    assert end < 1e-3 * start if is_within else end > 1e3 * start
