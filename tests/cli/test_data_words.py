"""What the data words of a command are: labelled tables or one file per class; where a new network goes; options about both."""

from __future__ import annotations

import ast
import json
import re
import shlex
from pathlib import Path

import pytest
from ann_process import NEGATIVE, POSITIVE, ROOT, Ann

from anncli.cli.main import run
from anncli.experiments.executors.base import Terms
from anncli.options.pending import PENDING
from anncli.options.table import OPTIONS, TrainingOptions, option_names

TABLE = "id,a,b,kind\n" + "".join(
    f"{k},{k % 7},{(k * k) % 11 / 2},{'good' if (k % 7) > 3 else 'bad'}\n" for k in range(1, 41)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "t.csv").write_text(TABLE)
    (tmp_path / "pos.txt").write_text(POSITIVE)
    (tmp_path / "neg.txt").write_text(NEGATIVE)
    return tmp_path


def columns(text: str, keep: str) -> str:
    """The rows of TABLE of one kind, with the columns a, b and others."""
    rows = [line.split(",") for line in TABLE.splitlines()[1:]]
    return text + "".join(f"{row[1]},{row[2]},{row[3]}\n" for row in rows if row[3] == keep)


@pytest.mark.slow
def test_one_table_one_command_and_what_follows(folder: Path, ann: Ann) -> None:
    done = ann("train", "t.csv", "--label", "kind", 30)
    assert done.stdout.splitlines()[0] == "t.nn: 2-16-1, 16 tanh, 1 logistic, 65 parameters"
    assert "ann: t.nn: a new network, 2-16-1, 16 tanh, 1 logistic, 65 parameters" in done.stderr
    assert "column 'id' counts the rows" in done.stderr
    assert "the positive class is 'good'" in done.stderr
    assert "inputs: {table: {label: kind, task: classification}}\n" in (folder / "t.nn").read_text()
    # A network that is there is trained, not replaced.
    done = ann("train", "t.csv", "--label", "kind", 30, check=2)
    assert done.stderr == "ann: t.nn exists; train it with ann train t.nn ..., or name another with --output\n"
    ann("train", "t.csv", "--label", "kind", 30, "-o", "u.nn", "-q")
    assert (folder / "u.nn").read_bytes() == (folder / "t.nn").read_bytes()
    ann("train", "t.nn", "t.csv", 30, "-q")
    # The columns are known now, in whatever order.
    swapped = "kind,b,a\n" + "".join(f"{k},{b},{a}\n" for _, a, b, k in (r.split(",") for r in TABLE.split()[1:]))
    (folder / "swapped.csv").write_text(swapped)
    assert ann("test", "t.nn", "t.csv").stdout == ann("test", "t.nn", "swapped.csv").stdout
    assert ann("predict", "t.nn", "t.csv").stdout == ann("predict", "t.nn", "swapped.csv").stdout
    assert ann("gradcheck", "t.nn", "t.csv").stdout.endswith("the gradient is right\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["t.csv", "--label", "kind"], "t.nn"),
        (["./sub/deep.data.csv.gz", "--label", "kind"], "deep.data.nn"),
        (["pos.txt", "neg.txt"], "network.nn"),
        (["-", "--label", "kind"], "network.nn"),
        (["t.csv", "sub/deep.data.csv.gz", "--label", "kind"], "network.nn"),
    ],
)
def test_the_place_of_a_new_network(folder: Path, ann: Ann, words: list[str], name: str) -> None:
    import gzip

    (folder / "sub").mkdir()
    (folder / "sub/deep.data.csv.gz").write_bytes(gzip.compress(TABLE.encode()))
    text = ann("train", *words, 3, "--dry-run", input=TABLE).stdout
    assert re.search(r"^output +(.*)$", text, re.MULTILINE)[1] == name  # type: ignore[index]
    ann("train", *words, 3, "-q", input=TABLE)
    assert (folder / name).exists()


@pytest.mark.slow
def test_a_new_network_of_class_files(folder: Path, ann: Ann) -> None:
    done = ann("train", "pos.txt", "neg.txt", "--hidden", "4,3", "--activation", "relu", 5)
    assert done.stdout.startswith("network.nn: 2-4-3-1, 4 relu, 3 relu, 1 logistic, 31 parameters\n")
    assert "inputs: 2\nlayers: [4 relu, 3 relu, 1 logistic]\n" in (folder / "network.nn").read_text()
    ann("init", "same.nn", "--inputs", 2, "--hidden", "4,3", "--activation", "relu", "-q")
    ann("train", "same.nn", "pos.txt", "neg.txt", 5, "-q")
    assert (folder / "same.nn").read_bytes() == (folder / "network.nn").read_bytes()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("train net.nn pos.txt neg.txt --hidden 4", "--hidden is for a new network; leave it out, or change the layers in net.nn"),
        ("train net.nn pos.txt neg.txt --activation relu", "--activation is for a new network; leave it out, or change the layers in net.nn"),
        ("bench net.nn pos.txt neg.txt --hidden 4", "--hidden is for a new network; leave it out, or change the layers in net.nn"),
        ("train pos.txt neg.txt --continue", "--continue is for a trained network; name the network"),
        ("train a.csv b.csv 5", "a.csv: 2 files are 2 classes, and each has a column 'class' called like a label; if it holds the classes, say --label class; if not, --ignore class leaves it out, and --category class takes it as an input"),
        ("train c.csv d.csv 5", "c.csv: 2 files are 2 classes, and each has a column 'kind' of words; if it holds the classes, say --label kind; if not, --ignore kind leaves it out, and --category kind takes it as an input"),
        ("bench c.csv d.csv 5", "c.csv: 2 files are 2 classes, and each has a column 'kind' of words; if it holds the classes, say --label kind; if not, --ignore kind leaves it out, and --category kind takes it as an input"),
        ("train train.csv test.csv", "test.csv: 2 files are 2 classes, but this one is called like a set; say --test test.csv (or --validation), and give one file per class; if it is a class, rename it"),
        ("train train.csv test.csv --label 3", "test.csv looks like a validation or test set; say --validation test.csv, or --test test.csv"),
        ("train pos.txt", "pos.txt: it is not clear which column is the label; say --label NAME; it could be '2' (counted from 1)"),
        ("train pos.txt neg.txt --weight w", "pos.txt: --weight: no column 'w'; there are 3 columns, counted from 1, without names"),
    ],
)  # fmt: skip
def test_refused_data_words(folder: Path, ann: Ann, line: str, message: str) -> None:
    ann("init", "net.nn", "--inputs", 2, "-q")
    for name, kind in (("a.csv", "good"), ("b.csv", "bad")):
        (folder / name).write_text(columns("a,b,class\n", kind).replace("good", "1").replace("bad", "0"))
    for name, kind in (("c.csv", "good"), ("d.csv", "bad")):
        (folder / name).write_text(columns("a,b,kind\n", kind))
    for name in ("train.csv", "test.csv"):
        (folder / name).write_text(POSITIVE.replace(" ", ",").replace("\n", ",1\n"))
    assert ann(*line.split(), check=2).stderr == f"ann: {message}\n"


@pytest.mark.slow
def test_several_labelled_tables_are_one_set(folder: Path, ann: Ann) -> None:
    lines = TABLE.splitlines(keepends=True)
    (folder / "one.csv").write_text("".join(lines[:21]))
    (folder / "two.csv").write_text("".join([lines[0], *lines[21:]]))
    run = ("train", "one.csv", "two.csv", "--label", "kind", "--use", "a,b", 20, "-o", "parts.nn")
    remark = "ann: one.csv: is one set of labelled rows with the other tables: one.csv 20 rows, two.csv 20 rows\n"
    assert remark in ann(*run).stderr
    ann("train", "t.csv", "--label", "kind", "--use", "a,b", 20, "-q", "-o", "whole.nn")

    def weights(name: str) -> str:
        return (folder / name).read_text().partition("  weights:")[2].partition("  record:")[0]

    assert weights("parts.nn") == weights("whole.nn") != ""
    # The network knows its label, which the files have: they are no classes.
    tested = ann("test", "parts.nn", "one.csv", "two.csv")
    assert remark in tested.stderr
    assert tested.stdout == ann("test", "parts.nn", "t.csv").stdout
    assert ann("predict", "parts.nn", "one.csv", "two.csv").stdout == (ann("predict", "parts.nn", "t.csv").stdout)


@pytest.mark.slow
def test_samples_in_columns(folder: Path, ann: Ann) -> None:
    rows = [line.split(",") for line in TABLE.splitlines()]
    names = ["name", *(f"s{k}" for k in range(len(rows) - 1))]
    (folder / "turned.csv").write_text(
        ",".join(names) + "\n" + "".join(",".join(c) + "\n" for c in zip(*rows, strict=True))
    )
    for file, options in (("t.csv", ()), ("turned.csv", ("--transpose",))):
        ann("train", file, "--label", "kind", 20, "-q", *options)
    found = [ann("predict", f"{name}.nn", "t.csv").stdout for name in ("t", "turned")]
    assert found[0] == found[1] == ann("predict", "turned.nn", "turned.csv", "--transpose").stdout
    assert ann("test", "turned.nn", "turned.csv", "--transpose").stdout == ann("test", "turned.nn", "t.csv").stdout
    line = json.loads(ann("info", "turned.nn", "--json").stdout)["repeat"]
    assert line == "ann train turned.nn turned.csv 20 --label kind --transpose"


@pytest.mark.slow
def test_the_positive_class_of_files_that_the_shell_has_sorted_is_printed(folder: Path, ann: Ann) -> None:
    (folder / "c").mkdir()
    for name in ("ill", "well"):
        (folder / f"c/{name}.txt").write_text(POSITIVE if name == "ill" else NEGATIVE)
    remark = "ann: c/ill.txt: the files are in alphabetical order: 'ill' is the positive class; name 'well' first for the other\n"  # fmt: skip
    run = ("train", "c/ill.txt", "c/well.txt", 3, "-o")
    assert remark in ann(*run, "a.nn").stderr
    assert "alphabetical" not in ann("train", "c/well.txt", "c/ill.txt", 3, "-o", "b.nn").stderr
    assert "alphabetical" not in ann("train", "a.nn", "c/ill.txt", "c/well.txt", 3, "--continue").stderr
    # Of three files, somebody chose two.
    (folder / "c/other.txt").write_text(NEGATIVE)
    assert "alphabetical" not in ann(*run, "d.nn").stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [
        "train t.csv --label kind --test 20% --lr 0.01 --seed 3 --hidden 5 40",
        "train t.csv --label last --ignore a --missing median --trainer scg --l2 0 40 --validation 0",
        "train t.csv --label a --task regression --use b --loss mae 25 --batch 8 --nesterov --optimizer sgd",
        "train t.csv --label kind --class-weight 2,1 --scaling minmax --stop gl:5 --metric accuracy --option beta1=0.8 30",
        "train t.csv t2.csv --label kind --test test.csv --restarts 2 --na none,-999 --header yes 20",
        "train t.csv --label kind --average none --trainer sgd --batch-size auto 20",
        "train t.csv --label kind --goal 0.5 20",
        "train t.csv --label kind --category a --positive bad --average ema --dropout 0.1 --input-noise 0.1 20",
    ],
)
def test_info_prints_the_command_that_repeats_the_training(folder: Path, ann: Ann, line: str) -> None:
    for name in ("t2.csv", "test.csv"):
        (folder / name).write_text(TABLE)
    ann(*line.split(), "-q", "-o", "n.nn")
    first = (folder / "n.nn").read_bytes()
    printed = re.search(r"^repeat +ann (train n\.nn .*)$", ann("info", "n.nn").stdout, re.MULTILINE)
    assert printed is not None
    ann(*shlex.split(printed[1]), "-q")
    assert (folder / "n.nn").read_bytes() == first
    assert json.loads(ann("info", "n.nn", "--json").stdout)["repeat"] == f"ann {printed[1]}"


def test_info_repeats_a_training_of_a_version_with_other_defaults(ann: Ann) -> None:
    old = ROOT / "tests/golden/networks/elu-focal.nn"
    line = json.loads(ann("info", old, "--json").stdout)["repeat"]
    assert line == f"ann train {old} a.txt b.txt 20 --average none --scaling zscore --loss focal"


@pytest.mark.slow
def test_info_repeats_a_training_on_class_files(folder: Path, ann: Ann) -> None:
    ann("train", "pos.txt", "neg.txt", "--trainer", "scg", "--seed", 2, "--l1", "0.001", "-o", "n.nn", "-q", 9)
    first = (folder / "n.nn").read_bytes()
    printed = json.loads(ann("info", "n.nn", "--json").stdout)["repeat"]
    assert printed == "ann train n.nn pos.txt neg.txt 9 --trainer scg --l1 0.001 --seed 2"
    ann(*printed.split()[1:], "-q")
    assert (folder / "n.nn").read_bytes() == first
    # No one command repeats a training in two steps.
    ann("train", "n.nn", "pos.txt", "neg.txt", 3, "--continue", "-q")
    assert json.loads(ann("info", "n.nn", "--json").stdout)["repeat"] is None
    ann("init", "new.nn", "--inputs", 2, "-q")
    assert json.loads(ann("info", "new.nn", "--json").stdout)["repeat"] is None


@pytest.mark.slow
def test_init_writes_a_definition_for_a_table(folder: Path, ann: Ann) -> None:
    done = ann("init", "d.nn", "t.csv")
    assert done.stderr.endswith("ann: d.nn: for tables, 16 tanh, 1 logistic; train it with: ann train d.nn DATA...\n")
    assert (
        "inputs: {table: {label: kind, task: classification}}\nlayers: [16 tanh, 1 logistic]\n"
        in (folder / "d.nn").read_text()
    )
    ann("train", "d.nn", "t.csv", 20, "-q")
    ann("train", "t.csv", 20, "-q", "-o", "e.nn")
    assert (folder / "d.nn").read_bytes() == (folder / "e.nn").read_bytes()
    run = ("init", "f.nn", "--data", "t.csv", "--label", "a", "--task", "regression", "--ignore", "id", "--missing", "mean")  # fmt: skip
    document = json.loads(ann(*run, "--hidden", "3", "--json").stdout)
    assert (document["inputs"], document["layers"], document["parameters"]) == ("table", ["3 tanh", "1 linear"], None)
    text = (folder / "f.nn").read_text()
    assert "label: a" in text
    assert "missing: mean" in text
    assert "id: ignore" in text
    assert ["inputs", "table"] in [line.split() for line in ann("info", "f.nn").stdout.splitlines()]
    done = ann("init", "g.nn", "t.csv", "--dialect", "ann1dn", check=2)
    assert done.stderr == "ann: --dialect ann1dn has no place for the columns of a table; leave it out\n"
    (folder / "numbers.txt").write_text("0.5 1.25\n0.75 2.5\n")
    done = ann("init", "h.nn", "numbers.txt", check=2)
    assert done.stderr.startswith("ann: numbers.txt: it is not clear which column is the label; say --label NAME")


@pytest.mark.slow
def test_bench_and_gradcheck_take_tables_and_bench_makes_a_network(folder: Path, ann: Ann) -> None:
    settings = ("--trainers", "adam,scg", "--starts", 1, "--plot", "none", "--json")
    of_table = json.loads(ann("bench", "t.csv", "--label", "kind", 5, *settings).stdout)
    ann("init", "d.nn", "t.csv", "--label", "kind", "-q")
    assert (
        json.loads(ann("bench", "d.nn", "t.csv", 5, *settings).stdout)["trainers"][0]["starts"][0]["losses"]
        == (of_table["trainers"][0]["starts"][0]["losses"])
    )
    assert of_table["network"] is None
    found = json.loads(ann("bench", "pos.txt", "neg.txt", 5, "--hidden", 3, *settings).stdout)
    assert [entry["trainer"] for entry in found["trainers"]] == ["adam", "scg"]
    ann("bench", "t.csv", "--label", "kind", 2, "--trainers", "adam", "--starts", 1)
    assert (folder / "t-bench.svg").exists()
    document = json.loads(ann("gradcheck", "d.nn", "t.csv", "--json").stdout)
    assert document["passed"] is True


@pytest.mark.slow
def test_options_about_tables_from_config_file_and_variables(folder: Path, ann: Ann) -> None:
    (folder / "run.yaml").write_text("data: t.csv\nlabel: kind\nignore: [id, b]\nepochs: 7\nhidden: 3\noutput: c.nn\n")
    text = ann("train", "--config", "run.yaml").stdout
    assert text.startswith(
        "c.nn: 1-3-1, 3 tanh, 1 logistic, 10 parameters\nadam, seed 0: reached the limit of 7 epochs"
    )
    env = {"ANN_DATA": "t.csv", "ANN_LABEL": "kind", "ANN_IGNORE": "id,b", "ANN_EPOCHS": "7", "ANN_HIDDEN": "3"}
    (folder / "c.nn").unlink()
    assert ann("train", "-o", "c.nn", env=env).stdout == text
    (folder / "odd.csv").write_text(TABLE.replace("kind", '"a,kind"'))
    ann("train", "odd.csv", "--label", '"a,kind"', 2, "-q")
    assert "label: a,kind" in (folder / "odd.nn").read_text().replace('"', "")


def used_names() -> set[str]:
    """Every option whose value the command line asks for: values["name"], or the name in a tuple of names that are read."""
    found: set[str] = set()
    for path in (ROOT / "anncli/cli").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def test_no_option_is_ignored_in_silence(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """An option is read by the command line, belongs to the training, or is refused."""
    training = {*option_names(), *TrainingOptions._fields, *Terms._fields, "option"}
    silent = OPTIONS.keys() - used_names() - training - PENDING.keys()
    assert silent == set()
    monkeypatch.chdir(folder)
    good = {"group": "id", "order": "id", "size": "2x2", "memory_limit": "1G"}
    for name, commands in PENDING.items():
        assert name in OPTIONS
        for command in commands:
            assert command in OPTIONS[name].commands, (name, command)
            words = [f"--{name.replace('_', '-')}", *([good.get(name, "x")] if OPTIONS[name].kind == "value" else [])]
            assert run([command, "net.nn", "pos.txt", "neg.txt", *words]) == 2
            err = capsys.readouterr().err
            assert err == f"ann: {words[0]}: ann {command} does not use this option yet; leave it out\n"
