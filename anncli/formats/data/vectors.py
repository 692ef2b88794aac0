"""Plain vectors: lines of numbers, read fast by a parser and, where that stops, slowly and with the place of each fault."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.compiled.row_text import (
    check_values,
    fields,
    guess_delimiter,
    header_names,
    is_header,
    strip_comment,
    text_of,
)
from anncli.errors import DataError, quoted
from anncli.formats.data.row_buffer import RowBuffer
from anncli.formats.files.source import Source, count_lines

_CONTENT = re.compile(rb"^[ \t\r\v\f]*[^#\s]", re.MULTILINE)
# numpy takes these for blanks, the compiled parser does not.
_ODD_BLANKS = b"\x1c\x1d\x1e\x1f"


class Width(NamedTuple):
    """Values per vector, and who wants so many: the vector in a line of a file, or the network where path is None."""

    n_values: int
    path: str | None = None
    line: int = 0

    def fault(self, found: int, shown: str, path: str, line: int, advice: str = "") -> DataError:
        """What to say of a vector of `found` values; shown: the vector as it is written."""
        if self.path is None:
            reason = f"the network has {self.n_values} input{'s' if self.n_values != 1 else ''}"
        else:
            reason = (
                f"line {self.line} has {self.n_values}"
                if self.path == path
                else f"{self.path}:{self.line} has {self.n_values}"
            )
        expected = f"expected {self.n_values} value{'s' if self.n_values != 1 else ''}, found {found}"
        message = f"{expected} ({quoted(shown)})" if shown else expected
        return DataError(message, path=path, line=line, advice=f"{reason}{advice}")


class VectorReader:
    """Turns the blocks of one source into rows.

    width: None until known. delimiter: '' for blanks and tabs, or one character; None: found out from the first line.
    columns: names from a header line, or (); header_line: where it stands.
    """

    def __init__(self, source: Source, width: Width | None, delimiter: str | None = None) -> None:
        self.source, self.width, self.delimiter = source, width, delimiter
        self.columns: tuple[str, ...] = ()
        self.header_line = 0
        self.line = 1  # number of the next physical line
        self._started = False

    def read_into(self, rows: RowBuffer, blocks: Iterable[bytes]) -> None:
        """Append every row of the source to `rows`; raises DataError at the first fault."""
        for block in blocks:
            self.feed(rows, block)

    def feed(self, rows: RowBuffer, block: bytes) -> None:
        """Append the rows of one block of whole lines, before a fault those above it.

        The first block must hold two lines that are more than comments, if the source has so many.
        """
        if not self._started:
            block = block[self._start(block) :]
        if self.width is None:
            return
        rows.width = self.width.n_values
        native = _native()
        if native is None:
            self._feed_numpy(rows, block)
        else:
            self._feed_native(native, rows, block)

    def _start(self, block: bytes) -> int:
        """Look at the first lines: delimiter, header, width. Returns where the rows begin."""
        found = _CONTENT.search(block)
        if found is None:
            self.line += block.count(b"\n")
            return len(block)
        start, end = found.start(), block.find(b"\n", found.start()) + 1
        self.line += block.count(b"\n", 0, start)
        content = strip_comment(block[start:end])
        if self.delimiter is None:
            self.delimiter = guess_delimiter(content)
        after = _CONTENT.search(block, end)
        following = strip_comment(block[after.start() : block.find(b"\n", after.start())]) if after else b""
        if is_header(content, following, self.delimiter):
            self.columns, self.header_line = header_names(content, self.delimiter), self.line
            assert after is not None
            self.line += block.count(b"\n", start, after.start())
            start, content = after.start(), following
        if self.width is None:
            self.width = Width(len(fields(content, self.delimiter)), self.source.shown, self.line)
        self._started = True
        return start

    def _feed_native(self, native: Any, rows: RowBuffer, block: bytes) -> None:
        at, end = 0, len(block)
        while at < end:
            # As many rows as lines are enough, and a value takes two bytes at least: many empty lines need no room.
            lines = count_lines(block, at)
            most = min(lines, (end - at) // (2 * rows.width))
            before, room = at, rows.free(most + 1)
            done, _, _, at, status, _ = native.parse_block(block, at, self.delimiter, rows.width, False, room)
            rows.took(done)
            # Counted here: the parser takes the \r\r\n of a file converted twice for two lines.
            at = block.rfind(b"\n", 0, at) + 1 if status else at
            self.line += lines if at == end else count_lines(block, before, at)
            if status:
                self._feed_slowly(rows, block[at:])
                break

    def _feed_numpy(self, rows: RowBuffer, block: bytes) -> None:
        values = self._loadtxt(block)
        if values is None or (values.size and (values.shape[1] != rows.width or not np.isfinite(values).all())):
            self._feed_slowly(rows, block)
            return
        if values.size:
            rows.append(values)
        self.line += block.count(b"\n")

    def _loadtxt(self, block: bytes) -> Array | None:
        if not block.isascii() or len(block) != len(block.translate(None, _ODD_BLANKS)):
            return None
        try:
            with warnings.catch_warnings():
                # Of a block of comments.
                warnings.simplefilter("ignore", UserWarning)
                return np.loadtxt(io.BytesIO(block), np.float32, delimiter=self.delimiter or None, ndmin=2)
        except ValueError:
            return None

    def _feed_slowly(self, rows: RowBuffer, text: bytes) -> None:
        """The rule that the fast parsers follow: append the rows of `text`, up to the first fault, and raise that."""
        assert self.width is not None
        assert self.delimiter is not None
        good: list[bytes] = []
        try:
            for line in text.removesuffix(b"\n").split(b"\n"):
                content = strip_comment(line)
                if content:
                    values = fields(content, self.delimiter)
                    check_values(values, self.source.shown, self.line)
                    if len(values) != rows.width:
                        raise self.width.fault(len(values), text_of(content), self.source.shown, self.line)
                    good += values
                self.line += 1
        finally:
            rows.append(np.array(list(map(float, good)), dtype=np.float32).reshape(-1, rows.width))


def _native() -> Any:
    """The compiled parser, or None; the numpy one is its twin."""
    from anncli.compiled import native_module

    return native_module()
