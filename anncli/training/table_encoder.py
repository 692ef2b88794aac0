"""Fitting the encoder of a table: the levels of categories and the numbers that fill gaps, from the training rows alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from anncli.arrays import Array
from anncli.dataset.task import sorted_words
from anncli.network.encoders.table import InputColumn, TableEncoder
from anncli.tables import MISSING, Roles, Table, TableColumn

# A word of fewer training rows than this is rare: nothing could be learnt about it but those rows themselves.
RARE_BELOW = 3
# Of more words than these, the less frequent are rare.
MOST_LEVELS = 100


def fit_encoder(
    table: Table, rows: Array, roles: Roles, kinds: Mapping[str, str], missing: str = "error"
) -> TableEncoder:
    """The encoder for the input columns of `roles`, fitted on `rows` (n,) of the table.

    Args: kinds: 'number' or 'category' for each input column; missing: one of MISSING_POLICIES.
    """
    columns = tuple(_fit_column(table.column(name), rows, kinds[name], missing) for name in roles.inputs)
    return TableEncoder(roles, columns, missing)


def _fit_column(column: TableColumn, rows: Array, kind: str, missing: str) -> InputColumn:
    indicator = "indicator" in missing and bool(column.is_missing[rows].any())
    if kind == "category":
        levels, rare = _levels(column.as_words(), rows)
        return InputColumn(column.name, kind, levels, rare, indicator=indicator)
    return InputColumn(column.name, kind, fill=_fill(column, rows, missing), indicator=indicator)


def _fill(column: TableColumn, rows: Array, missing: str) -> float | None:
    """What stands for a missing number: the median or the mean of the training rows that have one, 0 if none has."""
    if missing == "error":
        return None
    given = column.as_numbers()
    if given is None or given.numbers is None:
        return 0.0  # a word in it will be refused when it is encoded
    values = given.numbers[rows].astype(np.float64)
    values = values[~np.isnan(values)]
    if not len(values):
        return 0.0
    found = np.median(values) if missing.startswith("median") else values.mean()
    # The shortest number with the same 32 bits, as the network file holds it.
    return float(str(np.float32(found)))


def _levels(column: TableColumn, rows: Array) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words of the training rows that have an input of their own, and those that are rare."""
    assert column.codes is not None
    codes = column.codes[rows]
    counts = np.bincount(codes[codes != MISSING], minlength=len(column.words))
    count = {word: int(n) for word, n in zip(column.words, counts, strict=True) if n}
    ordered = sorted_words(tuple(count))
    by_count = sorted(ordered, key=lambda word: -count[word])
    frequent = [word for word in by_count if count[word] >= RARE_BELOW] or by_count
    levels = set(frequent[:MOST_LEVELS])
    return tuple(word for word in ordered if word in levels), tuple(word for word in ordered if word not in levels)
