"""The data format `tsv`: a text table whose cells are separated by tabs, where that is said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from anncli.formats.data.base import TableWant
from anncli.formats.data.csv_writer import write_text
from anncli.formats.data.text_tables import FORMAT as TEXT_TABLES
from anncli.formats.files.output import Output
from anncli.formats.files.source import ByteSource
from anncli.tables import Table


class Tsv:
    """Never recognised: the format `csv` finds tabs by itself."""

    def sniff(self, head: bytes) -> bool:
        return False

    def open_table(self, source: ByteSource, want: TableWant) -> Iterator[Table]:
        yield from TEXT_TABLES.open_table(source, want._replace(delimiter="\t"))


FORMAT = Tsv()


def write(target: Output, tables: Iterable[Table], labels: Sequence[str] = ()) -> None:
    """Write the tables below each other; as csv_writer.write()."""
    write_text(target, tables, labels, "\t")
