"""Tables as NumPy archives: one array of records, whose fields are the columns with their names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from anncli.errors import DataError, quoted
from anncli.formats.data.cell_text import with_labels
from anncli.formats.data.joined import join_tables
from anncli.formats.files.output import Output, opened_output
from anncli.tables import Table, TableColumn

# Every cell of a column of words takes the room of the longest.
LONGEST_WORD = 1000


def write(target: Output, tables: Iterable[Table], labels: Sequence[str] = ()) -> None:
    """Write the tables below each other, which are held in memory: an array of records has its length at its beginning.

    Raises: DataError for a label that is no column, and for a word that is too long.
    """
    table = join_tables(list(with_labels(tables, labels)))
    kinds = [(column.name, _kind(column)) for column in table.columns]
    records = np.zeros(table.n_rows, dtype=kinds)
    for column in table.columns:
        if column.numbers is not None:
            records[column.name] = column.numbers
        else:
            # An empty word is a missing cell.
            records[column.name] = np.array([*column.words, ""])[column.codes]
    with opened_output(target, seekable=True) as file:
        np.savez_compressed(file, table=records)


def _kind(column: TableColumn) -> Any:
    if column.numbers is not None:
        return column.numbers.dtype
    longest = max(column.words, key=len, default="")
    if len(longest) > LONGEST_WORD:
        message = f"column {quoted(column.name)} holds a word of {len(longest)} characters"
        raise DataError(message, advice="leave the column out, or write another format")
    return f"U{max(len(longest), 1)}"
