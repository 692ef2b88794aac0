"""DATA words: folders, sub-folders, globs, queries; and the tables of their files below each other."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from typed_tables import content, read

from anncli.errors import DataError, UsageError
from anncli.formats.data.folders import expand
from anncli.formats.data.remarks import Remarks
from anncli.formats.files.source import ByteSource


def make(folder: Path, *names: str, text: str = "1 2\n") -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def found(word: Path | str, remarks: Remarks | None = None) -> list[tuple[str, str | None]]:
    base = os.path.commonpath([str(word).split("*")[0], str(word)]) if "*" not in str(word) else str(word).split("*")[0]
    return [(os.path.relpath(file.path, base), file.label) for file in expand([str(word)], remarks)]


def test_files_stdin_and_queries_stay_as_they_are(tmp_path: Path) -> None:
    make(tmp_path, "a.csv", "odd[1].csv")
    words = ["-", "none.csv", f"{tmp_path}/a.csv", "x.db::SELECT * FROM t", f"{tmp_path}/odd[1].csv"]
    assert [(file.path, file.label, file.word) for file in expand(words)] == [(word, None, word) for word in words]


def test_sub_folders_are_classes_with_all_below_them(tmp_path: Path) -> None:
    make(tmp_path / "d", "dog/1.pgm", "cat/2.pgm", "cat/1.pgm", "cat/deep/0.pgm")
    assert found(tmp_path / "d") == [
        ("cat/1.pgm", "cat"),
        ("cat/2.pgm", "cat"),
        ("cat/deep/0.pgm", "cat"),
        ("dog/1.pgm", "dog"),
    ]


def test_files_are_classes_and_pictures_are_not(tmp_path: Path) -> None:
    make(tmp_path / "d", "neg.csv.gz", "a.b.csv")
    assert found(tmp_path / "d") == [("a.b.csv", "a.b"), ("neg.csv.gz", "neg")]
    make(tmp_path / "one", "neg.csv")
    assert found(tmp_path / "one") == [("neg.csv", None)]
    make(tmp_path / "p", "2.png", "1.png")
    assert found(tmp_path / "p") == [("1.png", None), ("2.png", None)]


def test_what_is_no_data_is_left_out_with_a_note(tmp_path: Path) -> None:
    make(
        tmp_path / "d", "a/1.csv", "b/1.csv", ".git/x", ".hidden", "README.md", "LICENSE", "a/.DS_Store", "a/Thumbs.db"
    )
    remarks = Remarks()
    assert found(tmp_path / "d", remarks) == [("a/1.csv", "a"), ("b/1.csv", "b")]
    assert remarks.notes == [
        f"{tmp_path}/d: left out: .git, .hidden, LICENSE, README.md",
        f"{tmp_path}/d/a: left out: .DS_Store, Thumbs.db",
    ]


def test_folders_that_cannot_be_data(tmp_path: Path) -> None:
    make(tmp_path / "d", "a/1.csv", "rest.csv")
    with pytest.raises(
        DataError, match=r"d: holds 1 folder, and 1 file beside them \('rest.csv'\); put all files into"
    ):
        expand([str(tmp_path / "d")])
    (tmp_path / "e").mkdir()
    with pytest.raises(DataError, match="e: is a folder without files"):
        expand([str(tmp_path / "e")])
    (tmp_path / "e/a").mkdir()
    with pytest.raises(DataError, match="e/a: is a class without files"):
        expand([str(tmp_path / "e")])


def test_links_back_are_not_followed(tmp_path: Path) -> None:
    make(tmp_path / "d", "a/1.csv", "b/1.csv")
    (tmp_path / "d/a/up").symlink_to(tmp_path / "d", target_is_directory=True)
    assert found(tmp_path / "d") == [("a/1.csv", "a"), ("b/1.csv", "b")]


def test_globs(tmp_path: Path) -> None:
    make(tmp_path, "x/1.csv", "x/2.csv", "y/1.csv", "z.txt")
    assert found(f"{tmp_path}/x/*.csv") == [("1.csv", None), ("2.csv", None)]
    assert found(f"{tmp_path}/*/*.csv") == [("x/1.csv", "x"), ("x/2.csv", "x"), ("y/1.csv", "y")]
    assert found(f"{tmp_path}/**/*.csv") == [("x/1.csv", "x"), ("x/2.csv", "x"), ("y/1.csv", "y")]
    assert found(f"{tmp_path}/[xy]")[:1] == [(os.path.relpath(f"{tmp_path}/x/1.csv", f"{tmp_path}/[xy]"), "x")]
    with pytest.raises(UsageError, match=r"no file matches '/.*'; check the name"):
        expand([f"{tmp_path}/*.dat"])


def test_a_folder_of_tables_is_one_table_with_a_class(tmp_path: Path) -> None:
    make(tmp_path / "d", "cat/1.csv", text="a,b\n1,2\n3,4\n")
    make(tmp_path / "d", "dog/1.csv", text="b,a\n6,5\n")
    table = read(tmp_path / "d")
    assert content(table) == {"a": [1, 3, 5], "b": [2, 4, 6], "class": ["cat", "cat", "dog"]}
    assert (table.labels, table.task) == (("class",), "classification")
    make(tmp_path / "d", "dog/2.csv", text="a,c\n6,5\n")
    with pytest.raises(DataError, match=r"dog/2.csv: has no column 'b', as .*cat/1.csv has; give files with the same"):
        read(tmp_path / "d")


@pytest.mark.parametrize("broken", ["cat/0.pgm", "cat/3.pgm", "dog/1.pgm"])
def test_a_file_among_pictures_that_is_none_is_named(tmp_path: Path, broken: str) -> None:
    make(tmp_path / "d", "cat/1.pgm", "cat/2.pgm", "dog/2.pgm", text="P2 2 1 255 0 9\n")
    make(tmp_path / "d", broken, text="broken\n")
    with pytest.raises(DataError) as caught:
        read(tmp_path / "d")
    assert (
        str(caught.value) == f"{tmp_path}/d/{broken}: is no picture, and other files are; copy it again, or take it out"
    )


def test_a_column_called_class_stays(tmp_path: Path) -> None:
    make(tmp_path / "d", "x.csv", "y.csv", text="a,class\n1,2\n3,4\n")
    assert content(read(tmp_path / "d")) == {"a": [1, 3] * 2, "class": [2, 4] * 2, "folder": ["x", "x", "y", "y"]}


def picture(path: Path, value: int, head: str = "P5 2 2 255\n") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    size = np.prod([int(word) for word in head.split()[1:3]]) * (3 if head.startswith("P6") else 1)
    path.write_bytes(head.encode() + bytes([value]) * int(size))


def test_a_folder_of_pictures(tmp_path: Path) -> None:
    for label, first in (("cat", 0), ("dog", 10)):
        for number in range(5):
            picture(tmp_path / "d" / label / f"{number}.pgm", first + number)
    for rows in (3, 100):
        table = read(tmp_path / "d", block_rows=rows)
        assert table.names == ("r1c1", "r1c2", "r2c1", "r2c2", "class")
        assert content(table)["r2c2"] == [0, 1, 2, 3, 4, 10, 11, 12, 13, 14]
        assert content(table)["class"] == ["cat"] * 5 + ["dog"] * 5
        assert table.labels == ("class",)
    unlabelled = read(tmp_path / "d/cat")
    assert (unlabelled.n_rows, unlabelled.labels) == (5, ())


def test_the_digest_is_that_of_all_files(tmp_path: Path) -> None:
    from anncli.formats.data.table_files import stream_table

    digests = []
    for value in (1, 1, 2):
        picture(tmp_path / "d/a/1.pgm", 7)
        picture(tmp_path / "d/b/1.pgm", value)
        source = ByteSource(tmp_path / "d")
        list(stream_table(source))
        digests.append(source.sha256)
    assert digests[0] == digests[1] != digests[2]


def test_pictures_that_differ(tmp_path: Path) -> None:
    picture(tmp_path / "d/a/1.pgm", 1)
    picture(tmp_path / "d/b/1.pgm", 2, "P5 3 2 255\n")
    with pytest.raises(DataError) as caught:
        read(tmp_path / "d")
    message = f"is 2x3 pixels (rows x columns), {tmp_path}/d/a/1.pgm is 2x2; say --size 2x2 to scale all of them"
    assert str(caught.value) == f"{tmp_path}/d/b/1.pgm: {message}"
    assert read(tmp_path / "d", size=(2, 2)).n_rows == 2
    picture(tmp_path / "d/b/1.pgm", 2, "P6 2 2 255\n")
    with pytest.raises(DataError, match=r"d/b/1.pgm: is in colour, .*a/1.pgm is grey; say --grey"):
        read(tmp_path / "d")
    assert read(tmp_path / "d", grey=True).n_rows == 2
