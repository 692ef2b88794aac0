"""The answers of samples: one label or target row for each sample, or one for each row of it."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array, Inputs, Rows, Tokens, blocks, ragged_places, row_numbers, take_rows

UNLABELLED = -1


class SampleAnswers:
    """What a Dataset says about its answers, whose fields it has."""

    inputs: Inputs
    labels: Array
    classes: tuple[str, ...]
    targets: Array | None
    weights: Array | None
    by_row: bool

    @property
    def n_answers(self) -> int:
        """The number of labels, or rows of targets: one for each sample, or for each row of all samples."""
        return len(self.inputs) if not self.by_row or isinstance(self.inputs, np.ndarray) else len(self.inputs.values)

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

    def given_fraction(self, samples: Array) -> float:
        """Which fraction of the answers of samples is given."""
        return float(self.answer_mask(self.answer_rows(samples)).mean())

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
            return np.ones(len(self.inputs), dtype=np.int64)
        return self.inputs.lengths

    @property
    def strata(self) -> Array:
        """Numbers (n_samples,) by which sets are drawn with equal fractions of every class: the label of each sample, or of all
        its rows, n_classes where these differ."""
        if not self.by_row:
            return self.labels
        known = self.labels != UNLABELLED
        lowest = self._of_samples(np.minimum, np.where(known, self.labels, len(self.classes)))
        highest = self._of_samples(np.maximum, np.where(known, self.labels, UNLABELLED))
        return np.where((lowest < highest) & (highest != UNLABELLED), len(self.classes), highest)

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
        found, filled = np.zeros(len(self.inputs), dtype=values.dtype), self.inputs.lengths > 0
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
        counts, n = np.zeros(len(self.classes), dtype=np.int64), len(self.classes)
        numbers = None if rows is None else row_numbers(rows, len(self.inputs))
        if numbers is not None and self.by_row:
            numbers = row_numbers(self.places(numbers), self.n_answers)
        for block in blocks(self.n_answers if numbers is None else len(numbers)):
            labels = self.labels[block if numbers is None else numbers[block]]
            counts += np.bincount(labels[labels != UNLABELLED], minlength=n)[:n]
        return counts


def _taken(values: Array, rows: Array | slice | None) -> Array:
    if rows is None:
        return values
    return values[rows] if isinstance(rows, slice) else take_rows(values, rows)
