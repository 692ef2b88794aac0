"""Tables whose rows are parts of samples: which rows are one sample, and what is said about samples and about their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from anncli.arrays import Array, row_range
from anncli.dataset.dataset import UNLABELLED
from anncli.dataset.row_columns import Fault, times_of
from anncli.dataset.table_data import TableData
from anncli.errors import DataError, UsageError, quoted
from anncli.formats.data.answer_files import TableFile
from anncli.tables import Roles, Table, number_word

_ONE_ANSWER = (
    "give all rows of a sample one answer, or leave out the layers `last`, `mean` and `max` for an answer of each row"
)


def in_sequences(file: TableFile, roles: Roles) -> TableFile:
    """The file with the rows of each sample below each other, where a column says whose they are; else the file
    itself, as where a network was trained on such a table and the file has no such column.

    Samples are in the order of their first rows; their rows are in the order of the file, or of the column `order`.
    Raises: DataError for a row without a cell in one of these columns.
    """
    table = file.table
    if roles.sequence is None or roles.sequence not in table.by_name:
        return file

    def fault(message: str, advice: str, row: int | None) -> DataError:
        line = None if row is None else table.line_of(row)
        return DataError(message, path=file.shown, line=line, advice=advice)

    column = table.column(roles.sequence).as_words()
    assert column.codes is not None
    if (missing := column.is_missing).any():
        message = f"no cell in column {quoted(roles.sequence)}, which says whose row it is"
        raise fault(message, "fill the column", int(np.argmax(missing)))
    codes = np.unique(column.codes, return_inverse=True)[1].reshape(-1)
    if roles.order is None or roles.order not in table.by_name:
        order = np.argsort(codes, kind="stable")
    else:
        order = np.lexsort((times_of(table, roles.order, fault), codes))
    if file.answers is not None:
        raise UsageError("--sequence and --label file:NAME exclude each other", advice="name a column of the table")
    lines = table.lines if len(table.lines) == table.n_rows else ()
    taken = table._replace(lines=lines).take(order)
    return file._replace(table=taken._replace(samples=codes[order].astype(np.int64)))


def of_one_answer(table: Table) -> Table:
    """The first row of each sample, where the rows of every sample have one answer in the first column; otherwise all rows."""
    codes = table.columns[0].as_words().codes
    if table.samples is None or codes is None:
        return table
    starts = np.flatnonzero(np.diff(table.samples, prepend=table.samples[0] - 1))
    same = np.repeat(codes[starts], np.diff(np.r_[starts, len(codes)])) == codes
    return table._replace(lines=(), samples=None).take(starts) if same.all() else table


def refuse_parts(table: Table, rows: Array, name: str, fault: Fault) -> None:
    """Raises the error for samples of which only some rows, those in `rows` (m,), have an answer: the others cannot be left out."""
    if table.samples is None or not len(rows):
        return
    is_kept = np.zeros(table.n_rows, dtype=bool)
    is_kept[rows] = True
    parts = ~is_kept & np.isin(table.samples, table.samples[rows])
    if parts.any():
        message = f"a row without an answer in column {quoted(name)}, and other rows of its sample have one"
        raise fault(message, "give all rows of a sample its answer", table.line_of(int(np.argmax(parts))))


def renumbered(files: Sequence[TableFile]) -> list[TableFile]:
    """The files with samples that are counted through all of them; those of one row each where one file has none."""
    if all(file.table.samples is None for file in files):
        return [*files]
    found, start = [], 0
    for file in files:
        own = file.table.samples
        own = np.arange(file.table.n_rows) if own is None else own
        found.append(file._replace(table=file.table._replace(samples=own + start)))
        start += int(own[-1]) + 1
    return found


def rows_of_sets(sets: Mapping[str, Sequence[TableFile]]) -> dict[str, Array]:
    """The numbers of the rows of each set, one set after the other."""
    rows, start = {}, 0
    for name, own in sets.items():
        stop = start + sum(file.table.n_rows for file in own)
        rows[name], start = row_range(start, stop), stop
    return rows


def packed(data: TableData, rows: dict[str, Array], by_row: bool | None) -> tuple[TableData, dict[str, Array]]:
    """The samples of a table that says which rows belong together, and the numbers of the samples of each set.

    by_row: whether every row has an answer of its own, None: if the rows of a sample differ.
    Raises: DataError with a place where the rows of a sample differ in what is said of the sample.
    """
    samples = data.table.samples
    if samples is None:
        return data, rows
    starts = np.r_[np.flatnonzero(np.diff(samples, prepend=samples[0] - 1)), len(samples)]
    sample_of = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    sets = {
        name: row_range(sample_of[own[0]], sample_of[own[-1]] + 1) if len(own) else own for name, own in rows.items()
    }
    ends, counts = np.cumsum([source.n_samples for source in data.sources]), []
    for source, end in zip(data.sources, ends, strict=True):
        own_rows = sample_of[end - source.n_samples : end]
        counts.append(source._replace(n_samples=int(own_rows[-1] - own_rows[0]) + 1 if len(own_rows) else 0))
    told = {name: values for name in ("weights", "groups") if (values := getattr(data, name)) is not None}
    for name, values in told.items():
        role = name[:-1]
        _refuse_two(data, values, starts, f"the {role}s", getattr(data.roles, role) or "")
    first = starts[:-1]
    changes = {name: values[first] for name, values in told.items()}
    found = replace(
        data,
        starts=starts,
        times=None,
        sources=tuple(counts),
        file_rows=tuple(s.n_samples for s in data.sources),
        **changes,
    )
    if by_row is None:
        by_row = _differing(_answers(data), starts) is not None
    if by_row:
        return replace(found, by_row=True), sets
    _refuse_two(data, _answers(data), starts, "the answers", ", ".join(data.roles.labels))
    targets = None if data.targets is None else data.targets[first]
    return replace(found, labels=data.labels[first], targets=targets), sets


def _answers(data: TableData) -> Array:
    return data.labels if data.targets is None else data.targets


def _differing(values: Array, starts: Array) -> int | None:
    """The first row whose value is not that of the first row of its sample, None where there is none."""
    same = np.repeat(values[starts[:-1]], np.diff(starts), axis=0)
    differs = (values != same) & ~((values != values) & (same != same))
    differs = differs.any(axis=1) if differs.ndim > 1 else differs
    return int(np.argmax(differs)) if differs.any() else None


def _refuse_two(data: TableData, values: Array, starts: Array, what: str, column: str) -> None:
    row = _differing(values, starts)
    if row is None:
        return
    first = int(starts[np.searchsorted(starts, row, side="right") - 1])
    path, line = data.place_of(row)
    before = data.place_of(first)[1]
    where = f" (line {before})" if before else ""
    shown = f"{_shown(data, values, row)} here, {_shown(data, values, first)} in its first row{where}"
    advice = _ONE_ANSWER if what == "the answers" else "correct the column"
    of = f" in column {quoted(column)}" if column else ""
    message = f"{what} of the rows of a sample differ{of}: {shown}"
    raise DataError(message, path=path or data.shown[0], line=line, advice=advice)


def _shown(data: TableData, values: Array, row: int) -> str:
    value = values[row]
    if values is data.labels:
        return "none" if value == UNLABELLED else quoted(data.classes[value])
    numbers = np.atleast_1d(value).tolist()
    return ", ".join("none" if number != number else number_word(number) for number in numbers)
