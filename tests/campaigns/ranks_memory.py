"""How much memory ranks take that train from a file larger than it: `python tests/campaigns/ranks_memory.py` writes 4 GB and trains on them.

Each way is a training of two ranks: 'mapped', where every rank maps its own rows of the file, and 'sent', where the inputs are
scaled, so that rank 0 sends the others theirs, and all keep them on the disk.
"""

from __future__ import annotations

import argparse
import datetime
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))
from launchers import environment

COLUMNS = 512
WAYS = {
    "mapped": "--label file:y.npy --scaling none",
    "sent": "--label file:y.npy --memory-limit 256MB",
}


def write_rows(folder: Path, n: int) -> None:
    """n rows of 512 inputs in x.npy, and their answers in y.npy."""
    rng = np.random.default_rng(5)
    x = np.lib.format.open_memmap(folder / "x.npy", "w+", np.float32, (n, COLUMNS))
    y = np.empty(n, dtype=np.float32)
    for begin in range(0, n, 20_000):
        part = rng.standard_normal((min(20_000, n - begin), COLUMNS), dtype=np.float32)
        x[begin : begin + len(part)] = part
        y[begin : begin + len(part)] = part[:, 0] + part[:, 1] > 0
        x.flush()
    np.save(folder / "y.npy", y)
    (folder / "net.nn").write_text(f"anncli: 1\ninputs: {COLUMNS}\nlayers: [2 tanh, 1 logistic]\n")


def peaks(process: subprocess.Popen[str], folder: Path) -> dict[int, int]:
    """The largest resident memory (MB) of every `ann` in the folder, as long as the launcher runs."""
    found: dict[int, int] = {}
    while process.poll() is None:
        for place in Path("/proc").glob("[0-9]*"):
            try:
                words = (place / "cmdline").read_bytes().split(b"\0")
                # Other trainings may run on this machine.
                if words[1:3] == [b"-m", b"anncli"] and os.readlink(place / "cwd") == str(folder):
                    status = (place / "status").read_text()
                    if (peak := re.search(r"VmHWM:\s+(\d+)", status)) and "mpi" not in status.split("\n")[0]:
                        found[int(place.name)] = max(found.get(int(place.name), 0), int(peak[1]) >> 10)
            except OSError:
                continue
        time.sleep(0.05)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=4.0)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("ways", nargs="*", default=list(WAYS))
    asked = parser.parse_args()
    n = int(asked.gigabytes * 2**30 / (4 * COLUMNS))
    print(
        f"{datetime.date.today()}, {os.cpu_count()} processors, {n:,} rows of {COLUMNS} inputs, {asked.gigabytes:g} GB\n"
    )
    print("| way | ranks | largest resident memory of each, MB | rows that each served |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as place:
        folder = Path(place)
        write_rows(folder, n)
        for way in asked.ways:
            out = f"{way}.nn"
            words = [
                "train",
                "net.nn",
                "x.npy",
                "2",
                *WAYS[way].split(),
                "--trainer",
                "rprop",
                "--validation",
                "0",
                "-v",
                "-o",
                out,
            ]
            launcher = [str(Path(sys.executable).parent / "mpirun"), "-n", str(asked.ranks)]
            command = ["timeout", "-k", "5", "1200", *launcher, sys.executable, "-m", "anncli", *words]
            process = subprocess.Popen(
                command, cwd=folder, env=environment(), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
            )
            found = peaks(process, folder)
            told = process.stderr.read() if process.stderr is not None else ""
            assert process.returncode == 0, told
            rows = re.findall(r"ann: rank \d+ on \S+: ([\d,]+) rows", told)
            print(
                f"| {way} | {asked.ranks} | {' '.join(map(str, sorted(found.values())))} | {' '.join(rows)} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
