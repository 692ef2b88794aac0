"""The classification sets of a data folder, as accuracy.py trains on them and evaluates them.

The folder holds one folder per set: pos.txt and neg.txt (two classes) or data.txt (class number in the last column), with
a test set where one was published (pos.test.txt and neg.test.txt; train.txt and test.txt), PROBEN1 files in `proben1`
FANN's NAME.train and NAME.test in `fann`, tables in `tables` and 10,000 pictures in `seed/mnist10k`. Sets that are made
(generated.py) and the pictures are used only where they are named. For a PROBEN1 set the training and validation rows are given together:
each program splits them by its own rules.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from generated import ROWS, generate

Array = Any

# Sets made of the same cases, in another order, coding or choice: they count as one in the mean over families.
FAMILIES = {
    "breast_w": "cancer", "pima": "diabetes", "splice": "gene", "heartc": "heart", "parity13": "parity", "parity8": "parity",
}  # fmt: skip

# The same rows as another set of the folder.
TWICE = {
    "fann": ("mushroom", "two-spiral", "parity8"),
    "": ("proben1_cancer1", "proben1_card1", "proben1_diabetes1", "proben1_heart1"),
}
# The training set is the whole truth table, so it is the test set too.
WHOLE = ("parity8", "parity13")
# Tables of the folder `tables`, and what has to be said about them.
TABLES: dict[str, dict[str, Any]] = {
    "adult-train.csv.gz": {"label": "last"}, "breast-cancer.csv.gz": {"label": "last"}, "car.arff.gz": {}, "cmc.arff.gz": {},
    "ecoli.csv.gz": {}, "hypothyroid.arff.gz": {}, "nursery.arff.gz": {}, "splice.arff.gz": {}, "tic-tac-toe.arff.gz": {},
    "vote.arff.gz": {}, "waveform5000.arff.gz": {}, "wheat-seeds.csv.gz": {"label": "last", "task": "classification"},
}  # fmt: skip
PICTURES = "mnist10k"
# Of the families in alphabetical order every third one: settings are not chosen by these sets.
HELD_OUT_EVERY = 3
# With this many rows one fold is enough.
LARGE = 100_000
# Published as the first rows of the file; pos.txt and neg.txt keep their order within a class.
IONOSPHERE_TRAINING = 200


class Task(NamedTuple):
    """One data set: training rows and labels, a test set or None, and the family of sets with the same cases."""

    name: str
    family: str
    inputs: Array
    labels: Array
    test_inputs: Array | None = None
    test_labels: Array | None = None

    @property
    def n_classes(self) -> int:
        return int(self.labels.max()) + 1

    @property
    def kind(self) -> str:
        if self.test_inputs is self.inputs:
            return "whole table"
        if self.test_inputs is not None:
            return "split"
        return "one fold of 5" if len(self.inputs) >= LARGE else "5 folds"


class Round(NamedTuple):
    """One training: vectors, labels, test vectors, test labels, and which one it is."""

    inputs: Array
    labels: Array
    test_inputs: Array
    test_labels: Array
    seed: int
    fold: int


def load_tasks(folder: Path) -> Iterator[Task]:
    """Every set of the folder that is a classification task, in alphabetical order."""
    for path in sorted(folder.iterdir()):
        if path.name == "proben1":
            found = [(file, "PROBEN1 " + file.stem) for file in sorted(path.glob("*.dt"))]
        elif path.name == "fann":
            files = [file for file in sorted(path.glob("*.train")) if file.stem not in TWICE["fann"]]
            found = [(file, "FANN " + file.stem) for file in files]
        elif path.name == "tables":
            found = [(path / file, "table " + file.split(".")[0]) for file in TABLES if (path / file).exists()]
        elif path.is_dir() and path.name not in TWICE[""]:
            found = [(path, path.name)]
        else:
            continue
        for file, name in found:
            task = read_task(file, name)
            if task is not None:
                yield task


def load_named(folder: Path, names: list[str]) -> Iterator[Task]:
    """Those of the sets that are made, and the pictures, that are named."""
    for name in names:
        if name in ROWS:
            yield Task(name, name, *generate(name))
        elif name == PICTURES:
            yield Task(name, name, *read_pictures(folder / "seed" / name))


def read_pictures(folder: Path) -> list[Array]:
    def values(name: str, head: int) -> Array:
        return np.frombuffer(gzip.decompress((folder / name).read_bytes()), dtype=np.uint8)[head:]

    found: list[Array] = []
    for part in ("train", "t10k"):
        pixels = values(f"{part}-images-idx3-ubyte.gz", 16).reshape(-1, 784).astype(np.float32)
        found += [pixels, values(f"{part}-labels-idx1-ubyte.gz", 8).astype(int)]
    return found


def held_out(tasks: list[Task]) -> set[str]:
    """The names of the sets by which no setting was chosen; `tasks`: all sets of the folder."""
    families = sorted({task.family for task in tasks})[HELD_OUT_EVERY - 1 :: HELD_OUT_EVERY]
    return {task.name for task in tasks if task.family in families}


def read_task(path: Path, name: str) -> Task | None:
    """The set, or None where it is no classification task."""
    if name.startswith("table "):
        inputs, labels = read_table(path)
        bare = path.name.split(".")[0]
        return Task(name, FAMILIES.get(bare, bare), inputs, labels)
    bare = name.removeprefix("PROBEN1 ").removeprefix("FANN ")
    base = bare if bare in FAMILIES else bare.rstrip("0123456789")
    family = FAMILIES.get(base, base)
    reader = read_proben1 if name.startswith("PROBEN1") else read_fann if name.startswith("FANN") else read_folder
    found = reader(path)
    if found is None:
        return None
    inputs, labels, *test = found
    if bare in WHOLE:
        test = [inputs, labels]
    elif bare == "ionosphere":
        inputs, labels, *test = ionosphere_split(path, inputs, labels)
    return Task(name, family, inputs, labels, *test)


def ionosphere_split(path: Path, inputs: Array, labels: Array) -> list[Array]:
    lines = [line for line in (path / "ionosphere.arff").read_text().lower().splitlines() if line.strip()]
    data = lines[lines.index("@data") + 1 :]
    answers = [line.rsplit(",", 1)[1].strip() for line in data if not line.startswith("%")]
    n_good = answers[:IONOSPHERE_TRAINING].count("g")
    first = np.concatenate([
        np.flatnonzero(labels == 0)[:n_good], np.flatnonzero(labels == 1)[: IONOSPHERE_TRAINING - n_good]
    ])  # fmt: skip
    rest = np.setdiff1d(np.arange(len(labels)), first)
    return [inputs[first], labels[first], inputs[rest], labels[rest]]


def read_table(path: Path) -> list[Array]:
    """A table as `ann train` encodes it, with gaps filled by medians of all rows and marked."""
    from anncli.python.table_files import read_table_data
    from anncli.training.table_encoder import fit_encoder

    data = read_table_data(path, missing="median+indicator", **TABLES[path.name])
    encoder = fit_encoder(data.table, np.arange(data.n_samples), data.roles, data.kinds, data.missing)
    return [encoder.encode(data.table).inputs, data.labels.astype(int)]


def read_folder(path: Path) -> list[Array] | None:
    def stack(suffix: str) -> list[Array]:
        parts = [np.loadtxt(path / f"{c}{suffix}.txt", dtype=np.float32, ndmin=2) for c in ("pos", "neg")]
        return [np.concatenate(parts), np.repeat([0, 1], [len(p) for p in parts])]

    def last_column(name: str) -> list[Array]:
        values = np.loadtxt(path / name, dtype=np.float32, ndmin=2)
        return [values[:, :-1], values[:, -1].astype(int)]

    if (path / "pos.txt").exists():
        return stack("") + (stack(".test") if (path / "pos.test.txt").exists() else [])
    if not (path / "classes.txt").exists():
        return None
    if (path / "train.txt").exists():
        return last_column("train.txt") + last_column("test.txt")
    return last_column("data.txt") if (path / "data.txt").exists() else None


def read_proben1(file: Path) -> list[Array] | None:
    """A PROBEN1 file. None for a regression (also hearta and heartac, graded although declared as bool_out)."""
    lines = file.read_text().split("\n")
    head = dict(line.split("=") for line in lines[:7])
    values = np.loadtxt(lines[7:], dtype=np.float32, ndmin=2)
    n_outputs, n_test = int(head["bool_out"]) + int(head["real_out"]), int(head["test_examples"])
    labels = labels_of(values[:, -n_outputs:])
    if labels is None:
        return None
    inputs = values[:, :-n_outputs]
    return [inputs[:-n_test], labels[:-n_test], inputs[-n_test:], labels[-n_test:]]


def read_fann(file: Path) -> list[Array] | None:
    """NAME.train and NAME.test in FANN's form. None for a regression."""
    found: list[Array] = []
    for path in (file, file.with_suffix(".test")):
        if not path.exists():
            continue
        n, n_inputs, n_outputs, *values = path.read_text().split()
        table = np.array(values, dtype=np.float32).reshape(int(n), int(n_inputs) + int(n_outputs))
        labels = labels_of(table[:, int(n_inputs) :])
        if labels is None:
            return None
        found += [table[:, : int(n_inputs)], labels]
    return found


def labels_of(outputs: Array) -> Array | None:
    """Class numbers of outputs that are 0 and 1, one of them 1 where there are several; else None."""
    if not np.isin(outputs, (0, 1)).all():
        return None
    if outputs.shape[1] == 1:
        return 1 - outputs[:, 0].astype(int)
    return outputs.argmax(axis=1) if (outputs.sum(axis=1) == 1).all() else None


def rounds(task: Task, folds: int, seeds: int) -> Iterator[Round]:
    """Every training of a set: once per seed where it has a test set, else stratified folds drawn anew by each seed."""
    for seed in range(seeds):
        if task.test_inputs is not None:
            yield Round(task.inputs, task.labels, task.test_inputs, task.test_labels, seed, 0)
            continue
        rng = np.random.default_rng(seed)
        fold = np.empty(len(task.labels), dtype=int)
        for label in np.unique(task.labels):
            members = rng.permutation(np.flatnonzero(task.labels == label))
            fold[members] = np.arange(len(members)) % folds
        for k in range(1 if len(task.inputs) >= LARGE else folds):
            train, test = fold != k, fold == k
            yield Round(task.inputs[train], task.labels[train], task.inputs[test], task.labels[test], seed, k)
