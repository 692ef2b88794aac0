"""Files of tables as a command asks for them: in batches or whole, with remarks about numbers that 32 bits do not hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from anncli.arrays import Array
from anncli.dataset.column_facts import number_blocks
from anncli.dataset.dataset import Source
from anncli.dataset.request import ReadRequest
from anncli.dataset.transposed import transposed
from anncli.formats.data.base import NA_WORDS, TableWant
from anncli.formats.data.disk_tables import table_within
from anncli.formats.data.joined import join_tables
from anncli.formats.data.libsvm_tokens import has_pairs
from anncli.formats.data.precision import MOST_ROWS, WHOLE
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.row_blocks import numbered_blocks
from anncli.formats.data.table_files import stream_table
from anncli.formats.files.source import ByteSource
from anncli.formats.files.textfile import Path
from anncli.tables import Table


def open_tables(
    path: Path | ByteSource, read: ReadRequest, remarks: Remarks, width: int | None = None, names: Sequence[str] = (),
    is_whole: bool = False,
) -> tuple[ByteSource, Iterator[Table]]:  # fmt: skip
    """The source of a file, or of stdin for '-', and the batches of its table; width, names, is_whole: as TableWant has them."""
    source = path if isinstance(path, ByteSource) else ByteSource(path)
    name = table_format(read)
    want = table_want(read, remarks)._replace(is_whole=is_whole or read.transpose)
    if read.tokens and name == "auto" and has_pairs(source):
        name = "libsvm"
    if read.samples == "blocks":
        batches = numbered_blocks(
            stream_table(source, want._replace(width=width, names=tuple(names)), name), source.shown
        )
        return source, _watched(batches, remarks)
    if read.transpose:
        return source, _watched(_turned(stream_table(source, want, name)), remarks)
    return source, _watched(stream_table(source, want._replace(width=width, names=tuple(names)), name), remarks)


def _turned(batches: Iterator[Table]) -> Iterator[Table]:
    """The table with its columns as rows, in one batch: the last row of a file belongs to every sample."""
    yield transposed(join_tables(list(batches)))


def table_format(read: ReadRequest) -> str:
    """The name of the format that a table is read in, or 'auto': rows of numbers are a table too."""
    return "csv" if read.format == "vectors" else read.format


def table_want(read: ReadRequest, remarks: Remarks) -> TableWant:
    """What the formats are told of a request."""
    na = read.na if read.only_na else (*NA_WORDS, *read.na)
    return TableWant(
        decimal=read.decimal, na=na, remarks=remarks, header=read.header, size=read.size, grey=read.grey,
        rows=bool(read.samples), tokens=read.tokens, spikes=read.spikes, values=read.values,
    )  # fmt: skip


def read_table(
    path: Path, read: ReadRequest, remarks: Remarks, width: int | None = None, names: Sequence[str] = ()
) -> tuple[Table, str, Source]:
    """The whole table of a file, the file's name for messages, and what the record of a network says about it."""
    # Batches show early that a table takes too much memory.
    source, batches = open_tables(path, read, remarks, width, names, is_whole=read.memory is None)
    table = table_within(batches, read.memory, source.shown)
    return table, source.shown, Source(source.name, source.sha256, table.n_rows)


def _watched(batches: Iterator[Table], remarks: Remarks) -> Iterator[Table]:
    is_first = True
    for table in batches:
        _watch(table, remarks, is_first)
        is_first = False
        yield table


def _watch(table: Table, remarks: Remarks, is_first: bool) -> None:
    """Look for numbers that become equal as 32-bit floats, in the first rows and where numbers are large."""
    columns = [column for column in table.columns if column.numbers is not None and column.numbers.dtype == np.float64]
    if not table.n_rows or not (is_first or _has_large(table)):
        return
    pieces = [column.numbers[:MOST_ROWS] for column in columns if column.numbers is not None]
    # A missing cell would be a number of its own.
    exact = np.nan_to_num(np.column_stack(pieces), nan=0.0) if pieces else np.empty((0, 0))
    with np.errstate(over="ignore"):
        rows = exact.astype(np.float32)

    def first(n: int, columns: Sequence[int]) -> Array:
        return exact[:n, columns]

    remarks.precision.watch(rows, first, [column.name for column in columns], is_first=is_first)


def _has_large(table: Table) -> bool:
    """Whether a number of 64 bits is so large that 32 bits do not hold all whole numbers of its size."""
    return any(
        values.dtype == np.float64
        and max(np.fmax.reduce(values, axis=None), -np.fmin.reduce(values, axis=None)) >= WHOLE
        for values in number_blocks(table)
    )
