"""Tables written and read again: every pair of formats, kinds that show late, cells that need care, streams, faults."""

from __future__ import annotations

import io
import json
import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from typed_tables import cells, content, numbers, read, table, words

from anncli.errors import AnnError, DataError, UsageError
from anncli.formats.data.joined import join_tables
from anncli.formats.data.names import DATA_FORMAT_NAMES
from anncli.formats.data.registry import writer_of
from anncli.formats.data.table_stream import TableStream, write_stream
from anncli.tables import Table

EXTRA = {"parquet": "pyarrow", "arrow": "pyarrow", "feather": "pyarrow"}
# Formats that hold any table.
GENERAL = [
    pytest.param(name, marks=pytest.mark.skipif(EXTRA.get(name) is not None and not __import__("importlib.util").util.find_spec("pyarrow"), reason="no pyarrow"))
    for name in ("csv", "tsv", "jsonl", "sqlite", "npy", "npz", "parquet", "arrow", "feather")
]  # fmt: skip
ENDING = {name: info.endings[0] for name, info in DATA_FORMAT_NAMES.items() if info.endings}

MIXED = table(
    numbers("x", [0.1, -1e-300, None, 1e16, 123456789.125, 5e-324]),
    numbers("single", [0.1, 3e38, None, 1.0, -2.5, 1e-45], np.float32),
    numbers("whole", [1, 2, 3, -4, None, 2**53]),
    words("word", ["a", None, "b", "a", "c d", "Zürich"]),
    words("hard", ['say "x"', "a,b", "tab\there", "semi;colon", "#no comment", None]),
    numbers("empty", [None] * 6),
)


def write(path: Path, made: Table | list[Table], name: str, labels: tuple[str, ...] = ()) -> Path:
    batches = [made] if isinstance(made, Table) else made
    writer = writer_of(name)
    write_stream(lambda target, stream: writer(target, stream, labels), str(path), TableStream(lambda: iter(batches)))
    return path


@pytest.mark.parametrize("name", GENERAL)
def test_every_cell_comes_back(tmp_path: Path, name: str) -> None:
    found = read(write(tmp_path / f"a{ENDING[name]}", MIXED, name))
    assert found.names == MIXED.names
    single = content(found).pop("single")
    assert [None if x is None else np.float32(x) for x in single] == [None if x is None else np.float32(x) for x in cells(MIXED.columns[1])]  # fmt: skip
    others = {key: value for key, value in content(MIXED).items() if key != "single"}
    assert {key: value for key, value in content(found).items() if key != "single"} == others


@pytest.mark.parametrize("first", GENERAL)
@pytest.mark.parametrize("second", GENERAL)
def test_every_pair_of_formats(tmp_path: Path, first: str, second: str) -> None:
    names = [name for name in MIXED.names if name != "single"]
    made = table(*(MIXED.column(name) for name in names))
    middle = read(write(tmp_path / f"a{ENDING[first]}", made, first))
    assert content(read(write(tmp_path / f"b{ENDING[second]}", middle, second))) == content(made)


@pytest.mark.parametrize("name", GENERAL)
def test_kinds_that_show_late(tmp_path: Path, name: str) -> None:
    batches = [
        table(numbers("a", [1, 2.5], np.float32), numbers("b", [None, None]), words("c", ["x", None])),
        table(numbers("a", [0.1, None]), words("b", ["u", "v"]), numbers("c", [7, 0.5])),
        table(words("a", ["w", None]), numbers("b", [1, 2]), words("c", ["y", "x"])),
    ]
    found = read(write(tmp_path / f"a{ENDING[name]}", batches, name), header=True)
    assert content(found) == {
        "a": ["1", "2.5", "0.1", None, "w", None],
        "b": [None, None, "u", "v", "1", "2"],
        "c": ["x", None, "7", "0.5", "y", "x"],
    }


def test_a_stream_is_read_again_only_where_kinds_change() -> None:
    n_read = 0

    def batches(kinds: list[Table]) -> Iterator[Table]:
        nonlocal n_read
        n_read += 1
        yield from kinds

    same = [table(numbers("a", [1])), table(numbers("a", [2]))]
    changed = [*same, table(words("a", ["x"])), table(words("a", ["y"]))]
    for kinds, wanted, again in ((same, 1, True), (changed, 2, True), (changed, 1, False)):
        n_read = 0
        seen: list[Table] = []

        def keep(_: str, stream: TableStream, seen: list[Table] = seen) -> None:
            seen[:] = list(stream.settled())

        write_stream(keep, "", TableStream(lambda kinds=kinds: batches(kinds), again))  # type: ignore[misc]
        assert n_read == wanted
        assert content(join_tables(seen)) == content(join_tables(kinds))


@pytest.mark.parametrize("name", GENERAL)
def test_tables_without_names_rows_or_more_than_a_column(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"a{ENDING[name]}"
    plain = table(numbers("1", [1.5, 2]), words("2", ["x", "y"]), is_named=False)
    found = read(write(path, plain, name))
    assert (content(found), found.is_named) == (content(plain), False)
    one = table(numbers("a", [1.5, None, 2]))
    assert content(read(write(path, one, name))) == content(one)
    gone = table(numbers("a", []), numbers("b", []))
    if name != "jsonl":
        found = read(write(path, gone, name))
        assert (found.names, found.n_rows) == (("a", "b"), 0)


def test_csv_is_short_and_quotes_only_what_needs_it(tmp_path: Path) -> None:
    assert write(tmp_path / "a.csv", MIXED, "csv").read_text().splitlines() == [
        "x,single,whole,word,hard,empty",
        '0.1,0.1,1,a,"say ""x""",',
        '-1e-300,3e+38,2,,"a,b",',
        ',,3,b,"tab\there",',
        '1e+16,1,-4,a,"semi;colon",',
        '123456789.125,-2.5,,c d,"#no comment",',
        "5e-324,1e-45,9007199254740992,Zürich,,",
    ]
    lines = write(tmp_path / "a.jsonl", MIXED, "jsonl").read_text().splitlines()
    assert json.loads(lines[3]) == {
        "x": 1e16,
        "single": 1,
        "whole": -4,
        "word": "a",
        "hard": "semi;colon",
        "empty": None,
    }


def test_random_numbers_read_back_exactly(tmp_path: Path) -> None:
    bits = np.random.default_rng(8).integers(0, 2**64, 5000, dtype=np.uint64)
    values = bits.view(np.float64)
    small = (bits % 2**32).astype(np.uint32).view(np.float32)
    made = table(
        numbers("double", values[np.isfinite(values) & (np.abs(values) < 1e300)][:4000].tolist()),
        numbers("single", small[np.isfinite(small)][:4000].tolist(), np.float32),
    )
    for name in ("csv", "jsonl"):
        found = read(write(tmp_path / f"a.{name}", made, name))
        assert content(found)["double"] == content(made)["double"]
        assert found.columns[1].numbers.astype(np.float32).tolist() == content(made)["single"]  # type: ignore[union-attr]


def test_labels_stay_in_parquet_and_arrow(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    made = table(numbers("a", [1]), words("b", ["x"]), task="classification")
    for name in ("parquet", "arrow"):
        found = read(write(tmp_path / f"a.{name}", made, name, ("b",)))
        assert (found.labels, found.task) == (("b",), "classification")
    with pytest.raises(DataError, match="no column is named 'c'"):
        write(tmp_path / "b.csv", made, "csv", ("c",))
    assert not (tmp_path / "b.csv").exists()


def test_parquet_is_what_pyarrow_and_pandas_read(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    found = parquet.read_table(write(tmp_path / "a.parquet", MIXED, "parquet"))
    assert [str(field.type) for field in found.schema] == ["double", "float", "double", "string", "string", "double"]
    assert found.to_pydict() == content(MIXED)


def test_a_table_is_added_to_a_database(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    write(path, table(numbers("x", [1, 2])), "sqlite")
    write(Path(f"{path}::other one"), table(words("y", ["a"])), "sqlite")
    write(Path(f"{path}::other one"), table(words("y", ["b", None])), "sqlite")
    with closing(sqlite3.connect(path)) as made:
        assert made.execute("select x, typeof(x) from data").fetchall() == [(1, "real"), (2, "real")]
        assert made.execute('select y from "other one"').fetchall() == [("b",), (None,)]
    assert sorted(os.listdir(tmp_path)) == ["a.db"]
    (tmp_path / "a.db-wal").write_bytes(b"x")
    with pytest.raises(UsageError, match=r"is in use by another program, which keeps a\.db-wal"):
        write(path, table(numbers("x", [1])), "sqlite")


@pytest.mark.parametrize("name", GENERAL)
def test_a_fault_in_the_source_leaves_the_target_alone(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"a{ENDING[name]}"
    path.write_text("old")

    def broken() -> Iterator[Table]:
        yield table(numbers("a", [1]))
        raise DataError("no more", path="in.csv")

    with pytest.raises(DataError, match="no more"):
        writer_of(name)(str(path), TableStream(broken))
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz", ".zst"])
def test_text_is_packed_where_the_name_says_so(tmp_path: Path, ending: str) -> None:
    if ending == ".zst":
        pytest.importorskip("zstandard")
    made = table(numbers("a", list(range(5000))))
    path = write(tmp_path / f"a.csv{ending}", made, "csv")
    assert path.stat().st_size < 20_000
    assert content(read(path)) == content(made)
    with pytest.raises(UsageError, match="this format is not packed by"):
        write(tmp_path / f"a.db{ending}", made, "sqlite")


def test_streams_get_seekable_formats_whole(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    held = io.BytesIO()
    writer_of("parquet")(held, [MIXED])
    (tmp_path / "a.parquet").write_bytes(held.getvalue())
    assert content(read(tmp_path / "a.parquet")) == content(MIXED)
    with pytest.raises(UsageError, match="can only be written to a file"):
        writer_of("sqlite")("-", [MIXED])
    with pytest.raises(AnnError, match="cannot write: No such file or directory; create the folder first"):
        writer_of("csv")(str(tmp_path / "none/a.csv"), [MIXED])
    with pytest.raises(UsageError, match="cannot write the format 'pnm'"):
        writer_of("pnm")


def test_json_lines_faults(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    for text, message in {
        '{"a": 1}\n{"b": 1}\n': "2: the key 'b' is not in the first line; give all keys in the first line",
        '{"age": 1}\n{"agee": 1}\n': "2: the key 'agee' is not in the first line; is it 'age'?",
        '{"a": 1}\n\n[1]\n': "3: is no JSON object; write for example",
        '{"a": 1}\n{"a": 1\n': "2: is no JSON object; write for example",
        '{"a": [1]}\n': "1: the key 'a' holds nested values, not a number or a text; give each of them",
        '{"a": 1, "a": 2}\n': "1: the key 'a' stands twice",
        '{"a": 1e999}\n': " column 'a', row 1: an infinite number",
    }.items():
        path.write_text(text)
        with pytest.raises(DataError) as caught:
            read(path, name="jsonl")
        assert str(caught.value).startswith(f"{path}:{message}")
    path.write_text('{"a": true, "b": "x"}\n{"b": null}\n{"a": 2.5}\n')
    assert content(read(path)) == {"a": [1, None, 2.5], "b": ["x", None, None]}


def test_words_of_every_kind_survive_csv(tmp_path: Path) -> None:
    rng = random.Random(3)
    letters = "ab,;\t|\"'#\n -é\\"
    made = []
    for _ in range(2000):
        word = "".join(rng.choice(letters) for _ in range(rng.randrange(1, 8))).strip()
        made.append(word if word.strip("'\"") else "x" + word)
    wanted = table(numbers("n", [float(k) for k in range(2000)]), words("w", made))
    for name in ("csv", "tsv", "jsonl", "sqlite"):
        assert content(read(write(tmp_path / f"w{ENDING[name]}", wanted, name))) == content(wanted), name
