"""`ann explain` on networks that take texts: the words that decide, over many texts and in one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from inside import Done, ann

from anncli.formats.networks.storage import load, save
from anncli.network.encoders.characters import CharacterEncoder
from anncli.network.network import Network

__all__ = ["ann"]
Run = Callable[..., Done]


@pytest.fixture
def summing(tmp_path: Path) -> Path:
    """A network that adds weights up: 0.5, and for each blank 0.25, a 1, b -2."""
    network = Network.create("characters", ["1 logistic"], classes=("yes", "no"))
    network = network.with_vocabulary(CharacterEncoder((" ", "a", "b")))
    network.set_parameters(np.array([0.5, 0.25, 1, -2, 0]))
    save(network, tmp_path / "net.nn")
    (tmp_path / "texts.txt").write_text("a b\n\nb\naa a b\na ccc\n")
    return tmp_path


def test_the_words_of_many_texts(summing: Path, ann: Run) -> None:
    assert ann("explain", "net.nn", "texts.txt").stdout == (
        "for yes, all texts  texts  log odds  +/-  for no  texts  log odds    +/-\n"
        "a                       3      1.25    0  b           3     1.833  0.144\n"
        "\n"
        "mean change of the log odds of yes by a word, in the texts that contain it: 2 words in at least 2 of 4 texts\n"
        "in the order of how much they tell texts apart: first strong words that are in many texts, though not in all\n"
        "log odds without any word: yes 0.5\n"
        "\n"
        "texts that trained the network: not known: the network file holds no digests of the rows that trained it\n"
    )
    found = json.loads(ann("explain", "net.nn", "texts.txt", "--json", "-o", "w.csv").stdout)
    assert (found["n"], found["texts"], found["least"], found["rows_seen"], found["new_rows"]) == (4, 4, 2, None, None)
    assert [(one["word"], one["texts"], one["means"]) for one in found["words"]] == [
        ("a", 3, [1.25]),
        ("b", 3, [pytest.approx(-(2 + 1.75 + 1.75) / 3)]),
    ]
    head, row = (summing / "w.csv").read_text().splitlines()[:2]
    assert head == "word,texts,log_odds_yes,deviation_yes,spread_yes"
    # The changes 1.25, 1.25, 0, 1.25.
    assert row.startswith("a,3,1.25,0,0.541265877")


def test_first_come_words_that_tell_texts_apart(summing: Path, ann: Run) -> None:
    network = Network.create("characters", ["1 logistic"], classes=("yes", "no"))
    network = network.with_vocabulary(CharacterEncoder((" ", "a", "b", "c", "d", "e")))
    network.set_parameters(np.array([0, 0, 1, 3, 2, -1, -2, 0]))
    save(network, summing / "net.nn")
    # a is everywhere, b and e are strong and rare, c and d less so and in every second text.
    (summing / "texts.txt").write_text("a b\na b\n" + "a\na c\n" * 29 + "a e\na e\n" + "a\na d\n" * 29)
    lines = ann("explain", "net.nn", "texts.txt").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["c", "b", "a"]
    assert [line.split()[4] for line in lines[1:3]] == ["d", "e"]


def test_the_words_of_one_text(summing: Path, ann: Run) -> None:
    (summing / "one.txt").write_text("a b ccc a\n")
    expected = (
        "text 1 of 1: yes (yes 0.7773)\n"
        "\n"
        "word  times  log odds of yes\n"
        "a         2              2.5  ++++++++++++++++++++\n"
        "b         1            -1.75  --------------\n"
        "ccc       1             0.25  ++\n"
        "\n"
        "all changes together 1; log odds of the whole text 1.25, of a text without words 0.5\n"
        "words that the network does not know: ccc\n"
    )
    assert ann("explain", "net.nn", "one.txt").stdout == expected
    assert ann("explain", "net.nn", "-", input="a b ccc a").stdout == expected
    shown = ann("explain", "net.nn", "texts.txt", "one.txt", "--row", 5, "--top", 1).stdout
    assert shown.startswith("text 5 of 5: yes")
    assert "\n2 more words: --top N, --json, or -o FILE\n" in shown
    ann("explain", "net.nn", "one.txt", "-o", "w.jsonl")
    rows = [json.loads(line) for line in (summing / "w.jsonl").read_text().splitlines()]
    assert rows[1] == {"word": "b", "times": 1, "log_odds_yes": -1.75}


def test_texts_are_drawn_and_those_that_trained_are_told_apart(tmp_path: Path, ann: Run) -> None:
    (tmp_path / "line.nn").write_text("anncli: 1\ninputs: characters\nlayers: [2 embedding, mean, 3 softmax]\n")
    for name in ("ab", "xy", "no"):
        (tmp_path / f"{name}.txt").write_text("".join(f"{name} {'z ' * k}good\n" for k in range(12)))
    ann("train", "line.nn", "ab.txt", "xy.txt", "no.txt", 3, "--test", 0.25, "-q")
    shown = ann("explain", "line.nn", "ab.txt", "xy.txt", "no.txt", "--rows", 20, "--seed", 3).stdout
    assert shown.startswith("for ab, all texts*  ")
    assert [line.split("  ")[0] for line in shown.splitlines() if line.startswith("for ")] == [
        f"for {name}, {what} texts{mark}" for what, mark in (("all", "*"), ("new", "")) for name in ("ab", "xy", "no")
    ]
    assert "against xy" in shown
    assert "words in at least 2 of 20 texts, drawn from 36 (--rows N takes more)\n" in shown
    assert "words in at least 2 of 9 texts\n" in shown
    assert shown.endswith(
        "\n* 27 of these 36 texts trained the network, so the changes may be too large; trust the table of new texts\n"
    )
    again = ann("explain", "line.nn", "ab.txt", "xy.txt", "no.txt", "--rows", 20, "--seed", 3, "--threads", 2).stdout
    assert again == shown
    found = json.loads(ann("explain", "line.nn", "ab.txt", "--json").stdout)
    (tmp_path / "new.txt").write_text("ab good\nxx good\nxx yy\n")
    lone = ann("explain", "line.nn", "new.txt").stdout
    assert lone.endswith("\ntexts that trained the network: none of these\n")
    assert (found["rows_seen"], len(found["new_rows"]["words"][0]["means"])) == (9, 3)


def test_what_does_not_fit_is_refused(summing: Path, ann: Run) -> None:
    for options, what in (
        (("--column", "a"), "--column is for columns, and this network takes texts; leave it out"),
        (("--permutations", 3), "--permutations is for columns, and this network takes texts; leave it out"),
        (("--label", "x"), "--label is for tables and rows of numbers, and this network takes texts"),
        (("--row", 1, "--rows", 2), "--row is one text and --rows a number of texts; leave one of them out"),
    ):
        assert what in ann("explain", "net.nn", "texts.txt", *options, check=2).stderr
    assert "--row 9: the data have 4 texts; give a number from 1 to 4" in ann("explain", "net.nn", "texts.txt", "--row", 9, check=3).stderr  # fmt: skip
    (summing / "empty.txt").write_text("\n")
    assert "empty.txt: holds no text; give a text on each line" in ann("explain", "net.nn", "empty.txt", check=3).stderr
    network = load(str(summing / "net.nn"))
    assert network.text is not None
    following = Network.create("characters", ["2 lstm", "softmax"]).with_vocabulary(CharacterEncoder(("a", "b")))
    following.set_parameters(np.zeros(following.topology.n_parameters))
    save(following, summing / "next.nn")
    assert "ann explain is for a class of each text" in ann("explain", "next.nn", "texts.txt", check=2).stderr
    vectors = Network.create("words", ["2 embedding", "skip-gram"])
    assert vectors.text is not None
    vectors = vectors.with_vocabulary(vectors.text.definition.fitted(["a b c"]))
    vectors.set_parameters(np.zeros(vectors.topology.n_parameters))
    save(vectors, summing / "vectors.nn")
    assert "this network has vectors of words alone; `ann words` says" in ann("explain", "vectors.nn", "texts.txt", check=2).stderr  # fmt: skip
    assert ann("check", "vectors.nn", "texts.txt").stdout.endswith("\n\n0 warnings, 1 note\n")
    numbers = Network.create(2, ["1 logistic"])
    numbers.set_parameters(np.zeros(3))
    save(numbers, summing / "numbers.nn")
    assert "--row is for texts, and this network takes none" in ann("explain", "numbers.nn", "texts.txt", "--row", 1, check=2).stderr  # fmt: skip


def test_a_folder_of_classes_is_read_as_in_training(summing: Path, ann: Run) -> None:
    (summing / "net.nn").write_text("anncli: 1\ninputs: words\nlayers: [1 logistic]\n")
    (summing / "all").mkdir()
    for name in ("yes", "no"):
        (summing / "all" / f"{name}.txt").write_text("".join(f"{name} {k}\n" for k in range(12)))
    ann("train", "net.nn", "all", 5, "--test", 0.25, "-q")
    found = json.loads(ann("explain", "net.nn", "all", "--json").stdout)
    assert found["texts"] == 24
    assert found["outputs"] == ["no"]
    (summing / "all" / "third.txt").write_text("a text\nof two lines\n")
    # Files that are no classes are texts.
    assert json.loads(ann("explain", "net.nn", "all", "--json").stdout)["texts"] == 3
