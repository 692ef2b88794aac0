"""Samples of several sets as one: those of a training, with a validation set and a test set of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array, row_range
from anncli.dataset.dataset import Dataset
from anncli.dataset.table_data import TableData
from anncli.dataset.text_data import TextData
from anncli.errors import DataError, UsageError, ValueFault, listed
from anncli.formats.data.joined import join_tables
from anncli.python.samples import Columns, Samples, read_samples
from anncli.python.targets import Asked


class Sets(NamedTuple):
    """The rows of all sets, and the row numbers of each by its name; {} where there is only the training set."""

    data: Dataset | TableData | TextData
    rows: dict[str, Array]


def are_samples(value: Any) -> bool:
    """Whether the value of an option such as validation is (X, y) or (X, y, weights), and no fraction and no names of files."""
    return (
        isinstance(value, tuple)
        and len(value) in (2, 3)
        and hasattr(value[0], "__len__")
        and not isinstance(value[0], str)
    )


def with_sets(training: Samples, others: Mapping[str, tuple[Any, ...]], asked: Asked, columns: Columns) -> Sets:
    """The training samples with those of the sets `others`, which have its columns and classes.

    Raises: DataError for other columns or numbers of answers; as read_samples().
    """
    if not others:
        return Sets(training.data, {})
    if isinstance(training.data, TableData) and training.data.roles.reconstructs:
        raise UsageError("sets of samples are for answers that are given")
    task = "regression" if training.targets.task == "regression" else "classification"
    asked = Asked(task, classes=asked.classes or training.targets.classes)
    as_table = isinstance(training.data, TableData)
    every = [training]
    for name, given in others.items():
        own = read_samples(*given, asked=asked, columns=columns, as_table=as_table)
        _check_like(name, own, training)
        every.append(own)
    rows, start = {}, 0
    for name, own in zip(("training", *others), every, strict=True):
        rows[name] = row_range(start, start + own.table.n_rows)
        start += own.table.n_rows
    return Sets(_joined(every), rows)


def _check_like(name: str, own: Samples, training: Samples) -> None:
    if len(own.table.columns) != len(training.table.columns):
        message = (
            f"{name}: X has {len(own.table.columns)} columns, that of the training set {len(training.table.columns)}"
        )
        raise ValueFault(message, "give the same columns")
    if own.table.is_named and training.table.is_named and {*own.table.names} != {*training.table.names}:
        strange = [word for word in own.table.names if word not in training.table.by_name]
        raise DataError(
            f"{name}: X has columns that the training set does not have: {listed(strange)}",
            advice="give the same columns",
        )
    if own.targets.task != training.targets.task or len(own.targets.names) != len(training.targets.names):
        message = f"{name}: y is for {own.targets.task}, that of the training set for {training.targets.task}"
        raise ValueFault(message, "give answers of the same kind")


def _joined(every: Sequence[Samples]) -> Dataset | TableData:
    data = every[0].data
    answers: dict[str, Any] = {"weights": _weights(every)}
    if data.targets is None:
        answers["labels"] = np.concatenate([own.data.labels for own in every])
    else:
        answers["targets"] = np.concatenate([own.data.targets for own in every if own.data.targets is not None])
    if isinstance(data, TableData):
        names = data.table.names
        tables = [data.table]
        tables += [(own.table if own.table.is_named else own.table.rename(names)).select(names) for own in every[1:]]
        labels = np.concatenate([own.data.labels for own in every])
        return replace(data, **{"labels": labels, **answers}, table=join_tables(tables))
    inputs = np.concatenate([own.data.inputs for own in every if isinstance(own.data, Dataset)])
    if data.targets is not None:
        answers["labels"] = np.full(len(inputs), -1, dtype=np.int8)
    return replace(data, inputs=inputs, **answers)


def _weights(every: Sequence[Samples]) -> Array | None:
    if all(own.data.weights is None for own in every):
        return None
    return np.concatenate(
        [np.ones(own.table.n_rows, np.float32) if own.data.weights is None else own.data.weights for own in every]
    )
