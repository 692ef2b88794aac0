"""Products with the matrices of second derivatives: by hand, by differences of the loss alone, and by the exact products of scg."""

from __future__ import annotations

import numpy as np
import pytest
from curved_networks import SMOOTH, curved, full

from anncli.analysis.curved_loss import CurvedLoss, is_convex, kinks, refusal
from anncli.arrays import Array
from anncli.backends.base import Problem, Samples
from anncli.backends.reference import ReferenceBackend
from anncli.network.activations import ACTIVATIONS
from anncli.network.topology import Topology
from anncli.training.objective import Objective
from anncli.training.trainers.curvature import hessian_product

WAYS = pytest.mark.parametrize("by_differences", [False, True], ids=["exact", "differences"])
BOTH = pytest.mark.parametrize(
    "by_differences", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["exact", "differences"]
)


@WAYS
def test_a_straight_line_by_hand(by_differences: bool) -> None:
    # E = mean of (b + w x - t)^2 over x = 1, 3: the second derivatives are 2 [[1, mean x], [mean x, mean x^2]] whatever w and t.
    inputs, targets = np.array([[1.0], [3.0]]), np.array([[5.0], [7.0]])
    loss = CurvedLoss(Topology(1, ["1 linear"]), "mse", Samples(inputs, targets), np.array([0.5, -1.0]))
    assert full(loss, "hessian", by_differences) == pytest.approx(np.array([[2, 4], [4, 10]]), abs=1e-8)
    assert full(loss, "gauss-newton", by_differences) == pytest.approx(np.array([[2, 4], [4, 10]]), abs=1e-8)
    # With the weights 0.5 and 1.5 the means are 2.5 and 7.
    loss = CurvedLoss(Topology(1, ["1 linear"]), "mse", Samples(inputs, targets, np.array([0.5, 1.5])), np.zeros(2))
    for matrix in ("hessian", "gauss-newton"):
        assert full(loss, matrix, by_differences) == pytest.approx(np.array([[2, 5], [5, 14]]), abs=1e-8)


@WAYS
def test_a_logistic_unit_by_hand(by_differences: bool) -> None:
    # At w = 0 every output is 1/2, and y (1 - y) = 1/4.
    inputs, targets = np.array([[1.0], [3.0]]), np.array([[0.0], [1.0]])
    loss = CurvedLoss(Topology(1, ["1 logistic"]), "binary-cross-entropy", Samples(inputs, targets), np.zeros(2))
    for matrix in ("hessian", "gauss-newton"):
        assert full(loss, matrix, by_differences) == pytest.approx(np.array([[1, 2], [2, 5]]) / 4, abs=1e-9)


@WAYS
def test_a_unit_behind_another_one_by_hand(by_differences: bool) -> None:
    # y = v a + c, a = tanh(w x + b), one row x = 1, t = 0 at w = v = 1, b = c = 0: E = y^2, in the order b, w, c, v.
    # G = 2 grad y grad y', and H adds 2 y times the second derivatives of y, a'' v and a'.
    loss = CurvedLoss(
        Topology(1, ["1 tanh", "1 linear"]), "mse", Samples(np.ones((1, 1)), np.zeros((1, 1))), np.array([0.0, 1, 0, 1])
    )
    a = np.tanh(1)
    slope, bend = 1 - a * a, -2 * a * (1 - a * a)
    first = np.array([slope, slope, 1, a])
    second = np.array([[bend, bend, 0, slope], [bend, bend, 0, slope], [0, 0, 0, 0], [slope, slope, 0, 0]])
    assert full(loss, "gauss-newton", by_differences) == pytest.approx(2 * np.outer(first, first), abs=1e-8)
    assert full(loss, "hessian", by_differences) == pytest.approx(2 * np.outer(first, first) + 2 * a * second, abs=1e-8)


def of_values(loss: CurvedLoss, step: float = 2e-4) -> Array:
    """The Hessian (P, P) from values of the loss alone."""
    session = ReferenceBackend().open(Problem(loss.topology, loss.loss), loss.samples)
    found, units = np.empty((loss.size, loss.size)), step * np.eye(loss.size)
    for i, one in enumerate(units):
        for j, other in enumerate(units[: i + 1]):
            plus = session.loss(loss.point + one + other) + session.loss(loss.point - one - other)
            minus = session.loss(loss.point + one - other) + session.loss(loss.point - one + other)
            found[i, j] = found[j, i] = (plus - minus) / (4 * step * step)
    return found


@BOTH
@pytest.mark.parametrize(("output", "name"), SMOOTH)
def test_the_hessian_is_that_of_the_values(output: str, name: str, by_differences: bool) -> None:
    loss = curved(["3 tanh", f"2 {output}"], name, inputs=2)
    found = full(loss, "hessian", by_differences)
    size = np.abs(found).max()
    assert np.abs(found - of_values(loss)).max() < 1e-5 * size
    assert np.abs(found - found.T).max() < 1e-7 * size


def bent(output: str, loss: str, y: Array, t: Array) -> Array:
    """The second derivative (K, K) of the loss of a row by its pre-activations, of mse and huber without the bend of the outputs."""
    k = len(y)
    if loss == "cross-entropy":
        return np.diag(y) - np.outer(y, y)
    if loss == "binary-cross-entropy":
        return np.diag(y * (1 - y))
    if loss == "poisson":
        return np.diag(y) / k
    if output == "softmax":
        slope = np.diag(y) - np.outer(y, y)
        return slope @ slope * (2 / k)
    if loss == "mse":
        return np.diag((y * (1 - y)) ** 2 if output == "logistic" else np.ones(k)) * (2 / k)
    return np.diag((np.abs(y - t) <= 0.7) / k)


@BOTH
@pytest.mark.parametrize(("output", "name"), [pair for pair in SMOOTH if pair[1] != "focal"])
def test_the_gauss_newton_matrix_is_made_of_slopes(output: str, name: str, by_differences: bool) -> None:
    loss = curved(["3 tanh", "3 gelu", f"3 {output}"], name)
    plain = Topology(3, ["3 tanh", "3 gelu", "3 linear"])
    session = ReferenceBackend().open(Problem(plain), loss.samples)
    columns = [session.outputs(loss.point + d) - session.outputs(loss.point - d) for d in 1e-5 * np.eye(loss.size)]
    slopes = np.stack(columns, axis=2) / 2e-5
    outputs = ACTIVATIONS[output].value(session.outputs(loss.point))
    wanted, targets, weights = np.zeros((loss.size, loss.size)), loss.samples.targets, loss.samples.weights
    for j, y, t, weight in zip(slopes, outputs, targets, weights, strict=True):  # type: ignore[arg-type]
        wanted += weight * j.T @ bent(output, name, y, t) @ j / len(outputs)
    found = full(loss, "gauss-newton", by_differences)
    assert np.abs(found - wanted).max() < 1e-6 * np.abs(wanted).max()
    values = np.linalg.eigvalsh((found + found.T) / 2)
    assert values[0] > -1e-6 * values[-1]


@pytest.mark.parametrize(("output", "name"), SMOOTH)
def test_products_are_those_of_the_trainer_scg(output: str, name: str) -> None:
    loss = curved(["4 softplus", "3 silu", f"3 {output}"], name, seed=3)
    direction = np.random.default_rng(1).normal(size=loss.size)
    session = ReferenceBackend().open(Problem(loss.topology, name), loss.samples)
    objective = Objective(session, Problem(loss.topology, name), loss.samples, np.arange(20), np.zeros(20))
    exact = hessian_product(objective, loss.point, direction)
    assert loss.product("hessian", direction) == pytest.approx(exact, abs=1e-13 * np.abs(exact).max())
    assert np.abs(loss.difference("hessian", direction) - exact).max() < 1e-7 * np.abs(exact).max()
    for matrix in ("hessian", "gauss-newton"):
        # Whatever the length of the direction.
        long = loss.difference(matrix, 1e3 * direction)
        assert np.abs(long - 1e3 * loss.product(matrix, direction)).max() < 1e-6 * np.abs(long).max()
        assert not loss.difference(matrix, 0 * direction).any()


def test_products_of_many_rows_and_of_relu_units() -> None:
    # 5,000 rows are several portions; the pieces of relu units are straight, which differences meet only where they cross no kink.
    loss = curved(["30 relu", "10 tanh", "1 logistic"], "binary-cross-entropy", rows=5000, inputs=20)
    assert not loss.is_by_differences
    direction = np.random.default_rng(1).normal(size=loss.size)
    session = ReferenceBackend().open(Problem(loss.topology, loss.loss), loss.samples)
    objective = Objective(session, Problem(loss.topology, loss.loss), loss.samples, np.arange(5000), np.zeros(5000))
    exact = hessian_product(objective, loss.point, direction)
    assert loss.product("hessian", direction) == pytest.approx(exact, abs=1e-12 * np.abs(exact).max())
    newton = loss.product("gauss-newton", direction)
    assert np.abs(newton - loss.difference("gauss-newton", direction)).max() < 1e-5 * np.abs(newton).max()


def test_what_has_no_second_derivatives_is_known() -> None:
    assert refusal("mse") is refusal("huber:0.5") is None
    assert (
        refusal("mae")
        == "loss mae is made of straight lines: its second derivative is 0, but for the kinks where an error is 0"
    )
    assert str(refusal("quantile:0.1,0.9")).startswith("loss quantile:0.1,0.9 is made of straight lines")
    assert kinks(Topology(2, ["3 tanh", "1 logistic"])) is None
    assert kinks(Topology(2, ["3 relu", "2 tanh", "2 leaky-relu", "1 logistic"])) == (
        "layer 1 (`3 relu`) and layer 3 (`2 leaky-relu`) of this network have kinks"
    )
    assert is_convex("mse")
    assert not is_convex("focal")
