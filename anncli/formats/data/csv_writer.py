"""Tables as CSV: commas, quotes where a cell needs them, empty cells for what is missing, a header where columns have names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from anncli.formats.data.cell_text import cell_texts, with_labels
from anncli.formats.data.typed import are_named
from anncli.formats.files.output import Output, opened_output
from anncli.tables import Table, TableColumn

_QUOTED = re.compile(r"[\"'\n\r;\t|#,]|^\s|\s$|^$")


def write(target: Output, tables: Iterable[Table], labels: Sequence[str] = ()) -> None:
    """Write the tables below each other. A column keeps its kind: a quoted word reads as the same word.

    Raises: DataError for a label that is no column, AnnError where the file cannot be written.
    """
    write_text(target, tables, labels, ",")


def write_text(target: Output, tables: Iterable[Table], labels: Sequence[str], delimiter: str) -> None:
    """The same with another delimiter."""
    with opened_output(target) as file:
        is_first = True
        for table in with_labels(tables, labels):
            if is_first and are_named(table.names):
                file.write((delimiter.join(map(_cell, table.names)) + "\n").encode())
            is_first = False
            # A line without any text would be no row.
            missing = "" if len(table.columns) > 1 else "NA"
            columns = [_texts(column, missing) for column in table.columns]
            file.write("".join(delimiter.join(row) + "\n" for row in zip(*columns, strict=True)).encode())


def _texts(column: TableColumn, missing: str) -> list[str]:
    if column.numbers is None:
        column = TableColumn(column.name, codes=column.codes, words=tuple(map(_cell, column.words)))
    return cell_texts(column, missing)


def _cell(word: str) -> str:
    return '"' + word.replace('"', '""') + '"' if _QUOTED.search(word) else word
