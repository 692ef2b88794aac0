"""Splits: which rows train, which validate and which test, stratified by class and decided by a seed."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array, row_mask, take_rows


def stratified_split(labels: Array, rows: Array, share: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Take `share` of the rows of every class at random.

    Args: labels (n_samples,); rows (n,), the rows to divide; share 0..1 of each class, rounded to the nearest
        count; a class keeps at least one row in each part where it has two, and its only row is left.
    Returns: (left, taken), both ascending and together the given rows, in their type.
    """
    # Copies and masks rather than np.unique and np.setdiff1d, which sort everything: rows may be many millions. Each is let
    # go of before the next is made, since together they are more than the rest of a run holds beside the inputs.
    taken, own = [], take_rows(labels, rows)
    for label in range(int(own.min(initial=0)), int(own.max(initial=-1)) + 1):
        members = rows[own == label]
        if not len(members):
            continue
        count = int(np.floor(share * len(members) + 0.5))
        if 0 < share < 1:
            count = min(max(count, 1), len(members) - 1)
        rng.shuffle(members)
        taken.append(members[:count].copy())
        del members
    del own
    chosen = np.concatenate(taken) if taken else rows[:0].copy()
    chosen.sort()
    is_left = take_rows(~row_mask(chosen, len(labels)), rows)
    return rows[is_left], chosen
