"""Text tables: whole processes that read one file, start included, beside pandas and polars.

pip install . pandas polars
python benchmarks/tables.py [--megabytes 100] [--rounds 7] [--folder FOLDER]

`numbers`: ten columns of normal numbers with all their digits. `mixed`: an index, five columns of words (one with delimiters and
quotes inside quotes), whole and decimal numbers, missing cells. Candidates run in turn. Both the time by the clock and the
processor time are given: on a busy machine only the second says something, and polars uses all processors.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from measure import cpu_seconds

READERS = {
    "anncli": "from anncli.formats.data.table_files import read_table; read_table({0!r})",
    "pandas": "import pandas; pandas.read_csv({0!r})",
    "polars": "import polars; polars.read_csv({0!r})",
    "nothing but numpy": "import numpy",
}


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


WRITERS: dict[str, Callable[[Path, int], None]] = {"numbers": write_numbers, "mixed": write_mixed}


def measured(command: str) -> tuple[float, float]:
    """The seconds of one process, by the clock and of the processor."""
    begun, spent = time.perf_counter(), cpu_seconds()
    subprocess.run([sys.executable, "-c", command], check=True)
    return time.perf_counter() - begun, cpu_seconds() - spent


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--megabytes", type=float, default=100)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--folder", type=Path, default=None, help="keeps the files, and takes those that are there")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary)
        for name, write in WRITERS.items():
            path = folder / f"{name}.csv"
            if not path.exists():
                write(path, int(asked.megabytes * 1e6))
            times: dict[str, list[tuple[float, float]]] = {reader: [] for reader in READERS}
            for _ in range(asked.rounds):
                for reader, command in READERS.items():
                    times[reader].append(measured(command.format(str(path))))
            print(f"\n{name}, {path.stat().st_size / 1e6:.0f} MB, {asked.rounds} rounds: seconds, least and median\n")
            print("| | clock | | processor | | times as long as anncli, processor, least |\n|---|---|---|---|---|---|")
            least = min(cpu for _, cpu in times["anncli"])
            for reader, found in times.items():
                clock, cpu = zip(*found, strict=True)
                numbers = (min(clock), statistics.median(clock), min(cpu), statistics.median(cpu))
                print(f"| {reader} | " + " | ".join(f"{x:.2f}" for x in numbers) + f" | {min(cpu) / least:.2f} |")


if __name__ == "__main__":
    main()
