"""Networks that commands make for texts, and the hint where texts are read as numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from inside import Done, ann

from anncli.cli.asking.tables import AskedData
from anncli.cli.running.new_text_network import new_text_network
from anncli.dataset.request import ReadRequest, TableRequest

__all__ = ["ann"]
Run = Callable[..., Done]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, adjective in (("good", "fine"), ("bad", "dull"), ("other", "plain")):
        lines = [f"It's a {adjective} film, they said.\n", f"Such {adjective} music in it!\n"] * 15
        for place in (tmp_path, tmp_path / "three"):
            place.mkdir(exist_ok=True)
            (place / f"{name}.txt").write_text("".join(lines))
    (tmp_path / "numbers").mkdir()
    (tmp_path / "numbers" / "a.txt").write_text("1 2\n3 4\n" * 10)
    (tmp_path / "table.csv").write_text("colour,size\nred,big\nblue,small\ngreen,big\n" * 5)
    return tmp_path


@pytest.mark.parametrize(
    ("files", "said", "inputs", "layers"),
    [
        ("good.txt bad.txt", "words", "{words: 20000, min_count: 2}", "32 embedding, mean, 1 logistic"),
        ("three", "words", "{words: 20000, min_count: 2}", "32 embedding, mean, 3 softmax"),
        ("three", "{words: 9}", "{words: 9}", "32 embedding, mean, 3 softmax"),
        ("good.txt bad.txt", "characters", "characters", "64 lstm, last, 1 logistic"),
        ("three", "documents", "documents", "16 tanh, 3 softmax"),
        ("good.txt", "words", "{words: 20000, min_count: 2}", "64 embedding, 128 lstm, softmax"),
        ("good.txt", "characters", "characters", "128 lstm, softmax"),
        ("three", None, None, ""),
    ],
)
def test_the_network_for_texts(
    folder: Path, monkeypatch: pytest.MonkeyPatch, files: str, said: str | None, inputs: str | None, layers: str
) -> None:
    monkeypatch.chdir(folder)
    asked = AskedData(tuple(files.split()), TableRequest(), ReadRequest(), None, "tanh", said)
    network = new_text_network(asked)
    assert (None if network is None or network.text is None else network.text.definition.text()) == inputs
    assert network is None or network.layers_text == layers


def test_train_makes_a_network_for_texts(folder: Path, ann: Run) -> None:
    done = ann("train", "three", "--inputs", "documents", "--hidden", "8,4", "--activation", "relu", 1)
    assert "three.nn: a new network, " in done.stderr
    head = (folder / "three.nn").read_text()
    assert "inputs: documents\nlayers: [8 relu, 4 relu, 3 softmax]\n" in head
    assert ann("predict", "three.nn", "-", "--classes", input="fine\n").stdout.strip() in ("good", "bad", "other")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("train good.txt --inputs documents", "--inputs documents needs classes, and one file is one class; give a file for each class, or a folder; --inputs words predicts the next word of a text; a table with a column of texts is read without --inputs"),
        ("train three --inputs 9", "--inputs 9: the data say what a sample is; leave it out; texts need --inputs words, documents or characters, and ann init takes every form"),
        ("train three --inputs words --hidden 9", "--hidden is for layers above one row of numbers, and words are read one after the other; say the layers with ann init --layers, or read --inputs documents"),
        ("train three --inputs {words:0}", "--inputs: `words` must be a whole number of 1 or more, found 0; write for example `inputs: {words: 20000, min_count: 2}`"),
        ("train x.nn three --inputs words", "--inputs is for a new network; leave it out, or change the layers in x.nn"),
        ("cv x.nn three --inputs words", "--inputs is for a new network; leave it out, or change the layers in x.nn"),
        ("cv good.txt --inputs words", "ann cv draws samples, and this network takes a text as a whole; ann train --test 0.1 holds out the end of the text"),
    ],
)  # fmt: skip
def test_what_is_no_new_network_for_texts(folder: Path, ann: Run, words: str, message: str) -> None:
    ann("init", "x.nn", "--inputs", "words", "--layers", "2 embedding, mean, 3 softmax")
    assert ann(*words.split(), check=2).stderr.splitlines()[-1] == f"ann: {message}"
    assert not list(folder.glob("three.nn"))


def test_folds_without_a_network_file(folder: Path, ann: Run) -> None:
    done = ann("cv", "good.txt", "bad.txt", 2, "--folds", 2, "--inputs", "words")
    assert "accuracy %" in done.stdout
    assert not list(folder.glob("*.nn"))


SEVERAL = "if these are texts, say --inputs documents or --inputs words; "
ONE = "if it is a text, say --inputs words or --inputs characters; "


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        ("train good.txt bad.txt", 2, SEVERAL),
        ("train three", 3, SEVERAL),
        ("train good.txt", 3, ONE),
        ("cv good.txt bad.txt", 2, SEVERAL),
        ("cv three", 3, SEVERAL),
        ("check good.txt bad.txt", 3, SEVERAL),
        ("init x.nn --data good.txt,bad.txt", 3, SEVERAL),
        ("init x.nn --data good.txt", 3, ONE),
        ("train numbers/a.txt", 2, None),
        ("train nothing.txt", 3, None),
        ("train table.csv table.csv", 2, None),
    ],
)
def test_texts_that_are_read_as_numbers_get_a_hint(
    folder: Path, ann: Run, words: str, code: int, hint: str | None
) -> None:
    said = ann(*words.split(), check=code).stderr
    assert [one for one in (SEVERAL, ONE) if one in said] == ([hint] if hint else [])


def test_a_table_whose_only_input_is_a_text_says_how_texts_are_given(folder: Path, ann: Run) -> None:
    rows = "".join(f"film number {n} was {n * n} times fine,{n % 2}\n" for n in range(40))
    (folder / "texts.csv").write_text("text,label\n" + rows)
    said = ann("train", "texts.csv", "--label", "label", check=3).stderr
    assert "a column of texts becomes a file for each class, with a text on each line, for --inputs documents" in said
