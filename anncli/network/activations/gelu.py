"""gelu: z Phi(z), with the exact distribution function Phi of the normal distribution."""

from __future__ import annotations

import math

import numpy as np

from anncli.arrays import Array
from anncli.network.activations import Activation

# Rational approximations of erf up to 0.46875 and of erfc beyond, lowest powers first, error below 1e-15: Cody 1969, Math. Comp. 23, 631-637.
ERF_P = (
    3.20937758913846947e03,
    3.77485237685302021e02,
    1.13864154151050156e02,
    3.16112374387056560e00,
    1.85777706184603153e-1,
)
ERF_Q = (2.84423683343917062e03, 1.28261652607737228e03, 2.44024637934444173e02, 2.36012909523441209e01, 1.0)
ERFC_P = (
    1.23033935479799725e03, 2.05107837782607147e03, 1.71204761263407058e03, 8.81952221241769090e02, 2.98635138197400131e02,
    6.61191906371416295e01, 8.88314979438837594e00, 5.64188496988670089e-1, 2.15311535474403846e-8,
)  # fmt: skip
ERFC_Q = (
    1.23033935480374942e03, 3.43936767414372164e03, 4.36261909014324716e03, 3.29079923573345963e03, 1.62138957456669019e03,
    5.37181101862009858e02, 1.17693950891312499e02, 1.57449261107098347e01, 1.0,
)  # fmt: skip
_SQRT_HALF = 0.7071067811865476
_INV_SQRT_2PI = 0.3989422804014327


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    total = np.full_like(x, coefficients[-1])
    for c in coefficients[-2::-1]:
        total = total * x + x.dtype.type(c)
    return total


def erf(x: Array) -> Array:
    """The error function, element by element; numpy has none."""
    y = np.abs(x)
    small = np.minimum(y, 0.46875)
    inner = small * _polynomial(ERF_P, small * small) / _polynomial(ERF_Q, small * small)
    # Beyond 6 erf is 1 in double precision; the clip keeps the polynomials finite.
    large = np.clip(y, 0.46875, 6.0)
    outer = 1 - np.exp(-large * large) * _polynomial(ERFC_P, large) / _polynomial(ERFC_Q, large)
    return np.copysign(np.where(y <= 0.46875, inner, outer), x).astype(x.dtype, copy=False)


def _normal_cdf(z: Array) -> Array:
    return (1 + erf(z * z.dtype.type(_SQRT_HALF))) * z.dtype.type(0.5)


def _derivative(z: Array, a: Array) -> Array:
    return _normal_cdf(z) + z * np.exp(-z * z / 2) * z.dtype.type(_INV_SQRT_2PI)


def _second_derivative(z: Array, a: Array) -> Array:
    value: Array = (2 - z * z) * np.exp(-z * z / 2) / z.dtype.type(math.sqrt(2 * math.pi))
    return value


ACTIVATION = Activation(lambda z: z * _normal_cdf(z), _derivative, _second_derivative)
