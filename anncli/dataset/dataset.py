"""A dataset: rows of inputs, the class and the weight of each row, and the files they came from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import (
    Array,
    Inputs,
    all_finite,
    n_columns,
    vectors_of,
)
from anncli.dataset.given import float_array, inputs_of, label_array
from anncli.dataset.sample_answers import UNLABELLED as UNLABELLED
from anncli.dataset.sample_answers import SampleAnswers
from anncli.errors import did_you_mean, listed, value_text
from anncli.network.names import TASK_NAMES


class Source(NamedTuple):
    """A file the data came from: its base name, sha256 of its bytes, and how many samples it gave."""

    name: str
    sha256: str
    n_samples: int


def _no_labels() -> Array:
    return np.empty(0, dtype=np.int8)


@dataclass(eq=False, repr=False)
class Dataset(SampleAnswers):
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
    that grow with time, or None: sets are then cut in the order of time. until: the time (n_samples,) of the last row that a target
    is from, or None: that of the sample; last: float32 (n_samples, n_targets), of forecasts, what each target would be if the
    last known value stayed.

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
    until: Array | None = None
    last: Array | None = None

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
        for name in ("groups", "times", "until"):
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

    def as_vectors(self, vectors: Array) -> Dataset:
        """The same samples, of which an encoder made vectors (n_samples, d)."""
        return replace(self, inputs=vectors, columns=())

    @property
    def n_samples(self) -> int:
        return len(self.inputs)

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
    def flat(self) -> Dataset:
        """The answers alone, each as a sample of its own with the weight and the group of its sample, and without inputs; the
        dataset itself where every sample has one."""
        if not self.by_row:
            return self
        counts, weights = self.answer_counts, self.weights_of(None)
        groups = np.repeat(np.arange(self.n_samples) if self.groups is None else self.groups, counts)
        answers: dict[str, Any] = {"labels": self.labels, "classes": self.classes}
        if self.targets is not None:
            answers = {"targets": self.targets, "target_names": self.target_names, "task": self.task}
        return Dataset(np.empty((self.n_answers, 0), dtype=np.float32), weights=weights, groups=groups, **answers)

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

    def __repr__(self) -> str:
        if self.targets is not None:
            return f"<Dataset of {self.n_samples} x {self.n_inputs}, {self.task}: {listed(self.names_of_targets)}>"
        return f"<Dataset of {self.n_samples} x {self.n_inputs}, classes: {listed(self.classes) or 'none'}>"


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
