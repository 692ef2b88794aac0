"""The examination of data before a network is trained on them: all findings, the serious ones first."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import numpy as np

from anncli.dataset.column_view import ColumnView
from anncli.dataset.doctor_classes import find_imbalance
from anncli.dataset.doctor_columns import EqualColumns, find_constant, find_identifier, find_missing
from anncli.dataset.doctor_drift import find_drift
from anncli.dataset.doctor_leaks import leak_finder
from anncli.dataset.doctor_network import Known, find_unknown, known_of
from anncli.dataset.doctor_rows import find_equal_rows, find_shared_groups, find_shared_rows
from anncli.dataset.doctor_values import find_codes, find_outliers
from anncli.dataset.doctor_words import find_numbers_as_words, find_spelling
from anncli.dataset.findings import Examined, Finding, Part
from anncli.dataset.names import FINDING_NAMES

# Of more cells than these a training looks at some of the rows, and not for equal ones: that takes 20 bytes for every row.
SAMPLED_CELLS = 1_000_000
# Of more columns, times labels, than these it looks at none; of more useless ones than these it says nothing.
MOST_COLUMNS, MOST_USELESS = 2_000, 3
# Fewer rows do not show that a column is useless.
FEWEST_ROWS = 10


def examine(sets: Mapping[str, Examined], known: Known | None = None, skip: Collection[str] = ()) -> list[Finding]:
    """All findings about the sets, of which the first is the training set.

    Args: known: what a network knows, None: the other sets are compared with the training set; skip: kinds to leave out.

    The sets have the same columns, and the words of a column have the same codes in all of them.
    """
    training = next(iter(sets.values()))
    found = list(_of_columns(training))
    left_out = {one.name for one in found if one.kind == "identifier" and one.is_serious}
    found += find_equal_rows(training, left_out)
    found += find_imbalance(training)
    found += find_shared_rows(sets, left_out)
    found += find_shared_groups(sets)
    others = [rows for rows in sets.values() if rows is not training]
    found += find_drift([*((training, rows) for rows in others), *_files(training)])
    for rows in sets.values() if known is not None else others:
        found += find_unknown(rows, known or known_of(training))
    places = {kind: place for place, kind in enumerate(FINDING_NAMES)}
    wanted = (one for one in found if one.kind not in skip)
    return sorted(wanted, key=lambda one: (not one.is_serious, places[one.kind]))


def _of_columns(rows: Examined) -> Iterator[Finding]:
    leaks, equal = leak_finder(rows), EqualColumns(rows)
    for name in rows.whole:
        view = ColumnView(rows.column_of(name))
        for find in (find_constant, find_identifier, find_missing, leaks, find_codes, find_outliers):
            yield from find(view, rows)
        yield from equal.see(view)
        for find in (find_numbers_as_words, find_spelling):
            yield from find(view, rows)


def _files(rows: Examined) -> Iterator[tuple[Examined, Examined]]:
    """The first file of a set with each of the others; files of one class each differ because they are classes."""
    first, start = None, 0
    column = rows.column_of(rows.labels[0]) if len(rows.labels) == 1 else None
    if len(rows.parts) < 2:
        return
    for part in rows.parts:
        own = slice(start, start + part.n_rows)
        start += part.n_rows
        if column is not None and column.codes is not None and len(np.unique(column.codes[own])) < 2:
            return
        of_file = rows._replace(table=rows.table.part(own), parts=(part,))
        if first is None:
            first = of_file
        else:
            yield first, of_file


def examine_briefly(sets: Mapping[str, Examined], is_table: bool) -> tuple[list[Finding], int]:
    """The serious findings that reading a table does not report itself, and the number of rows that columns were examined on.

    Args: is_table: columns that are constant or name the rows were reported already.
    """
    training = next(iter(sets.values()))
    n_cells = training.n_rows * max(1, len(training.whole))
    found = list[Finding]()
    if is_complete(sets):
        found += find_equal_rows(training, ())
        found += find_shared_rows(sets, ())
    rows = training if n_cells <= SAMPLED_CELLS else sample_of(training, -(-n_cells // SAMPLED_CELLS))
    columns = list(_of_columns_briefly(rows, is_table or rows is not training))
    if rows is not training:
        columns = [one._replace(message=f"{one.message} (in a sample of {rows.n_rows} rows)") for one in columns]
    places = {kind: place for place, kind in enumerate(FINDING_NAMES)}
    serious = (one for one in (*found, *columns) if one.is_serious)
    return sorted(serious, key=lambda one: places[one.kind]), rows.n_rows


def _of_columns_briefly(rows: Examined, leaks_only: bool) -> Iterator[Finding]:
    """Columns that tell the label, are constant or name the rows; not of tables whose width shows another kind of data."""
    if len(rows.inputs) * max(1, len(rows.labels)) > MOST_COLUMNS:
        return
    leaks, useless = leak_finder(rows), list[Finding]()
    for name in rows.inputs:
        view = ColumnView(rows.column_of(name))
        yield from leaks(view, rows)
        if not leaks_only and rows.n_rows >= FEWEST_ROWS:
            useless += [*find_constant(view, rows), *find_identifier(view, rows)]
    # Of pictures and sparse rows many columns are constant.
    if len(useless) <= MOST_USELESS:
        yield from useless


def is_complete(sets: Mapping[str, Examined]) -> bool:
    """Whether a training looks for equal rows: there are not too many."""
    return sum(rows.n_rows * len(rows.whole) for rows in sets.values()) <= SAMPLED_CELLS


def sample_of(rows: Examined, step: int) -> Examined:
    """Every step-th row."""
    parts, start = [], 0
    for part in rows.parts:
        stop = start + part.n_rows
        parts.append(Part(part.shown, len(range(-(-start // step) * step, stop, step))))
        start = stop
    table = rows.table.take(np.arange(0, rows.n_rows, step))
    return rows._replace(table=table, parts=tuple(parts))
