"""Small tables for tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from anncli.tables import MISSING, Table, TableColumn


def words(name: str, *cells: str | None) -> TableColumn:
    """A column of words; None is a missing cell."""
    places: dict[str, int] = {}
    codes = [MISSING if cell is None else places.setdefault(cell, len(places)) for cell in cells]
    return TableColumn(name, codes=np.array(codes, dtype=np.int32), words=tuple(places))


def numbers(name: str, *cells: float | None, dtype: type = np.float64) -> TableColumn:
    """A column of numbers; None is a missing cell."""
    return TableColumn(name, np.array([np.nan if cell is None else cell for cell in cells], dtype=dtype))


def table(*columns: TableColumn, is_named: bool = True, labels: Sequence[str] = (), task: str = "") -> Table:
    """A table whose rows stand in the lines 2, 3, ..."""
    n = len(columns[0])
    return Table(columns, n, is_named, range(2, n + 2), 1, tuple(labels), task)


def matrix_table(names: Sequence[str], rows: Sequence[Sequence[float]], dtype: type = np.float32) -> Table:
    """A table of numbers that are one matrix."""
    matrix = np.array(rows, dtype=dtype)
    columns = tuple(TableColumn(name, matrix[:, k]) for k, name in enumerate(names))
    return Table(columns, len(matrix), matrix=matrix)
