"""How long an error surface takes: the whole process of `ann plot surface`, and a loss alone.

    python benchmarks/surface.py [--rounds 7]

It prints seconds of the processor, the least of the rounds. Put the table into benchmarks/README.md.
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
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
from pages import processor

ROOT = Path(__file__).parents[1]
POINTS = 51


def children_seconds(command: list[str], folder: Path) -> float:
    """Seconds of the processor that a command takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def least(rounds: int, call: Callable[[], float]) -> float:
    return min(call() for _ in range(rounds))


def loss_microseconds(rounds: int, folder: Path) -> float:
    """A loss on all rows, in a session of the backend."""
    from anncli.analysis.network_loss import open_loss
    from anncli.dataset.dataset import Dataset
    from anncli.formats.networks.storage import load

    network = load(folder / "cancer.nn")
    inputs = np.random.default_rng(0).normal(size=(683, network.n_inputs))
    data = Dataset(inputs, np.arange(683) % 2, network.classes)
    assert network.parameters is not None
    with closing(open_loss(network, data, np.arange(683))) as session:

        def seconds() -> float:
            begin = time.process_time()
            for _ in range(200):
                session.loss(network.parameters)
            return (time.process_time() - begin) / 200

        return 1e6 * least(rounds, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    sys.path.insert(0, str(ROOT))
    ann = [sys.executable, "-m", "anncli"]
    data = str(ROOT / "data/cancer.csv")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(
            [*ann, "train", data, "200", "--label", "diagnosis", "--hidden", "16", "--validation", "0", "-o", "cancer.nn", "-q"],
            cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True,
        )  # fmt: skip
        plot = [*ann, "plot", "surface", "cancer.nn", data, "-f", "-q"]
        print(
            f"\n{datetime.date.today()}, {processor()}; load {os.getloadavg()[0]:.1f}; 683 rows, 9-16-1, one thread\n"
        )
        print("| what | seconds |")
        print("|---|---:|")
        for words in (
            ["--points", "3"],
            ["--points", str(POINTS)],
            ["--points", str(POINTS), "--directions", "sharpest"],
        ):
            seconds = least(rounds, lambda words=words: children_seconds([*plot, *words], folder))
            print(f"| `ann plot surface {' '.join(words)}` | {seconds:.2f} |")
        print(f"| a loss on 683 rows | {loss_microseconds(rounds, folder) / 1e6:.6f} |")


if __name__ == "__main__":
    main()
