"""Losses of numbers: worked by hand, against scikit-learn and torch, and their second derivatives by central differences."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from anncli.errors import ValueFault
from anncli.network.activations import ACTIVATIONS
from anncli.network.losses import LOSSES, constant_level
from anncli.network.names import LossText, check_loss, parse_loss, quantiles_of

# Errors 0.5, -2 and 0, 3 with two outputs.
Y, T = np.array([[1.5, 1.0], [4.0, 5.0]]), np.array([[1.0, 3.0], [4.0, 2.0]])


def value(loss: str, y: Any = Y, t: Any = T, activation: str = "linear", z: Any = None) -> list[float]:
    return LOSSES[loss].value(activation, y if z is None else z, y, t).tolist()


def delta(loss: str, y: Any = Y, t: Any = T, activation: str = "linear", z: Any = None) -> Any:
    return LOSSES[loss].delta(activation, y if z is None else z, y, t)


def test_mae_by_hand() -> None:
    assert value("mae") == [1.25, 1.5]
    assert delta("mae").tolist() == [[0.5, -0.5], [0.0, 0.5]]


def test_huber_by_hand() -> None:
    # Up to 1 half the square: 0.125; beyond it |e| - 1/2: 1.5 and 2.5.
    assert value("huber:1") == [(0.125 + 1.5) / 2, (0 + 2.5) / 2]
    assert delta("huber:1").tolist() == [[0.25, -0.5], [0.0, 0.5]]
    # With a limit of 0.25: 0.25 (0.5 - 0.125) = 0.09375 and 0.25 (2 - 0.125) = 0.46875.
    assert value("huber:0.25")[0] == (0.09375 + 0.46875) / 2
    # Within the limit it is half of mse.
    assert value("huber:10") == [v / 2 for v in value("mse")]


def test_quantile_by_hand() -> None:
    # An output above its target costs 1 - Q per unit, one below Q.
    assert value("quantile:0.9") == pytest.approx([(0.1 * 0.5 + 0.9 * 2) / 2, 0.1 * 3 / 2], rel=1e-15)
    np.testing.assert_allclose(delta("quantile:0.9"), [[0.05, -0.45], [0.0, 0.05]], rtol=1e-15)
    # One quantile for each output.
    assert value("quantile:0.1,0.9") == pytest.approx([(0.9 * 0.5 + 0.9 * 2) / 2, 0.1 * 3 / 2], rel=1e-15)
    # The median costs half of the absolute error.
    assert value("quantile:0.5") == [v / 2 for v in value("mae")]


def test_quantiles_of_several_targets_repeat() -> None:
    assert LossText("quantile", (0.1, 0.9)).of_outputs(4) == (0.1, 0.9, 0.1, 0.9)
    y, t = np.ones((1, 4)), np.zeros((1, 4))
    np.testing.assert_allclose(delta("quantile:0.1,0.9", y, t), [[0.225, 0.025, 0.225, 0.025]], rtol=1e-15)


def test_poisson_by_hand() -> None:
    # y - t - t log(y/t): for y = 2 and t = 3, 2 - 3 - 3 log(2/3); for t = 0 the output itself; 0 where both agree.
    y, t = np.array([[2.0], [0.25], [5.0]]), np.array([[3.0], [0.0], [5.0]])
    wanted = [-1 - 3 * math.log(2 / 3), 0.25, 0.0]
    assert value("poisson", y, t, "exp", np.log(y)) == pytest.approx(wanted, rel=1e-14, abs=1e-15)
    assert delta("poisson", y, t, "exp", np.log(y)).tolist() == [[-1.0], [0.25], [0.0]]


def test_the_slope_of_the_output_layer_counts() -> None:
    z = np.array([[0.0]])
    y = ACTIVATIONS["logistic"].value(z)
    assert delta("mae", y, np.array([[0.0]]), "logistic", z).tolist() == [[0.25]]
    assert delta("huber:0.1", y, np.array([[0.0]]), "logistic", z) == pytest.approx(0.025, rel=1e-12)


@pytest.mark.parametrize("loss", ["mse", "mae", "huber:0.4", "quantile:0.3", "quantile:0.1,0.6,0.9", "poisson"])
@pytest.mark.parametrize("activation", ["linear", "logistic", "softplus", "exp"])
def test_deltas_and_second_derivatives_are_limits(loss: str, activation: str) -> None:
    if loss == "poisson" and activation != "exp":
        return
    rng = np.random.default_rng(3)
    z, r_z = rng.normal(size=(8, 3)), rng.normal(size=(8, 3))
    t, h, found = rng.random((8, 3)) * 2, 1e-6, LOSSES[loss]
    y, functions = ACTIVATIONS[activation].value(z), ACTIVATIONS[activation]

    def along(function: Any, step: float) -> Any:
        moved = z + step * r_z
        return function(activation, moved, functions.value(moved), t)

    slope = (along(found.value, h) - along(found.value, -h)) / (2 * h)
    np.testing.assert_allclose((found.delta(activation, z, y, t) * r_z).sum(axis=1), slope, rtol=1e-5, atol=1e-8)
    bend = (along(found.delta, h) - along(found.delta, -h)) / (2 * h)
    r_a = functions.derivative(z, y) * r_z
    np.testing.assert_allclose(found.r_delta(activation, z, y, t, r_z, r_a), bend, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("loss", ["mae", "huber:0.4", "quantile:0.3,0.5,0.7", "poisson"])
def test_float32_stays_float32(loss: str) -> None:
    z = np.array([[0.5, -1, 2]], dtype=np.float32)
    given = ("exp", z, ACTIVATIONS["exp"].value(z), np.ones((1, 3), dtype=np.float32))
    assert LOSSES[loss].value(*given).dtype == LOSSES[loss].delta(*given).dtype == np.float32
    assert LOSSES[loss].r_delta(*given, z, z).dtype == np.float32


def test_scikit_learn_agrees() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    t, y = rng.gamma(2.0, size=50), rng.gamma(2.0, size=50)

    def mean(loss: str, activation: str = "linear", z: Any = y) -> float:
        return float(np.mean(value(loss, y[:, None], t[:, None], activation, z[:, None])))

    assert mean("mae") == pytest.approx(metrics.mean_absolute_error(t, y), rel=1e-12)
    for q in (0.05, 0.5, 0.9):
        assert mean(f"quantile:{q}") == pytest.approx(metrics.mean_pinball_loss(t, y, alpha=q), rel=1e-12)
    assert 2 * mean("poisson", "exp", np.log(y)) == pytest.approx(metrics.mean_poisson_deviance(t, y), rel=1e-12)


def test_scipy_agrees_about_huber() -> None:
    special = pytest.importorskip("scipy.special")
    e = np.linspace(-4, 4, 33)[:, None]
    for limit in (0.3, 1.0, 2.5):
        np.testing.assert_allclose(value(f"huber:{limit}", e, 0 * e), special.huber(limit, e[:, 0]), rtol=1e-12)


def test_torch_agrees() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    z, t = rng.normal(size=(20, 2)), rng.gamma(2.0, size=(20, 2))
    for loss, theirs in (
        ("huber:0.7", torch.nn.HuberLoss(delta=0.7)), ("mae", torch.nn.L1Loss()), ("poisson", torch.nn.PoissonNLLLoss()),
    ):  # fmt: skip
        given = torch.tensor(z, requires_grad=True)
        theirs(given, torch.tensor(t)).backward()
        activation = "exp" if loss == "poisson" else "linear"
        ours = LOSSES[loss].delta(activation, z, ACTIVATIONS[activation].value(z), t) / len(z)
        np.testing.assert_allclose(ours, given.grad.numpy(), rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("mse", "mse"), ("huber", "huber:1"), ("huber:1.50", "huber:1.5"), ("quantile", "quantile:0.5"),
     ("quantile:0.050,0.95", "quantile:0.05,0.95")],
)  # fmt: skip
def test_a_loss_has_one_text(text: str, wanted: str) -> None:
    assert str(parse_loss(text)) == wanted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hubr:1", "unknown loss 'hubr'; did you mean 'huber'?"),
        ("mse:2", "loss mse takes no number, found 'mse:2'; write mse"),
        ("huber:0", "loss huber needs a number above 0, found 'huber:0'; write for example huber:1"),
        ("huber:nan", "loss huber needs a number above 0, found 'huber:nan'; write for example huber:1"),
        ("huber:1,2", "loss huber needs a number above 0, found 'huber:1,2'; write for example huber:1"),
    ],
)
def test_a_loss_that_cannot_be(text: str, message: str) -> None:
    with pytest.raises(ValueFault, match=f"^{message.replace('?', '.')}$"):
        parse_loss(text)


@pytest.mark.parametrize(
    "text", ["quantile:0", "quantile:1", "quantile:0.9,0.1", "quantile:x", "quantile:", "quantile:nan"]
)
def test_quantiles_rise_between_0_and_1(text: str) -> None:
    with pytest.raises(ValueFault, match=r"^loss quantile needs rising numbers between 0 and 1"):
        parse_loss(text)


def test_losses_of_numbers_and_output_layers() -> None:
    with pytest.raises(
        ValueFault,
        match=r"^loss poisson needs exp outputs, this network has linear; use loss mse, or write exp outputs$",
    ):
        check_loss("poisson", "linear")
    with pytest.raises(ValueFault, match=r"^loss mae is for outputs that are numbers, this network has softmax"):
        check_loss("mae", "softmax")
    check_loss("quantile:0.1,0.9", "linear")


def test_quantiles_and_constant_predictions() -> None:
    assert quantiles_of("quantile:0.1,0.9") == (0.1, 0.9)
    assert quantiles_of("mse") == quantiles_of(None) == ()
    level = constant_level("quantile:0.1,0.9", 4)
    assert level is not None
    assert level.tolist() == [0.1, 0.9, 0.1, 0.9]
    assert constant_level("mse", 2) is None
    assert constant_level("huber:2", 1) == 0.5
