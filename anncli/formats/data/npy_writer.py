"""Tables as NumPy arrays: one matrix of numbers, categories as places of their words, and NAME.json beside it with the names.

The rows are written as they come, so that a table may be larger than memory.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from typing import IO, Any

import numpy as np

from anncli.arrays import Array
from anncli.errors import DataError, printable
from anncli.formats.data.cell_text import with_labels
from anncli.formats.data.npy_names import names_beside
from anncli.formats.data.table_stream import Levels, settled
from anncli.formats.files.output import Output, opened_output
from anncli.formats.files.textfile import replace_file
from anncli.tables import Table, TableColumn

# One length for all heads: the number of rows is filled in at the end.
HEAD_BYTES = 192


def write(target: Output, tables: Iterable[Table], labels: Sequence[str] = ()) -> None:
    """Write the tables below each other. Where `target` is a path ending in .npy the names go to the .json beside it.

    Raises: DataError for words where there is no such file to hold them, AnnError where a file cannot be written.
    """
    name = os.fspath(target) if isinstance(target, (str, os.PathLike)) else ""
    names_path = names_beside(name)
    rows = _Matrix(has_names=bool(names_path))
    with opened_output(target, seekable=True) as file:
        rows.write(file, with_labels(settled(tables), labels))
    if names_path:
        replace_file(names_path, rows.names_text())


class _Matrix:
    """Writes the rows. has_names: there will be a file that holds the words of columns."""

    def __init__(self, has_names: bool) -> None:
        self._has_names = has_names
        self._first: Table | None = None
        self._levels = Levels()
        self._declared: dict[str, bool] = {}
        self._task = ""

    def write(self, file: IO[bytes], tables: Iterable[Table]) -> None:
        """Write head and rows to a file that can be moved about in."""
        start, n, width = file.tell(), 0, 0
        dtype: np.dtype[Any] = np.dtype(np.float64)
        file.write(bytes(HEAD_BYTES))
        for table in tables:
            if self._first is None:
                self._first, self._task, width = table, table.task, len(table.columns)
                types = {column.numbers.dtype for column in table.columns if column.numbers is not None}
                dtype = np.dtype(np.float32) if types == {np.dtype(np.float32)} else dtype
            self._task = "regression" if table.task == "regression" else self._task
            matrix = np.empty((table.n_rows, width), dtype=dtype)
            for place, column in enumerate(table.columns):
                matrix[:, place] = column.numbers if column.numbers is not None else self._places(column)
            file.write(matrix.tobytes())
            n += table.n_rows
        text = f"{{'descr': '{dtype.str}', 'fortran_order': False, 'shape': ({n}, {width}), }}"
        file.seek(start)
        file.write(b"\x93NUMPY\x01\x00" + (HEAD_BYTES - 10).to_bytes(2, "little"))
        file.write(text.ljust(HEAD_BYTES - 11).encode() + b"\n")
        file.seek(0, os.SEEK_END)

    def _places(self, column: TableColumn) -> Array:
        """The places of the words of a column, NaN where the cell is missing."""
        if not self._has_names:
            message = f"column {printable(column.name)} holds words, which need a file of names beside the array"
            raise DataError(message, advice="write to a file whose name ends in .npy")
        self._declared[column.name] = self._declared.get(column.name, True) and column.is_declared
        codes = self._levels.codes(column)
        return np.where(codes < 0, np.nan, codes)

    def names_text(self) -> bytes:
        """The text of NAME.json."""
        table = self._first
        if table is None:
            return b"{}\n"
        words = {name: list(places) for name, places in self._levels.words.items()}
        found: dict[str, Any] = {"names": list(table.names)} if table.is_named or table.labels else {}
        found |= {"named": table.is_named, "label": list(table.labels), "task": self._task}
        found |= {"kinds": ["category" if name in words else "number" for name in table.names], "words": words}
        found |= {"declared": [name for name, is_declared in self._declared.items() if is_declared]}
        found |= {"group": table.group, "weight": table.weight, "sets": [list(item) for item in table.sets]}
        kept = {key: value for key, value in found.items() if value or key == "named"}
        return (json.dumps(kept, ensure_ascii=False, indent=1) + "\n").encode()
