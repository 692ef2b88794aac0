"""Tables of several files below each other: pictures, and files of folders, whose class becomes a column."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from anncli.arrays import Array
from anncli.errors import DataError, quoted
from anncli.formats.data.base import TableWant
from anncli.formats.data.folders import DataFile
from anncli.formats.data.pixels import PictureRows
from anncli.formats.data.registry import table_format_of
from anncli.formats.files.source import ByteSource
from anncli.tables import Table, TableColumn

CLASS, OTHER_CLASS = "class", "folder"
_BATCH_BYTES = 1 << 25
_TELLING_BYTES = 256

# What messages call the pictures that were read before a file.
_PICTURES = "the pictures"


def stream_files(
    files: Sequence[DataFile],
    want: TableWant,
    data_format: str = "auto",
    done: Callable[[ByteSource], None] = lambda source: None,
) -> Iterator[Table]:
    """The rows of all files in order, in batches; files with a label give it as the column `class`, the last one.

    Args: files, all with a label or all without; data_format, of all files; done, is told every source that has
        been read.
    Raises: DataError where a file has other columns than the first; as the formats.
    """
    labels = tuple(dict.fromkeys(file.label for file in files if file.label is not None))
    columns = _Columns(labels)
    pictures = _Pictures(want)
    found, read_picture = None, None
    for file in files:
        source = ByteSource(file.path)
        # Of thousands of pictures, the formats need not be tried one after the other for each.
        if read_picture is None or found is None or not found.sniff(source.peek(_is_telling)):
            found = table_format_of(source, data_format)
            read_picture = getattr(found, "read_picture", None)
        if read_picture is None:
            yield from (columns.fit(table, label) for table, label in pictures.rest())
            for table in found.open_table(source, want):
                yield columns.fit(table, file.label, source.shown)
        else:
            yield from (
                columns.fit(table, label)
                for table, label in pictures.add(read_picture(source, want), source, file.label)
            )
        done(source)
    yield from (columns.fit(table, label) for table, label in pictures.rest())


def _is_telling(head: bytearray) -> bool:
    return len(head) >= _TELLING_BYTES


class _Pictures:
    """Collects pictures into batches; a batch has one label."""

    def __init__(self, want: TableWant) -> None:
        self._rows, self._want = PictureRows(), want
        self._waiting: list[Array] = []
        self._label: str | None = None

    def add(self, pixels: Array, source: ByteSource, label: str | None) -> Iterator[tuple[Table, str | None]]:
        row = self._rows.row(pixels, source.shown)
        most = max(1, min(self._want.block_rows, _BATCH_BYTES // max(row.nbytes, 1)))
        if self._waiting and (label != self._label or len(self._waiting) >= most):
            yield from self.rest()
        self._label = label
        self._waiting.append(row)

    def rest(self) -> Iterator[tuple[Table, str | None]]:
        if self._waiting:
            yield self._rows.table(np.stack(self._waiting)), self._label
            self._waiting = []


class _Columns:
    """Brings the columns of every file into the order of the first, and adds the class."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        self._labels = labels
        self._names: tuple[str, ...] = ()
        self._first = ""

    def fit(self, table: Table, label: str | None, shown: str = _PICTURES) -> Table:
        if not self._first:
            self._names, self._first = table.names, shown
        table = self._ordered(table, shown)
        if not self._labels:
            return table
        name = CLASS if CLASS not in self._names else OTHER_CLASS
        codes = np.full(table.n_rows, self._labels.index(str(label)), dtype=np.int32)
        column = TableColumn(name, codes=codes, words=self._labels)
        return table._replace(columns=(*table.columns, column), labels=(name,), task="classification")

    def _ordered(self, table: Table, shown: str) -> Table:
        names = table.names
        if names == self._names:
            return table
        if sorted(names) == sorted(self._names):
            return table._replace(columns=tuple(map(table.column, self._names)), matrix=None)
        if _PICTURES in (shown, self._first):
            other = shown if self._first == _PICTURES else self._first
            raise DataError("is no picture, and other files are", path=other, advice="copy it again, or take it out")
        missing = [name for name in self._names if name not in names]
        message = f"has no column {quoted(missing[0])}" if missing else f"has {len(names)} columns"
        message += f", as {self._first} has" if missing else f", {self._first} has {len(self._names)}"
        raise DataError(message, path=shown, advice="give files with the same columns")
