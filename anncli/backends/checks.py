"""Checks that every session makes of what it is given."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, Rows, row_numbers
from anncli.backends.base import RowChoice, Samples, Shown
from anncli.backends.rules import SWEEP_RULES, Rule, State, UpdateRule, UpdateState

_FLOAT32 = np.dtype(np.float32)


def all_float32(*arrays: Array | None) -> bool:
    """Whether arrays are as the compiled code takes them: 32-bit numbers, row by row; None for one that there is not."""
    # A plain loop: small networks call this a hundred thousand times.
    for array in arrays:
        if array is not None and not (array.dtype == _FLOAT32 and array.flags.c_contiguous):
            return False
    return True


def chosen_rows(rows: RowChoice | None, n_samples: int) -> Array:
    """Row numbers (n,) from numbers, a mask (n_samples,) or a slice; those of all rows for None.

    Raises: IndexError for a negative number, which would silently count from the end.
    """
    if rows is None:
        rows = slice(None)
    if isinstance(rows, slice) or rows.dtype == np.bool_:
        return row_numbers(rows, n_samples)
    if rows.size and rows.min() < 0:
        raise IndexError(f"row number {rows.min()} of {n_samples} rows")
    return rows


def check_sweep(
    rule: Rule, state: State, batch_size: int, shown: Shown, truncate: int = 0
) -> tuple[UpdateRule, UpdateState]:
    """Rule and state of a sweep; raises ValueError for a sweep that no backend can do."""
    is_known = isinstance(rule, UpdateRule) and (truncate or rule.name in SWEEP_RULES)
    if not is_known or not isinstance(rule, UpdateRule) or not isinstance(state, UpdateState):
        raise ValueError(f"a sweep needs one of the rules {', '.join(SWEEP_RULES)}")
    if batch_size < 1:
        raise ValueError(f"batch of {batch_size} rows")
    if shown.tolerance and batch_size != 1:
        raise ValueError("a tolerance needs batch size 1")
    return rule, state


def targets_of(samples: Samples) -> Array | Rows:
    """The targets; raises ValueError for samples without."""
    if samples.targets is None:
        raise ValueError("these samples have no targets")
    return samples.targets


class Answers(NamedTuple):
    """Of some samples, or of all their rows where those have answers of their own: targets (m, n_outputs), weights (m,) or None."""

    targets: Array
    weights: Array | None


def answers_of(samples: Samples, rows: Array | slice | None) -> Answers:
    """The answers of the chosen samples (None: of all), one after the other; raises ValueError for samples without targets."""
    targets, weights = targets_of(samples), samples.weights
    if rows is not None:
        targets, weights = targets[rows], None if weights is None else weights[rows]
    if isinstance(targets, Rows):
        targets = targets.values
    if isinstance(weights, Rows):
        weights = weights.values[:, 0]
    return Answers(targets, weights)


def n_answers(samples: Samples, rows: Array) -> int:
    """How many answers the chosen samples (n,) have: one each, or one for each of their rows."""
    targets = targets_of(samples)
    return int((targets.starts[rows + 1] - targets.starts[rows]).sum()) if isinstance(targets, Rows) else len(rows)
