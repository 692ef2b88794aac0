"""SQLite: which table, queries that read, cells of every type, and what the database says in words."""

from __future__ import annotations

import gzip
import io
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from typed_tables import content, read

from anncli.errors import DataError, UsageError
from anncli.formats.data.remarks import Remarks


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "a b#1%?.db"
    with closing(sqlite3.connect(path)) as made:
        made.execute('create table people (age, city text, "the score" real)')
        rows = [(30, "Rome", 1.5), (None, None, 2), (41, "?", None), (2.5, "", -1)]
        made.executemany("insert into people values (?, ?, ?)", rows)
        made.commit()
    return path


def run(path: Path, text: str) -> None:
    with closing(sqlite3.connect(path)) as made:
        made.executescript(text)


WHOLE = {"age": [30, None, 41, 2.5], "city": ["Rome", None, None, None], "the score": [1.5, 2, None, -1]}


def test_the_only_table(database: Path) -> None:
    before = database.read_bytes()
    assert content(read(database)) == WHOLE
    assert content(read(f"{database}::people")) == WHOLE
    assert database.read_bytes() == before
    assert list(database.parent.iterdir()) == [database]


def test_batches(tmp_path: Path) -> None:
    path = tmp_path / "n.db"
    run(
        path,
        "create table t (x); with recursive c(i) as (select 1 union all select i + 1 from c limit 50000) insert into t select i from c",
    )
    assert content(read(path, block_rows=700)) == {"x": [float(k) for k in range(1, 50001)]}


def test_a_column_may_show_words_late(tmp_path: Path) -> None:
    path = tmp_path / "n.db"
    run(path, "create table t (x); insert into t values (1), (2.5), (1e20), ('a'), (1), ('1')")
    assert content(read(path, block_rows=2)) == {"x": ["1", "2.5", "1e+20", "a", "1", "1"]}


@pytest.mark.parametrize("query", ["SELECT age, city FROM people WHERE age > 20", "  -- why\n select age, city from people where age>20", "/* a */WITH p AS (SELECT * FROM people) SELECT age, city FROM p WHERE age > 20"])  # fmt: skip
def test_queries(database: Path, query: str) -> None:
    assert content(read(f"{database}::{query}")) == {"age": [30, 41], "city": ["Rome", None]}


def test_values_and_no_rows(database: Path) -> None:
    assert content(read(f"{database}::values (1, 'a'), (2, 'b')")) == {"column1": [1, 2], "column2": ["a", "b"]}
    assert content(read(f"{database}::select age from people where age > 100")) == {"age": []}


def test_several_tables_are_listed(database: Path) -> None:
    run(database, "create table b (x); create view a as select 1 as one")
    with pytest.raises(DataError) as caught:
        read(database)
    assert str(caught.value) == f"{database}: holds 3 tables: a, b, people; say which: {database}::a"
    assert content(read(f"{database}::a")) == {"one": [1]}
    with pytest.raises(DataError, match="no table 'peopl'; did you mean 'people'"):
        read(f"{database}::peopl")


@pytest.mark.parametrize("statement", ["delete from people", "DROP TABLE people", "pragma user_version = 4", "insert into people values (1, 2, 3)", "attach 'x' as y", "vacuum"])  # fmt: skip
def test_only_what_reads_is_run(database: Path, statement: str) -> None:
    before = database.read_bytes()
    with pytest.raises(UsageError, match="only SELECT and WITH are run"):
        read(f"{database}::{statement}")
    with pytest.raises(DataError, match=r"would change the database; write a SELECT|database says|more than one"):
        read(f"{database}::with x as (select 1) delete from people")
    assert database.read_bytes() == before


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select foo from people", "the database says: no such column: foo; correct the query"),
        ("select age from", "the database says: incomplete input; correct the query"),
        ("select 1 as a; select 2", "holds more than one statement in its query; write one SELECT"),
        ("select 1 as a, 2 as a", "columns 1 and 2 are both called 'a'; say in the query: SELECT a AS name"),
        ("select x'00' as b", "column 'b', row 1: a blob, not a number or a word; leave the column out"),
        ("values (1), (9e999)", "column 'column1', row 2: an infinite number; correct it"),
    ],
)
def test_faults_in_words(database: Path, query: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read(f"{database}::{query}")
    assert str(caught.value).startswith(f"{database}: {message}")


@pytest.mark.parametrize(
    ("sound", "damaged"),
    [(b"CREATE TABLE people", b"CREATE TAB\xff\xff people"), (b"age, city text", b"ag\xff, city text")],
)
def test_names_that_are_no_utf8(database: Path, sound: bytes, damaged: bytes) -> None:
    """sqlite's own message about the first one holds the bytes."""
    data = database.read_bytes()
    assert sound in data
    database.write_bytes(data.replace(sound, damaged))
    with pytest.raises(DataError) as caught:
        read(database)
    assert str(caught.value) == (
        f"{database}: is a damaged SQLite database, or has names that are not UTF-8; copy or restore it"
    )


def test_packed_and_from_a_pipe(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = database.read_bytes()
    packed = database.parent / "p.db.gz"
    packed.write_bytes(gzip.compress(data))
    assert content(read(packed)) == WHOLE
    monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": io.BytesIO(data)}))
    assert content(read("-::select city from people")) == {"city": WHOLE["city"]}


def test_a_query_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match="is no SQLite database, so it cannot be asked; leave out ::select 1"):
        read(f"{tmp_path}/a.csv::select 1")
    (tmp_path / "a::b.csv").write_text("a,b\n1,2\n3,4\n")
    assert content(read(f"{tmp_path}/a::b.csv")) == {"a": [1, 3], "b": [2, 4]}


def test_large_whole_numbers_are_told(tmp_path: Path) -> None:
    run(tmp_path / "n.db", "create table t (x); insert into t values (9007199254740993)")
    remarks = Remarks()
    assert content(read(tmp_path / "n.db", remarks)) == {"x": [2**53]}
    assert len(remarks.notes) == 0 or "rounded" in remarks.notes[0]


def test_an_empty_database_and_a_damaged_one(tmp_path: Path, database: Path) -> None:
    run(tmp_path / "e.db", "create table t (x); drop table t")
    with pytest.raises(DataError, match="holds 0 tables; name another file"):
        read(tmp_path / "e.db")
    data = database.read_bytes()
    (tmp_path / "cut.db").write_bytes(data[:2000])
    with pytest.raises(DataError, match="damaged SQLite database"):
        read(tmp_path / "cut.db")
