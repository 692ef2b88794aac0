"""Forecasts: a sample is a window of consecutive rows of a table, and its targets are the rows that follow.

What is windowed, and by how much, belongs to the encoder of a network and stands in its file; formats/data/windows.py makes
the windows. The names of inputs and targets count steps: `Temp(t-2)` is two rows before the last known one, `Temp(t+1)` the
first row that is to be predicted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array


@dataclass(frozen=True, eq=False)
class ForecastBaseline:
    """What a network for forecasts is measured by, and how far it was off on rows that did not train it.

    coefficients: float32 (1 + n, n_targets) of a linear autoregression of the scaled inputs, constants first, fitted on the
    rows that trained the network; low, high: float32 (n_targets,), between which 80 % of its errors (target - output) were on
    the `n` windows of the set `of`, empty where there was no such set.
    """

    coefficients: Array
    low: Array
    high: Array
    of: str = ""
    n: int = 0

    def predict(self, inputs: Array) -> Array:
        """(n, n_targets) float64 for scaled inputs (n, n_inputs), those of a window side by side."""
        weights = self.coefficients.astype(np.float64)
        found: Array = inputs.astype(np.float64) @ weights[1:] + weights[0]
        return found


class Forecast(NamedTuple):
    """How rows of a table become windows.

    window: rows of a sample; horizon: rows that are predicted; labels: the columns that are predicted; inputs: the columns whose
    past is read, labels among them, in the order of the file; order, sequence: the columns of the time, and of the series that
    a row belongs to, None where all rows are one; changes: whether targets are changes from the last known value; columns:
    all of the file that was trained on; is_named: whether it names them.
    """

    window: int
    horizon: int
    labels: tuple[str, ...]
    inputs: tuple[str, ...]
    order: str | None = None
    sequence: str | None = None
    changes: bool = False
    columns: tuple[str, ...] = ()
    is_named: bool = True
    baseline: ForecastBaseline | None = None

    @property
    def target_names(self) -> tuple[str, ...]:
        """One label after the other, each with all steps."""
        less = "-{}(t)" if self.changes else ""
        steps = range(1, self.horizon + 1)
        return tuple(f"{name}(t+{step}){less.format(name)}" for name in self.labels for step in steps)

    @property
    def input_names(self) -> tuple[str, ...]:
        """Of the inputs of a window side by side, row by row, the oldest first."""
        return tuple(lagged(name, lag) for lag in range(self.window - 1, -1, -1) for name in self.inputs)

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns that a file must have."""
        return (*self.inputs, *filter(None, (self.order, self.sequence)))


def lagged(name: str, lag: int) -> str:
    """What the input of a column is called, so many rows before the last known one."""
    return f"{name}(t-{lag})" if lag else f"{name}(t)"
