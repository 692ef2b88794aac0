"""Tables for the tests of formats: made, compared cell by cell, and read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from anncli.formats.data.base import TableWant
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_files import read_table
from anncli.tables import Table, TableColumn


def numbers(name: str, values: list[float | None], kind: Any = np.float64) -> TableColumn:
    return TableColumn(name, np.array([np.nan if value is None else value for value in values], dtype=kind))


def words(name: str, values: list[str | None]) -> TableColumn:
    places: dict[str, int] = {}
    codes = [-1 if value is None else places.setdefault(value, len(places)) for value in values]
    return TableColumn(name, codes=np.array(codes, dtype=np.int32), words=tuple(places))


def table(*columns: TableColumn, **more: Any) -> Table:
    return Table(columns, len(columns[0]), **more)


def cells(column: TableColumn) -> list[Any]:
    """Python's numbers and texts, None for missing cells."""
    if column.numbers is not None:
        return [None if value != value else value for value in column.numbers.tolist()]
    assert column.codes is not None
    return [None if code < 0 else column.words[code] for code in column.codes.tolist()]


def content(found: Table) -> dict[str, list[Any]]:
    assert all(len(column) == found.n_rows for column in found.columns)
    assert all(len(set(column.words)) == len(column.words) for column in found.columns)
    return {column.name: cells(column) for column in found.columns}


def read(path: Path | str, remarks: Remarks | None = None, name: str = "auto", **want: Any) -> Table:
    return read_table(path, TableWant(remarks=remarks, **want), name)
