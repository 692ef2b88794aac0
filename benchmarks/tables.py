"""Text tables: whole processes that read one file, start included, beside pandas, polars and scikit-learn.

pip install . pandas polars scikit-learn
python benchmarks/tables.py [--megabytes 100] [--rounds 7] [--folder FOLDER]

`numbers`: ten columns of normal numbers with all their digits. `mixed`: an index, five columns of words (one with delimiters and
quotes inside quotes), whole and decimal numbers, missing cells. `sparse`: libsvm, sixty indices of which each row has about half;
scikit-learn makes a sparse matrix of it, anncli a dense table. Candidates run in turn, those that are installed. Both the time by
the clock and the processor time are given: on a busy machine only the second says something, and polars uses all processors.

Importing numpy starts threads for products of matrices, which wait busily for a while. No reader multiplies any, so all candidates
run with OPENBLAS_NUM_THREADS=1, which the command `ann` sets by itself.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from measure import cpu_seconds

NUMPY = "nothing but numpy"
ANNCLI = "from anncli.formats.data.table_files import read_table; read_table({0!r})"
CSV = {
    "anncli": ANNCLI,
    "pandas": "import pandas; pandas.read_csv({0!r})",
    "polars": "import polars; polars.read_csv({0!r})",
    NUMPY: "import numpy",
}
LIBSVM = {
    "anncli": ANNCLI,
    "sklearn": "from sklearn.datasets import load_svmlight_file; load_svmlight_file({0!r})",
    NUMPY: "import numpy",
}
MODULES = {NUMPY: "numpy"}


def write_numbers(path: Path, size: int) -> None:
    rng = np.random.default_rng(0)
    with path.open("w") as file:
        file.write(",".join(f"x{k}" for k in range(10)) + "\n")
        while file.tell() < size:
            rows = rng.normal(size=(10_000, 10)).tolist()
            file.write("".join(",".join(map(repr, row)) + "\n" for row in rows))


def write_mixed(path: Path, size: int) -> None:
    rng, n = np.random.default_rng(1), 0
    cities = np.array(["Berlin", "New York", "São Paulo", "Lima", ""])
    notes = np.array(['"a, b"', "c", "", '"say ""x"""'])
    with path.open("w", encoding="utf-8") as file:
        file.write("id,city,age,income,job,x,y,flag,note\n")
        while file.tell() < size:
            m = 10_000
            columns = (
                range(n, n + m), cities[rng.integers(0, 5, m)], rng.integers(0, 99, m), rng.normal(5e4, 9e3, m).round(2).tolist(),
                [f"job {k}" for k in rng.integers(0, 200, m)], rng.normal(size=m).round(6).tolist(), rng.normal(size=m).tolist(),
                np.array(["yes", "no"])[rng.integers(0, 2, m)], notes[rng.integers(0, 4, m)],
            )  # fmt: skip
            file.write("".join(",".join(map(str, row)) + "\n" for row in zip(*columns, strict=True)))
            n += m


def write_sparse(path: Path, size: int) -> None:
    rng = np.random.default_rng(2)
    with path.open("w") as file:
        while file.tell() < size:
            values, given = rng.normal(size=(5_000, 60)).round(6).tolist(), (rng.random((5_000, 60)) < 0.5).tolist()
            for row, has in zip(values, given, strict=True):
                pairs = (f" {k}:{x}" for k, (x, is_given) in enumerate(zip(row, has, strict=True), 1) if is_given)
                file.write(("+1" if row[0] > 0 else "-1") + "".join(pairs) + "\n")


# The name of each file, what writes it, and who reads it.
FILES: dict[str, tuple[Callable[[Path, int], None], dict[str, str]]] = {
    "numbers.csv": (write_numbers, CSV),
    "mixed.csv": (write_mixed, CSV),
    "sparse.libsvm": (write_sparse, LIBSVM),
}


def measured(command: str) -> tuple[float, float]:
    """The seconds of one process, by the clock and of the processor."""
    begun, spent = time.perf_counter(), cpu_seconds()
    subprocess.run([sys.executable, "-c", command], check=True, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    return time.perf_counter() - begun, cpu_seconds() - spent


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--megabytes", type=float, default=100)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--folder", type=Path, default=None, help="keeps the files, and takes those that are there")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary)
        for name, (write, readers) in FILES.items():
            path = folder / name
            if not path.exists():
                write(path, int(asked.megabytes * 1e6))
            compare(path, readers, asked.rounds)


def compare(path: Path, readers: dict[str, str], rounds: int) -> None:
    """Prints a table: the readers that are installed, each `rounds` times in turn."""
    times = {name: list[tuple[float, float]]() for name in readers if importlib.util.find_spec(MODULES.get(name, name))}
    for _ in range(rounds):
        for reader, found in times.items():
            found.append(measured(readers[reader].format(str(path))))
    print(
        f"\n{path.name}, {path.stat().st_size / 1e6:.0f} MB, {rounds} rounds: seconds, least and median; times as long as anncli\n"
    )
    print("| | clock | | processor | | clock, least | processor, least |\n|---|---|---|---|---|---|---|")
    least = [min(column) for column in zip(*times["anncli"], strict=True)]
    for reader, found in times.items():
        clock, cpu = zip(*found, strict=True)
        numbers = [min(clock), statistics.median(clock), min(cpu), statistics.median(cpu)]
        numbers += [min(clock) / least[0], min(cpu) / least[1]]
        print(f"| {reader} | " + " | ".join(f"{x:.2f}" for x in numbers) + " |")


if __name__ == "__main__":
    main()
