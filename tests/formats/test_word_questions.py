"""Files of analogies and of pairs of words, in the forms that they are published in, and what is wrong with others."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from anncli.errors import DataError
from anncli.formats.data.word_questions import read_analogies, read_scored_pairs


def test_sections_of_analogies(tmp_path: Path) -> None:
    file = tmp_path / "questions.txt.gz"
    file.write_bytes(
        gzip.compress(
            b"//Copyright\n: capitals\nAthens Greece Oslo Norway\r\n\n# x\n: family\nboy girl he she\nhe she man woman\n"
        )
    )
    assert read_analogies(str(file)) == [
        ("capitals", [("Athens", "Greece", "Oslo", "Norway")]),
        ("family", [("boy", "girl", "he", "she"), ("he", "she", "man", "woman")]),
    ]
    (tmp_path / "plain.txt").write_text("a b c d\n")
    assert read_analogies(str(tmp_path / "plain.txt")) == [("all", [("a", "b", "c", "d")])]


@pytest.mark.parametrize(
    "text",
    [
        "love\tsex\t6.77\nold age\tnew\t1\n",
        "# comment\nWord 1\tWord 2\tHuman (mean)\nlove\tsex\t6.77\n\nold age\tnew\t1\n",
        "Word 1,Word 2,Human (mean),1,2\nlove,sex,6.77,9,5\nold age,new,1,2,3\n",
        "word1\tword2\tPOS\tscore\nlove\tsex\tN\t6.77\t1\nold age\tnew\tA\t1\t0\n",
        '"love";"sex";6.77\n"old age";"new";1\n',
    ],
)
def test_forms_of_pairs(tmp_path: Path, text: str) -> None:
    (tmp_path / "pairs").write_text(text)
    assert read_scored_pairs(str(tmp_path / "pairs")) == [("love", "sex", 6.77), ("old age", "new", 1)]


def test_pairs_with_blanks(tmp_path: Path) -> None:
    (tmp_path / "pairs").write_text("sun sunlight 50.0\nold  new -1e0\n")
    assert read_scored_pairs(str(tmp_path / "pairs")) == [("sun", "sunlight", 50), ("old", "new", -1)]


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (read_analogies, ": a\nx y z\n", "f:2: expected four words, found 3 words ('x y z'); write for example `Athens Greece Oslo Norway`"),
        (read_analogies, ": a\n", "f: holds no question; write four words a line: `Athens Greece Oslo Norway`"),
        (read_scored_pairs, "a b 1\na b c\n", "f:2: expected two words and a number, found 'a b c'; write two words and a number on each line, with tabs, commas or blanks between them"),
        (read_scored_pairs, "a b\n", "f:1: expected two words and a number, found 'a b'; write two words and a number on each line, with tabs, commas or blanks between them"),
        (read_scored_pairs, "a\tb\t1\n\tb\t1\n", "f:2: expected two words and a number, found '\\tb\\t1'; write two words and a number on each line, with tabs, commas or blanks between them"),
        (read_scored_pairs, "# only\n", "f: holds no pair of words; write two words and a number on each line, with tabs, commas or blanks between them"),
    ],
)  # fmt: skip
def test_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: object, text: str, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("f").write_text(text)
    with pytest.raises(DataError) as caught:
        read("f")  # type: ignore[operator]
    assert str(caught.value) == message
