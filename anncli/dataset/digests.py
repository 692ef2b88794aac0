"""Digests of rows: 64 bits that tell whether two rows of inputs are equal. docs/network-file.md describes them."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array, Inputs, Tokens, blocks

# The increment and the two factors of SplitMix64 (Steele, Lea and Flood 2014).
_STEP, _FIRST, _SECOND = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
# Values in one block, so that the arrays of a block stay in the cache.
_BLOCK_VALUES = 1 << 16


def digest_rows(rows: Array) -> Array:
    """uint64 (n,): the digest of each row (n, d) of finite float32 numbers.

    Each value is mixed with its column number, the results are added modulo 2**64, and the sum is mixed again. Equal
    rows have equal digests, and 0.0 equals -0.0. Of n different rows, two share a digest with probability n**2 / 2**65.
    """
    rows = np.asarray(rows, dtype=np.float32)
    n, d = rows.shape
    columns = np.arange(1, d + 1, dtype=np.uint64) * _STEP
    digests = np.empty(n, dtype=np.uint64)
    for block in blocks(n, max(1, _BLOCK_VALUES // max(d, 1))):
        # Adding 0 turns -0.0 into 0.0.
        values = (rows[block] + np.float32(0)).view(np.uint32).astype(np.uint64)
        digests[block] = _mixed(_mixed(values ^ columns).sum(axis=1, dtype=np.uint64))
    return digests


def digest_samples(inputs: Inputs) -> Array:
    """uint64 (n,): the digest of each sample, which of a vector is that of its row.

    Of a sample with several rows, the digest of each row is mixed with its number in the sample, as the values of a row with
    their columns, and the number of rows with the sum. A token is the row (index, value).
    """
    if isinstance(inputs, np.ndarray):
        return digest_rows(inputs)
    if isinstance(inputs, Tokens):
        # Two halves of an index, each of which float32 holds exactly.
        high, low = np.divmod(inputs.indices, 1 << 16)
        rows = np.stack([high.astype(np.float32), low.astype(np.float32), inputs.values], axis=1)
    else:
        rows = inputs.values
    digests, lengths = digest_rows(rows), inputs.lengths
    places = np.arange(len(rows)) - np.repeat(inputs.starts[:-1], lengths) + 1
    mixed = _mixed(digests ^ (places.astype(np.uint64) * _STEP))
    sums = np.zeros(len(lengths), dtype=np.uint64)
    filled = lengths > 0
    if filled.any():
        sums[filled] = np.add.reduceat(mixed, inputs.starts[:-1][filled])
    return _mixed(sums ^ _mixed(lengths.astype(np.uint64)))


def _mixed(values: Array) -> Array:
    """The finaliser of SplitMix64, modulo 2**64; it overwrites `values`."""
    values ^= values >> np.uint64(30)
    values *= _FIRST
    values ^= values >> np.uint64(27)
    values *= _SECOND
    values ^= values >> np.uint64(31)
    return values
