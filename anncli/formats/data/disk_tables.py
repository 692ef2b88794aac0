"""Tables that may be larger than memory: those whose numbers are a map of their file, below each other on the disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from anncli.arrays import Array, blocks
from anncli.dataset.column_facts import number_blocks, number_parts
from anncli.errors import DataError
from anncli.formats.data.dense import human_bytes
from anncli.maps import disk_array, map_of, release_when_large
from anncli.tables import Table, TableColumn, join_columns, join_tables, joined_task

_BLOCK_VALUES = 1 << 20


def table_within(batches: Iterable[Table], memory: int | None, shown: str) -> Table:
    """The batches of a file as one table.

    Raises: DataError for a table that takes more than `memory` bytes and is no map of its file, None: all that there is.
    """
    taken, n_bytes = list[Table](), 0
    for table in batches:
        taken.append(table)
        n_bytes += 0 if is_map(table) else _bytes_in_memory(table)
        if memory is not None and n_bytes > memory:
            message = f"takes more than the {human_bytes(memory)} of memory that --memory-limit allows"
            raise DataError(
                message, path=shown, advice="make a file that is read from the disk: ann convert IN OUT.npy"
            )
    table = join_tables(taken)
    if memory is not None:
        _release_when_large(table)
    return table


def join_within(tables: Sequence[Table], memory: int | None) -> Table:
    """Tables of the same columns below each other; on the disk if their numbers take more than `memory` bytes."""
    n_bytes = sum(part.nbytes for table in tables for part in number_parts(table))
    if len(tables) == 1 or memory is None or n_bytes <= memory:
        return join_tables(tables)
    first, n_rows = tables[0], sum(table.n_rows for table in tables)
    of_numbers = [name for name in first.names if all(table.column(name).numbers is not None for table in tables)]
    is_single = all(part.dtype == np.float32 for table in tables for part in number_parts(table))
    matrix = disk_array((n_rows, len(of_numbers)), np.float32 if is_single else np.float64, _parts(tables, of_numbers))
    numbers = {name: TableColumn(name, matrix[:, place]) for place, name in enumerate(of_numbers)}
    columns = [numbers.get(name) or join_columns([table.column(name) for table in tables]) for name in first.names]
    at = first.names.index(of_numbers[0])
    together = first.names[at : at + len(of_numbers)] == tuple(of_numbers)
    return first._replace(
        columns=tuple(columns), n_rows=n_rows, lines=(), task=joined_task(tables),
        matrix=matrix if together else None, matrix_start=at if together else 0,
    )  # fmt: skip


def _parts(tables: Sequence[Table], names: Sequence[str]) -> Iterator[Array]:
    """The columns of these names, block by block."""
    for table in tables:
        yield from number_blocks(table.select(names))


def in_pieces(batches: Iterable[Table]) -> Iterator[Table]:
    """The batches; those that are a map of their file, which may be larger than memory, in pieces."""
    for table in batches:
        if not is_map(table):
            yield table
            continue
        _release_when_large(table)
        for block in blocks(table.n_rows, max(1, _BLOCK_VALUES // max(1, len(table.columns)))):
            yield table.part(block)


def refuse_copy(table: Table, shown: str) -> None:
    """Raises DataError for a table on the disk of which some rows are to be left out."""
    if is_map(table):
        message = "rows cannot be left out of a file that is read from the disk"
        raise DataError(message, path=shown, advice="leave them out of the table, and convert it again")


def is_map(table: Table) -> bool:
    """Whether the numbers of a table lie in its file."""
    return any(map_of(part) is not None for part in number_parts(table))


def _release_when_large(table: Table) -> None:
    for part in number_parts(table):
        if map_of(part) is not None:
            release_when_large(part)
            return


def _bytes_in_memory(table: Table) -> int:
    numbers = sum(part.nbytes for part in number_parts(table))
    return numbers + sum(column.codes.nbytes for column in table.columns if column.codes is not None)
