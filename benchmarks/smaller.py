"""What is lost by removing weights, and what a teacher gains, on the thyroid table: the table of docs/smaller.md.

    python benchmarks/smaller.py

Each quarter of the rows in turn tests networks that the three others have trained; rows that stand in both are left out of the test.
The figures are means over the quarters.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import mean

import anncli

TABLE = Path(__file__).parents[1] / "data/thyroid.csv.gz"
NEW = ("--label", "class", "--missing", "median")
N_PARTS = 4
FIGURES = (("accuracy", 100, 2, " %"), ("balanced_accuracy", 100, 1, " %"), ("mcc", 1, 3, ""), ("mse", 1, 4, ""))


def ann(folder: Path, *words: str) -> None:
    root = str(Path(anncli.__file__).parents[1])
    subprocess.run(
        [sys.executable, "-m", "anncli", *words, "--quiet"],
        cwd=folder, check=True, env={**os.environ, "PYTHONPATH": root}, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def divide(folder: Path, part: int) -> None:
    """old.csv and new.csv, whose rows are in only one of them."""
    head, *rows = gzip.decompress(TABLE.read_bytes()).decode().splitlines()
    old = [row for number, row in enumerate(rows) if number % N_PARTS != part]
    new = [row for row in rows[part::N_PARTS] if row not in set(old)]
    for name, kept in (("old.csv", old), ("new.csv", new)):
        (folder / name).write_text("\n".join([head, *kept]) + "\n")


def networks(folder: Path) -> dict[str, str]:
    """The files of the networks, by what they are."""
    ann(folder, "train", "old.csv", *NEW, "--hidden", "64", "-o", "big.nn")
    for epochs in ("0", "300"):
        ann(folder, "train", "big.nn", "old.csv", epochs, "--continue", "--prune", "0.9", "-o", f"pruned{epochs}.nn")
    ann(folder, "train", "old.csv", *NEW, "--hidden", "2", "-o", "small.nn")
    ann(folder, "train", "old.csv", *NEW, "--hidden", "2", "--teacher", "big.nn", "-o", "taught.nn")
    return {
        "64 units": "big.nn",
        "the same, `--prune 0.9`, EPOCHS 0": "pruned0.nn",
        "the same, `--prune 0.9`, trained on": "pruned300.nn",
        "2 units": "small.nn",
        "2 units taught by the 64": "taught.nn",
    }


def measured(folder: Path, name: str) -> list[float]:
    """The number of weights that are not 0, and FIGURES."""
    network = anncli.load(folder / name)
    found = anncli.evaluate(network, anncli.read_table_for(network, folder / "new.csv"))
    weights = sum(int((layer != 0).sum()) for layer in network.weights)
    return [weights, *(getattr(found, field) for field, *_ in FIGURES)]


def main() -> None:
    found: dict[str, list[list[float]]] = {}
    for part in range(N_PARTS):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            divide(folder, part)
            for what, file in networks(folder).items():
                found.setdefault(what, []).append(measured(folder, file))
    print("| network | weights that are not 0 | accuracy | balanced accuracy | MCC | mean squared error |")
    print("|---|---:|---:|---:|---:|---:|")
    for what, rows in found.items():
        weights, *figures = map(mean, zip(*rows, strict=True))
        cells = [
            f"{factor * x:.{digits}f}{unit}" for x, (_, factor, digits, unit) in zip(figures, FIGURES, strict=True)
        ]
        print(f"| {what} | {weights:,.0f} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
