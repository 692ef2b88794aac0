"""A dataset: input vectors, which class each belongs to, and where they came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

UNLABELLED = -1

# Rows that are looked at at a time: numpy makes eight bytes of every row number, and of every number it counts.
_BLOCK_ROWS = 1 << 16


class Source(NamedTuple):
    """A file the data came from: its base name, sha256 of its bytes, and how many samples it gave."""

    name: str
    sha256: str
    n_samples: int


@dataclass(eq=False, repr=False)
class Dataset:
    """Samples as rows, named by their numbers: int32 where that is enough, since every part of a run holds many.

    inputs: float32 (n_samples, n_inputs), C order, finite; labels: (n_samples,), index into classes or UNLABELLED,
    in the type of label_type(), too narrow to calculate with; classes: their names, the first one positive where there
    are two; columns: input names or (); weights: float32 (n_samples,) or None for all alike; names: entry names of
    list files or ().
    """

    inputs: Array
    labels: Array
    classes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    weights: Array | None = None
    names: tuple[str, ...] = ()
    sources: tuple[Source, ...] = field(default=())

    def __post_init__(self) -> None:
        self.inputs = np.ascontiguousarray(self.inputs, dtype=np.float32)
        self.labels = np.asarray(self.labels)
        if self.labels.dtype.kind not in "iu":
            self.labels = self.labels.astype(np.int32)
        if self.inputs.ndim != 2:
            raise ValueError(f"inputs must be (n_samples, n_inputs), not {self.inputs.ndim}-dimensional")
        if self.labels.shape != (len(self.inputs),):
            raise ValueError(f"{len(self.inputs)} input vectors but labels of shape {self.labels.shape}")
        if self.labels.size and (self.labels.max() >= max(len(self.classes), 1) or self.labels.min() < UNLABELLED):
            raise ValueError("a label does not name a class")
        self.labels = np.ascontiguousarray(self.labels, dtype=label_type(len(self.classes)))
        # Smallest and largest tell it (nan passes through both) without a flag for every value in memory.
        if self.inputs.size and not (np.isfinite(self.inputs.min()) and np.isfinite(self.inputs.max())):
            raise ValueError("inputs must be finite: remove or replace nan and inf first")

    @classmethod
    def from_classes(cls, *vectors: Any, classes: tuple[str, ...] = ()) -> Dataset:
        """One array (n, n_inputs) per class, in class order; names default to 'class 1', 'class 2', ..."""
        arrays = [np.asarray(v, dtype=np.float32) for v in vectors]
        labels = np.repeat(np.arange(len(arrays)), [len(a) for a in arrays])
        names = classes or tuple(f"class {k}" for k in range(1, len(arrays) + 1))
        return cls(np.concatenate(arrays), labels, names)

    @property
    def n_samples(self) -> int:
        return len(self.inputs)

    @property
    def n_inputs(self) -> int:
        return int(self.inputs.shape[1])

    @property
    def n_classes(self) -> int:
        return len(self.classes)

    def class_counts(self, rows: Array | None = None) -> Array:
        """(n_classes,) samples of each class among `rows` (all when None); unlabelled ones are not counted."""
        counts, n = np.zeros(self.n_classes, dtype=np.int64), self.n_classes
        numbers = None if rows is None else row_numbers(rows, self.n_samples)
        for block in blocks(self.n_samples if numbers is None else len(numbers)):
            labels = self.labels[block if numbers is None else numbers[block]]
            counts += np.bincount(labels[labels != UNLABELLED], minlength=n)[:n]
        return counts

    def __repr__(self) -> str:
        return f"<Dataset of {self.n_samples} x {self.n_inputs}, classes: {', '.join(self.classes) or 'none'}>"


def label_type(n_classes: int) -> type[np.signedinteger[Any]]:
    """The narrowest type that holds the numbers of so many classes: labels are held for every row, and copied for parts."""
    return next(kind for kind in (np.int8, np.int16, np.int32) if n_classes <= np.iinfo(kind).max)


def row_numbers(rows: Any, n_samples: int) -> Array:
    """Numbers (n,) of rows among n_samples, in the narrowest type that a run works with.

    Args: rows, their numbers, or a slice or a mask (n_samples,) as numpy understands them.
    Raises: IndexError for one that names none, which the narrower type might turn into one that does.
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


def picked(values: Array, rows: Array) -> Array:
    """values[rows], for all rows of a part: some at a time, so that the row numbers are not copied in a wider type."""
    result = np.empty((len(rows), *values.shape[1:]), dtype=values.dtype)
    for block in blocks(len(rows)):
        result[block] = values[rows[block]]
    return result


def among(rows: Array, n_samples: int) -> npt.NDArray[np.bool_]:
    """Which of n_samples samples the rows name."""
    result = np.zeros(n_samples, dtype=bool)
    for block in blocks(len(rows)):
        result[rows[block]] = True
    return result


def _row_type(n_samples: int) -> type[np.signedinteger[Any]]:
    return np.int32 if n_samples <= np.iinfo(np.int32).max else np.int64


def blocks(n: int) -> Iterator[slice]:
    """The places 0 .. n - 1 some at a time."""
    return (slice(start, start + _BLOCK_ROWS) for start in range(0, n, _BLOCK_ROWS))
