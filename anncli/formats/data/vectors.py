"""The format `vectors`: a row of numbers per line. A fast parser reads them; where it stops, a slow one finds the fault."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.compiled.row_text import (
    CONTENT,
    check_values,
    content_lines,
    fields,
    guess_delimiter,
    header_names,
    is_header,
    starts_with_value,
    strip_comment,
    text_of,
)
from anncli.errors import DataError
from anncli.formats.data.base import Column, RowBatch, Want, Width
from anncli.formats.data.row_buffer import RowBuffer
from anncli.formats.files.source import ByteSource, count_lines

# numpy treats these as blanks, the compiled parser does not.
_ODD_BLANKS = b"\x1c\x1d\x1e\x1f"


class Vectors:
    """The format `vectors`; it reads what no other format claims."""

    def sniff(self, head: bytes) -> bool:
        return True

    def open(self, source: ByteSource, want: Want) -> Iterator[RowBatch]:
        reader = VectorReader(source, want.width, want.delimiter)
        for block in _with_two_lines(source.blocks()):
            rows, is_first, fault = RowBuffer(), not reader.first_line, None
            try:
                reader.feed(rows, block)
            except DataError as error:
                fault = error
            if rows.n:
                lines = (reader.first_line,) if is_first else ()
                columns = tuple(map(Column, reader.columns))
                yield RowBatch(rows.matrix(), lines=lines, columns=columns, header_line=reader.header_line)
            if fault:
                raise fault


FORMAT = Vectors()


def _with_two_lines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The blocks; the first with content is joined with the next ones until it shows whether its first line is a header.

    Every block is searched once, so that long comments before the rows or after a header take no time.
    """
    pieces, found = list[bytes](), list[bytes]()
    for block in blocks:
        found += content_lines(block, 2 - len(found))
        if not found:
            yield block
            continue
        pieces.append(block)
        if len(found) == 2 or starts_with_value(found[0]):
            break
    if pieces:
        yield b"".join(pieces)
    yield from blocks


class VectorReader:
    """Turns the blocks of one source into rows.

    width: None until known; delimiter: '' for blanks and tabs, or one character, None until the first line shows it;
    columns: names from a header line, or (), and header_line its place; first_line: the line of the first row;
    line: the number of the next physical line.
    """

    def __init__(self, source: ByteSource, width: Width | None, delimiter: str | None = None) -> None:
        self.source, self.width, self.delimiter = source, width, delimiter
        self.columns: tuple[str, ...] = ()
        self.header_line = self.first_line = 0
        self.line = 1

    def read_into(self, rows: RowBuffer, blocks: Iterable[bytes]) -> None:
        """Append every row of the source to `rows`; raises DataError at the first fault."""
        for block in blocks:
            self.feed(rows, block)

    def feed(self, rows: RowBuffer, block: bytes) -> None:
        """Append the rows of one block of whole lines; before a fault, those above it.

        The first block must hold two lines that are more than comments, if the source has two: the second line decides
        whether the first one is a header.
        """
        if not self.first_line:
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
        """Find delimiter, header and width in the first lines; returns where the rows begin."""
        found = CONTENT.search(block)
        if found is None:
            self.line += block.count(b"\n")
            return len(block)
        start, end = found.start(), block.find(b"\n", found.start()) + 1
        self.line += block.count(b"\n", 0, start)
        content = strip_comment(block[start:end])
        if self.delimiter is None:
            self.delimiter = guess_delimiter(content)
        after = CONTENT.search(block, end)
        following = strip_comment(block[after.start() : block.find(b"\n", after.start())]) if after else b""
        if is_header(content, following, self.delimiter):
            self.columns, self.header_line = header_names(content, self.delimiter), self.line
            assert after is not None
            self.line += block.count(b"\n", start, after.start())
            start, content = after.start(), following
        if self.width is None:
            self.width = Width(len(fields(content, self.delimiter)), self.source.shown, self.line)
        self.first_line = self.line
        return start

    def _feed_native(self, native: Any, rows: RowBuffer, block: bytes) -> None:
        at, end = 0, len(block)
        while at < end:
            # An upper bound: rows <= lines, and rows <= bytes / (2 * width), since a value takes at least two bytes.
            lines = count_lines(block, at)
            most = min(lines, (end - at) // (2 * rows.width))
            before, room = at, rows.free(most + 1)
            done, _, _, at, status, _ = native.parse_block(block, at, self.delimiter, rows.width, False, room)
            rows.took(done)
            # The parser's own count is wrong for \r\r\n (a file converted twice): it sees two line ends there.
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
                # numpy warns about a block of comments alone.
                warnings.simplefilter("ignore", UserWarning)
                return np.loadtxt(io.BytesIO(block), np.float32, delimiter=self.delimiter or None, ndmin=2)
        except ValueError:
            return None

    def _feed_slowly(self, rows: RowBuffer, text: bytes) -> None:
        """The reference for both fast parsers: append the rows of `text` up to the first fault, and raise that fault."""
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
