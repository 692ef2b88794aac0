"""Arrays: the array type of the whole package, row numbers and blocks of rows, samples of several rows, and the named random
streams of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Self, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from anncli.errors import UsageError
from anncli.limits import FLOAT32_MAX as FLOAT32_MAX

Array = npt.NDArray[Any]


class _Samples:
    """Samples of several rows each: sample k begins at starts[k] and ends before starts[k + 1]. len() is the number of samples; row
    numbers, masks and slices of samples give an object of the same kind."""

    values: Array
    starts: Array

    @property
    def lengths(self) -> Array:
        """int64 (n,): the number of rows or tokens of each sample."""
        return np.diff(self.starts)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.values.dtype

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, samples: Array | slice) -> Self:
        return self.taken(*ragged_places(self.starts, samples))

    def taken(self, places: Array | slice, starts: Array) -> Self:
        """The rows or tokens at some places, as samples that begin at `starts` among them."""
        raise NotImplementedError


class Rows(_Samples):
    """Samples of several rows, without padding: sample k is the rows starts[k] .. starts[k + 1] - 1 of values.

    values: (sum of all lengths, columns); starts: int64 (n + 1,), from 0, never falling.
    Raises: ValueError for arrays that do not fit together.
    """

    def __init__(self, values: Array, starts: Array) -> None:
        starts = np.asarray(starts, dtype=np.int64)
        _check_starts(starts, len(values))
        if values.ndim != 2:
            raise ValueError(f"rows need an array (n, columns), not one of shape {values.shape}")
        self.values, self.starts = values, starts

    @property
    def columns(self) -> int:
        return int(self.values.shape[1])

    @property
    def nbytes(self) -> int:
        return self.values.nbytes + self.starts.nbytes

    def taken(self, places: Array | slice, starts: Array) -> Rows:
        return Rows(self.values[places], starts)

    def astype(self, dtype: Any, copy: bool = True) -> Rows:
        return Rows(self.values.astype(dtype, copy=copy), self.starts)

    def copy(self) -> Rows:
        return Rows(self.values.copy(), self.starts.copy())

    def __repr__(self) -> str:
        return f"<Rows: {len(self)} samples, {len(self.values)} rows x {self.columns}>"


class Tokens(_Samples):
    """Samples that are lists of tokens: an index below `width`, and a value; sample k has the tokens starts[k] .. starts[k + 1] - 1.

    indices: int32 (T,); values: (T,); starts: int64 (n + 1,). A sparse vector is such a list, and so is a text of words.
    Raises: ValueError for arrays that do not fit together and for an index out of range.
    """

    def __init__(self, indices: Array, values: Array, starts: Array, width: int) -> None:
        self.indices = np.ascontiguousarray(indices, dtype=np.int32)
        self.values, self.starts, self.width = values, np.asarray(starts, dtype=np.int64), width
        _check_starts(self.starts, len(self.indices))
        if self.values.shape != self.indices.shape:
            raise ValueError(f"{len(self.indices)} indices but values of shape {self.values.shape}")
        if self.indices.size and not 0 <= self.indices.min() <= self.indices.max() < width:
            raise ValueError(
                f"token indices from {self.indices.min()} to {self.indices.max()}, expected 0 to {width - 1}"
            )

    @property
    def columns(self) -> int:
        return self.width

    @property
    def nbytes(self) -> int:
        return self.indices.nbytes + self.values.nbytes + self.starts.nbytes

    def taken(self, places: Array | slice, starts: Array) -> Tokens:
        return Tokens(self.indices[places], self.values[places], starts, self.width)

    def astype(self, dtype: Any, copy: bool = True) -> Tokens:
        return Tokens(self.indices, self.values.astype(dtype, copy=copy), self.starts, self.width)

    def copy(self) -> Tokens:
        return Tokens(self.indices.copy(), self.values.copy(), self.starts.copy(), self.width)

    def __repr__(self) -> str:
        return f"<Tokens: {len(self)} samples, {len(self.indices)} tokens below {self.width}>"


#: The inputs of samples: vectors (n, columns), or samples of several rows or tokens.
Inputs: TypeAlias = Array | Rows | Tokens

Some = TypeVar("Some", Array, Rows, Tokens, Inputs)


def joined(parts: Sequence[Inputs]) -> Inputs:
    """The samples of all parts, one after the other; all parts are of one kind."""
    if all(isinstance(part, np.ndarray) for part in parts):
        return np.concatenate(list(parts))
    ragged: list[Any] = list(parts)
    ends = np.cumsum([0, *(part.starts[-1] for part in ragged)])
    starts = np.concatenate([[0], *(part.starts[1:] + end for part, end in zip(ragged, ends, strict=False))])
    values = np.concatenate([part.values for part in ragged])
    if isinstance(ragged[0], Tokens):
        return Tokens(np.concatenate([part.indices for part in ragged]), values, starts, ragged[0].width)
    return Rows(values, starts)


def n_columns(inputs: Inputs) -> int:
    """The number of columns of samples of any kind; of tokens, the number of different indices."""
    return int(inputs.shape[1]) if isinstance(inputs, np.ndarray) else inputs.columns


def vectors_of(inputs: Inputs) -> Array:
    """The vectors (n, columns); raises UsageError for samples of several rows or of tokens."""
    if not isinstance(inputs, np.ndarray):
        found = "tokens" if isinstance(inputs, Tokens) else "several rows"
        raise UsageError(f"this works on samples that are one row of numbers each, and these are samples of {found}")
    return inputs


def ragged_places(starts: Array, samples: Array | slice) -> tuple[Array | slice, Array]:
    """Where the rows of some samples stand, one sample after the other, and the starts (m + 1,) of the samples there.

    Args: starts (n + 1,); samples: numbers (m,), a mask (n,) or a slice of samples.
    Raises: IndexError for a sample out of range.
    """
    n = len(starts) - 1
    if isinstance(samples, slice) and samples.step in (None, 1):
        first, last, _ = samples.indices(n)
        taken = starts[first : max(first, last) + 1]
        return slice(int(taken[0]), int(taken[-1])), taken - taken[0]
    numbers = row_numbers(samples, n).astype(np.int64)
    numbers = np.where(numbers < 0, numbers + n, numbers)
    return places_of_runs(starts[numbers], starts[numbers + 1] - starts[numbers])


def places_of_runs(begins: Array, lengths: Array) -> tuple[Array, Array]:
    """The places of `lengths` rows each from `begins` (m,) on, one run after the other, and the starts (m + 1,) of the runs there."""
    starts = np.zeros(len(begins) + 1, dtype=np.int64)
    np.cumsum(lengths, out=starts[1:])
    return np.arange(starts[-1]) + np.repeat(begins - starts[:-1], lengths), starts


def _check_starts(starts: Array, n_rows: int) -> None:
    if starts.ndim != 1 or not len(starts) or starts[0] != 0 or starts[-1] != n_rows or (np.diff(starts) < 0).any():
        raise ValueError(f"starts must rise from 0 to {n_rows}, one number for each sample and the end")


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


def take_rows(values: Some, rows: Array) -> Some:
    """values[rows], block by block, so that numpy makes no int64 copy of all row numbers at once."""
    if not isinstance(values, np.ndarray):
        return values[rows]
    result = np.empty((len(rows), *values.shape[1:]), dtype=values.dtype)
    for part in blocks(len(rows)):
        result[part] = values[rows[part]]
    return result


def of_samples(values: Array | Rows, samples: Array) -> Array:
    """The values of samples: one of each (n, ...), or those of all their rows (m,) from Rows of one column."""
    return values[samples].values[:, 0] if isinstance(values, Rows) else take_rows(values, samples)


def row_mask(rows: Array, n_samples: int) -> npt.NDArray[np.bool_]:
    """(n_samples,) True where `rows` names the sample."""
    result = np.zeros(n_samples, dtype=bool)
    for block in blocks(len(rows)):
        result[rows[block]] = True
    return result


def all_finite(values: Inputs) -> bool:
    """Whether no number of the rows (n, ...) or samples is nan or infinite.

    Block by block, for rows that lie on the disk; min and max return nan and inf where there are some, without an array of
    one flag per number.
    """
    numbers = values if isinstance(values, np.ndarray) else values.values
    parts = (numbers[block] for block in blocks(len(numbers))) if numbers.size else ()
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
    "surface": 10,
    "curvature": 21,
    "texts": 31,
    "mixture": 41,
    "recall": 26,
    "check": 99,
}


def random_stream(seed: int, name: str, restart: int = 1) -> np.random.Generator:
    """The random numbers of one purpose in a run, such as 'order' of rows, 'split' into sets, initial 'weights', 'permutation' of a column,
    rows for 'baselines', 'texts' to explain, the units of a 'recall', gradient 'check'. Args: restart, the number of the restart from 1; the first one has the numbers of a run without restarts.
    """
    number = _STREAMS[name]
    return np.random.default_rng((seed, number, restart - 1) if restart > 1 else (seed, number))
