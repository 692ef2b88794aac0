"""Columns about rows: how much each counts, which belong together, and their order in time."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from anncli.arrays import Array
from anncli.errors import AnnError, quoted
from anncli.tables import Table

Fault = Callable[[str, str, int | None], AnnError]

# Dates whose alphabetical order is that of time: 2024-01-31, 2024-01, 2024-01-31 12:00.
_SORTABLE = re.compile(r"\d{4}-\d{2}(-\d{2}([T ]\d{2}:\d{2}.*)?)?|\d{4}/\d{2}/\d{2}.*|\d{2}:\d{2}(:\d{2})?")


def weights_of(table: Table, name: str, fault: Fault) -> Array:
    """The weights (n,) float32 in a column; raises the error of `fault` for a cell that is none."""
    column = table.column(name).as_numbers()
    values = np.full(table.n_rows, np.nan) if column is None or column.numbers is None else column.numbers
    good = np.isfinite(values) & (values >= 0)
    if not good.all():
        message = f"the weights in column {quoted(name)} must be numbers, 0 or more"
        raise fault(message, "correct the column", table.line_of(int(np.argmin(good))))
    if not values.any():
        raise fault(f"the weights in column {quoted(name)} are all 0", "no row is left", None)
    weights: Array = values.astype(np.float32)
    return weights


def groups_of(table: Table, name: str, fault: Fault) -> Array:
    """A number (n,) int32 for the group of each row; raises the error for a row without one."""
    _refuse_gaps(table, name, "which rows belong together", fault)
    codes = table.column(name).as_words().codes
    assert codes is not None
    return codes


def times_of(table: Table, name: str, fault: Fault) -> Array:
    """Numbers (n,) float64 that grow with time; raises the error for a row without a time and for words in no order."""
    _refuse_gaps(table, name, "the order of the rows", fault)
    column = table.column(name)
    numbers = column.as_numbers()
    if numbers is not None and numbers.numbers is not None:
        return numbers.numbers.astype(np.float64)
    assert column.codes is not None
    strange = [word for word in column.words if not _SORTABLE.fullmatch(word)]
    if strange:
        message = f"the order in column {quoted(name)}: {quoted(strange[0])} is no number and no date like 2024-01-31"
        raise fault(message, "write numbers or such dates", None)
    ranks = np.empty(len(column.words))
    ranks[np.argsort(np.array(column.words))] = np.arange(len(column.words))
    times: Array = ranks[column.codes]
    return times


def _refuse_gaps(table: Table, name: str, what: str, fault: Fault) -> None:
    missing = table.column(name).is_missing
    if missing.any():
        message = (
            f"{int(missing.sum())} of {table.n_rows} rows have no cell in column {quoted(name)}, which says {what}"
        )
        raise fault(message, "fill the column", table.line_of(int(np.argmax(missing))))
