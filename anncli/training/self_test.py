"""The raw samples whose outputs a network file holds, so that a later program can see whether it computes the same."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array, Inputs, Tokens
from anncli.dataset.dataset import Dataset
from anncli.training.sets import evenly_spaced

_ROWS = 3
_NUMBERS = 3000
# Of a text of which every symbol has as many outputs as there are symbols.
_SYMBOLS = 20


def self_test_rows(data: Dataset, rows: Array, predicts_next: bool) -> Inputs:
    """Some of the samples `rows` (n,), as a copy: the inputs may be scaled in place afterwards. Of long samples fewer, so that a
    network file stays small, and none without tokens, which would test the biases alone; where the next symbol is predicted, the beginning
    of one sample."""
    if predicts_next and isinstance(data.inputs, Tokens):
        first = data.inputs[rows[:1]]
        end = min(_SYMBOLS, len(first.indices))
        return first.taken(slice(end), np.array([0, end])).copy()
    if not isinstance(data.inputs, np.ndarray):
        filled = rows[data.inputs.lengths[rows] > 0]
        rows = filled if len(filled) else rows
    chosen = data.inputs[evenly_spaced(rows, _ROWS)].copy()
    if isinstance(chosen, np.ndarray):
        return chosen
    sizes = np.sort(chosen.lengths) * (chosen.values.size // max(1, len(chosen.values)))
    count = max(1, int(np.searchsorted(np.cumsum(sizes), _NUMBERS, side="right")))
    return chosen[np.sort(np.argsort(chosen.lengths, kind="stable")[:count])]
