"""Files of tables: opened in the format that they show, as batches or whole."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import numpy as np

from anncli.dataset.dataset import Source
from anncli.dataset.request import ReadRequest
from anncli.formats.data.remarks import Remarks
from anncli.formats.files.source import ByteSource
from anncli.formats.files.textfile import Path
from anncli.tables import Table, TableColumn, join_tables, number_word


def open_tables(path: Path, read: ReadRequest, remarks: Remarks) -> tuple[ByteSource, Iterator[Table]]:
    """The source of a file and the batches of its table."""
    source = ByteSource(path)
    return source, _stand_in(source, read)


def read_table(path: Path, read: ReadRequest, remarks: Remarks) -> tuple[Table, str, Source]:
    """The whole table of a file, the file's name for messages, and what the record of a network says about it."""
    source, batches = open_tables(path, read, remarks)
    table = join_tables(list(batches))
    return table, source.shown, Source(source.name, source.sha256, table.n_rows)


# A stand-in for the reader of text tables.
def _stand_in(source: ByteSource, read: ReadRequest) -> Iterator[Table]:
    data = b"".join(source.blocks())
    text = data.decode()
    rows = [[c.strip().strip("'") for c in row] for row in csv.reader(io.StringIO(text), skipinitialspace=True) if row]
    na = {"", "NA", "?", "nan"}

    def is_number(cell: str) -> bool:
        try:
            float(cell)
        except ValueError:
            return False
        return True

    named = not any(is_number(c) for c in rows[0]) and len(set(rows[0])) == len(rows[0]) and any(is_number(c) for c in rows[1])
    names = rows[0] if named else [str(k + 1) for k in range(len(rows[0]))]
    body = rows[1:] if named else rows
    for start in range(0, max(len(body), 1), 50):
        part = body[start : start + 50]
        columns = []
        for k, name in enumerate(names):
            cells = [row[k] for row in part]
            if all(c in na or is_number(c) for c in cells):
                columns.append(TableColumn(name, np.array([np.nan if c in na else float(c) for c in cells])))
            else:
                words: dict[str, int] = {}
                cells = [number_word(float(c)) if is_number(c) and c not in na else c for c in cells]
                codes = [-1 if c in na else words.setdefault(c, len(words)) for c in cells]
                columns.append(TableColumn(name, codes=np.array(codes, dtype=np.int32), words=tuple(words)))
        lines = list(range(start + 1 + named, start + 1 + named + len(part)))
        yield Table(tuple(columns), len(part), named, lines, int(named))
