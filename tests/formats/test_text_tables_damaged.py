"""Damaged text tables: an error with its place, or the same table from both parsers."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from anncli.compiled import native_module, table_text
from anncli.errors import DataError
from anncli.formats.data import text_pieces
from anncli.formats.data.base import TableWant
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_files import read_table
from anncli.tables import Table

TABLES = [
    "sepal,petal,species\n" + "".join(f"{k / 7:.3f},{k},{'abc'[k % 3]}\n" for k in range(40)),
    "39, State-gov, 77516, Bachelors\n50, ?, 83311, Masters\n38, Private, 215646, HS-grad\n" * 8,
    'id;"na;me";x\r\n1;"Ä ""b""\r\nc";1,5\r\n2;"d";2,25\r\n' * 3,
    "'40-49','premeno','15-19'\n'50-59','ge40','15-19'\n" * 6,
    "a\tb\tc\n1\t\tx y\n2\t3\tz\n" + "NA\t4\tx y\n" * 10,
    "# comment\na b\n1 2\n 3  4 \n" * 4,
    ',u,v\n0,"x\\"y",1\n1,"z, w",2e5\n' + "2,,.5\n" * 10,
    "1|2|\n3|4|\n5|6|\n",
]
BYTES = [b",", b";", b"\t", b"|", b'"', b"'", b"\\", b"\n", b"\r", b"\r\n", b" ", b"#", b"\0", b"\xff", "é".encode(), b"0", b"9" * 400, b"e999", b"NA", b"1,234", b"1.5", b"x", b"\xef\xbb\xbf"]  # fmt: skip


def damaged(text: bytes, rng: random.Random) -> bytes:
    found = bytearray(text)
    for _ in range(rng.choice([1, 1, 2, 4, 12])):
        at, length = rng.randrange(len(found) + 1), rng.choice([1, 1, 3, 30])
        kind = rng.randrange(5)
        if kind == 0:
            found[at : at + length] = b""
        elif kind == 1:
            found[at:at] = found[at : at + length]
        elif kind == 2:
            found[at : at + rng.randint(0, 1)] = rng.choice(BYTES)
        elif kind == 3:
            found[at:at] = rng.randbytes(1)
        else:
            del found[at + 40 * length :]
    return bytes(found)


def result(path: Path, want: TableWant) -> Table | str:
    try:
        return read_table(path, want)
    except DataError as error:
        fault = str(error)
    assert fault.startswith(str(path))
    assert "\n" not in fault
    return fault


def plain(found: Table | str) -> object:
    """A result that can be compared; NaN as a word."""
    if isinstance(found, str):
        return found
    columns = [
        (c.name, list(map(repr, c.numbers.tolist())) if c.numbers is not None else c.codes.tolist() if c.codes is not None else None, c.words)
        for c in found.columns
    ]  # fmt: skip
    return found.n_rows, found.is_named, found.header_line, list(found.lines), columns


@pytest.mark.parametrize("seed", range(10))
def test_a_damaged_table_is_read_alike_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    rng, path = random.Random(seed), tmp_path / "t.csv"
    monkeypatch.setattr(text_pieces, "SAMPLE_BYTES", 200)
    native, refused = native_module(), 0
    for _ in range(100):
        path.write_bytes(damaged(rng.choice(TABLES).encode(), rng))
        monkeypatch.setattr(text_pieces, "_PIECE_BYTES", rng.choice([16, 64, 4096]))
        want = TableWant(
            block_rows=rng.choice([3, 1000]), decimal=rng.choice([None, None, ".", ","]), remarks=Remarks()
        )
        found = result(path, want)
        refused += isinstance(found, str)
        monkeypatch.setattr(table_text, "native_module", lambda: None)
        assert plain(result(path, want)) == plain(found)
        monkeypatch.setattr(table_text, "native_module", lambda: native)
        # Batches change nothing but where reading stops.
        whole = result(path, want._replace(block_rows=1 << 16))
        assert plain(whole) == plain(found)
    assert 20 < refused < 95
