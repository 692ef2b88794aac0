"""Whether `ann check` finds what is wrong with a table: faults are planted one at a time, and it must name each.

    python tests/campaigns/planted_faults.py FOLDER [--write]

FOLDER holds public tables (TABLES); the test of this campaign takes the small tables of the project. A fault counts as found if a
finding of the right kind about the right column is there that was not there before; repeated, contradictory and shared rows, if
their number has grown by those that were planted. Random halves of each table are compared too, and must not differ. --write puts
the result into benchmarks/planted_faults.md.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import datetime
import io
import json
import platform
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from anncli.cli.main import run
from anncli.dataset.request import ReadRequest
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_input import read_table
from anncli.tables import number_word

# Ten tables of different kinds: their file, and the label: a position from 1, 0 for the one that the file declares.
TABLES: dict[str, int] = {
    "adult-train.csv.gz": 15,
    "breast-cancer.csv.gz": 10,
    "wheat-seeds.csv.gz": 8,
    "pollution.csv.gz": 12,
    "hypothyroid.arff.gz": 0,
    "splice.arff.gz": 0,
    "vote.arff.gz": 0,
    "car.arff.gz": 0,
    "housing.arff.gz": 0,
    "ailerons.arff.gz": 0,
}
# More different numbers than these are no classes.
MOST_CLASSES = 20
ROOT = Path(__file__).parents[2]
LABEL, NEW = "the answer", "planted"
HEAD = """# Planted faults

`ann check` on ten public tables, with one fault planted at a time. "yes": it was named, by its kind and its column, and not without it.
`python tests/campaigns/planted_faults.py FOLDER --write` repeats this; `test_planted_faults.py` does so on the tables of the project.
"""


class Rows(NamedTuple):
    """A table as text: columns, of which the last is the label; rows of cells, '' where one is missing; numbers: the columns
    that hold only numbers; of_classes: whether the label is a class."""

    columns: list[str]
    rows: list[list[str]]
    numbers: list[int]
    of_classes: bool

    def with_column(self, cells: Sequence[str], name: str = NEW) -> Rows:
        """A further column at the front."""
        rows = [[cell, *row] for cell, row in zip(cells, self.rows, strict=True)]
        return self._replace(columns=[name, *self.columns], rows=rows, numbers=[k + 1 for k in self.numbers])

    def copy(self) -> Rows:
        return self._replace(rows=[list(row) for row in self.rows])

    @property
    def words(self) -> list[int]:
        return [k for k in range(len(self.columns) - 1) if k not in self.numbers]

    def cells(self, column: int) -> list[str]:
        return [row[column] for row in self.rows]

    @property
    def labels(self) -> list[str]:
        return self.cells(-1)


class Planted(NamedTuple):
    """A table with a fault: its rows, and those of a test file if there is one; what must be found: kind and column, '' for
    rows; by how many more cells or rows than before."""

    rows: Rows
    kind: str
    name: str = ""
    more: int = 0
    test: Rows | None = None


def read_rows(path: Path, label: int) -> Rows:
    """The table in a file, its label last."""
    table = read_table(path, ReadRequest(), Remarks())[0]
    answer = table.names[label - 1] if label else (table.labels or table.names[-1:])[0]
    names = [name for name in table.names if name != answer]
    columns = [table.column(name) for name in (*names, answer)]
    cells = []
    for column in columns:
        worded = column.as_words()
        assert worded.codes is not None
        cells.append([worded.words[code] if code >= 0 else "" for code in worded.codes.tolist()])
    numbers = [k for k, column in enumerate(columns[:-1]) if column.numbers is not None and not column.is_missing.all()]
    last = columns[-1]
    of_classes = last.numbers is None or len(set(cells[-1])) <= MOST_CLASSES
    return Rows([*names, LABEL], [list(row) for row in zip(*cells, strict=True)], numbers, of_classes)


def _number_column(rows: Rows, rng: np.random.Generator) -> tuple[Rows, int]:
    """A column of numbers to plant a fault in: one of the table, or a new one of random numbers."""
    for k in rows.numbers:
        given = {cell for cell in rows.cells(k) if cell}
        values = sorted(float(cell) for cell in rows.cells(k) if cell)
        middle = values[len(values) // 4], values[3 * len(values) // 4]
        if len(given) >= 10 and middle[0] < middle[1]:
            return rows.copy(), k
    return rows.with_column([f"{x:.3f}" for x in rng.normal(50, 10, len(rows.rows))]), 0


def _word_column(rows: Rows, rng: np.random.Generator) -> tuple[Rows, int]:
    for k in rows.words:
        words = {cell for cell in rows.cells(k) if cell}
        if 2 <= len(words) <= 50 and all(word[:1].isalpha() and len(word) > 1 for word in words):
            return rows.copy(), k
    return rows.with_column(rng.choice(["north", "south", "west"], len(rows.rows)).tolist()), 0


def _first_input(rows: Rows) -> int:
    """A column with several values that is no identifier."""
    for k in range(len(rows.columns) - 1):
        if 2 <= len(set(rows.cells(k)) - {""}) <= 0.9 * len(rows.rows):
            return k
    return 0


def plant_constant(rows: Rows, rng: np.random.Generator) -> Planted:
    return Planted(rows.with_column(["7"] * len(rows.rows)), "constant", NEW)


def plant_copy(rows: Rows, rng: np.random.Generator) -> Planted:
    k = _first_input(rows)
    return Planted(rows.with_column(rows.cells(k)), "equal-columns", rows.columns[k])


def plant_recoded(rows: Rows, rng: np.random.Generator) -> Planted:
    """The values of a column under other names."""
    k = _first_input(rows)
    codes = {cell: f"code {number}" for number, cell in enumerate(sorted(set(rows.cells(k)) - {""}))}
    return Planted(rows.with_column([codes.get(cell, "") for cell in rows.cells(k)]), "equal-columns", rows.columns[k])


def plant_counter(rows: Rows, rng: np.random.Generator) -> Planted:
    return Planted(rows.with_column([str(k + 1000) for k in range(len(rows.rows))]), "identifier", NEW)


def plant_names(rows: Rows, rng: np.random.Generator) -> Planted:
    numbers = rng.permutation(10 * len(rows.rows))[: len(rows.rows)]
    return Planted(rows.with_column([f"P-{k:07d}x" for k in numbers]), "identifier", NEW)


def plant_answer(rows: Rows, rng: np.random.Generator) -> Planted:
    """The label under other words, or in another unit."""
    if rows.of_classes:
        codes = {label: f"group {k}" for k, label in enumerate(sorted(set(rows.labels)))}
        return Planted(rows.with_column([codes[label] for label in rows.labels]), "leak", NEW)
    return Planted(rows.with_column([number_word(round(2.54 * float(x) + 3, 9)) for x in rows.labels]), "leak", NEW)


def plant_threshold(rows: Rows, rng: np.random.Generator) -> Planted:
    """A number that separates the classes, or grows with the label, but is no copy of it."""
    if rows.of_classes:
        places = {label: k for k, label in enumerate(sorted(set(rows.labels)))}
        cells = [f"{10 * places[label] + rng.uniform(0, 9):.4f}" for label in rows.labels]
    else:
        low = min(map(float, rows.labels))
        cells = [repr((float(x) - low) ** 3) for x in rows.labels]
    return Planted(rows.with_column(cells), "leak", NEW)


def plant_repeated(rows: Rows, rng: np.random.Generator) -> Planted:
    chosen = rng.choice(len(rows.rows), 5, replace=False)
    return Planted(rows._replace(rows=[*rows.rows, *(rows.rows[k] for k in chosen)]), "duplicates", more=5)


def plant_contradictions(rows: Rows, rng: np.random.Generator) -> Planted:
    """Rows once more, with another answer."""
    chosen, further = rng.choice(len(rows.rows), 5, replace=False), []
    for k in chosen:
        label = rows.rows[k][-1]
        other = next(x for x in rows.labels if x != label) if rows.of_classes else number_word(float(label) + 1.5)
        further.append([*rows.rows[k][:-1], other])
    return Planted(rows._replace(rows=[*rows.rows, *further]), "contradictions", more=5)


def plant_shared(rows: Rows, rng: np.random.Generator) -> Planted:
    """A test file of rows of its own, and of one in ten that is in the training file."""
    halves = rng.permutation(len(rows.rows))
    n = len(halves) // 2
    n_shared = max(5, n // 10)
    training = rows._replace(rows=[rows.rows[k] for k in halves[:n]])
    test = rows._replace(rows=[rows.rows[k] for k in (*halves[n:], *halves[:n_shared])])
    return Planted(training, "shared-rows", more=n_shared, test=test)


def plant_code(rows: Rows, rng: np.random.Generator) -> Planted:
    table, k = _number_column(rows, rng)
    for row in rng.choice(len(table.rows), max(2, len(table.rows) // 100), replace=False):
        table.rows[row][k] = "-99999999"
    return Planted(table, "codes", table.columns[k])


def plant_outlier(rows: Rows, rng: np.random.Generator) -> Planted:
    """A decimal point in the wrong place: a number 10,000 times as large as any other."""
    table, k = _number_column(rows, rng)
    largest = max(abs(float(cell)) for cell in table.cells(k) if cell)
    table.rows[int(rng.integers(len(table.rows)))][k] = number_word(1e4 * largest + 1)
    return Planted(table, "outliers", table.columns[k])


def plant_gaps(rows: Rows, rng: np.random.Generator) -> Planted:
    table, k = rows.copy(), _first_input(rows)
    present = [row for row in range(len(table.rows)) if table.rows[row][k]]
    for row in rng.choice(present, 3, replace=False):
        table.rows[row][k] = ""
    return Planted(table, "missing", table.columns[k], more=3)


def plant_spelling(rows: Rows, rng: np.random.Generator) -> Planted:
    table, k = _word_column(rows, rng)
    row = next(row for row in range(len(table.rows) // 2, len(table.rows)) if table.rows[row][k])
    table.rows[row][k] = table.rows[row][k].swapcase() + " "
    return Planted(table, "spelling", table.columns[k])


def plant_word(rows: Rows, rng: np.random.Generator) -> Planted:
    """A word among numbers."""
    table, k = _number_column(rows, rng)
    table.rows[len(table.rows) // 3][k] = "12o5"
    return Planted(table, "numbers-as-words", table.columns[k])


def plant_rare_class(rows: Rows, rng: np.random.Generator) -> Planted | None:
    if not rows.of_classes:
        return None
    chosen = set(rng.choice(len(rows.rows), 2, replace=False).tolist())
    further = [[*row[:-1], "another"] if k in chosen else row for k, row in enumerate(rows.rows)]
    return Planted(rows._replace(rows=further), "imbalance", LABEL)


def plant_drift(rows: Rows, rng: np.random.Generator) -> Planted:
    """A test file in which a column of numbers is in another unit."""
    table, k = _number_column(rows, rng)
    order = rng.permutation(len(table.rows))
    halves = [table._replace(rows=[list(table.rows[j]) for j in part]) for part in (order[::2], order[1::2])]
    spread = float(np.std([float(cell) for cell in table.cells(k) if cell]))
    for row in halves[1].rows:
        if row[k]:
            row[k] = number_word(float(row[k]) + 2 * spread)
    return Planted(halves[0], "drift", table.columns[k], test=halves[1])


FAULTS: dict[str, Callable[[Rows, np.random.Generator], Planted | None]] = {
    "a constant column": plant_constant,
    "a copied column": plant_copy,
    "a column in other words": plant_recoded,
    "a column that counts": plant_counter,
    "a column of names": plant_names,
    "the answer, recoded": plant_answer,
    "a number that tells the answer": plant_threshold,
    "repeated rows": plant_repeated,
    "contradictory rows": plant_contradictions,
    "rows in the test file too": plant_shared,
    "a code for missing values": plant_code,
    "an outlier": plant_outlier,
    "missing cells": plant_gaps,
    "a word in another spelling": plant_spelling,
    "a word among numbers": plant_word,
    "a class of two rows": plant_rare_class,
    "a test file in another unit": plant_drift,
}


def write(rows: Rows, path: Path) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([rows.columns, *rows.rows])
    return path


def findings(folder: Path, rows: Rows, test: Rows | None = None) -> list[dict[str, Any]]:
    """What `ann check --json` finds."""
    task = "classification" if rows.of_classes else "regression"
    words = ["check", str(write(rows, folder / "data.csv")), "--label", LABEL, "--task", task, "--json", "-q"]
    if test is not None:
        words += ["--test", str(write(test, folder / "test.csv"))]
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = run(words)
    assert code == 0, (code, out.getvalue())
    found: list[dict[str, Any]] = json.loads(out.getvalue())["findings"]
    return found


def is_found(planted: Planted, found: list[dict[str, Any]], before: list[dict[str, Any]]) -> bool:
    """Whether the fault is named: the right kind, the right column, and more than before."""

    def n(these: list[dict[str, Any]]) -> int:
        return sum(
            max(1, one["count"])
            for one in these
            if one["kind"] == planted.kind and planted.name in (one["name"] or "", "")
        )

    return n(found) >= n(before) + max(1, planted.more)


class Outcome(NamedTuple):
    """Of one table: whether each fault was found, None where it cannot be planted; the findings of the clean table; how many
    findings there are about random halves of it that do not differ."""

    found: dict[str, bool | None]
    clean: list[dict[str, Any]]
    alarms: int


def campaign(folder: Path, tables: dict[str, int], halves: int = 5) -> Iterator[tuple[str, Outcome]]:
    """The outcome of each table."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for number, (file, label) in enumerate(tables.items()):
            rows, rng = read_rows(folder / file, label), np.random.default_rng(number)
            clean, found = findings(work, rows), dict[str, bool | None]()
            for fault, plant in FAULTS.items():
                planted = plant(rows, rng)
                if planted is None:
                    found[fault] = None
                    continue
                before = clean if planted.test is None else []
                found[fault] = is_found(planted, findings(work, planted.rows, planted.test), before)
            alarms = 0
            for _ in range(halves):
                order = rng.permutation(len(rows.rows))
                one, other = (rows._replace(rows=[rows.rows[k] for k in part]) for part in (order[::2], order[1::2]))
                alarms += sum(one["kind"] == "drift" for one in findings(work, one, other))
            yield file, Outcome(found, clean, alarms)


def report(outcomes: dict[str, Outcome]) -> str:
    """The result as a page."""
    marks = {True: "yes", False: "**no**", None: "-"}
    names = [name.partition(".")[0] for name in outcomes]
    lines = ["| planted | " + " | ".join(names) + " |", "|---" * (len(outcomes) + 1) + "|"]
    lines += [
        f"| {fault} | " + " | ".join(marks[one.found[fault]] for one in outcomes.values()) + " |" for fault in FAULTS
    ]
    for what in ("warning", "note"):
        counts = [sum(entry["level"] == what for entry in one.clean) for one in outcomes.values()]
        lines.append(f"| {what}s about the table as it is | " + " | ".join(map(str, counts)) + " |")
    lines.append(
        "| columns that differ in 5 random halves | " + " | ".join(str(one.alarms) for one in outcomes.values()) + " |"
    )
    clean = ["", "What is said about the tables as they are, missing values and repeated rows apart:", ""]
    for name, one in outcomes.items():
        for entry in one.clean:
            if entry["kind"] not in ("missing", "duplicates"):
                message = re.sub(r"\S+/data\.csv:", "line ", entry["message"])
                clean.append(f"- {name.partition('.')[0]}, {entry['level']}: {message}")
    return "\n".join([*lines, *clean])


def processor() -> str:
    """The name of the processor, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    start = time.process_time()
    outcomes = dict(campaign(arguments.folder, TABLES))
    missed = [(name, fault) for name, one in outcomes.items() for fault, found in one.found.items() if found is False]
    planted = sum(found is not None for one in outcomes.values() for found in one.found.values())
    when = f"{datetime.date.today()}, {processor()}, Python {platform.python_version()}, numpy {np.__version__}"
    count = f"{planted} faults planted, {planted - len(missed)} found; {time.process_time() - start:.0f} s of CPU"
    text = f"{HEAD}\n{when}: {count}.\n\n{report(outcomes)}\n"
    if arguments.write:
        (ROOT / "benchmarks/planted_faults.md").write_text(text, encoding="utf-8")
    print(text)
    return bool(missed)


if __name__ == "__main__":
    raise SystemExit(main())
