"""Partial dependence: the mean output of a network when one column has the same value in every row."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.analysis.columns import ColumnInputs
from anncli.arrays import Array
from anncli.inference.predict import predict
from anncli.network.network import Network

# A column with at most so many different numbers is shown at each of them, another one at so many places.
POINTS = 11
# The places lie between these quantiles of the column: beyond them there are too few rows to learn from.
_ENDS = (0.05, 0.95)


class Dependence(NamedTuple):
    """column; values: numbers (m,) or words; outputs (m, n_outputs): the mean over the rows of each output, in the units of
    the data, when all rows have the value; fractions (m,): the fraction of the rows, by their weights, that have it, of numbers:
    that lie nearest."""

    column: ColumnInputs
    values: tuple[float | str, ...]
    outputs: Array
    fractions: tuple[float, ...]


def partial_dependence(
    network: Network, inputs: Array, column: ColumnInputs, weights: Array | None = None, threads: int = 1
) -> Dependence:
    """Over inputs (n, n_inputs), n > 0, with weights (n,) or 1 for each row.

    Source: Friedman 2001, Annals of Statistics 29, 1189-1232, section 8.2.
    """
    settings = _settings(inputs, column)
    outputs = []
    changed = inputs.copy()
    for _, cells in settings:
        changed[:, column.inputs] = cells
        predicted = predict(network, changed, threads=threads)
        outputs.append(np.average(predicted.astype(np.float64), axis=0, weights=weights))
    return Dependence(
        column, tuple(value for value, _ in settings), np.array(outputs), _fractions(inputs, column, settings, weights)
    )


def _settings(inputs: Array, column: ColumnInputs) -> list[tuple[float | str, Array]]:
    """Each value, and the inputs of the column (width,) that stand for it."""
    width = column.stop - column.start
    if column.kind == "category":
        ones = np.eye(width, dtype=np.float32)
        return [(level, ones[k]) for k, level in enumerate(column.levels)]
    places = _places(inputs[:, column.start])
    # The indicator of a missing cell is 0.
    cells = np.zeros((len(places), width), dtype=np.float32)
    cells[:, 0] = places
    return [(float(str(place)), own) for place, own in zip(places, cells, strict=True)]


def _places(values: Array) -> Array:
    """The values (m,) float32, ascending, at which a column of numbers (n,) is shown."""
    different = np.unique(values)
    if len(different) <= POINTS:
        return different
    low, high = np.quantile(values.astype(np.float64), _ENDS)
    if low == high:
        low, high = float(different[0]), float(different[-1])
    return np.linspace(low, high, POINTS).astype(np.float32)


def _fractions(
    inputs: Array, column: ColumnInputs, settings: list[tuple[float | str, Array]], weights: Array | None
) -> tuple[float, ...]:
    weights = np.ones(len(inputs)) if weights is None else weights.astype(np.float64)
    if column.kind == "category":
        own = inputs[:, column.start : column.start + len(settings)] > 0
        return tuple(np.average(own, axis=0, weights=weights).tolist())
    places = np.array([cells[0] for _, cells in settings], dtype=np.float64)
    nearest = np.searchsorted((places[1:] + places[:-1]) / 2, inputs[:, column.start])
    return tuple((np.bincount(nearest, weights, minlength=len(places)) / weights.sum()).tolist())
