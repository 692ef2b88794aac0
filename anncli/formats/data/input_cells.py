"""The cells of the inputs in lines of text: other columns, such as that of the answers, are left out as they are and may hold words."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from io import StringIO

from anncli.compiled.row_text import starts_with_value, strip_comment, text_of
from anncli.errors import DataError, quoted
from anncli.network.network import Network

# What may separate cells, the likeliest first; None: blanks.
_DELIMITERS = (",", ";", "\t", "|", None)


class InputCells:
    """Leaves out the cells that are no inputs, where the lines have the columns of the file that the network was trained on, or
    name their columns; other lines stay as they are."""

    def __init__(self, network: Network, shown: str) -> None:
        roles = None if network.encoder is None else network.encoder.roles
        self._columns = () if roles is None else roles.columns
        self._inputs = network.columns if roles is None else roles.inputs
        self._shown = shown
        self._places: Sequence[int] = ()
        self._delimiter: str | None = None
        # How many cells a line has, and the line that says so; 0 before the first one.
        self._n_cells = self._first = self._line = 0

    def cut(self, text: bytes) -> tuple[bytes, DataError | None]:
        """The same lines with the cells of the inputs, up to a line with another number of cells, and the fault there; the first
        text holds the first line of a source."""
        lines = text.split(b"\n")
        contents = [strip_comment(line) for line in lines]
        if not self._first:
            place = next(place for place, content in enumerate(contents) if content)
            self._find(contents[place], self._line + place + 1)
        if not self._places:
            return text, None
        found: list[bytes] = []
        for line, content in zip(lines, contents, strict=True):
            cells = self._cells(content) if content else []
            if content and len(cells) != self._n_cells:
                number, held = self._line + len(found) + 1, quoted(text_of(content[:200]))
                message = f"expected {self._n_cells} values, found {len(cells)} ({held})"
                advice = f"line {self._first} has {self._n_cells}"
                return b"\n".join([*found, b""]), DataError(message, path=self._shown, line=number, advice=advice)
            found.append(self._joined(cells) if content else line)
        self._line += len(lines) - 1
        return b"\n".join(found), None

    def fault(self, fault: DataError) -> DataError:
        """The fault in a line that was cut, with the place of its cell in the whole line."""
        if fault.column is not None and 0 < fault.column <= len(self._places):
            fault.column = self._places[fault.column - 1] + 1
        return fault

    def _find(self, first: bytes, line: int) -> None:
        self._first = line
        for delimiter in _DELIMITERS:
            self._delimiter = delimiter
            cells = self._cells(first)
            if not starts_with_value(first) and self._inputs and set(self._inputs) <= set(cells):
                self._places = [cells.index(name) for name in self._inputs]
            elif len(cells) == len(self._columns) > len(self._inputs):
                self._places = [self._columns.index(name) for name in self._inputs]
            if self._places:
                self._n_cells = len(cells)
                return

    def _joined(self, cells: Sequence[str]) -> bytes:
        joined = (self._delimiter or " ").join(_cell(cells[place]) for place in self._places)
        return joined.encode("utf-8", "surrogateescape")

    def _cells(self, line: bytes) -> list[str]:
        text = line.decode("utf-8", "surrogateescape")
        if self._delimiter is None:
            return text.split()
        if '"' in text:
            return next(csv.reader(StringIO(text), delimiter=self._delimiter, skipinitialspace=True), [])
        return [cell.strip() for cell in text.split(self._delimiter)]


def _cell(text: str) -> str:
    """A cell in quotes, where it would not be one without."""
    return '"' + text.replace('"', '""') + '"' if re.search(r'[",;|\s#]', text) else text
