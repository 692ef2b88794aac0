"""Files of one class each that are tables with names, from the shell: columns left out by name, words as categories."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from ann_process import Ann

HEAD = "id,target,size,colour"


def row(name: str, k: int) -> str:
    return f"{name[0]}{k},{'xy'[k % 2]},{k % 7 + 3 * (name == 'sick')}.5,{('red', 'blue', 'green')[k * k % 3]}"


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    """sick.csv and well.csv with 30 rows each, and both as all.csv with a column of their classes."""
    rows = {name: [row(name, k) for k in range(30)] for name in ("sick", "well")}
    for name, own in rows.items():
        (tmp_path / f"{name}.csv").write_text("\n".join([HEAD, *own]) + "\n")
    both = [f"{line},{name}" for name, own in rows.items() for line in own]
    (tmp_path / "all.csv").write_text("\n".join([f"{HEAD},class", *both]) + "\n")
    return tmp_path


FILES = ["sick.csv", "well.csv"]


def weights(network: Path) -> str:
    return network.read_text().split("  encoder:")[1].split("  record:")[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [["--ignore", "id,target"], ["--use", "size,colour"], ["--ignore", "1", "--category", "target"]]
)
def test_files_of_classes_train_the_network_of_one_table(classes: Path, ann: Ann, options: list[str]) -> None:
    ann("train", *FILES, 15, *options, "-q", "-o", "files.nn")
    label = ["--label", "class", "--positive", "sick"]
    ann("train", "all.csv", 15, *options, *label, "-q", "-o", "table.nn")
    assert weights(classes / "files.nn") == weights(classes / "table.nn")
    assert "{name: colour, kind: category, levels: [blue, red]}" in (classes / "files.nn").read_text()
    expected = ann("test", "table.nn", "all.csv").stdout
    assert ann("test", "files.nn", *FILES).stdout == expected
    assert ann("test", "files.nn", "all.csv").stdout == expected
    assert ann("predict", "files.nn", "sick.csv").stdout == ann("predict", "table.nn", "sick.csv").stdout


@pytest.mark.slow
def test_what_was_said_is_kept_for_the_next_training(classes: Path, ann: Ann) -> None:
    ann("train", *FILES, 15, "--ignore", "id,target", "-q", "-o", "net.nn")
    head = "inputs: {table: {label: class, task: classification, columns: {id: ignore, target: ignore}}}"
    assert head in (classes / "net.nn").read_text()
    before = (classes / "net.nn").read_bytes()
    line = json.loads(ann("info", "net.nn", "--json").stdout)["repeat"]
    assert line == "ann train net.nn sick.csv well.csv 15 --ignore id,target"
    ann(*shlex.split(line)[1:], "-q")
    assert (classes / "net.nn").read_bytes() == before
    ann("train", "net.nn", *FILES, 15, "-q")
    assert weights(classes / "net.nn") == before.decode().split("  encoder:")[1].split("  record:")[0]
    ann("train", "net.nn", *FILES, 5, "--continue", "-q", "-o", "more.nn")
    assert "epochs_in_all: 20" in (classes / "more.nn").read_text()
    for command in (["train", "net.nn", *FILES[::-1], 5], ["test", "net.nn", *FILES[::-1]]):
        done = ann(*command, check=2)
        assert done.stderr.splitlines()[-1] == (
            "ann: the class files are well, sick, the network's classes are sick, well; give the files in the network's order"
        )


@pytest.mark.slow
def test_numbers_alone_need_no_words(classes: Path, ann: Ann) -> None:
    """The inputs are one column of numbers, but the files hold words beside it."""
    ann("train", *FILES, 10, "--use", "size", "-q", "-o", "net.nn")
    found = json.loads(ann("test", "net.nn", *FILES, "--json").stdout)["sets"]["test"]
    assert found["n"] == 60
    done = ann("test", "net.nn", "sick.csv", check=3)
    assert done.stderr == "ann: sick.csv:1: no column 'class'; the columns of the network are 'class', 'size'\n"


@pytest.mark.slow
def test_columns_that_could_be_the_answer_are_asked_about(classes: Path, ann: Ann) -> None:
    asked = (
        "ann: sick.csv: 2 files are 2 classes, and each has a column 'target' called like a label; if it holds the classes, "
        "say --label target; if not, --ignore target leaves it out, and --category target takes it as an input\n"
    )
    for options in ([], ["--ignore", "id"], ["--missing", "mean"]):
        done = ann("train", *FILES, 5, *options, check=2)
        assert done.stderr.splitlines(keepends=True)[-1] == asked
    # Each of the three is an answer.
    ann("train", *FILES, 5, "--label", "target", "-q", "-o", "label.nn")
    assert 'classes: {positive: "y", negative: x}' in (classes / "label.nn").read_text()
    ann("train", *FILES, 5, "--ignore", "target", "-q", "-o", "ignore.nn")
    ann("train", *FILES, 5, "--category", "target", "-q", "-o", "category.nn")
    assert '{name: target, kind: category, levels: [x, "y"]}' in (classes / "category.nn").read_text()
    for option in ("--ignore", "--category"):
        done = ann("train", *FILES, 5, option, "taget", check=2)
        assert done.stderr.splitlines()[-1] == f"ann: sick.csv: {option}: no column 'taget'; did you mean 'target'?"


@pytest.mark.slow
def test_a_column_called_class_can_be_left_out(classes: Path, ann: Ann) -> None:
    for name in FILES:
        text = (classes / name).read_text().replace("target", "class", 1)
        (classes / name).write_text(text)
    ann("train", *FILES, 5, "--ignore", "class,id", "-q", "-o", "net.nn")
    assert "label: file" in (classes / "net.nn").read_text()
    assert json.loads(ann("test", "net.nn", *FILES, "--json").stdout)["sets"]["test"]["n"] == 60
    ann("train", "net.nn", *FILES, 5, "-q")


@pytest.mark.slow
def test_a_column_called_class_in_one_file_of_two(classes: Path, ann: Ann) -> None:
    """It is not asked for, so that the network is that of files without it, and the file that has it may come first."""
    ann("train", *FILES, 5, "--use", "size,colour", "-q", "-o", "without.nn")
    text = (classes / "well.csv").read_text()
    (classes / "well.csv").write_text(text.replace("target", "class", 1))
    text = (classes / "sick.csv").read_text()
    (classes / "sick.csv").write_text("".join(f"{line.partition(',')[2]}\n" for line in text.splitlines()))
    done = ann("train", *FILES, 5, "--use", "size,colour", "-o", "net.nn")
    remark = "its column 'class' is left out: the class of the file, which is called so, takes its place"
    assert f"ann: well.csv: {remark}" in done.stderr.splitlines()
    same = [weights(classes / f"{name}.nn").split("weights:")[1] for name in ("net", "without")]
    assert same[0] == same[1]
    done = ann("test", "net.nn", *FILES)
    assert f"ann: well.csv: {remark}" in done.stderr.splitlines()
    # Of a first file of all columns, the second must have those that are used.
    done = ann("train", *FILES[::-1], 5, "--use", "size,colour", "-o", "turned.nn")
    assert "takes its place" not in done.stderr
    assert "label: file" in (classes / "turned.nn").read_text()
    done = ann("train", *FILES[::-1], 5, "--use", "id,size", "-o", "other.nn", check=3)
    columns = "the columns of well.csv are 'id', 'size', 'file'"
    assert done.stderr.splitlines()[-1] == f"ann: sick.csv:1: no column 'id'; {columns}"


@pytest.mark.slow
def test_sets_of_files(classes: Path, ann: Ann) -> None:
    for name in FILES:
        lines = (classes / name).read_text().splitlines(keepends=True)
        (classes / f"v-{name}").write_text("".join([lines[0], *lines[1:12]]))
    options = [5, "--ignore", "id,target", "--json", "-o"]
    found = json.loads(ann("train", *FILES, *options, "a.nn", "--validation", "v-sick.csv,v-well.csv").stdout)
    assert found["samples"] == {"training": 60, "validation": 22, "test": 0}
    done = ann("train", *FILES, *options, "b.nn", "--validation", "v-sick.csv", check=2)
    assert "validation: 1 class file for 2 classes" in done.stderr
    done = ann("train", "sick.csv", "sick.csv", *options, "b.nn", check=3)
    assert "sick.csv: is the same file as sick.csv, which is another class" in done.stderr


@pytest.mark.slow
def test_gaps_in_files_of_numbers(tmp_path: Path, ann: Ann) -> None:
    """Without column names, as rows of numbers have none."""
    for name, sign in (("a.txt", 1), ("b.txt", -1)):
        (tmp_path / name).write_text("".join(f"{sign * k},{'NA' if k == 4 else k % 3}\n" for k in range(1, 20)))
    ann("train", "a.txt", "b.txt", 5, "--missing", "median", "-q")
    assert '{name: "2", kind: number, fill: 1.0}' in (tmp_path / "network.nn").read_text()
    assert json.loads(ann("test", "network.nn", "a.txt", "b.txt", "--json").stdout)["sets"]["test"]["n"] == 38


@pytest.mark.slow
def test_other_commands_know_files_of_classes(classes: Path, ann: Ann) -> None:
    ann("init", "net.nn", *FILES, "--ignore", "id,target")
    assert (
        "label: class, task: classification, columns: {id: ignore, target: ignore}" in (classes / "net.nn").read_text()
    )
    assert "the gradient is right" in ann("gradcheck", "net.nn", *FILES, "--ignore", "id,target").stdout
    options = [4, "--ignore", "id,target", "--trainers", "scg", "--starts", 1, "--plot", "none", "--json"]
    found = [json.loads(ann("bench", *words, *options).stdout) for words in (FILES, ["net.nn", *FILES])]
    losses = [entry["trainers"][0]["starts"][0]["losses"] for entry in found]
    assert losses[0] == losses[1]
