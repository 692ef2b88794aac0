"""The format `proben1`: files of the PROBEN1 collection (.dt), a head that counts inputs, outputs and examples, then one
example per line: Prechelt 1994, technical report 21/94, Universität Karlsruhe."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from anncli.arrays import Array
from anncli.compiled.row_text import text_of
from anncli.errors import DataError, count_of, did_you_mean, quoted
from anncli.formats.data.base import TableWant
from anncli.formats.data.number_stream import NumberStream, count_fault
from anncli.formats.data.patterns import Declared, pattern_rows, pattern_tables, row_texts
from anncli.formats.files.output import Output, opened_output
from anncli.formats.files.source import ByteSource
from anncli.limits import COUNT_MAX
from anncli.tables import Table

_INPUTS, _OUTPUTS = ("bool_in", "real_in"), ("bool_out", "real_out")
_SETS = ("training", "validation", "test")
_KEYS = (*_INPUTS, *_OUTPUTS, *(f"{name}_examples" for name in _SETS))
_ENTRY = re.compile(rb"\s*([A-Za-z_]+)\s*=\s*([^\s=]*)\s*")


class Proben1:
    """The rows of the training, validation and test set follow each other; Table.sets counts them."""

    def sniff(self, head: bytes) -> bool:
        return re.match(rb"\s*(?:bool_in|real_in|bool_out|real_out|training_examples)\s*=", head) is not None

    def open_table(self, source: ByteSource, want: TableWant) -> Iterator[Table]:
        reader = _Reader(source.shown)
        for block in source.blocks():
            reader.feed(block)
        values, lines, declared = reader.finish()
        yield from pattern_tables(values, declared, lines, source.shown, want)


FORMAT = Proben1()


class _Reader:
    """head: the counts, complete when the first row comes; lines: the line of each row."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.head: dict[str, int] = {}
        self.lines: list[int] = []
        self._line = 1
        self._stream = NumberStream(shown)
        self._is_in_head = True

    @property
    def _width(self) -> int:
        return sum(self.head[key] for key in (*_INPUTS, *_OUTPUTS))

    @property
    def _n_rows(self) -> int:
        return sum(self.head[f"{name}_examples"] for name in _SETS)

    def feed(self, block: bytes) -> None:
        start = 0
        while self._is_in_head and start < len(block):
            end = block.find(b"\n", start)
            if block[start:end].strip() and not self._entry(block[start:end]):
                self._close_head()
                break
            self._line += 1
            start = end + 1
        if self._is_in_head or start == len(block):
            return
        self._check_lines(block, start)
        self._stream.line = self._line
        self._stream.feed(block[start:] if start else block)
        self._line = self._stream.line

    def _entry(self, line: bytes) -> bool:
        """Takes a line of the head; False for another line."""
        if b"=" not in line:
            return False
        entry = _ENTRY.fullmatch(line)
        key = text_of(entry[1]).lower() if entry else text_of(line.strip())
        if entry is None or key not in _KEYS:
            advice = did_you_mean(key, _KEYS)
            raise DataError(f"unknown line of the head {quoted(key)}", path=self.shown, line=self._line, advice=advice)
        if not entry[2].isdigit() or len(entry[2]) > 10 or int(entry[2]) > COUNT_MAX:
            message = f"{key}: expected a count, found {quoted(text_of(entry[2]))}"
            raise DataError(message, path=self.shown, line=self._line, advice="write a whole number")
        if key in self.head:
            raise DataError(f"{key} is given twice", path=self.shown, line=self._line, advice="remove one")
        self.head[key] = int(entry[2])
        return True

    def _close_head(self) -> None:
        missing = [key for key in _KEYS if key not in self.head]
        if missing:
            advice = f"write a line {missing[0]}=N before the rows"
            raise DataError(f"the head has no {missing[0]}", path=self.shown, line=self._line, advice=advice)
        if not sum(self.head[key] for key in _INPUTS):
            raise DataError(
                "the head declares no inputs", path=self.shown, line=self._line - 1, advice="correct the head"
            )
        self._is_in_head = False

    def _check_lines(self, block: bytes, start: int) -> None:
        """Raises DataError for the first line with too few or too many values, and for more rows than announced."""
        width, n_rows = self._width, self._n_rows
        for number, text in enumerate(block[start:].split(b"\n")[:-1], self._line):
            n = len(text.split())
            if not n:
                continue
            if n != width:
                # A word that is no number is the clearer fault.
                NumberStream(self.shown, number).feed(text + b"\n")
                message = f"expected {count_of(width, 'value')}, found {n}"
                raise DataError(message, path=self.shown, line=number, advice=f"the head has {self._counts()}")
            self.lines.append(number)
            if len(self.lines) > n_rows:
                raise count_fault(self.shown, number, (n_rows, width), len(self.lines) * width)

    def _counts(self) -> str:
        n_inputs, n_outputs = (sum(self.head[key] for key in keys) for keys in (_INPUTS, _OUTPUTS))
        return f"{count_of(n_inputs, 'input')} and {count_of(n_outputs, 'output')}"

    def finish(self) -> tuple[Array, list[int], Declared]:
        """The rows, float64 (n, width), their lines and what the head declares; raises DataError where rows are missing."""
        if self._is_in_head:
            self._close_head()
        values, n, width = self._stream.take(), self._n_rows, self._width
        if len(self.lines) != n:
            raise count_fault(self.shown, self._line - 1, (n, width), len(values))
        sets = tuple((name, self.head[f"{name}_examples"]) for name in _SETS if self.head[f"{name}_examples"])
        n_inputs = sum(self.head[key] for key in _INPUTS)
        is_boolean = self.head["bool_out"] > 0 and not self.head["real_out"]
        return values.reshape(n, width), self.lines, Declared(n_inputs, width - n_inputs, is_boolean, sets)


def write(target: Output, tables: Iterable[Table], labels: Sequence[str] = ()) -> None:
    """Write tables of numbers; of a label with words each level is an output, 1 for the class of the row and 0 for others.
    The sets are those of the table; without them all rows are training examples.

    Raises: DataError for inputs that are words and for missing cells, AnnError where the file cannot be written.
    """
    inputs, answers, table = pattern_rows(tables, labels, "PROBEN1")
    sets = dict(table.sets) if sum(count for _, count in table.sets) == len(inputs) else {"training": len(inputs)}
    head = dict.fromkeys(_KEYS, 0)
    head["bool_in" if _are_bits(inputs) else "real_in"] = inputs.shape[1]
    head["bool_out" if _are_bits(answers) and table.task != "regression" else "real_out"] = answers.shape[1]
    head.update({f"{name}_examples": sets.get(name, 0) for name in _SETS})
    with opened_output(target) as file:
        file.write("".join(f"{key}={count}\n" for key, count in head.items()).encode())
        file.write("".join(f"{text}\n" for text in row_texts(np.concatenate([inputs, answers], axis=1))).encode())


def _are_bits(values: Array) -> bool:
    return bool(((values == 0) | (values == 1)).all())
