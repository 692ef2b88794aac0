"""Class files: several data files read one after another into one matrix, with labels, names and origins of the rows."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np

from anncli.compiled.row_text import content_lines, starts_with_value
from anncli.dataset.dataset import UNLABELLED, Dataset, label_type
from anncli.dataset.dataset import Source as Origin
from anncli.errors import DataError
from anncli.formats.data.lists import Entry, ListReader, looks_like_list
from anncli.formats.data.row_buffer import RowBuffer
from anncli.formats.data.vectors import VectorReader, Width
from anncli.formats.files.source import Source

# So many lines that are more than comments tell names from a header, and lists from vectors.
_TELLING_LINES = 4


class ClassFiles:
    """Reads files into one matrix; dataset() hands it over at the end."""

    def __init__(self, n_inputs: int | None, delimiter: str | None, data_format: str, n_classes: int | None) -> None:
        """n_inputs: values per vector, None: as the first one; n_classes: labels above it are refused, None: any."""
        self.width = None if n_inputs is None else Width(n_inputs)
        self.delimiter, self.data_format, self.n_classes = delimiter, data_format, n_classes
        self.rows = RowBuffer()
        self.origins: list[Origin] = []
        self._runs: list[tuple[int, int]] = []  # (label, rows that bear it), in order
        self._names: list[str] | None = None  # of every row, once there was a list
        self._columns: tuple[str, ...] = ()
        self._columns_of = ""

    @property
    def n_samples(self) -> int:
        return self.rows.n

    @property
    def largest_label(self) -> int:
        return max((label for label, _ in self._runs), default=UNLABELLED)

    def read(self, path: str | os.PathLike[str], label: int) -> None:
        """Append one file; `label` is its class, unless a list says otherwise."""
        source = Source(path)
        before = self.rows.n
        is_list, blocks = look_ahead(source, self.data_format, self.delimiter)
        if is_list:
            self._read_list(source, blocks, label)
        else:
            self._read_vectors(source, blocks, label)
        if self.rows.n == before:
            raise DataError("holds no vectors", path=source.shown, advice="write one vector per line")
        self.origins.append(Origin(source.name, source.sha256, self.rows.n - before))

    def dataset(self, classes: tuple[str, ...]) -> Dataset:
        """Everything that was read; nothing can be read afterwards."""
        values = np.array([label for label, _ in self._runs], dtype=label_type(len(classes)))
        labels = np.repeat(values, [count for _, count in self._runs])
        names = tuple(self._names or ())
        return Dataset(self.rows.matrix(), labels, classes, self._columns, None, names, tuple(self.origins))

    def _read_vectors(self, source: Source, blocks: Iterable[bytes], label: int) -> None:
        before = self.rows.n
        reader = VectorReader(source, self.width, self.delimiter)
        reader.read_into(self.rows, blocks)
        self.width = reader.width
        if reader.columns:
            if self._columns and self._columns != reader.columns:
                advice = "give files with the same columns in the same order"
                raise DataError(f"other column names than in {self._columns_of}", path=source.shown, line=reader.header_line, advice=advice)  # fmt: skip
            self._columns, self._columns_of = reader.columns, source.shown
        self._append_label(label, self.rows.n - before)
        if self._names is not None:
            self._names += [f"{source.name}_{k}" for k in range(self.rows.n - before)]

    def _read_list(self, source: Source, blocks: Iterable[bytes], label: int) -> None:
        if self._names is None:
            self._names = [f"{o.name}_{k}" for o in self.origins for k in range(o.n_samples)]
        for entry in ListReader(source).read(blocks):
            self.width = check_entry(source, entry, self.width)
            if self.n_classes is not None and entry.label > self.n_classes:
                advice = "labels count the classes from 1"
                raise DataError(f"label {entry.label}, but there are {self.n_classes} classes", path=source.shown, line=entry.line, advice=advice)  # fmt: skip
            self.rows.width = self.width.n_values
            self.rows.append(entry.vectors)
            self._append_label(entry.label - 1 if entry.label else label, len(entry.vectors))
            self._names += entry.names

    def _append_label(self, label: int, count: int) -> None:
        if self._runs and self._runs[-1][0] == label:
            count += self._runs.pop()[1]
        self._runs.append((label, count))


def look_ahead(source: Source, data_format: str, delimiter: str | None) -> tuple[bool, Iterator[bytes]]:
    """Whether the source is a list, and its blocks, the first of which holds enough lines to tell."""
    blocks = source.blocks()
    head = next(blocks, b"")
    while len(found := content_lines(head, _TELLING_LINES)) < _TELLING_LINES:
        # A number at the start says that there is neither header nor list: a slow pipe is answered line by line. With
        # commas there is no list, and one more line tells the header.
        if found and (starts_with_value(found[0]) or (len(found) > 1 and re.search(rb"[,;]", found[0]))):
            break
        more = next(blocks, b"")
        if not more:
            break
        head += more
    is_list = data_format == "list" or (data_format == "auto" and delimiter is None and looks_like_list(head))
    return is_list, chain([head] if head else [], blocks)


def check_entry(source: Source, entry: Entry, width: Width | None) -> Width:
    """The width of the vectors of an entry; raises DataError when another one is wanted."""
    found = entry.vectors.shape[1]
    if width is None:
        return Width(found, source.shown, entry.line)
    if found != width.n_values:
        advice = "; a list gives one vector per entry, for one per line say --data-format vectors"
        raise width.fault(found, entry.names[0], source.shown, entry.line, advice)
    return width
