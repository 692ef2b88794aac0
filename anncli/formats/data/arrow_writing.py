"""Writing tables as record batches, for the formats of Arrow's library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

from anncli.formats.data.arrow_columns import record_batch, schema_of
from anncli.formats.data.cell_text import with_labels
from anncli.formats.data.table_stream import settled
from anncli.formats.files.output import Output, opened_output
from anncli.tables import Table


def write_batches(
    target: Output, tables: Iterable[Table], labels: Sequence[str], open_writer: Callable[[Any, Any], Any]
) -> None:
    """A record batch for each table; open_writer: makes the library's writer of a file and a schema.

    Raises: DataError for a label that is no column.
    """
    batches = with_labels(settled(tables), labels)
    first = next(batches)
    schema = schema_of(first)
    with opened_output(target, seekable=True) as file, open_writer(file, schema) as writer:
        for table in chain([first], batches):
            writer.write_batch(record_batch(table, schema))
