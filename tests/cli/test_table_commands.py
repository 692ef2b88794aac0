"""Tables as people have them, from the shell: one command trains on the file as it lies, and the others use the network."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from ann_process import ROOT, Ann

TABLES = ROOT / "tests/data/tables"
IRIS = ROOT / "data/iris.csv"

# The file, the options of the one command, and the number of inputs of the network that it makes.
PEOPLE = [
    (IRIS, ["--label", "species"], 4, "16 tanh, 3 softmax"),
    (TABLES / "banknote.csv", [], 4, "16 tanh, 1 logistic"),
    (TABLES / "horse.csv", ["--label", "lesion", "--missing", "median+indicator"], 42, "16 tanh, 1 logistic"),
    (TABLES / "autompg.csv", ["--label", "mpg", "--missing", "mean"], 7, "16 tanh, 1 linear"),
    (TABLES / "adult.csv", ["--label", "last", "--missing", "median"], 53, "16 tanh, 1 logistic"),
    (TABLES / "heart.libsvm", [], 13, "16 tanh, 1 logistic"),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "options", "n_inputs", "layers"), PEOPLE, ids=lambda value: getattr(value, "name", "")
)
def test_one_command_to_a_result(
    tmp_path: Path, ann: Ann, file: Path, options: list[str], n_inputs: int, layers: str
) -> None:
    shutil.copy(file, tmp_path)
    network = f"{file.stem}.nn"
    done = ann("train", file.name, *options, 30)
    assert f"ann: {network}: a new network, {n_inputs}-16-" in done.stderr
    assert f", {layers}, " in done.stderr
    assert f"written to {network}" in done.stdout
    assert "rows trained the network" in ann("test", network, file.name).stdout
    rows = list(csv.DictReader(ann("predict", network, file.name).stdout.splitlines()))
    assert len(rows) == json.loads(ann("test", network, file.name, "--json").stdout)["sets"]["test"]["n"]
    assert "predicted" in rows[0]
    assert ann("info", network, "--verify").stdout.count("passed") == 1


@pytest.fixture
def iris(tmp_path: Path, ann: Ann) -> Path:
    """A folder with iris.csv and iris.nn, trained for 60 epochs."""
    shutil.copy(IRIS, tmp_path)
    ann("train", "iris.csv", "--label", "species", 60, "-q")
    return tmp_path


def test_the_new_network_keeps_what_the_user_said(iris: Path, ann: Ann) -> None:
    head = (iris / "iris.nn").read_text().split("\ntrained:\n")[0]
    assert "inputs: {table: {label: species, task: classification}}\nlayers: [16 tanh, 3 softmax]" in head
    done = ann("train", "iris.nn", "iris.csv", 20)
    assert (iris / "iris.nn").read_text().startswith(head)
    assert "replaced a network trained for 60 epochs (kept as iris.nn~)" in done.stderr


def test_hidden_layers_and_place_of_a_new_network(tmp_path: Path, ann: Ann) -> None:
    shutil.copy(IRIS, tmp_path)
    ann("train", "iris.csv", 5, "-q", "--hidden", "5,4", "--activation", "relu", "-o", "mine.nn")
    assert "layers: [5 relu, 4 relu, 3 softmax]" in (tmp_path / "mine.nn").read_text()
    assert not (tmp_path / "iris.nn").exists()
    done = ann("train", "mine.nn", "iris.csv", 5, "--hidden", 3, check=2)
    assert done.stderr == "ann: --hidden is for a new network; leave it out, or change the layers in mine.nn\n"


@pytest.mark.slow
def test_columns_that_the_user_left_out_stay_left_out(tmp_path: Path, ann: Ann) -> None:
    """Also where they were named by their places, or as those that are not used."""
    shutil.copy(IRIS, tmp_path)
    ann("train", "iris.csv", "--label", "last", "--ignore", "1,sepal_width", "--category", "4", 3, "-q", "-o", "one.nn")
    ann("train", "iris.csv", "--label", "last", "--use", "3,petal_width", 3, "-q", "-o", "two.nn")
    kinds = "sepal_length: ignore, sepal_width: ignore"
    assert (
        f"label: species, task: classification, columns: {{petal_width: category, {kinds}}}"
        in (tmp_path / "one.nn").read_text()
    )
    assert f"label: species, task: classification, columns: {{{kinds}}}" in (tmp_path / "two.nn").read_text()
    before = (tmp_path / "two.nn").read_text().split("  encoder:")[1].split("  scaling:")[0]
    ann("train", "two.nn", "iris.csv", 3, "-q")
    assert (tmp_path / "two.nn").read_text().split("  encoder:")[1].split("  scaling:")[0] == before


def test_a_new_network_never_replaces_a_file(iris: Path, ann: Ann) -> None:
    before = (iris / "iris.nn").read_bytes()
    done = ann("train", "iris.csv", "--label", "species", check=2)
    assert done.stderr == ("ann: iris.nn exists; train it with ann train iris.nn ..., or name another with --output\n")
    assert (iris / "iris.nn").read_bytes() == before


def test_the_same_command_gives_the_same_bytes(tmp_path: Path, ann: Ann) -> None:
    shutil.copy(TABLES / "horse.csv", tmp_path)
    for name in ("one.nn", "two.nn"):
        ann("train", "horse.csv", "--label", "lesion", "--missing", "indicator", 8, "-q", "-o", name)
    assert (tmp_path / "one.nn").read_bytes() == (tmp_path / "two.nn").read_bytes()


def test_a_run_that_was_resumed_ends_in_the_same_bytes(tmp_path: Path, ann: Ann) -> None:
    shutil.copy(TABLES / "horse.csv", tmp_path)
    options = ["horse.csv", "--label", "lesion", "--missing", "median"]
    ann("train", *options, 40, "-q", "-o", "whole.nn")
    ann("train", *options, 20, "-q", "-o", "first.nn", "--checkpoint", "run.ck", "--checkpoint-every", 10)
    ann("train", *options, 40, "-q", "-o", "resumed.nn", "--resume", "run.ck")
    assert (tmp_path / "resumed.nn").read_bytes() == (tmp_path / "whole.nn").read_bytes()


def test_training_can_go_on(iris: Path, ann: Ann) -> None:
    encoder = (iris / "iris.nn").read_text().split("  encoder:")[1].split("  scaling:")[0]
    ann("train", "iris.nn", "iris.csv", 10, "--continue", "-q", "-o", "more.nn")
    text = (iris / "more.nn").read_text()
    assert "epochs_in_all: 70" in text
    assert text.split("  encoder:")[1].split("  scaling:")[0] == encoder


def test_validation_and_test_files(tmp_path: Path, ann: Ann) -> None:
    lines = IRIS.read_text().splitlines(keepends=True)
    parts = {"a.csv": lines[1::3], "b.csv": lines[2::3], "c.csv": lines[3::3]}
    for name, rows in parts.items():
        (tmp_path / name).write_text("".join([lines[0], *rows]))
    done = ann(
        "train", "a.csv", "--label", "species", 30, "--validation", "b.csv", "--test", "c.csv", "--json", "-o", "x.nn"
    )
    document = json.loads(done.stdout)
    assert document["samples"] == {"training": 50, "validation": 50, "test": 50}
    assert document["sets"]["test"]["n"] == 50
    done = ann("train", "a.csv", "b_test.csv", "--label", "species", check=2)
    assert done.stderr == (
        "ann: b_test.csv looks like a validation or test set; say --validation b_test.csv, or --test b_test.csv\n"
    )


@pytest.mark.slow
def test_predictions_of_a_table(iris: Path, ann: Ann) -> None:
    lines = ann("predict", "iris.nn", "iris.csv").stdout.splitlines()
    assert lines[0] == "predicted,score_setosa,score_versicolor,score_virginica"
    assert len(lines) == 151
    assert ann("predict", "iris.nn", "iris.csv", "--classes").stdout.splitlines()[:2] == ["predicted", "setosa"]
    found = ann("predict", "iris.nn", "iris.csv", "--with", "species,1", "--top", 2).stdout.splitlines()
    assert found[0] == "species,sepal_length,predicted_1,score_1,predicted_2,score_2"
    assert found[1].startswith("setosa,5.1,setosa,0.9")
    first = json.loads(
        ann("predict", "iris.nn", "iris.csv", "--to", "jsonl", "--with", "sepal_length").stdout.split("\n")[0]
    )
    assert first["sepal_length"] == 5.1
    assert first["predicted"] == "setosa"
    assert list(first["scores"]) == ["setosa", "versicolor", "virginica"]
    assert [str(first["scores"][name]) for name in first["scores"]] == lines[1].split(",")[1:]


def test_columns_are_found_by_name_in_any_order(iris: Path, ann: Ann) -> None:
    expected = ann("predict", "iris.nn", "iris.csv").stdout
    rows = [line.split(",") for line in IRIS.read_text().splitlines()]
    moved = "\n".join(",".join([row[3], "0", row[1], row[0], row[2]]) for row in rows).replace(
        "_width,0", "_width,more", 1
    )
    done = ann("predict", "iris.nn", "-", "-v", input=moved + "\n")
    assert done.stdout == expected
    assert "columns that the network does not have are left out: 'more'" in done.stderr
    assert "the columns are matched with those of the network by name" in done.stderr
    cut = "\n".join(",".join(row[:3]) for row in rows)
    done = ann("predict", "iris.nn", "-", input=cut + "\n", check=3)
    assert done.stderr.startswith("ann: <stdin>:1: no column 'petal_width'; ")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["adult.csv"], 2, "adult.csv: it is not clear which column is the label; say --label NAME; it could be '15', '2', '4',"),
        (["adult.csv", "--label", "last"], 3, "adult.csv:15: cells are missing in '2' (5), '7' (5), '14' (5); say how to fill them: --missing median"),
        (["iris.csv", "--label", "specie"], 2, "iris.csv: --label: no column 'specie'; did you mean 'species'?"),
        (["iris.csv", "--label", "species", "--ignore", "petal"], 2, "iris.csv: --ignore: no column 'petal'; did you mean 'petal_length' or 'petal_width'?"),
        (["iris.csv", "--label", "species", "--task", "regression"], 2, "iris.csv: the label 'species' holds words (setosa, versicolor, virginica), not numbers; say --task classification"),
        (["iris.csv", "--label", "species", "--positive", "setosa"], 3, "iris.csv: --positive is for two classes, and the label 'species' has 3; leave it out"),
        (["few.csv", "--label", "k"], 2, "few.csv: the label 'k' holds the whole numbers 1, 2, 3: they can be classes or numbers; say --task classification or --task regression"),
        (["few.csv", "--label", "w"], 3, "few.csv: column 'day' holds dates or times ('2024-01-01', '2024-01-02', '2024-01-03', ...); leave it out with --ignore day"),
        (["few.csv", "--label", "gap", "--ignore", "day"], 3, "few.csv:3: 1 of 6 rows has no label in column 'gap'; --missing-label drop leaves them out"),
        (["net.nn", "iris.csv", "--label", "species", "--missing", "mean"], 3, "`inputs: 3` is for numbers only"),
    ],
)  # fmt: skip
def test_tables_that_are_refused(tmp_path: Path, ann: Ann, words: list[str], code: int, message: str) -> None:
    shutil.copy(IRIS, tmp_path)
    shutil.copy(TABLES / "adult.csv", tmp_path)
    days = [f"2024-01-0{k},{k % 3 + 1},{'xy'[k % 2]},{'' if k == 2 else 'pq'[k % 2]},0.5" for k in range(1, 7)]
    (tmp_path / "few.csv").write_text("\n".join(["day,k,w,gap,v", *days]) + "\n")
    (tmp_path / "net.nn").write_text("anncli: 1\ninputs: 3\nlayers: [2 tanh, 3 softmax]\n")
    if "net.nn" in words:
        # A column of words among the inputs of a network for numbers.
        text = IRIS.read_text().replace("petal_width", "colour").replace("0.2,s", "red,s").replace("0.4,s", "blue,s")
        (tmp_path / "iris.csv").write_text(text)
    before = sorted(tmp_path.iterdir())
    done = ann("train", *words, check=code)
    assert done.stderr.splitlines()[-1].startswith(f"ann: {message}")
    assert sorted(tmp_path.iterdir()) == before


def test_options_about_columns_are_not_for_class_files(tmp_path: Path, ann: Ann) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("1 2\n3 4\n")
    for words in (["--positive", "b"], ["--positive", "b", "--missing", "mean"]):
        done = ann("train", "a.txt", "b.txt", *words, check=2)
        assert done.stderr == (
            "ann: --positive is for tables, and these are files of one class each; name the label: --label NAME\n"
        )


def test_a_class_that_the_network_does_not_know(tmp_path: Path, ann: Ann) -> None:
    shutil.copy(TABLES / "adult.csv", tmp_path)
    ann("train", "adult.csv", "--label", "last", "--missing", "median", 5, "-q")
    (tmp_path / "new.csv").write_text((TABLES / "adult.csv").read_text().replace("50K\n", "50K.\n"))
    done = ann("test", "adult.nn", "new.csv", check=3)
    assert done.stderr == (
        "ann: new.csv:1: class '<=50K.' is not among the classes '>50K', '<=50K' (120 rows in all); "
        "is it '<=50K'? correct the file\n"
    )
    # To predict, the answers are not needed.
    assert ann("predict", "adult.nn", "new.csv").stdout == ann("predict", "adult.nn", "adult.csv").stdout


@pytest.mark.slow
def test_unknown_words_and_gaps_at_use(tmp_path: Path, ann: Ann) -> None:
    rows = [f"{'abc'[k % 3]},{k % 5},{'xy'[k % 2]}" for k in range(30)]
    (tmp_path / "t.csv").write_text("\n".join(["city,n,y", *rows]) + "\n")
    ann("train", "t.csv", "--label", "y", 5, "-q", "-o", "strict.nn")
    ann("train", "t.csv", "--label", "y", 5, "-q", "-o", "filled.nn", "--missing", "mean")
    (tmp_path / "new.csv").write_text("city,n\na,1\nRome,2\nb,\nOslo,4\n")
    done = ann("predict", "filled.nn", "new.csv")
    assert len(done.stdout.splitlines()) == 5
    assert (
        done.stderr
        == "ann: new.csv: column 'city': 2 cells have words that the network does not know; its inputs are 0 there\n"
    )
    done = ann("predict", "filled.nn", "new.csv", "--unknown", "error", check=3)
    assert done.stderr.startswith(
        "ann: new.csv:3: column 'city': 'Rome' was not among the training rows; --unknown zeros"
    )
    done = ann("predict", "strict.nn", "new.csv", check=3)
    # `ann predict` has no option --missing.
    assert done.stderr == (
        "ann: new.csv:4: cells are missing in 'n' (1); fill them, or train the network anew with --missing median "
        "(or mean, indicator, median+indicator)\n"
    )


def test_the_most_probable_classes_stand_alone(tmp_path: Path, ann: Ann) -> None:
    rows = [f"{k % 3 + k / 100},{'abc'[k % 3]}" for k in range(30)]
    (tmp_path / "t.csv").write_text("\n".join(["n,y", *rows]) + "\n")
    ann("train", "t.csv", 5, "-q", "-o", "t.nn")
    done = ann("predict", "t.nn", "t.csv", "--top", 2, "--classes", check=2)
    assert done.stderr == "ann: --top and --classes exclude each other; leave one of them out\n"
    header = ann("predict", "t.nn", "t.csv", "--top", 2, "--with", "y,n,2,y").stdout.splitlines()[0]
    assert header == "y,n,predicted_1,score_1,predicted_2,score_2"


def test_a_network_of_numbers_has_no_threshold(tmp_path: Path, ann: Ann) -> None:
    (tmp_path / "t.csv").write_text("n,y\n" + "".join(f"{k % 9},{k / 7}\n" for k in range(30)))
    ann("train", "t.csv", "--label", "y", 5, "-q", "-o", "t.nn")
    assert json.loads(ann("test", "t.nn", "t.csv", "--json").stdout)["threshold"] is None
    done = ann("test", "t.nn", "t.csv", "--threshold", 0.3, check=2)
    assert done.stderr == "ann: --threshold is for classes, and this network predicts numbers; leave it out\n"


@pytest.mark.slow
def test_online_has_a_rate_for_cross_entropy_and_another_in_networks_of_ann1dn(tmp_path: Path, ann: Ann) -> None:
    rows = [f"{k % 9},{k / 7},{'ab'[k % 2]}" for k in range(30)]
    (tmp_path / "t.csv").write_text("\n".join(["n,y,c", *rows]) + "\n")

    def rate(*words: object) -> object:
        found = ann("train", *words, "--trainer", "online", "--dry-run", "--json").stdout
        return json.loads(found)["options"]["learning_rate"]

    assert rate("t.csv", "--label", "y", "--use", "n") == 0.02
    assert rate("t.csv", "--label", "y", "--use", "n", "--learning-rate", 0.3) == 0.3
    assert rate("t.csv", "--label", "c", "--use", "n") == 0.02
    ann("init", "old.nn", "--inputs", 1, "--dialect", "ann1dn")
    (tmp_path / "pos.txt").write_text("1\n2\n")
    (tmp_path / "neg.txt").write_text("5\n6\n")
    assert rate("old.nn", "pos.txt", "neg.txt") == 0.2


@pytest.mark.slow
def test_a_new_network_never_replaces_the_file_of_output(tmp_path: Path, ann: Ann) -> None:
    (tmp_path / "t.csv").write_text("n,y\n" + "".join(f"{k % 9},{'ab'[k % 2]}\n" for k in range(30)))
    (tmp_path / "notes.txt").write_text("mine")
    done = ann("train", "t.csv", 3, "-o", "notes.txt", check=2)
    assert done.stderr == "ann: notes.txt exists; name another with --output\n"
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert ann("train", "t.csv", 3, "-q", "-o", "-").stdout.startswith("# A network for tables")


def test_one_file_for_validation_and_test_is_told(tmp_path: Path, ann: Ann) -> None:
    (tmp_path / "t.csv").write_text("n,y\n" + "".join(f"{k % 9},{'ab'[k % 2]}\n" for k in range(30)))
    (tmp_path / "v.csv").write_text("n,y\n" + "".join(f"{k % 7},{'ab'[k % 2]}\n" for k in range(30)))
    done = ann("train", "t.csv", 2, "-o", "-", "--validation", "v.csv", "--test", "v.csv")
    message = "v.csv is given twice for validation or test; a test set that chose the epoch is optimistic"
    assert f"ann: warning: {message}\n" in done.stderr


def test_weights_in_a_column(tmp_path: Path, ann: Ann) -> None:
    """A row of weight 2 counts as two rows."""
    rows = [f"{k % 7},{'xy'[k % 2]},{1 + k % 2}" for k in range(40)]
    (tmp_path / "t.csv").write_text("\n".join(["a,y,w", *rows]) + "\n")
    ann("train", "t.csv", "--label", "y", "--weight", "w", 5, "-q")
    found = json.loads(ann("test", "t.nn", "t.csv", "--json").stdout)
    assert found["sets"]["test"]["n"] == 60.0
    assert "- {name: w, kind: weight}" in (tmp_path / "t.nn").read_text()


def test_regression(tmp_path: Path, ann: Ann) -> None:
    shutil.copy(TABLES / "autompg.csv", tmp_path)
    ann("train", "autompg.csv", "--label", "mpg", "--missing", "median", 200, "-q", "--test", "0.2")
    found = json.loads(ann("test", "autompg.nn", "autompg.csv", "--json").stdout)["sets"]["test"]
    assert found["r2"] > 0.7
    lines = ann("predict", "autompg.nn", "autompg.csv", "--with", "mpg").stdout.splitlines()
    assert lines[0] == "mpg,predicted"
    assert abs(float(lines[1].split(",")[1]) - 18) < 4
    done = ann("predict", "autompg.nn", "autompg.csv", "--classes", check=2)
    assert done.stderr == "ann: --classes is for classes, and this network predicts numbers; leave it out\n"


def test_several_labels(tmp_path: Path, ann: Ann) -> None:
    rows = [f"{k % 7},{k % 5},{int(k % 7 > 3)},{'yes' if k % 5 > 1 else 'no'}" for k in range(80)]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,high,many", *rows]) + "\n")
    ann("train", "t.csv", "--label", "high,many", "--task", "classification", 200, "-q")
    assert "task: multi-label" in (tmp_path / "t.nn").read_text()
    lines = ann("predict", "t.nn", "t.csv").stdout.splitlines()
    assert lines[0] == "predicted_high,predicted_many,score_high,score_many"
    assert lines[5].startswith("1,1,")
    found = json.loads(ann("test", "t.nn", "t.csv", "--json").stdout)["sets"]["test"]
    assert found["subset_accuracy"] > 0.9


@pytest.mark.slow
def test_groups_are_not_divided_and_time_goes_on(tmp_path: Path, ann: Ann) -> None:
    """A row of a set is recognised by its number in the column a, which every row has for its own."""
    rows = [f"{k * 37 % 100},p{k // 4},2024-{1 + k // 28:02}-{1 + k % 28:02},{'xy'[k % 2]}" for k in range(80)]
    (tmp_path / "t.csv").write_text("\n".join(["a,who,day,y", *rows]) + "\n")
    options = ["t.csv", "--label", "y", 3, "--test", "0.25", "--json"]
    document = json.loads(ann("train", *options, "--group", "who", "--ignore", "day", "-o", "g.nn").stdout)
    assert all(n % 4 == 0 for n in document["samples"].values())
    assert "- {name: who, kind: group}" in (tmp_path / "g.nn").read_text()
    document = json.loads(ann("train", *options, "--order", "day", "--ignore", "who", "-o", "o.nn").stdout)
    assert document["samples"] == {"training": 44, "validation": 16, "test": 20}
    # The latest rows, which are the last ones of the file, are new to the network, and all others are not.
    last = "\n".join(["a,who,day,y", *rows[-20:]]) + "\n"
    (tmp_path / "last.csv").write_text(last)
    assert "rows that trained the network: none of these" in ann("test", "o.nn", "last.csv").stdout
    # Both: the latest 20 rows are those of five groups; of the 60 others 16 are the latest, and have whole groups too.
    document = json.loads(ann("train", *options, "--order", "day", "--group", "who", "-o", "x.nn").stdout)
    assert document["samples"] == {"training": 44, "validation": 16, "test": 20}
    mixed = [f"{k * 37 % 100},g{k % 20},{k},{'xy'[k // 2 % 2]}" for k in range(30)]
    (tmp_path / "t.csv").write_text("\n".join(["a,who,day,y", *mixed]) + "\n")
    both = ("--order", "day", "--group", "who", "--validation", 0, "-o", "y.nn")
    document = json.loads(ann("train", *options[:3], 3, "--test", 0.5, "--json", *both).stdout)
    # The test rows 15 to 29 are of the groups 15 to 19 and 0 to 9; of the rows before them 10 to 14 are of others.
    assert document["samples"] == {"training": 5, "validation": 0, "test": 15}


def test_sets_that_a_file_declares(tmp_path: Path, ann: Ann) -> None:
    """PROBEN1 files say which rows are for training, validation and test."""
    head = [
        "bool_in=0",
        "real_in=2",
        "bool_out=2",
        "real_out=0",
        "training_examples=12",
        "validation_examples=8",
        "test_examples=4",
    ]
    rows = [f"{k % 5} {k % 3} {int(k % 2 == 0)} {int(k % 2 == 1)}" for k in range(24)]
    (tmp_path / "p.dt").write_text("\n".join([*head, *rows]) + "\n")
    done = ann("train", "p.dt", 3, "--json")
    assert json.loads(done.stdout)["samples"] == {"training": 12, "validation": 8, "test": 4}
    assert (
        "p.dt: the file divides its rows into sets: training 12, validation 8, test 4 (--validation and" in done.stderr
    )
    document = json.loads(ann("train", "p.dt", 3, "--validation", "0.5", "--json", "-o", "q.nn").stdout)
    assert document["samples"] == {"training": 12, "validation": 12, "test": 0}


@pytest.mark.slow
def test_a_libsvm_file_that_ends_early(tmp_path: Path, ann: Ann) -> None:
    """Of a file whose last columns are all 0 the network knows how many there are."""
    shutil.copy(TABLES / "heart.libsvm", tmp_path)
    ann("train", "heart.libsvm", 3, "-q")
    (tmp_path / "few.libsvm").write_text("+1 1:0.5 3:1\n-1 2:1\n")
    assert len(ann("predict", "heart.nn", "few.libsvm").stdout.splitlines()) == 3
    assert json.loads(ann("test", "heart.nn", "few.libsvm", "--json").stdout)["sets"]["test"]["n"] == 2


@pytest.mark.slow
def test_a_network_for_numbers_keeps_its_line(tmp_path: Path, ann: Ann) -> None:
    shutil.copy(TABLES / "banknote.csv", tmp_path)
    head = "# mine\nanncli: 1\ninputs: 4   # variance, skewness, curtosis, entropy\nlayers: [3 tanh, 1 logistic]\n"
    (tmp_path / "net.nn").write_text(head)
    ann("train", "net.nn", "banknote.csv", 30, "-q")
    assert (tmp_path / "net.nn").read_text().startswith(head + "trained:\n")
    rows = [line.split(",") for line in (TABLES / "banknote.csv").read_text().splitlines()]
    # A file of rows without names and answers, in the order of the columns.
    (tmp_path / "rows.txt").write_text("\n".join(" ".join(row[:4]) for row in rows[1:]) + "\n")
    assert ann("predict", "net.nn", "rows.txt").stdout == ann("predict", "net.nn", "banknote.csv").stdout
    # And files of one class each, as ever.
    for name in "01":
        text = "\n".join(" ".join(row[:4]) for row in rows[1:] if row[4] == name) + "\n"
        (tmp_path / f"{name}.txt").write_text(text)
    by_class = ann("test", "net.nn", "1.txt", "0.txt").stdout.splitlines()[1]
    assert by_class == ann("test", "net.nn", "banknote.csv").stdout.splitlines()[1]


@pytest.mark.slow
def test_weights_that_the_training_did_not_have(tmp_path: Path, ann: Ann) -> None:
    """A row of weight 0 does not count, in a test of a network that was trained without weights."""
    rows = [f"{k % 7},{k % 3},{k % 2},{'a' if k % 7 > 2 else 'b'}" for k in range(40)]
    (tmp_path / "t.csv").write_text("\n".join(["p,q,w,y", *rows]) + "\n")
    (tmp_path / "kept.csv").write_text("\n".join(["p,q,w,y", *rows[1::2]]) + "\n")
    (tmp_path / "none.csv").write_text("\n".join(["p,q,y", "1,2,a"]) + "\n")
    ann("train", "t.csv", "--label", "y", "--ignore", "w", 5, "-q", "-o", "n.nn")
    weighted, among = (
        json.loads(ann("test", "n.nn", *words, "--json").stdout)["sets"]["test"]
        for words in (["t.csv", "--weight", "w"], ["kept.csv"])
    )
    assert weighted["n"] == 20.0
    for field in ("tp", "fn", "tn", "fp", "auc", "log_loss"):
        assert weighted[field] == pytest.approx(among[field], rel=1e-6), field
    for column, message in {
        "none": "--weight: no column 'none'; use one of p, q, w, y",
        "p": "--weight: column 'p' is an input of the network; name another column",
        "y": "column 'y' is named by --label and by --weight; name it once",
    }.items():
        done = ann("test", "n.nn", "t.csv", "--weight", column, check=2)
        assert done.stderr == f"ann: t.csv: {message}\n"
    (tmp_path / "nameless.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "unweighted.csv").write_text("\n".join(["p,q,y", *(f"{r[:4]}{r[6:]}" for r in rows)]) + "\n")
    ann("train", "unweighted.csv", "--label", "y", 5, "-q", "-o", "u.nn")
    for network in ("n.nn", "u.nn"):
        done = [ann("test", network, file, "--weight", "3", "--json") for file in ("nameless.csv", "t.csv")]
        nameless, named = (json.loads(one.stdout)["sets"] for one in done)
        assert nameless == named
    done = ann("test", "n.nn", "t.csv", "none.csv", "--weight", "w", check=3)
    assert "none.csv:1: no column 'w'" in done.stderr


@pytest.mark.parametrize(
    "words",
    [["report", "n.nn"], ["plot", "roc", "n.nn"], ["explain", "n.nn"], ["check", "n.nn"], ["compare", "n.nn", "n.nn"]],
    ids=lambda words: words[0],
)
def test_weights_in_every_command_of_a_trained_network(tmp_path: Path, ann: Ann, words: list[str]) -> None:
    """The words --weight NAME are not passed over where the network was trained without weights."""
    (tmp_path / "t.csv").write_text("p,y\n" + "".join(f"{k % 7},{'ab'[k % 2]}\n" for k in range(40)))
    ann("train", "t.csv", "--label", "y", 1, "-q", "-o", "n.nn")
    done = ann(*words, "t.csv", "--weight", "none", check=2)
    assert done.stderr == "ann: t.csv: --weight: no column 'none'; use one of p, y\n"


@pytest.mark.slow
@pytest.mark.parametrize("command", ["test", "check"])
def test_inputs_that_the_network_has_are_not_left_out(tmp_path: Path, ann: Ann, command: str) -> None:
    """The words --ignore and --use say what is so, or are refused."""
    (tmp_path / "t.csv").write_text("p,q,id,y\n" + "".join(f"{k % 7},{k % 3},{k},{'ab'[k % 2]}\n" for k in range(40)))
    ann("train", "t.csv", "--label", "y", "--ignore", "id", 1, "-q", "-o", "n.nn")
    ann(command, "n.nn", "t.csv", "--ignore", "id")
    ann(command, "n.nn", "t.csv", "--use", "p,q")
    for words, message in {
        ("--ignore", "q"): "--ignore: column 'q' is an input of the network; leave it out",
        ("--ignore", "none"): "--ignore: no column 'none'; use one of p, q, id, y",
        ("--use", "p"): "--use: the network has the input 'q' too; leave the option out",
        ("--use", "p,q,id"): "--use: column 'id' is no input of the network; leave it out",
    }.items():
        assert ann(command, "n.nn", "t.csv", *words, check=2).stderr == f"ann: t.csv: {message}\n"
