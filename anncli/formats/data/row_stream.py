"""Rows as a stream: each row of a text of numbers as soon as its line is whole, for networks that carry a state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from anncli.compiled.row_text import starts_with_value, strip_comment
from anncli.dataset.roles import Place
from anncli.errors import DataError
from anncli.formats.data.base import Want
from anncli.formats.data.input_cells import InputCells
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.row_blocks import two_empty_lines
from anncli.formats.data.row_buffer import RowBuffer
from anncli.formats.data.sample_stream import Samples, as_samples, input_places
from anncli.formats.data.vectors import VectorReader
from anncli.formats.files.source import ByteSource
from anncli.formats.files.textfile import Path
from anncli.network.network import Network


class RowsCome(NamedTuple):
    """Consecutive rows of one sample. begins: whether they are its first ones."""

    rows: Samples
    begins: bool


def stream_rows_come(path: Path, network: Network, remarks: Remarks) -> Iterator[RowsCome]:
    """The rows of a text of numbers, all that have come at a time; an empty line ends a sample. The first line names the
    columns unless it begins with a number.

    Raises: DataError with the place of a fault, after the rows above it were given.
    """
    source = ByteSource(path)
    reader, place = VectorReader(source, None, None, Want(remarks=remarks)), Place(source.shown)
    columns, cells = None, InputCells(network, source.shown)
    for lines, begins in _Lines(source).parts():
        buffer, (text, fault) = RowBuffer(), cells.cut(lines)
        try:
            reader.feed(buffer, text)
        except DataError as error:
            fault = cells.fault(error)
        if buffer.n:
            values = buffer.matrix()
            if columns is None:
                columns = input_places(network, values.shape[1], reader.columns, source.shown)
            given = np.ascontiguousarray(values[:, columns])
            yield RowsCome(as_samples(network, given, np.array([0, len(given)]), place), begins)
        if fault:
            raise fault
    if columns is None:
        raise DataError("holds no rows", path=source.shown, advice="write one row of values per line")


class _Lines:
    """The lines of a source: those of one sample that have come, as one text."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._held: list[bytes] = []
        self._holds_rows, self._begins = False, True

    def parts(self) -> Iterator[tuple[bytes, bool]]:
        """Whole lines, and whether the first row among them begins a sample; a header comes with the row below it."""
        number, n_empty, in_sample, is_first = 0, 0, False, True
        for block in self._source.blocks():
            for line in block.removesuffix(b"\n").split(b"\n"):
                number += 1
                content = strip_comment(line)
                if content and (not is_first or starts_with_value(content)):
                    if n_empty and in_sample:
                        yield from self._given()
                        self._begins = True
                        if n_empty > 1:
                            raise two_empty_lines(number - 1, self._source.shown)
                    self._holds_rows = in_sample = True
                if content:
                    # The names of the columns are no row: nothing is answered before the next line.
                    is_first, n_empty = False, 0
                elif not line.strip():
                    n_empty += 1
                self._held.append(line)
            yield from self._given()

    def _given(self) -> Iterator[tuple[bytes, bool]]:
        if self._holds_rows:
            text, begins = b"\n".join(self._held) + b"\n", self._begins
            self._held, self._holds_rows, self._begins = [], False, False
            yield text, begins
