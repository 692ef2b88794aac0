"""The text of a table in pieces, and their rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from anncli.compiled.table_syntax import Flaw, Rows, Syntax
from anncli.compiled.table_text import Room, parse_rows, utf8_end
from anncli.compiled.table_text_python import RecordReader
from anncli.formats.files.ahead import ahead, most_threads
from anncli.formats.files.source import ByteSource

# The text that is looked at before the first row is read, and the text of one batch.
SAMPLE_BYTES, _PIECE_BYTES = 1 << 20, 1 << 20
# Half of a smaller text is no work for a second thread.
_WORTH_THREADS = 1 << 18
# Empty lines and comments above a table.
BEFORE_TABLE = re.compile(rb"(?:[ \t\r\v\f]*+(?:#[^\n]*+)?\n)*+")
# A row longer than this has a quote that nothing closes.
_LONGEST_ROW = 1 << 24


class Piece(NamedTuple):
    """Whole rows of a text, after which it may have a flaw; `rows.at` is a place in `text`, which is good until the next."""

    text: bytes | bytearray
    rows: Rows


class Pieces:
    """The rows of a source, piece by piece. first: its beginning, enough to find the layout of the table."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._n_threads = most_threads(source.path)
        self._chunks = _chunks(source, self._n_threads > 1)
        first, self._is_last = next(self._chunks)
        self.first = first + b"\n" if self._is_last and first and not first.endswith(b"\n") else first

    def rows(self, at: int, syntax: Syntax, most_rows: int, is_whole: bool = False) -> Iterator[Piece]:
        """The pieces from place `at` of the first text on, of at most `most_rows` rows; the last one may have a flaw.

        is_whole: all of them will be held at once; then, as a rule, the numbers of a table without words lie in one block.
        """
        room = Room(self._n_rows(at) if is_whole else 0)

        def parse(text: bytes | bytearray, at: int, is_last: bool) -> Iterator[Rows]:
            n_threads = self._n_threads if len(text) - at >= _WORTH_THREADS else 1
            while True:
                rows = parse_rows(text, at, syntax, is_last, most_rows, room, n_threads)
                yield rows
                if rows.flaw or rows.n_rows < most_rows:
                    return
                at = rows.at

        yield from self._rows(at, syntax, parse)

    def _n_rows(self, at: int) -> int:
        """About how many rows the source has, rather more; 0 where its size does not tell."""
        size, n_lines = self._source.text_bytes, self.first.count(b"\n", at)
        return n_lines + round(1.05 * size * n_lines / (len(self.first) - at)) if size and n_lines else 0

    def _rows(
        self, at: int, syntax: Syntax, parse: Callable[[bytes | bytearray, int, bool], Iterator[Rows]]
    ) -> Iterator[Piece]:
        # One text that grows and shrinks: new ones would have to be filled with new memory each time.
        text, is_last = bytearray(self.first), self._is_last
        while True:
            bad = _first_bad_byte(text, is_last)
            good, rows = text if bad is None else text[:bad], None
            for rows in parse(good, at, is_last and bad is None):
                at = rows.at
                if not rows.flaw:
                    yield Piece(good, rows)
            assert rows is not None
            if not rows.flaw and bad is not None:
                flaw, cell = Flaw.NOT_UTF8, _last_cell(bytes(good), at, syntax)
                rows = rows._replace(n_rows=0, lines=(), n_lines=0, flaw=flaw, flaw_cell=cell)
            elif not rows.flaw and len(text) - at > _LONGEST_ROW:
                rows = rows._replace(n_rows=0, lines=(), n_lines=0, flaw=Flaw.TOO_LONG)
            if rows.flaw:
                yield Piece(text, rows)
            if rows.flaw or is_last:
                return
            chunk, is_last = next(self._chunks)
            del text[:at]
            text += chunk
            at = 0
            if is_last and text and not text.endswith(b"\n"):
                text += b"\n"


def bad_byte_before(text: bytes, end: int) -> int | None:
    """The place of the first byte of text[:end] that is not UTF-8."""
    return _first_bad_byte(text[:end], is_last=True)


def _first_bad_byte(text: bytes | bytearray, is_last: bool) -> int | None:
    """The place of the first byte that is not UTF-8; a character that is cut by the end may go on in the next text."""
    end = utf8_end(text)
    if end == len(text):
        return None
    # A character has at most four bytes.
    try:
        text[end : end + 4].decode()
    except UnicodeDecodeError as fault:
        return None if not is_last and len(text) - end < 4 and fault.reason == "unexpected end of data" else end
    return end


def _last_cell(text: bytes, at: int, syntax: Syntax) -> int:
    """The number of the cell that a text ends in, whose row begins at `at`."""
    record = RecordReader(syntax).record(text + b"\n", at, is_last=True)
    if record is None:
        return 1
    return record.flaw_cell if record.flaw else max(1, len(record.cells))


def _shows_rows(text: bytearray) -> bool:
    """Whether the beginning of a file holds two whole lines of a table."""
    start = BEFORE_TABLE.match(text).end()  # type: ignore[union-attr]
    return text.count(b"\n", start) > 2


def _chunks(source: ByteSource, is_large: bool) -> Iterator[tuple[bytes, bool]]:
    """The text in chunks, and whether one is the last; the first has at least SAMPLE_BYTES if the source has as many, and more
    where these are comments.

    What is guessed from the first must not depend on how fast a pipe is.
    """
    chunks, first, is_all = source.text(_PIECE_BYTES), bytearray(), True
    if is_large:
        chunks = ahead(chunks)
    wanted = SAMPLE_BYTES
    for chunk in chunks:
        first += chunk
        if len(first) < wanted:
            continue
        if _shows_rows(first) or len(first) > _LONGEST_ROW:
            is_all = False
            break
        wanted *= 2
    # Lines that end with a carriage return alone, as on old Macintosh computers.
    only_returns = b"\n" not in first and b"\r" in first[:-1]
    if not is_all:
        yield bytes(first.replace(b"\r", b"\n") if only_returns else first), False
        first = bytearray()
        for chunk in chunks:
            yield chunk.replace(b"\r", b"\n") if only_returns else chunk, False
    yield bytes(first.replace(b"\r", b"\n") if only_returns else first), True
