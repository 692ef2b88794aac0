"""The data format `parquet`, read in pieces of its row groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from anncli.formats.data.arrow_columns import ArrowTables, arrow_faults, pyarrow
from anncli.formats.data.arrow_writing import write_batches
from anncli.formats.data.base import TableWant
from anncli.formats.files.output import Output
from anncli.formats.files.seekable import seekable
from anncli.formats.files.source import ByteSource
from anncli.tables import Table


class Parquet:
    """A batch is a piece of a row group; a file without rows gives one empty batch."""

    def sniff(self, head: bytes) -> bool:
        return head.startswith(b"PAR1")

    def open_table(self, source: ByteSource, want: TableWant) -> Iterator[Table]:
        pyarrow()
        import pyarrow.parquet as parquet

        with seekable(source) as held, arrow_faults(source.shown, "a Parquet"):
            file = parquet.ParquetFile(held)
            tables, is_empty = ArrowTables(file.schema_arrow, source.shown, want), True
            for batch in file.iter_batches(batch_size=want.block_rows):
                is_empty = False
                yield tables.table(batch)
            if is_empty:
                yield tables.table(pyarrow().RecordBatch.from_pylist([], schema=file.schema_arrow))


FORMAT = Parquet()


def write(target: Output, tables: Iterable[Table], labels: Sequence[str] = ()) -> None:
    """A row group per batch; raises DataError for a label that is no column."""
    pyarrow()
    import pyarrow.parquet as parquet

    write_batches(target, tables, labels, parquet.ParquetWriter)
