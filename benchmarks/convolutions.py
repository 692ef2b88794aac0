"""Convolutions over pictures and over series, on public sets that are no part of this repository.

    python benchmarks/convolutions.py digits FOLDER        # idx files of MNIST: LeNet-5 beside a dense network
    python benchmarks/convolutions.py optdigits FOLDER     # train.txt and test.txt of UCI's optdigits, the label last
    python benchmarks/convolutions.py series FOLDER        # NAME_TRAIN.ts.gz and NAME_TEST.ts.gz of the UCR archive

Each network is trained by `ann train` on the training set alone, for a number of epochs that was fixed before, without a validation
set; `ann test` then sees the test set. --seeds N: how many trainings of each; --epochs N in place of those of the recipe.
"""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

LENET = (
    "6 tanh convolution 5x5, mean-pool 2x2, 16 tanh convolution 5x5 valid, mean-pool 2x2, 120 tanh, 84 tanh, 10 softmax"
)


class Recipe(NamedTuple):
    """A network and how it is trained; goal: the accuracy in per cent that it should have."""

    name: str
    inputs: str
    layers: str
    epochs: int
    options: tuple[str, ...]
    train: str
    test: str
    goal: str = ""


_DIGITS = ("train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz")
_OPTDIGITS = ("--label", "last", "--task", "classification", "--scaling", "zscore")
_SERIES = ("--lr", "0.003")
_SHORT = "16 relu convolution 9, max-pool 2, 32 relu convolution 5, max-pool 2, 32 relu convolution 3, mean"
_LONG = "32 relu convolution 9, max-pool 4, 32 relu convolution 9, max-pool 4, 32 relu convolution 5, max"
_DENSE = ("--lr", "0.001", "--dropout", "0.2")
_PLACES = "16 relu convolution 9x1, max-pool 4x1, 32 relu convolution 5x1, max-pool 4x1, 32 relu"


def _series(name: str, layers: str, epochs: int, goal: str) -> Recipe:
    return Recipe(name, "any x 1", layers, epochs, _SERIES, f"{name}_TRAIN.ts.gz", f"{name}_TEST.ts.gz", goal)


RECIPES = {
    "digits": [
        Recipe("LeNet-5", "28x28", LENET, 20, ("--scaling", "zscore"), *_DIGITS),
        Recipe("dense", "28x28", "128 tanh, 10 softmax", 20, (), *_DIGITS),
    ],
    "optdigits": [
        Recipe("convolution", "8x8", "16 relu convolution 3x3, 32 relu convolution 3x3, max-pool 2x2, 64 relu, 10 softmax", 30, _OPTDIGITS, "train.txt", "test.txt", "97.5"),
        Recipe("dense", "8x8", "64 tanh, 10 softmax", 30, _OPTDIGITS, "train.txt", "test.txt"),
    ],
    "series": [
        _series("GunPoint", f"{_SHORT}, 2 softmax", 600, "98"),
        _series("ItalyPowerDemand", f"{_SHORT}, 2 softmax", 300, "95.5"),
        _series("ArrowHead", "200 relu, 200 relu, 3 softmax", 150, "77.8")._replace(inputs="251", options=_DENSE),
        _series("ArrowHead", f"{_PLACES}, 3 softmax", 200, "")._replace(inputs="251x1", options=("--lr", "0.002")),
        _series("ArrowHead", f"{_LONG}, 3 softmax", 600, ""),
    ],
}  # fmt: skip


def ann(*words: str) -> str:
    done = subprocess.run([sys.executable, "-m", "anncli", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def accuracy(recipe: Recipe, folder: Path, seed: int, place: Path) -> tuple[float, float]:
    """The accuracy on the test set in per cent, and the seconds of the training."""
    network, fitted = place / "made.nn", place / "fitted.nn"
    network.write_text(f"anncli: 1\ninputs: {recipe.inputs}\nlayers: [{recipe.layers}]\n")
    words = [str(network), str(folder / recipe.train), str(recipe.epochs), *recipe.options, "--seed", str(seed)]
    began = time.perf_counter()
    ann("train", *words, "--validation", "0", "-o", str(fitted), "--no-backup", "--quiet")
    seconds = time.perf_counter() - began
    found = json.loads(ann("test", str(fitted), str(folder / recipe.test), "--json"))
    return 100 * found["sets"]["test"]["accuracy"], seconds


def line_of(recipe: Recipe, folder: Path, seeds: int) -> str:
    with tempfile.TemporaryDirectory() as place:
        found = [accuracy(recipe, folder, seed, Path(place)) for seed in range(1, seeds + 1)]
    values, seconds = zip(*found, strict=True)
    spread = statistics.stdev(values) if seeds > 1 else 0.0
    mean = f"{statistics.fmean(values):.2f} | {spread:.2f} | {min(values):.2f} | {max(values):.2f}"
    return f"| {recipe.name} | `{recipe.layers}` | {recipe.epochs} | {seeds} | {mean} | {recipe.goal} | {statistics.median(seconds):.1f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=RECIPES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--epochs", type=int)
    asked = parser.parse_args()
    seeds = asked.seeds or (10 if asked.what == "series" else 3)
    print("| set or network | layers | epochs | seeds | accuracy % | s.d. | lowest | highest | goal | seconds |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for recipe in RECIPES[asked.what]:
        recipe = recipe._replace(epochs=asked.epochs) if asked.epochs else recipe
        print(line_of(recipe, asked.folder, seeds), flush=True)
    print(f"\n{datetime.date.today()}, {platform.machine()}, Python {platform.python_version()}.")


if __name__ == "__main__":
    main()
