"""A collector: joins the batches of several files into one dataset."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from anncli.arrays import Array
from anncli.dataset.dataset import Dataset, Source, label_type
from anncli.errors import DataError
from anncli.formats.data.agreement import ClassNumbers
from anncli.formats.data.base import RowBatch, Want, Width
from anncli.formats.data.columns import ColumnMatcher
from anncli.formats.data.registry import format_of
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.row_buffer import RowBuffer
from anncli.formats.files.source import ByteSource
from anncli.formats.files.textfile import Path


class Collector:
    """Reads files one after another into one matrix; dataset() hands it over at the end."""

    def __init__(self, want: Want, data_format: str, numbers: ClassNumbers) -> None:
        self.want, self.data_format, self.numbers = want, data_format, numbers
        self.sources: list[Source] = []
        self._rows = RowBuffer()
        self._labels: list[tuple[Array | int, int]] = []  # (labels or one label, number of rows), in order
        self._names: list[str] | None = None  # of every row, once a file has named its rows
        self._remarks = want.remarks or Remarks()
        self._matcher = ColumnMatcher(want.columns, self._remarks)

    @property
    def n_samples(self) -> int:
        return self._rows.n

    def read(self, path: Path, file_class: int) -> str:
        """Append one file; `file_class` is the class of rows that have none of their own. Returns the file's sha256."""
        source = ByteSource(path)
        before, batch = self._rows.n, None
        want = self.want._replace(file_class=file_class) if self.data_format == "auto" else self.want
        for batch in format_of(source, self.data_format, want.delimiter, want.width).open(source, want):
            self._add(source, batch, file_class)
        count = self._rows.n - before
        if batch is None or not count:
            raise DataError("holds no rows", path=source.shown, advice="write one row of values per line")
        self.sources.append(Source(source.name, source.sha256, count))
        return source.sha256

    def dataset(self, classes: Sequence[str], renumbered: Array | None = None) -> Dataset:
        """Everything that was read; nothing can be read afterwards. renumbered: the new number of each class."""
        labels = np.empty(self._rows.n, dtype=label_type(len(classes)))
        start = 0
        for values, count in self._labels:
            labels[start : start + count] = values if renumbered is None else renumbered[values]
            start += count
        self._labels.clear()
        names, columns = tuple(self._names or ()), self._matcher.found
        return Dataset(self._rows.matrix(), labels, tuple(classes), columns, None, names, tuple(self.sources))

    def _add(self, source: ByteSource, batch: RowBatch, file_class: int) -> None:
        batch = self._matcher.fit(batch, source.shown)
        batch.check_code(self.want.code, source.shown)
        if not self.want.columns and self._matcher.wanted:
            # Further files are matched with the names of the first.
            self.want = self.want._replace(columns=self._matcher.wanted)
        n, width = batch.inputs.shape
        if self.want.width is None:
            self.want = self.want._replace(width=Width(width, source.shown, batch.line_of(0) or 0))
        self._add_labels(self.numbers.of_batch(batch, source.shown, file_class), n)
        self._rows.width = width
        self._rows.append(batch.inputs)
        if batch.names and self._names is None:
            self._names = [f"{s.name}_{k}" for s in self.sources for k in range(s.n_samples)]
        if self._names is not None:
            first = self._rows.n - n - sum(s.n_samples for s in self.sources)
            self._names += batch.names or [f"{source.name}_{k}" for k in range(first, first + n)]

    def _add_labels(self, labels: Array | int, count: int) -> None:
        if self._labels and isinstance(labels, int):
            before = self._labels[-1][0]
            if isinstance(before, int) and before == labels:
                count += self._labels.pop()[1]
        self._labels.append((labels, count))
