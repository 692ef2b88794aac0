"""JapaneseVowels: nine speakers by 7 to 29 rows of 12 coefficients (Kudo, Toyama & Shimbo 1999), with recurrent layers.

    python benchmarks/vowels.py FOLDER [--seeds 10] [--write]      # train on the training file, test on the test file
    python benchmarks/vowels.py FOLDER --choose [--seeds 3]        # the cross-validation of recipes that chose RECIPE

FOLDER has JapaneseVowels_TRAIN.ts.gz and JapaneseVowels_TEST.ts.gz of the UCR and UEA archive, in its published cut (270 and 370 samples). The
recipe is chosen by cross-validation on the training file alone (5 folds); --choose does not read the test file. Networks are
trained by the Python door of ann, without a validation set, for a number of epochs that belongs to the recipe.
"""

from __future__ import annotations

import argparse
import datetime
import gzip
import platform
import statistics
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pages import put

import anncli
from anncli.arrays import Rows

CLASSES = tuple("123456789")
FIXED = {
    "validation": 0.0,
    "keep": "last",
    "patience": 0,
    "refit": "no",
    "trainer": "adam",
    "scaling": "zscore",
    "batch_size": 16,
}


class Recipe(NamedTuple):
    """The layers below `9 softmax`, the epochs, and options of the training."""

    layers: str
    epochs: int = 60
    options: dict[str, Any] = {"learning_rate": 0.003, "l2": 0.0}  # noqa: RUF012 - never changed

    def __str__(self) -> str:
        words = " ".join(
            f"{name.replace('_', '-')} {value:g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in self.options.items()
        )
        return f"`{self.layers}` | {self.epochs} | {words}"


_ADAM: dict[str, Any] = {"learning_rate": 0.003, "l2": 0.0}
_DROP, _NOISE = {**_ADAM, "dropout": 0.3}, {**_ADAM, "dropout": 0.3, "input_noise": 0.3}
_BOTH = {**_ADAM, "dropout": 0.5, "input_noise": 0.3}
CANDIDATES = [
    *(
        Recipe(f"64 tanh recurrent, {reduction}", 60, options)
        for reduction in ("last", "mean", "max")
        for options in (_ADAM, _DROP)
    ),
    *(Recipe("64 lstm, last", 60, options) for options in (_ADAM, _DROP)),
    Recipe("64 tanh recurrent, last", 120, _DROP),
    Recipe("64 tanh recurrent, last", 120, _NOISE),
    Recipe("64 tanh recurrent, last", 120, {**_ADAM, "dropout": 0.5, "schedule": "cosine"}),
    Recipe("64 tanh recurrent, last", 120, {**_ADAM, "dropout": 0.5, "input_noise": 0.5}),
    Recipe("64 relu recurrent, last", 120, {**_NOISE, "learning_rate": 0.001}),
    Recipe("64 gru, last", 60, _NOISE),
    Recipe("64 lstm, max", 80, _NOISE),
    Recipe("32 lstm bidirectional, max", 80, _NOISE),
    Recipe("64 tanh recurrent bidirectional, last", 120, _BOTH),
    Recipe("64 tanh recurrent bidirectional, mean", 120, _BOTH),
    Recipe("64 tanh recurrent bidirectional, max", 120, {**_ADAM, "dropout": 0.5}),
    Recipe("64 tanh recurrent bidirectional, max", 60, _BOTH),
    Recipe("64 tanh recurrent bidirectional, max", 120, {**_ADAM, "dropout": 0.5, "input_noise": 0.5}),
    Recipe("128 tanh recurrent bidirectional, max", 100, {**_BOTH, "learning_rate": 0.002}),
    Recipe("64 gru bidirectional, max", 60, _BOTH),
    Recipe("64 tanh recurrent bidirectional, max", 120, _BOTH),
]
RECIPE = CANDIDATES[-1]


def read(path: Path) -> anncli.Dataset:
    """Samples of a .ts file: channels apart by `:`, the class last."""
    text = gzip.decompress(path.read_bytes()).decode("utf-8")
    lines = text[text.lower().index("@data") + len("@data") :].split()
    samples, labels = [], []
    for line in lines:
        *channels, label = line.split(":")
        samples.append(np.array([channel.split(",") for channel in channels], dtype=np.float32).T)
        labels.append(CLASSES.index(label))
    starts = np.r_[0, np.cumsum([len(sample) for sample in samples])]
    return anncli.Dataset(Rows(np.concatenate(samples), starts), np.array(labels), CLASSES)


def accuracy(recipe: Recipe, training: anncli.Dataset, test: anncli.Dataset, seed: int) -> float:
    """The fraction of the test samples that a network of the recipe, trained on the training samples, has right."""
    layers = [part.strip() for part in recipe.layers.split(",")]
    network = anncli.Network.create(f"any x {training.inputs.columns}", [*layers, "9 softmax"])
    anncli.train(network, training, recipe.epochs, seed=seed, **FIXED, **recipe.options)
    predicted = network.predict(test.inputs).argmax(axis=1)
    return float((predicted == test.labels).mean())


def part(data: anncli.Dataset, samples: Any) -> anncli.Dataset:
    return anncli.Dataset(data.inputs[samples], data.labels[samples], data.classes)


def cross_validated(recipe: Recipe, data: anncli.Dataset, seed: int, n_folds: int = 5) -> float:
    """The fraction of all samples that networks trained on the other folds have right; each fold has every speaker alike."""
    rng, fold, right = np.random.default_rng(seed), np.empty(len(data.labels), dtype=int), 0.0
    for label in range(len(CLASSES)):
        own = rng.permutation(np.flatnonzero(data.labels == label))
        fold[own] = np.arange(len(own)) % n_folds
    for k in range(n_folds):
        right += (fold == k).sum() * accuracy(recipe, part(data, fold != k), part(data, fold == k), seed)
    return right / len(fold)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--choose", action="store_true")
    parser.add_argument("--seeds", type=int, default=0)
    parser.add_argument("--write", action="store_true")
    words = parser.parse_args()
    training = read(words.folder / "JapaneseVowels_TRAIN.ts.gz")
    lines = chosen(training, words.seeds or 2) if words.choose else tested(training, words.folder, words.seeds or 10)
    lines += ["", f"{datetime.date.today()}, {platform.machine()}, one thread, Python {platform.python_version()}."]
    print("\n".join(lines))
    if words.write:
        put(__file__, "chosen" if words.choose else "tested", "\n".join(lines) + "\n")


def chosen(training: anncli.Dataset, seeds: int) -> list[str]:
    """The table of the cross-validation of all recipes."""
    lines = [
        "| layers below `9 softmax` | epochs | options | accuracy in 5 folds % | seconds of CPU |",
        "|---|---:|---|---:|---:|",
    ]
    for recipe in CANDIDATES:
        begin = time.process_time()
        found = [cross_validated(recipe, training, seed) for seed in range(1, seeds + 1)]
        seconds = (time.process_time() - begin) / (5 * seeds)
        lines.append(f"| {recipe} | {100 * statistics.mean(found):.2f} | {seconds:.1f} |")
        print(lines[-1], flush=True)
    return lines


def tested(training: anncli.Dataset, folder: Path, seeds: int) -> list[str]:
    """The table of the test."""
    test, begin = read(folder / "JapaneseVowels_TEST.ts.gz"), time.process_time()
    found = [100 * accuracy(RECIPE, training, test, seed) for seed in range(1, seeds + 1)]
    seconds = (time.process_time() - begin) / seeds
    return [
        "| layers below `9 softmax` | epochs | options | seeds | accuracy % | s.d. | lowest | highest | seconds of CPU |",
        "|---|---:|---|---:|---:|---:|---:|---:|---:|",
        f"| {RECIPE} | {seeds} | {statistics.mean(found):.2f} | {statistics.stdev(found):.2f} | {min(found):.2f} "
        f"| {max(found):.2f} | {seconds:.1f} |",
    ]


if __name__ == "__main__":
    main()
