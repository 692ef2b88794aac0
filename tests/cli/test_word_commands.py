"""Networks for words from the shell: classes of lines, the next word, and tags; their words and their exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from inside import Done, ann

__all__ = ["ann"]
Run = Callable[..., Done]

TEXT = "The cat sat on the mat.\nThe dog ate the hat!\n" * 60
NEXT = "anncli: 1\ninputs: words\nlayers: [6 embedding, softmax]\ntraining: {learning_rate: 0.1}\n"
TAGS = "anncli: 1\ninputs: words\nlayers: [6 embedding, window 1, 3 softmax]\ntraining: {learning_rate: 0.05}\n"
# `run` is a verb after `dogs` and a noun after `the`.
TAGGED = "the\tD\nrun\tN\n\ndogs\tN\nrun\tV\n\n" * 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "next.nn").write_text(NEXT)
    (tmp_path / "tags.nn").write_text(TAGS)
    (tmp_path / "text.txt").write_text(TEXT)
    (tmp_path / "words.tsv").write_text(TAGGED)
    return tmp_path


def test_the_next_word(folder: Path, ann: Run) -> None:
    trained = ann("train", "next.nn", "text.txt", 15, "--test", 0.1, "--validation", 0.1)
    assert "65 words for the validation set and then 65 words for the test set" in trained.stdout
    assert "bits per word" in trained.stdout
    assert (folder / "next.nn").read_text().startswith(NEXT)
    assert ann("generate", "next.nn", "--start", "The cat", "--length", 6, "--temperature", 0).stdout.startswith(
        "The cat sat on the "
    )
    predicted = ann("predict", "next.nn", "-", "--scores", input="cat sat\nzebra").stdout.splitlines()
    assert predicted[0].split("\t")[:2] == ["cat", "sat"]
    assert predicted[1].split("\t")[0::3] == ["sat", ""]  # the word that came is not known
    assert predicted[2].startswith("zebra\t")
    refused = ann("generate", "next.nn", check=2).stderr
    assert refused == "ann: the network knows no line end, with which a text would begin; say how it begins: --start TEXT\n"  # fmt: skip
    refused = ann("generate", "next.nn", "--start", "A zebra", check=2).stderr
    assert refused == "ann: --start: the network does not know 'a', 'zebra'; begin with words of the text that trained it; ann info lists them\n"  # fmt: skip
    document = json.loads(ann("info", "next.nn", "--json").stdout)
    assert document["text"] == "words"
    assert document["vocabulary"] == ["the", "ate", "cat", "dog", "hat", "mat", "on", "sat"]
    assert "vocabulary  8: the, ate, cat, dog, hat, mat, on, sat\n" in ann("info", "next.nn").stdout
    tested = ann("test", "next.nn", "text.txt").stdout
    assert "text.txt: trained the network, so these figures say little about new texts" in tested


def test_a_class_for_each_line_of_words(folder: Path, ann: Run) -> None:
    (folder / "good.txt").write_text("a fine film\nsuch fine music!\n" * 20)
    (folder / "bad.txt").write_text("A dull film.\ndull, dull music\n" * 20)
    ann("init", "line.nn", "--inputs", "{words: 100, min_count: 2}", "--layers", "4 embedding, mean, 1 logistic")
    head = (folder / "line.nn").read_text()
    assert head.endswith("inputs: {words: 100, min_count: 2}\nlayers: [4 embedding, mean, 1 logistic]\n")
    trained = ann("train", "line.nn", "good.txt", "bad.txt", 30, "--learning-rate", 0.1, "--test", 0.25)
    assert (folder / "line.nn").read_text().startswith(head)
    assert "test" in trained.stdout
    planned = json.loads(ann("train", "line.nn", "good.txt", "bad.txt", "--dry-run", "--json").stdout)
    assert planned["l2"] == 0
    classes = ann("predict", "line.nn", "-", "--classes", input="FINE!\n\nso dull\n...\n").stdout.splitlines()
    assert classes[:2] == ["good", "bad"]
    assert len(classes) == 3  # a line without words is a sample as well
    assert "accuracy %" in ann("cv", "line.nn", "good.txt", "bad.txt", 3, "--folds", 2).stdout
    assert "the gradient is right" in ann("gradcheck", "line.nn", "good.txt", "bad.txt").stdout


def test_texts_of_which_no_word_counts_teach_nothing(folder: Path, ann: Run) -> None:
    (folder / "marks.txt").write_text("...\n! ?\n" * 5)
    (folder / "rare.txt").write_text("one\ntwo\n")
    ann("init", "line.nn", "--inputs", "{words: auto, min_count: 2}", "--layers", "4 embedding, mean, 1 logistic")
    before = (folder / "line.nn").read_bytes()
    for name in ("marks.txt", "rare.txt"):
        refused = ann("train", "line.nn", name, "marks.txt", 1, check=3).stderr.splitlines()[-1]
        assert refused == "ann: no word of the training texts counts; give texts with words, or lower `min_count`"
    assert (folder / "line.nn").read_bytes() == before


def test_a_tag_for_each_word(folder: Path, ann: Run) -> None:
    trained = ann("train", "tags.nn", "words.tsv", 30, "--test", 0.25)
    test = next(line for line in trained.stdout.splitlines() if line.startswith("test"))
    assert test.split()[1:3] == ["40", "100.00"]  # 20 sentences of two words
    given = "the\nrun\n\ndogs\tX\nrun\n"
    assert ann("predict", "tags.nn", input=given).stdout == "the\tD\nrun\tN\n\ndogs\tN\nrun\tV\n"
    assert ann("predict", "tags.nn", "--sentences", input="the run\ndogs run\n").stdout == "the\tD\nrun\tN\n\ndogs\tN\nrun\tV\n"  # fmt: skip
    assert ann("predict", "tags.nn", "--classes", input=given).stdout == "D\nN\n\nN\nV\n"
    cells = ann("predict", "tags.nn", "--scores", input="dogs\n").stdout.split("\t")
    assert cells[:2] == ["dogs", "N"]
    assert 0.5 < float(cells[2]) < 1
    found = json.loads(ann("predict", "tags.nn", "--json", input=given).stdout)["predictions"]
    assert [(own["sample"], own["word"], own["class"]) for own in found] == [
        (1, "the", "D"), (1, "run", "N"), (2, "dogs", "N"), (2, "run", "V"),
    ]  # fmt: skip
    many = ann("predict", "tags.nn", "--sentences", input="\n" + "the run\n\n" * 30000).stdout
    assert many == "\n".join(["the\tD\nrun\tN\n"] * 30000)
    assert (
        ann("predict", "tags.nn", "--sentences", input="\n \n", check=3).stderr
        == "ann: <stdin>: holds no words; give words to tag\n"
    )
    done = ann("predict", "tags.nn", input="cats\nrun\n")
    assert done.stderr == "ann: warning: <stdin>: words that the network does not know: cats\n"
    refused = ann("predict", "tags.nn", input="dogs run\n", check=3).stderr
    assert refused == "ann: <stdin>:1: expected one word, found 'dogs run'; write a word a line, with an empty line between sentences; --sentences takes a sentence a line\n"  # fmt: skip
    assert ann("predict", "tags.nn", "--to", "csv", input=given, check=2).stderr == "ann: --to: the predictions for the words of a text are no table; leave it out; write the lines with > FILE\n"  # fmt: skip
    assert "accuracy %" in ann("cv", "tags.nn", "words.tsv", 3, "--folds", 2).stdout
    assert "the gradient is right" in ann("gradcheck", "tags.nn", "words.tsv").stdout
    assert ann("test", "tags.nn", "words.tsv").stdout.splitlines()[1].split()[1:3] == ["160", "100.00"]


def test_faults_of_networks_for_tags(folder: Path, ann: Run) -> None:
    (folder / "four.nn").write_text(TAGS.replace("3 softmax", "4 softmax"))
    refused = ann("train", "four.nn", "words.tsv", 1, check=2).stderr
    assert refused == "ann: four.nn: 3 tags in the training words (D, N, V), and the network has 4; write the output layer `3 softmax`\n"  # fmt: skip
    refused = ann("train", "tags.nn", "words.tsv", 1, "--label", "last", check=2).stderr
    assert refused == "ann: --label is for tables and rows of numbers, and this network takes texts; leave it out; the files of a folder, or several files, are texts one after the other\n"  # fmt: skip
    ann("train", "next.nn", "text.txt", 1)
    assert ann("predict", "next.nn", "text.txt", "--sentences", check=2).stderr == "ann: --sentences is for networks that give every word a tag; leave it out\n"  # fmt: skip
    refused = ann(
        "init", "new.nn", "--inputs", "{words: auto, split: words}", "--layers", "2 embedding, 3 softmax", check=2
    )
    assert refused.stderr.startswith("ann: --inputs: each word has an answer, so that words are")
    (folder / "split.nn").write_text(TAGS.replace("words", "{words: 9, split: words}", 1))
    refused = ann("train", "split.nn", "words.tsv", 1, check=4).stderr
    assert refused == "ann: split.nn:2:9: each word has an answer, so that words are what stands between spaces; leave `split` out, or write `split: spaces`\n"  # fmt: skip


def test_a_bidirectional_network_tags_words(folder: Path, ann: Run) -> None:
    ann("init", "both.nn", "--inputs", "words", "--layers", "6 embedding, 4 lstm bidirectional, 3 softmax")
    trained = ann("train", "both.nn", "words.tsv", 30, "--learning-rate", 0.1, "--test", 0.25)
    test = next(line for line in trained.stdout.splitlines() if line.startswith("test"))
    assert float(test.split()[2]) > 90
