"""What a data format is: it recognises the beginning of a file and turns the file into batches of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, Protocol

import numpy as np

from anncli.arrays import Array
from anncli.dataset.dataset import UNLABELLED
from anncli.errors import DataError, count_of, quoted
from anncli.formats.data.remarks import Remarks
from anncli.formats.files.source import ByteSource
from anncli.network.spikes.code import LatencyCode
from anncli.tables import Table

# How programs write a missing cell: R, pandas, WEKA and UCI, SAS and Stata; any case; #N/A is
# Excel's. The empty cell is always missing.
NA_WORDS = ("NA", "N/A", "#N/A", "<NA>", "?", "nan", "null", ".")

Kind = Literal["number", "category", "text"]


class Column(NamedTuple):
    """One column of a table: its name, and whether it holds numbers, the words of a few categories, or text."""

    name: str
    kind: Kind = "number"


class Width(NamedTuple):
    """The number of values per row, and what fixed it: a row at `path` and `line`, or the network where path is None."""

    n_values: int
    path: str | None = None
    line: int = 0

    def fault(self, found: int, shown: str, path: str, line: int, advice: str = "") -> DataError:
        """The error for a row of `found` values at path and line; shown: the row as it is written."""
        expected = f"expected {count_of(self.n_values, 'value')}, found {found}"
        message = f"{expected} ({quoted(shown)})" if shown else expected
        return DataError(message, path=path, line=line or None, advice=f"{self._reason(path)}{advice}")

    def _reason(self, path: str) -> str:
        if self.path is None:
            return f"the network has {count_of(self.n_values, 'input')}"
        if not self.line:
            return f"{'the first row' if self.path == path else self.path} has {self.n_values}"
        place = f"line {self.line}" if self.path == path else f"{self.path}:{self.line}"
        return f"{place} has {self.n_values}"


class Want(NamedTuple):
    """What a file must fit: width: the values per row, None where its first row decides; delimiter: between the values of
    a line, '' for blanks, None where the format has to find it out; columns: the names of the columns, or (): a file that
    names its columns may have them in another order, and more of them (ColumnMatcher); remarks: takes what the format
    found out; file_class: the class from 0 whose file this is, where nobody has said the format, UNLABELLED otherwise;
    code: of a network that makes spikes of values, which must be in its range."""

    width: Width | None = None
    delimiter: str | None = None
    columns: tuple[str, ...] = ()
    remarks: Remarks | None = None
    file_class: int = UNLABELLED
    code: LatencyCode | None = None


class RowBatch(NamedTuple):
    """Consecutive rows of a file.

    inputs: float32 (n, width), finite; labels: integers (n,), the number of each row's class from 0, UNLABELLED (-1) for
    none, or None where the format has no labels; classes: the names of the classes that the labels count, or () where the
    file only numbers them; names: a name for every row, or (); lines: the physical line (from 1) of each row, or only of
    the first rows; columns: the columns of `inputs`, or () where they have no names; header_line: where those names stand.
    """

    inputs: Array
    labels: Array | None = None
    classes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    lines: Sequence[int] = ()
    columns: tuple[Column, ...] = ()
    header_line: int = 0

    def check_code(self, code: LatencyCode | None, shown: str) -> None:
        """Raises DataError with the line of a value that the code does not take; shown: the file."""
        if code is not None:
            code.check(self.inputs, lambda row: (shown, self.line_of(row)))

    def line_of(self, row: int) -> int | None:
        """The physical line of a row where it is known."""
        return self.lines[row] if row < len(self.lines) else None


class DataFormat(Protocol):
    """Reads the files of one format. A module of this room holds one as FORMAT; names.py has its name and endings."""

    def sniff(self, head: bytes) -> bool:
        """Whether a file that begins like this is of this format.

        Args: head, unpacked bytes without byte order mark. Text comes in whole lines, as a rule the first four that are
            neither empty nor comments (#); fewer where a number or a comma shows that waiting for more would not help.
        """
        ...

    def open(self, source: ByteSource, want: Want) -> Iterator[RowBatch]:
        """The rows of a file in order, in batches of bounded size; each batch has arrays of its own.

        Raises: DataError with path, line and column at the first fault, after the rows above it have been given.
        """
        ...


class TableWant(NamedTuple):
    """How a table is read: delimiter: between the cells of a line, None where the format has to find it out; decimal: the
    decimal mark, '.' or ',', None to find out; na: words that stand for a missing cell, besides the empty cell; remarks: takes what
    was found out; block_rows: about the most rows of one batch; width: the number of inputs, where it is known and a file
    need not show it (libsvm); size: height and width that pictures are scaled to, None for their own; grey: whether pictures
    lose their colours; header: whether the first row names the columns, None to find out; names: that columns may have, as of
    a network or a label: a first row with one of them names the columns; is_whole: all batches will be held at once;
    rows: samples may have several rows, so that a format whose samples have says which rows are one (Table.samples); tokens: how many
    different tokens there are where samples are made of such, 0 where they are not; spikes: whether these are spikes;
    values: how many values each row of a file without names has, 0 where the file decides."""

    delimiter: str | None = None
    decimal: str | None = None
    na: tuple[str, ...] = NA_WORDS
    remarks: Remarks | None = None
    block_rows: int = 1 << 16
    width: int | None = None
    size: tuple[int, int] | None = None
    grey: bool = False
    header: bool | None = None
    names: tuple[str, ...] = ()
    is_whole: bool = False
    rows: bool = False
    tokens: int = 0
    spikes: bool = False
    values: int = 0


class TableFormat(Protocol):
    """Reads tables. A module of this room holds one as FORMAT; names.py has its name and endings, and `table=True`."""

    def sniff(self, head: bytes) -> bool:
        """Whether a file that begins like this is of this format; see DataFormat.sniff()."""
        ...

    def open_table(self, source: ByteSource, want: TableWant) -> Iterator[Table]:
        """The rows of a file in order, in batches of bounded size with the same columns; at least one batch, which may
        have no rows.

        Raises: DataError with path, line and column at the first fault, after the rows above it have been given.
        """
        ...


def number_classes(words: Iterable[str | None], classes: dict[str, int]) -> Array:
    """Labels (n,) int32 for class names, UNLABELLED for None. `classes` numbers the names met so far and is extended;
    tuple(classes) is what RowBatch.classes needs."""
    found = [UNLABELLED if word is None else classes.setdefault(word, len(classes)) for word in words]
    return np.array(found, dtype=np.int32)
