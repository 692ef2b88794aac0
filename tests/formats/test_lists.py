"""ann1dn's lists: how they are told from vectors, both formats in one file, labels, and the place of every fault."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from anncli.errors import DataError
from anncli.formats.data.assemble import read_dataset
from anncli.formats.data.list_head import looks_like_list
from anncli.formats.data.lists import ListReader
from anncli.formats.files.source import ByteSource

LISTS = [
    "p1 1\n0 1\np2 2\n1 0\n",  # ann1dn's own example
    "p1\n0 1\np2\n1 0\n",
    "p1\n5\np2\n6\n",  # as many words as numbers, but words come back
    "first name\n1 2\nsecond name\n3 4\n",
    "a.txt\nb.txt\n",
    "a.txt 1",
    "a.txt",
    "1.txt 1\n2.txt 2\n",
    "2008-01-01 1\n1 2\n",
    "my file.txt 2\n",
    "ecg\\a01.txt\t1\n",
    "# list\n\n  p1 1\n\n0.5\n0.25\n0.125\n1\n2\n",
    "p\n1 2 3\n4 5 6\n7 8 9\n",  # one word, three numbers
    "x y\n1 2 3\n4 5 6\n",
    "file 1 b.txt 2\n",
    "red 5 green 2\n",
    "p1 -1\n",
    "a#1.txt 1\nb#2.txt 2\n",
    "größe\n1 2\ngrößer\n2 3\n",
    "-\n1\n-\n2\n",
]
VECTORS = [
    "hello world not\n",
    "2.5D+00 1.5D+00\n3.5D+00 4.5D+00\n",
    "0x1p3 0x2p3\n",
    "1|2\n",
    "2_000 1_500\n",
    "% measured\n1 2 3\n4 5 6\n",
    '"a" "b"\n"1" 2 3\n',
    "1 2\n3 4\n",
    "1\n",
    "# 1\n1 2",
    "nan 2\n3 4\n",
    "-inf 2\n3 4\n",
    "1,5 2,5\n",
    ",1,2\n3,4,5\n",
    "a,b\nc,d\n",
    "a;b\n1;2\n",
    "p,1\n",
    "x y\n1 2\n3 4\n",
    "x y\n1 2\n",
    "x\n1\n2\n",
    '"x m" y\n1 2\n3 4\n',
    "x y\tz\n1\t2\n3\t4\n",
    "x\n1\n",  # one column, or one entry: the same vector
    "setosa 5.1 3.5\nsetosa 4.9 3.0\n",
    "abc 2.5\n3 4\n",
    "abc 1 2\n3 4 5\n",
    "12 leads.txt 1\n",
    "? 1 2\n",
    "1_0 2 3\n",
    "",
    "# nothing\n",
    "p\n1\n2\n3\nq\n4\n5\n6\n",  # documented: needs --data-format list
]


@pytest.mark.parametrize("text", LISTS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lists_are_known(text: str, end: str) -> None:
    assert looks_like_list(text.replace("\n", end).encode())


@pytest.mark.parametrize("text", VECTORS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_vectors_are_known(text: str, end: str) -> None:
    assert not looks_like_list(text.replace("\n", end).encode())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


Read = list[tuple[str, int, list[float], int]]


def read(text: str | bytes, size: int = 1 << 20, path: str = "list.txt") -> Read:
    """(name, label, values, line) of every vector."""
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_bytes(text.encode() if isinstance(text, str) else text)
    source = ByteSource(path)
    entries = list(ListReader(source).read(source.blocks(size)))
    assert all(len(e.names) == len(e.rows) and e.rows.dtype == np.float32 for e in entries)
    return [(name, e.label, row, e.line) for e in entries for name, row in zip(e.names, e.rows.tolist(), strict=True)]


def fault(text: str | bytes, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        read(text, **options)
    return str(caught.value)


@pytest.mark.parametrize("size", [1, 5, 13, 1000])
def test_numbers_inside_the_list(folder: Path, size: int) -> None:
    text = "p1 1\n0 1\n\n# c\np2\t2\r\n1\n  0 # d\nmy name\n.5,2\nlast 0\n-1 2e1"
    wanted = [("p1", 1, [0, 1], 1), ("p2", 2, [1, 0], 5), ("my name", 0, [0.5, 2], 8), ("last", 0, [-1, 20], 10)]
    assert read(text, size) == wanted


def test_vectors_in_files_beside_the_list_first(folder: Path) -> None:
    for place, value in (("ecg/a.txt", 1), ("lists/ecg/a.txt", 2), ("ecg/b.txt", 3)):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(f"# v\n{value} 4\n5,6\n7\n")
    text = "ecg/a.txt 1\necg\\b.txt 2"
    assert read(text, path="lists/list.txt") == [
        ("ecg/a.txt_0", 1, [2, 4, 5, 6, 7], 1),
        ("ecg\\b.txt_0", 2, [3, 4, 5, 6, 7], 2),
    ]
    assert read(f"{folder / 'ecg/b.txt'} 2\n")[0][2][0] == 3


def test_names_of_files(folder: Path) -> None:
    names = [
        "with blanks.txt",
        "two  blanks.txt",
        "a#1.txt",
        "größe.txt",
        "1.txt",
        "12 leads.txt",
        "ends in 5",
        "x.txt",
    ]
    for value, name in enumerate(names):
        (folder / name).write_text(f"{value} 0")
    text = "\n".join(f"{name} 1" for name in names[:-2]) + "\nends in 5\nx.txt   2  "
    found = read(text)
    assert [(name, label, row[0]) for name, label, row, _ in found] == [
        *((f"{name}_0", 1, value) for value, name in enumerate(names[:-2])),
        ("ends in 5_0", 0, 6),
        ("x.txt_0", 2, 7),
    ]


def test_both_formats_in_one_file(folder: Path) -> None:
    (folder / "a.txt").write_text("1 2")
    (folder / "m.dat").write_bytes(struct.pack("<4f", 3, 4, 5, 6))
    (folder / "m.hea").write_text("2 2\n")
    # Numbers below a name win over a file of that name.
    assert read("a.txt 1\nm.dat 2\na.txt 2\n7 8\nm.dat") == [
        ("a.txt_0", 1, [1, 2], 1),
        ("m.dat_0", 2, [3, 4], 2),
        ("m.dat_1", 2, [5, 6], 2),
        ("a.txt", 2, [7, 8], 3),
        ("m.dat_0", 0, [3, 4], 5),
        ("m.dat_1", 0, [5, 6], 5),
    ]


def test_a_large_matrix_comes_in_parts_and_is_only_read(folder: Path) -> None:
    matrix = np.random.default_rng(1).standard_normal((120_001, 3)).astype("<f4")
    path = folder / "m.dat"
    path.write_bytes(matrix.tobytes())
    path.chmod(0o444)
    (folder / "m.hea").write_text("120001 3")
    Path("list.txt").write_text("m.dat 1\n")
    source = ByteSource("list.txt")
    entries = list(ListReader(source).read(source.blocks()))
    assert len(entries) > 1
    assert np.array_equal(np.concatenate([entry.rows for entry in entries]), matrix)
    assert [name for entry in entries for name in entry.names] == [f"m.dat_{k}" for k in range(120_001)]
    assert path.read_bytes() == matrix.tobytes()


def test_a_foreign_header_beside_a_text_file_is_no_matrix(folder: Path) -> None:
    (folder / "a.txt").write_text("1 2")
    (folder / "a.hea").write_text("a 2 360 650000\n")
    assert read("a.txt 1")[0][2] == [1, 2]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("2 3\n", "m.dat: holds 16 bytes, but m.hea announces 2 x 3 values, 24 bytes; correct the header or write the file again"),
        ("2\n", "m.hea:1: expected two whole numbers above 0, rows and values per row, found '2'; write for example 100 16"),
        ("0 2\n", "m.hea:1: expected two whole numbers above 0, rows and values per row, found '0 2'; write for example 100 16"),
        ("2 -2\n", "m.hea:1: expected two whole numbers above 0, rows and values per row, found '2 -2'; write for example 100 16"),
        ("9" * 5000 + " 2\n", None),
        ("", "m.hea:1: expected two whole numbers above 0, rows and values per row, found ''; write for example 100 16"),
    ],
)  # fmt: skip
def test_headers_of_matrices_that_are_wrong(folder: Path, header: str, message: str | None) -> None:
    (folder / "m.dat").write_bytes(bytes(16))
    (folder / "m.hea").write_text(header)
    assert fault("m.dat 1") == message if message else "expected two whole numbers" in fault("m.dat 1")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_of_matrices_that_are_no_numbers(folder: Path, bad: float) -> None:
    (folder / "m.dat").write_bytes(struct.pack("<6f", 1, 2, 3, 4, 5, bad))
    (folder / "m.hea").write_text("3 2")
    assert fault("m.dat 1") == f"m.dat: row 3, value 2: '{bad}' is not allowed; replace the value"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2\np 1\n3 4\n", "list.txt:1: expected a name, found '1'; start a list with a name, or say --data-format vectors"),
        ("p 1\n1 nan\n", "list.txt:2:2: 'nan' is not allowed; replace the value, or take the row out"),
        ("p 1\nnan 1\n", "list.txt:2:1: 'nan' is not allowed; replace the value, or take the row out"),
        ("p 1\n1,5 2,5\n", "list.txt:2:1: expected a number, found '1,5'; write decimals with a point"),
        ("p 1\n1,,3\n", "list.txt:2: a value is missing; write a number, or take the row out"),
        ("p 1\n1.#INF 3\n", "list.txt:2:1: '1.#INF' is not allowed; replace the value, or take the row out"),
        ("p 1\n1 2\n3 1e39\n", "list.txt:3:2: '1e39' is too large for a 32-bit float; scale the values down"),
        ("p 1\n-3.4028236e38\n", "list.txt:2:1: '-3.4028236e38' is too large for a 32-bit float; scale the values down"),
        ("p 1\n1 --2\n", "list.txt:2:2: expected a number, found '--2'; correct it, or take the row out"),
        ("p 1\n1 2x\n", "list.txt:2:2: expected a number, found '2x'; correct it, or take the row out"),
        ("p 1\n1 2\nq 2\n", "list.txt:3: no file 'q', and no numbers follow; correct the name, or write its values on the next line"),
        ("p 1\nq 2\n1 2\n", "list.txt:1: no file 'p', and no numbers follow; correct the name, or write its values on the next line"),
        ("p -1\n1 2\n", "list.txt:1: a label must be 0 (unknown), 1, 2, ..., found '-1'; count the classes from 1"),
        ("e.txt 1\n", "e.txt: holds no numbers; write the numbers of one row into it"),
        ("b.txt 1\n", "b.txt:2:2: expected a number, found 'x'; correct it, or take the row out"),
        ("z.txt 1\n", "z.txt: looks like a binary file, not text; check that this is the right file"),
        ("folder 1\n", "list.txt:1: no file 'folder', and no numbers follow; correct the name, or write its values on the next line"),
        (b"\xff 1\n", "list.txt:1: no file '\ufffd', and no numbers follow; correct the name, or write its values on the next line"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [1, 1000])
def test_faults_with_their_place(folder: Path, text: str | bytes, message: str, size: int) -> None:
    (folder / "e.txt").write_text("# nothing\n")
    (folder / "b.txt").write_text("1\n2 x\n")
    (folder / "z.txt").write_bytes(b"1 2 \0")
    (folder / "folder").mkdir()
    assert fault(text, size=size) == message


def test_a_label_of_too_many_digits_is_a_name(folder: Path) -> None:
    assert read("p " + "9" * 5000 + "\n1 2\n")[0][1] == 0


def test_the_files_of_a_list_count_into_its_digest(folder: Path) -> None:
    def digest() -> str:
        source = ByteSource("list.txt")
        list(ListReader(source).read(source.blocks()))
        return source.sha256

    Path("list.txt").write_text("a.txt 1\n")
    seen = set()
    for text in ("1 2", "1 3", "1 2 "):
        (folder / "a.txt").write_text(text)
        seen.add(digest())
    assert len(seen) == 3
    (folder / "a.hea").write_text("1 1")
    for value in (1, 2):
        (folder / "a.txt").write_bytes(struct.pack("<f", value))
        os.utime(folder / "a.txt", (0, 0))
        seen.add(digest())
    assert len(seen) == 5


TITLED = "Experiment 2\n1 2\n3 4\n5 6\n"


def test_a_title_above_a_table_is_refused_with_both_readings(folder: Path) -> None:
    Path("a.txt").write_text("# measured\n" + TITLED)
    Path("b.txt").write_text("7 8\n9 1\n")
    with pytest.raises(DataError) as caught:
        read_dataset(["a.txt", "b.txt"])
    assert str(caught.value) == (
        "a.txt:2: 'Experiment 2' can be the name of one row of class 2 in a list, or a title above 3 rows of 2 values; "
        "say --data-format list, or take the line out"
    )


@pytest.mark.parametrize(
    ("text", "n_rows"),
    [
        (TITLED.replace("Experiment 2", "p 1"), 1),  # in its place
        (TITLED.replace("Experiment 2", "p 0"), 1),
        (TITLED.replace("3 4\n5 6", "3 4 5\n6"), 1),
        ("p 2\n1 2 3 4 5 6\n", 1),
        (TITLED + "q 1\n1 2 3 4 5 6\n", 2),
        ("p 1\n1 2 3 4 5 6\n" + TITLED, 2),
    ],
)
def test_other_lists_have_no_title(folder: Path, text: str, n_rows: int) -> None:
    Path("a.txt").write_text(text)
    Path("b.txt").write_text("7 7 7 7 7 7\n")
    data = read_dataset(["a.txt", "b.txt"])
    assert (data.n_inputs, data.n_samples) == (6, n_rows + 1)


def test_a_title_is_the_name_of_a_row_where_that_is_said_or_the_width_shows_it(folder: Path) -> None:
    Path("a.txt").write_text(TITLED)
    Path("b.txt").write_text("q 1\n7 8\n9 1\n1 2\n")
    said = read_dataset(["a.txt", "b.txt"], data_format="list")
    assert (said.n_inputs, said.labels.tolist()) == (6, [1, 0])
    assert read_dataset(["a.txt", "b.txt"], n_inputs=6).labels.tolist() == [1, 0]
    # One labelled file has no place that the label could contradict.
    assert read_dataset("a.txt").n_samples == 1
