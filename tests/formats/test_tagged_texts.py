"""Words with tags in text files: sentences, tags and their numbers by hand, and every fault with its line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from anncli.dataset.request import ReadRequest, TableRequest
from anncli.errors import AnnError, DataError
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.tagged_texts import read_sentences, read_tagged
from anncli.formats.data.texts import read_text_sets
from anncli.network.network import Network

TEXT = "\n\nThe\tdet\ndog's\tnoun\n \t \n.\tpunct\n\n\nruns\tverb"


def test_sentences_tags_and_lines() -> None:
    found = read_tagged(TEXT, "x")
    assert found.sentences == [["The", "dog's"], ["."], ["runs"]]
    assert found.tags == ["det", "noun", "punct", "verb"]
    assert found.lines == [3, 4, 6, 9]
    assert found.numbers(("verb", "punct", "noun", "det")).tolist() == [3, 2, 1, 0]
    with pytest.raises(DataError) as caught:
        found.numbers(("det", "nouns", "punct", "verb"))
    assert str(caught.value) == "x:4: the training words have no tag 'noun'; did you mean 'nouns'?"


def test_words_without_tags() -> None:
    words = [["The", "dog's"], ["."], ["runs"]]
    assert read_sentences(TEXT, "x") == words
    assert read_sentences("The\ndog's\n\n.\n\n\nruns\n", "x") == words
    assert read_sentences("\n \n", "x") == []
    with pytest.raises(DataError) as caught:
        read_sentences("a\nb c\n", "x")
    assert str(caught.value).startswith("x:2: expected one word, found 'b c'; write a word a line")
    with pytest.raises(DataError, match="x:1: the word is missing"):
        read_sentences("\tdet\n", "x")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a det\n", "x:1: expected `word TAB tag`, found 'a det'"),
        ("a\tdet\nb\n", "x:2: expected `word TAB tag`, found 'b'"),
        ("a\tdet\t1\n", "x:1: expected `word TAB tag`, found 'a\\tdet\\t1'"),
        ("\tdet\n", "x:1: the word is missing"),
        ("a\t\n", "x:1: the tag is missing"),
        ("a\t  \n", "x:1: the tag is missing"),
        ("a b\tdet\n", "x:1: a word has no blanks, found 'a b'"),
        ("a\tdet \n", "x:1: a tag has no blanks, found 'det '"),
        ("a\u00a0b\tdet\n", "x:1: a word has no blanks, found 'a\\xa0b'"),
        ("", "x: holds no words with tags"),
        ("\n \n\n", "x: holds no words with tags"),
    ],
)
def test_faults_have_their_line(text: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read_tagged(text, "x")
    advice = "put a tab between word and tag, and an empty line between sentences"
    assert str(caught.value) == f"{message}; {advice}"


def read(network: Network, **files: str) -> object:
    sets = {name: [file] for name, file in files.items()}
    return read_text_sets(sets, network, TableRequest(), ReadRequest(), Remarks())


def test_sets_of_files_with_the_tags_of_the_training_words(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_bytes(b"\xef\xbb\xbfdogs\tN\r\nrun\tV\r\n\r\ncats\tN\r\n")
    (tmp_path / "b.tsv").write_text("run\tV\n")
    network = Network.create("words", ["3 embedding", "window 1", "1 logistic"])
    data, rows = read_text_sets(
        {"training": [str(tmp_path / "a.tsv")], "test": [str(tmp_path / "b.tsv")]},
        network, TableRequest(), ReadRequest(), Remarks(),
    )  # fmt: skip
    assert data.texts == ("dogs run", "cats", "run")
    assert data.classes == ("N", "V")
    assert data.labels.tolist() == [0, 1, 0, 1]
    assert data.starts is not None
    assert data.starts.tolist() == [0, 2, 3, 4]
    assert {name: own.tolist() for name, own in rows.items()} == {"training": [0, 1], "test": [2]}
    assert [source.n_samples for source in data.sources] == [2, 1]
    bare = data.bare()
    assert (bare.by_row, bare.n_samples, bare.n_answers) == (True, 3, 4)
    assert network.text is not None
    encoded = data.with_vocabulary(network.text.definition.fitted(data.texts[:2]))
    assert encoded.inputs.indices.tolist() == [1, 2, 0, 2]
    assert (encoded.labels == np.array([0, 1, 0, 1])).all()
    (tmp_path / "c.tsv").write_text("a\tN\nb\tM\n")
    with pytest.raises(AnnError, match=r"b.tsv:1: the training words have no tag 'V'"):
        read(network, training=str(tmp_path / "c.tsv"), test=str(tmp_path / "b.tsv"))
    with pytest.raises(AnnError) as caught:
        read(network, training=str(tmp_path / "b.tsv"))
    assert str(caught.value) == "1 tag in the training words (V), and the network has 2; give words of two or more tags"
