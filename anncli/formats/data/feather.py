"""The data format `feather`: version 2 is a file of Arrow's IPC, version 1 is read as a whole."""

from __future__ import annotations

from collections.abc import Iterator

from anncli.formats.data.arrow import batches_of, pieces
from anncli.formats.data.arrow import write as write
from anncli.formats.data.arrow_columns import ArrowTables, arrow_faults, pyarrow
from anncli.formats.data.base import TableWant
from anncli.formats.files.seekable import seekable
from anncli.formats.files.source import ByteSource
from anncli.tables import Table

_VERSION_1 = b"FEA1"


class Feather:
    """Recognised by the mark of version 1; version 2 is recognised as Arrow and can be forced."""

    def sniff(self, head: bytes) -> bool:
        return head.startswith(_VERSION_1)

    def open_table(self, source: ByteSource, want: TableWant) -> Iterator[Table]:
        with seekable(source) as held, arrow_faults(source.shown, "a Feather"):
            begin = held.read(4)
            held.seek(0)
            if begin != _VERSION_1:
                yield from pieces(batches_of(held), ArrowTables, source.shown, want)
                return
            pyarrow()
            import pyarrow.feather as feather

            table = feather.read_table(held)
            yield from pieces((table.schema, iter(table.to_batches())), ArrowTables, source.shown, want)


FORMAT = Feather()
