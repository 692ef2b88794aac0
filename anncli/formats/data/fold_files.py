"""Files of folds: a table `row,repeat,fold` in CSV, a line for each row of the data in each repeat of a cross-validation.

Rows, repeats and folds are counted from 1, rows over all data files in their order; fold 0 is never tested on. A file
without the column `repeat` has one repeat.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.errors import DataError, count_of, quoted
from anncli.formats.files.textfile import Path, read_text, replace_file

_COLUMNS = ("row", "repeat", "fold")
# The entry of a row that is in no fold.
NO_FOLD = -1


class _Cell(NamedTuple):
    """A number of the file, and where it stands."""

    value: int
    line: int
    column: int


def read_folds(path: Path, wanted: Array) -> Array:
    """int32 (n_repeats, n_samples): the fold of each row in each repeat, NO_FOLD for rows of which the file says nothing.

    wanted: bool (n_samples,), rows that must have a fold; the others may have one.
    Raises: DataError with file, line and column for what is no such table, and for numbers that do not fit the data.
    """
    lines = list(_lines(path))
    n_samples, repeats = len(wanted), 1 + max(repeat.value for _, repeat, _ in lines)
    # Repeats without most of their rows would otherwise take memory before they are found.
    if (repeats - 1) * max(1, int(np.count_nonzero(wanted))) >= len(lines):
        highest = max((repeat for _, repeat, _ in lines), key=lambda cell: cell.value)
        raise _fault(path, highest, f"repeat {repeats} of {count_of(len(lines), 'line')}", "count repeats from 1")
    folds = np.full((repeats, n_samples), NO_FOLD, dtype=np.int32)
    for row, repeat, fold in lines:
        if row.value >= n_samples:
            raise _fault(path, row, f"row {row.value + 1}, and the data have {count_of(n_samples, 'row')}")
        if fold.value > n_samples:
            raise _fault(path, fold, f"fold {fold.value} for {count_of(n_samples, 'row')}", "count folds from 1")
        if folds[repeat.value, row.value] != NO_FOLD:
            message = f"row {row.value + 1} has a fold in repeat {repeat.value + 1} already"
            raise _fault(path, row, message, "remove one of its lines")
        folds[repeat.value, row.value] = fold.value
    _check_complete(path, folds, wanted)
    return folds


def write_folds(path: Path, folds: Array) -> None:
    """Write folds as read_folds() gives them; raises AnnError where that fails."""
    lines = [",".join(_COLUMNS)]
    for repeat, own in enumerate(folds.tolist(), 1):
        lines += [f"{row},{repeat},{fold}" for row, fold in enumerate(own, 1) if fold != NO_FOLD]
    replace_file(path, ("\n".join(lines) + "\n").encode())


def _lines(path: Path) -> Iterator[tuple[_Cell, _Cell, _Cell]]:
    """(row, repeat, fold) of every line that is not empty; row and repeat are counted from 0."""
    lines = read_text(path).splitlines()
    names = [name.strip() for name in lines[0].split(",")] if lines else []
    if not {"row", "fold"} <= set(names) <= set(_COLUMNS) or len(set(names)) < len(names):
        message = f"is no file of folds: the first line must be {','.join(_COLUMNS)}"
        raise DataError(message, path=_shown(path), line=1, advice="name another file with --folds-file")
    found = False
    for number, text in enumerate(lines[1:], 2):
        if text.strip():
            cells = dict(zip(names, _cells(path, text, number, len(names)), strict=True))
            first = cells["row"]
            cells.setdefault("repeat", _Cell(1, number, first.column))
            for name in ("row", "repeat"):
                if not cells[name].value:
                    raise _fault(path, cells[name], f"{name} 0", f"count {name}s from 1")
            row, repeat, fold = (cells[name] for name in _COLUMNS)
            yield row._replace(value=row.value - 1), repeat._replace(value=repeat.value - 1), fold
            found = True
    if not found:
        raise DataError("holds no folds", path=_shown(path), advice="write a line for each row of the data")


def _cells(path: Path, text: str, line: int, count: int) -> Iterator[_Cell]:
    words, column = text.split(","), 1
    if len(words) != count:
        message = f"{count_of(len(words), 'value')}, and the first line names {count}"
        raise DataError(message, path=_shown(path), line=line, advice="write one value for each column")
    for word in words:
        place = column + len(word) - len(word.lstrip())
        # No numbers so long that they would not fit an int64.
        if not (word.strip().isascii() and word.strip().isdecimal() and len(word.strip()) < 12):
            message = f"{quoted(word.strip())} is no whole number"
            raise DataError(message, path=_shown(path), line=line, column=place, advice="count from 1")
        yield _Cell(int(word), line, place)
        column += len(word) + 1


def _check_complete(path: Path, folds: Array, wanted: Array) -> None:
    for repeat, own in enumerate(folds, 1):
        missing = np.flatnonzero(wanted & (own == NO_FOLD))
        if len(missing):
            more = f" (of {len(missing)} such rows)" if len(missing) > 1 else ""
            message = f"row {missing[0] + 1} has no fold in repeat {repeat}{more}"
            raise DataError(message, path=_shown(path), advice="write a line for each row of the data")
        numbers = np.unique(own[wanted])
        numbers = numbers[numbers > 0]
        gaps = np.setdiff1d(np.arange(1, 1 + numbers.max(initial=1)), numbers)
        if len(gaps):
            message = f"repeat {repeat} has no row in fold {gaps[0]}"
            raise DataError(message, path=_shown(path), advice="count the folds of every repeat from 1, without gaps")


def _fault(path: Path, cell: _Cell, message: str, advice: str | None = None) -> DataError:
    advice = advice or "give the data that the folds were made for"
    return DataError(message, path=_shown(path), line=cell.line, column=cell.column, advice=advice)


def _shown(path: Path) -> str:
    return str(path)
