"""A dataset: input vectors, which class each belongs to, and where they came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

UNLABELLED = -1


class Source(NamedTuple):
    """A file the data came from: its base name, sha256 of its bytes, and how many samples it gave."""

    name: str
    sha256: str
    n_samples: int


@dataclass(eq=False, repr=False)
class Dataset:
    """Samples as rows.

    inputs: float32 (n_samples, n_inputs), C order, finite; labels: int32 (n_samples,), index into classes or
    UNLABELLED; classes: their names, the first one positive where there are two; columns: input names or ();
    weights: float32 (n_samples,) or None for all alike; names: entry names of list files or ().
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
        self.labels = np.ascontiguousarray(self.labels, dtype=np.int32)
        if self.inputs.ndim != 2:
            raise ValueError(f"inputs must be (n_samples, n_inputs), not {self.inputs.ndim}-dimensional")
        if self.labels.shape != (len(self.inputs),):
            raise ValueError(f"{len(self.inputs)} input vectors but labels of shape {self.labels.shape}")
        if self.labels.size and (self.labels.max() >= max(len(self.classes), 1) or self.labels.min() < UNLABELLED):
            raise ValueError("a label does not name a class")
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
        labels = self.labels if rows is None else self.labels[rows]
        return np.bincount(labels[labels != UNLABELLED], minlength=self.n_classes)
