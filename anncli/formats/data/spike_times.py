"""Files of source:time pairs, a sample each line: spike trains in the order of their times, as tokens."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from anncli.arrays import Tokens
from anncli.compiled.number_text import NO_QUERY, Pairs, is_number
from anncli.compiled.row_text import text_of, value_fault
from anncli.errors import DataError, quoted
from anncli.formats.data.base import TableWant
from anncli.formats.data.libsvm_rows import LABEL, NO_LABEL, have_labels, label_column
from anncli.formats.files.source import ByteSource
from anncli.tables import Table, TableColumn

SPIKES = "spikes"
_BLOCK_BYTES = 1 << 20


def open_spikes(source: ByteSource, want: TableWant) -> Iterator[Table]:
    """The lines of a file in order: the label, where a line has one, and its spikes, with the numbers of the file.

    A source may fire several times. A file in whose first lines no label stands has none. Raises: DataError with line and column of the first fault, after the lines above it.
    """
    number, n_samples, has_labels = 0, 0, None
    for block in source.blocks(_BLOCK_BYTES):
        rows, fault = _Rows(want), None
        for line in block.removesuffix(b"\n").split(b"\n"):
            number += 1
            words = line.partition(b"#")[0].split()
            try:
                if words:
                    rows.add(words, number, source.shown)
            except DataError as error:
                fault = error
                break
        if rows.lines:
            n_samples += len(rows.lines)
            has_labels = have_labels(rows.words, len(rows.lines)) if has_labels is None else has_labels
            yield rows.table(has_labels)
        if fault:
            raise fault
    if not n_samples:
        empty = tuple(TableColumn(name, np.empty(0)) for name in (LABEL, SPIKES))
        yield Table(empty, 0, labels=(LABEL,))


class _Rows:
    """The lines of a block."""

    def __init__(self, want: TableWant) -> None:
        self.lines: list[int] = []
        self._want = want
        self._labels, self.words = list[float](), list[bytes]()
        self._ends, self._sources, self._times = list[int](), list[int](), list[float]()

    def add(self, words: list[bytes], number: int, shown: str) -> None:
        """One line of words; raises DataError with its place."""
        label = NO_LABEL if b":" in words[0] else words[0]
        sources, times, last = list[int](), list[float](), 0.0
        for column, word in enumerate(words, 1):
            if column == 1 and b":" not in word:
                continue
            source, colon, time = word.partition(b":")
            if not (colon and source.isdigit() and is_number(time)):
                message, advice = f"expected source:time, found {quoted(text_of(word))}", "write for example 3:0.012"
                if colon and source.isdigit() and time:
                    message, advice = value_fault(time) or (message, advice)
                raise DataError(message, path=shown, line=number, column=column, advice=advice)
            at = float(time)
            if fault := self._fault(int(source[:10]), at, last):
                raise DataError(fault[0], path=shown, line=number, column=column, advice=fault[1])
            sources.append(int(source))
            times.append(at)
            last = at
        self._labels.append(float(label) if is_number(label) else np.nan)
        self.words += [] if is_number(label) else [label]
        self._sources += sources
        self._times += times
        self._ends.append(len(self._times))
        self.lines.append(number)

    def _fault(self, source: int, time: float, last: float) -> tuple[str, str] | None:
        """What is wrong with a spike of so numbered a source, after one at `last`, and what to do."""
        if source > self._want.tokens:
            return (
                f"source {source} is beyond 1 to {self._want.tokens}",
                f"the network has `inputs: {self._want.tokens} spikes`",
            )
        if time < 0:
            return (
                f"the time {time:g} of source {source} is below 0",
                "times are seconds from the beginning of a sample",
            )
        if time < last:
            advice = "write the spikes of a sample in the order of their times"
            return f"the time {time:g} of source {source} comes after {last:g}", advice
        return None

    def table(self, has_labels: bool) -> Table:
        """A row for each line; the column of spikes is there because samples have inputs, and holds nothing."""
        n = len(self.lines)
        ends, lines = np.array(self._ends, dtype=np.int64), np.array(self.lines, dtype=np.int32)
        sources, times = np.array(self._sources, dtype=np.int32), np.array(self._times)
        queries = np.full(n, NO_QUERY, dtype=np.int64)
        pairs = Pairs(np.array(self._labels), self.words, queries, ends, lines, sources, times)
        label, task = label_column(pairs, self._want.na)
        tokens = Tokens(sources, times.astype(np.float32), np.r_[0, ends], self._want.tokens + 1)
        columns = (TableColumn(SPIKES, np.zeros(n, dtype=np.float32)),)
        if not has_labels:
            return Table(columns, n, lines=self.lines, tokens=tokens)
        return Table((label, *columns), n, lines=self.lines, labels=(LABEL,), task=task, tokens=tokens)
