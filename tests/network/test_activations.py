"""Activations against the formulas of the field, written with `math`, one number at a time."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from anncli.network.activations import ACTIVATIONS
from anncli.network.activations.gelu import erf
from anncli.network.names import ACTIVATION_NAMES

ELEMENTWISE = [name for name in ACTIVATION_NAMES if name != "softmax"]

FORMULAS: dict[str, Callable[[float], float]] = {
    "linear": lambda z: z,
    "logistic": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": math.tanh,
    "bipolar-sigmoid": lambda z: 2 / (1 + math.exp(-z)) - 1,
    "lecun-tanh": lambda z: 1.7159 * math.tanh(2 * z / 3),
    "relu": lambda z: max(z, 0.0),
    "leaky-relu": lambda z: z if z > 0 else 0.01 * z,
    "elu": lambda z: z if z > 0 else math.exp(z) - 1,
    "gelu": lambda z: z * (1 + math.erf(z / math.sqrt(2))) / 2,
    "gelu-tanh": lambda z: 0.5 * z * (1 + math.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))),
    "silu": lambda z: z / (1 + math.exp(-z)),
    "softplus": lambda z: math.log(1 + math.exp(z)),
    "softsign": lambda z: z / (1 + abs(z)),
}

# f'(0), by hand. Where the slope jumps (relu, leaky-relu) it is the one from below.
SLOPES_AT_ZERO = {
    "linear": 1, "logistic": 1 / 4, "tanh": 1, "bipolar-sigmoid": 1 / 2, "lecun-tanh": 1.7159 * 2 / 3, "relu": 0,
    "leaky-relu": 0.01, "elu": 1, "gelu": 1 / 2, "gelu-tanh": 1 / 2, "silu": 1 / 2, "softplus": 1 / 2, "softsign": 1,
}  # fmt: skip

# (f(-1000), f'(-1000), f(1000), f'(1000)); exp of 1000 does not exist in either precision.
FAR_OUT = {
    "linear": (-1000, 1, 1000, 1), "logistic": (0, 0, 1, 0), "tanh": (-1, 0, 1, 0), "bipolar-sigmoid": (-1, 0, 1, 0),
    "lecun-tanh": (-1.7159, 0, 1.7159, 0), "relu": (0, 0, 1000, 1), "leaky-relu": (-10, 0.01, 1000, 1),
    "elu": (-1, 0, 1000, 1), "gelu": (0, 0, 1000, 1), "gelu-tanh": (0, 0, 1000, 1), "silu": (0, 0, 1000, 1),
    "softplus": (0, 0, 1000, 1), "softsign": (-1000 / 1001, 1 / 1001**2, 1000 / 1001, 1 / 1001**2),
}  # fmt: skip


def test_every_activation_is_checked_here() -> None:
    assert list(FORMULAS) == list(SLOPES_AT_ZERO) == list(FAR_OUT) == ELEMENTWISE


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_value_is_the_formula(name: str) -> None:
    points = [-30.0, -3.0, -1.0, -0.5, -1e-3, 0.0, 1e-3, 0.5, 1.0, 2.0, 30.0]
    expected = [FORMULAS[name](z) for z in points]
    np.testing.assert_allclose(ACTIVATIONS[name].value(np.array(points)), expected, rtol=1e-13, atol=1e-14)
    single = ACTIVATIONS[name].value(np.array(points, dtype=np.float32))
    np.testing.assert_allclose(single, expected, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_slope_at_zero(name: str) -> None:
    z = np.zeros(1)
    activation = ACTIVATIONS[name]
    assert activation.derivative(z, activation.value(z))[0] == pytest.approx(SLOPES_AT_ZERO[name], rel=1e-15)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_slope_is_the_limit_of_the_value(name: str) -> None:
    z = np.array([-4.0, -1.3, -0.4, 0.2, 0.9, 3.1])
    h = 1e-6
    activation = ACTIVATIONS[name]
    numeric = (activation.value(z + h) - activation.value(z - h)) / (2 * h)
    np.testing.assert_allclose(activation.derivative(z, activation.value(z)), numeric, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_far_out_there_is_no_overflow(name: str, dtype: type) -> None:
    z = np.array([-1000, 1000], dtype=dtype)
    a = ACTIVATIONS[name].value(z)
    slope = ACTIVATIONS[name].derivative(z, a)
    np.testing.assert_allclose([a[0], slope[0], a[1], slope[1]], FAR_OUT[name], rtol=1e-4, atol=1e-30)


@pytest.mark.parametrize("name", list(ACTIVATION_NAMES))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_and_argument_are_kept(name: str, dtype: type) -> None:
    z = np.linspace(-2, 2, 6, dtype=dtype).reshape(2, 3)
    before = z.copy()
    a = ACTIVATIONS[name].value(z)
    assert a.dtype == dtype
    assert not np.shares_memory(a, z)
    if name != "softmax":
        assert ACTIVATIONS[name].derivative(z, a).dtype == dtype
    assert np.array_equal(z, before)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_values_stay_in_the_range_the_table_names(name: str) -> None:
    values = ACTIVATIONS[name].value(np.linspace(-50, 50, 10001))
    info = ACTIVATION_NAMES[name]
    # The table rounds the lowest values of gelu and silu to three places.
    assert info.lowest - 1e-3 <= values.min()
    assert values.max() <= info.highest


def test_softmax_by_hand_and_far_out() -> None:
    value = ACTIVATIONS["softmax"].value
    np.testing.assert_allclose(value(np.log([[1.0, 2.0, 5.0]])), [[0.125, 0.25, 0.625]], rtol=1e-15)
    assert value(np.array([[1000, -1000, 1000]], dtype=np.float32)).tolist() == [[0.5, 0.0, 0.5]]


def test_erf_against_the_one_of_the_standard_library() -> None:
    x = np.concatenate([np.linspace(-7, 7, 4001), [0.46875, -0.46875, 4.0, 100.0, 1e-300]])
    expected = np.array([math.erf(v) for v in x])
    assert np.abs(erf(x) - expected).max() <= 4e-16
    assert np.abs(erf(x.astype(np.float32)) - expected).max() <= 3e-7
    # Near 0 the value is small: there the relative error counts.
    near = np.array([1e-8, 1e-3, 0.1])
    np.testing.assert_allclose(erf(near), [math.erf(v) for v in near], rtol=1e-15)
