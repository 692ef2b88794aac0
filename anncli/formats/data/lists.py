"""ann1dn's list files: entries that name vector files (format 1) or are followed by their numbers (format 2), with class labels."""

from __future__ import annotations

import os
import re
from array import array
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.compiled.row_text import (
    LIMIT,
    check_values,
    content_lines,
    guess_delimiter,
    is_header,
    is_value,
    starts_with_value,
    strip_comment,
    text_of,
)
from anncli.errors import DataError, quoted
from anncli.formats.files.source import Source
from anncli.formats.files.textfile import read_fault

_OF_NUMBERS = b"0123456789+-.eE \t,;"
_BETWEEN_VALUES = re.compile(rb"[\s,;]+")
_LABEL = re.compile(rb"(.*\S)\s+([+-]?[0-9]{1,9})", re.DOTALL)
_SIZES = re.compile(rb"\s*([0-9]{1,15})\s+([0-9]{1,15})\s*")


class Entry(NamedTuple):
    """Vectors of one entry: their names, label (0 = none), and rows (n, width); line: where it stands in the list.

    A large matrix comes as several of these.
    """

    names: tuple[str, ...]
    label: int
    vectors: Array
    line: int


class _Header(NamedTuple):
    """A name line: the whole text, the name and label in it, and its number."""

    text: bytes
    name: bytes
    label: int
    line: int


def looks_like_list(block: bytes) -> bool:
    """Whether a file is a list, told from its first four lines that are more than comments.

    The first line decides where it begins with a number (nan and inf too) or holds a comma or semicolon: vectors;
    where it is a word and one whole number: a list, of a name and its label; a word and other numbers: vectors, the
    first value misspelt. Else it is words: column names where only numbers follow, the next line with one for each
    name; otherwise a list. So these need --data-format: a list whose first name begins with a number or holds a
    comma; a list whose first entry has no label but has as many words as the line below it has numbers, and fills
    the next two lines too.
    """
    contents = content_lines(block, 4)
    if not contents or starts_with_value(contents[0]) or re.search(rb"[,;]", contents[0]):
        return False
    first, *others = contents
    words = first.split()
    if len(words) > 1 and all(map(is_value, words[1:])):
        return _LABEL.fullmatch(first) is not None and len(words) == 2
    names_columns = others and is_header(first, others[0], guess_delimiter(first))
    return not (names_columns and all(map(starts_with_value, others)))


class ListReader:
    """The entries of one list file, found while its blocks come in."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.line = 1  # number of the next physical line
        self._header: _Header | None = None
        self._numbers = array("d")

    def read(self, blocks: Iterable[bytes]) -> Iterator[Entry]:
        """All entries in order; raises DataError naming the line of the first fault."""
        for block in blocks:
            yield from self.feed(block)
        yield from self.finish()

    def feed(self, block: bytes) -> Iterator[Entry]:
        """The entries that are complete after this block of whole lines."""
        for raw in block.removesuffix(b"\n").split(b"\n"):
            if starts_with_value(strip_comment(raw)) and not self._names_a_file(raw):
                self._take_numbers(strip_comment(raw))
            elif raw.strip() and not raw.lstrip().startswith(b"#"):
                yield from self.finish()
                self._header = self._name_line(raw.strip())
            self.line += 1

    def finish(self) -> Iterator[Entry]:
        """The last entry."""
        header, numbers = self._header, self._numbers
        self._header, self._numbers = None, array("d")
        if header is None:
            return
        if numbers:
            yield Entry((text_of(header.name),), header.label, _vector(numbers), header.line)
        else:
            yield from self._named(header)

    def _names_a_file(self, raw: bytes) -> bool:
        """Whether a line that begins with a number is the name of a file with such a name ('12 leads.txt 1')."""
        text = raw.strip()
        # Most lines are known by their characters alone.
        if not text.translate(None, _OF_NUMBERS) or all(
            map(is_value, filter(None, _BETWEEN_VALUES.split(strip_comment(text))))
        ):
            return False
        labelled = _LABEL.fullmatch(text)
        return any(self._find(name) for name in (text, labelled[1] if labelled else b"") if name)

    def _take_numbers(self, content: bytes) -> None:
        values = [value for value in _BETWEEN_VALUES.split(content) if value]
        if self._header is None:
            advice = "start a list with a name, or say --data-format vectors"
            raise DataError(f"expected a name, found {quoted(text_of(values[0]))}", path=self.source.shown, line=self.line, advice=advice)  # fmt: skip
        self._numbers += _numbers(values, self.source.shown, self.line)

    def _name_line(self, text: bytes) -> _Header:
        """'name' or 'name label'; a last word that is no whole number belongs to the name."""
        # A comment behind a name needs blanks on both sides: '#' may be part of a file name.
        text = re.split(rb"\s#\s", text, maxsplit=1)[0].rstrip()
        labelled = _LABEL.fullmatch(text)
        if labelled is None:
            return _Header(text, text, 0, self.line)
        if int(labelled[2]) < 0:
            found = quoted(text_of(labelled[2]))
            raise DataError(f"a label must be 0 (unknown), 1, 2, ..., found {found}", path=self.source.shown, line=self.line, advice="count the classes from 1")  # fmt: skip
        return _Header(text, labelled[1], int(labelled[2]), self.line)

    def _named(self, header: _Header) -> Iterator[Entry]:
        """The vectors of a format 1 entry: a raw matrix where a .hea header stands beside it, else one text vector."""
        name, label = header.name, header.label
        path = self._find(name)
        if path is None and (path := self._find(header.text)):
            name, label = header.text, 0
        if path is None:
            advice = "correct the name, or write the vector on the next line"
            raise DataError(f"no file {quoted(text_of(name), 200)}, and no numbers follow", path=self.source.shown, line=header.line, advice=advice)  # fmt: skip
        file = Source(path)
        sizes = _matrix_sizes(path)
        parts = [_text_vector(file)] if sizes is None else _matrix(file, *sizes)
        first = 0
        for part in parts:
            names = tuple(f"{text_of(name)}_{k}" for k in range(first, first + len(part)))
            yield Entry(names, label, part, header.line)
            first += len(part)
        self.source.add_digest(file)

    def _find(self, name: bytes) -> str | None:
        """The file an entry names, looked for beside the list, then in the current folder; backslashes separate too."""
        folder = os.path.dirname(self.source.path) if self.source.path != "-" else ""
        written = os.fsdecode(name)
        for candidate in dict.fromkeys((written, written.replace("\\", "/"))):
            for base in dict.fromkeys((folder, "")):
                path = os.path.join(base, candidate)
                if os.path.isfile(path):
                    return path
        return None


def _numbers(values: list[bytes], path: str, line: int) -> array[float]:
    """The values of a line as numbers; raises DataError with line and column for the first that is none."""
    # One look at all characters rules out what float() takes and a data file must not hold: nan, 1_000.
    if values and not b"".join(values).translate(None, _OF_NUMBERS):
        try:
            numbers = array("d", map(float, values))
            if max(map(abs, numbers)) < LIMIT:
                return numbers
        except ValueError:
            pass
    check_values(values, path, line)
    return array("d", map(float, values))


def _vector(numbers: array[float]) -> Array:
    return np.frombuffer(numbers, dtype=np.float64).astype(np.float32)[None, :]


def _text_vector(file: Source) -> Array:
    """All numbers of a text file as one vector (1, n)."""
    numbers = array("d")
    line = 1
    for block in file.blocks():
        for raw in block.removesuffix(b"\n").split(b"\n"):
            values = [value for value in _BETWEEN_VALUES.split(strip_comment(raw)) if value]
            numbers += _numbers(values, file.shown, line)
            line += 1
    if not numbers:
        raise DataError("holds no numbers", path=file.shown, advice="write the numbers of one vector into it")
    return _vector(numbers)


def _matrix_sizes(path: str) -> tuple[int, int, str] | None:
    """Vectors and values per vector that the header beside a raw matrix announces, and its name; None without one."""
    stem, ending = os.path.splitext(path)
    header = stem + ".hea"
    if header == path or not os.path.isfile(header):
        return None
    text = b"".join(Source(header).blocks())
    sizes = _SIZES.fullmatch(text)
    if sizes and int(sizes[1]) > 0 and int(sizes[2]) > 0:
        return int(sizes[1]), int(sizes[2]), header
    if ending.lower() != ".dat":
        return None  # Other programs' headers stand beside text files too.
    found = quoted(text_of(text.strip()))
    raise DataError(f"expected two whole numbers above 0, vectors and values per vector, found {found}", path=header, line=1, advice="write for example 100 16")  # fmt: skip


def _matrix(file: Source, n_vectors: int, n_values: int, header: str) -> Iterator[Array]:
    """A raw float32 matrix, little-endian, in parts (m, n_values); the file is only read."""
    announced = (
        f"{os.path.basename(header)} announces {n_vectors} x {n_values} values, {4 * n_vectors * n_values} bytes"
    )
    advice = "correct the header or write the file again"
    try:
        size = os.path.getsize(file.path)
    except OSError as fault:
        raise read_fault(fault, file.path) from None
    if size != 4 * n_vectors * n_values:
        raise DataError(f"holds {size} bytes, but {announced}", path=file.shown, advice=advice)
    carry, done, step = b"", 0, 4 * n_values
    for chunk in file.raw():
        carry += chunk
        whole = len(carry) // step
        if whole:
            yield _checked(np.frombuffer(carry, "<f4", whole * n_values).reshape(whole, n_values), file.shown, done)
            carry, done = carry[whole * step :], done + whole
    if done != n_vectors or carry:
        raise DataError(f"changed while it was read: {announced}", path=file.shown, advice="read it again")


def _checked(part: Array, shown: str, before: int) -> Array:
    bad = np.argwhere(~np.isfinite(part))
    if len(bad):
        row, column = int(bad[0][0]), int(bad[0][1])
        value = str(part[row, column])
        raise DataError(f"vector {before + row + 1}, value {column + 1}: '{value}' is not allowed", path=shown, advice="replace the value")  # fmt: skip
    return part
