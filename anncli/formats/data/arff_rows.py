"""The rows of an ARFF file. Regular blocks are cut into columns at once; where that fails, one line after another is read."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from anncli.arrays import Array
from anncli.compiled.row_text import LIMIT, NUMBER, text_of, value_fault
from anncli.errors import DataError, count_of, nearest, quoted
from anncli.formats.data.arff_columns import columns_at_once, cut_rows, rows_alone
from anncli.formats.data.arff_head import (
    QUOTED,
    QUOTED_MARK,
    Attribute,
    answer_of,
    cell_word,
    unquoted,
    without_remark,
    word_text,
)
from anncli.formats.data.arff_sparse import SparseBlocks
from anncli.formats.data.dense import check_dense
from anncli.tables import Table, TableColumn

_CELL = re.compile(rb"\s*(?:(" + QUOTED + rb"|\{[^}]*\})\s*|([^,'\"{}\s][^,{}]*)?)(?:,|\Z)", re.DOTALL)
_BLANK_CELL = re.compile(rb"\s*(?:(" + QUOTED + rb"|\{[^}]*\})|([^'\"{}\s]\S*))(?=\s|\Z)", re.DOTALL)
_SPARSE = re.compile(rb"\{((?:" + QUOTED + rb"|[^'\"{}])*)\}(?:\s*,\s*(\{[^}]*\}))?", re.DOTALL)
_PIECE = re.compile(rb"(?:" + QUOTED + rb"|[^,'\"])+")
_PAIR = re.compile(rb"([0-9]{1,9})\s+(.+)", re.DOTALL)
_MANY_LEVELS = 5


class RowReader:
    """Turns blocks of lines into tables. n_waiting: the rows that table() will give; is_new: it has not given any yet."""

    def __init__(self, attributes: list[Attribute], shown: str, line: int) -> None:
        self.attributes, self.shown, self.line = attributes, shown, line
        self.is_new = True
        self._sparse = SparseBlocks(attributes)
        self._without_zero = [place for place, a in enumerate(attributes) if a.kind in ("string", "date")]
        self.n_waiting = 0
        self._n_rows = self._n_bytes = 0
        self._has_weights = False
        self._columns: list[Array | list[str | None]] = []
        self._lines: Sequence[int] = range(0)
        self._weights: list[float] = []

    def feed(self, block: bytes) -> None:
        """Read whole lines; before a fault those above it. Raises: DataError at the first fault."""
        self._n_bytes += len(block)
        plain, lines = rows_alone(block, self.line)
        columns: Sequence[Array | list[str | None]] | None
        if plain.startswith(b"{"):
            columns = self._sparse.columns(plain, self._check_size)
        else:
            columns = columns_at_once(self.attributes, cut_rows(plain, len(self.attributes)))
        if columns is None:
            self._feed_lines(block)
            return
        self._columns, self._lines = list(columns), lines
        self.n_waiting, self._weights = len(lines), []
        self.line += block.count(b"\n")
        self._n_rows += len(lines)

    def _feed_lines(self, block: bytes) -> None:
        rows: list[list[float | str | None]] = []
        lines: list[int] = []
        self._weights = []
        try:
            for line in block.split(b"\n")[:-1]:
                content = without_remark(line)
                if content and content.lower() != b"@end":
                    rows.append(self._row(content))
                    lines.append(self.line)
                self.line += 1
        finally:
            columns = list(zip(*rows, strict=True)) if rows else [()] * len(self.attributes)
            self._columns = [_typed(a, column) for a, column in zip(self.attributes, columns, strict=True)]
            self._lines, self.n_waiting = lines, len(lines)
            del self._weights[len(lines) :]

    def _row(self, content: bytes) -> list[float | str | None]:
        """The cells of a row: numbers, codes of levels (missing: NaN, -1), words (missing: None)."""
        self._n_rows += 1
        sparse = _SPARSE.fullmatch(content) if content.startswith(b"{") else None
        if sparse is not None:
            self._check_size()
            self._weigh(sparse[2])
            return self._sparse_row(sparse[1])
        if content.startswith(b"{"):
            raise self._fault("a sparse row cannot be read", 1, "write for example {1 0.5, 3 red}")
        cells = self._cells(content)
        if len(cells) == len(self.attributes) + 1 and cells[-1].startswith(b"{"):
            self._weigh(cells.pop())
        else:
            self._weigh(None)
        if len(cells) == len(self.attributes) + 1 and not cells[-1]:
            cells.pop()
        if len(cells) != len(self.attributes):
            message = f"expected {count_of(len(self.attributes), 'value')}, found {len(cells)} ({quoted(text_of(content[:200]))})"
            advice = f"the head declares {count_of(len(self.attributes), 'attribute')}"
            raise DataError(message, path=self.shown, line=self.line, advice=advice)
        return [self._value(cell, place) for place, cell in enumerate(cells)]

    def _cells(self, content: bytes) -> list[bytes]:
        pattern = _CELL if b"," in content or len(self.attributes) == 1 else _BLANK_CELL
        cells, at = list[bytes](), 0
        while at < len(content):
            found = pattern.match(content, at)
            if found is None or found.end() == at:
                raise self._fault(
                    f"cannot read {quoted(text_of(content[at : at + 200]))}", len(cells) + 1, "close every quote"
                )
            cells.append(found[1] or (found[2] or b"").rstrip())
            at = found.end()
        return [*cells, b""] if pattern is _CELL and content.endswith(b",") else cells

    def _weigh(self, text: bytes | None) -> None:
        weight = text[1:-1].strip() if text else b""
        if text and (not NUMBER.fullmatch(weight) or not 0 <= float(weight) < LIMIT):
            message = f"expected the weight of the row, found {quoted(text_of(text))}"
            raise self._fault(message, len(self.attributes) + 1, "write for example {2.5}")
        if text and not self._has_weights and not self.is_new:
            advice = "write {1} at the end of one of the first rows"
            raise self._fault(
                "the row has a weight, those of the first blocks have none", len(self.attributes) + 1, advice
            )
        self._has_weights = self._has_weights or bool(text)
        self._weights.append(float(weight) if text else 1.0)

    def _check_size(self, more: int = 0) -> None:
        """Whoever writes rows in this form leaves most cells out; raises DataError where too many would be made of them."""
        check_dense(self._n_rows + more, len(self.attributes), self._n_bytes, self.shown)

    def _sparse_row(self, inside: bytes) -> list[float | str | None]:
        row: list[float | str | None] = [0.0] * len(self.attributes)
        seen = set[int]()
        for column, cell in enumerate(_split(inside), 1):
            pair = _PAIR.fullmatch(cell)
            place = int(pair[1]) if pair else -1
            if pair is None or place >= len(self.attributes) or place in seen:
                message = f"expected a place from 0 to {len(self.attributes) - 1} and its value, found {quoted(text_of(cell))}"
                raise self._fault(message, column, "give each place once")
            seen.add(place)
            row[place] = self._value(pair[2], place)
        for place in self._without_zero:
            if place not in seen:
                message = f"the sparse row leaves out {quoted(self.attributes[place].name)}, which has no value for 0"
                raise self._fault(message, place + 1, "write its value, or ?")
        return row

    def _value(self, cell: bytes, place: int) -> float | str | None:
        """One cell; raises DataError for a number, level or date that is none."""
        attribute = self.attributes[place]
        if attribute.kind == "number" and NUMBER.fullmatch(cell):
            number = float(cell)
            if -LIMIT < number < LIMIT:
                return number
        if cell in (b"?", b""):
            return {"number": np.nan, "nominal": -1.0}.get(attribute.kind)
        word = unquoted(cell)
        if attribute.kind == "number":
            fault = value_fault(word.strip())
            if fault:
                raise self._fault(f"attribute {quoted(attribute.name)}: {fault[0]}", place + 1, fault[1])
            return float(word)
        if attribute.kind == "nominal":
            code = attribute.places.get(QUOTED_MARK if word == b"?" else word)
            if code is None:
                raise self._level_fault(attribute, text_of(word), place + 1)
            return float(code)
        text = word_text(word, self.shown, self.line)
        date = attribute.date_word(text) if attribute.kind == "date" else cell_word(text)
        if date is None:
            message = f"attribute {quoted(attribute.name)}: {quoted(text)} is no date of the declared pattern"
            raise self._fault(message, place + 1, "correct it, or write ?")
        return date

    def _level_fault(self, attribute: Attribute, word: str, column: int) -> DataError:
        few = ", ".join(attribute.words[:_MANY_LEVELS]) + (", ..." if len(attribute.words) > _MANY_LEVELS else "")
        close = nearest(word, attribute.words)
        advice = f"did you mean '{close}'?" if close else "correct it, or declare it in the head"
        return self._fault(f"{quoted(word)} is no level of {quoted(attribute.name)} ({few})", column, advice)

    def _fault(self, message: str, column: int, advice: str) -> DataError:
        return DataError(message, path=self.shown, line=self.line, column=column, advice=advice)

    def table(self) -> Table:
        """The rows read since the last call."""
        columns = [
            _finished(a, c) for a, c in zip(self.attributes, self._columns or [[]] * len(self.attributes), strict=True)
        ]
        labels, task = answer_of(self.attributes)
        matrix, start = _longest_run(columns)
        if matrix is not None:
            for place in range(matrix.shape[1]):
                columns[start + place] = TableColumn(columns[start + place].name, matrix[:, place])
        weight = ""
        if self._has_weights:
            names = {a.name for a in self.attributes}
            weight = next(name for name in ("weight", "row weight", "weight of the row") if name not in names)
            columns.append(TableColumn(weight, np.array(self._weights or np.ones(self.n_waiting), dtype=np.float64)))
        found = Table(
            tuple(columns), self.n_waiting, lines=self._lines, labels=labels, task=task, matrix=matrix, matrix_start=start, weight=weight
        )  # fmt: skip
        self.is_new, self.n_waiting = False, 0
        return found


def _typed(attribute: Attribute, cells: Sequence[float | str | None]) -> Array | list[str | None]:
    if attribute.kind in ("number", "nominal"):
        return np.array(cells, dtype=np.float64)
    return [None if cell is None else str(cell) for cell in cells]


def _finished(attribute: Attribute, cells: Array | list[str | None]) -> TableColumn:
    if attribute.kind == "number":
        return TableColumn(attribute.name, np.asarray(cells, dtype=np.float64))
    if attribute.kind == "nominal":
        codes = np.asarray(cells, dtype=np.float64).astype(np.int32)
        return TableColumn(attribute.name, codes=codes, words=attribute.words, is_declared=True)
    places: dict[str, int] = {}
    found = [-1 if word is None else places.setdefault(str(word), len(places)) for word in cells]
    return TableColumn(attribute.name, codes=np.array(found, dtype=np.int32), words=tuple(places))


def _longest_run(columns: list[TableColumn]) -> tuple[Array | None, int]:
    """The longest run of columns of numbers as one matrix, and where it starts."""
    best, start = (0, 0), None
    for place, column in enumerate([*columns, TableColumn("")]):
        if column.numbers is not None:
            start = place if start is None else start
        elif start is not None:
            best, start = max(best, (place - start, -start)), None
    n, first = best[0], -best[1]
    if not n:
        return None, 0
    return np.stack(
        [column.numbers for column in columns[first : first + n] if column.numbers is not None], axis=1
    ), first


def _split(inside: bytes) -> list[bytes]:
    """The pairs of a sparse row, split at the commas outside quotes."""
    if b"'" not in inside and b'"' not in inside:
        return [piece.strip() for piece in inside.split(b",")] if inside.strip() else []
    return [piece.strip() for piece in _PIECE.findall(inside)]
