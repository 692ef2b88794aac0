"""Number streams: files of numbers between blanks whose first numbers or lines say how many rows of how many values follow."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from anncli.arrays import Array
from anncli.compiled.number_text import read_numbers
from anncli.compiled.row_text import text_of, value_fault
from anncli.errors import DataError, count_of, quoted


class NumberStream:
    """Collects the numbers of a text block by block, at most `most` where that is known. n: how many there are; line: the
    line of the next block."""

    def __init__(self, shown: str, line: int = 1) -> None:
        self.shown, self.line = shown, line
        self.n = 0
        self.n_blank = 0
        self._pieces: list[Array] = []

    def feed(self, block: bytes) -> None:
        """Add the numbers of whole lines; raises DataError at the first word that is no number."""
        numbers, at = read_numbers(block)
        if at < len(block):
            raise word_fault(block, at, self.shown, self.line)
        self._pieces.append(numbers)
        self.n += len(numbers)
        self.line += block.count(b"\n")

    def feed_all(self, blocks: Iterable[bytes], most: int) -> None:
        """Add blocks until they end or give more than `most` numbers."""
        for block in blocks:
            self.feed(block)
            if self.n > most:
                return

    def take(self) -> Array:
        """All numbers, float64 (n,); the stream is empty afterwards."""
        pieces, self._pieces = self._pieces, []
        return np.concatenate(pieces) if pieces else np.empty(0)


def word_fault(block: bytes, at: int, shown: str, first_line: int = 1) -> DataError:
    """The error for the word at a place of a block whose first line has this number."""
    start = block.rfind(b"\n", 0, at) + 1
    line, column = first_line + block.count(b"\n", 0, start), 1 + len(block[start:at].split())
    word = block[at : at + 200].split(None, 1)[0]
    message, advice = value_fault(word) or (f"cannot read {quoted(text_of(word))}", "write a number")
    return DataError(message, path=shown, line=line, column=column, advice=advice)


def count_fault(shown: str, line: int, announced: tuple[int, int], found: int) -> DataError:
    """The error for a file whose head announces rows of so many values, of which there are more, or fewer by so many."""
    rows, width = announced
    message = (
        f"the head announces {count_of(rows, 'row')} of {count_of(width, 'number')}, {rows * width} in all, found "
    )
    if found > rows * width:
        return DataError(message + "more", path=shown, line=line, advice="correct the count of rows in the head")
    advice = "the file may be cut short: copy it again, or correct the head"
    return DataError(message + str(found), path=shown, line=line, advice=advice)
