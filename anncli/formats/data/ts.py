"""The format `ts`: series of the UCR and UEA archives, one in a line, with its class last; samples of rows, or of one row each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.compiled.number_text import is_number, read_numbers
from anncli.compiled.row_text import text_of, value_fault
from anncli.errors import DataError, count_of, did_you_mean, quoted
from anncli.formats.data.base import TableWant
from anncli.formats.data.dense import check_columns
from anncli.formats.data.foreign import is_ts
from anncli.formats.data.row_blocks import repeated
from anncli.formats.files.source import ByteSource
from anncli.tables import MISSING, Table, TableColumn

CLASS, TARGET = "class", "target"
_KEY = re.compile(rb"@([A-Za-z]+)[ \t]*(.*)")
_TRUTH = {b"true": True, b"false": False}
# How programs write a value that is not known.
_GAPS = (b"?", b"nan")
_PLAIN = b"0123456789+-.eE,"


class UnequalSeriesError(DataError):
    """Series of several lengths where a sample is one row."""


class TimeSeries:
    """Channels are apart by colons, their values by commas. Where samples may have several rows, a row is a point of time and a
    column a channel. Otherwise all series must have one length, and a row is a series: point by point, all channels of one
    point side by side."""

    def sniff(self, head: bytes) -> bool:
        return is_ts(head)

    def open_table(self, source: ByteSource, want: TableWant) -> Iterator[Table]:
        head, series = _Head(source.shown), None
        for block in source.blocks():
            rest = block if series is not None else head.feed(block)
            if rest is None:
                continue
            series = series or _Series(source.shown, head, want)
            fault = None
            try:
                series.feed(rest)
            except DataError as error:
                fault = error
            if series.n_waiting:
                yield series.table()
            if fault:
                raise fault
        if series is None:
            advice = "write it before the series"
            raise DataError("has no line @data", path=source.shown, line=head.line - 1, advice=advice)
        if not series.n_given:
            yield series.table()


FORMAT = TimeSeries()


class _Head:
    """The lines up to @data. label: 'class', 'target' or '' for none; classes: those that the head declares, or (); n_channels: how
    many channels it declares, None where it does not; line: the number of the next line."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.label, self.classes = "", tuple[str, ...]()
        self.n_channels: int | None = None
        self.line = 1

    def feed(self, block: bytes) -> bytes | None:
        """Takes the lines of the head; returns the rest of the block behind @data."""
        start = 0
        while start < len(block):
            end = block.find(b"\n", start)
            line, start = block[start:end].strip(), end + 1
            self.line += 1
            if line and not line.startswith(b"#") and self._take(line):
                return block[start:]
        return None

    def _take(self, line: bytes) -> bool:
        """Takes a line; returns whether it is @data."""
        found = _KEY.fullmatch(line)
        if found is None:
            raise self._fault(f"expected a line such as @classLabel, or @data, found {quoted(text_of(line[:80]))}")
        key, words = found[1].lower(), found[2].split()
        if key in (b"classlabel", b"targetlabel"):
            name = CLASS if key == b"classlabel" else TARGET
            if self._truth(key, words):
                self.label = name
                self.classes = tuple(map(text_of, words[1:])) if name == CLASS else ()
        elif key == b"timestamps" and self._truth(key, words):
            raise self._fault(
                "the values have time stamps, which are not read", "write the values alone, and @timeStamps false"
            )
        elif key == b"univariate" and self._truth(key, words):
            self.n_channels = 1
        elif key in (b"dimensions", b"dimension"):
            if not words or not words[0].isdigit() or not 0 < int(words[0][:9]) < 10**6:
                raise self._fault("@dimensions must name the number of channels", "write for example @dimensions 12")
            self.n_channels = int(words[0])
        return key == b"data"

    def _truth(self, key: bytes, words: list[bytes]) -> bool:
        value = _TRUTH.get(words[0].lower()) if words else None
        if value is None:
            raise self._fault(f"@{text_of(key)} must be true or false", f"write for example @{text_of(key)} false")
        return value

    def _fault(self, message: str, advice: str | None = None) -> DataError:
        return DataError(message, path=self.shown, line=self.line - 1, advice=advice)


class _Line(NamedTuple):
    """A series: where its line begins, how many values each channel has, and its label."""

    line: int
    length: int
    label: str | None


class _Series:
    """Turns the lines behind @data into tables. n_waiting, n_given: series that table() will give, and has given."""

    def __init__(self, shown: str, head: _Head, want: TableWant) -> None:
        self.shown, self.head, self.want = shown, head, want
        self.line = head.line
        self.n_given = 0
        self._first: _Line | None = None
        self._lines: list[_Line] = []
        self._values: list[Array] = []
        self._places = {name: k for k, name in enumerate(head.classes)}

    @property
    def n_waiting(self) -> int:
        return len(self._lines)

    def feed(self, block: bytes) -> None:
        """Takes the lines of a block; raises DataError at the first fault, after the series above it were taken."""
        for line in block.removesuffix(b"\n").split(b"\n"):
            self.line += 1
            line = line.strip()
            if line and not line.startswith(b"#"):
                self._take(line, self.line - 1)

    def _take(self, line: bytes, number: int) -> None:
        channels = line.split(b":")
        if self.head.n_channels is None:
            self.head.n_channels = len(channels) - bool(self.head.label)
        n_wanted = self.head.n_channels + bool(self.head.label)
        if len(channels) != n_wanted or not self.head.n_channels:
            parts = count_of(self.head.n_channels, "channel") + (" and a label" if self.head.label else "")
            message = f"expected {parts}, apart by `:`, found {count_of(len(channels), 'part')}"
            raise self._fault(message, number, "correct the line, or @dimensions and @classLabel in the head")
        label = text_of(channels.pop().strip()) if self.head.label else None
        label = self._label(label, number)
        lengths = [channel.count(b",") + 1 for channel in channels]
        if len(set(lengths)) > 1:
            at = next(k for k, length in enumerate(lengths) if length != lengths[0])
            message = f"channel {at + 1} has {count_of(lengths[at], 'value')}, channel 1 has {lengths[0]}"
            raise self._fault(message, number, "give all channels of a series the same number of values")
        if not self.want.rows and self._first is not None and lengths[0] != self._first.length:
            message = f"a series of {count_of(lengths[0], 'value')}, the one in line {self._first.line} has {self._first.length}"
            n = len(channels)
            advice = f"series of several lengths need a network of `inputs: any x {n}`, and are no rows of a table"
            raise UnequalSeriesError(message, path=self.shown, line=number, advice=advice)
        values = _numbers(channels, lengths[0])
        if values is None:
            values = self._slowly(channels, number)
        self._values.append(values.reshape(len(channels), lengths[0]).T)
        self._lines.append(_Line(number, lengths[0], label))
        self._first = self._first or self._lines[0]

    def _label(self, label: str | None, number: int) -> str | None:
        if label is None or label in ("?", "") or (self.head.label == TARGET and label.lower() == "nan"):
            return None
        if self.head.label == TARGET:
            if not is_number(label.encode()):
                raise self._fault(f"expected a number as the target, found {quoted(label)}", number, "correct it")
        elif label not in self._places:
            if self.head.classes:
                message = f"class {quoted(label)} is not among those of @classLabel"
                raise self._fault(message, number, did_you_mean(label, self.head.classes))
            self._places[label] = len(self._places)
        return label

    def _slowly(self, channels: list[bytes], number: int) -> Array:
        """The values of a line, nan where one is missing; raises the error for the first word that is no number."""
        values, column = list[float](), 0
        for channel in channels:
            for word in channel.split(b","):
                column += 1
                word = word.strip()
                fault = None if word.lower() in _GAPS else value_fault(word)
                if fault:
                    raise DataError(fault[0], path=self.shown, line=number, column=column, advice=fault[1])
                values.append(np.nan if word.lower() in _GAPS else float(word))
        return np.array(values)

    def table(self) -> Table:
        """The series that wait, as rows; the label is the last column."""
        lines, self._lines = self._lines, []
        values, self._values = self._values, []
        rows, n = self.want.rows, max(self.head.n_channels or 1, 1)
        if rows:
            matrix = np.concatenate(values) if values else np.empty((0, n))
        else:
            width = n * (self._first.length if self._first is not None else 1)
            check_columns(width, sum(own.nbytes for own in values), self.shown)
            matrix = np.stack([own.reshape(-1) for own in values]) if values else np.empty((0, width))
        counts = np.array([line.length if rows else 1 for line in lines], dtype=np.int64)
        columns = [TableColumn(str(k + 1), matrix[:, k]) for k in range(matrix.shape[1])]
        if self.head.label:
            columns.append(self._labels(lines, counts))
        if self.want.remarks is not None and not self.n_given:
            lengths = {line.length for line in lines}
            span = f"{min(lengths, default=0)}" if len(lengths) < 2 else f"{min(lengths)} to {max(lengths)}"
            self.want.remarks.guess(
                self.shown, f"ts, {count_of(n, 'channel')}, {span} values in each of the first series"
            )
        samples = np.repeat(np.arange(len(lines)) + self.n_given, counts) if rows else None
        places = repeated([line.line for line in lines], counts.tolist())
        self.n_given += len(lines)
        labels = (self.head.label,) if self.head.label else ()
        task = {CLASS: "classification", TARGET: "regression", "": ""}[self.head.label]
        found = Table(tuple(columns), len(matrix), lines=places, labels=labels, task=task, samples=samples)
        return found._replace(matrix=matrix, matrix_start=0)

    def _labels(self, lines: list[_Line], counts: Array) -> TableColumn:
        if self.head.label == TARGET:
            numbers = np.array([np.nan if line.label is None else float(line.label) for line in lines])
            return TableColumn(TARGET, np.repeat(numbers, counts))
        codes = [MISSING if line.label is None else self._places[line.label] for line in lines]
        words = tuple(self._places)
        own = np.repeat(np.array(codes, dtype=np.int32), counts)
        return TableColumn(CLASS, codes=own, words=words, is_declared=bool(self.head.classes))

    def _fault(self, message: str, number: int, advice: str | None) -> DataError:
        return DataError(message, path=self.shown, line=number, advice=advice)


def _numbers(channels: list[bytes], length: int) -> Array | None:
    """The values of all channels, None where a word is no number and where blanks stand between them."""
    text = b",".join(channels)
    if text.translate(None, _PLAIN):
        return None
    text = text.replace(b",", b" ")
    values, at = read_numbers(text)
    return values if at >= len(text) and len(values) == len(channels) * length else None
