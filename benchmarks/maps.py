"""A table larger than the memory that it may take: peak memory and seconds of training and test from the disk.

    python benchmarks/maps.py [--gigabytes 4] [--limit 500M] [--columns 101] [--in-memory] [--folder FOLDER]

Makes an .npy file of normal numbers with two classes, and runs `ann train` for one epoch and `ann test` on it with
--memory-limit; --in-memory runs both without the option too, and compares the networks byte by byte. The peak is what
Linux calls VmHWM: the most memory of the process, with the pages of files that were mapped at that time.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np


def write_table(path: Path, size: int, columns: int) -> int:
    """Write rows of float32 of `size` bytes in all; the last column is the class. Returns the number of rows."""
    n_rows, rng = size // (4 * columns), np.random.default_rng(0)
    direction = rng.normal(size=columns - 1)
    # Not by a map: the processes that are measured would begin with the peak of this one.
    with path.open("wb") as file:
        head = {"descr": "<f4", "fortran_order": False, "shape": (n_rows, columns)}
        np.lib.format.write_array_header_1_0(file, head)
        for start in range(0, n_rows, 1 << 14):
            inputs = rng.normal(size=(min(1 << 14, n_rows - start), columns - 1))
            score = inputs @ direction / np.sqrt(columns) + 0.3 * rng.normal(size=len(inputs))
            file.write(np.column_stack([inputs, score > 0]).astype(np.float32).tobytes())
    return n_rows


def measure(command: list[str], folder: Path) -> tuple[float, float, int]:
    """(seconds, processor seconds, peak in MB) of a command."""
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "anncli", *command], cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)}: failed")
    return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss >> 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=4)
    parser.add_argument("--limit", default="500M")
    parser.add_argument("--columns", type=int, default=101)
    parser.add_argument("--in-memory", action="store_true")
    parser.add_argument("--folder")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder or "/var/tmp") as name:
        folder = Path(name)
        n_rows = write_table(folder / "table.npy", int(asked.gigabytes * 1e9), asked.columns)
        print(f"{asked.gigabytes:g} GB: {n_rows} rows of {asked.columns} columns, --memory-limit {asked.limit}\n")
        print("| command | limit | seconds | processor | peak MB |\n|---|---|---:|---:|---:|")
        kinds = [("disk.nn", ["--memory-limit", asked.limit])] + [("memory.nn", list[str]())] * asked.in_memory
        for network, limit in kinds:
            train = ["train", "table.npy", "1", "--label", "last", "--task", "classification", "-o", network, "-q"]
            for command in ([*train, *limit], ["test", network, "table.npy", *limit]):
                seconds, processor, peak = measure(command, folder)
                print(f"| {command[0]} | {limit[1] if limit else 'none'} | {seconds:.0f} | {processor:.0f} | {peak} |")
        if asked.in_memory:
            same = (folder / "disk.nn").read_bytes() == (folder / "memory.nn").read_bytes()
            print(f"\nthe two networks are {'the same, byte by byte' if same else 'DIFFERENT'}")


if __name__ == "__main__":
    main()
