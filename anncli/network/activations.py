"""Activations: name -> value and derivative, side by side, in the numerically stable form for float32 and float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.network.names import ACTIVATION_NAMES


class Activation(NamedTuple):
    """value(z) -> a and derivative(z, a) -> f'(z), element-wise on arrays of any shape; both keep the dtype.

    softmax works on rows and has no element-wise derivative: losses give its delta directly (see losses.py).
    """

    value: Callable[[Array], Array]
    derivative: Callable[[Array, Array], Array]


def _logistic(z: Array) -> Array:
    # exp of a negative number only: it can underflow to 0, which is right, but never overflow.
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e)).astype(z.dtype, copy=False)


def _softplus(z: Array) -> Array:
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def _elu(z: Array) -> Array:
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0)))


def _softmax(z: Array) -> Array:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# Rational approximations of erf and erfc, error below 1e-15: Cody 1969, Math. Comp. 23, 631-637.
_ERF_P = (
    3.20937758913846947e03,
    3.77485237685302021e02,
    1.13864154151050156e02,
    3.16112374387056560e00,
    1.85777706184603153e-1,
)
_ERF_Q = (2.84423683343917062e03, 1.28261652607737228e03, 2.44024637934444173e02, 2.36012909523441209e01, 1.0)
_ERFC_P = (
    1.23033935479799725e03, 2.05107837782607147e03, 1.71204761263407058e03, 8.81952221241769090e02, 2.98635138197400131e02,
    6.61191906371416295e01, 8.88314979438837594e00, 5.64188496988670089e-1, 2.15311535474403846e-8,
)  # fmt: skip
_ERFC_Q = (
    1.23033935480374942e03, 3.43936767414372164e03, 4.36261909014324716e03, 3.29079923573345963e03, 1.62138957456669019e03,
    5.37181101862009858e02, 1.17693950891312499e02, 1.57449261107098347e01, 1.0,
)  # fmt: skip


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    total = np.full_like(x, coefficients[-1])
    for c in coefficients[-2::-1]:
        total = total * x + x.dtype.type(c)
    return total


def erf(x: Array) -> Array:
    """The error function, element-wise; numpy has none."""
    y = np.abs(x)
    small = np.minimum(y, 0.46875)
    inner = small * _polynomial(_ERF_P, small * small) / _polynomial(_ERF_Q, small * small)
    # Beyond 6 erf is 1 in double precision; the clip keeps the polynomials finite.
    large = np.clip(y, 0.46875, 6.0)
    outer = 1 - np.exp(-large * large) * _polynomial(_ERFC_P, large) / _polynomial(_ERFC_Q, large)
    return np.copysign(np.where(y <= 0.46875, inner, outer), x).astype(x.dtype, copy=False)


_SQRT_HALF = 0.7071067811865476
_INV_SQRT_2PI = 0.3989422804014327
_GELU_C, _GELU_CUBE = 0.7978845608028654, 0.044715


def _normal_cdf(z: Array) -> Array:
    return (1 + erf(z * z.dtype.type(_SQRT_HALF))) * z.dtype.type(0.5)


def _gelu_derivative(z: Array, a: Array) -> Array:
    return _normal_cdf(z) + z * np.exp(-z * z / 2) * z.dtype.type(_INV_SQRT_2PI)


def _gelu_tanh_inner(z: Array) -> Array:
    return np.tanh(_GELU_C * (z + _GELU_CUBE * z * z * z))


def _gelu_tanh_derivative(z: Array, a: Array) -> Array:
    t = _gelu_tanh_inner(z)
    return (1 + t) / 2 + z / 2 * (1 - t * t) * _GELU_C * (1 + 3 * _GELU_CUBE * z * z)


def _silu_derivative(z: Array, a: Array) -> Array:
    s = _logistic(z)
    return s * (1 + z * (1 - s))


def _no_derivative(z: Array, a: Array) -> Array:
    raise AssertionError("softmax has a Jacobian, not an element-wise derivative")


_LEAK = 0.01
_LECUN_A, _LECUN_S = 1.7159, 2.0 / 3.0

ACTIVATIONS: dict[str, Activation] = {
    "linear": Activation(lambda z: z.copy(), lambda z, a: np.ones_like(z)),
    "logistic": Activation(_logistic, lambda z, a: a * (1 - a)),
    "tanh": Activation(np.tanh, lambda z, a: 1 - a * a),
    "bipolar-sigmoid": Activation(lambda z: np.tanh(z / 2), lambda z, a: (1 - a * a) / 2),
    "lecun-tanh": Activation(
        lambda z: _LECUN_A * np.tanh(_LECUN_S * z),
        lambda z, a: _LECUN_A * _LECUN_S * (1 - (a / _LECUN_A) ** 2),
    ),
    "relu": Activation(lambda z: np.maximum(z, 0), lambda z, a: (z > 0).astype(z.dtype)),
    "leaky-relu": Activation(
        lambda z: np.where(z > 0, z, z.dtype.type(_LEAK) * z),
        lambda z, a: np.where(z > 0, z.dtype.type(1), z.dtype.type(_LEAK)),
    ),
    "elu": Activation(_elu, lambda z, a: np.where(z > 0, z.dtype.type(1), a + 1)),
    "gelu": Activation(lambda z: z * _normal_cdf(z), _gelu_derivative),
    "gelu-tanh": Activation(lambda z: z / 2 * (1 + _gelu_tanh_inner(z)), _gelu_tanh_derivative),
    "silu": Activation(lambda z: z * _logistic(z), _silu_derivative),
    "softplus": Activation(_softplus, lambda z, a: _logistic(z)),
    "softsign": Activation(lambda z: z / (1 + np.abs(z)), lambda z, a: (1 - np.abs(a)) ** 2),
    "softmax": Activation(_softmax, _no_derivative),
}

assert ACTIVATIONS.keys() == ACTIVATION_NAMES.keys()
