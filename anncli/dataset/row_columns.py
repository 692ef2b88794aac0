"""Columns about rows: how much each counts, which belong together, and their order in time."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from anncli.arrays import Array
from anncli.dataset.word_columns import some_words
from anncli.errors import AnnError, count_of, quoted
from anncli.tables import Table

# Makes an error of a message, an advice and the row that it is about, None for no single one.
Fault = Callable[[str, str, int | None], AnnError]

# Dates and times whose alphabetical order is that of time, where all have the same signs between their numbers and the
# same time zone: 2024-01-31, 2024-01, 2024-01-31 12:00, 2024-01-31T12:00:00Z.
_SORTABLE = re.compile(
    r"(?:[0-9]{4}(?P<date>-)[0-9]{2}(?:-[0-9]{2})?|[0-9]{4}(?P<slash>/)[0-9]{2}/[0-9]{2})?"
    r"(?:(?P<gap>(?<=[0-9])[T ])?(?P<time>(?<![0-9])[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:(?P<point>[.,])[0-9]+)?)?)"
    r"(?P<zone>Z|UTC|[+-][0-9]{2}:?[0-9]{2}|))?"
)


def weights_of(table: Table, name: str, fault: Fault) -> Array:
    """The weights (n,) float32 in a column; raises the error of `fault` for a cell that is none."""
    column = table.column(name).as_numbers()
    values = np.full(table.n_rows, np.nan) if column is None or column.numbers is None else column.numbers
    with np.errstate(over="ignore"):
        weights: Array = values.astype(np.float32)
    good = np.isfinite(weights) & (weights >= 0)
    if not good.all():
        message = f"the weights in column {quoted(name)} must be numbers, 0 or more"
        if np.isfinite(values).all() and (values >= 0).all():
            message = f"the weights in column {quoted(name)} are too large for a 32-bit float"
        raise fault(message, "correct the column", int(np.argmin(good)))
    if not weights.any():
        what = "too small for a 32-bit float" if values.any() else "all 0"
        raise fault(f"the weights in column {quoted(name)} are {what}", "no row is left", None)
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
    ranks = np.empty(len(column.words))
    ranks[np.argsort(np.array(_sortable(column.words, name, fault)))] = np.arange(len(column.words))
    times: Array = ranks[column.codes]
    return times


def _sortable(words: Sequence[str], name: str, fault: Fault) -> list[str]:
    """The words of a column of dates and times without their time zone; raises the error for words in no order."""
    found = [_SORTABLE.fullmatch(word) if word else None for word in words]
    known = [match for match in found if match is not None]
    if len(known) < len(found):
        strange = words[found.index(None)]
        message = f"the order in column {quoted(name)}: {quoted(strange)} is no number and no date like 2024-01-31"
        raise fault(message, "write numbers or such dates", None)
    for sign in ("date", "slash"), ("gap",), ("point",):
        if len({match[one] for match in known for one in sign if match[one]}) > 1:
            raise _two_ways(name, words, fault)
    if len({match["zone"] for match in known if match["time"]}) > 1:
        raise _two_ways(name, words, fault)
    if len({(match["date"] or match["slash"]) is None for match in known}) > 1:
        raise _two_ways(name, words, fault)
    return [word[: match.start("zone")] if match["zone"] else word for word, match in zip(words, known, strict=True)]


def _two_ways(name: str, words: Sequence[str], fault: Fault) -> AnnError:
    message = f"the order in column {quoted(name)}: times are written in different ways ({some_words(words)})"
    return fault(message, "write all alike, in one time zone, for example 2024-01-31 12:00", None)


def _refuse_gaps(table: Table, name: str, what: str, fault: Fault) -> None:
    missing = table.column(name).is_missing
    if missing.any():
        n = int(missing.sum())
        have = "has" if n == 1 else "have"
        message = f"{n} of {count_of(table.n_rows, 'row')} {have} no cell in column {quoted(name)}, which says {what}"
        raise fault(message, "fill the column", int(np.argmax(missing)))
