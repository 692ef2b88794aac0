"""Two jobs against one on `ann cv`: the same command with --jobs 1 and --jobs N, in turn, and whether the output has the same bytes.

    python benchmarks/cv_jobs.py [--jobs 2] [--rounds 5] [--rows 4000] [--epochs 1000] [--folds 10] [--executor processes]

It prints wall-clock and processor seconds of both, the median of the ratios of neighbouring runs, and the load of the
machine before each pair: on a machine that others use too, the ratio says little. Append the table to benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pages import processor

ROOT = Path(__file__).parents[1]


class Run(NamedTuple):
    """Seconds on the clock and of all processors, and the digest of what was printed and written."""

    wall: float
    cpu: float
    digest: str


def write_table(path: Path, n: int, n_inputs: int = 20) -> None:
    """n rows of three classes that overlap."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, n)
    centres = rng.normal(0, 0.5, (3, n_inputs))
    rows = centres[labels] + rng.normal(size=(n, n_inputs))
    lines = [",".join([*(f"{x:.4f}" for x in row), "abc"[k]]) for row, k in zip(rows, labels, strict=True)]
    path.write_text("\n".join([",".join([*(f"x{k}" for k in range(n_inputs)), "y"]), *lines]) + "\n")


def run(folder: Path, words: list[str], jobs: int) -> Run:
    command = [sys.executable, "-m", "anncli", *words, "--predictions", f"p{jobs}.csv", "--force", "--jobs", str(jobs)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall, cpu, hashlib.sha256(done.stdout + (folder / f"p{jobs}.csv").read_bytes()).hexdigest())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("jobs", 2), ("rounds", 5), ("rows", 4000), ("epochs", 1000), ("folds", 10)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--executor", default="processes")
    given = parser.parse_args()
    words = ["cv", "t.csv", "--label", "y", str(given.epochs), "--folds", str(given.folds), "--patience", "0"]
    print(f"{datetime.date.today()}, {processor()}, {os.cpu_count()} CPUs, Python {platform.python_version()}")
    print(f"ann {' '.join(words)}: {given.rows} rows, 20 inputs, 3 classes; executor {given.executor}\n")
    print("| load before | one job, s (CPU) | N jobs, s (CPU) | ratio | same bytes |\n|---|---|---|---|---|")
    ratios = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_table(folder / "t.csv", given.rows)
        for number in range(given.rounds):
            load = os.getloadavg()[0]
            # In turn, so that neither is always the first.
            order = (1, given.jobs) if number % 2 == 0 else (given.jobs, 1)
            found = {}
            for jobs in order:
                how = ["--executor", given.executor] if jobs > 1 else []
                found[jobs] = run(folder, [*words, *how], jobs)
            one, many = found[1], found[given.jobs]
            ratios.append(one.wall / many.wall)
            cells = [f"{load:.1f}", f"{one.wall:.2f} ({one.cpu:.2f})", f"{many.wall:.2f} ({many.cpu:.2f})"]
            cells += [f"{ratios[-1]:.2f}", "yes" if one.digest == many.digest else "NO"]
            print(f"| {' | '.join(cells)} |", flush=True)
    print(f"\nmedian ratio {statistics.median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f}")


if __name__ == "__main__":
    main()
