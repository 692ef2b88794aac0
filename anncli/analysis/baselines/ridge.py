"""Ridge regression: the linear function of the inputs with the smallest penalised squared error."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, blocks_of_rows

# The penalty 1/2 sum of squared weights stands against half the summed squares, as with alpha = 1 in scikit-learn.
_PENALTY = 1.0


class RidgeRegression(NamedTuple):
    """parameters (1 + n_inputs, n_targets) float64, the biases first."""

    parameters: Array

    def predict(self, inputs: Array) -> Array:
        """float64 (n, n_targets) of inputs (n, n_inputs)."""
        found = np.empty((len(inputs), self.parameters.shape[1]))
        for block in blocks_of_rows(*inputs.shape):
            found[block] = inputs[block].astype(np.float64) @ self.parameters[1:] + self.parameters[0]
        return found


def fit_ridge(inputs: Array, targets: Array, weights: Array | None = None) -> RidgeRegression:
    """Of inputs (n, n_inputs) and targets (n, n_targets); weights (n,) of the rows, else 1. Biases have no penalty.

    The equations of the inputs are solved, or those of the rows where these are fewer.
    Source: Hoerl & Kennard 1970, Technometrics 12, 55-67.
    """
    own = np.ones(len(inputs)) if weights is None else weights.astype(np.float64)
    x, y = inputs.astype(np.float64), targets.astype(np.float64)
    mean_x, mean_y = np.average(x, axis=0, weights=own), np.average(y, axis=0, weights=own)
    roots = np.sqrt(own)[:, None]
    x, y = (x - mean_x) * roots, (y - mean_y) * roots
    n, d = x.shape
    if d <= n:
        slopes = np.linalg.solve(x.T @ x + _PENALTY * np.eye(d), x.T @ y)
    else:
        slopes = x.T @ np.linalg.solve(x @ x.T + _PENALTY * np.eye(n), y)
    return RidgeRegression(np.vstack([mean_y - mean_x @ slopes, slopes]))
