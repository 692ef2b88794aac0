"""Public tables, each with one command: trains, tests and predicts on every table as it was published.

    python benchmarks/public_tables.py FOLDER > table.md

FOLDER holds the files of TABLES, which are ARFF files of WEKA's collections and CSV files of the UCI Machine Learning
Repository. Every command trains for 100 epochs and holds a fifth of the rows out. docs/tables.md shows the output.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

# The file, and the options that it needs besides its name.
TABLES: dict[str, str] = {
    "2dplanes.arff.gz": "",
    "abalone.arff.gz": "",
    "adult-test.csv.gz": "--label last --missing median",
    "adult-train.csv.gz": "--label last --missing median",
    "ailerons.arff.gz": "",
    "audiology.arff.gz": "--missing indicator",
    "bank8FM.arff.gz": "",
    "breast-cancer.csv.gz": "--label last --missing indicator",
    "car.arff.gz": "",
    "cmc.arff.gz": "",
    "colic.orig.arff.gz": "--missing median+indicator",
    "delta.elevators.arff.gz": "",
    "ecoli.csv.gz": "",
    "horse-colic.csv.gz": "--label 24 --missing median+indicator",
    "housing.arff.gz": "",
    "housing.csv.gz": "--label last",
    "hypothyroid.arff.gz": "--missing median+indicator",
    "kin8nm.arff.gz": "",
    "nursery.arff.gz": "",
    "pollution.csv.gz": "--label pm2.5 --missing-label drop",
    "puma32H.arff.gz": "",
    "sensory.arff.gz": "",
    "servo.arff.gz": "",
    "soybean.arff.gz": "--missing indicator",
    "splice.arff.gz": "",
    "stock.arff.gz": "",
    "tic-tac-toe.arff.gz": "",
    "vote.arff.gz": "--missing indicator",
    "waveform5000.arff.gz": "",
    "wheat-seeds.csv.gz": "--label last --task classification",
}


def main(folder: Path) -> None:
    """Print the lines of the table; raises CalledProcessError for a command that fails."""
    print("| command | rows | inputs | test set | seconds |")
    print("|---|---:|---:|---|---:|")
    for name, options in TABLES.items():
        print(line(folder / name, options), flush=True)


def line(path: Path, options: str) -> str:
    """The line of one table: trained, then tested and predicted from the network file."""
    with tempfile.TemporaryDirectory() as work:
        begin = time.perf_counter()
        words = [*options.split(), "100", "--test", "0.2"]
        document = json.loads(ann(work, "train", str(path), *words, "--json", "-o", "t.nn"))
        seconds = time.perf_counter() - begin
        drop = ["--missing-label", "drop"] if "--missing-label" in options else []
        tested = json.loads(ann(work, "test", "t.nn", str(path), "--json", *drop))["sets"]["test"]
        predicted = list(csv.reader(ann(work, "predict", "t.nn", str(path)).splitlines()))
        n = sum(document["samples"].values())
        assert tested["n"] == n
        assert len(predicted) - 1 >= n
        found = document["sets"]["test"]
        return f"| `ann train {' '.join([path.name, *options.split()])}` | {n} | {document['inputs']} | {figure(found)} | {seconds:.1f} |"


def figure(found: dict[str, Any]) -> str:
    """What the test set shows, in words."""
    if "r2" in found:
        return f"R2 {found['r2']:.3f}, RMSE {found['rmse']:.4g}"
    return f"{100 * found['accuracy']:.1f} % right"


def ann(folder: str, *words: str) -> str:
    """What a command prints."""
    command = [sys.executable, "-m", "anncli", *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
