"""The presentation of rows: dropout masks from a counter-based generator, the same numbers in every backend."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from anncli.arrays import Array
from anncli.backends.base import Shown
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


def dropout_mask(seed: int, fraction: float, first_row: int, n_rows: int, stride: int, start: int, units: int) -> Array:
    """Factors (n_rows, units) float32, 0 or 1 / (1 - fraction), for the units of one layer.

    Unit j of row r uses the counter (first_row + r) * stride + start + j: stride is the number of inputs and hidden units
    together, start the position of this layer's first unit among them, inputs first. A unit is switched off when the top
    24 bits of its value are below fraction * 2^24, rounded.
    """
    rows = np.arange(first_row, first_row + n_rows, dtype=np.uint64)[:, None]
    counters = rows * np.uint64(stride) + np.uint64(start) + np.arange(units, dtype=np.uint64)[None, :]
    kept = (splitmix64(seed, counters) >> np.uint64(40)) >= np.uint64(round(fraction * 2**24))
    return np.where(kept, np.float32(1 / (1 - fraction)), np.float32(0))


def dropout_masks(topology: Topology, shown: Shown, first_row: int, n_rows: int) -> list[Array | None] | None:
    """The mask (n_rows, units) or None of each layer, inputs first and outputs left out; None without any dropout.

    first_row: the number of rows presented before these.
    """
    if not shown.dropout and not shown.input_dropout:
        return None
    sizes = topology.sizes[:-1]
    fractions = (shown.input_dropout, *(shown.dropout for _ in sizes[1:]))
    starts = [sum(sizes[:number]) for number in range(len(sizes))]
    return [
        dropout_mask(shown.seed, fraction, first_row, n_rows, sum(sizes), start, units) if fraction else None
        for fraction, start, units in zip(fractions, starts, sizes, strict=True)
    ]
