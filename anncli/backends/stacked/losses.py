"""Losses for tensors: the functions of network/losses.py along the last axis, for output units of one activation.

z, outputs y and targets t are (K, n, n_outputs); values (K, n) are those of single rows, deltas (K, n, n_outputs) dE/dz.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from anncli.backends.stacked.activations import STACKED_ACTIVATIONS
from anncli.backends.stacked.device import Tensor
from anncli.network.names import LOSS_NAMES, parse_loss

_OfError = Callable[[Tensor], Tensor]


class StackedLoss(Protocol):
    """One loss; r_delta takes r_z and r_y besides, the derivatives of z and y along a direction of the parameters."""

    def value(self, z: Tensor, y: Tensor, t: Tensor) -> Tensor: ...

    def delta(self, z: Tensor, y: Tensor, t: Tensor) -> Tensor: ...

    def r_delta(self, z: Tensor, y: Tensor, t: Tensor, r_z: Tensor, r_y: Tensor) -> Tensor: ...


def stacked_loss(text: str, activation: str) -> StackedLoss:
    """The loss that parse_loss() reads in a text, for outputs with that activation.

    Raises: ValueError for a loss of spikes, which dense layers do not give.
    """
    name, numbers = parse_loss(text)
    if name == "huber":
        return _huber(activation, *numbers)
    if name == "quantile":
        return _quantile(activation, parse_loss(text).of_outputs)
    if name == "mae":
        return _OfErrors(activation, lambda e: e.abs(), lambda e: e.sign(), lambda e: e.new_zeros(()).expand_as(e))
    if name not in _CLASSES:
        raise ValueError(f"loss {name} is not in the stacked program")
    if activation == "softmax" and name in ("mse", "focal"):
        return _SoftmaxSquared() if name == "mse" else _SoftmaxFocal()
    if name == "mse":
        return _OfErrors(activation, lambda e: e * e, lambda e: 2 * e, lambda e: e.new_full((), 2.0).expand_as(e))
    return _CLASSES[name]()


class _OfErrors:
    """The mean over outputs of a function of the error e = y - t, from it and its two derivatives."""

    def __init__(self, activation: str, value: _OfError, slope: _OfError, bend: _OfError) -> None:
        self._functions = STACKED_ACTIVATIONS[activation]
        self._value, self._slope, self._bend = value, slope, bend

    def value(self, z: Tensor, y: Tensor, t: Tensor) -> Tensor:
        return self._value(y - t).mean(-1)

    def delta(self, z: Tensor, y: Tensor, t: Tensor) -> Tensor:
        return self._slope(y - t) * self._functions.derivative(z, y) / y.shape[-1]

    def r_delta(self, z: Tensor, y: Tensor, t: Tensor, r_z: Tensor, r_y: Tensor) -> Tensor:
        e, functions = y - t, self._functions
        bent = self._bend(e) * r_y * functions.derivative(z, y)
        return (bent + self._slope(e) * functions.second_derivative(z, y) * r_z) / y.shape[-1]


def _huber(activation: str, limit: float) -> StackedLoss:
    def value(e: Tensor) -> Tensor:
        size = e.abs()
        return (e * e / 2).where(size <= limit, limit * (size - limit / 2))

    return _OfErrors(activation, value, lambda e: e.clamp(-limit, limit), lambda e: (e.abs() <= limit).to(e.dtype))


def _quantile(activation: str, levels: Callable[[int], tuple[float, ...]]) -> StackedLoss:
    def factor(e: Tensor) -> Tensor:
        q = e.new_tensor(levels(e.shape[-1]))
        return (e > 0).to(e.dtype) * (1 - q) - (e < 0).to(e.dtype) * q + 0 * e

    return _OfErrors(activation, lambda e: factor(e) * e, factor, lambda e: e.new_zeros(()).expand_as(e))


class _SoftmaxSquared:
    def value(self, z: Tensor, y: Tensor, t: Tensor) -> Tensor:
        return ((y - t) ** 2).mean(-1)

    def delta(self, z: Tensor, y: Tensor, t: Tensor) -> Tensor:
        g = (y - t) * (2 / y.shape[-1])
        return y * (g - (g * y).sum(-1, keepdim=True))

    def r_delta(self, z: Tensor, y: Tensor, t: Tensor, r_z: Tensor, r_y: Tensor) -> Tensor:
        factor = 2 / y.shape[-1]
        g = (y - t) * factor
        inner = (g * y).sum(-1, keepdim=True)
        r_inner = (factor * r_y * y + g * r_y).sum(-1, keepdim=True)
        return r_y * (g - inner) + y * (factor * r_y - r_inner)


class _BinaryCrossEntropy:
    def value(self, z: Tensor, y: Tensor, t: Tensor) -> Tensor:
        # From the pre-activation: a saturated wrong unit must have a finite loss.
        return (z.clamp(min=0) - z * t + (-z.abs()).exp().log1p()).sum(-1)

    def delta(self, z: Tensor, y: Tensor, t: Tensor) -> Tensor:
        return y - t

    def r_delta(self, z: Tensor, y: Tensor, t: Tensor, r_z: Tensor, r_y: Tensor) -> Tensor:
        return r_y


class _CrossEntropy:
    def value(self, z: Tensor, y: Tensor, t: Tensor) -> Tensor:
        return z.logsumexp(-1) * t.sum(-1) - (t * z).sum(-1)

    def delta(self, z: Tensor, y: Tensor, t: Tensor) -> Tensor:
        return y * t.sum(-1, keepdim=True) - t

    def r_delta(self, z: Tensor, y: Tensor, t: Tensor, r_z: Tensor, r_y: Tensor) -> Tensor:
        return r_y * t.sum(-1, keepdim=True)


def _sides(z: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """p, 1 - p, -log p and -log(1 - p) of logistic outputs, each accurate even for p near 0 or 1."""
    log = (-z.abs()).exp().log1p()
    return z.sigmoid(), (-z).sigmoid(), (-z).clamp(min=0) + log, z.clamp(min=0) + log


class _Focal:
    """Source: Lin et al. 2017, ICCV; gamma 2."""

    def value(self, z: Tensor, y: Tensor, t: Tensor) -> Tensor:
        p, q, log_p, log_q = _sides(z)
        return (t * q * q * log_p + (1 - t) * p * p * log_q).sum(-1)

    def delta(self, z: Tensor, y: Tensor, t: Tensor) -> Tensor:
        p, q, log_p, log_q = _sides(z)
        return (1 - t) * p * p * (2 * q * log_q + p) - t * q * q * (2 * p * log_p + q)

    def r_delta(self, z: Tensor, y: Tensor, t: Tensor, r_z: Tensor, r_y: Tensor) -> Tensor:
        p, q, log_p, log_q = _sides(z)
        bend = t * p * q * q * (4 * p * log_p - 2 * q * log_p + 5 * q)
        return (bend + (1 - t) * q * p * p * (4 * q * log_q - 2 * p * log_q + 5 * p)) * r_z


class _SoftmaxFocal:
    def value(self, z: Tensor, y: Tensor, t: Tensor) -> Tensor:
        return -(t * (1 - y) ** 2 * z.log_softmax(-1)).sum(-1)

    def delta(self, z: Tensor, y: Tensor, t: Tensor) -> Tensor:
        slope = self._slope(z, y, t)
        return slope - y * slope.sum(-1, keepdim=True)

    def r_delta(self, z: Tensor, y: Tensor, t: Tensor, r_z: Tensor, r_y: Tensor) -> Tensor:
        slope = self._slope(z, y, t)
        bend = t * (2 * (1 - 2 * y) * z.log_softmax(-1) + 4 * (1 - y)) * r_y
        return bend - r_y * slope.sum(-1, keepdim=True) - y * bend.sum(-1, keepdim=True)

    def _slope(self, z: Tensor, y: Tensor, t: Tensor) -> Tensor:
        q = 1 - y
        return t * q * (2 * y * z.log_softmax(-1) - q)


class _Poisson:
    """Half the deviance. The outputs are exp(z)."""

    def value(self, z: Tensor, y: Tensor, t: Tensor) -> Tensor:
        logs = t.where(t > 0, t.new_ones(())).log()
        return (y - t - t * (z - logs)).mean(-1)

    def delta(self, z: Tensor, y: Tensor, t: Tensor) -> Tensor:
        return (y - t) / z.shape[-1]

    def r_delta(self, z: Tensor, y: Tensor, t: Tensor, r_z: Tensor, r_y: Tensor) -> Tensor:
        return r_y / r_y.shape[-1]


_CLASSES: dict[str, Callable[[], StackedLoss]] = {
    "binary-cross-entropy": _BinaryCrossEntropy, "cross-entropy": _CrossEntropy, "focal": _Focal, "poisson": _Poisson,
    "mse": _SoftmaxSquared,
}  # fmt: skip

assert {"huber", "quantile", "mae", "first-spike", *_CLASSES} == LOSS_NAMES.keys()
