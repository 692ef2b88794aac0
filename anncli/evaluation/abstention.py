"""Abstention: rows whose scores are too close to call are not decided."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array


def undecided(outputs: Array, abstain: tuple[float, ...]) -> Array:
    """bool (n,): which rows of outputs (n, n_outputs) are no decision. With one output, scores from abstain[0] to abstain[1],
    both included; with one output for each class, rows whose largest output is below abstain[0]."""
    limits = np.asarray(abstain, dtype=outputs.dtype)
    if outputs.shape[1] == 1:
        return (outputs[:, 0] >= limits[0]) & (outputs[:, 0] <= limits[1])
    return outputs.max(axis=1) < limits[0]
