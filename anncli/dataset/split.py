"""Splits: which rows train, which validate and which test, stratified by class and decided by a seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def stratified_split(labels: Array, rows: Array, share: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Take `share` of the rows of every class at random.

    Args: labels (n_samples,); rows (n,) int64, the rows to divide; share 0..1 of each class, rounded to the nearest
        count; a class keeps at least one row in each part where it has two, and its only row is left.
    Returns: (left, taken), both ascending int64 and together the given rows.
    """
    # Copies and masks rather than np.unique and np.setdiff1d, which sort everything: rows may be many millions.
    taken, own = [], labels[rows]
    for label in range(int(own.min(initial=0)), int(own.max(initial=-1)) + 1):
        members = rows[own == label]
        if not len(members):
            continue
        count = int(np.floor(share * len(members) + 0.5))
        if 0 < share < 1:
            count = min(max(count, 1), len(members) - 1)
        taken.append(rng.permutation(members)[:count].copy())
    chosen = np.sort(np.concatenate(taken)) if taken else rows[:0].copy()
    is_taken = np.zeros(len(labels), dtype=bool)
    is_taken[chosen] = True
    return rows[~is_taken[rows]], chosen
