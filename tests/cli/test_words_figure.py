"""`ann plot words`: where words stand in the plane, which names are written, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from inside import Done, ann

from anncli.analysis.word_plane import word_plane
from anncli.cli.showing.figures.words import _Box
from anncli.cli.showing.svg import text_width
from anncli.errors import ValueFault
from anncli.network.word_vectors import WordVectors

__all__ = ["ann"]
Run = Callable[..., Done]


def test_the_plane_by_hand() -> None:
    # Of length 1: (1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0) twice, without a mean but for -0.2 along the second axis.
    known = WordVectors(
        ("a", "b", "c", "d", "e"),
        np.array([[2, 0, 0], [-1, 0, 0], [0, 3, 0], [0, -1, 0], [0, -5, 0]], dtype=np.float32),
    )
    plane = word_plane(known)
    # Squares around the mean: 3 - 5 * 0.04 = 2.8 along the second axis and 2 along the first.
    assert plane.fractions == pytest.approx((2.8 / 4.8, 2 / 4.8))
    assert plane.places == pytest.approx(np.array([[0.2, 1], [0.2, -1], [1.2, 0], [-0.8, 0], [-0.8, 0]]), abs=1e-6)
    assert not plane.is_named
    assert word_plane(known, ["E", "c", "a", "c"]).words == ("e", "c", "a")


def test_signs_do_not_depend_on_chance() -> None:
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(30, 6)).astype(np.float32)
    words = tuple(f"w{k}" for k in range(30))
    one, other = word_plane(WordVectors(words, vectors)), word_plane(WordVectors(words[::-1], vectors[::-1]))
    assert one.places == pytest.approx(other.places[::-1], abs=1e-9)


def test_too_little_for_a_plane() -> None:
    known = WordVectors(("a", "b", "c"), np.ones((3, 2), dtype=np.float32))
    for words, message in (
        (["a", "b", "a"], "a plane needs three words or more"),
        ([], "the vectors of these words are equal"),
    ):
        with pytest.raises(ValueFault) as caught:
            word_plane(known, words)
        assert caught.value.message == message
    line = WordVectors(("a", "b", "c"), np.array([[1], [-1], [2]], dtype=np.float32))
    assert word_plane(line).fractions == (1.0, 0.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(2)
    lines = [f"word{k} " + " ".join(f"{x:.4f}" for x in rng.normal(size=4)) for k in range(150)]
    (tmp_path / "v.vec").write_text("150 4\n" + "\n".join(lines) + "\n")
    return tmp_path


def test_names_hide_no_other(folder: Path, ann: Run) -> None:
    assert ann("plot", "words", "v.vec", "--csv", "w.csv").stdout == "words written to v-words.svg\n"
    text = (folder / "v-words.svg").read_text()
    found = re.findall(r'<text[^>]* x="([\d.]+)" y="([\d.]+)"[^>]*>(word\d+)<', text)
    boxes = [
        _Box(float(x), float(y) - 0.85 * 11, float(x) + text_width(word, 11), float(y) + 0.15 * 11)
        for x, y, word in found
    ]
    assert 60 < len(boxes) < 100
    assert not any(one.meets(other) for k, one in enumerate(boxes) for other in boxes[:k])
    assert re.search(rf"{100 - len(boxes)} marks without a name", ann("plot", "words", "v.vec", "-f", "--json").stdout)
    rows = (folder / "w.csv").read_text().splitlines()
    assert rows[0] == "word,first,second"
    assert [row.split(",")[0] for row in rows[1:]] == [f"word{k}" for k in range(100)]
    # The same bytes at every time.
    before = (folder / "v-words.svg").read_bytes()
    ann("plot", "words", "v.vec", "-f")
    assert (folder / "v-words.svg").read_bytes() == before


def test_words_that_are_named(folder: Path, ann: Run) -> None:
    ann("plot", "words", "v.vec", "word7", "word149", "WORD3", "-o", "w.csv")
    assert [row.split(",")[0] for row in (folder / "w.csv").read_text().splitlines()[1:]] == [
        "word7",
        "word149",
        "word3",
    ]


@pytest.mark.parametrize(("words", "code", "message"), [
    ("words v.vec word1 wrd2 word3", 2, "the network does not know the word 'wrd2'; did you mean 'word2'?"),
    ("words v.vec word1 word2", 2, "a plane needs three words or more; name more of them"),
    ("words n.nn", 2, "n.nn: the network has no vectors of words; train one whose layers begin with `100 embedding`, with `inputs: words`"),
    ("loss v.vec word1", 2, "plot loss takes no DATA: everything is in the network file; leave them out"),
])  # fmt: skip
def test_faults(folder: Path, ann: Run, words: str, code: int, message: str) -> None:
    (folder / "p.txt").write_text("1 2\n2 1\n3 1\n1 3\n")
    (folder / "q.txt").write_text("7 2\n8 1\n9 1\n8 3\n")
    ann("init", "n.nn", "--data", "p.txt,q.txt", "-f")
    ann("train", "n.nn", "p.txt", "q.txt", 1, "--validation", 0)
    assert ann("plot", *words.split(), check=code).stderr.endswith(f"ann: {message}\n")
