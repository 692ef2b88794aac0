"""The format `snns`: pattern files of the Stuttgart Neural Network Simulator (.pat), a head and then inputs and outputs of
each pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from anncli.compiled.row_text import text_of
from anncli.errors import DataError, quoted
from anncli.formats.data.base import TableWant
from anncli.formats.data.number_stream import NumberStream, count_fault
from anncli.formats.data.patterns import Declared, pattern_rows, pattern_tables, row_texts
from anncli.formats.files.output import Output, opened_output
from anncli.formats.files.source import ByteSource
from anncli.limits import COUNT_MAX
from anncli.tables import Table

_MARK = b"SNNS pattern definition file"
_ENTRY = re.compile(rb"\s*(No\. of [a-z ]+?|[A-Z][A-Za-z ]+?)\s*:\s*(.*?)\s*", re.IGNORECASE)
_COMMENT = re.compile(rb"#[^\n]*")
_PATTERNS, _INPUTS, _OUTPUTS = "no. of patterns", "no. of input units", "no. of output units"
_REFUSED = "remove the dimensions: give every pattern the same number of values"


class Snns:
    """Patterns of fixed size. Those with dimensions in brackets, and class redistribution, are refused."""

    def sniff(self, head: bytes) -> bool:
        return head.startswith(_MARK)

    def open_table(self, source: ByteSource, want: TableWant) -> Iterator[Table]:
        head, blocks = _Head(source.shown), source.blocks()
        stream = NumberStream(source.shown)
        for block in blocks:
            rest = head.feed(block)
            if rest is not None:
                stream.line = head.line
                break
        else:
            rest = b""
            head.check()
        n, n_inputs, n_outputs = (head.counts.get(key, 0) for key in (_PATTERNS, _INPUTS, _OUTPUTS))
        width, most = n_inputs + n_outputs, n * (n_inputs + n_outputs)
        stream.feed(_plain(rest, source.shown, stream.line))
        if stream.n <= most:
            stream.feed_all((_plain(block, source.shown, stream.line) for block in blocks), most)
        if stream.n != most:
            raise count_fault(source.shown, stream.line - 1, (n, width), stream.n)
        values = stream.take().reshape(n, width)
        yield from pattern_tables(values, Declared(n_inputs, n_outputs), range(0), source.shown, want)


FORMAT = Snns()


class _Head:
    """The lines before the patterns. counts: the numbers that they give; line: the number of the next line."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.counts: dict[str, int] = {}
        self.line = 1

    def feed(self, block: bytes) -> bytes | None:
        """Takes the lines of the head; returns the rest of the block where it begins in this one."""
        start = 0
        while start < len(block):
            end = block.find(b"\n", start)
            text = _COMMENT.sub(b"", block[start:end]).strip()
            if self.line > 1 and text and not text.lower().startswith(b"generated at"):
                entry = _ENTRY.fullmatch(text)
                if entry is None:
                    self.check()
                    return block[start:]
                self._take(text_of(entry[1]).lower(), entry[2])
            elif self.line == 1 and not text.startswith(_MARK):
                raise self._fault(f"expected '{_MARK.decode()}', found {quoted(text_of(text))}", "check the file")
            self.line += 1
            start = end + 1
        return None

    def _take(self, key: str, value: bytes) -> None:
        if "dimension" in key:
            raise self._fault("has patterns of variable dimensions, which are not read", _REFUSED)
        if "class" in key:
            raise self._fault("has classes of patterns, which are not read", "save the patterns without classes")
        if key not in (_PATTERNS, _INPUTS, _OUTPUTS):
            raise self._fault(f"unknown line of the head {quoted(key)}", "remove it, or correct it")
        if not value.isdigit() or len(value) > 10 or int(value) > COUNT_MAX or key in self.counts:
            message = f"{key}: expected one count, found {quoted(text_of(value))}"
            raise self._fault(message, "write a whole number, once")
        self.counts[key] = int(value)

    def check(self) -> None:
        """Raises DataError where the head lacks a count."""
        for key in (_PATTERNS, _INPUTS):
            if key not in self.counts:
                raise self._fault(f"the head has no line '{key}'", "write it before the patterns")
        if not self.counts[_INPUTS]:
            raise self._fault("the head declares no inputs", "correct the head")

    def _fault(self, message: str, advice: str) -> DataError:
        return DataError(message, path=self.shown, line=self.line, advice=advice)


def _plain(block: bytes, shown: str, line: int) -> bytes:
    """A block of patterns without its comments; raises DataError for the first bracket."""
    block = _COMMENT.sub(b"", block) if b"#" in block else block
    bracket = block.find(b"[")
    if bracket >= 0:
        place = line + block.count(b"\n", 0, bracket)
        raise DataError(
            "has patterns of variable dimensions, which are not read", path=shown, line=place, advice=_REFUSED
        )
    return block


def write(target: Output, tables: Iterable[Table], labels: Sequence[str] = ()) -> None:
    """Write tables of numbers; of a label with words each level is an output, 1 for the class of the row and 0 for others.

    Raises: DataError for inputs that are words and for missing cells, AnnError where the file cannot be written.
    """
    inputs, answers, _ = pattern_rows(tables, labels, "SNNS")
    counts = {"patterns": len(inputs), "input units": inputs.shape[1], "output units": answers.shape[1]}
    with opened_output(target) as file:
        file.write(_MARK + b" V3.2\ngenerated at -\n\n\n")
        file.write(
            "".join(f"No. of {what} : {n}\n" for what, n in counts.items() if n or what != "output units").encode()
        )
        file.write(b"\n")
        pieces = (row_texts(np.ascontiguousarray(inputs)), row_texts(answers))
        for k, (one, other) in enumerate(zip(*pieces, strict=True), 1):
            answer = f"# Output pattern {k}:\n{other}\n" if other else ""
            file.write(f"# Input pattern {k}:\n{one}\n{answer}".encode())
