"""Arrays: the array type of the whole package, row numbers and blocks of rows, and the named random streams of a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from anncli.limits import FLOAT32_MAX as FLOAT32_MAX

Array = npt.NDArray[Any]

# Rows in one block: numpy makes an int64 copy of row numbers, so a block bounds that copy.
BLOCK_ROWS = 1 << 16


def blocks(n: int, size: int | None = None) -> Iterator[slice]:
    """Slices of at most `size` places (default BLOCK_ROWS) that cover 0 .. n - 1 in order."""
    size = size or BLOCK_ROWS
    return (slice(start, start + size) for start in range(0, n, size))


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


def map_of(array: Array) -> Any:
    """The mmap object of the file in which the numbers of an array lie, or None where they are in memory."""
    import mmap

    base: Any = array
    while base is not None and not isinstance(base, mmap.mmap):
        base = getattr(base, "base", None)
    return base


def release(array: Array) -> None:
    """Give back the memory that reading a memory map has taken: its numbers are read from the file again when needed.

    Nothing happens for an array in memory, and where the system cannot do it.
    """
    base = map_of(array)
    if hasattr(base, "madvise"):
        import mmap

        base.madvise(mmap.MADV_DONTNEED)


def _row_type(n_samples: int) -> type[np.signedinteger[Any]]:
    return np.int32 if n_samples <= np.iinfo(np.int32).max else np.int64


# The number of each stream is part of what decides the bytes of a trained network: never change one.
_STREAMS = {"order": 0, "split": 1, "weights": 2, "check": 99}


def random_stream(seed: int, name: str, restart: int = 1) -> np.random.Generator:
    """The random numbers of one purpose in a run: 'order' of rows, 'split' into sets, initial 'weights', gradient 'check'.

    Args: restart, the number of the restart from 1; the first one has the numbers of a run without restarts.
    """
    number = _STREAMS[name]
    return np.random.default_rng((seed, number, restart - 1) if restart > 1 else (seed, number))
