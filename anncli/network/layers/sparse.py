"""Sums over tokens: the product of sparse rows with a matrix, and its gradient, without a dense copy of the rows."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array, Tokens


def rows_of_tokens(tokens: Tokens, matrix: Array) -> Array:
    """For each token its value times the row of its index: (T, columns), for a matrix (width, columns)."""
    rows = matrix.take(tokens.indices, axis=0)
    rows *= tokens.values[:, None].astype(matrix.dtype, copy=False)
    return rows


def sums_of_rows(tokens: Tokens, matrix: Array) -> Array:
    """For each sample the sum (n, columns) of value * matrix[index] over its tokens; matrix (width, columns)."""
    return sums_of_samples(rows_of_tokens(tokens, matrix), tokens.starts)


def sums_of_samples(rows: Array, starts: Array) -> Array:
    """The sum (n, columns) of the rows of each sample; 0 for a sample without rows."""
    sums = np.zeros((len(starts) - 1, rows.shape[1]), dtype=rows.dtype)
    filled = np.diff(starts) > 0
    if filled.any():
        sums[filled] = np.add.reduceat(rows, starts[:-1][filled], axis=0)
    return sums


def add_to_rows(tokens: Tokens, delta: Array, out: Array) -> None:
    """Write into out (width, columns) the sum of value * delta[sample] over the tokens of each index, 0 for others.

    delta (n, columns): a row for each sample. The tokens of an index are added in their order.
    """
    order = np.argsort(tokens.indices, kind="stable")
    samples = np.repeat(np.arange(len(tokens), dtype=np.int32), tokens.lengths)
    _add(tokens, order, delta.take(samples[order], axis=0), out)


def add_to_indices(tokens: Tokens, delta: Array, out: Array) -> None:
    """The same for a delta (T, columns) with a row for each token."""
    order = np.argsort(tokens.indices, kind="stable")
    _add(tokens, order, delta.take(order, axis=0), out)


def _add(tokens: Tokens, order: Array, terms: Array, out: Array) -> None:
    """The sums of value * terms; order (T,): of the tokens by index; terms (T, columns), in that order, are changed."""
    out[...] = 0
    if not len(order):
        return
    indices = tokens.indices[order]
    terms *= tokens.values[order, None].astype(out.dtype, copy=False)
    begins = np.flatnonzero(np.diff(indices, prepend=-1))
    out[indices[begins]] = np.add.reduceat(terms, begins, axis=0)
