"""Losses: text -> value of each row, delta (gradient with respect to the output pre-activations) and its derivative.

The text is a name of LOSS_NAMES, with the numbers of the loss where it has some: LOSSES["huber:1.5"]; see parse_loss().
At the kinks of mae and quantile, where the error is 0, the delta is 0.

Callers multiply by sample weights, sum, and divide by the number of rows. Sample weights have mean 1 over the training
set, so that this is the weighted mean there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.network.activations import ACTIVATIONS
from anncli.network.names import LOSS_NAMES, LossText, parse_loss

_OfError = Callable[[Array], Array]

# The loss first-spike of a silent unit of the class, as that of one that fires 100 tau0 after the first of the others.
_SILENT = 100.0


class Loss(NamedTuple):
    """Functions of (activation, z, outputs, targets), all arrays (n, K), for output units with that activation.

    value -> (n,) loss E of each row; delta -> (n, K) dE/dz. r_delta takes r_z and r_a (n, K) besides, the derivatives of
    z and outputs along a direction in the space of the parameters -> (n, K) that of delta.
    """

    value: Callable[[str, Array, Array, Array], Array]
    delta: Callable[[str, Array, Array, Array], Array]
    r_delta: Callable[[str, Array, Array, Array, Array, Array], Array]


def _squared_value(activation: str, z: Array, outputs: Array, targets: Array) -> Array:
    difference = outputs - targets
    return (difference * difference).mean(axis=1)


def _squared_delta(activation: str, z: Array, outputs: Array, targets: Array) -> Array:
    g = (outputs - targets) * z.dtype.type(2 / outputs.shape[1])
    if activation == "softmax":
        return outputs * (g - (g * outputs).sum(axis=1, keepdims=True))
    return g * ACTIVATIONS[activation].derivative(z, outputs)


def _squared_r_delta(activation: str, z: Array, outputs: Array, targets: Array, r_z: Array, r_a: Array) -> Array:
    factor = z.dtype.type(2 / outputs.shape[1])
    g = (outputs - targets) * factor
    value: Array
    if activation == "softmax":
        inner = (g * outputs).sum(axis=1, keepdims=True)
        r_inner = (factor * r_a * outputs + g * r_a).sum(axis=1, keepdims=True)
        value = r_a * (g - inner) + outputs * (factor * r_a - r_inner)
        return value
    second = ACTIVATIONS[activation].second_derivative
    assert second is not None
    slope = ACTIVATIONS[activation].derivative(z, outputs)
    value = factor * r_a * slope + g * second(z, outputs) * r_z
    return value


def _binary_value(activation: str, z: Array, outputs: Array, targets: Array) -> Array:
    # From the pre-activation, not from log(output): a saturated wrong unit must have a finite loss.
    return (np.maximum(z, 0) - z * targets + np.log1p(np.exp(-np.abs(z)))).sum(axis=1)


def _softmax_value(activation: str, z: Array, outputs: Array, targets: Array) -> Array:
    top = z.max(axis=1)
    log_sum = top + np.log(np.exp(z - top[:, None]).sum(axis=1))
    return log_sum * targets.sum(axis=1) - (targets * z).sum(axis=1)


def _softmax_delta(activation: str, z: Array, outputs: Array, targets: Array) -> Array:
    return outputs * targets.sum(axis=1, keepdims=True) - targets


def _softmax_r_delta(activation: str, z: Array, outputs: Array, targets: Array, r_z: Array, r_a: Array) -> Array:
    value: Array = r_a * targets.sum(axis=1, keepdims=True)
    return value


# The focal loss multiplies each term of cross-entropy by (1 - p)^2, p being the output of the wanted class (gamma 2), so
# that rows already classified well count less. Source: Lin et al. 2017, Focal loss for dense object detection, ICCV.


def logistic_sides(z: Array) -> tuple[Array, Array, Array, Array]:
    """p, 1 - p, -log p and -log(1 - p) of logistic outputs, each accurate even for p near 0 or 1."""
    e = np.exp(-np.abs(z))
    r = 1 / (1 + e)
    near, far, log = r, e * r, np.log1p(e)
    up = z >= 0
    p, q = np.where(up, near, far), np.where(up, far, near)
    return p, q, np.maximum(-z, 0) + log, np.maximum(z, 0) + log


def log_outputs(z: Array) -> Array:
    """log of softmax outputs."""
    shifted = z - z.max(axis=1, keepdims=True)
    value: Array = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return value


def _focal_value(activation: str, z: Array, outputs: Array, targets: Array) -> Array:
    value: Array
    if activation == "softmax":
        value = -(targets * (1 - outputs) ** 2 * log_outputs(z)).sum(axis=1)
        return value
    p, q, log_p, log_q = logistic_sides(z)
    value = (targets * q * q * log_p + (1 - targets) * p * p * log_q).sum(axis=1)
    return value


def _focal_delta(activation: str, z: Array, outputs: Array, targets: Array) -> Array:
    value: Array
    if activation == "softmax":
        q = 1 - outputs
        slope = targets * q * (2 * outputs * log_outputs(z) - q)
        value = slope - outputs * slope.sum(axis=1, keepdims=True)
        return value
    p, q, log_p, log_q = logistic_sides(z)
    value = (1 - targets) * p * p * (2 * q * log_q + p) - targets * q * q * (2 * p * log_p + q)
    return value


def _focal_r_delta(activation: str, z: Array, outputs: Array, targets: Array, r_z: Array, r_a: Array) -> Array:
    value: Array
    if activation == "softmax":
        q, logs = 1 - outputs, log_outputs(z)
        slope = targets * q * (2 * outputs * logs - q)
        bend = targets * (2 * (1 - 2 * outputs) * logs + 4 * q) * r_a
        value = bend - r_a * slope.sum(axis=1, keepdims=True) - outputs * bend.sum(axis=1, keepdims=True)
        return value
    p, q, log_p, log_q = logistic_sides(z)
    value = targets * p * q * q * (4 * p * log_p - 2 * q * log_p + 5 * q)
    value += (1 - targets) * q * p * p * (4 * q * log_q - 2 * p * log_q + 5 * p)
    value *= r_z
    return value


def _of_error(value: _OfError, slope: _OfError, bend: _OfError) -> Loss:
    """The mean over outputs of a function of the error e = output - target, from it and its two derivatives."""

    def mean_value(activation: str, z: Array, outputs: Array, targets: Array) -> Array:
        mean: Array = value(outputs - targets).mean(axis=1)
        return mean

    def delta(activation: str, z: Array, outputs: Array, targets: Array) -> Array:
        own = ACTIVATIONS[activation].derivative(z, outputs)
        return slope(outputs - targets) * own * z.dtype.type(1 / outputs.shape[1])

    def r_delta(activation: str, z: Array, outputs: Array, targets: Array, r_z: Array, r_a: Array) -> Array:
        e, functions = outputs - targets, ACTIVATIONS[activation]
        assert functions.second_derivative is not None
        bent = (
            bend(e) * r_a * functions.derivative(z, outputs) + slope(e) * functions.second_derivative(z, outputs) * r_z
        )
        changed: Array = bent * z.dtype.type(1 / outputs.shape[1])
        return changed

    return Loss(mean_value, delta, r_delta)


def _huber(limit: float) -> Loss:
    """Source: Huber 1964, Annals of Mathematical Statistics 35, 73-101."""

    def value(e: Array) -> Array:
        size = np.abs(e)
        return np.where(size > limit, limit * (size - limit / 2), e * e / 2).astype(e.dtype, copy=False)

    return _of_error(value, lambda e: np.clip(e, -limit, limit), lambda e: (np.abs(e) <= limit).astype(e.dtype))


def _quantile(loss: LossText) -> Loss:
    """Source: Koenker & Bassett 1978, Econometrica 46, 33-50."""

    def factor(e: Array) -> Array:
        q = np.asarray(loss.of_outputs(e.shape[1]), dtype=e.dtype)
        return np.where(e > 0, 1 - q, np.where(e < 0, -q, 0 * e))

    return _of_error(lambda e: factor(e) * e, factor, np.zeros_like)


def _poisson_value(activation: str, z: Array, outputs: Array, targets: Array) -> Array:
    # Half the deviance, so that it is 0 for a perfect fit. The outputs are exp(z).
    logs = np.log(np.where(targets > 0, targets, 1))
    mean: Array = (outputs - targets - targets * (z - logs)).mean(axis=1)
    return mean


def _first_spike(alpha: float, ratio: float) -> Loss:
    """z is -t / tau0 of the first spikes, -inf for a silent unit, and the outputs their softmax; ratio: tau1 / tau0.

    Where the unit of the class is silent there is no gradient, and its term of the loss is _SILENT.
    Source: Wunderlich & Pehle 2021, Scientific Reports 11, 12829.
    """

    def value(activation: str, z: Array, outputs: Array, targets: Array) -> Array:
        fired = np.isfinite(z)
        low = np.where(fired, z, -np.inf).max(axis=1, keepdims=True, initial=-1e30)
        total = low + np.log(np.maximum(np.exp(z - low).sum(axis=1, keepdims=True), 1e-300))
        late = alpha * (np.exp(np.where(fired, -z, 0) / ratio) - 1)
        terms: Array = targets * np.where(fired, total - np.where(fired, z, 0) + late, _SILENT)
        return terms.sum(axis=1)

    def delta(activation: str, z: Array, outputs: Array, targets: Array) -> Array:
        wanted = np.where(np.isfinite(z), targets, 0)
        late = alpha / ratio * np.exp(np.where(wanted > 0, -z, 0) / ratio)
        slopes: Array = outputs * wanted.sum(axis=1, keepdims=True) - wanted * (1 + late)
        return slopes

    def none(*given: Array | str) -> Array:
        raise ValueError("the loss first-spike has no second derivatives: it jumps where a spike appears")

    return Loss(value, delta, none)


class _Losses(dict[str, Loss]):
    """Text of a loss -> loss. Those with numbers are made on first use."""

    def __missing__(self, text: str) -> Loss:
        loss = parse_loss(text)
        if not loss.numbers:
            raise KeyError(text)
        if loss.name == "first-spike":
            self[text] = _first_spike(*loss.numbers)
        else:
            self[text] = _huber(*loss.numbers) if loss.name == "huber" else _quantile(loss)
        return self[text]


LOSSES = _Losses({
    "mse": Loss(_squared_value, _squared_delta, _squared_r_delta),
    "binary-cross-entropy": Loss(
        _binary_value,
        lambda activation, z, outputs, targets: outputs - targets,
        lambda activation, z, outputs, targets, r_z, r_a: r_a,
    ),
    "cross-entropy": Loss(_softmax_value, _softmax_delta, _softmax_r_delta),
    "focal": Loss(_focal_value, _focal_delta, _focal_r_delta),
    "mae": _of_error(np.abs, np.sign, np.zeros_like),
    "poisson": Loss(
        _poisson_value,
        lambda activation, z, outputs, targets: (outputs - targets) * z.dtype.type(1 / z.shape[1]),
        lambda activation, z, outputs, targets, r_z, r_a: r_a * r_a.dtype.type(1 / r_a.shape[1]),
    ),
})  # fmt: skip

assert {"huber", "quantile", "first-spike", *LOSSES} == LOSS_NAMES.keys()


def constant_level(loss: str, n_outputs: int) -> Array | None:
    """Which quantile (n_outputs,) of its targets each output should give where it must be a constant; None: their mean."""
    name, numbers = parse_loss(loss)
    if name == "quantile":
        return np.asarray(LossText(name, numbers).of_outputs(n_outputs))
    return np.full(n_outputs, 0.5) if name in ("mae", "huber") else None
