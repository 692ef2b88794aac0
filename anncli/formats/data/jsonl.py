"""The data format `jsonl`: in each line a JSON object with the same flat keys, which name the columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from anncli.errors import DataError, nearest, quoted
from anncli.formats.data.base import TableWant
from anncli.formats.data.cell_text import cell_texts, with_labels
from anncli.formats.data.table_stream import settled
from anncli.formats.data.typed import RoundedNumbers, are_named, cell_column, check_finite, missing_words
from anncli.formats.files.output import Output, opened_output
from anncli.formats.files.source import ByteSource
from anncli.tables import Table, TableColumn

_EXAMPLE = 'write for example {"height": 1.8, "city": "Rome"}'


class JsonLines:
    """Numbers, truth values (1 and 0), texts and null; keys that later rows lack are missing cells."""

    def sniff(self, head: bytes) -> bool:
        try:
            first = json.loads(head.split(b"\n", 1)[0])
        except (ValueError, RecursionError):
            return False
        return isinstance(first, dict) and not any(isinstance(cell, (list, dict)) for cell in first.values())

    def open_table(self, source: ByteSource, want: TableWant) -> Iterator[Table]:
        rows: list[dict[str, Any]] = []
        lines: list[int] = []
        reader = _Rows(source.shown, want)
        line = 0
        for block in source.blocks():
            for text in block.split(b"\n")[:-1]:
                line += 1
                if text.strip():
                    rows.append(reader.row(text, line))
                    lines.append(line)
                if len(rows) == want.block_rows:
                    yield reader.table(rows, lines)
                    rows, lines = [], []
        if rows or not reader.n_rows:
            yield reader.table(rows, lines)


FORMAT = JsonLines()


class _Rows:
    def __init__(self, shown: str, want: TableWant) -> None:
        self._shown, self._missing = shown, missing_words(want)
        self._names: tuple[str, ...] = ()
        self._rounded = RoundedNumbers(shown, want.remarks)
        self.n_rows = 0

    def row(self, text: bytes, line: int) -> dict[str, Any]:
        """The object of a line; raises DataError where it is none, or has other keys than the first."""
        try:
            row = json.loads(text, object_pairs_hook=_once, parse_int=float)
        except (ValueError, RecursionError) as fault:
            said = str(fault) if isinstance(fault, _TwiceError) else "is no JSON object"
            raise DataError(said, path=self._shown, line=line, advice=_EXAMPLE) from None
        if not isinstance(row, dict):
            raise DataError("is no JSON object", path=self._shown, line=line, advice=_EXAMPLE)
        self._names = self._names or tuple(row)
        for name, cell in row.items():
            if name not in self._names:
                close = nearest(name, self._names)
                advice = (
                    f"is it {quoted(close)}?" if close else "give all keys in the first line, null for missing values"
                )
                raise DataError(
                    f"the key {quoted(name)} is not in the first line", path=self._shown, line=line, advice=advice
                )
            if isinstance(cell, (list, dict)):
                message = f"the key {quoted(name)} holds nested values, not a number or a text"
                raise DataError(message, path=self._shown, line=line, advice="give each of them a key of its own")
        return row

    def table(self, rows: list[dict[str, Any]], lines: list[int]) -> Table:
        columns = tuple(cell_column(name, [row.get(name) for row in rows], self._missing) for name in self._names)
        for column in columns:
            check_finite(column, self.n_rows + 1, self._shown)
        self.n_rows += len(rows)
        table = Table(columns, len(rows), are_named(self._names), lines)
        self._rounded.watch(table)
        return table


class _TwiceError(ValueError):
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _TwiceError(f"the key {quoted(twice)} stands twice")
    return found


def write(target: Output, tables: Iterable[Table], labels: Sequence[str] = ()) -> None:
    """A line per row, with null for missing cells; raises DataError for a label that is no column."""
    with opened_output(target) as file:
        for table in with_labels(settled(tables), labels):
            columns = []
            for column in table.columns:
                key = json.dumps(column.name, ensure_ascii=False) + ": "
                columns.append([key + text for text in _texts(column)])
            file.write("".join("{" + ", ".join(row) + "}\n" for row in zip(*columns, strict=True)).encode())


def _texts(column: TableColumn) -> list[str]:
    if column.numbers is None:
        words = tuple(json.dumps(word, ensure_ascii=False) for word in column.words)
        column = TableColumn(column.name, codes=column.codes, words=words)
    return cell_texts(column, "null")
