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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_files_of_answers_are_checked_before_they_are_lost(apart: Path, ann: Ann) -> None:
    done = ann("train", "x.csv", "--label", "file:y.txt", 3, "--validation", "x.csv", "-o", "net.nn", check=2)
    assert done.stderr == (
        "ann: --label names 1 file of answers for 2 files of data; "
        "write a file:NAME for each of x.csv, x.csv, in this order, with commas between them\n"
    )
    done = ann("train", "x.csv", "--label", "file:y.txt", 3, "-o", "y.txt", check=2)
    assert done.stderr == "ann: y.txt exists; name another with --output\n"
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


@pytest.mark.slow
def test_a_run_with_other_answers_is_not_resumed(apart: Path, ann: Ann) -> None:
    options = ["x.csv", "--label", "file:y.txt", 20, "-o", "net.nn", "-q"]
    ann("train", *options, "--checkpoint", "run.ck")
    words = (apart / "y.txt").read_text().split()
    (apart / "y.txt").write_text("\n".join(words[::-1]) + "\n")
    done = ann("train", *options, "--resume", "run.ck", check=2)
    assert "run.ck: it was written with other data than this run's" in done.stderr


@pytest.mark.slow
def test_other_commands_take_answers_from_a_file(apart: Path, ann: Ann) -> None:
    ann("init", "net.nn", "x.csv", "--label", "file:y.txt")
    assert 'inputs: {table: {label: "y", task: classification}}' in (apart / "net.nn").read_text()
    assert "the gradient is right" in ann("gradcheck", "net.nn", "x.csv", "--label", "file:y.txt").stdout
    one = ann("bench", "x.csv", "--label", "file:species.csv", 3, "--trainers", "scg", "--starts", 1, "--plot", "none", "--json")  # fmt: skip
    two = ann("bench", "iris.csv", 3, "--trainers", "scg", "--starts", 1, "--plot", "none", "--json")
    losses = [json.loads(done.stdout)["trainers"][0]["starts"][0]["losses"] for done in (one, two)]
    assert losses[0] == losses[1]


@pytest.mark.slow
def test_answers_from_a_pipe(apart: Path, ann: Ann) -> None:
    answers = (apart / "species.csv").read_text()
    ann("train", "x.csv", "--label", "file:-", 5, "-o", "net.nn", "-q", input=answers)
    assert "label: species" in (apart / "net.nn").read_text()
    done = ann("train", "-", "--label", "file:-", 5, "-o", "other.nn", input=answers, check=2)
    assert done.stderr == "ann: stdin (-) can be read only once; name files for the others\n"


@pytest.mark.slow
def test_inputs_as_answers_train_the_network_of_a_table_that_holds_them_twice(apart: Path, ann: Ann) -> None:
    rows = [line.split(",")[:4] for line in LINES]
    twice = [[*rows[0], *(f"{name}_again" for name in rows[0])], *(row + row for row in rows[1:])]
    (apart / "twice.csv").write_text("".join(",".join(row) + "\n" for row in twice))
    options = [20, "--hidden", 2, "--json", "-o"]
    whole = ann("train", "twice.csv", "--label", "last:4", "--task", "regression", *options, "twice.nn")
    own = ann("train", "x.csv", "--label", "inputs", *options, "one.nn")
    errors = [json.loads(done.stdout)["sets"]["training"] for done in (whole, own)]
    assert errors[0]["rmse"] == errors[1]["rmse"] != 0
    ann("train", "x.txt", "--label", "inputs", 20, "--hidden", 2, "-o", "two.nn", "-q")
    assert weights(apart / "one.nn") == weights(apart / "two.nn") == weights(apart / "twice.nn")
    head = (apart / "one.nn").read_text()
    assert "inputs: {table: {label: inputs, task: regression}}\nlayers: [2 tanh, 4 linear]" in head
    expected = json.loads(ann("test", "twice.nn", "twice.csv", "--json").stdout)["sets"]["test"]
    found = json.loads(ann("test", "one.nn", "x.csv", "--json").stdout)["sets"]["test"]
    assert (found["rmse"], found["r2"]) == (expected["rmse"], expected["r2"])
    assert [target["name"] for target in found["targets"]] == rows[0]
    lines = ann("predict", "one.nn", "iris.csv").stdout.splitlines()
    assert lines[0] == ",".join(f"predicted_{name}" for name in rows[0])
    assert lines[1:] == ann("predict", "twice.nn", "twice.csv").stdout.splitlines()[1:]
    # Rows of numbers without names do for a network that knows their order.
    assert ann("predict", "two.nn", "x.txt").stdout.splitlines()[1:] == lines[1:]


@pytest.mark.slow
def test_an_autoencoder_is_trained_again_as_it_was(apart: Path, ann: Ann) -> None:
    ann("train", "x.csv", "--label", "inputs", 20, "--hidden", 3, "-o", "net.nn", "-q")
    before = (apart / "net.nn").read_bytes()
    line = json.loads(ann("info", "net.nn", "--json").stdout)["repeat"]
    assert line == "ann train net.nn x.csv 20 --label inputs"
    ann(*shlex.split(line)[1:], "-q")
    assert (apart / "net.nn").read_bytes() == before
    ann("train", "net.nn", "x.csv", 5, "--continue", "-q", "-o", "more.nn")
    assert "epochs_in_all: 25" in (apart / "more.nn").read_text()
    done = ann("train", "net.nn", "x.csv", 5, "--continue", "--label", "petal_width", check=2)
    assert done.stderr == (
        "ann: --label: this network was trained with another column (inputs); "
        "leave the option out, or train anew without --continue\n"
    )
    done = ann("test", "net.nn", "x.csv", "--label", "petal_width", check=2)
    assert done.stderr == "ann: x.csv: --label petal_width: the network predicts its own inputs; leave it out\n"


@pytest.mark.slow
def test_inputs_are_answers_only_where_they_are_numbers(apart: Path, ann: Ann) -> None:
    done = ann("train", "iris.csv", "--label", "inputs", 5, "-o", "net.nn", check=2)
    assert done.stderr == (
        "ann: iris.csv: --label inputs is for numbers, and these columns are categories: 'species'; "
        "leave them out: --ignore species\n"
    )
    ann("train", "iris.csv", "--label", "inputs", "--ignore", "species", 5, "-o", "net.nn", "-q")
    assert "columns: {species: ignore}" in (apart / "net.nn").read_text()
    done = ann("train", "x.csv", "--label", "inputs", "--missing", "indicator", 5, "-o", "other.nn", check=2)
    assert done.stderr == (
        "ann: x.csv: --missing indicator makes inputs that are no columns, which --label inputs cannot predict; "
        "say --missing mean or median\n"
    )
    done = ann("train", "x.csv", "--label", "inputs", "--task", "classification", 5, "-o", "other.nn", check=2)
    assert done.stderr == "ann: x.csv: --label inputs predicts numbers, not classes; leave --task out\n"
    ann("train", "iris.csv", 5, "-q")
    done = ann("test", "iris.nn", "iris.csv", "--label", "inputs", check=2)
    assert done.stderr == "ann: iris.csv: --label inputs: the network predicts 'species'; leave it out\n"


@pytest.mark.slow
def test_gaps_are_filled_in_inputs_and_answers_alike(tmp_path: Path, ann: Ann) -> None:
    rows = "".join(f"{k},{'' if k == 3 else k * k}\n" for k in range(40))
    (tmp_path / "gaps.csv").write_text("a,b\n" + rows)
    # Of the 39 squares that are there, the 20th is 400.
    filled = "".join(f"{k},{400 if k == 3 else k * k}\n" for k in range(40))
    (tmp_path / "filled.csv").write_text("a,b\n" + filled)
    options = ["--label", "inputs", "--use", "a,b", 10, "--validation", 0, "-q"]
    ann("train", "gaps.csv", *options, "--missing", "median")
    ann("train", "filled.csv", *options)
    assert weights(tmp_path / "gaps.nn") == weights(tmp_path / "filled.nn")
    expected = json.loads(ann("test", "filled.nn", "filled.csv", "--json").stdout)["sets"]["test"]
    assert json.loads(ann("test", "gaps.nn", "gaps.csv", "--json").stdout)["sets"]["test"] == expected


def test_a_column_called_inputs_is_the_answer(tmp_path: Path, ann: Ann) -> None:
    (tmp_path / "d.csv").write_text("a,inputs\n" + "".join(f"{k},{k * 0.5}\n" for k in range(20)))
    ann("train", "d.csv", "--label", "inputs", "--use", "a", 3, "-q")
    assert "target_names: [inputs]" in (tmp_path / "d.nn").read_text()
