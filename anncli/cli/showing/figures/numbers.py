"""What the figures of predicted numbers have in common: the pairs of true and predicted numbers that are drawn."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.cli.showing.figures.facts import Facts, RowSet
from anncli.cli.showing.svg import Series

#: Rows that are drawn as single markers, at equal distances in the data; all of them count in the numbers.
MOST_MARKS = 800
#: Targets in one figure.
MOST_TARGETS = 6


def middle_outputs(facts: Facts, rows: RowSet) -> Array:
    """(n, n_targets) float64: the predicted number of each target, with quantiles the one nearest to the median."""
    n_quantiles = max(1, len(facts.network.quantiles))
    outputs = rows.outputs.astype(np.float64).reshape(len(rows.outputs), -1, n_quantiles)
    at = int(np.argmin([abs(q - 0.5) for q in facts.network.quantiles])) if facts.network.quantiles else 0
    return outputs[:, :, at]


def some(n: int, most: int = MOST_MARKS) -> Array:
    """The places of at most `most` of n rows, at equal distances."""
    return np.arange(n) if n <= most else np.arange(most) * (n - 1) // (most - 1)


def series_of(facts: Facts) -> list[tuple[Series, str]]:
    """The targets that are drawn, and how."""
    return [(Series(k), name) for k, name in enumerate(facts.target_names[:MOST_TARGETS])]
