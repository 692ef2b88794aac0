"""Files about words: analogies, four words a line in sections that begin `: NAME`, and pairs of words with a score."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from anncli.errors import DataError, count_of, quoted
from anncli.formats.data.text_files import read_text_file

_PAIR_ADVICE = "write two words and a number on each line, with tabs, commas or blanks between them"


def read_analogies(path: str) -> list[tuple[str, list[tuple[str, str, str, str]]]]:
    """The sections of a file, which may be packed, each with its questions; lines that begin with `#` or `//` are comments.

    Raises: DataError with the line of what is no question, and for a file without any.
    """
    sections = list[tuple[str, list[tuple[str, str, str, str]]]]()
    shown, lines = _lines(path)
    for number, line in lines:
        if line.startswith(":"):
            sections.append((line[1:].strip() or f"section {len(sections) + 1}", []))
            continue
        if line.startswith("//"):
            continue
        words = line.split()
        if len(words) != 4:
            message = f"expected four words, found {count_of(len(words), 'word')} ({quoted(line)})"
            raise DataError(message, path=shown, line=number, advice="write for example `Athens Greece Oslo Norway`")
        if not sections:
            sections.append(("all", []))
        one, two, three, four = words
        sections[-1][1].append((one, two, three, four))
    if not any(questions for _, questions in sections):
        raise DataError("holds no question", path=shown, advice="write four words a line: `Athens Greece Oslo Norway`")
    return sections


def read_scored_pairs(path: str) -> list[tuple[str, str, float]]:
    """The pairs of a file, which may be packed: two words, and the first number that stands behind them.

    The delimiter is the tab where the first line that is no comment has two, else the comma or semicolon, else blanks. Which column has the
    score is known from the second line; a first line without a number there names the columns. Lines that begin with `#` are comments.
    Raises: DataError with the line of what is no pair, and for a file without any.
    """
    shown, numbered = _lines(path)
    lines = list(numbered)
    first = lines[0][1] if lines else ""
    delimiter = next((mark for mark in ("\t", ",", ";") if first.count(mark) > 1), None)
    rows = [(number, line, [cell.strip().strip('"') for cell in line.split(delimiter)]) for number, line in lines]
    own, column = ([*(_score_column(row[2]) for row in rows[:2]), None, None])[:2]
    if column is not None and own != column and len(rows[0][2]) > 2:
        del rows[0]
    column = column or own or 2
    pairs = list[tuple[str, str, float]]()
    for number, line, cells in rows:
        score = _number(cells[column]) if len(cells) > column else None
        if score is None or not (cells[0] and cells[1]):
            message = f"expected two words and a number, found {quoted(line)}"
            raise DataError(message, path=shown, line=number, advice=_PAIR_ADVICE)
        pairs.append((cells[0], cells[1], score))
    if not pairs:
        raise DataError("holds no pair of words", path=shown, advice=_PAIR_ADVICE)
    return pairs


def _score_column(cells: list[str]) -> int | None:
    """The first column behind the two words that is a number, None where none is."""
    return next((k for k, cell in enumerate(cells) if k > 1 and _number(cell) is not None), None)


def _lines(path: str) -> tuple[str, Iterator[tuple[int, str]]]:
    """The name of a file for messages, and its lines that are neither empty nor comments, with their numbers from 1."""
    file = read_text_file(path)
    numbered = enumerate((line.strip("\r ") for line in file.text.split("\n")), 1)
    return file.shown, ((number, line) for number, line in numbered if line.strip() and not line.startswith("#"))


def _number(cell: str) -> float | None:
    if re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", cell, re.ASCII) is None:
        return None
    value = float(cell)
    return value if math.isfinite(value) else None
