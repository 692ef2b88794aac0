"""Columns of tables whose format has types: words with missing cells, checked numbers, different names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from anncli.arrays import Array
from anncli.errors import DataError, quoted
from anncli.formats.data.base import TableWant
from anncli.formats.data.remarks import Remarks
from anncli.tables import MISSING, Table, TableColumn, number_word

# From here on float64 does not hold every whole number.
MOST_WHOLE = 2**53


def column_names(names: Sequence[str], shown: str, advice: str) -> tuple[str, ...]:
    """The names of columns, those without one by their place; raises DataError for two of the same name."""
    found: dict[str, int] = {}
    for place, given in enumerate(names, 1):
        name = given or str(place)
        if name in found:
            raise DataError(
                f"columns {found[name]} and {place} are both called {quoted(name)}", path=shown, advice=advice
            )
        found[name] = place
    return tuple(found)


def are_named(names: Sequence[str]) -> bool:
    """Whether these are names of the columns, not only their places, which a table without names has."""
    return tuple(names) != tuple(str(place) for place in range(1, len(names) + 1))


def missing_words(want: TableWant) -> frozenset[str]:
    """The words that stand for a missing cell, in lower case."""
    return frozenset(("", *(word.lower() for word in want.na)))


def word_column(name: str, words: Sequence[str | None], codes: Array, missing: frozenset[str]) -> TableColumn:
    """A column of words.

    Args: words, by code, None for a missing cell, may be equal; codes, whole numbers (n,), negative for a missing cell;
        missing, further words for a missing cell.
    """
    first = np.full(len(words) + 1, MISSING, dtype=np.int64)
    used, places = np.unique(codes, return_index=True)
    order: dict[str, int] = {}
    for code in used[np.argsort(places)].tolist():
        word = words[code] if code >= 0 else None
        if word is not None and word.lower() not in missing:
            first[code] = order.setdefault(word, len(order))
    return TableColumn(name, codes=first[codes].astype(np.int32), words=tuple(order))


def cell_column(name: str, cells: Sequence[object], missing: frozenset[str]) -> TableColumn:
    """A column of Python objects: numbers, truth values, texts, None; a number among texts is a word."""
    kinds = set(map(type, cells)) - {type(None)}
    if kinds <= {int, float, bool}:
        return TableColumn(name, np.array(cells, dtype=np.float64))
    places: dict[str | None, int] = {}
    codes = [places.setdefault(_word(cell), len(places)) for cell in cells]
    return word_column(name, tuple(places), np.array(codes, dtype=np.int64), missing)


def _word(cell: object) -> str | None:
    return number_word(float(cell)) if isinstance(cell, (int, float)) else None if cell is None else str(cell)


def check_finite(column: TableColumn, first_row: int, shown: str) -> None:
    """Raises DataError for an infinite number; first_row: the number of the column's first row in the file, from 1."""
    if column.numbers is None:
        return
    infinite = np.isinf(column.numbers)
    if infinite.any():
        row = first_row + int(np.argmax(infinite))
        message = f"column {quoted(column.name)}, row {row}: an infinite number"
        raise DataError(message, path=shown, advice="correct it, or leave it empty for a missing value")


class RoundedNumbers:
    """Tells once of every column with whole numbers that 64-bit floats do not hold, such as long identifiers."""

    def __init__(self, shown: str, remarks: Remarks | None) -> None:
        self._shown, self._remarks = shown, remarks
        self._told: set[str] = set()

    def watch(self, table: Table) -> None:
        """Take notice of a batch of rows."""
        if self._remarks is None or not table.n_rows:
            return
        if table.matrix is not None and len(table.columns) == table.matrix.shape[1] and not _is_long(table.matrix):
            return
        for column in table.columns:
            if column.numbers is not None and column.name not in self._told and _is_long(column.numbers):
                whole = np.nan_to_num(column.numbers)
                # Longer numbers, or fractions in the same batch, are quantities, not identifiers.
                if (np.abs(whole) < 2**64).all() and (whole == np.round(whole)).all():
                    self._told.add(column.name)
                    text = f"column {quoted(column.name)} has whole numbers above 2^53, which are rounded"
                    self._remarks.note(self._shown, text)


def _is_long(numbers: Array) -> bool:
    """Whether a number may stand for another one. 2^53 itself may have been 2^53 + 1."""
    if numbers.dtype != np.float64:
        return False
    flat = numbers.reshape(-1)
    return bool(np.fmax.reduce(flat) >= MOST_WHOLE or np.fmin.reduce(flat) <= -MOST_WHOLE)
