"""--memory-limit: data larger than it are read from the disk, with the same result."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ann_process import Ann, clean_environment

N_ROWS = 600


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """mixed.npy: numbers with gaps around a category, a weight and a label with two classes and one with numbers."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(N_ROWS, 3))
    city = rng.integers(0, 3, N_ROWS)
    score = x @ [1.0, -2.0, 0.5] + (city == 1) + 0.1 * rng.normal(size=N_ROWS)
    gap = np.where(rng.random(N_ROWS) < 0.1, np.nan, x[:, 2])
    weight = rng.integers(1, 4, N_ROWS)
    np.save(tmp_path / "mixed.npy", np.column_stack([x[:, 0], city, x[:, 1], gap, weight, score, score > 0]))
    names = ["a", "city", "b", "gap", "weight", "score", "good"]
    kinds = ["number", "category", *["number"] * 5]
    beside = {"names": names, "kinds": kinds, "words": {"city": ["Rome", "Oslo", "Lima"]}}
    (tmp_path / "mixed.json").write_text(json.dumps(beside))
    np.save(tmp_path / "single.npy", np.column_stack([x, score > 0]).astype(np.float32))
    return tmp_path


@pytest.mark.parametrize("trainer", ["adam", "online", "irprop+", "lbfgs", "lm"])
def test_the_network_is_the_same_for_every_trainer(ann: Ann, folder: Path, trainer: str) -> None:
    words = ["train", "single.npy", "--label", "last", "--trainer", trainer, "--epochs", "5", "--test", "0.2"]
    in_memory = ann(*words, "-o", "a.nn")
    on_disk = ann(*words, "-o", "b.nn", "--memory-limit", "1K")
    assert (folder / "a.nn").read_bytes() == (folder / "b.nn").read_bytes()
    assert in_memory.stdout.replace("a.nn", "b.nn") == on_disk.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ["--label", "good", "--ignore", "score", "--weight", "weight", "--missing", "median+indicator"],
        ["--label", "score", "--ignore", "good", "--ignore", "weight", "--missing", "mean", "--scaling", "minmax"],
        ["--label", "score", "--ignore", "good", "--use", "a,b", "--restarts", "2"],
    ],
)
def test_tables_with_categories_gaps_and_weights(ann: Ann, folder: Path, words: list[str]) -> None:
    for name, limit in (("a.nn", "1G"), ("b.nn", "1K")):
        ann("train", "mixed.npy", *words, "--epochs", "5", "-o", name, "--memory-limit", limit)
    assert (folder / "a.nn").read_bytes() == (folder / "b.nn").read_bytes()
    answers = [ann("test", "a.nn", "mixed.npy", "--memory-limit", limit).stdout for limit in ("1G", "1K")]
    assert answers[0] == answers[1] != ""
    assert ann("predict", "a.nn", "mixed.npy").stdout.count("\n") == N_ROWS + 1


def test_several_files(ann: Ann, folder: Path) -> None:
    rows = np.load(folder / "single.npy")
    for name, part in (("one", rows[:200]), ("two", rows[200:450]), ("held", rows[450:])):
        np.save(folder / f"{name}.npy", part)
    for name, limit in (("a.nn", "1G"), ("b.nn", "1K")):
        ann(
            "train", "one.npy", "two.npy", "--label", "last", "--validation", "held.npy", "--epochs", "5", "-o", name,
            "--memory-limit", limit,
        )  # fmt: skip
    assert (folder / "a.nn").read_bytes() == (folder / "b.nn").read_bytes()


def test_what_is_not_on_the_disk_is_refused(ann: Ann, folder: Path) -> None:
    (folder / "t.csv").write_text("a,b,y\n" + "0.5,1,yes\n2,3,no\n" * 200)
    done = ann("train", "t.csv", "--label", "y", "--memory-limit", "2K", check=3)
    assert done.stdout == ""
    assert "ann: t.csv: takes more than the 2.0 KB of memory that --memory-limit allows; " in done.stderr
    assert "make a file that is read from the disk: ann convert IN OUT.npy\n" in done.stderr
    ann("convert", "t.csv", "t.npy")
    ann("train", "t.npy", "5", "--label", "y", "--memory-limit", "2K")


def test_faults_name_all_cells_and_the_first_row(ann: Ann, folder: Path) -> None:
    words = ["train", "mixed.npy", "--label", "good", "--epochs", "1"]
    gaps = int(np.isnan(np.load(folder / "mixed.npy")[:, 3]).sum())
    whole, cut = (ann(*words, "--memory-limit", limit, check=3) for limit in ("1G", "1K"))
    assert f"cells are missing in 'gap' ({gaps})" in whole.stderr
    assert whole.stderr == cut.stderr


@pytest.mark.slow
def test_rows_without_a_label_are_left_out(ann: Ann, folder: Path) -> None:
    rows = np.load(folder / "single.npy")
    rows[[7, 8, 300], -1] = np.nan
    np.save(folder / "single.npy", rows)
    for name, limit in (("a.nn", "1G"), ("b.nn", "1K")):
        words = ["train", "single.npy", "5", "--label", "last", "--missing-label", "drop", "-o", name]
        ann(*words, "--memory-limit", limit)
    assert (folder / "a.nn").read_bytes() == (folder / "b.nn").read_bytes()
    told = ann("test", "a.nn", "single.npy", "--missing-label", "drop", "--memory-limit", "1K", "--json")
    assert json.loads(told.stdout)["sets"]["test"]["n"] == N_ROWS - 3


@pytest.mark.slow
def test_text_tables_that_are_joined(ann: Ann, folder: Path) -> None:
    """Each is below the limit, all of them are above it; a column of which one table has words is one of words."""
    for k in range(3):
        rows = [f"{j % 7},{(j * k) % 5 if k < 2 else 'xyz'[j % 3]},{j % 2}\n" for j in range(150)]
        (folder / f"{k}.csv").write_text("a,b,y\n" + "".join(rows))
    for name, limit in (("a.nn", "1G"), ("b.nn", "4K")):
        words = ["0.csv", "1.csv", "2.csv", "--label", "y", "--category", "b", "--memory-limit", limit]
        ann("train", *words, 5, "-o", name)
    assert (folder / "a.nn").read_bytes() == (folder / "b.nn").read_bytes()
    text = (folder / "1.csv").read_text().splitlines(keepends=True)
    (folder / "1.csv").write_text("".join([*text[:9], ",0,1\n", *text[10:]]))
    told = [ann("train", *words[:-1], limit, "-o", "c.nn", check=3).stderr for limit in ("1G", "4K")]
    assert "1.csv:10: cells are missing in 'a' (1)" in told[0]
    assert told[0] == told[1]


def test_only_words(ann: Ann, folder: Path) -> None:
    for k in range(2):
        (folder / f"{k}.csv").write_text("a,y\n" + "".join(f"{'uvw'[j % 3]},{'st'[j % 2]}\n" for j in range(300)))
    ann("train", "0.csv", "1.csv", "--label", "y", 3, "-o", "a.nn", "--memory-limit", "3K")


@pytest.mark.slow
def test_a_map_that_is_the_inputs_as_they_are(ann: Ann, folder: Path) -> None:
    """The numbers of the file are used where they lie, and scaling must not write into them."""
    rows = np.load(folder / "single.npy")
    np.save(folder / "x.npy", rows[:, :-1])
    (folder / "y.txt").write_text("".join(f"{value:g}\n" for value in rows[:, -1]))
    before = (folder / "x.npy").read_bytes()
    ann("train", "x.npy", "--label", "file:y.txt", 5, "-o", "a.nn")
    ann("train", "x.npy", "--label", "inputs", 5, "-o", "b.nn", "--scaling", "minmax")
    ann("predict", "a.nn", "x.npy", "--json")
    assert (folder / "x.npy").read_bytes() == before


@pytest.mark.slow
def test_where_the_limit_cannot_hold(ann: Ann, folder: Path) -> None:
    done = ann("train", "single.npy", "--label", "inputs", "--memory-limit", "2K", check=3)
    assert done.stderr.endswith(
        "ann: single.npy: --label inputs keeps the targets in memory, and they take 9.6 KB; "
        "raise --memory-limit, or give fewer rows\n"
    )
    for name in ("p.txt", "n.txt"):
        (folder / name).write_text("1 2\n3 4\n")
    done = ann("train", "p.txt", "n.txt", "--memory-limit", "1G", check=2)
    assert done.stderr == (
        "ann: --memory-limit is for tables, and these are files of one class each; name the label: --label NAME\n"
    )
    done = ann("bench", "single.npy", 2, "--label", "last", "--jobs", 2, "--memory-limit", "1G", check=2)
    assert done.stderr == "ann: --memory-limit: every job holds the data in memory; leave --jobs out\n"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the limit on the data of a process counts no maps on Linux")
def test_the_data_are_not_in_memory(tmp_path: Path) -> None:
    """Inputs of 400 MB are trained on and evaluated in a process that may hold 400 MB in all."""
    rng = np.random.default_rng(0)
    rows = np.lib.format.open_memmap(tmp_path / "big.npy", "w+", np.float32, (200_000, 513))
    for start in range(0, len(rows), 20_000):
        rows[start : start + 20_000] = rng.random((20_000, 513), dtype=np.float32)
        rows[start : start + 20_000, -1] = rows[start : start + 20_000, 0] > 0.5
    del rows

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (400 << 20, 400 << 20))

    def run(*words: Any) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "anncli", *words]
        return subprocess.run(
            command,
            cwd=tmp_path,
            env=clean_environment() | {"OPENBLAS_NUM_THREADS": "1"},
            preexec_fn=limited,
            capture_output=True,
            text=True,
        )

    words = ["train", "big.npy", "1", "--label", "last", "--task", "classification", "-o", "big.nn"]
    assert run(*words).returncode == 1
    done = run(*words, "--memory-limit", "100M")
    assert done.returncode == 0, done.stderr
    tested = run("test", "big.nn", "big.npy", "--memory-limit", "100M")
    assert tested.returncode == 0, tested.stderr
    assert "200000" in tested.stdout
