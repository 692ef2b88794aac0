"""Whole tables: a file of any format that gives tables, as one Table or in batches."""

from __future__ import annotations

from collections.abc import Iterator

from anncli.formats.data.base import TableWant
from anncli.formats.data.folders import expand, is_several
from anncli.formats.data.joined import join_tables
from anncli.formats.data.labelled_files import stream_files
from anncli.formats.data.registry import table_format_of
from anncli.formats.files.source import ByteSource
from anncli.formats.files.textfile import Path
from anncli.tables import Table


def read_table(path: Path, want: TableWant | None = None, data_format: str = "auto") -> Table:
    """The table in a file, or on stdin for '-'.

    Args: want, how it is to be read; data_format, a key of DATA_FORMAT_NAMES whose format gives tables, or 'auto'.
    Raises: UsageError for a format that gives none, DataError with path, line and column for a fault in the file.
    """
    want = (want or TableWant())._replace(is_whole=True)
    return join_tables(list(stream_table(ByteSource(path, is_digested=False), want, data_format)))


def stream_table(source: ByteSource, want: TableWant | None = None, data_format: str = "auto") -> Iterator[Table]:
    """The same table in batches of bounded size; at least one, which may have no rows.

    A folder or a glob gives the rows of its files below each other, with their classes; the digest of `source` is theirs.
    """
    want = want or TableWant()
    if not is_several(source.path):
        yield from table_format_of(source, data_format).open_table(source, want)
        return
    files = expand([source.path], want.remarks)
    yield from stream_files(files, want, data_format, source.add_digest)
