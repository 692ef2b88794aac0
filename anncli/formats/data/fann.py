"""The format `fann`: FANN's training files, three counts (rows, inputs, outputs) and for each row its inputs and outputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from anncli.errors import DataError, quoted
from anncli.formats.data.base import TableWant
from anncli.formats.data.foreign import is_fann
from anncli.formats.data.number_stream import NumberStream, count_fault
from anncli.formats.data.patterns import Declared, pattern_rows, pattern_tables, row_texts
from anncli.formats.files.output import Output, opened_output
from anncli.formats.files.source import ByteSource
from anncli.limits import COUNT_MAX
from anncli.tables import Table

_HEAD = 3


class Fann:
    """The numbers may be divided into lines in any way. All are read before the first row is given, because only then it
    shows whether every row has one high output."""

    def sniff(self, head: bytes) -> bool:
        return is_fann(head)

    def open_table(self, source: ByteSource, want: TableWant) -> Iterator[Table]:
        stream, blocks = NumberStream(source.shown), source.blocks()
        for block in blocks:
            stream.feed(block)
            if stream.n >= _HEAD:
                break
        numbers = stream.take()
        n, n_inputs, n_outputs = _counts(numbers[:_HEAD].tolist(), source.shown)
        rest, width = NumberStream(source.shown, stream.line), n_inputs + n_outputs
        most = n * width - (len(numbers) - _HEAD)
        if most >= 0:
            rest.feed_all(blocks, most)
        values = np.concatenate([numbers[_HEAD:], rest.take()])
        if len(values) != n * width:
            raise count_fault(source.shown, rest.line - 1, (n, width), len(values))
        # Two lines a row, as FANN writes them; where lines are divided in another way their numbers are not known.
        lines = range(2, 2 * n + 2, 2) if rest.line == 2 * n + 2 else range(0)
        declared = Declared(n_inputs, n_outputs)
        yield from pattern_tables(values.reshape(n, width), declared, lines, source.shown, want)


FORMAT = Fann()


def _counts(head: list[float], shown: str) -> tuple[int, int, int]:
    if len(head) < _HEAD:
        advice = "begin the file with the number of rows, of inputs and of outputs"
        raise DataError(f"expected three counts, found {len(head)}", path=shown, line=1, advice=advice)
    least = {"rows": 0, "inputs": 1, "outputs": 0}
    for column, (count, what) in enumerate(zip(head, least, strict=True), 1):
        if count != int(count) or not least[what] <= count <= COUNT_MAX:
            message = f"expected the number of {what}, found {quoted(f'{count:g}')}"
            raise DataError(message, path=shown, line=1, column=column, advice="write a whole number")
    n, n_inputs, n_outputs = map(int, head)
    return n, n_inputs, n_outputs


def write(target: Output, tables: Iterable[Table], labels: Sequence[str] = ()) -> None:
    """Write tables of numbers; of a label with words each level is an output, 1 for the class of the row and 0 for others.

    Raises: DataError for inputs that are words and for missing cells, AnnError where the file cannot be written.
    """
    inputs, answers, _ = pattern_rows(tables, labels, "FANN")
    if not answers.shape[1]:
        raise DataError("no column is the label", advice="say which one is, or write another format")
    with opened_output(target) as file:
        file.write(f"{len(inputs)} {inputs.shape[1]} {answers.shape[1]}\n".encode())
        rows = zip(row_texts(inputs), row_texts(answers), strict=True)
        file.write("".join(f"{one}\n{other}\n" for one, other in rows).encode())
