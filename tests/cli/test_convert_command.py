"""`ann convert` as users run it: processes, files, pipes, targets that exist, what is refused and how."""

from __future__ import annotations

import csv
import gzip
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from ann_process import ROOT, Ann, clean_environment

TABLE = 'age,city,score\n31,"Rome, Italy",0.5\n,Oslo,1e-300\n45,,-2\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in.csv").write_text(TABLE)
    return tmp_path


def rows(path: Path) -> list[list[str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


@pytest.mark.slow
def test_there_and_back(folder: Path, ann: Ann) -> None:
    names = ["a.jsonl", "b.db", "c.tsv", "d.csv.gz", "e.jsonl.xz"]
    try:
        import pyarrow  # noqa: F401

        names += ["f.parquet", "g.arrow", "h.feather"]
    except ImportError:
        pass
    last = "in.csv"
    for name in names:
        done = ann("convert", last, name)
        assert done.stdout == ""
        assert done.stderr.startswith(f"ann: {name}: 3 rows, 3 columns, written as ")
        last = name
    ann("convert", last, "out.csv", "-q")
    assert rows(folder / "out.csv") == rows(folder / "in.csv")
    assert {path.name for path in folder.iterdir()} == {"in.csv", "out.csv", *names}


def test_stdin_and_stdout(folder: Path) -> None:
    command = [sys.executable, "-m", "anncli", "convert", "-", "-", "--to", "jsonl"]
    done = subprocess.run(command, input=TABLE, capture_output=True, text=True, env=clean_environment(), check=True)
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"age": 31, "city": "Rome, Italy", "score": 0.5},
        {"age": None, "city": "Oslo", "score": 1e-300},
        {"age": 45, "city": None, "score": -2},
    ]
    assert done.stderr == "ann: <stdout>: 3 rows, 3 columns, written as jsonl\n"


def test_json(folder: Path, ann: Ann) -> None:
    document = json.loads(ann("convert", "in.csv", "out.tsv", "--json").stdout)
    assert document == {
        "schema": 3, "command": "convert", "input": "in.csv", "output": "out.tsv", "format": "tsv", "rows": 3,
        "columns": ["age", "city", "score"],
    }  # fmt: skip


def test_a_target_that_exists_needs_force(folder: Path, ann: Ann) -> None:
    (folder / "out.csv").write_text("mine\n")
    done = ann("convert", "in.csv", "out.csv", check=2)
    assert done.stderr == "ann: out.csv exists; overwrite it with --force, or give another name\n"
    assert (folder / "out.csv").read_text() == "mine\n"
    ann("convert", "in.csv", "out.csv", "--force")
    assert rows(folder / "out.csv") == rows(folder / "in.csv")


@pytest.mark.slow
def test_the_source_is_never_the_target(folder: Path, ann: Ann) -> None:
    (folder / "link.csv").symlink_to("in.csv")
    (folder / "d").mkdir()
    (folder / "d/a.csv").write_text("x,y\n1,2\n3,4\n")
    (folder / "d/b.csv").write_text("x,y\n1,2\n3,4\n")
    for target in ("in.csv", "./in.csv", "link.csv"):
        done = ann("convert", "in.csv", target, "--force", check=2)
        assert done.stderr == f"ann: {target} is the file that is read; give another name for OUT\n"
    for source in ("d", "d/*.csv"):
        done = ann("convert", source, "d/b.csv", "--force", check=2)
        assert done.stderr == "ann: d/b.csv is one of the files that are read; give another name for OUT\n"
    assert (folder / "in.csv").read_text() == TABLE


@pytest.mark.slow
def test_the_names_of_an_array_never_replace_what_is_read(folder: Path, ann: Ann) -> None:
    lines = '{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n'
    (folder / "x.json").write_text(lines)
    (folder / "link.json").symlink_to("x.json")
    (folder / "d").mkdir()
    (folder / "d/a.json").write_text(lines)
    for source, target in (("x.json", "x.npy"), ("x.json", "link.npy"), ("link.json", "x.npy")):
        names = target.replace("npy", "json")
        for options in (["--force"], []):
            done = ann("convert", source, target, *options, check=2)
            which = f"ann: {names}, where the names of the columns would go, is the file that is read"
            assert done.stderr == f"{which}; give another name for OUT\n"
    which = "ann: d/a.json, where the names of the columns would go, is one of the files that are read"
    assert ann("convert", "d", "d/a.npy", "--force", check=2).stderr == f"{which}; give another name for OUT\n"
    # The names of an array that is read are found out only by reading it.
    ann("convert", "in.csv", "one.npy")
    (folder / "two.json").hardlink_to(folder / "one.json")
    done = ann("convert", "one.npy", "two.npy", "--force", check=2)
    assert done.stderr == "ann: OUT two.json would overwrite a file that this run needs; give another name\n"
    # Those of the second of two arrays are read after the first rows were.
    (folder / "e").mkdir()
    for name in ("a", "b"):
        ann("convert", "in.csv", f"e/{name}.npy", "-q")
    (folder / "three.json").hardlink_to(folder / "e/b.json")
    before = (folder / "e/b.json").read_bytes()
    for options in (["three.npy"], ["three.json", "--to", "jsonl"]):
        done = ann("convert", "e/*.npy", *options, "--force", check=2)
        assert done.stderr == "ann: OUT three.json would overwrite a file that this run needs; give another name\n"
    assert (folder / "three.json").read_bytes() == before
    assert (folder / "x.json").read_text() == (folder / "d/a.json").read_text() == lines
    assert not {"x.npy", "link.npy", "two.npy", "three.npy"} & {path.name for path in folder.rglob("*")}


def test_names_beside_an_array_that_exist_need_force(folder: Path, ann: Ann) -> None:
    (folder / "x.json").write_text("mine\n")
    done = ann("convert", "in.csv", "x.npy", check=2)
    message = "ann: x.json exists, which would say what the columns of x.npy are"
    assert done.stderr == f"{message}; overwrite it with --force, or give another name\n"
    # Other formats write no names, whatever their file is called.
    ann("convert", "in.csv", "x.npy", "--to", "csv")
    assert (folder / "x.json").read_text() == "mine\n"
    assert rows(folder / "x.npy") == rows(folder / "in.csv")
    ann("convert", "in.csv", "x.npy", "--force")
    assert json.loads((folder / "x.json").read_text())["names"] == ["age", "city", "score"]


def test_an_unknown_ending_names_the_formats(folder: Path, ann: Ann) -> None:
    done = ann("convert", "in.csv", "out.xyz", check=2)
    assert done.stderr.startswith("ann: the ending of out.xyz names no format; use one of ")
    assert ".parquet" in done.stderr
    assert "or say --to " in done.stderr
    ann("convert", "in.csv", "out.xyz", "--to", "tsv")
    assert (folder / "out.xyz").read_text().startswith("age\tcity\t")
    done = ann("convert", "in.csv", "-", check=2)
    assert done.stderr == "ann: stdout has no ending that names a format; say --to csv, or another format\n"
    done = ann("convert", "in.csv", "out.csv", "--to", "parket", check=2)
    assert "--to: " in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["none.csv", "out.csv"], 3, "none.csv: no such file"),
        (
            ["in.csv", "none/out.csv"],
            1,
            "none/out.csv: cannot write: No such file or directory; create the folder first",
        ),
        (["in.csv", "out.csv", "--label", "town"], 2, "in.csv: --label: no column 'town'; "),
        (["in.csv", "out.csv", "--label", "inputs"], 2, "--label inputs does not name a column"),
        (["in.csv", "out.db.gz"], 2, "out.db.gz: this format is not packed by gzip; leave out .gz"),
        (["in.csv", "-", "--to", "sqlite"], 2, "<stdout>: this format can only be written to a file"),
        (["in.csv::select 1", "out.csv"], 2, "in.csv: is no SQLite database, so it cannot be asked"),
        (["in.csv", "-", "--to", "csv", "--json"], 2, "--json and OUT cannot both go to stdout; name a file for OUT"),
        (["*.dat", "out.csv"], 2, "no file matches '*.dat'"),
        (["bad.csv", "out.csv"], 3, "bad.csv:3: expected 2 values, found 3"),
        (["in.csv", "out.csv", "--format", "vectrs"], 2, "--format: "),
    ],
)
def test_faults(folder: Path, ann: Ann, words: list[str], code: int, message: str) -> None:
    (folder / "bad.csv").write_text("a,b\n1,2\n1,2,3\n")
    done = ann("convert", *words, check=code)
    assert done.stderr.startswith(f"ann: {message}")
    assert len(done.stderr.splitlines()) == 1
    assert sorted(path.name for path in folder.iterdir()) == ["bad.csv", "in.csv"]


@pytest.mark.slow
def test_databases(folder: Path, ann: Ann) -> None:
    ann("convert", "in.csv", "a.db")
    ann("convert", "in.csv", "a.db::people")
    done = ann("convert", "in.csv", "a.db::people", check=2)
    assert done.stderr == "ann: a.db has a table people; replace it with --force, or give another name\n"
    done = ann("convert", "a.db", "b.csv", check=3)
    assert done.stderr == "ann: a.db: holds 2 tables: data, people; say which: a.db::data\n"
    ann("convert", "a.db::SELECT city, age * 2 AS double FROM people WHERE age > 40", "b.csv")
    assert (folder / "b.csv").read_text() == "city,double\n,90\n"
    with closing(sqlite3.connect(folder / "a.db")) as made:
        assert made.execute("select count(*) from data").fetchone() == (3,)


def test_pictures(folder: Path, ann: Ann) -> None:
    for label, value in (("cat", 10), ("dog", 200)):
        (folder / "d" / label).mkdir(parents=True)
        for number, side in ((1, 2), (2, 4)):
            head = f"P5 {side} {side} 255\n".encode()
            (folder / "d" / label / f"{number}.pgm").write_bytes(head + bytes([value + number] * side * side))
    done = ann("convert", "d", "d.csv", check=3)
    message = (
        "ann: d/cat/2.pgm: is 4x4 pixels (rows x columns), d/cat/1.pgm is 2x2; say --size 2x2 to scale all of them\n"
    )
    assert done.stderr == message
    ann("convert", "d", "d.csv", "--size", "1x2")
    text = "r1c1,r1c2,class\n11,11,cat\n12,12,cat\n201,201,dog\n202,202,dog\n"
    assert (folder / "d.csv").read_text() == text


def test_packed_results_are_packed(folder: Path, ann: Ann) -> None:
    ann("convert", "in.csv", "out.csv.gz")
    assert gzip.decompress((folder / "out.csv.gz").read_bytes()).decode().splitlines()[0] == "age,city,score"


def test_a_full_disk_is_told_and_leaves_nothing(folder: Path, ann: Ann) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    done = ann("convert", "in.csv", "/dev/full", "--to", "csv", check=1)
    assert (
        done.stderr
        == "ann: /dev/full: cannot write: No space left on device; free some space or write to another place\n"
    )


def test_the_commands_of_the_help_run(folder: Path, ann: Ann) -> None:
    text = ann("convert", "-h").stdout
    assert "ann convert data.csv data.parquet" in text
    assert ROOT.is_dir()


def test_categories_that_are_numbers_are_told(folder: Path, ann: Ann) -> None:
    rows = "".join(f'{{"a": "{k % 3}", "b": {k}, "c": "{"xy"[k % 2]}"}}\n' for k in range(9))
    (folder / "in.jsonl").write_text(rows)
    done = ann("convert", "in.jsonl", "out.csv")
    said = "categories that are numbers (a) will be read as numbers; --category says what they are"
    assert done.stderr.splitlines()[0] == f"ann: out.csv: {said}"
    assert len(ann("convert", "in.jsonl", "out.db").stderr.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_conversion_that_is_ended_leaves_the_old_file(folder: Path, ann: Ann, number: signal.Signals) -> None:
    """The source is a pipe that stays open, so that the conversion waits in the middle."""
    command = [sys.executable, "-m", "anncli", "convert", "-", "out.csv", "-f"]
    (folder / "out.csv").write_text("old")
    started = subprocess.Popen(
        command, cwd=folder, env=clean_environment(), stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert started.stdin is not None
    started.stdin.write("a,b\n" + "1,2\n" * 1_000_000)
    started.stdin.flush()
    limit = time.monotonic() + 60
    while time.monotonic() < limit and not any(path.stat().st_size for path in folder.glob(".out.csv.*")):
        time.sleep(0.02)
    started.send_signal(number)
    started.stdin.close()
    assert started.stderr is not None
    with started.stderr as stderr:
        said = stderr.read()
    started.wait(60)
    assert (folder / "out.csv").read_text() == "old"
    if number == signal.SIGINT:
        assert (said, started.returncode) == ("ann: interrupted\n", 130)
        assert list(folder.glob(".out.csv.*")) == []
    ann("convert", "in.csv", "out.csv", "-f")
    assert list(folder.glob(".out.csv.*")) == []
    assert rows(folder / "out.csv") == rows(folder / "in.csv")


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(folder: Path) -> None:
    """40 MB of CSV in less memory than the file has, 300 MB in 58 MB (measured once)."""
    if not os.path.exists("/proc/self/status"):
        pytest.skip("measures with /proc")
    block = "".join(f"{k % 97 / 7:.6f},{k % 13},{'abc'[k % 3]}\n" for k in range(100_000))
    with open(folder / "big.csv", "w") as file:
        file.write("x,y,z\n")
        for _ in range(28):
            file.write(block)
    assert (folder / "big.csv").stat().st_size > 36 << 20
    code = (
        "import resource, sys; from anncli.cli.main import run; assert run(sys.argv[1:]) == 0;"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)"
    )
    peaks = []
    for source in ("in.csv", "big.csv"):
        command = [sys.executable, "-c", code, "convert", source, "out.npy", "-f", "-q"]
        environment = clean_environment()
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout))
    assert peaks[1] - peaks[0] < 30
