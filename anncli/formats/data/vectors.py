"""The format `vectors`: a row of numbers per line. A fast parser reads them; where it stops, a slow one finds the fault."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.compiled.row_text import (
    check_values,
    content_lines,
    fields,
    numbered_lines,
    starts_with_value,
    text_of,
    unquoted_numbers,
    without_comments,
)
from anncli.errors import DataError
from anncli.formats.data.advice import class_column_advice, text_column_fault
from anncli.formats.data.base import Column, RowBatch, Want, Width
from anncli.formats.data.layout import SAMPLE_LINES, Layout, could_be_numbered, find_layout
from anncli.formats.data.row_buffer import RowBuffer
from anncli.formats.files.source import ByteSource, count_lines

_FIRST_TAB = re.compile(rb"^[ \r\v\f]*\t", re.MULTILINE)
# numpy treats these as blanks, the compiled parser does not.
_ODD_BLANKS = b"\x1c\x1d\x1e\x1f"


class Vectors:
    """The format `vectors`; it reads what no other format claims."""

    def sniff(self, head: bytes) -> bool:
        return True

    def open(self, source: ByteSource, want: Want) -> Iterator[RowBatch]:
        reader = VectorReader(source, want.width, want.delimiter, want)
        for block in _with_two_lines(source.blocks()):
            rows, is_first, fault, line = RowBuffer(), not reader.first_line, None, reader.line
            try:
                reader.feed(rows, block)
            except DataError as error:
                fault = error
            if rows.n:
                lines: Sequence[int] = (reader.first_line,) if is_first else ()
                if want.code is not None:
                    numbers = (line + number - 1 for number, _ in numbered_lines(block, rows.n + 1))
                    lines = [number for number in numbers if number > reader.header_line][: rows.n]
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
        if len(found) == 2 or (starts_with_value(found[0]) and not could_be_numbered(found[0])):
            break
    if pieces:
        yield b"".join(pieces)
    yield from blocks


class VectorReader:
    """Turns the blocks of one source into rows.

    width: None until known; delimiter: '' for blanks and tabs, or one character, None until the first lines show it;
    columns: names from a header line, or (), and header_line its place; first_line: the line of the first row;
    line: the number of the next physical line; want: the names that the columns may have, and who takes remarks.
    """

    def __init__(
        self, source: ByteSource, width: Width | None, delimiter: str | None = None, want: Want | None = None
    ) -> None:
        self.source, self.width, self.delimiter = source, width, delimiter
        self.want = want or Want()
        self.columns: tuple[str, ...] = ()
        self.header_line = self.first_line = 0
        self.line = 1
        self._layout: Layout | None = None

    def read_into(self, rows: RowBuffer, blocks: Iterable[bytes]) -> None:
        """Append every row of the source to `rows`; raises DataError at the first fault."""
        for block in blocks:
            self.feed(rows, block)

    def feed(self, rows: RowBuffer, block: bytes) -> None:
        """Append the rows of one block of whole lines; before a fault, those above it.

        The first block must hold two lines that are more than comments, if the source has two: the second line decides
        whether the first one is a header.
        """
        is_first = not self.first_line
        if is_first:
            block = block[self._start(block) :]
        if self.width is None or self._layout is None:
            return
        rows.width = self.width.n_values
        block, before = self._plain(block), rows.n
        native = _native()
        if b"#" in block:
            # Comments are gone: this one is inside a value.
            self._feed_slowly(rows, block)
        elif native is None:
            self._feed_numpy(rows, block)
        else:
            self._feed_native(native, rows, block)
        if self.want.remarks is not None:
            read = rows.rows(before)
            precision = self.want.remarks.precision
            exact = partial(self._exact, block)
            precision.watch(read, exact, self.columns, self.want.columns, is_first=is_first)

    def _start(self, block: bytes) -> int:
        """Find delimiter, header and width in the first lines; returns where the rows begin."""
        lines = numbered_lines(block, SAMPLE_LINES)
        if not lines:
            self.line += block.count(b"\n")
            return len(block)
        lines = [(self.line + number - 1, content) for number, content in lines]
        n_wanted = self.width.n_values if self.width and not self.want.columns else None
        layout = find_layout(lines, self.source.shown, self.delimiter, n_wanted)
        self._layout, self.delimiter, self.columns = layout, layout.delimiter, layout.names
        self.header_line = lines[0][0] if layout.names else 0
        self.first_line = lines[bool(layout.names)][0]
        if layout.names and self.want.columns:
            # The columns are matched by name: there may be more of them.
            self.width = Width(layout.n_values, self.source.shown, self.header_line)
        elif self.width is None:
            self.width = Width(layout.n_values, self.source.shown, self.first_line)
        self._remark(layout)
        start = 0
        for _ in range(self.first_line - self.line):
            start = block.find(b"\n", start) + 1
        self.line = self.first_line
        return start

    def _remark(self, layout: Layout) -> None:
        if self.want.remarks is None:
            return
        self.want.remarks.guess(self.source.shown, layout.text())
        if layout.numbered:
            text = (
                f"line {self.header_line} ({', '.join(layout.names[:3])}, ...) is taken as the numbers of the columns"
            )
            self.want.remarks.note(self.source.shown, text)

    def _plain(self, block: bytes) -> bytes:
        """The block as the fast parsers read it: without comments and delimiters that separate nothing."""
        assert self._layout is not None
        if b"#" in block:
            block = without_comments(block)
        if self._layout.trailing:
            end = self._layout.delimiter.encode()
            block = block.replace(end + b"\n", b"\n").replace(end + b"\r\n", b"\r\n")
        return _FIRST_TAB.sub(b"", block) if self._layout.leading else block

    def _exact(self, block: bytes, n_rows: int, columns: Sequence[int]) -> Array:
        """Some columns of the first rows of a block that was read without a fault, as float64 (n, columns)."""
        found: list[list[float]] = []
        # Not split(): as a rule a few lines of a long block are wanted.
        for line in io.BytesIO(block):
            if line.strip():
                values = self._values(line.removesuffix(b"\n"))
                found.append([float(values[column]) for column in columns])
                if len(found) == n_rows:
                    break
        return np.array(found, dtype=np.float64).reshape(-1, len(columns))

    def _values(self, line: bytes) -> list[bytes]:
        """The values of a line without a comment; a last delimiter that separates nothing is left out."""
        assert self.width is not None
        assert self.delimiter is not None
        values = fields(line.strip(b" \r\v\f") if self.delimiter == "\t" else line.strip(), self.delimiter)
        if self.delimiter and len(values) == self.width.n_values + 1 and not values[-1]:
            values.pop()
        return values

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
                rest = block[at:]
                block, at = unquoted_numbers(rest) if b'"' in rest else rest, 0
                if block == rest:
                    self._feed_slowly(rows, block)
                    break
                end = len(block)

    def _feed_numpy(self, rows: RowBuffer, block: bytes) -> None:
        block = unquoted_numbers(block) if b'"' in block else block
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
                return np.loadtxt(
                    io.BytesIO(block), np.float32, comments=None, delimiter=self.delimiter or None, ndmin=2
                )
        except ValueError:
            return None

    def _feed_slowly(self, rows: RowBuffer, text: bytes) -> None:
        """The reference for both fast parsers: append the rows of `text` up to the first fault, and raise that fault."""
        assert self.width is not None
        good: list[bytes] = []
        try:
            for line in text.removesuffix(b"\n").split(b"\n"):
                if not self._is_blank(line):
                    good += self._checked(line)
                self.line += 1
        finally:
            rows.append(np.array(list(map(float, good)), dtype=np.float32).reshape(-1, rows.width))

    def _is_blank(self, line: bytes) -> bool:
        """Whether a line holds no row; tabs alone are a row of empty cells if there are enough of them."""
        assert self.width is not None
        if line.strip():
            return False
        return self.delimiter != "\t" or not 0 < self.width.n_values - 1 <= line.count(b"\t")

    def _checked(self, line: bytes) -> list[bytes]:
        """The values of a line; raises DataError for the first fault in it."""
        assert self.width is not None
        values, shown = self._values(line), self.source.shown
        # Of a line that is far too long the first values are enough.
        try:
            check_values(values[: self.width.n_values + 100], shown, self.line)
        except DataError as fault:
            assert self._layout is not None
            raise text_column_fault(self._layout, fault) or fault from None
        if len(values) != self.width.n_values:
            assert self._layout is not None
            advice = class_column_advice(self._layout) if len(values) == self.width.n_values + 1 else ""
            raise self.width.fault(len(values), text_of(line.strip()[:200]), shown, self.line, advice)
        return values


def _native() -> Any:
    """The compiled parser, or None; the numpy one is its twin."""
    from anncli.compiled import native_module

    return native_module()
