"""Sums over tokens: the product of sparse rows with a matrix, and its gradient, without a dense copy of the rows."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array, Tokens


def sums_of_rows(tokens: Tokens, matrix: Array) -> Array:
    """For each sample the sum (n, columns) of value * matrix[index] over its tokens; matrix (width, columns)."""
    terms = matrix[tokens.indices] * tokens.values[:, None].astype(matrix.dtype, copy=False)
    return sums_of_samples(terms, tokens.starts)


def sums_of_samples(rows: Array, starts: Array) -> Array:
    """The sum (n, columns) of the rows of each sample; 0 for a sample without rows."""
    sums = np.zeros((len(starts) - 1, rows.shape[1]), dtype=rows.dtype)
    filled = np.diff(starts) > 0
    if filled.any():
        sums[filled] = np.add.reduceat(rows, starts[:-1][filled], axis=0)
    return sums


def add_to_rows(tokens: Tokens, delta: Array, out: Array) -> None:
    """Write into out (width, columns) the sum of value * delta[sample] over the tokens of each index, 0 for others.

    delta (n, columns). The tokens of an index are added in their order.
    """
    out[...] = 0
    samples = np.repeat(np.arange(len(tokens)), tokens.lengths)
    order = np.argsort(tokens.indices, kind="stable")
    if not len(order):
        return
    indices = tokens.indices[order]
    terms = delta[samples[order]] * tokens.values[order, None].astype(out.dtype, copy=False)
    begins = np.flatnonzero(np.r_[True, indices[1:] != indices[:-1]])
    out[indices[begins]] = np.add.reduceat(terms, begins, axis=0)
