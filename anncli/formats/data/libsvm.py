"""The format `libsvm` (svmlight): in each line a label, and index:value pairs of the values that are not 0; dense here."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from anncli.compiled.number_text import NO_QUERY, Pairs, dense, read_pairs
from anncli.errors import DataError, count_of
from anncli.formats.data.base import TableWant
from anncli.formats.data.dense import check_columns, check_dense
from anncli.formats.data.foreign import is_libsvm
from anncli.formats.data.libsvm_rows import LABEL, QUERY, label_column, row_fault
from anncli.formats.data.libsvm_tokens import open_tokens
from anncli.formats.data.libsvm_writer import write as write
from anncli.formats.data.spike_times import open_spikes
from anncli.formats.files.source import ByteSource, count_lines
from anncli.tables import Table, TableColumn

# Large blocks: each becomes a table, and a table has an object for each of many columns.
_BLOCK_BYTES = 1 << 23
_BATCH_CELLS = 1 << 22


class Libsvm:
    """The columns are the label, the query where rows have one (qid), and the indices as names: from 1, or from 0 where a
    row has index 0. Rows leave out what is 0, and so may a file leave out columns. The width is that of the largest index in the file, or `want.width`: then rows are given as they come.
    """

    def sniff(self, head: bytes) -> bool:
        return is_libsvm(head)

    def open_table(self, source: ByteSource, want: TableWant) -> Iterator[Table]:
        if want.spikes:
            yield from open_spikes(source, want)
            return
        if want.tokens:
            yield from open_tokens(source, want)
            return
        reader = _Reader(source, want)
        waiting: list[Pairs] = []
        fault = None
        for block in source.blocks(_BLOCK_BYTES):
            for pairs in reader.read(block):
                if want.width is not None:
                    yield from reader.tables(pairs)
                else:
                    waiting.append(pairs)
            fault = reader.fault
            if fault:
                break
        if not (fault and reader.is_too_large()):
            for at in range(len(waiting)):
                yield from reader.tables(waiting[at])
                # Its memory is needed no more.
                waiting[at] = waiting[at]._replace(indices=np.empty(0), values=np.empty(0))
        if fault:
            raise fault
        if not reader.n_given:
            yield reader.empty()


FORMAT = Libsvm()


class _Reader:
    """Reads blocks into rows of pairs, and makes tables of them.

    base: the first index; width: how many there are; has_queries: whether rows have a query; fault: the first one.
    """

    def __init__(self, source: ByteSource, want: TableWant) -> None:
        self.source, self.want = source, want
        self.base, self.last = 1, 0
        self.has_queries = False
        self.fault: DataError | None = None
        self.line = 1
        self.n_rows = self.n_bytes = self.n_given = 0
        self._names: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        return self.want.width if self.want.width is not None else max(self.last - self.base + 1, 0)

    def read(self, block: bytes) -> Iterator[Pairs]:
        """The rows of a block, those above a fault, whose lines count from the beginning of the file."""
        at, n_colons = 0, int(np.count_nonzero(np.frombuffer(block, np.uint8) == ord(":")))
        pairs, at = read_pairs(block, 0, count_lines(block), n_colons)
        if at < len(block):
            line = self.line + block.count(b"\n", 0, at)
            self.fault = row_fault(block[at : block.find(b"\n", at)], self.source.shown, line)
        pairs = pairs._replace(lines=pairs.lines + self.line)
        self.line += count_lines(block)
        self.n_bytes += len(block)
        if self.want.width is not None:
            pairs = self._check_width(pairs)
        elif len(pairs.indices):
            self.base = min(self.base, int(pairs.indices.min()))
            self.last = max(self.last, int(pairs.indices.max()))
            self.has_queries |= bool((pairs.queries != NO_QUERY).any())
        self.n_rows += len(pairs.labels)
        yield pairs

    def _check_width(self, pairs: Pairs) -> Pairs:
        """The rows above the first one that does not fit the width or the rows before."""
        assert self.want.width is not None
        if not self.n_rows:
            self.base = 0 if len(pairs.indices) and int(pairs.indices.min()) == 0 else 1
            self.has_queries = bool((pairs.queries != NO_QUERY).any())
        last = self.base + self.want.width - 1
        wrong = np.flatnonzero((pairs.indices > last) | (pairs.indices < self.base))
        row = int(np.searchsorted(pairs.ends, wrong[0], side="right")) if len(wrong) else len(pairs.labels)
        message = f"index {pairs.indices[wrong[0]]} is beyond {self.base} to {last}" if len(wrong) else ""
        advice = f"the network has {count_of(self.want.width, 'input')}"
        if not self.has_queries and (pairs.queries[:row] != NO_QUERY).any():
            row = int(np.flatnonzero(pairs.queries != NO_QUERY)[0])
            message, advice = "has a query, the rows above have none", "give every row its qid, or none"
        if not message:
            return pairs
        self.fault = DataError(message, path=self.source.shown, line=int(pairs.lines[row]), advice=advice)
        return _rows(pairs, 0, row)

    def is_too_large(self) -> bool:
        try:
            self._check_size()
        except DataError:
            return True
        return False

    def _check_size(self) -> None:
        check_dense(self.n_rows, self.width, self.n_bytes, self.source.shown)
        check_columns(self.width, self.n_bytes, self.source.shown)

    def tables(self, pairs: Pairs) -> Iterator[Table]:
        """The rows as dense tables; raises DataError where all rows of the file would take too much memory."""
        self._check_size()
        if not self._names:
            self._names = tuple(map(str, range(self.base, self.base + self.width)))
        n = len(pairs.labels)
        step = max(1, min(self.want.block_rows, _BATCH_CELLS // max(self.width, 1)))
        for start in range(0, n, step):
            yield self._table(_rows(pairs, start, min(start + step, n)))

    def _table(self, pairs: Pairs) -> Table:
        n, width = len(pairs.labels), self.width
        matrix = dense(pairs, self.base, width)
        label, task = label_column(pairs, self.want.na)
        columns = [label]
        if self.has_queries:
            queries = pairs.queries.astype(np.float64)
            queries[pairs.queries == NO_QUERY] = np.nan
            columns.append(TableColumn(QUERY, queries))
        start = len(columns)
        columns += [TableColumn(name, matrix[:, at]) for at, name in enumerate(self._names)]
        if self.want.remarks is not None and not self.n_given:
            kind = "numbers" if task == "regression" else "classes"
            text = (
                f"libsvm, indices from {self.base}, {count_of(width, 'input')}, the labels of the first rows are {kind}"
            )
            self.want.remarks.guess(self.source.shown, text)
        self.n_given += n
        first, last = int(pairs.lines[0]), int(pairs.lines[-1])
        lines = range(first, last + 1) if last - first == n - 1 else pairs.lines.tolist()
        group = QUERY if self.has_queries else ""
        found = Table(tuple(columns), n, lines=lines, labels=(LABEL,), task=task, group=group, absent_is_zero=True)
        return found._replace(matrix=matrix, matrix_start=start)

    def empty(self) -> Table:
        """The table of a file without rows."""
        names = tuple(map(str, range(1, self.width + 1)))
        columns = tuple(TableColumn(name, np.empty(0)) for name in (LABEL, *names))
        return Table(columns, 0, labels=(LABEL,), absent_is_zero=True)


def _rows(pairs: Pairs, start: int, stop: int) -> Pairs:
    """Some of the rows."""
    if (start, stop) == (0, len(pairs.labels)):
        return pairs
    first = int(pairs.ends[start - 1]) if start else 0
    last = int(pairs.ends[stop - 1]) if stop else 0
    no_numbers = np.cumsum(np.isnan(pairs.labels))
    words = pairs.words[int(no_numbers[start - 1]) if start else 0 : int(no_numbers[stop - 1]) if stop else 0]
    taken = slice(start, stop)
    return Pairs(
        pairs.labels[taken], words, pairs.queries[taken], pairs.ends[taken] - first, pairs.lines[taken],
        pairs.indices[first:last], pairs.values[first:last],
    )  # fmt: skip
