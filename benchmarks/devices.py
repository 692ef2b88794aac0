"""`ann train` with and without a device: seconds of the whole command, for many small networks, a single one, and a larger one.

    python benchmarks/devices.py [--device torch-cpu] [--rounds 3]

Both commands run in turn, with one thread on the processor; it prints the least seconds of all processors and the least on
the clock of each, which for a GPU is what counts, and the ratio of the two. Beside other work only the first of them says something.
"""

from __future__ import annotations

import argparse
import datetime
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from pages import processor

ROOT = Path(__file__).parents[1]
# What it is, inputs, rows, classes, and the words of the command.
CASES = [
    ("100 restarts of 9-16-1, 512 rows, irprop-, 200 epochs", 9, 512, 2, "200 --hidden 16 --trainer irprop- --restarts 100"),
    ("one 9-16-1, 512 rows, irprop-, 200 epochs", 9, 512, 2, "200 --hidden 16 --trainer irprop- KEEP"),
    ("one 64-512-512-10, 20,000 rows, adam at 4,096, 10 epochs", 64, 20_000, 10, "10 --hidden 512,512 --batch-size 4096 KEEP"),
]  # fmt: skip


def write_table(path: Path, n_inputs: int, n_rows: int, n_classes: int) -> None:
    """Classes that overlap, as an array whose last column is the class."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, n_classes, n_rows)
    rows = rng.normal(0, 0.5, (n_classes, n_inputs))[labels] + rng.normal(size=(n_rows, n_inputs))
    np.save(path, np.column_stack([rows, labels]).astype(np.float32))


def seconds(folder: Path, words: list[str]) -> tuple[float, float]:
    """Of all processors, and on the clock."""
    variables = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    command = [
        sys.executable,
        "-m",
        "anncli",
        *words,
        "--task",
        "classification",
        "--label",
        "last",
        "-q",
        "-o",
        "o.nn",
    ]
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True)
    wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    (folder / "o.nn").unlink()
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="torch-cpu")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    print(f"{datetime.date.today()}, {processor()}, least of {asked.rounds}; load {os.getloadavg()[0]:.1f}\n")
    print(
        f"| training | CPU: processor s | clock s | {asked.device}: processor s | clock s | processor, CPU / device |"
    )
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        for title, n_inputs, n_rows, n_classes, text in CASES:
            write_table(Path(name) / "data.npy", n_inputs, n_rows, n_classes)
            words = ["train", "data.npy", *text.replace("KEEP", "").split(), "--refit", "no"]
            device = ["--device", asked.device, *(["--keep-device-weights"] if "KEEP" in text else [])]
            found = [
                (*seconds(Path(name), words), *seconds(Path(name), [*words, *device])) for _ in range(asked.rounds)
            ]
            cpu, wall, of_device, its_wall = (min(column) for column in zip(*found, strict=True))
            print(f"| {title} | {cpu:.2f} | {wall:.2f} | {of_device:.2f} | {its_wall:.2f} | {cpu / of_device:.2f} |")


if __name__ == "__main__":
    main()
