"""The data format `arrow`: files and streams of Arrow's IPC; Feather of version 2 is such a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

from anncli.formats.data.arrow_columns import ArrowTables, arrow_faults, pyarrow
from anncli.formats.data.arrow_writing import write_batches
from anncli.formats.data.base import TableWant
from anncli.formats.files.output import Output
from anncli.formats.files.seekable import seekable
from anncli.formats.files.source import ByteSource
from anncli.tables import Table

_FILE, _STREAM = b"ARROW1\0\0", b"\xff\xff\xff\xff"


class Arrow:
    """A batch is a piece of a record batch; a file without rows gives one empty batch."""

    def sniff(self, head: bytes) -> bool:
        # A message of a stream: its size follows the mark, and the first one is a schema of less than 16 MiB.
        is_stream = head.startswith(_STREAM) and len(head) > 8 and head[7] == 0
        return is_stream or head.startswith(_FILE[:6])

    def open_table(self, source: ByteSource, want: TableWant) -> Iterator[Table]:
        with seekable(source) as held, arrow_faults(source.shown, "an Arrow"):
            yield from pieces(batches_of(held), ArrowTables, source.shown, want)


def batches_of(held: IO[bytes]) -> tuple[Any, Iterator[Any]]:
    """The schema and the record batches of a file or stream."""
    pyarrow()
    import pyarrow.ipc as ipc

    begin = held.read(4)
    held.seek(0)
    if begin == _STREAM:
        stream = ipc.open_stream(held)
        return stream.schema, iter(stream)
    file = ipc.open_file(held)
    return file.schema, (file.get_batch(k) for k in range(file.num_record_batches))


def pieces(found: tuple[Any, Iterator[Any]], make: type[ArrowTables], shown: str, want: TableWant) -> Iterator[Table]:
    """Tables of at most block_rows rows each, at least one."""
    schema, batches = found
    tables, is_empty = make(schema, shown, want), True
    for batch in batches:
        batch.validate(full=True)
        for start in range(0, batch.num_rows, want.block_rows):
            is_empty = False
            yield tables.table(batch.slice(start, want.block_rows))
    if is_empty:
        yield tables.table(pyarrow().RecordBatch.from_pylist([], schema=schema))


FORMAT = Arrow()


def write(target: Output, tables: Iterable[Table], labels: Sequence[str] = ()) -> None:
    """A file of record batches, which is Feather of version 2 too; raises DataError for a label that is no column."""
    pyarrow()
    import pyarrow.ipc as ipc

    write_batches(target, tables, labels, ipc.new_file)
