"""Tables that may be larger than memory: those whose numbers are a map of their file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from anncli.arrays import blocks_of_rows
from anncli.dataset.column_facts import number_parts
from anncli.errors import DataError
from anncli.formats.data.dense import human_bytes
from anncli.formats.data.joined import join_tables
from anncli.maps import map_of, release_when_large
from anncli.tables import Table

# Bytes of a map from which its memory is given back even where nobody asks for little.
_LARGE = 1 << 30


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
    if memory is not None or sum(part.nbytes for part in number_parts(table)) > _LARGE:
        _release_when_large(table)
    return table


def in_pieces(batches: Iterable[Table]) -> Iterator[Table]:
    """The batches; those that are a map of their file, which may be larger than memory, in pieces."""
    for table in batches:
        if not is_map(table):
            yield table
            continue
        _release_when_large(table)
        for block in blocks_of_rows(table.n_rows, len(table.columns)):
            yield table.part(block)


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
