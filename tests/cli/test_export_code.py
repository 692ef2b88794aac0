"""`ann export` to Python, JavaScript and SQL, from a table with words and gaps to answers: they are those of `ann predict`."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ann_process import Ann

COLUMNS = ('shape, "outer"', "größe", "it's", "kind")


def make_table(path: Path) -> list[list[str]]:
    """A table whose answer follows from words and numbers; cells are missing, one word is rare, an id is of no use."""
    rng = np.random.default_rng(4)
    rows = []
    for k in range(240):
        shape, size, number = rng.choice(["round", "O'Hare", 'a "b"', "1"]), rng.normal(5, 2), rng.integers(100)
        kind = ["low", "mid; high", "it's top"][int(size > 4) + int(shape in ("round", "1"))]
        row = [str(shape), f"{size:.3f}", str(number), kind]
        row = [cell if j == 3 or rng.random() > 0.1 else ["", "NA"][k % 2] for j, cell in enumerate(row)]
        rows.append(row)
    rows[7][0] = "once"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return rows


@pytest.mark.slow
def test_a_table_with_words_and_gaps(tmp_path: Path, ann: Ann) -> None:
    rows = make_table(tmp_path / "t.csv")
    ann("train", "t.csv", "--label", "kind", "--missing", "median+indicator", 40, "-q", "-o", "net.nn")
    for name in ("net.py", "net.mjs", "net.sql"):
        document = json.loads(ann("export", "net.nn", "-o", name, "--json").stdout)
        assert document["proof"]["state"] == "passed" or (name == "net.mjs" and shutil.which("node") is None)
    expected = [*csv.DictReader(ann("predict", "net.nn", "t.csv").stdout.splitlines())]
    assert len({row["predicted"] for row in expected}) == 3
    check(expected, python_rows(tmp_path))
    check(expected, sqlite_rows(tmp_path, rows))
    if shutil.which("node"):
        check(expected, node_rows(tmp_path, rows))


def check(expected: list[dict[str, str]], found: list[dict[str, object]]) -> None:
    assert len(expected) == len(found) == 240
    for wanted, given in zip(expected, found, strict=True):
        for name, cell in wanted.items():
            close = name != "predicted" and float(cell) == pytest.approx(float(str(given[name])), abs=2e-5)
            assert close or cell == given[name], (name, wanted, given)


def python_rows(folder: Path) -> list[dict[str, object]]:
    text = (folder / "t.csv").read_bytes()
    done = subprocess.run(
        [sys.executable, "net.py"], cwd=folder, input=text, capture_output=True, timeout=60, check=True
    )
    assert done.stderr == b""
    return [dict(row) for row in csv.DictReader(done.stdout.decode().splitlines())]


def sqlite_rows(folder: Path, rows: list[list[str]]) -> list[dict[str, object]]:
    database = sqlite3.connect(":memory:")
    names = ", ".join('"' + name.replace('"', '""') + '"' for name in COLUMNS)
    database.execute(f"CREATE TABLE net ({names})")
    database.executemany("INSERT INTO net VALUES (?, ?, ?, ?)", rows)
    database.execute("CREATE VIEW scored AS " + (folder / "net.sql").read_text("utf-8"))
    database.row_factory = sqlite3.Row
    found = [dict(row) for row in database.execute("SELECT * FROM scored ORDER BY ann_row")]
    database.close()
    return found


def node_rows(folder: Path, rows: list[list[str]]) -> list[dict[str, object]]:
    script = """
import { CLASSES, predict, predictClass } from "./net.mjs";
import { readFileSync } from "fs";
const rows = JSON.parse(readFileSync(0, "utf8"));
const answer = (row) => ({ predicted: predictClass(row), ...Object.fromEntries(predict(row).map((s, k) => ["score_" + CLASSES[k], s])) });
console.log(JSON.stringify(rows.map(answer)));"""
    (folder / "run.mjs").write_text(script)
    given = [
        {name: None if cell in ("", "NA") else cell for name, cell in zip(COLUMNS, row, strict=True)} for row in rows
    ]
    done = subprocess.run(["node", "run.mjs"], cwd=folder, input=json.dumps(given).encode(), capture_output=True, timeout=60, check=True)  # fmt: skip
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found
