"""Training, testing and predicting on tables of every format: the same network and the same predictions as from CSV."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path

import numpy as np
import pytest
from ann_process import Ann

needs_pyarrow = pytest.mark.skipif(importlib.util.find_spec("pyarrow") is None, reason="no pyarrow")
TARGETS = [
    "d.tsv", "d.jsonl", "d.db", "d.npy", "d.npz", "d.arff", "d.csv.gz", "d.csv.bz2", "d.csv.xz",
    *(pytest.param(name, marks=needs_pyarrow) for name in ("d.parquet", "d.arrow", "d.feather")),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    dice = random.Random(2)
    rows = ["age,city,buys"]
    for _ in range(80):
        age, city = round(dice.gauss(40, 10), 2), dice.choice(["Rome", "Oslo", "York"])
        rows.append(f"{age},{city},{'yes' if age + 10 * (city == 'Rome') > 45 else 'no'}")
    (tmp_path / "d.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_every_format_trains_and_predicts_like_csv(folder: Path, ann: Ann, target: str) -> None:
    train = ("--label", "buys", "20", "-q", "--positive", "yes")
    ann("train", "d.csv", *train, "-o", "csv.nn")
    ann("convert", "d.csv", target, "--label", "buys")
    ann("train", target, *train, "-o", "other.nn")
    for data in ("d.csv", target):
        first = ann("predict", "csv.nn", data, "-q").stdout
        assert first == ann("predict", "other.nn", data, "-q").stdout
        assert len(first.splitlines()) == 81


@pytest.mark.slow
def test_queries_folders_and_globs_of_pictures(folder: Path, ann: Ann) -> None:
    ann("convert", "d.csv", "d.db::people")
    ann("train", "d.db::SELECT age, buys FROM people WHERE city = 'Rome'", "10", "--label", "buys", "-q", "-o", "q.nn")
    predicted = ann("predict", "q.nn", "d.db::SELECT age FROM people LIMIT 3", "-q").stdout
    assert len(predicted.splitlines()) == 4
    rng = np.random.default_rng(3)
    for label, low in (("dark", 0), ("light", 128)):
        (folder / "pics" / label).mkdir(parents=True)
        for number in range(12):
            data = (low + rng.integers(0, 100, 64)).astype(np.uint8).tobytes()
            (folder / "pics" / label / f"{number}.pgm").write_bytes(b"P5 8 8 255\n" + data)
    ann("train", "pics", "100", "-q", "-o", "p.nn", "--size", "4x4")
    answers = ann("predict", "p.nn", "pics/*/0.pgm", "--size", "4x4", "-q", "--classes").stdout.split()
    assert answers[-2:] == ["dark", "light"]
