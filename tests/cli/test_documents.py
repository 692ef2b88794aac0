"""Networks for documents from the shell: lines and folders, pipes, texts without a known word, and what is refused."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ann_process import clean_environment
from inside import Done, ann

__all__ = ["ann"]
Run = Callable[..., Done]

GOOD = ["a good film", "what a lovely good story", "lovely, lovely film", "good good", "it is a lovely story"] * 8
BAD = ["a bad film", "what an awful story", "bad, awful film", "awful", "the story is bad and it is awful"] * 8


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    (tmp_path / "good.txt").write_text("".join(f"{line}\n" for line in GOOD))
    (tmp_path / "bad.txt.gz").write_bytes(gzip.compress("".join(f"{line}\r\n" for line in BAD).encode()))
    for name, lines in (("good", GOOD), ("bad", BAD)):
        (tmp_path / "mails" / name).mkdir(parents=True)
        for number, line in enumerate(lines):
            (tmp_path / "mails" / name / f"{number:03}.txt").write_text(line.replace(" ", "\n", 1))
    (tmp_path / "mail.nn").write_text("anncli: 1\ninputs: documents\nlayers: [4 tanh, 1 logistic]\n")
    return tmp_path


def test_from_lines_to_predictions(reviews: Path, ann: Run) -> None:
    made = ann("init", "new.nn", "--inputs", "documents", "--layers", "4 tanh, 1 logistic")
    assert made.stderr == "ann: new.nn: for documents, 4 tanh, 1 logistic; train it with: ann train new.nn DATA...\n"
    trained = ann("train", "mail.nn", "good.txt", "bad.txt.gz", 30, "--trainer", "scg", "--test", 0.25)
    assert "mail.nn: 12-4-1, 4 tanh, 1 logistic, 57 parameters\n" in trained.stdout + trained.stderr
    assert "100.00" in trained.stdout
    predicted = ann("predict", "mail.nn", "-", "--classes", input="A GOOD story!\n\nthe bad film\n")
    assert predicted.stdout == "good\nbad\n"
    assert ann("test", "mail.nn", "good.txt", "bad.txt.gz").stdout.splitlines()[1].split()[1] == "80"
    shown = ann("info", "mail.nn").stdout
    assert "text         documents\n" in shown
    # By how often they come in the training texts, not by their letters.
    assert shown.split("vocabulary   12: ")[1].startswith(
        "film, lovely, awful, story, is, bad, good, it, what, an, ..."
    )
    document = json.loads(ann("predict", "mail.nn", "-", "--json", input="good\nbad\n").stdout)
    assert [entry["class"] for entry in document["predictions"]] == ["good", "bad"]
    folds = ann("cv", "mail.nn", "good.txt", "bad.txt.gz", 20, "--folds", 4)
    assert "accuracy" in folds.stdout.lower()


def test_a_folder_for_each_class_is_as_lines(reviews: Path, ann: Run) -> None:
    head = (reviews / "mail.nn").read_text()
    (reviews / "files.nn").write_text(head)
    (reviews / "words.nn").write_text(head)
    (reviews / "lines.nn").write_text(head)
    (reviews / "bad.txt").write_text("".join(f"{line}\n" for line in BAD))
    ann("train", "lines.nn", "bad.txt", "good.txt", 3)
    ann("train", "files.nn", "mails", 3)
    ann("train", "words.nn", "mails/bad/", "mails/good", 3)
    weights = [
        (reviews / name).read_text().split("encoder:")[1].split("record:")[0]
        for name in ("lines.nn", "files.nn", "words.nn")
    ]
    assert weights[0] == weights[1] == weights[2]
    assert "classes: {positive: bad, negative: good}" in (reviews / "files.nn").read_text()
    ann("train", "--inputs", "documents", "mails/bad", "mails/good", 3, "-o", "new.nn")
    assert "classes: {positive: bad, negative: good}" in (reviews / "new.nn").read_text()
    ann("init", "usual.nn", "--inputs", "documents", "--data", "mails")
    assert (reviews / "usual.nn").read_text().endswith("inputs: documents\nlayers: [16 tanh, 1 logistic]\n")
    assert ann("predict", "files.nn", "mails/bad").stdout == ann("predict", "files.nn", "bad.txt").stdout
    assert len(ann("predict", "files.nn", "mails/bad/000.txt").stdout.splitlines()) == 2  # the lines of one file
    assert ann("test", "files.nn", "mails").stdout.splitlines()[1].split()[1] == "80"
    # A folder of files is still a class for each file, with a text on each line.
    (reviews / "flat").mkdir()
    (reviews / "bad.txt").rename(reviews / "flat" / "bad.txt")
    (reviews / "good.txt").rename(reviews / "flat" / "good.txt")
    assert ann("test", "files.nn", "flat").stdout.splitlines()[1].split()[1] == "80"


def test_texts_without_a_known_word_are_told(reviews: Path, ann: Run) -> None:
    (reviews / "good.txt").write_text("good film\n" * 30 + "x\ny z\n")
    (reviews / "one.nn").write_text("anncli: 1\ninputs: {documents: tf-idf, words: 2}\nlayers: [1 logistic]\n")
    trained = ann("train", "one.nn", "good.txt", "bad.txt.gz", 2)
    assert "texts have no word that the network knows; all their inputs are 0" in trained.stderr
    predicted = ann("predict", "one.nn", "-", input="good film\nxyz\nbad film\n")
    assert (
        predicted.stderr
        == "ann: warning: <stdin>: 1 of 3 texts has no word that the network knows; all their inputs are 0\n"
    )
    assert len(predicted.stdout.splitlines()) == 3
    tested = ann("test", "one.nn", "good.txt", "bad.txt.gz")
    assert "of 72 texts have no word that the network knows" in tested.stderr


def test_texts_without_words_cannot_be_learned(reviews: Path, ann: Run) -> None:
    (reviews / "x.txt").write_text("x\n\ny\n")
    (reviews / "y.txt").write_text("a\nb\n")
    done = ann("train", "mail.nn", "x.txt", "y.txt", check=3)
    assert done.stderr == "ann: no word of the training texts counts; give texts with words, or lower `min_documents`\n"


def test_a_text_that_is_no_text_is_named_with_its_line(reviews: Path, ann: Run) -> None:
    ann("train", "mail.nn", "good.txt", "bad.txt.gz", 2)
    (reviews / "latin.txt").write_bytes(b"a good film\n" * 100_000 + b"caf\xe9\n")
    done = ann("predict", "mail.nn", "latin.txt", check=3)
    assert done.stderr == "ann: latin.txt:100001:4: is not UTF-8 text: byte 0xe9; save it as UTF-8\n"
    assert done.stdout.count("\n") >= 50_000
    (reviews / "mails" / "bad" / "900.txt").write_bytes(b"ok\ncaf\xe9\n")
    done = ann("train", "mail.nn", "mails", 2, check=3)
    assert done.stderr == "ann: mails/bad/900.txt:2:4: is not UTF-8 text: byte 0xe9; save it as UTF-8\n"


@pytest.mark.slow
def test_lines_of_a_pipe_are_answered_as_they_come(reviews: Path, ann: Run) -> None:
    ann("train", "mail.nn", "good.txt", "bad.txt.gz", 30, "--trainer", "scg")
    command = [sys.executable, "-m", "anncli", "predict", "mail.nn", "-", "--classes"]
    with subprocess.Popen(
        command, cwd=reviews, env=clean_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for text, answer in (("a good film", "good"), ("an awful story", "bad"), ("lovely", "good")):
            process.stdin.write(f"{text}\n")
            process.stdin.flush()
            assert process.stdout.readline() == f"{answer}\n"
        process.stdin.close()
        assert process.wait() == 0


def test_the_default_penalty_grows_with_documents_where_units_stand_between(reviews: Path, ann: Run) -> None:
    (reviews / "line.nn").write_text("anncli: 1\ninputs: documents\nlayers: [1 logistic]\n")
    found = {}
    for name in ("mail.nn", "line.nn"):
        ann("train", name, "good.txt", "bad.txt.gz", 1, "--validation", 0.2)
        found[name] = float(json.loads(ann("info", name, "--json").stdout)["record"]["l2"])
    # 64 of 80 rows train: 0.28 sqrt(64) / 80; a logistic regression has 2.5 / 80.
    assert found == pytest.approx({"mail.nn": 0.028, "line.nn": 0.03125}, rel=1e-6)
