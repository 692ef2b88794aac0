"""`ann predict` into files of every format: the same predictions as on the screen, and no file lost."""

from __future__ import annotations

import csv
import json
import os
import pty
import shutil
import sqlite3
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from ann_process import ROOT, Ann, clean_environment

IRIS = ROOT / "data/iris.csv"
FORMATS = "sqlite, parquet, arrow, feather, jsonl, arff, npy, npz, csv, tsv"
WITH = ["--with", "species,petal_width"]


@pytest.fixture
def iris(tmp_path: Path, ann: Ann) -> Path:
    """A folder with iris.csv and iris.nn, trained for 60 epochs."""
    shutil.copy(IRIS, tmp_path)
    ann("train", "iris.csv", "--label", "species", 60, "-q")
    return tmp_path


def printed(ann: Ann, *options: object) -> list[dict[str, str]]:
    return list(csv.DictReader(ann("predict", "iris.nn", "iris.csv", *options).stdout.splitlines()))


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        [*WITH, "--top", "2"],
        *(pytest.param(words, marks=pytest.mark.slow) for words in (WITH, ["--scores"], ["--classes"])),
    ],
    ids=" ".join,
)
def test_every_format_holds_what_is_printed(iris: Path, ann: Ann, options: list[str]) -> None:
    names = {"csv.gz": "csv", "tsv": "tsv", "npy": "npy", "npz": "npz", "db": "sqlite", "arff": "arff"}
    if find_spec("pyarrow") is not None:
        names |= {"parquet": "parquet", "feather": "feather", "arrow": "arrow"}
    expected = printed(ann, *options)
    for ending, name in names.items():
        done = ann("predict", "iris.nn", "iris.csv", *options, "-o", f"p.{ending}")
        assert (done.stdout, done.stderr) == ("", f"ann: p.{ending}: 150 rows, written as {name}\n")
        back = list(csv.DictReader(ann("convert", f"p.{ending}", "-", "--to", "csv").stdout.splitlines()))
        assert [list(row) for row in back] == [list(row) for row in expected]
        for row, other in zip(back, expected, strict=True):
            for column, word in other.items():
                same = row[column] == word or np.float32(row[column]) == np.float32(word)
                assert same, (ending, column, row[column], word)


def test_pandas_reads_what_is_written(iris: Path, ann: Ann) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    ann("predict", "iris.nn", "iris.csv", *WITH, "-o", "p.parquet")
    found = pandas.read_parquet(iris / "p.parquet")
    expected = printed(ann, *WITH)
    assert list(found.columns) == list(expected[0])
    assert found["predicted"].astype(str).tolist() == [row["predicted"] for row in expected]
    assert found["score_virginica"].dtype == np.float32
    assert found["score_virginica"].tolist() == [np.float32(row["score_virginica"]) for row in expected]
    assert found["petal_width"].tolist() == [float(row["petal_width"]) for row in expected]


@pytest.mark.slow
def test_text_in_a_file_has_the_bytes_of_the_screen(iris: Path, ann: Ann) -> None:
    for options, name in (
        (["--to", "jsonl"], "p.jsonl"),
        ([], "p.csv"),
        (["--to", "csv", "--delimiter", ";"], "p.txt"),
    ):
        ann("predict", "iris.nn", "iris.csv", *WITH, *options, "-o", name)
        assert (iris / name).read_text() == ann("predict", "iris.nn", "iris.csv", *WITH, *options).stdout
    tabs = ann("predict", "iris.nn", "iris.csv", "--to", "tsv").stdout
    assert tabs == ann("predict", "iris.nn", "iris.csv").stdout.replace(",", "\t")


@pytest.mark.slow
def test_rows_of_numbers_and_numbers_that_are_predicted(tmp_path: Path, ann: Ann) -> None:
    rows = [f"{k} {k * k % 7} {0.5 * k + 0.25}" for k in range(40)]
    (tmp_path / "d.txt").write_text("\n".join(rows) + "\n")
    ann("train", "d.txt", "--label", "last", 20, "-q")
    ann("predict", "d.nn", "d.txt", "-o", "p.npy")
    found = np.load(tmp_path / "p.npy")
    lines = ann("predict", "d.nn", "d.txt").stdout.splitlines()
    assert (found.dtype, found.shape, lines[0]) == (np.dtype(np.float32), (40, 1), "predicted")
    assert found[:, 0].tolist() == [np.float32(line) for line in lines[1:]]
    assert json.loads((tmp_path / "p.json").read_text())["names"] == ["predicted"]


@pytest.mark.slow
def test_several_labels(tmp_path: Path, ann: Ann) -> None:
    rows = [f"{k},{k % 2},{int(k > 20)}" for k in range(40)]
    (tmp_path / "d.csv").write_text("\n".join(["a,odd,large", *rows]) + "\n")
    ann("train", "d.csv", "--label", "odd,large", "--task", "classification", "--use", "a", 20, "-q")
    ann("predict", "d.nn", "d.csv", "-o", "p.npz")
    table = np.load(tmp_path / "p.npz")["table"]
    assert table.dtype.names == ("predicted_odd", "predicted_large", "score_odd", "score_large")
    lines = list(csv.DictReader(ann("predict", "d.nn", "d.csv").stdout.splitlines()))
    for name in table.dtype.names:
        assert table[name].tolist() == [np.float32(line[name]) for line in lines]


@pytest.mark.slow
def test_streams(iris: Path, ann: Ann) -> None:
    """From a pipe into a pipe, also where a column turns out to hold words after its first 100,000 rows."""
    lines = IRIS.read_text().splitlines()
    rows = [f"{k},{lines[1 + k % 150]}" for k in range(100_000)]
    (iris / "many.csv").write_text("\n".join([f"id,{lines[0]}", *rows, f"last,{lines[1]}"]) + "\n")
    expected = ann("predict", "iris.nn", "many.csv", "--with", "id").stdout.splitlines()
    assert (len(expected), expected[1][:2], expected[-1][:5]) == (100_002, "0,", "last,")
    ann("predict", "iris.nn", "many.csv", "--with", "id", "-o", "many.npz")
    ann("predict", "iris.nn", "-", "--with", "id", "-o", "piped.npz", input=(iris / "many.csv").read_text())
    for name in ("many.npz", "piped.npz"):
        table = np.load(iris / name)["table"]
        assert table["id"][[0, 99_999, 100_000]].tolist() == ["0", "99999", "last"]
        assert table["predicted"].tolist() == [line.split(",")[1] for line in expected[1:]]
    done = subprocess.run(
        [sys.executable, "-m", "anncli", "predict", "iris.nn", "iris.csv", "--to", "npz"],
        cwd=iris, env=clean_environment(), capture_output=True, check=True,
    )  # fmt: skip
    (iris / "stdout.npz").write_bytes(done.stdout)
    assert len(np.load(iris / "stdout.npz")["table"]) == 150


@pytest.mark.slow
def test_a_table_is_added_to_a_database(iris: Path, ann: Ann) -> None:
    ann("convert", "iris.csv", "shop.db")
    done = ann("predict", "iris.nn", "shop.db", "-o", "shop.db", check=2)
    assert done.stderr == "ann: shop.db is the file that is read; give another name for --output\n"
    done = ann("predict", "iris.nn", "iris.csv", "-o", "shop.db", check=2)
    assert done.stderr == "ann: shop.db exists; overwrite it with --force, or give another name\n"
    ann("predict", "iris.nn", "iris.csv", "-o", "shop.db::flowers")
    with sqlite3.connect(iris / "shop.db") as base:
        counts = [base.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("data", "flowers")]
    assert counts == [150, 150]


@pytest.mark.slow
def test_no_file_is_lost(iris: Path, ann: Ann) -> None:
    before = {path.name: path.read_bytes() for path in iris.iterdir()}
    cases = [
        (["-o", "iris.csv"], "iris.csv is the file that is read; give another name for --output"),
        (["-o", "iris.nn", "--to", "csv", "-f"], "--output iris.nn would overwrite a file that this run needs; give another name"),
        (["-o", "p.xyz"], f"the ending of p.xyz names no format; use one of .db, .sqlite, .sqlite3, .parquet, .pq, .arrow, .arrows, .ipc, .feather, .jsonl, .ndjson, .arff, .npy, .npz, .csv, .psv, .tsv, .tab, or say --to {FORMATS}\n"),
        (["--to", "libsvm"], f"libsvm is a format of inputs and answers, not of predictions; use one of {FORMATS}\n"),
        (["-o", "p.dt"], f"proben1 is a format of inputs and answers, not of predictions; use one of {FORMATS}\n"),
        (["--to", "npz", "--delimiter", ";"], "--delimiter is for csv, and npz is written; leave it out"),
        (["-o", "p.csv", "--json"], "--json and --output exclude each other; --to jsonl writes a document per row"),
        (["--to", "sqlite"], "<stdout>: this format can only be written to a file; name a file"),
        (["--to", "npy"], "column predicted holds words, which need a file of names beside the array; write to a file whose name ends in .npy"),
        (["-o", "p.npz", "--with", "specie"], "iris.csv: --with: no column 'specie'; did you mean 'species'?"),
    ]  # fmt: skip
    for options, message in cases:
        done = ann("predict", "iris.nn", "iris.csv", *options, check=None)
        assert done.stderr.startswith(f"ann: {message}"), done.stderr
        assert done.returncode == (3 if "names beside" in message else 2)
        # With --json the error is a document too.
        assert ("error" in json.loads(done.stdout)) if "--json" in options else (done.stdout == "")
        assert {path.name: path.read_bytes() for path in iris.iterdir()} == before
    (iris / "bad.csv").write_text(IRIS.read_text() + "x,1,1,1,setosa\n")
    done = ann("predict", "iris.nn", "bad.csv", "-o", "p.npz", check=3)
    assert "bad.csv:152" in done.stderr
    assert not (iris / "p.npz").exists()


@pytest.mark.slow
def test_the_names_of_an_array_never_replace_the_data(iris: Path, ann: Ann) -> None:
    ann("convert", "iris.csv", "x.json", "--to", "jsonl")
    before = (iris / "x.json").read_bytes()
    done = ann("predict", "iris.nn", "x.json", "-o", "x.npy", "--force", check=2)
    message = "ann: x.json, where the names of the columns would go, is the file that is read"
    assert done.stderr == f"{message}; give another name for --output\n"
    # The network is no row of data, and is needed all the same.
    (iris / "n.json").hardlink_to(iris / "iris.nn")
    done = ann("predict", "iris.nn", "iris.csv", "-o", "n.npy", "--force", check=2)
    assert done.stderr == "ann: --output n.json would overwrite a file that this run needs; give another name\n"
    assert (iris / "x.json").read_bytes() == before
    assert not (iris / "x.npy").exists()
    assert not (iris / "n.npy").exists()


def test_a_column_called_like_a_prediction_is_refused(iris: Path, ann: Ann) -> None:
    (iris / "named.csv").write_text(IRIS.read_text().replace("species", "predicted", 1))
    done = ann("predict", "iris.nn", "named.csv", "--with", "predicted", check=2)
    assert done.stderr == (
        "ann: named.csv: --with: 'predicted' is called like a column of the predictions; rename it in the file\n"
    )


@pytest.mark.parametrize(
    "words", [["predict", "iris.nn", "iris.csv", "--to", "npz"], ["convert", "iris.csv", "-", "--to", "npz"]]
)
def test_bytes_are_not_written_to_a_terminal(iris: Path, words: list[str]) -> None:
    ours, terminal = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "anncli", *words],
        cwd=iris, env=clean_environment(), stdout=terminal, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(terminal)
    os.close(ours)
    assert (done.returncode, done.stderr) == (
        2, "ann: npz is no text, and stdout is a terminal; name a file, or send it on with |\n"
    )  # fmt: skip


def test_a_variable_names_the_format_of_rows_of_numbers_too(tmp_path: Path, ann: Ann) -> None:
    (tmp_path / "a.txt").write_text("1 2\n2 1\n" * 5)
    (tmp_path / "b.txt").write_text("-1 -2\n-2 -1\n" * 5)
    ann("train", "a.txt", "b.txt", 5, "-q")
    done = ann("predict", "network.nn", "a.txt", env={"ANN_OUTPUT": "p.csv"})
    assert (done.stdout, (tmp_path / "p.csv").read_text().split("\n")[0]) == ("", "predicted,score_a")
