"""Tables below each other: the batches of a file, and the files of a set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from anncli.arrays import Array, Tokens, joined, row_mask
from anncli.dataset.column_facts import number_blocks, number_parts
from anncli.maps import disk_array
from anncli.tables import MISSING, Table, TableColumn


def join_tables(tables: Sequence[Table]) -> Table:
    """Tables of the same columns below each other, as batches of one file are.

    A column that has words in one of them has words in the result. Answers of which one is a fraction are numbers.
    """
    first = tables[0]
    if len(tables) == 1:
        return first
    matrix = None
    if all(table.matrix is not None and table.matrix_start == first.matrix_start for table in tables):
        matrix = _stacked([table.matrix for table in tables if table.matrix is not None])
    columns = []
    for place, name in enumerate(first.names):
        at = place - first.matrix_start
        if matrix is not None and 0 <= at < matrix.shape[1]:
            columns.append(TableColumn(name, matrix[:, at]))
        else:
            columns.append(join_columns([table.columns[place] for table in tables]))
    n_rows = sum(table.n_rows for table in tables)
    return first._replace(
        columns=tuple(columns), n_rows=n_rows, lines=_join_lines(tables), matrix=matrix, task=joined_task(tables),
        samples=_join_samples(tables), tokens=_join_tokens(tables),
    )  # fmt: skip


def joined_task(tables: Sequence[Table]) -> str:
    """The task of tables below each other: answers of which one is a fraction are numbers."""
    return "regression" if any(table.task == "regression" for table in tables) else tables[0].task


def _stacked(parts: Sequence[Array]) -> Array:
    """Numbers of the same width below each other; not copied where they lie so in the memory that they are views of."""
    first, end = parts[0], parts[0].ctypes.data
    for part in parts:
        if part.base is None or part.base is not first.base or part.ctypes.data != end or not part.flags.c_contiguous:
            return np.concatenate(parts)
        end += part.nbytes
    return np.lib.stride_tricks.as_strided(first, (sum(map(len, parts)), *first.shape[1:]))


def _join_lines(tables: Sequence[Table]) -> Sequence[int]:
    """The lines of the rows up to the first one whose line is not known; a range where they are consecutive."""
    known = list[Sequence[int]]()
    for table in tables:
        known += [table.lines] if len(table.lines) else []
        if len(table.lines) < table.n_rows:
            break
    n_lines = sum(map(len, known))
    consecutive = range(known[0][0], known[0][0] + n_lines) if known else range(0)
    at = consecutive.start
    for lines in known:
        if lines != range(at, at + len(lines)):
            return [line for part in known for line in part]
        at += len(lines)
    return consecutive


def _join_samples(tables: Sequence[Table]) -> Array | None:
    """The numbers of the samples, as the batches of a file count them."""
    parts = [table.samples for table in tables if table.samples is not None]
    return np.concatenate(parts) if len(parts) == len(tables) else None


def _join_tokens(tables: Sequence[Table]) -> Tokens | None:
    parts = [table.tokens for table in tables if table.tokens is not None]
    found = joined(parts) if len(parts) == len(tables) else None
    return found if isinstance(found, Tokens) else None


def join_columns(parts: Sequence[TableColumn]) -> TableColumn:
    """Columns of one name below each other; with words if one of them has words."""
    name = parts[0].name
    if all(part.numbers is not None for part in parts):
        return TableColumn(name, _stacked([part.numbers for part in parts if part.numbers is not None]))
    places: dict[str, int] = {}
    codes = np.empty(sum(map(len, parts)), dtype=np.int32)
    end = 0
    for part in parts:
        worded = part.as_words()
        assert worded.codes is not None
        numbers = [places.setdefault(word, len(places)) for word in worded.words]
        begin, end = end, end + len(part)
        # MISSING is -1, the last number.
        np.take(np.array([*numbers, MISSING], dtype=np.int32), worded.codes, out=codes[begin:end], mode="wrap")
    is_declared = all(part.is_declared for part in parts)
    return TableColumn(name, codes=codes, words=tuple(places), is_declared=is_declared)


def join_within(tables: Sequence[Table], memory: int | None) -> Table:
    """Tables of the same columns below each other; on the disk if their numbers take more than `memory` bytes."""
    names = [name for name in tables[0].names if all(table.column(name).numbers is not None for table in tables)]
    chosen = [table.select(names) for table in tables]
    n_bytes = sum(part.nbytes for table in chosen for part in number_parts(table))
    if len(tables) == 1 or memory is None or n_bytes <= memory:
        return join_tables(tables)
    first, n_rows = tables[0], sum(table.n_rows for table in tables)
    parts = (values for table in chosen for values in number_blocks(table))
    others = [join_columns([table.column(n) for table in tables]) for n in first.names if n not in set(names)]
    is_single = all(part.dtype == np.float32 for table in chosen for part in number_parts(table))
    joined = _on_disk(first, n_rows, others, disk_array((n_rows, len(names)), _type(is_single), parts))
    return joined._replace(
        lines=_join_lines(tables), task=joined_task(tables), samples=_join_samples(tables), tokens=_join_tokens(tables)
    )


def rows_within(table: Table, rows: Array, memory: int | None) -> Table:
    """The rows (m,) of a table, ascending; on the disk if their numbers take more than `memory` bytes."""
    parts = number_parts(table)
    width, row_bytes = sum(part.shape[1] for part in parts), sum(part.shape[1] * part.itemsize for part in parts)
    if memory is None or len(rows) * row_bytes <= memory:
        return table.take(rows)
    is_taken, others = row_mask(rows, table.n_rows), [c.take(rows) for c in table.columns if c.numbers is None]

    def taken() -> Iterator[Array]:
        start = 0
        for values in number_blocks(table):
            yield values[is_taken[start : start + len(values)]]
            start += len(values)

    is_single = all(part.dtype == np.float32 for part in parts)
    found = _on_disk(table, len(rows), others, disk_array((len(rows), width), _type(is_single), taken()))
    tokens = None if table.tokens is None else table.tokens[rows]
    return found._replace(
        lines=table.lines_of(rows), tokens=tokens, samples=None if table.samples is None else table.samples[rows]
    )


def _type(is_single: bool) -> type[np.floating[Any]]:
    return np.float32 if is_single else np.float64


def _on_disk(like: Table, n_rows: int, others: Sequence[TableColumn], matrix: Array) -> Table:
    """A table with the columns of `like`: `others`, and those of the matrix in their order."""
    known = {column.name: column for column in others}
    of_numbers = [name for name in like.names if name not in known]
    known |= {name: TableColumn(name, matrix[:, place]) for place, name in enumerate(of_numbers)}
    at = like.names.index(of_numbers[0])
    together = like.names[at : at + len(of_numbers)] == tuple(of_numbers)
    return like._replace(
        columns=tuple(known[name] for name in like.names), n_rows=n_rows,
        matrix=matrix if together else None, matrix_start=at if together else 0,
    )  # fmt: skip


def empty_column(column: TableColumn, n_rows: int) -> TableColumn:
    """A column of this name and kind, all of whose cells are missing."""
    if column.numbers is not None:
        return TableColumn(column.name, np.full(n_rows, np.nan))
    return TableColumn(column.name, codes=np.full(n_rows, MISSING, dtype=np.int32), is_declared=column.is_declared)
