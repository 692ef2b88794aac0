"""Reported inputs that were once read wrongly, each with the commands that its reporter would type: read right or refused.

The folders of tests/data/cases hold the inputs.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from ann_process import ROOT, Ann

CASES = ROOT / "tests/data/cases"
TRAIN = "train net.nn p.txt n.txt 30 -o out.nn"
TRAIN_CSV = "train net.nn p.csv n.csv 30 -o out.nn"

# Case, command, exit code, what the message says (all of it from the place on, or its beginning).
REFUSED = [
    ("A2", "init x.nn --data data.csv", 2, "data.csv: it is not clear which column is the label; say --label NAME; it could be '5' (counted from 1)"),
    ("E1", TRAIN, 3, "p.txt:4:3: '-1.#IND' is not allowed; replace the value, or take the row out"),
    ("E3", "predict net.nn v.csv", 3, "v.csv:1:2: expected a number, found '#N/A'; "),
    ("E3", "predict net.nn w.csv", 3, "w.csv:1:2: '1.#INF' is not allowed; "),
    ("H1", "init x.nn --data train.txt,test.txt", 2, "test.txt: 2 files are 2 classes, but this one is called like a set; say --test test.txt (or --validation)"),
    ("I1", "init x.nn --data list.txt", 3, "list.txt:2:1: expected a number, found '2,095'; write decimals with a point"),
    ("I3", "init x.nn --data p.csv,n.csv", 3, "p.csv:1: commas inside values and between them: '2,095, 2,25, -0,931'; write decimals with a point"),
    ("K1", TRAIN, 3, "p.txt:1:1: expected a number, found '2.095000D+00'; write exponents with E"),
    ("K3", TRAIN, 3, "p.txt:1:1: expected a number, found '0x1.0c28f5c28f5c3p+1'; "),
    ("K6", TRAIN, 3, "p.txt:1:1: expected a number, found '%'; comments begin with #"),
    ("K8", TRAIN, 3, "p.txt:1:1: expected a number, found '2_095_000'; "),
    ("K9", TRAIN, 3, "p.txt: line 2 has 4 values, line 1 3 names; if row names come first, write the file without them (R: row.names=FALSE)"),
    ("L1", TRAIN_CSV, 3, "p.csv:2:2: expected a number, found 'NA'; "),
    ("L3", TRAIN_CSV, 3, "p.csv:1: has an empty first name, as of an index column; write the file without it (pandas: index=False)"),
    ("L5", TRAIN_CSV, 3, "n.csv: holds no rows, only a line of names; "),
    ("N1", TRAIN, 3, "p.txt:1:1: expected a number, found '2,095'; write decimals with a point"),
    ("N3", TRAIN, 3, "p.txt:1:3: expected a number, found '\u22120.931' (U+2212 MINUS SIGN); write the minus sign as -"),
    ("O3", "train net.nn list.txt 30 -o out.nn", 3, "list.txt:17: the row has no class: label 0, or none, means that it is unknown; labels count the classes from 1"),
    ("O4", "train net.nn p.txt n.txt 5 --validation 95%", 2, "--validation: must be a fraction from 0 to 0.9 or files, found '0.95'; write for example 0.2"),
]  # fmt: skip


def case(folder: Path, name: str) -> None:
    shutil.copytree(CASES / name, folder, dirs_exist_ok=True)
    if name == "O1":
        (folder / "c.yaml").write_text("epochs: 5\n")


@pytest.mark.parametrize(("name", "command", "code", "message"), REFUSED, ids=[f"{c[0]}-{c[1].split()[0]}-{k}" for k, c in enumerate(REFUSED)])  # fmt: skip
def test_refused_with_the_place_and_the_way_out(tmp_path: Path, ann: Ann, name: str, command: str, code: int, message: str) -> None:  # fmt: skip
    case(tmp_path, name)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    done = ann(*command.split(), check=code)
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith(f"ann: {message}"), done.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(("name", "file"), [("A1", "flowers.csv"), ("A4", "train.libsvm"), ("A6", "xor.data")])
def test_a_file_with_its_answers_is_trained_with_one_command(tmp_path: Path, ann: Ann, name: str, file: str) -> None:
    case(tmp_path, name)
    ann("train", file, 5)
    ann("test", f"{Path(file).stem}.nn", file)


@pytest.mark.parametrize(
    ("name", "command", "words"),
    [
        ("K5", TRAIN, ["rows (20)"]),
        ("L6", TRAIN_CSV, ["rows (20)"]),
        ("M1", TRAIN_CSV, ["rows (20)"]),
        ("M3", TRAIN_CSV, ["rows (20)"]),
        ("G1", TRAIN_CSV, ["rows (60)"]),
        ("O1", "train net.nn p.txt n.txt --epochs 10 -o out.nn", ["limit of 10 epochs"]),
        ("O1", "train net.nn p.txt n.txt --lr 0.1 7 -o out.nn", ["limit of 7 epochs"]),
        ("O1", "train net.nn p.txt n.txt --config c.yaml -o out.nn", ["limit of 5 epochs"]),
        ("O4", "train net.nn p.txt n.txt 5 --validation 20% -o out.nn", ["limit of 5 epochs"]),
    ],
)
def test_ordinary_tables_are_read(tmp_path: Path, ann: Ann, name: str, command: str, words: list[str]) -> None:
    case(tmp_path, name)
    done = ann(*command.split())
    for word in words:
        assert word in done.stdout


@pytest.mark.slow
def test_columns_in_another_order_are_put_right(tmp_path: Path, ann: Ann) -> None:
    case(tmp_path, "F1")
    ann("train", "net.nn", "p.csv", "n.csv", 100, "-o", "out.nn", "-q")
    for command in (("test", "out.nn"), ("predict", "out.nn"), ("gradcheck", "out.nn")):
        files = [["p.csv", "n.csv"], ["p2.csv", "n2.csv"]]
        files = [[names[0]] for names in files] if command[0] == "predict" else files
        asked, swapped = (ann(*command, *names) for names in files)
        assert asked.stdout == swapped.stdout
        assert asked.stdout
    told = ann("test", "out.nn", "p2.csv", "n2.csv", "-v").stderr
    assert "ann: p2.csv: the columns are matched with those of the network by name" in told
    # Training goes on with the same columns, and a file without one of them is refused.
    runs = [ann("train", "out.nn", f"p{k}.csv", f"n{k}.csv", 5, "--continue", "-o", f"next{k}.nn").stdout.partition("written to")[0] for k in ("", "2")]  # fmt: skip
    assert runs[0] == runs[1]
    (tmp_path / "d.csv").write_text("a,bb,c\n1,2,3\n")
    assert (
        ann("predict", "out.nn", "d.csv", check=3).stderr
        == "ann: d.csv:1: no column 'b'; the columns of the network are a, b, c\n"
    )
    (tmp_path / "d.csv").write_text("id,c,b,a\n7,3,2,1\n")
    (tmp_path / "e.csv").write_text("1,2,3\n")
    done = ann("predict", "out.nn", "d.csv")
    assert done.stderr == "ann: d.csv: columns that the network does not have are left out: id\n"
    assert done.stdout == ann("predict", "out.nn", "e.csv").stdout


@pytest.mark.slow
def test_numbers_of_columns_are_no_row(tmp_path: Path, ann: Ann) -> None:
    case(tmp_path, "G1")
    ann("train", "net.nn", "p.csv", "n.csv", 30, "-o", "out.nn", "-q")
    done = ann("predict", "out.nn", input="0,1,2\n0.5,0.1,0.3\n")
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == "ann: <stdin>: line 1 (0, 1, 2, ...) is taken as the numbers of the columns\n"
    assert done.stdout == ann("predict", "out.nn", input="0.5,0.1,0.3\n").stdout
    refused = ann("predict", "out.nn", input="0,1,2\n3,4,5\n", check=3).stderr
    assert "can be a row of values, or the numbers of the columns" in refused


@pytest.mark.slow
def test_lost_digits_are_told(tmp_path: Path, ann: Ann) -> None:
    case(tmp_path, "P1")
    message = (
        "column 1: 1600000001 and 1600000002 differ by 1 and become the same 32-bit number 1600000000; "
        "35 different values become 1; subtract a constant from the column, or leave it out"
    )
    done = ann("train", "net.nn", "p.txt", "n.txt", 5, "-o", "out.nn")
    assert f"ann: warning: {message}\n" in done.stderr
    assert message.split(";")[0] in ann("train", "net.nn", "p.txt", "n.txt", 5, "-o", "out.nn", "--json").stdout
    assert message.split(";")[0] in ann("test", "out.nn", "p.txt", "n.txt", "--json").stdout


@pytest.mark.slow
def test_the_advice_about_a_column_of_words_works(tmp_path: Path, ann: Ann) -> None:
    case(tmp_path, "A1")
    ann("init", "net.nn", "--inputs", 4, "-q")
    (tmp_path / "p.txt").write_text("5.1 3.5 1.4 0.2\n4.9 3.0 1.4 0.1\n" * 4)
    done = ann("train", "net.nn", "flowers.csv", "p.txt", 5, check=3)
    assert done.stderr.endswith("if it holds the classes, say --label 5; ann predict leaves it out with --ignore 5\n")
    ann("train", "net.nn", "flowers.csv", "--label", 5, 5, "-o", "out.nn")
    ann("train", "net.nn", "p.txt", "p2.txt", 5, check=3)
    (tmp_path / "p2.txt").write_text("7.0 3.2 4.7 1.4\n6.4 3.2 4.5 1.5\n" * 4)
    ann("train", "net.nn", "p.txt", "p2.txt", 5, "-q")
    assert len(ann("predict", "net.nn", "flowers.csv", "--ignore", 5).stdout.splitlines()) >= 12


def test_a_line_that_is_far_too_long_is_refused_quickly(tmp_path: Path, ann: Ann) -> None:
    import time

    (tmp_path / "net.nn").write_text("anncli: 1\ninputs: 3\nlayers: [1 logistic]\n")
    (tmp_path / "p.txt").write_text("1 2 3\n2 3 4\n" * 3)
    (tmp_path / "n.txt").write_text("1 0 3\n2 0 4\n" * 3)
    ann("train", "net.nn", "p.txt", "n.txt", 2, "-q")
    (tmp_path / "v.txt").write_text(" ".join(["1"] * 300_000))
    start = time.process_time()
    from anncli.errors import DataError
    from anncli.formats.data.assemble import stream_rows

    with pytest.raises(DataError, match="expected 3 values, found 300000"):
        list(stream_rows(tmp_path / "v.txt", 3))
    # It took 1.3 seconds when every value was checked first.
    assert time.process_time() - start < 0.6


@pytest.mark.slow
def test_data_are_never_overwritten(tmp_path: Path, ann: Ann) -> None:
    """Whole numbers that are a complete network of ann1dn too, where NETWORK was forgotten."""
    (tmp_path / "d1.txt").write_text("2 2 1 0 1 5\n3 1 0 2 2 1\n")
    (tmp_path / "p.txt").write_text("1 2\n2 3\n3 1\n")
    (tmp_path / "n.txt").write_text("-1 -2\n-2 -3\n-3 -1\n")
    before = (tmp_path / "d1.txt").read_bytes()
    done = ann("train", "d1.txt", "p.txt", "n.txt", 5, check=2)
    assert done.stderr == "ann: d1.txt: reads as a network of ann1dn and as data; say which: --network d1.txt or --data d1.txt\n"  # fmt: skip
    for words in (("train", "--network", "d1.txt"), ("t", "d1.txt")):
        done = ann(*words, "p.txt", "n.txt", 5, check=2)
        assert done.stderr.startswith("ann: d1.txt: reads as a network of ann1dn and as data; it is not overwritten; NETWORK comes first")  # fmt: skip
    assert (tmp_path / "d1.txt").read_bytes() == before
    ann("train", "--network", "d1.txt", "p.txt", "n.txt", 5, "--output", "out.nn")
    (tmp_path / "d1.nn").write_bytes(before)
    ann("train", "d1.nn", "p.txt", "n.txt", 5)
    assert (tmp_path / "d1.txt").read_bytes() == before


def test_data_in_the_place_of_the_network_are_told(tmp_path: Path, ann: Ann) -> None:
    (tmp_path / "p.txt").write_text("2.5 1 1\n5 4 4\n")
    assert "NETWORK comes first" in ann("train", "p.txt", "net.nn", 5, check=2).stderr
    assert "NETWORK comes first, then the data files" in ann("test", "p.txt", "net.nn", check=4).stderr


@pytest.mark.slow
def test_every_guess_is_printed_by_dry_run_and_verbose(tmp_path: Path, ann: Ann) -> None:
    case(tmp_path, "M3")
    wanted = "ann: p.csv: 3 values per row, separated by ';', a delimiter at the end of every line; the first line names the columns a, b, c\n"  # fmt: skip
    assert wanted in ann("train", "net.nn", "p.csv", "n.csv", 5, "--dry-run").stderr
    assert wanted in ann("train", "net.nn", "p.csv", "n.csv", 5, "-o", "out.nn", "-v").stderr
    assert wanted not in ann("train", "net.nn", "p.csv", "n.csv", 5, "-o", "out.nn").stderr
    for command in (("predict", "out.nn", "p.csv"), ("test", "out.nn", "p.csv", "n.csv"), ("gradcheck", "out.nn", "p.csv", "n.csv"), ("init", "y.nn", "--data", "p.csv,n.csv")):  # fmt: skip
        assert wanted in ann(*command, "-v").stderr, command


@pytest.mark.parametrize(
    ("files", "taken"),
    [
        (("iris_train.csv", "iris_test.csv"), False),
        (("Train.txt", "VALID.txt"), False),
        (("a.txt", "dev.txt"), False),
        (("pos.test.txt", "neg.test.txt"), True),
        (("contest.txt", "latest.txt"), True),
        (("train.txt", "car.txt"), True),
    ],
)
def test_sets_are_not_classes(tmp_path: Path, ann: Ann, files: tuple[str, str], taken: bool) -> None:
    for k, name in enumerate(files):
        (tmp_path / name).write_text(f"{k} 2\n{k} 3\n")
    done = ann("init", "x.nn", "--data", ",".join(files), check=0 if taken else 2)
    assert taken or f"ann: {files[1]}: 2 files are 2 classes, but this one is called like a set; say --" in done.stderr
    assert taken or done.stderr.endswith(", and give one file per class; if it is a class, rename it\n")


@pytest.mark.slow
def test_other_processes_read_the_columns_in_the_same_order(tmp_path: Path, ann: Ann) -> None:
    case(tmp_path, "F1")
    ann("init", "x.nn", "--data", "p.csv,n.csv", "--hidden", "4")
    options = ("5", "--trainers", "adam,sgd", "--plot", "none", "--jobs", "2")
    runs = [ann("bench", "x.nn", *files, *options).stdout for files in (("p.csv", "n.csv"), ("p2.csv", "n2.csv"))]
    runs = [re.sub(r"[0-9.]+ s\b", "", text) for text in runs]
    assert "adam" in runs[0]
