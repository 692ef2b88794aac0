"""Answers that are no column of the table, from the shell: in a file of their own."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from ann_process import ROOT, Ann

LINES = (ROOT / "data/iris.csv").read_text().split()


@pytest.fixture
def apart(tmp_path: Path) -> Path:
    """iris.csv, the same rows without answers as x.csv and x.txt, and the answers as y.txt and species.csv."""
    rows = [line.rsplit(",", 1) for line in LINES]
    (tmp_path / "iris.csv").write_text("\n".join(LINES) + "\n")
    (tmp_path / "x.csv").write_text("".join(row[0] + "\n" for row in rows))
    (tmp_path / "x.txt").write_text("".join(row[0].replace(",", " ") + "\n" for row in rows[1:]))
    (tmp_path / "y.txt").write_text("".join(row[1] + "\n" for row in rows[1:]))
    (tmp_path / "species.csv").write_text("".join(row[1] + "\n" for row in rows))
    return tmp_path


def weights(network: Path) -> str:
    return network.read_text().split("  weights:")[1].split("  record:")[0]


def test_answers_in_a_file_train_the_network_of_the_whole_table(apart: Path, ann: Ann) -> None:
    ann("train", "iris.csv", 20, "-q")
    done = ann("train", "x.csv", "--label", "file:species.csv", 20, "-o", "one.nn")
    assert "written to one.nn" in done.stdout
    ann("train", "x.txt", "--label", "file:y.txt", 20, "-o", "two.nn", "-q")
    assert weights(apart / "one.nn") == weights(apart / "two.nn") == weights(apart / "iris.nn")
    assert "inputs: {table: {label: species, task: classification}}" in (apart / "one.nn").read_text()
    assert 'inputs: {table: {label: "y", task: classification}}' in (apart / "two.nn").read_text()
    # Predicting needs no answers, testing takes them from wherever they are.
    assert ann("predict", "one.nn", "x.csv").stdout == ann("predict", "iris.nn", "iris.csv").stdout
    expected = ann("test", "iris.nn", "iris.csv").stdout
    assert ann("test", "one.nn", "iris.csv").stdout == expected
    assert ann("test", "one.nn", "x.csv", "--label", "file:y.txt").stdout == expected
    assert ann("test", "two.nn", "x.txt", "--label", "file:species.csv").stdout == expected


def test_the_line_that_repeats_the_training_names_the_file(apart: Path, ann: Ann) -> None:
    (apart / "v.csv").write_text((apart / "x.csv").read_text())
    (apart / "other y.txt").write_text((apart / "y.txt").read_text())
    label = "file:species.csv,file:other y.txt"
    ann("train", "x.csv", "--label", label, 9, "--validation", "v.csv", "-o", "net.nn", "-q")
    line = json.loads(ann("info", "net.nn", "--json").stdout)["repeat"]
    assert line == f"ann train net.nn x.csv 9 --validation v.csv --label '{label}'"
    before = (apart / "net.nn").read_bytes()
    ann(*shlex.split(line)[1:], "-q")
    assert (apart / "net.nn").read_bytes() == before


def test_files_of_answers_are_checked_before_they_are_lost(apart: Path, ann: Ann) -> None:
    done = ann("train", "x.csv", "--label", "file:y.txt", 3, "--validation", "x.csv", "-o", "net.nn", check=2)
    assert done.stderr == (
        "ann: --label names 1 file of answers for 2 files of data; "
        "write a file:NAME for each of x.csv, x.csv, in this order, with commas between them\n"
    )
    done = ann("train", "x.csv", "--label", "file:y.txt", 3, "-o", "y.txt", check=2)
    assert done.stderr.endswith("ann: --output y.txt would overwrite a file that this run needs; give another name\n")
    assert (apart / "y.txt").read_text().startswith("setosa\n")
    done = ann("train", "x.csv", "--label", "file:missing.txt", 3, "-o", "net.nn", check=3)
    assert done.stderr == "ann: missing.txt: no such file; check the name and the folder you are in\n"
    (apart / "short.txt").write_text("setosa\n" * 149)
    done = ann("train", "x.csv", "--label", "file:short.txt", 3, "-o", "net.nn", check=3)
    assert done.stderr == (
        "ann: short.txt: holds 149 rows of answers, and x.csv 150 rows; "
        "give one row of answers for each row of data, in the same order\n"
    )
    done = ann("train", "x.csv", "--label", "file:y.txt,species", 3, check=2)
    assert done.stderr == (
        "ann: --label: answers are in files or in columns, found 'file:y.txt' and 'species'; "
        "write file: before every file; a name with a comma stands in double quotes\n"
    )
    assert not (apart / "net.nn").exists()


def test_rows_and_answers_as_two_classes_are_told_what_to_say(tmp_path: Path, ann: Ann) -> None:
    (tmp_path / "X.txt").write_text("1 2\n3 4\n")
    (tmp_path / "y.txt").write_text("1 2\n0 1\n")
    done = ann("train", "X.txt", "y.txt", 3, check=2)
    assert done.stderr == (
        "ann: y.txt: two files are two classes, not rows and their answers; "
        "say X.txt --label file:y.txt, or give one file per class\n"
    )


def test_a_run_with_other_answers_is_not_resumed(apart: Path, ann: Ann) -> None:
    options = ["x.csv", "--label", "file:y.txt", 20, "-o", "net.nn", "-q"]
    ann("train", *options, "--checkpoint", "run.ck")
    words = (apart / "y.txt").read_text().split()
    (apart / "y.txt").write_text("\n".join(words[::-1]) + "\n")
    done = ann("train", *options, "--resume", "run.ck", check=2)
    assert "run.ck: it was written with other data than this run's" in done.stderr


def test_other_commands_take_answers_from_a_file(apart: Path, ann: Ann) -> None:
    ann("init", "net.nn", "x.csv", "--label", "file:y.txt")
    assert 'inputs: {table: {label: "y", task: classification}}' in (apart / "net.nn").read_text()
    assert "the gradient is right" in ann("gradcheck", "net.nn", "x.csv", "--label", "file:y.txt").stdout
    one = ann("bench", "x.csv", "--label", "file:species.csv", 3, "--trainers", "scg", "--starts", 1, "--plot", "none", "--json")  # fmt: skip
    two = ann("bench", "iris.csv", 3, "--trainers", "scg", "--starts", 1, "--plot", "none", "--json")
    losses = [json.loads(done.stdout)["trainers"][0]["starts"][0]["losses"] for done in (one, two)]
    assert losses[0] == losses[1]


def test_answers_from_a_pipe(apart: Path, ann: Ann) -> None:
    answers = (apart / "species.csv").read_text()
    ann("train", "x.csv", "--label", "file:-", 5, "-o", "net.nn", "-q", input=answers)
    assert "label: species" in (apart / "net.nn").read_text()
    done = ann("train", "-", "--label", "file:-", 5, "-o", "other.nn", input=answers, check=2)
    assert done.stderr == "ann: stdin (-) can be read only once; name files for the others\n"
