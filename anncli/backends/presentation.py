"""The presentation of rows: dropout masks from a counter-based generator, the same numbers in every backend."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from anncli.arrays import Array
from anncli.backends.base import Shown
from anncli.network.propagation import Masks
from anncli.network.topology import Topology

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def splitmix64(seed: int, counters: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The counter-th 64-bit value of the splitmix64 sequence of `seed`, for an array of counters.

    Source: Steele, Lea & Flood 2014, Fast splittable pseudorandom number generators.
    """
    with np.errstate(over="ignore"):
        z = np.uint64(seed & (2**64 - 1)) + (counters + np.uint64(1)) * _GOLDEN
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def dropout_mask(seed: int, fraction: float, samples: Array, stride: int, start: int, units: int) -> Array:
    """Factors (n, units) float32, 0 or 1 / (1 - fraction), for the units of one layer.

    samples: uint64 (n,), the number of each row as numbered_rows() gives it. Unit j of row r uses the counter
    samples[r] * stride + start + j: stride is the number of inputs and hidden units together, start the position of this
    layer's first unit among them, inputs first. A unit is switched off when the top 24 bits of its value are below
    fraction * 2^24, rounded.
    """
    with np.errstate(over="ignore"):
        counters = samples[:, None] * np.uint64(stride) + np.uint64(start) + np.arange(units, dtype=np.uint64)[None, :]
    kept = (splitmix64(seed, counters) >> np.uint64(40)) >= np.uint64(round(fraction * 2**24))
    return np.where(kept, np.float32(1 / (1 - fraction)), np.float32(0))


def numbered_rows(first_sample: int, n: int, starts: Array | None, first_row: int = 0) -> npt.NDArray[np.uint64]:
    """The number (n,) of each row in the sequence of presentations, modulo 2^64.

    Row j of a sample, from 0, counts as if it were presented j * 2^32 samples later, so that a number does not depend on how
    many rows the samples before it have. Args: first_row: the number of the first row that is here of each sample.
    """
    if starts is None:
        return np.arange(first_sample, first_sample + n, dtype=np.uint64)
    lengths = np.diff(starts)
    samples = np.repeat(np.arange(first_sample, first_sample + len(lengths), dtype=np.uint64), lengths)
    rows = np.arange(first_row, first_row + n, dtype=np.uint64) - np.repeat(starts[:-1].astype(np.uint64), lengths)
    return samples + (rows << np.uint64(32))


def dropout_masks(topology: Topology, shown: Shown, first_sample: int, first_row: int = 0) -> Masks | None:
    """The masks of inputs and hidden layers, for propagation.forward(); None without any dropout.

    first_sample: the number of samples presented before these; first_row: see numbered_rows().
    """
    if not shown.dropout and not shown.input_dropout:
        return None
    sizes = topology.sizes[:-1]
    # A token is one unit, whatever its index.
    units = (1 if topology.inputs.tokens else sizes[0], *sizes[1:])

    def masks(number: int, n: int, starts: Array | None) -> Array | None:
        fraction = shown.dropout if number else shown.input_dropout
        if not fraction:
            return None
        rows = numbered_rows(first_sample, n, starts, first_row)
        return dropout_mask(shown.seed, fraction, rows, sum(sizes), sum(sizes[:number]), units[number])

    return masks
