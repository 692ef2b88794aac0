"""The format `npy`: a NumPy array, a row per sample; a file NAME.json beside it gives names, kinds and the label."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain

import numpy as np

from anncli.arrays import Array
from anncli.errors import DataError
from anncli.formats.data.array_table import (
    NO_ANSWERS,
    batches_of,
    check_finite,
    check_rest,
    cut,
    rows_of_chunks,
    word_column,
)  # fmt: skip
from anncli.formats.data.base import TableWant
from anncli.formats.data.dense import check_columns
from anncli.formats.data.npy_head import MAGIC, NpyHead, read_head
from anncli.formats.data.npy_names import Names, read_names
from anncli.formats.data.npy_writer import write as write
from anncli.formats.data.typed import are_named
from anncli.formats.files.source import ByteSource
from anncli.tables import Table, TableColumn

_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


class Npy:
    """Rows of more than one dimension are flattened; the fields of a structured array are columns. A file of float32 or
    float64 in C order is one table, whose matrix is a read-only memory map of the file."""

    def sniff(self, head: bytes) -> bool:
        return head.startswith(MAGIC)

    def open_table(self, source: ByteSource, want: TableWant) -> Iterator[Table]:
        chunks = source.chunks()
        head, rest = read_head(chunks, source.shown)
        names = read_names(source, _width(head))
        data = chain([rest], chunks) if rest else chunks
        if head.dtype in _FLOATS and (not head.is_fortran or len(head.shape) == 1) and _is_plain_file(source, head):
            yield names.applied(_mapped(source, head, data))
            return
        for table in _tables(_blocks(data, head, source.shown, want), source.shown, want):
            yield names.applied(table)


FORMAT = Npy()


def _width(head: NpyHead) -> int:
    if head.dtype.names:
        return len(head.dtype.names)
    width = 1
    for n in head.shape[1:]:
        width *= n
    return width


def _is_plain_file(source: ByteSource, head: NpyHead) -> bool:
    """Whether the file itself holds the array (it is not packed, and no pipe)."""
    if not os.path.isfile(source.path) or not head.n_bytes:
        return False
    return os.path.getsize(source.path) == head.offset + head.n_bytes


def _mapped(source: ByteSource, head: NpyHead, data: Iterator[bytes]) -> Table:
    """The table of a memory map. The bytes are read once for the digest and to find infinite numbers, without keeping them:
    pages of the map that were looked at would count as memory of this process."""
    width, n = _width(head), head.shape[0]
    check_columns(width, head.n_bytes, source.shown)
    row = 0
    for block in rows_of_chunks(data, head.dtype, (n, width), source.shown, TableWant()):
        check_finite(block, source.shown, row, width)
        row += len(block)
    matrix: Array = np.memmap(source.path, head.dtype, "r", head.offset, (n, width)).view(np.ndarray)
    columns = tuple(TableColumn(str(k + 1), matrix[:, k]) for k in range(width))
    return Table(columns, n, False, matrix=matrix)


def _blocks(data: Iterator[bytes], head: NpyHead, shown: str, want: TableWant) -> Iterator[Array]:
    """Blocks of rows; those in Fortran order are read whole."""
    if not head.is_fortran or len(head.shape) == 1:
        yield from rows_of_chunks(data, head.dtype, head.shape, shown, want)
        return
    kept = bytearray()
    for chunk in data:
        kept += chunk
        if len(kept) > head.n_bytes:
            break
    check_rest(len(kept), head.n_bytes, shown)
    yield from cut(np.frombuffer(kept, head.dtype).reshape(head.shape, order="F"), want)


def _tables(blocks: Iterator[Array], shown: str, want: TableWant) -> Iterator[Table]:
    for block in blocks:
        if block.dtype.names is None:
            yield from batches_of([block], NO_ANSWERS, shown, want)
            continue
        if block.ndim != 1:
            raise DataError("has fields in more than one dimension", path=shown, advice="save one record per row")
        yield field_table({name: block[name] for name in block.dtype.names}, shown, want)


def field_table(fields: dict[str, Array], shown: str, want: TableWant) -> Table:
    """The table of arrays (n,) by their names."""
    columns = []
    for name, items in fields.items():
        if items.dtype.kind in "US":
            columns.append(word_column(name, items, shown, want))
        else:
            (found,) = batches_of([items], NO_ANSWERS, shown, want, (name,))
            columns.append(found.columns[0])
    return Table(tuple(columns), len(next(iter(fields.values()))), are_named(tuple(fields)))


__all__ = ["FORMAT", "Names", "Npy", "field_table", "write"]
