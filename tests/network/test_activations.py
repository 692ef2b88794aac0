"""Activations against the formulas of the field, written with `math`, one number at a time."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from anncli.network import activations
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
    "exp": math.exp,
}

# f'(0), by hand. Where the slope jumps (relu, leaky-relu) it is the one from below.
SLOPES_AT_ZERO = {
    "linear": 1, "logistic": 1 / 4, "tanh": 1, "bipolar-sigmoid": 1 / 2, "lecun-tanh": 1.7159 * 2 / 3, "relu": 0,
    "leaky-relu": 0.01, "elu": 1, "gelu": 1 / 2, "gelu-tanh": 1 / 2, "silu": 1 / 2, "softplus": 1 / 2, "softsign": 1,
    "exp": 1,
}  # fmt: skip

# (f(-1000), f'(-1000), f(1000), f'(1000)); exp of 1000 does not exist in either precision, so exp itself ends at 88.
FAR_OUT = {
    "linear": (-1000, 1, 1000, 1), "logistic": (0, 0, 1, 0), "tanh": (-1, 0, 1, 0), "bipolar-sigmoid": (-1, 0, 1, 0),
    "lecun-tanh": (-1.7159, 0, 1.7159, 0), "relu": (0, 0, 1000, 1), "leaky-relu": (-10, 0.01, 1000, 1),
    "elu": (-1, 0, 1000, 1), "gelu": (0, 0, 1000, 1), "gelu-tanh": (0, 0, 1000, 1), "silu": (0, 0, 1000, 1),
    "softplus": (0, 0, 1000, 1), "softsign": (-1000 / 1001, 1 / 1001**2, 1000 / 1001, 1 / 1001**2),
    "exp": (0, 0, math.exp(88), math.exp(88)),
}  # fmt: skip


# f''(1), by hand from f'(1); s is the logistic function of 1, phi the density of the normal distribution.
_S, _T, _L = 1 / (1 + math.exp(-1)), math.tanh(1), math.tanh(2 / 3)
BENDS_AT_ONE = {
    "linear": 0, "logistic": _S * (1 - _S) * (1 - 2 * _S), "tanh": -2 * _T * (1 - _T**2),
    "bipolar-sigmoid": -math.tanh(0.5) * (1 - math.tanh(0.5) ** 2) / 2, "lecun-tanh": -1.7159 * 8 / 9 * _L * (1 - _L**2),
    "relu": 0, "leaky-relu": 0, "elu": 0, "gelu": math.exp(-0.5) / math.sqrt(2 * math.pi), "gelu-tanh": None,
    "silu": _S * (1 - _S) * (3 - 2 * _S), "softplus": _S * (1 - _S), "softsign": -1 / 4,
    "exp": math.e,
}  # fmt: skip


def test_every_activation_is_checked_here() -> None:
    assert list(FORMULAS) == list(SLOPES_AT_ZERO) == list(FAR_OUT) == list(BENDS_AT_ONE) == ELEMENTWISE


def test_every_activation_has_its_file_and_every_file_its_activation() -> None:
    files = {path.stem for path in Path(activations.__file__).parent.glob("*.py")} - {"__init__"}
    assert {info.module for info in ACTIVATION_NAMES.values()} == files


def test_only_the_activations_in_use_are_imported() -> None:
    code = (
        "import sys; from anncli.network.network import Network\n"
        "from anncli.network.propagation import forward; import numpy as np\n"
        "net = Network.create(2, ['2 tanh', '1 logistic'])\n"
        "forward(net.topology, np.zeros(9), np.zeros((1, 2)))\n"
        "print(sorted(name.split('.')[-1] for name in sys.modules if 'network.activations.' in name))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['logistic', 'tanh']\n"


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


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_second_derivative_is_the_limit_of_the_slope(name: str) -> None:
    z = np.array([-4.0, -1.3, -0.4, 0.2, 0.9, 3.1])
    h = 1e-6
    activation = ACTIVATIONS[name]
    numeric = (
        activation.derivative(z + h, activation.value(z + h)) - activation.derivative(z - h, activation.value(z - h))
    ) / (2 * h)
    assert activation.second_derivative is not None
    bend = activation.second_derivative(z, activation.value(z))
    np.testing.assert_allclose(bend, numeric, rtol=1e-6, atol=1e-9)
    single = z.astype(np.float32)
    assert activation.second_derivative(single, activation.value(single)).dtype == np.float32


@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if BENDS_AT_ONE[name] is not None])
def test_second_derivative_at_one(name: str) -> None:
    z = np.ones(1)
    activation = ACTIVATIONS[name]
    assert activation.second_derivative is not None
    assert activation.second_derivative(z, activation.value(z))[0] == pytest.approx(BENDS_AT_ONE[name], rel=1e-14)


def test_softmax_along_a_direction_by_hand() -> None:
    # a = (0.2, 0.3, 0.5) and r_z = (1, 0, 2): a.r_z = 1.2, so that r_a = a * (r_z - 1.2).
    a, r_z = np.array([[0.2, 0.3, 0.5]]), np.array([[1.0, 0.0, 2.0]])
    along = ACTIVATIONS["softmax"].along
    assert along is not None
    np.testing.assert_allclose(along(np.log(a), a, r_z), [[-0.04, -0.36, 0.4]], rtol=1e-14)


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
