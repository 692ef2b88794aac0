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
    decimal_comma_between_blanks,
    is_value,
    starts_with_value,
    strip_comment,
    text_of,
)
from anncli.dataset.dataset import UNLABELLED
from anncli.errors import DataError, count_of, quoted
from anncli.formats.data.base import RowBatch, Want, Width
from anncli.formats.data.layout import refuse_decimal_commas
from anncli.formats.data.list_head import BETWEEN_VALUES, LABEL, looks_like_list
from anncli.formats.data.matrix import matrix_sizes, read_matrix
from anncli.formats.data.precision import Precision
from anncli.formats.files.source import ByteSource

_OF_NUMBERS = b"0123456789+-.eE \t,;"
_NO_VALUE = re.compile(rb"[,;][ \t]*[,;]")

# Rows that are gathered into one batch; a batch per entry would cost more than reading its numbers.
_BATCH_ROWS = 1 << 12


class Lists:
    """The format `list`."""

    def sniff(self, head: bytes) -> bool:
        return looks_like_list(head)

    def open(self, source: ByteSource, want: Want) -> Iterator[RowBatch]:
        reader, width = ListReader(source), want.width
        precision = None if want.remarks is None else want.remarks.precision
        if want.remarks is not None:
            want.remarks.guess(source.shown, "a list of named rows, as ann1dn has them")
        is_first = True
        for block in chain(source.blocks(), [None]):
            batch, fault = _Batch(is_first), None
            if block is None and width is None and want.file_class != UNLABELLED:
                reader.refuse_a_title(want.file_class + 1)
            try:
                # After the last block, the entry that was still open ends.
                for entry in reader.finish() if block is None else reader.feed(block):
                    width = _checked_width(source, entry, width)
                    batch.add(entry)
                    if batch.n >= _BATCH_ROWS:
                        yield batch.rows(precision)
                        batch = _Batch()
            except DataError as error:
                fault = error
            if batch.n:
                is_first = False
                yield batch.rows(precision)
            if fault:
                raise fault


FORMAT = Lists()


class _Batch:
    """Entries that are gathered into one batch of rows."""

    def __init__(self, is_first: bool = False) -> None:
        self.n, self.is_first = 0, is_first
        self._entries: list[Entry] = []

    def add(self, entry: Entry) -> None:
        self._entries.append(entry)
        self.n += len(entry.rows)

    def rows(self, precision: Precision | None) -> RowBatch:
        entries = self._entries
        counts = [len(entry.rows) for entry in entries]
        inputs = np.concatenate([entry.rows for entry in entries])
        if precision is not None:
            exact = [entry.rows if entry.exact is None else entry.exact for entry in entries]
            precision.watch(
                inputs,
                lambda n, columns: np.concatenate(exact)[:n, columns].astype(np.float64),
                is_first=self.is_first,
            )
        # Label 0 means unknown; labels from 1 count the classes.
        labels = np.repeat(np.array([entry.label - 1 for entry in entries], dtype=np.int32), counts)
        lines = [entry.line for entry in entries for _ in entry.names]
        names = tuple(name for entry in entries for name in entry.names)
        return RowBatch(inputs, labels, names=names, lines=lines)


class Entry(NamedTuple):
    """Rows of one entry: their names, label (0 = none), values (n, width), the line of the entry in the list, and the
    values as float64 where the file holds text.

    A large matrix comes as several of these.
    """

    names: tuple[str, ...]
    label: int
    rows: Array
    line: int
    exact: Array | None = None


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


class ListReader:
    """Turns the blocks of one list file into entries."""

    def __init__(self, source: ByteSource) -> None:
        self.source = source
        self.line = 1  # number of the next physical line
        self._header: _Header | None = None
        self._numbers = array("d")
        # The count of values in each line of numbers, and how many such lines the entry in hand has.
        self._widths, self._n_lines = set[int](), 0

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
        self._widths, self._n_lines = set(), 0
        if header is None:
            return
        if numbers:
            exact = np.frombuffer(numbers, dtype=np.float64)[None, :]
            yield Entry((text_of(header.name),), header.label, exact.astype(np.float32), header.line, exact)
        else:
            yield from self._named(header)

    def _names_a_file(self, raw: bytes) -> bool:
        """Whether a line that begins with a number names an existing file ('12 leads.txt 1')."""
        text = raw.strip()
        # The characters alone rule out most lines, without a look at the folder.
        if not text.translate(None, _OF_NUMBERS) or all(
            map(is_value, filter(None, BETWEEN_VALUES.split(strip_comment(text))))
        ):
            return False
        labelled = LABEL.fullmatch(text)
        return any(self._find(name) for name in (text, labelled[1] if labelled else b"") if name)

    def _take_numbers(self, content: bytes) -> None:
        values = _split(content, self.source.shown, self.line)
        if self._header is None:
            advice = "start a list with a name, or say --data-format vectors"
            raise DataError(f"expected a name, found {quoted(text_of(values[0]))}", path=self.source.shown, line=self.line, advice=advice)  # fmt: skip
        self._numbers += _numbers(values, self.source.shown, self.line)
        self._widths.add(len(values))
        self._n_lines += 1

    def refuse_a_title(self, place: int) -> None:
        """Raises DataError where the only entry may as well be a title above a table: its numbers fill several lines of
        one width, and its label is not the place of its file, from 1, among the class files. Ask when all is read and
        no entry was given."""
        header = self._header
        if header is None or header.label in (0, place) or self._n_lines < 2 or len(self._widths) > 1:
            return
        rows = f"{self._n_lines} rows of {count_of(max(self._widths), 'value')}"
        message = f"{quoted(text_of(header.text))} can be the name of one row of class {header.label} in a list, or a title above {rows}"
        advice = "say --data-format list, or take the line out"
        raise DataError(message, path=self.source.shown, line=header.line, advice=advice)

    def _name_line(self, text: bytes) -> _Header:
        """Reads 'name' or 'name label'; a last word that is not a whole number belongs to the name."""
        # A comment after a name needs blanks on both sides of its '#', because '#' may be part of a file name.
        text = re.split(rb"\s#\s", text, maxsplit=1)[0].rstrip()
        labelled = LABEL.fullmatch(text)
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
    return [value for value in BETWEEN_VALUES.split(content) if value]


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
