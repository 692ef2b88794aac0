"""Samples of several rows that a Python user gives, and their answers: one for each sample, or one for each row."""

from __future__ import annotations

from typing import Any

import numpy as np

from anncli.arrays import Inputs, Rows, Tokens
from anncli.dataset.dataset import Dataset
from anncli.dataset.given import inputs_of
from anncli.errors import ValueFault, count_of
from anncli.python.targets import ANYTHING, Asked, Targets, read_targets


def ragged_dataset(inputs: Any, answers: Any, weights: Any = None, *, asked: Asked = ANYTHING) -> Dataset:
    """The samples (X, y, weights) as a dataset.

    Args: inputs: a list of arrays (rows, columns), an array (n, rows, columns), Rows or Tokens; answers: one for each sample; or
        one for each row, as a list of an array for each sample, or one sample after the other; weights (n,): of the samples.
    Raises: TypeError, ValueError, ValueFault for what is none of these; UsageError, DataError as read_targets().
    """
    held, (targets, by_row) = inputs_of(inputs), ragged_targets(inputs, answers, asked)
    given: dict[str, Any] = {"labels": targets.labels, "classes": targets.classes}
    if targets.numbers is not None:
        given = {"targets": targets.numbers, "target_names": targets.names, "task": targets.task}
    return Dataset(held, weights=weights, by_row=by_row, **given)


def ragged_targets(inputs: Any, answers: Any, asked: Asked = ANYTHING) -> tuple[Targets, bool]:
    """The answers, and whether they are those of the rows."""
    held = inputs_of(inputs)
    if answers is None:
        raise ValueFault("training requires y to be passed, but the target y is None", "give (X, y)")
    of_rows = isinstance(answers, list | tuple) and len(answers) and all(np.ndim(own) for own in answers)
    if of_rows and [len(own) for own in answers] == _lengths(held):
        return read_targets(np.concatenate([np.asarray(own) for own in answers]), asked), True
    targets = read_targets(answers, asked)
    n_rows = sum(_lengths(held))
    if targets.n_rows not in (len(held), n_rows):
        message = f"X has {count_of(len(held), 'sample')} of {count_of(n_rows, 'row')} in all, y has {targets.n_rows}"
        raise ValueFault(f"{message}: inconsistent numbers of samples", "give one answer per sample, or one per row")
    return targets, targets.n_rows != len(held)


def _lengths(held: Inputs) -> list[int]:
    return held.lengths.tolist() if isinstance(held, Rows | Tokens) else [1] * len(held)
