"""What a network for forecasts is measured by: the last value, a linear autoregression, and its own errors on held-out windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from anncli.arrays import Array, Inputs, Rows, vectors_of
from anncli.dataset.dataset import Dataset
from anncli.evaluation.forecast_errors import ForecastErrors, forecast_errors
from anncli.forecasts import Forecast, ForecastBaseline
from anncli.network.network import Network
from anncli.training.setup import Setup

# Of the errors on held-out windows, between which the middle 80 % lie.
LOW, HIGH = 0.1, 0.9
# Eigenvalues below this fraction of the largest make the equations of the autoregression singular in 64 bits.
_SINGULAR = 1e-11
_RIDGE = 1e-8
_ROWS_AT_A_TIME = 8192

NETWORK, LAST, LINEAR = "network", "last value", "linear autoregression"


def side_by_side(inputs: Inputs) -> Array:
    """The numbers (n, k) of windows, also of those that are blocks of equally many rows."""
    return inputs.values.reshape(len(inputs), -1) if isinstance(inputs, Rows) else vectors_of(inputs)


def fit_autoregression(inputs: Array, targets: Array, rows: Array) -> Array:
    """Least squares of the targets (N, k) on the scaled inputs (N, n) of `rows` (m,), with a constant: float32 (1 + n, k).

    Where inputs depend on each other (an indicator for each of several categories, say), a small multiple of the identity is
    added to the equations, and not else.
    """
    n, k = inputs.shape[1], targets.shape[1]
    means = np.zeros(n + k)
    blocks = [rows[start : start + _ROWS_AT_A_TIME] for start in range(0, len(rows), _ROWS_AT_A_TIME)]
    for block in blocks:
        means += np.concatenate([inputs[block], targets[block]], axis=1).sum(axis=0, dtype=np.float64)
    means /= len(rows)
    products = np.zeros((n, n + k))
    for block in blocks:
        both = np.concatenate([inputs[block], targets[block]], axis=1).astype(np.float64) - means
        products += both[:, :n].T @ both
    squares = products[:, :n]
    values = np.linalg.eigvalsh(squares)
    if values[0] <= _SINGULAR * values[-1]:
        squares = squares + _RIDGE * max(float(values[-1]), 1e-30) * np.eye(n)
    slopes = np.linalg.solve(squares, products[:, n:])
    return np.concatenate([(means[n:] - means[:n] @ slopes)[None], slopes]).astype(np.float32)


def with_baseline(setup: Setup, network: Network, trained: Array, outputs: Callable[[str], Array]) -> Network:
    """The finished network of a run, with the autoregression of the rows that trained it and its errors on windows that did not.

    Args: trained (n,): the numbers of these rows; outputs: for the rows of a set, by its name, in the units of the targets.
    """
    encoder = network.encoder
    if encoder is None or encoder.forecast is None or network.quantiles:
        return network
    targets = setup.data.targets
    assert targets is not None
    coefficients = fit_autoregression(side_by_side(setup.inputs), targets, trained)
    of = next((name for name in ("test", "validation") if len(setup.rows[name])), "")
    low = high = np.empty(0, dtype=np.float32)
    if of:
        errors = targets[setup.rows[of]].astype(np.float64) - outputs(of)
        low, high = np.quantile(errors, (LOW, HIGH), axis=0).astype(np.float32)
    baseline = ForecastBaseline(coefficients, low, high, of, len(setup.rows[of]) if of else 0)
    network.encoder = encoder._replace(forecast=encoder.forecast._replace(baseline=baseline))
    return network


def errors_of_set(setup: Setup, name: str, trained: Array, outputs: Array) -> ForecastErrors:
    """The errors of outputs (n, n_targets) on a set of a run, beside those of the last value and of an autoregression of the rows that
    trained what gave them (their numbers)."""
    forecast, rows, data = setup.network.forecast, setup.rows[name], setup.data
    assert forecast is not None
    assert data.targets is not None
    inputs, none = side_by_side(setup.inputs), np.empty(0, dtype=np.float32)
    linear = ForecastBaseline(fit_autoregression(inputs, data.targets, trained), none, none)
    return compared(data, rows, outputs, linear.predict(inputs[rows]), forecast)


def compared(data: Dataset, rows: Array, outputs: Array, linear: Array | None, forecast: Forecast) -> ForecastErrors:
    """The errors of outputs (n, n_targets) for the row numbers (n,) of windows, beside those of the last value and of what an
    autoregression gives, None for none; the seed of the intervals is always the same, as that of `ann test`."""
    assert data.targets is not None
    assert data.last is not None
    assert data.times is not None
    predicted: dict[str, Any] = {NETWORK: outputs, LAST: data.last[rows]}
    if linear is not None:
        predicted[LINEAR] = linear
    return forecast_errors(data.targets[rows], predicted, data.times[rows], forecast.labels)
