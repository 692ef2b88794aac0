"""Activations for tensors: the functions of network/activations, of any shape; softmax along the last axis."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from anncli.backends.stacked.device import Tensor
from anncli.network.names import ACTIVATION_NAMES

_SQRT_HALF, _INV_SQRT_2PI = math.sqrt(0.5), 1 / math.sqrt(2 * math.pi)
_C, _CUBE = math.sqrt(2 / math.pi), 0.044715
_A, _S = 1.7159, 2 / 3
_LEAK = 0.01
# The largest argument whose exponential is a float32 number.
_MOST = 88.0


class StackedActivation(NamedTuple):
    """As network.activations.Activation: value(z) -> a, derivative(z, a), second_derivative(z, a). Those of softmax are in the losses."""

    value: Callable[[Tensor], Tensor]
    derivative: Callable[[Tensor, Tensor], Tensor]
    second_derivative: Callable[[Tensor, Tensor], Tensor]


def _none(z: Tensor, a: Tensor) -> Tensor:
    raise AssertionError("softmax has a Jacobian, not an element-wise derivative")


def _zero(z: Tensor, a: Tensor) -> Tensor:
    return z.new_zeros(()).expand_as(z)


def _elu(z: Tensor) -> Tensor:
    return z.where(z > 0, z.clamp(max=0).expm1())


def _elu_slope(z: Tensor, a: Tensor) -> Tensor:
    return (a + 1).where(z <= 0, z.new_ones(()))


def _normal_cdf(z: Tensor) -> Tensor:
    return (1 + (z * _SQRT_HALF).erf()) * 0.5


def _density(z: Tensor) -> Tensor:
    return (-z * z / 2).exp() * _INV_SQRT_2PI


def _gelu_tanh_inner(z: Tensor) -> Tensor:
    return (_C * (z + _CUBE * z * z * z)).tanh()


def _gelu_tanh_slope(z: Tensor, a: Tensor) -> Tensor:
    t = _gelu_tanh_inner(z)
    return (1 + t) / 2 + z / 2 * (1 - t * t) * _C * (1 + 3 * _CUBE * z * z)


def _gelu_tanh_bend(z: Tensor, a: Tensor) -> Tensor:
    t = _gelu_tanh_inner(z)
    slope, bend = _C * (1 + 3 * _CUBE * z * z), 6 * _C * _CUBE * z
    return (1 - t * t) * (slope + z / 2 * (bend - 2 * t * slope * slope))


def _lecun_bend(z: Tensor, a: Tensor) -> Tensor:
    t = a / _A
    return -2 * _A * _S * _S * t * (1 - t * t)


def _silu_slope(z: Tensor, a: Tensor) -> Tensor:
    s = z.sigmoid()
    return s * (1 + z * (1 - s))


def _silu_bend(z: Tensor, a: Tensor) -> Tensor:
    s = z.sigmoid()
    return s * (1 - s) * (2 + z * (1 - 2 * s))


def _softplus_bend(z: Tensor, a: Tensor) -> Tensor:
    s = z.sigmoid()
    return s * (1 - s)


STACKED_ACTIVATIONS: dict[str, StackedActivation] = {
    "linear": StackedActivation(lambda z: z, lambda z, a: z.new_ones(()).expand_as(z), _zero),
    "logistic": StackedActivation(
        lambda z: z.sigmoid(), lambda z, a: a * (1 - a), lambda z, a: a * (1 - a) * (1 - 2 * a)
    ),
    "tanh": StackedActivation(lambda z: z.tanh(), lambda z, a: 1 - a * a, lambda z, a: -2 * a * (1 - a * a)),
    "bipolar-sigmoid": StackedActivation(
        lambda z: (z / 2).tanh(), lambda z, a: (1 - a * a) / 2, lambda z, a: -a * (1 - a * a) / 2
    ),
    "lecun-tanh": StackedActivation(
        lambda z: _A * (_S * z).tanh(), lambda z, a: _A * _S * (1 - (a / _A) ** 2), _lecun_bend
    ),
    "relu": StackedActivation(lambda z: z.clamp(min=0), lambda z, a: (z > 0).to(z.dtype), _zero),
    "leaky-relu": StackedActivation(
        lambda z: z.where(z > 0, _LEAK * z), lambda z, a: _LEAK + (1 - _LEAK) * (z > 0).to(z.dtype), _zero
    ),
    "elu": StackedActivation(_elu, _elu_slope, lambda z, a: (a + 1) * (z <= 0).to(z.dtype)),
    "gelu": StackedActivation(
        lambda z: z * _normal_cdf(z),
        lambda z, a: _normal_cdf(z) + z * _density(z),
        lambda z, a: (2 - z * z) * _density(z),
    ),
    "gelu-tanh": StackedActivation(lambda z: z / 2 * (1 + _gelu_tanh_inner(z)), _gelu_tanh_slope, _gelu_tanh_bend),
    "silu": StackedActivation(lambda z: z * z.sigmoid(), _silu_slope, _silu_bend),
    "softplus": StackedActivation(
        lambda z: z.clamp(min=0) + (-z.abs()).exp().log1p(), lambda z, a: z.sigmoid(), _softplus_bend
    ),
    "softsign": StackedActivation(
        lambda z: z / (1 + z.abs()),
        lambda z, a: (1 - a.abs()) ** 2,
        lambda z, a: -2 * z.sign() / (1 + z.abs()) ** 3,
    ),
    "exp": StackedActivation(lambda z: z.clamp(max=_MOST).exp(), lambda z, a: a, lambda z, a: a),
    "softmax": StackedActivation(lambda z: z.softmax(-1), _none, _none),
}

assert STACKED_ACTIVATIONS.keys() == ACTIVATION_NAMES.keys()


def along(activation: str, z: Tensor, a: Tensor, r_z: Tensor) -> Tensor:
    """The derivative of a = f(z) along the direction r_z."""
    if activation == "softmax":
        return a * (r_z - (a * r_z).sum(-1, keepdim=True))
    return STACKED_ACTIVATIONS[activation].derivative(z, a) * r_z
