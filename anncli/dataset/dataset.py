"""A dataset: rows of inputs, the class and the weight of each row, and the files they came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array, Inputs, Rows, Tokens, all_finite, blocks, n_columns, ragged_places, row_numbers, take_rows, vectors_of
from anncli.dataset.given import float_array, inputs_of, label_array
from anncli.errors import did_you_mean, listed, value_text
from anncli.network.names import TASK_NAMES

UNLABELLED = -1


class Source(NamedTuple):
    """A file the data came from: its base name, sha256 of its bytes, and how many samples it gave."""

    name: str
    sha256: str
    n_samples: int


def _no_labels() -> Array:
    return np.empty(0, dtype=np.int8)


@dataclass(eq=False, repr=False)
class Dataset:
    """Samples as rows. Row numbers are int32 where that is enough, because a run holds many of them.

    inputs: float32, finite: vectors (n_samples, n_inputs) in C order, or samples of several rows or of tokens; labels:
    (n_samples,), or with by_row (n_answers,), an index into classes or UNLABELLED, in the type of label_type(), which is too narrow for arithmetic; classes: their names, the first one positive where there
    are two; columns: input names or (); weights: float32 (n_samples,), how much each sample counts in the loss and in
    the tables of evaluations, or None for 1 everywhere: 2 counts as two equal samples, 0 leaves the sample out; names: entry
    names of list files or ().

    For another task than classification there are targets in place of labels and classes. targets: float32 (n_samples,
    n_targets), or (n_samples,) for one; nan: the row has no answer. target_names: their names or (). task: 'regression'
    where there are targets, or 'multi-label', with targets 1 where the row has the label of that name and 0 where not.

    by_row: every row of a sample, or every token, has an answer of its own: labels or targets are those of the rows of all
    samples, one sample after the other. Weights, groups, times and names are of samples all the same.

    groups: whole numbers (n_samples,), equal for rows that no split into sets may divide, or None; times: numbers (n_samples,)
    that grow with time, or None: sets are then cut in the order of time.

    Raises: ValueError for arrays that do not fit together, for inputs that are not finite, for weights that are
    negative, not finite or all 0, and for targets that are infinite or no labels.
    """

    inputs: Inputs
    labels: Array = field(default_factory=_no_labels)
    classes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    weights: Array | None = None
    names: tuple[str, ...] = ()
    sources: tuple[Source, ...] = field(default=())
    targets: Array | None = None
    target_names: tuple[str, ...] = ()
    task: str = ""
    groups: Array | None = None
    times: Array | None = None
    by_row: bool = False

    def __post_init__(self) -> None:
        self.inputs = inputs_of(self.inputs)
        if isinstance(self.classes, str):
            raise TypeError(f"classes: expected a tuple of names, found {value_text(self.classes)}")
        self._set_targets()
        self.labels = label_array(self.labels)
        if isinstance(self.inputs, np.ndarray) and self.inputs.ndim != 2:
            raise ValueError(f"inputs must be (n_samples, n_inputs), not {self.inputs.ndim}-dimensional")
        if self.by_row and isinstance(self.inputs, np.ndarray):
            raise ValueError("answers of rows need samples of several rows, and these have one row each")
        if self.labels.shape != (self.n_answers,):
            raise ValueError(f"{self.n_answers} rows of inputs but labels of shape {self.labels.shape}")
        if self.labels.size and (self.labels.max() >= max(len(self.classes), 1) or self.labels.min() < UNLABELLED):
            raise ValueError("a label does not name a class")
        self.labels = np.ascontiguousarray(self.labels, dtype=label_type(len(self.classes)))
        if not all_finite(self.inputs):
            raise ValueError("inputs must be finite: remove or replace nan and inf first")
        if self.weights is not None:
            self.weights = _checked_weights(self.weights, len(self.inputs))
        for name in ("groups", "times"):
            if (values := getattr(self, name)) is not None and np.shape(values) != (len(self.inputs),):
                raise ValueError(f"{len(self.inputs)} samples but {name} of shape {np.shape(values)}")

    def _set_targets(self) -> None:
        """Complete the task, and the labels of a task that has none."""
        self.task = self.task or ("classification" if self.targets is None else "regression")
        if self.task not in TASK_NAMES:
            raise ValueError(f"unknown task '{self.task}'; {did_you_mean(self.task, TASK_NAMES)}")
        if (self.task == "classification") != (self.targets is None):
            raise ValueError(
                f"a dataset for {self.task} {'has labels, not' if self.targets is not None else 'needs'} targets"
            )
        if self.targets is None:
            return
        if np.size(self.labels) and (np.asarray(self.labels) != UNLABELLED).any():
            raise ValueError("a dataset has labels or targets, not both")
        self.labels, self.classes = np.full(self.n_answers, UNLABELLED, dtype=np.int8), ()
        self.targets = _checked_targets(self.targets, self.n_answers, self.task)
        if self.target_names and len(self.target_names) != self.targets.shape[1]:
            raise ValueError(f"{len(self.target_names)} names for {self.targets.shape[1]} targets")
        self.target_names = tuple(self.target_names)

    @classmethod
    def from_classes(cls, *inputs: Any, classes: tuple[str, ...] = ()) -> Dataset:
        """One array (n, n_inputs) per class, in class order; names default to 'class 1', 'class 2', ..."""
        if not inputs:
            raise ValueError("expected an array (n, n_inputs) for each class, found none")
        arrays = [float_array(own, f"class {k}", "numbers (n, n_inputs)") for k, own in enumerate(inputs, 1)]
        labels = np.repeat(np.arange(len(arrays)), [len(a) for a in arrays])
        names = classes or tuple(f"class {k}" for k in range(1, len(arrays) + 1))
        return cls(np.concatenate(arrays), labels, names)

    @property
    def n_samples(self) -> int:
        return len(self.inputs)

    @property
    def n_answers(self) -> int:
        """The number of labels, or rows of targets: one for each sample, or for each row of all samples."""
        return len(self.inputs) if not self.by_row or isinstance(self.inputs, np.ndarray) else len(self.inputs.values)

    @property
    def has_several_rows(self) -> bool:
        """Whether a sample is several rows, or tokens."""
        return not isinstance(self.inputs, np.ndarray)

    @property
    def vectors(self) -> Array:
        """The inputs (n_samples, n_inputs) of samples that have one row each; raises UsageError for others."""
        return vectors_of(self.inputs)

    @property
    def n_inputs(self) -> int:
        """The numbers of a sample, of samples of several rows those of a row, of tokens the number of different ones."""
        return n_columns(self.inputs)

    @property
    def n_classes(self) -> int:
        return len(self.classes)

    @property
    def n_targets(self) -> int:
        """0 for classification."""
        return 0 if self.targets is None else int(self.targets.shape[1])

    @property
    def names_of_targets(self) -> tuple[str, ...]:
        """target_names, or 'target 1' ... where there are none."""
        return self.target_names or tuple(f"target {k}" for k in range(1, self.n_targets + 1))

    # The answers of samples, one for each, or one for each of their rows

    def places(self, samples: Array | slice | None) -> Array | slice | None:
        """Where the answers of samples stand in labels or targets: None for all, as for all samples."""
        if samples is None or not self.by_row or isinstance(self.inputs, np.ndarray):
            return samples
        return ragged_places(self.inputs.starts, samples)[0]

    def answer_rows(self, samples: Array) -> Array:
        """The numbers (m,) of the answers of samples, which are those of the samples themselves where each has one."""
        return row_numbers(self.places(samples), self.n_answers) if self.by_row else samples

    def known_answers(self, samples: Array) -> Array:
        """Those of answer_rows() that are given; all of them where each sample has one."""
        rows = self.answer_rows(samples)
        return rows[self.answer_mask(rows)] if self.by_row else rows

    def answer_mask(self, answers: Array | None = None) -> Array:
        """bool (m,): whether answers are given; by their numbers, all when None."""
        if self.targets is None:
            return np.asarray(_taken(self.labels, answers) != UNLABELLED)
        return np.logical_not(np.isnan(_taken(self.targets, answers)).any(axis=1))

    def labels_of(self, samples: Array | None) -> Array:
        """The labels (m,) of samples, all when None."""
        return _taken(self.labels, self.places(samples))

    def targets_of(self, samples: Array | None) -> Array:
        """The targets (m, n_targets) of samples, all when None; raises ValueError where there are none."""
        if self.targets is None:
            raise ValueError("a dataset for classification has no targets")
        return _taken(self.targets, self.places(samples))

    def packed(self, values: Array) -> Array | Rows:
        """Values (n_answers,) or (n_answers, k) so that they can be taken by sample: Rows with by_row."""
        if not self.by_row or isinstance(self.inputs, np.ndarray):
            return values
        return Rows(values.reshape(len(values), -1), self.inputs.starts)

    def weights_of(self, samples: Array | None) -> Array | None:
        """The weight (m,) of each answer of samples, all when None; None where all count alike."""
        if self.weights is None:
            return None
        own = _taken(self.weights, samples)
        return own if not self.by_row else np.repeat(own, _taken(self.answer_counts, samples))

    @property
    def answer_counts(self) -> Array:
        """int64 (n_samples,): how many answers each sample has, given or not."""
        if not self.by_row or isinstance(self.inputs, np.ndarray):
            return np.ones(self.n_samples, dtype=np.int64)
        return self.inputs.lengths

    @property
    def strata(self) -> Array:
        """Numbers (n_samples,) by which sets are drawn with equal fractions of every class: the label of each sample, or of all
        its rows, n_classes where these differ."""
        if not self.by_row:
            return self.labels
        known = self.labels != UNLABELLED
        lowest = self._of_samples(np.minimum, np.where(known, self.labels, self.n_classes))
        highest = self._of_samples(np.maximum, np.where(known, self.labels, UNLABELLED))
        return np.where((lowest < highest) & (highest != UNLABELLED), self.n_classes, highest)

    @property
    def levels(self) -> Array:
        """Numbers (n_samples, 1) by which sets are drawn with equal fractions of large and of small targets: the first target of
        each sample, or the mean of those of its rows, nan where it has none."""
        first = self.targets_of(None)[:, :1]
        if not self.by_row:
            return first
        known = ~np.isnan(first[:, 0])
        counts = self._of_samples(np.add, known.astype(np.int64))
        sums = self._of_samples(np.add, np.where(known, first[:, 0], 0).astype(np.float64))
        with np.errstate(invalid="ignore"):
            return (sums / counts)[:, None]

    def _of_samples(self, gather: np.ufunc, values: Array) -> Array:
        """(n_samples,): what `gather` makes of the values (n_answers,) of each sample; 0 for a sample without rows."""
        assert isinstance(self.inputs, Rows | Tokens)
        found, filled = np.zeros(self.n_samples, dtype=values.dtype), self.inputs.lengths > 0
        if filled.any():
            found[filled] = gather.reduceat(values, self.inputs.starts[:-1][filled])
        return found

    def answered(self, rows: Array | None = None) -> Array:
        """bool (n,): whether each of `rows` (all when None) has a label, or all its targets; with by_row, one of its own rows."""
        if not self.by_row:
            return self.answer_mask(rows)
        return _taken(self._of_samples(np.logical_or, self.answer_mask()), rows)

    def counted(self, rows: Array | None = None) -> Array:
        """bool (n,): whether each of `rows` (all when None) has an answer and a weight above 0, and so counts in evaluations."""
        found = self.answered(rows)
        if self.weights is None:
            return found
        return np.asarray(found & (_taken(self.weights, rows) > 0))

    def class_counts(self, rows: Array | None = None) -> Array:
        """(n_classes,) number of answers of each class among `rows` (all when None), whatever their weights; unlabelled
        ones are not counted."""
        counts, n = np.zeros(self.n_classes, dtype=np.int64), self.n_classes
        numbers = None if rows is None else row_numbers(rows, self.n_samples)
        if numbers is not None and self.by_row:
            numbers = row_numbers(self.places(numbers), self.n_answers)
        for block in blocks(self.n_answers if numbers is None else len(numbers)):
            labels = self.labels[block if numbers is None else numbers[block]]
            counts += np.bincount(labels[labels != UNLABELLED], minlength=n)[:n]
        return counts

    def __repr__(self) -> str:
        if self.targets is not None:
            return f"<Dataset of {self.n_samples} x {self.n_inputs}, {self.task}: {listed(self.names_of_targets)}>"
        return f"<Dataset of {self.n_samples} x {self.n_inputs}, classes: {listed(self.classes) or 'none'}>"


def _taken(values: Array, rows: Array | slice | None) -> Array:
    if rows is None:
        return values
    return values[rows] if isinstance(rows, slice) else take_rows(values, rows)


def label_type(n_classes: int) -> type[np.signedinteger[Any]]:
    """The narrowest type that holds the numbers of n_classes classes: a run holds labels of every row, and copies."""
    return next(kind for kind in (np.int8, np.int16, np.int32) if n_classes <= np.iinfo(kind).max)


def _checked_targets(targets: Any, n_samples: int, task: str) -> Array:
    # A target beyond the largest float32 becomes inf, which is refused below.
    checked = float_array(targets, "targets", "numbers (n_samples, n_targets)")
    checked = checked.reshape(-1, 1) if checked.ndim == 1 else checked
    if checked.ndim != 2 or len(checked) != n_samples or not checked.shape[1]:
        raise ValueError(f"{n_samples} samples but targets of shape {np.shape(targets)}")
    if np.isinf(checked).any():
        raise ValueError("targets must be finite; nan stands for a target that is not known")
    if task == "multi-label" and not np.isin(checked[~np.isnan(checked)], (0, 1)).all():
        raise ValueError("targets for multi-label are 1 (has the label) or 0 (has it not)")
    return checked


def _checked_weights(weights: Any, n_samples: int) -> Array:
    # A weight beyond the largest float32 becomes inf, which is refused below.
    checked = float_array(weights, "weights", "a number for each of the samples")
    if checked.shape != (n_samples,):
        raise ValueError(f"{n_samples} samples but weights of shape {checked.shape}")
    if not (np.isfinite(checked).all() and (checked >= 0).all()):
        raise ValueError("weights must be finite and not negative")
    if n_samples and not checked.any():
        raise ValueError("all weights are 0: no sample is left")
    return checked
