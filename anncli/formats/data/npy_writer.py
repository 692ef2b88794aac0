"""Tables as NumPy arrays: one matrix of numbers, categories as places of their words, and NAME.json beside it with the names.

The rows are written as they come, so that a table may be larger than memory.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from typing import IO, Any

import numpy as np

from anncli.arrays import Array, blocks
from anncli.errors import DataError
from anncli.formats.data.cell_text import with_labels
from anncli.formats.files.output import Output, opened_output
from anncli.formats.files.textfile import replace_file
from anncli.tables import MISSING, Table, TableColumn, number_word

# One length for all heads: the number of rows is filled in at the end.
HEAD_BYTES = 192


def write(target: Output, tables: Iterable[Table], labels: Sequence[str] = ()) -> None:
    """Write the tables below each other. Where `target` is a path ending in .npy the names go to the .json beside it.

    Raises: DataError for words where there is no such file to hold them, AnnError where a file cannot be written.
    """
    rows = MatrixWriter(_names_path(target))
    with opened_output(target) as file:
        if isinstance(target, (str, os.PathLike)) and file.seekable():
            rows.write(file, with_labels(tables, labels))
        else:
            with tempfile.TemporaryFile() as kept:
                rows.write(kept, with_labels(tables, labels))
                kept.seek(0)
                while piece := kept.read(1 << 20):
                    file.write(piece)
    if rows.names_path:
        replace_file(rows.names_path, rows.names_text())


def _names_path(target: Output) -> str:
    name = os.fspath(target) if isinstance(target, (str, os.PathLike)) else ""
    return name.removesuffix(".npy") + ".json" if name.endswith(".npy") else ""


class MatrixWriter:
    """names_path: the file for the names, or ''."""

    def __init__(self, names_path: str) -> None:
        self.names_path = names_path
        self._first: Table | None = None
        self._dtype: np.dtype[Any] = np.dtype(np.float64)
        self._n = 0
        # For each column of words: the place of each word; and whether all of them are declared.
        self._places: dict[int, dict[str, int]] = {}
        self._declared: dict[int, bool] = {}
        self._task = ""

    def write(self, file: IO[bytes], tables: Iterable[Table]) -> None:
        """Write head and rows to an empty file that can be moved about in."""
        file.write(bytes(HEAD_BYTES))
        for table in tables:
            if self._first is None:
                self._first, self._task = table, table.task
                numbers = [column.numbers for column in table.columns if column.numbers is not None]
                if numbers and all(one.dtype == np.float32 for one in numbers):
                    self._dtype = np.dtype(np.float32)
            self._task = "regression" if table.task == "regression" else self._task
            matrix = np.empty((table.n_rows, len(table.columns)), dtype=self._dtype)
            for place, column in enumerate(table.columns):
                matrix[:, place] = self._numbers(file, place, column)
            file.write(matrix.data if matrix.size else b"")
            self._n += table.n_rows
        width = len(self._first.columns) if self._first else 0
        text = f"{{'descr': '{self._dtype.str}', 'fortran_order': False, 'shape': ({self._n}, {width}), }}"
        padded = text.ljust(HEAD_BYTES - 11) + "\n"
        file.seek(0)
        file.write(b"\x93NUMPY\x01\x00" + (HEAD_BYTES - 10).to_bytes(2, "little") + padded.encode())
        file.seek(0, os.SEEK_END)

    def _numbers(self, file: IO[bytes], place: int, column: TableColumn) -> Array:
        """The numbers that stand for the cells of a column in this batch."""
        if column.numbers is not None and place not in self._places:
            if self._dtype == np.float32 and column.numbers.dtype != np.float32:
                narrow = column.numbers.astype(np.float32)
                if not np.array_equal(narrow, column.numbers, equal_nan=True):
                    message = f"column {column.name} changes from 32-bit to 64-bit numbers"
                    raise DataError(message, advice="convert it in one piece")
            return column.numbers
        if not self.names_path:
            message = f"column {column.name} holds words, which need a file of names beside the array"
            raise DataError(message, advice="write to a file whose name ends in .npy")
        if place not in self._places:
            self._places[place] = self._turned(file, place)
        worded = column.as_words()
        assert worded.codes is not None
        self._declared[place] = self._declared.get(place, True) and worded.is_declared
        places = self._places[place]
        numbers = [places.setdefault(word, len(places)) for word in worded.words]
        found: Array = np.array([*numbers, np.nan], dtype=self._dtype)[worded.codes]
        return found

    def _turned(self, file: IO[bytes], place: int) -> dict[str, int]:
        """Replace the numbers of a column that were written before its first word by the places of their words."""
        places: dict[str, int] = {}
        if not self._n:
            return places
        assert self._first is not None
        file.flush()
        written = np.memmap(file, self._dtype, "r+", HEAD_BYTES, (self._n, len(self._first.columns)))
        for taken in blocks(self._n):
            numbers = written[taken, place].tolist()
            found = [np.nan if x != x else places.setdefault(number_word(x), len(places)) for x in numbers]
            written[taken, place] = found
        written.flush()
        file.seek(0, os.SEEK_END)
        return places

    def names_text(self) -> bytes:
        """The text of NAME.json."""
        assert MISSING == -1
        table = self._first
        if table is None:
            return b"{}\n"
        found: dict[str, Any] = {"names": list(table.names)} if table.is_named or table.labels else {}
        found["kinds"] = ["category" if place in self._places else "number" for place in range(len(table.columns))]
        words = {table.names[place]: list(places) for place, places in sorted(self._places.items())}
        declared = [table.names[place] for place, whole in sorted(self._declared.items()) if whole]
        found |= {"words": words, "declared": declared, "label": list(table.labels), "task": self._task}
        found |= {"group": table.group, "weight": table.weight, "sets": [list(item) for item in table.sets]}
        kept = {key: value for key, value in found.items() if value}
        return (json.dumps(kept, ensure_ascii=False, indent=1) + "\n").encode()
