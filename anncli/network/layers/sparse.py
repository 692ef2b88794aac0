"""Sums over tokens: the product of sparse rows with a matrix, and its gradient, without a dense copy of the rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from anncli.arrays import Array, Tokens

# Numbers of the rows that are gathered at a time: 256 KiB of float32.
_PORTION = 1 << 16


def rows_of_tokens(tokens: Tokens, matrix: Array) -> Array:
    """For each token its value times the row of its index: (T, columns), for a matrix (width, columns)."""
    rows = matrix.take(tokens.indices, axis=0)
    rows *= tokens.values[:, None].astype(matrix.dtype, copy=False)
    return rows


def sums_of_rows(tokens: Tokens, matrix: Array) -> Array:
    """For each sample the sum (n, columns) of value * matrix[index] over its tokens; matrix (width, columns)."""
    sums = np.empty((len(tokens), matrix.shape[1]), dtype=matrix.dtype)
    for part in _portions(tokens.starts, matrix.shape[1]):
        some = tokens[part]
        sums[part] = sums_of_samples(rows_of_tokens(some, matrix), some.starts)
    return sums


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
    samples = np.repeat(np.arange(len(tokens), dtype=np.int32), tokens.lengths)
    _add(tokens, samples, delta, out)


def add_to_indices(tokens: Tokens, delta: Array, out: Array) -> None:
    """The same for a delta (T, columns) with a row for each token."""
    _add(tokens, np.arange(len(tokens.indices)), delta, out)


def _add(tokens: Tokens, rows: Array, delta: Array, out: Array) -> None:
    """rows (T,): the row of delta that each token is multiplied with."""
    out[...] = 0
    order = np.argsort(tokens.indices, kind="stable")
    indices, rows, values = tokens.indices[order], rows[order], tokens.values[order, None].astype(out.dtype, copy=False)
    first = np.flatnonzero(np.diff(indices, prepend=-1))
    starts = np.append(first, len(order))
    for part in _portions(starts, out.shape[1]):
        here = slice(starts[part.start], starts[part.stop])
        terms = delta.take(rows[here], axis=0)
        terms *= values[here]
        out[indices[first[part]]] = np.add.reduceat(terms, first[part] - here.start, axis=0)


def _portions(starts: Array, columns: int) -> Iterator[slice]:
    """Slices of the groups that begin at starts (n + 1,), at least one each, whose rows of so many columns fit a cache."""
    n, begin, most = len(starts) - 1, 0, max(1, _PORTION // columns)
    while begin < n:
        end = int(np.searchsorted(starts, starts[begin] + most, side="right")) - 1
        end = min(max(end, begin + 1), n)
        yield slice(begin, end)
        begin = end
