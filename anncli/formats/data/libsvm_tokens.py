"""Files of index:value pairs as tokens: a row for each pair, so that no zero is ever stored."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from anncli.compiled.number_text import NO_QUERY, Pairs, read_pairs
from anncli.compiled.row_text import content_lines
from anncli.errors import DataError
from anncli.formats.data.base import TableWant
from anncli.formats.data.libsvm_rows import LABEL, QUERY, label_column, row_fault
from anncli.formats.data.row_blocks import repeated
from anncli.formats.files.source import ByteSource, count_lines
from anncli.tables import Table, TableColumn

TOKEN, VALUE = "token", "value"
_BLOCK_BYTES = 1 << 20
# float32 holds all whole numbers up to this one.
_MOST = 1 << 24
_PAIR = re.compile(rb"[0-9]+:\S")
# Lines whose label is left out begin with a pair.
_UNLABELLED = re.compile(rb"^([ \t]*)(?=[0-9]+:)", re.MULTILINE)


def has_pairs(source: ByteSource) -> bool:
    """Whether the first row of a source has pairs, with a label before them or without."""
    head = source.peek(lambda read: bool(content_lines(read[: read.rfind(b"\n") + 1], 1)))
    first = content_lines(head, 1)
    return bool(first) and b"\0" not in head and any(_PAIR.match(word) for word in first[0].split()[:3])


def open_tokens(source: ByteSource, want: TableWant) -> Iterator[Table]:
    """The pairs of a file in order: the label of their line, the query where rows have one, the index, and the value.

    A line without pairs is a token of value 0, which adds nothing to any sum. A line may leave its label out.
    Raises: DataError with the line of the first fault, after the rows above it have been given.
    """
    line, n_samples, has_queries = 1, 0, None
    for block in source.blocks(_BLOCK_BYTES):
        text = _UNLABELLED.sub(rb"\1? ", block)
        n_colons = int(np.count_nonzero(np.frombuffer(text, np.uint8) == ord(":")))
        pairs, at = read_pairs(text, 0, count_lines(text), n_colons)
        fault = None
        if at < len(text):
            number = line + text.count(b"\n", 0, at)
            fault = row_fault(text[at : text.find(b"\n", at)], source.shown, number)
        if len(pairs.labels):
            if has_queries is None:
                has_queries = bool((pairs.queries != NO_QUERY).any())
            table = _table(pairs, line, n_samples, has_queries, want)
            if table.n_rows and int(pairs.indices.max(initial=0)) > _MOST:
                row = int(np.searchsorted(pairs.ends, np.argmax(pairs.indices), side="right"))
                message = f"index {int(pairs.indices.max())} is beyond {_MOST}, the most that is read of tokens"
                raise DataError(message, path=source.shown, line=line + int(pairs.lines[row]))
            n_samples += len(pairs.labels)
            yield table
        if fault:
            raise fault
        line += count_lines(block)
    if not n_samples:
        names = (LABEL, TOKEN, VALUE)
        empty = tuple(TableColumn(name, np.empty(0)) for name in names)
        yield Table(empty, 0, labels=(LABEL,), samples=np.empty(0, dtype=np.int64))


def _table(pairs: Pairs, first_line: int, n_before: int, has_queries: bool, want: TableWant) -> Table:
    n = len(pairs.labels)
    counts = np.diff(pairs.ends, prepend=0)
    base = int(pairs.indices.min()) if len(pairs.indices) else 1
    # Lines without pairs get one of value 0, whose index is that of another token.
    filled = np.maximum(counts, 1)
    sample_of = np.repeat(np.arange(n), filled)
    is_pair = np.repeat(counts > 0, filled)
    matrix = np.zeros((len(sample_of), 2), dtype=np.float32)
    matrix[:, 0] = base
    matrix[is_pair, 0], matrix[is_pair, 1] = pairs.indices, pairs.values
    label, task = label_column(pairs, want.na)
    columns = [label.take(sample_of)]
    group = ""
    if has_queries:
        queries = np.where(pairs.queries == NO_QUERY, np.nan, pairs.queries.astype(np.float64))
        columns.append(TableColumn(QUERY, queries[sample_of]))
        group = QUERY
    start = len(columns)
    columns += [TableColumn(TOKEN, matrix[:, 0]), TableColumn(VALUE, matrix[:, 1])]
    lines = repeated((pairs.lines + first_line).tolist(), filled.tolist())
    found = Table(
        tuple(columns),
        len(sample_of),
        lines=lines,
        labels=(LABEL,),
        task=task,
        group=group,
        samples=sample_of + n_before,
    )
    return found._replace(matrix=matrix, matrix_start=start)
