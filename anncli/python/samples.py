"""Samples of inputs and answers that a Python user gives: a dataset, or a table that the network's encoder makes inputs of."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.dataset.column_kinds import choose_kinds
from anncli.dataset.dataset import UNLABELLED, Dataset
from anncli.dataset.given import has_several_rows
from anncli.dataset.table_data import TableData
from anncli.errors import AnnError, DataError, UsageError, ValueFault, count_of, did_you_mean, quoted, value_text
from anncli.network.encoders.table import MISSING_POLICIES
from anncli.python.frames import as_array, read_table
from anncli.python.ragged import ragged_dataset, ragged_targets
from anncli.python.targets import ANYTHING, Asked, Targets, read_targets
from anncli.tables import Roles, Table, TableColumn


class Columns(NamedTuple):
    """What is to become of the columns of the inputs, by the words of `ann train`.

    missing: one of MISSING_POLICIES; unknown: 'zeros' or 'error'; category: names or positions, from 0 as Python counts, of
    columns of numbers that are codes of categories.
    """

    missing: str = "error"
    unknown: str = "zeros"
    category: tuple[str | int, ...] = ()


AS_THEY_ARE = Columns()


class Samples(NamedTuple):
    """data: for a training; table, targets: what was read, without rows of weight 0; remarks: what was found out about columns."""

    data: Dataset | TableData
    table: Table
    targets: Targets
    remarks: tuple[str, ...]


def read_samples(
    inputs: Any,
    answers: Any,
    weights: Any = None,
    *,
    asked: Asked = ANYTHING,
    columns: Columns = AS_THEY_ARE,
    as_table: bool = False,
) -> Samples:
    """The samples (X, y, weights).

    A plain array of numbers gives a Dataset; names, words, gaps that are to be filled and categories give a TableData, whose
    encoder is fitted in training; so does as_table.
    Args: inputs: as read_table(); answers: as read_targets(); weights: (n,), 0 leaves a row out.
    Raises: TypeError, ValueFault for what is no table, and for gaps that nothing fills; UsageError, DataError as `ann train`.
    """
    if has_several_rows(inputs):
        return _ragged(inputs, answers, weights, asked, columns, as_table)
    table, remarks = read_table(inputs), list[str]()
    if answers is None:
        raise ValueFault("training requires y to be passed, but the target y is None", "give (X, y)")
    targets = read_targets(answers, asked)
    check_length(table.n_rows, targets)
    checked = None if weights is None else read_weights(weights, table.n_rows)
    if checked is not None and not checked.all():
        kept = np.flatnonzero(checked)
        table, checked, names = table.take(kept), checked[kept], targets.names
        task = "regression" if targets.task == "regression" else "classification"
        targets = read_targets(_rows_of(answers, kept), asked._replace(task=task))._replace(names=names)
    refuse_gaps(table, columns.missing)
    plain = not (as_table or table.is_named or columns.category or columns.missing != "error")
    data = (
        _dataset(table, targets)
        if plain and table.matrix is not None
        else _table_data(table, targets, columns, remarks)
    )
    return Samples(data if checked is None else replace(data, weights=checked), table, targets, tuple(remarks))


def _ragged(inputs: Any, answers: Any, weights: Any, asked: Asked, columns: Columns, as_table: bool) -> Samples:
    """Samples of several rows, which have no columns of other kinds than numbers."""
    if as_table or columns != AS_THEY_ARE:
        message = "samples of several rows are numbers alone"
        raise UsageError(
            message, advice="leave missing, category and unknown out, and give a network of `inputs: any x N`"
        )
    data = ragged_dataset(inputs, answers, weights, asked=asked)
    columns_of_rows = tuple(TableColumn(str(k)) for k in range(1, data.n_inputs + 1))
    return Samples(
        data, Table(columns_of_rows, data.n_samples, is_named=False), ragged_targets(inputs, answers, asked)[0], ()
    )


def check_length(n_rows: int, targets: Targets) -> None:
    """Raises ValueFault unless there is an answer for each row."""
    n = targets.n_rows
    if n != n_rows:
        message = f"X has {count_of(n_rows, 'row')}, y has {n}: inconsistent numbers of samples"
        raise ValueFault(message, "give one answer per row")


def _rows_of(answers: Any, rows: Array) -> Array:
    found: Array = as_array(answers.to_numpy() if hasattr(answers, "to_numpy") else answers, "y")[rows]
    return found


def read_weights(given: Any, n: int) -> Array:
    """float32 (n,); raises ValueFault for other shapes, negative weights, and weights that are all zero."""
    try:
        weights = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueFault(f"sample_weight: expected {n} numbers, found {value_text(given)}") from None
    if weights.shape != (n,):
        raise ValueFault(
            f"sample_weight has the shape {weights.shape}, and there are {count_of(n, 'row')}",
            "give one weight per row",
        )
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueFault("sample_weight: weights must be finite and not negative")
    if not weights.any():
        raise ValueFault("sample_weight: every weight is zero, so that no row is left")
    return weights.astype(np.float32)


def refuse_gaps(table: Table, missing: str, what: str = "X") -> None:
    """Raises ValueFault for infinite numbers, and, unless `missing` fills them, for gaps, naming the columns."""
    if missing not in MISSING_POLICIES:
        raise UsageError(
            f"missing: unknown treatment {value_text(missing)}", advice=did_you_mean(str(missing), MISSING_POLICIES)
        )
    refuses_nan, held = missing == "error", table.matrix
    if held is not None and bool(np.isfinite(held).all() if refuses_nan else not np.isinf(held).any()):
        return
    gaps = {}
    for column in table.columns:
        if column.numbers is not None and np.isinf(column.numbers).any():
            row = int(np.argmax(np.isinf(column.numbers)))
            message = f"{what} contains inf: column {quoted(column.name)}, row {row}"
            raise ValueFault(message, "replace it, for example with the largest value that can be")
        if refuses_nan and (n := int(column.is_missing.sum())):
            gaps[column.name] = n
    if gaps:
        named = ", ".join(f"{quoted(name)} ({n})" for name, n in list(gaps.items())[:10]) + (
            ", ..." if len(gaps) > 10 else ""
        )
        message = f"{what} contains NaN: cells are missing in {'column ' if len(gaps) == 1 else 'columns '}{named}"
        raise ValueFault(message, "say how to fill them: missing='median' (or mean, indicator, median+indicator)")


def _dataset(table: Table, targets: Targets) -> Dataset:
    assert table.matrix is not None
    return Dataset(_float32(table.matrix, "X"), **_answers(targets))


def _answers(targets: Targets) -> dict[str, Any]:
    """The answers as the fields of a dataset."""
    if targets.numbers is None:
        return {"labels": targets.labels, "classes": targets.classes}
    return {"targets": _float32(targets.numbers), "target_names": targets.names, "task": targets.task}


def _table_data(table: Table, targets: Targets, columns: Columns, remarks: list[str]) -> TableData:
    roles = _roles(table, targets)
    asked = dict.fromkeys(_categories(table, columns.category), "category")
    # What a user of Python hands over as inputs are inputs, also columns that count the rows or name them.
    say = partial(_remark, remarks)
    kinds = choose_kinds(table, table.names, asked, table.names, say, _fault)
    kept = tuple(name for name in roles.inputs if kinds[name] != "ignore")
    if not kept:
        raise DataError("X: no column is left for the inputs", advice="give columns that differ between rows")
    answers = _answers(targets)
    if targets.labels is None:
        answers["labels"] = np.full(table.n_rows, UNLABELLED, dtype=np.int8)
    return TableData(
        table, roles._replace(inputs=kept), {name: kinds[name] for name in kept}, missing=columns.missing,
        unknown=columns.unknown, shown=("X",), **answers,
    )  # fmt: skip


def _roles(table: Table, targets: Targets) -> Roles:
    """All columns and the answers, which must not be called as an input."""
    labels = []
    for name in targets.names:
        while name in table.by_name or name in labels:
            name += "'"
        labels.append(name)
    task = "regression" if targets.task == "regression" else "classification"
    return Roles((*table.names, *labels), tuple(labels), table.names, task=task, is_named=table.is_named)


def _categories(table: Table, asked: Sequence[str | int]) -> list[str]:
    found = []
    for word in asked:
        if isinstance(word, str) and word in table.by_name:
            found.append(word)
        elif isinstance(word, (int, np.integer)) and -len(table.columns) <= word < len(table.columns):
            found.append(table.names[word])
        else:
            advice = f"use one of {', '.join(table.names[:10])}" if table.is_named else "count from 0"
            raise UsageError(f"category: no column {word!r}", advice=advice)
    return found


def _float32(numbers: Array, what: str = "y") -> Array:
    with np.errstate(over="ignore"):
        found = np.ascontiguousarray(numbers, dtype=np.float32)
    if not np.isfinite(found).all():
        raise ValueFault(f"{what} holds a number that is too large for a 32-bit float (inf)", "scale the values down")
    return found


def _remark(remarks: list[str], text: str) -> None:
    """Note a remark, without what it says about options of the command line."""
    remarks.append("X: " + re.sub(r" \(--[^)]*\)", "", text))


def _fault(message: str, advice: str) -> AnnError:
    return DataError(f"X: {message}", advice=in_python(advice))


def in_python(advice: str | None) -> str | None:
    """Advice about cells of X; that of the command line names options of files."""
    return "correct the cells, leave the column out, or name it in category" if advice and "--" in advice else advice


def warn_of_columns(samples: Samples) -> None:
    """Warn of columns that are left out."""
    for text in samples.remarks:
        if "left out" in text:
            warnings.warn(text, stacklevel=5)
