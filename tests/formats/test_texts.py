"""Text files: whole texts, lines of classes, packed files, and bytes that are no text."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from anncli.dataset.request import ReadRequest, TableRequest
from anncli.dataset.text_data import TextData
from anncli.errors import AnnError, DataError, UsageError
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.text_files import read_text_file
from anncli.formats.data.texts import read_text_sets
from anncli.network.network import Network

NEXT = Network.create("characters", ["3 lstm", "softmax"])
LINES = Network.create("characters", ["3 lstm", "last", "1 logistic"])


def read(network: Network, *words: Path, **sets: list[Path]) -> tuple[TextData, dict[str, list[int]]]:
    given = {"training": list(words), **sets}
    data, rows = read_text_sets(given, network, TableRequest(), ReadRequest(), Remarks())
    return data, {name: numbers.tolist() for name, numbers in rows.items()}


def test_line_ends_and_byte_order_mark_are_no_characters(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n\xc3\xa9")
    found = read_text_file(tmp_path / "a.txt")
    assert found.text == "one\ntwo\né"
    assert found.source.n_samples == 9
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"one\ntwo\n"))
    assert read_text_file(tmp_path / "b.gz").text == "one\ntwo\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"good\nb\xc3\xa9d\xff\n", ":2:4: is not UTF-8 text: byte 0xff; save it as UTF-8"),
        (b"\xff\xfea\x00", ": is UTF-16 text; save it as UTF-8"),
        (b"a\x00b", ": looks like a binary file, not text; check that this is the right file"),
        (b"", ": has 0 characters, and the next one is to be predicted; give a longer text"),
        (b"x", ": has 1 character, and the next one is to be predicted; give a longer text"),
    ],
)
def test_what_is_no_text_is_refused_with_its_place(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    with pytest.raises(DataError) as caught:
        read(NEXT, tmp_path / "a.txt")
    assert str(caught.value) == f"{tmp_path / 'a.txt'}{message}"


def test_a_network_for_the_next_symbol_takes_whole_files_and_folders(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "b.txt").write_text("bb\n\nb")
    (folder / "a.txt").write_text("aaa")
    (tmp_path / "c.txt").write_text("cc")
    data, rows = read(NEXT, tmp_path / "c.txt", folder, validation=[tmp_path / "c.txt"])
    assert data.texts == ("cc", "aaa", "bb\n\nb", "cc")
    assert rows == {"training": [0, 1, 2], "validation": [3]}
    assert [source.n_samples for source in data.sources] == [2, 3, 5, 2]


def test_lines_are_samples_of_the_class_of_their_file(tmp_path: Path) -> None:
    folder = tmp_path / "lines"
    folder.mkdir()
    (folder / "yes.txt").write_text("one\n\ntwo")
    (folder / "no.txt").write_text("three\n")
    data, rows = read(LINES, folder)
    assert data.classes == ("no", "yes")
    assert (data.texts, data.labels.tolist()) == (("three", "one", "two"), [0, 1, 1])
    data, rows = read(LINES, folder / "yes.txt", folder / "no.txt", test=[folder])
    assert data.classes == ("yes", "no")
    assert data.labels.tolist() == [0, 0, 1, 1, 0, 0]
    assert rows == {"training": [0, 1, 2], "test": [3, 4, 5]}


def test_what_gives_no_classes_is_refused(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_text("text\n")
    with pytest.raises(
        UsageError,
        match="1 text file for a network of 2 classes; give one per class, or a folder with one for each; a table with a column of texts is read without a network for texts: ann train TABLE",
    ):
        read(LINES, tmp_path / "a.txt")
    with pytest.raises(UsageError, match="3 text files for a network of 2 classes"):
        read(LINES, tmp_path)
    (tmp_path / "a.txt").write_text("\n\n")
    (tmp_path / "b.txt").write_text("\n")
    with pytest.raises(DataError, match=r"b\.txt: holds no line of text"):
        read(LINES, tmp_path / "a.txt", tmp_path / "b.txt")


@pytest.mark.parametrize(
    ("request_", "format_name", "option"),
    [({"label": ("x",)}, "auto", "--label"), ({"ignore": ("x",)}, "auto", "--ignore"), ({}, "csv", "--format")],
)
def test_options_of_tables_are_refused(tmp_path: Path, request_: dict[str, tuple[str]], format_name: str, option: str) -> None:  # fmt: skip
    with pytest.raises(AnnError) as caught:
        read_text_sets({"training": ["none"]}, NEXT, TableRequest(**request_), ReadRequest(format=format_name), Remarks())  # type: ignore[arg-type]  # fmt: skip
    assert str(caught.value).startswith(f"{option} is for tables and rows of numbers, and this network takes texts")
