"""Random text tables, written and read by pandas: the same numbers, words and missing cells."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

import pytest

from anncli.errors import DataError
from anncli.formats.data import text_pieces
from anncli.formats.data.base import NA_WORDS, TableWant
from anncli.formats.data.table_files import read_table
from anncli.tables import TableColumn, number_word

pandas = pytest.importorskip("pandas")

LETTERS = ["a", "b", "Z", "é", "ß", "日本", "🙂", " ", "-", "_", "#", "'", "/", ".", "x1", "7"]
MARKS = [",", ";", "\t", "|", '"', "\n", '""', "\\"]


def word(rng: random.Random, special: float) -> str:
    text = "".join(rng.choice(MARKS if rng.random() < special else LETTERS) for _ in range(rng.randint(1, 8)))
    # Blanks at its ends would be lost without quotes; a word that is a number or a missing cell is none.
    return "w" + text + "w"


def column(rng: random.Random, n: int) -> list[Any]:
    kind = rng.randrange(6)
    if kind == 0:
        values: list[Any] = [rng.randint(-(10 ** rng.randint(1, 12)), 10**9) for _ in range(n)]
    elif kind == 1:
        values = [rng.gauss(0, 10 ** rng.randint(-12, 12)) for _ in range(n)]
    elif kind == 2:
        values = [round(rng.uniform(-100, 100), 2) for _ in range(n)]
    elif kind == 3:
        levels = [word(rng, 0.3) for _ in range(rng.randint(1, 5))]
        values = [rng.choice(levels) for _ in range(n)]
    elif kind == 4:
        values = [word(rng, rng.choice([0, 0.5])) for _ in range(n)]
    else:
        values = [rng.choice([rng.randint(0, 9), word(rng, 0.1)]) for _ in range(n)]
    share = rng.choice([0, 0, 0.2])
    return [None if rng.random() < share else value for value in values]


def values(column: TableColumn) -> list[object]:
    if column.numbers is not None:
        return [None if x != x else x for x in column.numbers.tolist()]
    assert column.codes is not None
    return [None if code < 0 else column.words[code] for code in column.codes.tolist()]


def expected(texts: list[object], decimal: str) -> list[object]:
    """A column as pandas gives it without conversion, as ours: numbers, or words where it has any."""
    found: list[object] = []
    for text in texts:
        try:
            found.append(float(text.replace(decimal, ".")) if isinstance(text, str) else None)
        except ValueError:
            found.append(text)
    if any(isinstance(value, str) for value in found):
        return [number_word(value) if isinstance(value, float) else value for value in found]
    return found


@pytest.mark.parametrize("seed", range(60))
def test_tables_of_pandas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    rng = random.Random(seed)
    n, width = rng.choice([2, 5, 40, 300]), rng.randint(2, 7)
    # One column of numbers shows that the first line has names.
    data = {f"c{k} {rng.choice(LETTERS[:6])}": column(rng, n) for k in range(width)}
    data["number"] = [k / 8 for k in range(n)]
    separator, decimal = rng.choice([(",", "."), (";", "."), ("\t", "."), ("|", "."), (";", ",")])
    path = tmp_path / "t.csv"
    pandas.DataFrame(data).to_csv(
        path, sep=separator, index=False, na_rep=rng.choice(["", "NA", "?"]), decimal=decimal,
        lineterminator=rng.choice(["\n", "\r\n"]), quoting=rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
        encoding=rng.choice(["utf-8", "utf-8-sig"]),
    )  # fmt: skip
    monkeypatch.setattr(text_pieces, "SAMPLE_BYTES", rng.choice([4096, 1 << 20]))
    monkeypatch.setattr(text_pieces, "_PIECE_BYTES", rng.choice([100, 1 << 19]))
    table = read_table(path, TableWant(delimiter=separator, decimal=decimal, block_rows=rng.choice([7, 1 << 16])))
    other = pandas.read_csv(
        path, sep=separator, dtype=str, keep_default_na=False, na_values=["", *NA_WORDS, *map(str.lower, NA_WORDS)]
    )
    assert table.names == tuple(other.columns)
    for ours, name in zip(table.columns, other.columns, strict=True):
        assert values(ours) == expected(other[name].tolist(), decimal), name
        assert values(ours) == [
            v if v is None or isinstance(v, str) or ours.numbers is not None else number_word(v) for v in data[name]
        ]
    assert table.column("number").numbers is not None
    # Without the options the same is found, or both readings are named.
    try:
        found, said = read_table(path), ""
    except DataError as fault:
        found, said = table, str(fault)
    assert not said or " can " in said or "a decimal comma" in said, said
    assert (found.names, [values(c) for c in found.columns]) == (table.names, [values(c) for c in table.columns])
