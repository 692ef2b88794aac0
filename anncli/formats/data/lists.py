"""The format `list`, of ann1dn: named rows with class numbers, whose values follow the name or stand in a file of that name."""

from __future__ import annotations

import os
import re
from array import array
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.compiled.row_text import (
    LIMIT,
    check_values,
    content_lines,
    decimal_comma_between_blanks,
    is_foreign_number,
    is_value,
    starts_with_value,
    strip_comment,
    text_of,
)
from anncli.errors import DataError, quoted
from anncli.formats.data.base import RowBatch, Want, Width
from anncli.formats.data.layout import COMMENT_MARKS, guess_delimiter, is_header, refuse_decimal_commas
from anncli.formats.data.matrix import matrix_sizes, read_matrix
from anncli.formats.files.source import ByteSource

_OF_NUMBERS = b"0123456789+-.eE \t,;"
_BETWEEN_VALUES = re.compile(rb"[\s,;]+")
_LABEL = re.compile(rb"(.*\S)\s+([+-]?[0-9]{1,9})", re.DOTALL)
_NO_VALUE = re.compile(rb"[,;][ \t]*[,;]")
# A name that can only be that of a file: with a folder or with an ending.
_FILE_NAME = re.compile(rb".*(?:[/\\]|\.[A-Za-z][A-Za-z0-9]{0,4}$)", re.DOTALL)

# Rows that are gathered into one batch; a batch per entry would cost more than reading its numbers.
_BATCH_ROWS = 1 << 12


class Lists:
    """The format `list`."""

    def sniff(self, head: bytes) -> bool:
        return looks_like_list(head)

    def open(self, source: ByteSource, want: Want) -> Iterator[RowBatch]:
        reader, width = ListReader(source), want.width
        for block in chain(source.blocks(), [None]):
            batch, fault = _Batch(), None
            try:
                # After the last block, the entry that was still open ends.
                for entry in reader.finish() if block is None else reader.feed(block):
                    width = _checked_width(source, entry, width)
                    batch.add(entry)
                    if batch.n >= _BATCH_ROWS:
                        yield batch.rows()
                        batch = _Batch()
            except DataError as error:
                fault = error
            if batch.n:
                yield batch.rows()
            if fault:
                raise fault


FORMAT = Lists()


class _Batch:
    """Entries that are gathered into one batch of rows."""

    def __init__(self) -> None:
        self.n = 0
        self._entries: list[Entry] = []

    def add(self, entry: Entry) -> None:
        self._entries.append(entry)
        self.n += len(entry.rows)

    def rows(self) -> RowBatch:
        entries = self._entries
        counts = [len(entry.rows) for entry in entries]
        inputs = np.concatenate([entry.rows for entry in entries])
        # Label 0 means unknown; labels from 1 count the classes.
        labels = np.repeat(np.array([entry.label - 1 for entry in entries], dtype=np.int32), counts)
        lines = [entry.line for entry in entries for _ in entry.names]
        names = tuple(name for entry in entries for name in entry.names)
        return RowBatch(inputs, labels, names=names, lines=lines)


class Entry(NamedTuple):
    """Rows of one entry: their names, label (0 = none), values (n, width), and the line of the entry in the list.

    A large matrix comes as several of these.
    """

    names: tuple[str, ...]
    label: int
    rows: Array
    line: int


class _Header(NamedTuple):
    """A line with a name: its whole text, the name, the label (0 = none), and the number of the line."""

    text: bytes
    name: bytes
    label: int
    line: int


def _checked_width(source: ByteSource, entry: Entry, width: Width | None) -> Width:
    """The width of the rows of an entry; raises DataError when another one is wanted."""
    found = entry.rows.shape[1]
    if width is None:
        return Width(found, source.shown, entry.line)
    if found != width.n_values:
        advice = "; a list gives one row per entry, for one per line say --data-format vectors"
        raise width.fault(found, entry.names[0], source.shown, entry.line, advice)
    return width


def looks_like_list(block: bytes) -> bool:
    """Whether a file is a list, judged by its first four lines that are neither empty nor comments.

    - The first line begins with a number (nan and inf too), or holds a comma or semicolon: rows of numbers.
    - A word and one whole number: a list; this is a name with its label.
    - A word and other numbers: rows of numbers, the first of them misspelt.
    - Only words: column names if only numbers follow and the next line has one for each name; if no numbers follow,
      a list only where they can be the name of a file; otherwise a list.
    - Numbers as other programs write them, a mark of a comment or a quote at the start: rows of numbers, with a fault.
    These lists therefore need --data-format: the first name begins with a number or holds a comma; or the first entry
    has no label, has as many words as the line below has numbers, and its numbers fill the next two lines too.
    """
    contents = content_lines(block, 4)
    if not contents or starts_with_value(contents[0]) or re.search(rb"[,;|]", contents[0]):
        return False
    first, *others = contents
    words = first.split()
    if first.startswith(b'"') or COMMENT_MARKS.match(first) or (len(words) > 1 and any(map(is_foreign_number, words))):
        return False
    if len(words) > 1 and all(map(is_value, words[1:])):
        return _LABEL.fullmatch(first) is not None and len(words) == 2
    if len(words) > 1 and not _LABEL.fullmatch(first) and not (others and starts_with_value(others[0])):
        # Neither numbers nor a label follow: at most the name of a file.
        return _FILE_NAME.match(first) is not None
    names_columns = others and is_header(first, others[0], guess_delimiter([first]))
    return not (names_columns and all(map(starts_with_value, others)))


def refuse_two_readings(head: bytes, shown: str, width: Width | None) -> None:
    """Raises DataError where a file that looks like a list may as well be a table whose first line names its columns wrongly:
    words, and below them only rows of numbers that are equally long."""
    first, *others = content_lines(head, 4)
    counts = {len([value for value in _BETWEEN_VALUES.split(line) if value]) for line in others}
    if not others or _LABEL.fullmatch(first) or not all(map(starts_with_value, others)) or len(counts) > 1:
        return
    n_names, n_values = len(first.split()), counts.pop()
    if n_values == 1 or (n_names == 1 and len(others) == 1) or (width is not None and width.n_values != n_values):
        return
    names = f"{n_names} column name{'s' * (n_names > 1)} above rows of {n_values} values"
    message = f"line {quoted(text_of(first))} can be the name of one row in a list, or {names}"
    raise DataError(message, path=shown, advice="say --data-format list, or correct the names")


class ListReader:
    """Turns the blocks of one list file into entries."""

    def __init__(self, source: ByteSource) -> None:
        self.source = source
        self.line = 1  # number of the next physical line
        self._header: _Header | None = None
        self._numbers = array("d")

    def read(self, blocks: Iterable[bytes]) -> Iterator[Entry]:
        """All entries in order; raises DataError with the line of the first fault."""
        for block in blocks:
            yield from self.feed(block)
        yield from self.finish()

    def feed(self, block: bytes) -> Iterator[Entry]:
        """The entries that end in this block of whole lines."""
        for raw in block.removesuffix(b"\n").split(b"\n"):
            if starts_with_value(strip_comment(raw)) and not self._names_a_file(raw):
                self._take_numbers(strip_comment(raw))
            elif raw.strip() and not raw.lstrip().startswith(b"#"):
                yield from self.finish()
                self._header = self._name_line(raw.strip())
            self.line += 1

    def finish(self) -> Iterator[Entry]:
        """The entry that is still open, if there is one."""
        header, numbers = self._header, self._numbers
        self._header, self._numbers = None, array("d")
        if header is None:
            return
        if numbers:
            yield Entry((text_of(header.name),), header.label, _vector(numbers), header.line)
        else:
            yield from self._named(header)

    def _names_a_file(self, raw: bytes) -> bool:
        """Whether a line that begins with a number names an existing file ('12 leads.txt 1')."""
        text = raw.strip()
        # The characters alone rule out most lines, without a look at the folder.
        if not text.translate(None, _OF_NUMBERS) or all(
            map(is_value, filter(None, _BETWEEN_VALUES.split(strip_comment(text))))
        ):
            return False
        labelled = _LABEL.fullmatch(text)
        return any(self._find(name) for name in (text, labelled[1] if labelled else b"") if name)

    def _take_numbers(self, content: bytes) -> None:
        values = _split(content, self.source.shown, self.line)
        if self._header is None:
            advice = "start a list with a name, or say --data-format vectors"
            raise DataError(f"expected a name, found {quoted(text_of(values[0]))}", path=self.source.shown, line=self.line, advice=advice)  # fmt: skip
        self._numbers += _numbers(values, self.source.shown, self.line)

    def _name_line(self, text: bytes) -> _Header:
        """Reads 'name' or 'name label'; a last word that is not a whole number belongs to the name."""
        # A comment after a name needs blanks on both sides of its '#', because '#' may be part of a file name.
        text = re.split(rb"\s#\s", text, maxsplit=1)[0].rstrip()
        labelled = _LABEL.fullmatch(text)
        if labelled is None:
            return _Header(text, text, 0, self.line)
        if int(labelled[2]) < 0:
            found = quoted(text_of(labelled[2]))
            raise DataError(f"a label must be 0 (unknown), 1, 2, ..., found {found}", path=self.source.shown, line=self.line, advice="count the classes from 1")  # fmt: skip
        return _Header(text, labelled[1], int(labelled[2]), self.line)

    def _named(self, header: _Header) -> Iterator[Entry]:
        """The rows of an entry that names a file: a raw matrix if a header NAME.hea exists, otherwise all numbers of a text."""
        name, label = header.name, header.label
        path = self._find(name)
        if path is None and (path := self._find(header.text)):
            name, label = header.text, 0
        if path is None:
            advice = "correct the name, or write its values on the next line"
            raise DataError(f"no file {quoted(text_of(name), 200)}, and no numbers follow", path=self.source.shown, line=header.line, advice=advice)  # fmt: skip
        file = ByteSource(path)
        sizes = matrix_sizes(path)
        parts = [_text_vector(file)] if sizes is None else read_matrix(file, *sizes)
        first = 0
        for part in parts:
            names = tuple(f"{text_of(name)}_{k}" for k in range(first, first + len(part)))
            yield Entry(names, label, part, header.line)
            first += len(part)
        self.source.add_digest(file)

    def _find(self, name: bytes) -> str | None:
        """The file that an entry names, first in the folder of the list, then in the current one; backslashes separate folders too."""
        folder = os.path.dirname(self.source.path) if self.source.path != "-" else ""
        written = os.fsdecode(name)
        for candidate in dict.fromkeys((written, written.replace("\\", "/"))):
            for base in dict.fromkeys((folder, "")):
                path = os.path.join(base, candidate)
                if os.path.isfile(path):
                    return path
        return None


def _split(content: bytes, path: str, line: int) -> list[bytes]:
    """The values of a line; raises DataError for commas inside values, and where nothing stands between two delimiters."""
    if b"," in content or b";" in content:
        if _NO_VALUE.search(content):
            raise DataError("a value is missing", path=path, line=line, advice="write a number, or take the row out")
        if decimal_comma_between_blanks(content) or (b";" in content and b"," in content):
            check_values([value for value in re.split(rb"[\s;]+", content) if value], path, line)
        refuse_decimal_commas([content], path, line)
    return [value for value in _BETWEEN_VALUES.split(content) if value]


def _numbers(values: list[bytes], path: str, line: int) -> array[float]:
    """The values of a line as numbers; raises DataError with line and column for the first one that is not a number."""
    # One test of all characters rules out what float() accepts and a data file must not hold: nan, 1_000.
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


def _text_vector(file: ByteSource) -> Array:
    """All numbers of a text file as one row (1, n)."""
    numbers = array("d")
    line = 1
    for block in file.blocks():
        for raw in block.removesuffix(b"\n").split(b"\n"):
            values = _split(strip_comment(raw), file.shown, line)
            numbers += _numbers(values, file.shown, line)
            line += 1
    if not numbers:
        raise DataError("holds no numbers", path=file.shown, advice="write the numbers of one row into it")
    return _vector(numbers)
