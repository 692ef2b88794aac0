"""Rows of a text table: a piece of text into columns of numbers and words, with the place of the first fault."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.compiled import native_module
from anncli.compiled.table_syntax import Flaw, Rows, Syntax
from anncli.compiled.table_text_python import missing_words, parse_rows_python
from anncli.tables import MISSING, TableColumn, number_word

_LINE_FEED = ord("\n")
_ESCAPED, _ENDED = 1, 2
_ROOM_BYTES = 1 << 23


class Room:
    """Memory for the cells of one piece of text after the other: in one block where all rows fit into the first one."""

    def __init__(self, n_rows: int = 0) -> None:
        """n_rows: for which the first block has room at least; more than there are cost nothing."""
        self._cells: Array = np.empty((0, 1))
        self._used, self._n_first, self._n_rows = 0, n_rows, n_rows
        self._columns: dict[int, tuple[Array, int]] = {}

    def free(self, n_rows: int, width: int) -> Array:
        """float64 (n_rows, width), not set; the next call gives the same memory unless keep() is called."""
        if self._cells.shape[1] != width or len(self._cells) - self._used < n_rows:
            most = max(n_rows, _ROOM_BYTES // (8 * width))
            try:
                self._cells = np.empty((max(most, self._n_first), width))
            except MemoryError:
                self._cells = np.empty((most, width))
            self._used = self._n_first = 0
        return self._cells[self._used : self._used + n_rows]

    def keep(self, n_rows: int) -> None:
        """Leave the first rows of what free() gave to whoever holds them."""
        self._used += n_rows

    def column(self, place: int, numbers: Array) -> Array:
        """A copy of the numbers (n,) of a column; those of one piece after the other lie behind each other, as the cells do."""
        column, used = self._columns.get(place) or (np.empty(self._n_rows), 0)
        if len(column) - used < len(numbers):
            return numbers.copy()
        end = used + len(numbers)
        self._columns[place] = column, end
        column[used:end] = numbers
        return column[used:end]


def parse_rows(
    text: bytes | bytearray, start: int, syntax: Syntax, is_last: bool, most_rows: int, room: Room | None = None, threads: int = 1
) -> Rows:  # fmt: skip
    """The rows of text[start:], at most `most_rows` of them and none after the first with a flaw.

    Args: text, UTF-8 without NUL; start, where a row begins; is_last, the text ends with a line end and nothing follows;
        otherwise a row whose end is not in the text is left for the next call; room, for callers of many pieces; threads, the
        most that may work.
    """
    native = native_module()
    if native is None:
        return parse_rows_python(bytes(text), start, syntax, is_last, most_rows)
    width = syntax.n_columns
    room = room or Room()
    # Not more rows than line ends, nor more cells than bytes: each has a delimiter or a line end.
    most = min(most_rows, native.count_bytes(text, start, _LINE_FEED) + 1, (len(text) - start) // width + 1)
    cells, lines = room.free(most, width), np.empty(most, dtype=np.int64)
    marks = (f"{syntax.delimiter or ' '}{syntax.quote or ' '}{syntax.decimal}").encode()
    flags = _ESCAPED * syntax.is_escaped | _ENDED * syntax.is_ended
    n, at, n_passed, flaw, flaw_cell, words = native.parse_table(
        text, start, marks, flags, *missing_words(syntax), is_last, threads, cells, lines
    )
    cells = cells[:n]
    matrix = cells if all(found is None for found in words) else None
    if matrix is not None:
        room.keep(n)
    columns = tuple(_column(cells, k, found, None if matrix is not None else room) for k, found in enumerate(words))
    return Rows(columns, n, at, lines[:n], n_passed, Flaw(flaw), flaw_cell, matrix)


def _column(cells: Array, k: int, words: list[str | float] | None, room: Room | None) -> TableColumn:
    """room: to copy numbers into, None where they stay in the cells."""
    name = str(k + 1)
    if words is None:
        return TableColumn(name, cells[:, k] if room is None else room.column(k, cells[:, k]))
    codes = cells[:, k].view(np.int64).astype(np.int32)
    texts = [word if isinstance(word, str) else number_word(word) for word in words]
    places = {word: code for code, word in enumerate(dict.fromkeys(texts))}
    if len(places) < len(texts):
        # Where the decimal mark is a comma, 1.5 is a word and 1,5 the number 1.5.
        codes = np.array([*(places[word] for word in texts), MISSING], dtype=np.int32)[codes]
    return TableColumn(name, codes=codes, words=tuple(places))


def utf8_end(text: bytes | bytearray) -> int:
    """The place of the first character that is not UTF-8 or is cut by the end, or len(text)."""
    native = native_module()
    if native is not None:
        end: int = native.utf8_end(text)
        return end
    try:
        text.decode()
    except UnicodeDecodeError as fault:
        return fault.start
    return len(text)
