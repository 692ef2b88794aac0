"""Rows of an ARFF file that are cut into columns at once: blocks in which every cell is plain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from anncli.arrays import Array
from anncli.compiled.number_text import read_numbers
from anncli.compiled.row_text import LIMIT
from anncli.formats.data.arff_head import Attribute, cell_word, unquoted

_NUMBER_CHARACTERS = b"0123456789+-.eE \t\r\v\f\n"


def rows_alone(block: bytes, first: int) -> tuple[bytes, Sequence[int]]:
    """The block without empty lines and lines of remarks, and the numbers of its lines; the first one has number `first`."""
    if b"%" not in block and b"\n\n" not in block and b"\n\r\n" not in block and block[:1] not in (b"\n", b"\r"):
        return block, range(first, first + block.count(b"\n"))
    texts = block.split(b"\n")[:-1]
    kept = [number for number, text in enumerate(texts, first) if not text.lstrip().startswith(b"%") and text.strip()]
    return b"".join(texts[number - first] + b"\n" for number in kept), kept


def cut_rows(block: bytes, width: int) -> bytes:
    """Rows with a comma between any two cells, where they can be cut at their commas; else b''."""
    if any(mark in block for mark in (b"{", b"%", b"@", b"\\")):
        return b""
    if b"," not in block and width > 1 and b"'" not in block and b'"' not in block:
        block = b"".join(b",".join(line.split()) + b"\n" for line in block.split(b"\n")[:-1])
    counts = _commas(block)
    if (counts == width).all():
        block = block.replace(b",\n", b"\n").replace(b",\r\n", b"\n")
        counts = _commas(block)
    return block if (counts == width - 1).all() else b""


def _commas(block: bytes) -> Array:
    """The number of commas in each line."""
    characters = np.frombuffer(block, np.uint8)
    ends, commas = np.flatnonzero(characters == ord("\n")), np.flatnonzero(characters == ord(","))
    return np.diff(np.searchsorted(commas, ends), prepend=0)


def _column(attribute: Attribute, cells: list[bytes], has_blanks: bool) -> Array | list[str | None] | None:
    """A column of cells without quotes, or None where one of them is at fault."""
    if attribute.kind == "number":
        text = b" ".join(cells)
        if b"?" not in text and not has_blanks:
            numbers, at = read_numbers(text)
            return numbers if at == len(text) and len(numbers) == len(cells) else None
        odd = text.translate(None, _NUMBER_CHARACTERS)
        if odd.strip(b"?"):
            return None
        if odd:
            cells = [b"nan" if cell == b"?" else cell for cell in cells]
        try:
            numbers = np.array(list(map(float, cells)), dtype=np.float64)
        except ValueError:
            return None
        return None if (np.abs(numbers) >= LIMIT).any() else numbers
    if attribute.kind == "nominal":
        try:
            return np.array([attribute.places[cell] for cell in cells], dtype=np.float64)
        except KeyError:
            return None
    if attribute.kind == "date":
        return None
    words: dict[bytes, str | None] = {}
    for cell in set(cells):
        plain = unquoted(cell)
        if not plain or b"'" in plain or b'"' in plain or not plain.isascii():
            return None
        words[cell] = None if cell == b"?" else cell_word(plain.decode())
    return [words[cell] for cell in cells]


def columns_at_once(attributes: list[Attribute], block: bytes) -> list[Array | list[str | None]] | None:
    """The columns of a block that cut_rows() gives; None for b'' and where a cell is not plain."""
    width = len(attributes)
    if not block:
        return None
    if not block.translate(None, _NUMBER_CHARACTERS + b",") and all(a.kind == "number" for a in attributes):
        tight = block.replace(b", ", b",").replace(b"\r", b"")
        # Between blanks an empty cell would not show.
        if b" " not in tight and b"\t" not in tight:
            numbers, at = read_numbers(tight.replace(b",", b" "))
            is_full = at == len(tight) and len(numbers) == width * block.count(b"\n")
            return list(numbers.reshape(-1, width).T) if is_full else None
    cells = block.replace(b"\n", b",").split(b",")[:-1]
    has_blanks = b" " in block or b"\t" in block or b"\r" in block
    columns = []
    for place, attribute in enumerate(attributes):
        column = cells[place::width]
        if has_blanks:
            column = [cell.strip() for cell in column]
        found = _column(attribute, column, has_blanks)
        if found is None:
            return None
        columns.append(found)
    return columns
