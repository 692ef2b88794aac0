"""Files of index:value pairs as tokens, so that no zero is ever stored."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from anncli.arrays import Tokens
from anncli.compiled.number_text import NO_QUERY, Pairs, read_pairs
from anncli.compiled.row_text import content_lines
from anncli.errors import DataError
from anncli.formats.data.base import TableWant
from anncli.formats.data.libsvm_rows import LABEL, NO_LABEL, QUERY, have_labels, label_column, row_fault
from anncli.formats.files.source import ByteSource, count_lines
from anncli.tables import Table, TableColumn

TOKENS = "tokens"
_BLOCK_BYTES = 1 << 20
_PAIR = re.compile(rb"[0-9]+:\S")
# Lines whose label is left out begin with a pair.
_UNLABELLED = re.compile(rb"^([ \t]*)(?=[0-9]+:)", re.MULTILINE)


def has_pairs(source: ByteSource) -> bool:
    """Whether the first row of a source has pairs, with a label before them or without."""
    head = source.peek(lambda read: bool(content_lines(read[: read.rfind(b"\n") + 1], 1)))
    first = content_lines(head, 1)
    return bool(first) and b"\0" not in head and any(_PAIR.match(word) for word in first[0].split()[:3])


def open_tokens(source: ByteSource, want: TableWant) -> Iterator[Table]:
    """The lines of a file in order: the label, the query where they have one, and the tokens, with the indices of the file.

    A line may leave its label out; where no line of the first ones has one, the file has none. Raises: DataError with the line of the first fault, after the rows above it have been given.
    """
    line, n_samples, has_queries, has_labels = 1, 0, None, True
    for block in source.blocks(_BLOCK_BYTES):
        text = _UNLABELLED.sub(rb"\1" + NO_LABEL + b" ", block)
        n_colons = int(np.count_nonzero(np.frombuffer(text, np.uint8) == ord(":")))
        pairs, at = read_pairs(text, 0, count_lines(text), n_colons)
        fault = None
        if at < len(text):
            number = line + text.count(b"\n", 0, at)
            fault = row_fault(text[at : text.find(b"\n", at)], source.shown, number)
        if len(pairs.labels):
            if has_queries is None:
                has_queries = bool((pairs.queries != NO_QUERY).any())
                has_labels = have_labels(pairs.words, len(pairs.labels))
            if len(far := np.flatnonzero(pairs.indices > want.tokens)):
                row = int(np.searchsorted(pairs.ends, far[0], side="right"))
                message = f"token {pairs.indices[far[0]]} is beyond 1 to {want.tokens}"
                advice = f"the network has `inputs: {want.tokens} tokens`"
                raise DataError(message, path=source.shown, line=line + int(pairs.lines[row]), advice=advice)
            if len(gaps := np.flatnonzero(np.isnan(pairs.values))):
                row = int(np.searchsorted(pairs.ends, gaps[0], side="right"))
                message = f"the value of token {pairs.indices[gaps[0]]} is missing"
                advice = "write a number, or leave the pair out"
                raise DataError(message, path=source.shown, line=line + int(pairs.lines[row]), advice=advice)
            n_samples += len(pairs.labels)
            yield _table(pairs, line, has_queries, has_labels, want)
        if fault:
            raise fault
        line += count_lines(block)
    if not n_samples:
        empty = tuple(TableColumn(name, np.empty(0)) for name in (LABEL, TOKENS))
        yield Table(empty, 0, labels=(LABEL,))


def _table(pairs: Pairs, first_line: int, has_queries: bool, has_labels: bool, want: TableWant) -> Table:
    """A row for each line; the column of tokens is there because samples have inputs, and holds nothing."""
    label, task = label_column(pairs, want.na)
    columns, n = [label] if has_labels else [], len(pairs.labels)
    if has_queries:
        queries = np.where(pairs.queries == NO_QUERY, np.nan, pairs.queries.astype(np.float64))
        columns.append(TableColumn(QUERY, queries))
    columns.append(TableColumn(TOKENS, np.zeros(n, dtype=np.float32)))
    starts = np.concatenate([[0], pairs.ends])
    tokens = Tokens(pairs.indices, pairs.values.astype(np.float32), starts, want.tokens + 1)
    first, last = int(pairs.lines[0]), int(pairs.lines[-1])
    lines = (
        range(first_line + first, first_line + last + 1)
        if last - first == n - 1
        else (pairs.lines + first_line).tolist()
    )
    group = QUERY if has_queries else ""
    if not has_labels:
        return Table(tuple(columns), n, lines=lines, group=group, tokens=tokens)
    return Table(tuple(columns), n, lines=lines, labels=(LABEL,), task=task, group=group, tokens=tokens)
