"""Whole numbers that 64-bit floats do not hold, such as long identifiers: every format of tables tells of them, once."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from anncli.formats.data.base import TableWant
from anncli.formats.data.registry import table_format_of
from anncli.formats.data.remarks import Remarks
from anncli.formats.files.source import ByteSource

FIRST = 2**53 + 1


def notes(path: Path) -> list[str]:
    remarks = Remarks()
    source = ByteSource(path)
    # Several batches.
    list(table_format_of(source).open_table(source, TableWant(remarks=remarks, block_rows=2)))
    return [text.replace(f"{path}: ", "") for text in remarks.notes]


def write(folder: Path, kind: str, identifiers: list[int | float]) -> Path:
    path = folder / f"t.{kind}"
    rows = [(identifier, k) for k, identifier in enumerate(identifiers)]
    if kind == "db":
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE t (id, n)")
            connection.executemany("INSERT INTO t VALUES (?, ?)", rows)
        connection.close()
    elif kind == "csv":
        path.write_text("id,n\n" + "".join(f"{one!r},{n}\n" for one, n in rows))
    else:
        path.write_text("".join(f'{{"id": {one!r}, "n": {n}}}\n' for one, n in rows))
    return path


@pytest.mark.parametrize("kind", ["csv", "jsonl", "db"])
@pytest.mark.parametrize("sign", [1, -1])
def test_long_identifiers_are_told_once(tmp_path: Path, kind: str, sign: int) -> None:
    path = write(tmp_path, kind, [7, *(sign * (FIRST + k) for k in range(6))])
    assert notes(path) == ["column 'id' has whole numbers above 2^53, which are rounded"]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "db"])
def test_other_large_numbers_are_quantities(tmp_path: Path, kind: str) -> None:
    assert notes(write(tmp_path, kind, [1e30, 2e30, 3e30])) == []
    (tmp_path / f"t.{kind}").unlink()
    assert notes(write(tmp_path, kind, [0.5, 1e17])) == []
    (tmp_path / f"t.{kind}").unlink()
    assert notes(write(tmp_path, kind, [2**53 - 1, 5, 6])) == []
