"""What `ann cv` writes: the network of all rows, the predictions for every row, the folds; and what runs its trainings."""

from __future__ import annotations

import csv
import json
import random
import re
from pathlib import Path

import pytest
from ann_process import Ann


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """30 rows of two classes with a name each, in six groups of five and in order of time."""
    rng = random.Random(0)
    lines = [f"{rng.gauss(k % 2, 1):.4f},{rng.gauss(0, 1):.4f},r{k},g{k // 5},{k},{'ab'[k % 2]}" for k in range(30)]
    (tmp_path / "t.csv").write_text("\n".join(["x,z,id,who,when,y", *lines]) + "\n")
    return tmp_path


def read_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


CV = ("t.csv", "--label", "y", "--ignore", "id,who,when", 12)
_RECORD = re.compile(r"    cross_validation:\n(?:      .*\n)+")
_CHECKSUM = re.compile(r"  checksum: sha256:[0-9a-f]{64}\n")


def without_record(text: str) -> str:
    """A network file without what the cross-validation added."""
    assert len(_RECORD.findall(text)) == 1
    return _CHECKSUM.sub("", _RECORD.sub("", text))


@pytest.mark.slow
def test_the_network_of_all_rows_is_that_of_train(table: Path, ann: Ann) -> None:
    done = ann("cv", *CV, "--folds", 3, "--output", "all.nn", "--seed", 4)
    ann("train", *CV, "--seed", 4, "-q", "-o", "train.nn")
    text = (table / "all.nn").read_text()
    assert without_record(text) == _CHECKSUM.sub("", (table / "train.nn").read_text())
    assert done.stderr.endswith(
        "ann: all.nn: the network of all rows; its record tells what 3 trainings let expect of it\n"
    )
    record = json.loads(ann("info", "all.nn", "--json").stdout)["record"]["cross_validation"]
    assert (record["folds"], record["repeats"], record["confidence"]) == (3, 1, 0.95)
    shown = json.loads(ann("cv", *CV, "--folds", 3, "--seed", 4, "--json").stdout)["metrics"]["accuracy"]
    for end in ("mean", "low", "high"):
        assert record["metrics"]["accuracy"][end] == pytest.approx(shown[end], rel=1e-5)
    ann("info", "all.nn", "--verify")


@pytest.mark.slow
def test_so_it_is_for_files_of_classes_and_networks(small: Path, ann: Ann) -> None:
    for options in ((), ("--trainer", "scg", "--restarts", 2)):
        ann("cv", "net.nn", "pos.txt", "neg.txt", 12, "--folds", 3, "-o", "all.nn", "--force", *options)
        ann("train", "net.nn", "pos.txt", "neg.txt", 12, "-o", "train.nn", "-q", *options)
        assert without_record((small / "all.nn").read_text()) == _CHECKSUM.sub("", (small / "train.nn").read_text())


@pytest.mark.slow
def test_predictions_are_those_of_networks_that_had_not_seen_the_row(table: Path, ann: Ann) -> None:
    words = (*CV, "--folds", 3, "--repeats", 2, "--folds-file", "f.csv", "--with", "id")
    document = json.loads(ann("cv", *words, "--predictions", "p.csv", "--json").stdout)
    rows = read_csv(table / "p.csv")
    assert list(rows[0]) == ["id", "row", "repeat", "fold", "label", "predicted", "score_b"]
    assert [(row["row"], row["repeat"]) for row in rows] == [(str(k), str(r)) for r in (1, 2) for k in range(1, 31)]
    assert all(row["id"] == f"r{int(row['row']) - 1}" for row in rows)
    assert [row["label"] for row in rows[:4]] == ["a", "b", "a", "b"]
    for repeat in (1, 2):
        right = sum(row["label"] == row["predicted"] for row in rows if row["repeat"] == str(repeat))
        assert right / 30 == pytest.approx(document["together"][repeat - 1]["accuracy"])
    folds = {(row["row"], row["repeat"]): row["fold"] for row in read_csv(table / "f.csv")}
    assert folds == {(row["row"], row["repeat"]): row["fold"] for row in rows}
    # The file that is there now is read: the same folds whatever the seed, and other formats of the same numbers.
    ann("cv", *words, "--predictions", "p.jsonl")
    lines = [json.loads(line) for line in (table / "p.jsonl").read_text().splitlines()]
    assert [line["predicted"] for line in lines] == [row["predicted"] for row in rows]
    assert [next(iter(line["scores"].values())) for line in lines] == [float(row[list(row)[-1]]) for row in rows]


@pytest.mark.slow
def test_a_row_of_the_predictions_by_hand(table: Path, ann: Ann) -> None:
    """`ann train` on the rows of the other folds, then `ann predict` on those of one."""
    ann("cv", *CV, "--folds", 3, "--folds-file", "f.csv", "--predictions", "p.csv", "--validation", 0)
    fold = {int(row["row"]): row["fold"] for row in read_csv(table / "f.csv")}
    head, *lines = (table / "t.csv").read_text().splitlines()
    for name, wanted in (("rest.csv", "13"), ("two.csv", "2")):
        kept = [line for number, line in enumerate(lines, 1) if fold[number] in wanted]
        (table / name).write_text("\n".join([head, *kept]) + "\n")
    ann("train", "rest.csv", *CV[1:], "--validation", 0, "-q", "-o", "n.nn")
    by_hand = list(csv.DictReader(ann("predict", "n.nn", "two.csv").stdout.splitlines()))
    rows = [row for row in read_csv(table / "p.csv") if row["fold"] == "2"]
    assert [row["predicted"] for row in rows] == [row["predicted"] for row in by_hand]
    assert [list(row.values())[-1] for row in rows] == [list(row.values())[-1] for row in by_hand]


@pytest.mark.slow
def test_numbers_have_a_column_each(tmp_path: Path, ann: Ann) -> None:
    lines = [f"{k * k % 17},{k * k % 17 * 2 + k % 3},{k % 5}" for k in range(20)]
    (tmp_path / "n.csv").write_text("\n".join(["a,b,c", *lines]) + "\n")
    words = ("n.csv", "--task", "regression", 10, "--folds", 2, "--predictions")
    ann("cv", *words, "one.csv", "--label", "b")
    ann("cv", *words, "two.csv", "--label", "b,c")
    ann("cv", *words, "q.csv", "--label", "b", "--loss", "quantile:0.1,0.9")
    heads = [(tmp_path / name).read_text().splitlines()[0] for name in ("one.csv", "two.csv", "q.csv")]
    assert heads == [
        "row,repeat,fold,label,predicted",
        "row,repeat,fold,label_b,label_c,predicted_b,predicted_c",
        "row,repeat,fold,label,predicted_b_0.1,predicted_b_0.9",
    ]


@pytest.mark.slow
def test_whoever_runs_the_trainings_the_bytes_are_the_same(table: Path, ann: Ann) -> None:
    words = (*CV, "--folds", 3, "--repeats", 2)
    made = set()
    for number, how in enumerate(
        (
            (),
            ("--jobs", 2),
            ("--executor", "threads", "--jobs", 3),
            ("--executor", "processes"),
            ("--executor", "in-process"),
        )
    ):
        files = (f"{number}.nn", f"{number}.csv")
        done = ann("cv", *words, *how, "-o", files[0], "--predictions", files[1])
        made.add((done.stdout, *((table / name).read_bytes() for name in files)))
    assert len(made) == 1


@pytest.mark.slow
def test_groups_and_times_together(table: Path, ann: Ann) -> None:
    words = ("t.csv", "--label", "y", "--ignore", "id", "--group", "who", "--order", "when", 5, "--validation", 0)
    found = json.loads(ann("cv", *words, "--folds", 2, "--json").stdout)
    # Blocks of ten rows; groups of five rows are whole in each.
    assert [(one["n_training"], one["test"]["n"]) for one in found["folds"]] == [(10, 10), (20, 10)]
    found = json.loads(ann("cv", *words, "--folds", 3, "--json").stdout)
    # Blocks of 8, 7, 8, 7 rows cut groups: the rows before a block that belong to a group of it are left out.
    assert [(one["n_training"], one["test"]["n"]) for one in found["folds"]] == [(5, 7), (15, 8), (20, 7)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--output", "t.csv"), 2, "--output t.csv would overwrite a file that this run needs; give another name"),
        (("--output", "old"), 2, "--output old exists; overwrite it with --force, or give another name"),
        (("--output", "-"), 2, "--output cannot be '-': stdout has the report; name a file"),
        (("--predictions", "old.csv"), 2, "old.csv exists; overwrite it with --force, or give another name"),
        (("--predictions", "p.svm"), 2, "libsvm is a format of inputs and answers, not of predictions; use one of "),
        (("--predictions", "p"), 2, "the ending of p names no format; use one of .db"),
        (("--predictions", "p.csv", "--output", "./p.csv"), 2, "--predictions p.csv is named twice; give another name"),
        (("--predictions", "p.csv", "--with", "nobody"), 2, "t.csv: --with: no column 'nobody'"),
        (("--to", "csv"), 2, "--to needs --predictions; name the file with --predictions FILE"),
        (("--with", "id"), 2, "--with needs --predictions; name the file with --predictions FILE"),
        (("--output", "no/n.nn"), 1, "no/n.nn: cannot write: No such file or directory; create the folder first"),
        (("--folds-file", "/dev/zero"), 2, "--folds-file /dev/zero is no file; name a file"),
        (("--folds-file", "."), 2, "--folds-file . is no file; name a file"),
        (("--folds-file", "t.csv"), 2, "--folds-file t.csv would overwrite a file that this run needs; give another name"),
        (("--folds-file", "old.csv"), 3, "old.csv:1: is no file of folds: the first line must be row,repeat,fold; name"),
        (("--folds-file", "f.csv", "--folds", 3), 2, "--folds 3: f.csv has 2 folds; leave --folds out, or name another file"),
        (("--folds-file", "f.csv", "--repeats", 2), 2, "--repeats 2: f.csv has 1 repeat; leave --repeats out, or name"),
        (("--folds", "lo"), 2, "--folds: must be a whole number, at least 2, found 'lo'; write for example 10, or loo"),
        (("--validation", "t.csv"), 2, "--validation FILES is not for cv, which takes validation rows from the training rows of"),
        (("--executor", "thread"), 2, "--executor: unknown executor 'thread'; did you mean 'threads'?"),
        (("--executor", "in-process", "--jobs", 2), 2, "--executor in-process runs one training at a time, not --jobs 2"),
        (("--jobs", 0), 2, "--jobs: must be a whole number, at least 1, found '0'"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_any_training(
    table: Path, ann: Ann, words: tuple[object, ...], code: int, message: str
) -> None:
    (table / "old").write_text("mine\n")
    (table / "old.csv").write_text("mine\n")
    (table / "f.csv").write_text("row,fold\n" + "".join(f"{k},{k // 2 % 2 + 1}\n" for k in range(1, 31)))
    before = {path.name: path.read_bytes() for path in table.iterdir()}
    done = ann("cv", *CV, *words, check=code)
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1].startswith(f"ann: {message}"), done.stderr
    assert {path.name: path.read_bytes() for path in table.iterdir()} == before


@pytest.mark.slow
def test_folds_that_do_not_fit_the_data_are_told_by_their_file(table: Path, ann: Ann) -> None:
    lines = [f"{k},{(k - 1) // 3 % 2 + 1}" for k in range(1, 31)]
    (table / "f.csv").write_text("\n".join(["row,fold", *lines]) + "\n")
    words = ("t.csv", "--label", "y", "--ignore", "id,when", 5, "--folds-file", "f.csv")
    done = ann("cv", *words, "--group", "who", check=3)
    assert done.stderr.endswith(
        "ann: f.csv: the group of row 4 is in fold 1 and in fold 2; give folds that do not divide groups, or leave --group out\n"
    )
    # Nothing is written for folds that cannot be.
    done = ann("cv", *words[:-1], "no.csv", "--group", "who", "--folds", 7, check=2)
    assert done.stderr.endswith("ann: --folds 7: 6 groups cannot fill 7 folds; use fewer folds\n")
    assert not (table / "no.csv").exists()


@pytest.mark.slow
def test_equal_rows_are_told_once(table: Path, ann: Ann) -> None:
    text = (table / "t.csv").read_text()
    (table / "t.csv").write_text(text + text.splitlines()[1] + "\n")
    (table / "f.csv").write_text("row,fold\n" + "".join(f"{k},{k // 2 % 2 + 1}\n" for k in range(1, 31)) + "31,2\n")
    done = ann("cv", *CV, "--folds-file", "f.csv")
    told = "ann: warning: 2 of 31 test rows equal a training row of their fold in all inputs: for new rows the figures may be optimistic\n"
    assert done.stderr.count(told) == 1
    (table / "f.csv").write_text("row,fold\n" + "".join(f"{k},{k // 2 % 2 + 1}\n" for k in range(1, 31)) + "31,1\n")
    assert "equal a training row" not in ann("cv", *CV, "--folds-file", "f.csv").stderr


@pytest.mark.slow
def test_weights_of_ann1dn_that_may_know_the_rows_are_not_continued(small: Path, ann: Ann) -> None:
    (small / "old.nn").write_text("3\n2 2 1\n\n0\n1\n")
    ann("train", "old.nn", "pos.txt", "neg.txt", 5, "-q", "-o", "trained.nn")
    done = ann("cv", "trained.nn", "pos.txt", "neg.txt", 5, "--folds", 2, check=2)
    assert done.stderr.endswith(
        "the weights of this network may come from the rows that are to test it; say --init auto, which begins with new weights\n"
    )
    ann("cv", "trained.nn", "pos.txt", "neg.txt", 5, "--folds", 2, "--init", "auto")


@pytest.mark.slow
def test_sets_that_a_file_or_a_network_names_are_put_together(small: Path, ann: Ann) -> None:
    head = "bool_in=0\nreal_in=2\nbool_out=2\nreal_out=0\ntraining_examples=8\nvalidation_examples=4\ntest_examples=4\n"
    rows = [f"{k % 5} {k % 3} {k % 2} {1 - k % 2}\n" for k in range(16)]
    (small / "p.dt").write_text(head + "".join(rows))
    done = ann("cv", "p.dt", 5, "--folds", 2, "--json")
    assert "ann: the sets of the file are put together, and all its rows are cross-validated\n" in done.stderr
    assert json.loads(done.stdout)["together"][0]["n"] == 16
    network = (small / "net.nn").read_text()
    (small / "net.nn").write_text(network + "training: {validation: [pos.txt, neg.txt], test: 0.2}\n")
    found = json.loads(ann("cv", "net.nn", "pos.txt", "neg.txt", 5, "--folds", 2, "--json").stdout)
    assert found["together"][0]["n"] == 16
