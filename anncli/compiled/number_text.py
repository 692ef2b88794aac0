"""Texts of numbers as float64: streams of numbers between blanks, and rows of index:value pairs. C++ twin: pairs.cc."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.compiled.row_text import LIMIT, NUMBER
from anncli.limits import NUMBER_PATTERN

_TOKEN = re.compile(rb"[^ \t\r\v\f\n]+")
_PLAIN = b"0123456789+-.eE \t\r\v\f\n"
_PAIR = re.compile(rb"([0-9]{1,9}):(" + NUMBER_PATTERN.encode() + rb"|[nN][aA][nN])")
_QUERY = re.compile(rb"qid:([0-9]{1,15})")
NO_QUERY = -1


class Pairs(NamedTuple):
    """Rows of pairs. labels: float64 (n,), NaN where the label is no number; words: those labels, in order; queries: int64
    (n,), NO_QUERY where a row has none; ends: int64 (n,), how many pairs the rows up to this one have; lines: int32 (n,),
    the line of each row, the first is 0; indices: int32 (pairs,); values: float64 (pairs,), NaN where missing."""

    labels: Array
    words: list[bytes]
    queries: Array
    ends: Array
    lines: Array
    indices: Array
    values: Array


def read_numbers(text: bytes, start: int = 0) -> tuple[Array, int]:
    """The numbers from `start` on as float64, and the place of the first word that is none, or len(text).

    A number that exceeds a float32 counts as a word.
    """
    native = _native()
    if native is None:
        return _numbers_in_python(text, start)
    # A number takes two characters, with the blank after it.
    out = np.empty((len(text) - start) // 2 + 1)
    n, at = native.parse_numbers(text, start, out)
    return out[:n].copy() if n < len(out) // 2 else out[:n], at


def _numbers_in_python(text: bytes, start: int) -> tuple[Array, int]:
    rest = text[start:]
    if not rest.translate(None, _PLAIN):
        try:
            found = np.array(list(map(float, rest.split())), dtype=np.float64)
        except ValueError:
            found = np.array([np.inf])
        if (np.abs(found) < LIMIT).all():
            return found, len(text)
    numbers: list[float] = []
    for token in _TOKEN.finditer(rest):
        if not NUMBER.fullmatch(token[0]) or abs(float(token[0])) >= LIMIT:
            return np.array(numbers, dtype=np.float64), start + token.start()
        numbers.append(float(token[0]))
    return np.array(numbers, dtype=np.float64), len(text)


def read_matrix(text: bytes, width: int) -> Array | None:
    """The numbers of whole lines of `width` numbers each as float32 (n, width), each the float64 of its decimals, rounded; None for any other
    text, so also for a number that exceeds a float32, an empty line or a comment."""
    n_lines, native = text.count(b"\n"), _native()
    if not text.endswith(b"\n") or b"#" in text or width < 1:
        return None
    if native is None:
        rows = [line.split() for line in text.split(b"\n")[:-1]]
        numbers, at = read_numbers(text)
        if at < len(text) or any(len(row) != width for row in rows):
            return None
        return numbers.astype(np.float32).reshape(n_lines, width)
    matrix = np.empty((n_lines, width), dtype=np.float32)
    rows, _, lines, at, status, _ = native.parse_block(text, 0, "", width, False, matrix)
    return matrix if (rows, lines, at, status) == (n_lines, n_lines, len(text), 0) else None


def read_pairs(text: bytes, start: int, n_lines: int, n_colons: int) -> tuple[Pairs, int]:
    """The rows of pairs in whole lines from `start` on, and where the first line starts that is no such row, or len(text).

    Indices rise within a row. Blank lines and comments (#) are passed over. Args: n_lines and n_colons, at least the
    number of line ends and of colons in the text.
    """
    native = _native()
    if native is None:
        return _pairs_in_python(text, start)
    # The last line may lack its end.
    most = n_lines + 1
    labels, values = np.empty(most), np.empty(n_colons)
    words, queries, ends = (np.empty(n, dtype=np.int64) for n in (2 * most, most, most))
    lines, indices = np.empty(most, dtype=np.int32), np.empty(n_colons, dtype=np.int32)
    n, pairs, n_words, at = native.parse_pairs(text, start, labels, words, queries, ends, lines, indices, values)
    places = words[: 2 * n_words].tolist()
    found = [text[first:last] for first, last in zip(places[::2], places[1::2], strict=True)]
    return Pairs(labels[:n], found, queries[:n], ends[:n], lines[:n], indices[:pairs], values[:pairs]), at


def _pairs_in_python(text: bytes, start: int) -> tuple[Pairs, int]:
    labels, words, queries, ends, lines = list[float](), list[bytes](), list[int](), list[int](), list[int]()
    indices, values = list[int](), list[float]()
    for number, line in enumerate(_lines(text[start:])):
        tokens = line.partition(b"#")[0].split()
        if tokens:
            row = read_row(tokens)
            if row is None:
                break
            label, query, found, numbers = row
            labels.append(float(label) if is_number(label) else np.nan)
            words += [] if is_number(label) else [label]
            queries.append(query)
            indices += found
            values += numbers
            ends.append(len(indices))
            lines.append(number)
        start = min(start + len(line), len(text))
    arrays = (np.array(queries, dtype=np.int64), np.array(ends, dtype=np.int64), np.array(lines, dtype=np.int32))
    pairs = np.array(indices, dtype=np.int32), np.array(values, dtype=np.float64)
    return Pairs(np.array(labels, dtype=np.float64), words, *arrays, *pairs), start


def dense(pairs: Pairs, base: int, width: int) -> Array:
    """The rows as float64 (n, width), 0 where a row has no pair; index `base` is the first column."""
    n = len(pairs.ends)
    matrix = np.zeros((n, width))
    native = _native()
    if native is not None:
        native.fill_pairs(pairs.ends, pairs.indices, pairs.values, base, width, matrix)
    else:
        rows = np.repeat(np.arange(n), np.diff(pairs.ends, prepend=0))
        matrix[rows, pairs.indices - base] = pairs.values
    return matrix


def read_row(tokens: list[bytes]) -> tuple[bytes, int, list[int], list[float]] | None:
    """Label, query, indices and values of a row, None where it has a fault."""
    label, *pairs = tokens
    if b":" in label:
        return None
    query = _QUERY.fullmatch(pairs[0]) if pairs else None
    matches = [_PAIR.fullmatch(pair) for pair in (pairs[1:] if query else pairs)]
    if None in matches:
        return None
    indices = [int(match[1]) for match in matches if match]
    values = [float(match[2]) for match in matches if match]
    rising = all(one < next_one for one, next_one in pairwise(indices))
    if not rising or any(abs(value) >= LIMIT for value in values):
        return None
    return label, int(query[1]) if query else NO_QUERY, indices, values


def is_number(token: bytes) -> bool:
    """Whether a word is a decimal number that a float32 can hold."""
    return NUMBER.fullmatch(token) is not None and abs(float(token)) < LIMIT


def _lines(text: bytes) -> list[bytes]:
    """The lines of a text with their ends; only a line feed ends one."""
    return [line + b"\n" for line in text.removesuffix(b"\n").split(b"\n")]


def _native() -> Any:
    """The compiled functions, or None; those of this module are their twins."""
    from anncli.compiled import native_module

    return native_module()
