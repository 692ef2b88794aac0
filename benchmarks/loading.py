"""How long a network file takes to load, and to write: `python benchmarks/loading.py [--words 20000] [--units 100] [--rounds 7]`.

A network of an embedding of so many words and units, with random weights, is written to a temporary file. Then, in turn, one process imports
numpy, one loads a network of the same kind without weights, and one loads the file; the processor time of each is that of the whole process.
"""

from __future__ import annotations

import argparse
import datetime
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from pages import processor

from anncli.formats.networks.storage import render
from anncli.network.encoders.words import WordEncoder, WordInputs
from anncli.network.network import Network

LOAD = "import sys; from anncli.formats.networks.storage import load; load(sys.argv[1])"
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def network_of(n_words: int, units: int) -> Network:
    """A network with random words of 2 to 12 letters, and random weights."""
    draw, words = random.Random(0), dict[str, None]()
    while len(words) < n_words:
        words["".join(draw.choices(LETTERS, k=draw.randint(2, 12)))] = None
    counts = tuple(range(n_words, 0, -1))
    definition = WordInputs(n_words)
    untrained = Network.create(definition.text(), [f"{units} embedding", "mean", "1 logistic"])
    network = untrained.with_vocabulary(WordEncoder(tuple(words), counts, definition))
    network.set_parameters(np.random.default_rng(0).normal(0, 0.5, network.topology.n_parameters).astype(np.float32))
    network.classes = ("good", "bad")
    return network


def processor_seconds(code: str, path: Path) -> float:
    """Of a new process of Python that runs some code, with the operating system's part."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, default in (("words", 20_000), ("units", 100), ("rounds", 7)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    network = network_of(given.words, given.units)
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder, "small.nn"), Path(folder, "large.nn")
        small.write_bytes(render(network.definition()))
        begun = time.process_time()
        large.write_bytes(render(network))
        written = time.process_time() - begun
        cases = {"import numpy": ("import numpy", small), "no weights": (LOAD, small), "weights": (LOAD, large)}
        found: dict[str, list[float]] = {name: [] for name in cases}
        for _ in range(given.rounds):
            for name, case in cases.items():
                found[name].append(processor_seconds(*case))
        size = large.stat().st_size / 1e6
    print(f"{datetime.date.today()}, {processor()}: {given.words:,} words x {given.units} units, {size:.1f} MB")
    middle = {name: statistics.median(seconds) for name, seconds in found.items()}
    for name, seconds in middle.items():
        above = seconds - middle["import numpy"]
        print(
            f"{name:13} {seconds:.3f} s of processor time, {above:.3f} s above numpy (least {min(found[name]):.3f} s)"
        )
    print(f"written in {written:.2f} s")


if __name__ == "__main__":
    main()
