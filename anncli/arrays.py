"""Arrays: the array type of the whole package, row numbers and blocks of rows, and the named random streams of a run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from anncli.limits import FLOAT32_MAX as FLOAT32_MAX

Array = npt.NDArray[Any]

# Rows in one block: numpy makes an int64 copy of row numbers, so a block bounds that copy.
BLOCK_ROWS = 1 << 16

# Samples that training reads in random order at a time, and those of them that lie together: see shuffled_windows(). A read
# of a row from the disk may bring the 2 MB in which it lies into memory, so that shorter pieces would bring in far more.
WINDOW_BYTES, _PIECE_BYTES = 1 << 27, 1 << 21


def blocks(n: int, size: int | None = None) -> Iterator[slice]:
    """Slices of at most `size` places (default BLOCK_ROWS) that cover 0 .. n - 1 in order."""
    size = size or BLOCK_ROWS
    return (slice(start, start + size) for start in range(0, n, size))


def blocks_of_rows(n: int, width: int, n_values: int = 1 << 20) -> Iterator[slice]:
    """The same for rows of `width` numbers: slices of about n_values numbers, at least a row."""
    return blocks(n, max(1, n_values // max(1, width)))


def row_numbers(rows: Any, n_samples: int) -> Array:
    """Numbers (n,) of rows among n_samples, in the narrowest type that a run works with.

    Args: rows, their numbers, or a slice or a mask (n_samples,) as numpy understands them.
    Raises: IndexError for a number out of range; the narrower type could turn it into one in range.
    """
    numbers = np.asarray(rows) if not isinstance(rows, slice) else np.arange(n_samples)[rows]
    if numbers.dtype == np.bool_:
        if numbers.shape != (n_samples,):
            raise IndexError(f"a mask of shape {numbers.shape} for {n_samples} rows")
        numbers = np.flatnonzero(numbers)
    if numbers.size and not -n_samples <= numbers.min() <= numbers.max() < n_samples:
        raise IndexError(f"rows {numbers.min()} to {numbers.max()} of {n_samples}")
    return numbers.astype(_row_type(n_samples), copy=False)


def row_range(start: int, stop: int) -> Array:
    """The numbers of the rows from start to stop - 1, as row_numbers() gives them."""
    return np.arange(start, stop, dtype=_row_type(stop))


def take_rows(values: Array, rows: Array) -> Array:
    """values[rows], block by block, so that numpy makes no int64 copy of all row numbers at once."""
    result = np.empty((len(rows), *values.shape[1:]), dtype=values.dtype)
    for block in blocks(len(rows)):
        result[block] = values[rows[block]]
    return result


def row_mask(rows: Array, n_samples: int) -> npt.NDArray[np.bool_]:
    """(n_samples,) True where `rows` names the sample."""
    result = np.zeros(n_samples, dtype=bool)
    for block in blocks(len(rows)):
        result[rows[block]] = True
    return result


def all_finite(values: Array) -> bool:
    """Whether no number of the rows (n, ...) is nan or infinite.

    Block by block, for rows that lie on the disk; min and max return nan and inf where there are some, without an array of
    one flag per number.
    """
    parts = (values[block] for block in blocks(len(values))) if values.size else ()
    return all(np.isfinite(part.min()) and np.isfinite(part.max()) for part in parts)


def shuffled_windows(rows: Array, rng: np.random.Generator, row_bytes: int) -> Array:
    """The rows (n,) in an order that is random and still reads a large array of samples from place to place.

    Pieces of consecutive rows are drawn at random until they fill WINDOW_BYTES; the rows of each such window stand in random
    order.
    Args: row_bytes: the size of a sample.
    """
    n_piece = max(1, _PIECE_BYTES // row_bytes)
    pieces = rng.permutation(-(-len(rows) // n_piece))
    result, done = np.empty_like(rows), 0
    for window in blocks(len(pieces), max(1, WINDOW_BYTES // (n_piece * row_bytes))):
        places = (pieces[window, None] * n_piece + np.arange(n_piece)).reshape(-1)
        mixed = rng.permutation(rows[places[places < len(rows)]])
        result[done : done + len(mixed)] = mixed
        done += len(mixed)
    return result


def _row_type(n_samples: int) -> type[np.signedinteger[Any]]:
    return np.int32 if n_samples <= np.iinfo(np.int32).max else np.int64


# The number of each stream is part of what decides the bytes of a trained network: never change one.
_STREAMS = {
    "order": 0,
    "split": 1,
    "weights": 2,
    "folds": 3,
    "bootstrap": 4,
    "permutation": 7,
    "baselines": 8,
    "trials": 9,
    "check": 99,
}


def random_stream(seed: int, name: str, restart: int = 1) -> np.random.Generator:
    """The random numbers of one purpose in a run: 'order' of rows, 'split' into sets, initial 'weights', 'folds',
    'bootstrap' samples, 'permutation' of a column, a sample of rows for 'baselines', the 'trials' of a search, gradient 'check'.

    Args: restart, the number of the restart from 1; the first one has the numbers of a run without restarts.
    """
    number = _STREAMS[name]
    return np.random.default_rng((seed, number, restart - 1) if restart > 1 else (seed, number))


def logarithm(values: Array) -> Array:
    """Natural logarithms of positive values of any shape, float64, with an error below 1e-13 and, unlike those of numpy, the
    same bits on every processor.

    With x = 2^e m and s = (m - 1) / (m + 1): log x = e log 2 + 2 (s + s^3/3 + s^5/5 + ...).
    """
    mantissas, exponents = np.frexp(values.astype(np.float64))
    small = mantissas < math.sqrt(0.5)
    mantissas[small] *= 2
    s = (mantissas - 1) / (mantissas + 1)
    square, total = s * s, np.zeros_like(s)
    for k in range(15, 0, -2):
        total = total * square + 1 / k
    found: Array = (exponents - small) * math.log(2) + 2 * s * total
    return found
