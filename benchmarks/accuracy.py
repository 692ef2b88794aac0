"""How good the defaults are: error of `anncli.train` with nothing but defaults, beside scikit-learn's and FANN's, set by set.

    python benchmarks/accuracy.py DATA_FOLDER [--sets iris,wine] [--folds 5] [--seeds 3] [--rivals sklearn,fann]

DATA_FOLDER holds one folder per set: pos.txt and neg.txt (two classes), data.txt with the class number in the last
column, either with a test part (pos.test.txt, neg.test.txt; train.txt and test.txt), or PROBEN1 files (*.dt) in a folder
`proben1`. A set with a test part is trained once per seed and judged on it; the others by stratified folds, seeds
deciding both folds and training. Our network is what `ann init` writes: 16 tanh units.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np

import anncli
from anncli.dataset import Dataset
from anncli.kernels.predict import decide

Array = Any

# What `ann init` writes unless told otherwise.
HIDDEN = (16, "tanh")


class Task(NamedTuple):
    """One set: training vectors and labels, and a published test part or None."""

    name: str
    inputs: Array
    labels: Array
    test_inputs: Array | None = None
    test_labels: Array | None = None


def load_tasks(folder: Path, wanted: list[str] | None) -> Iterator[Task]:
    """Every set of the folder that is a classification task, in alphabetical order."""
    for path in sorted(folder.iterdir()):
        if path.name == "proben1":
            for file in sorted(path.glob("*.dt")):
                if wanted is None or file.stem in wanted:
                    task = read_proben1(file)
                    if task is not None:
                        yield task
        elif wanted is None or path.name in wanted:
            task = read_folder(path)
            if task is not None:
                yield task


def read_folder(path: Path) -> Task | None:
    def stack(suffix: str) -> tuple[Array, Array]:
        parts = [np.loadtxt(path / f"{c}{suffix}.txt", dtype=np.float32, ndmin=2) for c in ("pos", "neg")]
        return np.concatenate(parts), np.repeat([0, 1], [len(p) for p in parts])

    def last_column(name: str) -> tuple[Array, Array]:
        values = np.loadtxt(path / name, dtype=np.float32, ndmin=2)
        return values[:, :-1], values[:, -1].astype(int)

    if (path / "pos.txt").exists():
        inputs, labels = stack("")
        if (path / "pos.valid.txt").exists():
            more, their = stack(".valid")
            inputs, labels = np.concatenate([inputs, more]), np.concatenate([labels, their])
        test = stack(".test") if (path / "pos.test.txt").exists() else (None, None)
        return Task(path.name, inputs, labels, *test)
    if (path / "train.txt").exists() and (path / "classes.txt").exists():
        return Task(path.name, *last_column("train.txt"), *last_column("test.txt"))
    if (path / "data.txt").exists() and (path / "classes.txt").exists():
        return Task(path.name, *last_column("data.txt"))
    return None


def read_proben1(file: Path) -> Task | None:
    """A PROBEN1 file; its training and validation parts together train, its test part tests. None for a regression."""
    lines = file.read_text().split("\n")
    head = dict(line.split("=") for line in lines[:7])
    if int(head["real_out"]) or file.stem.startswith("hearta"):
        return None
    n_outputs, n_test = int(head["bool_out"]), int(head["test_examples"])
    values = np.loadtxt(lines[7:], dtype=np.float32, ndmin=2)
    inputs, outputs = values[:, :-n_outputs], values[:, -n_outputs:]
    labels = outputs.argmax(axis=1) if n_outputs > 1 else 1 - outputs[:, 0].astype(int)
    return Task(f"{file.stem} (PROBEN1)", inputs[:-n_test], labels[:-n_test], inputs[-n_test:], labels[-n_test:])


def rounds(task: Task, folds: int, seeds: int) -> Iterator[tuple[Array, Array, Array, Array, int]]:
    """Training and test parts of every run, with its seed."""
    for seed in range(seeds):
        if task.test_inputs is not None:
            yield task.inputs, task.labels, task.test_inputs, task.test_labels, seed
            continue
        rng = np.random.default_rng(seed)
        fold = np.empty(len(task.labels), dtype=int)
        for label in np.unique(task.labels):
            members = rng.permutation(np.flatnonzero(task.labels == label))
            fold[members] = np.arange(len(members)) % folds
        for k in range(folds):
            train, test = fold != k, fold == k
            yield task.inputs[train], task.labels[train], task.inputs[test], task.labels[test], seed


def ours(x: Array, y: Array, test: Array, seed: int) -> Array:
    n_classes = int(y.max()) + 1
    layers = [(HIDDEN[0], HIDDEN[1]), (1, "logistic") if n_classes == 2 else (n_classes, "softmax")]
    network = anncli.Network.create(x.shape[1], layers)
    anncli.train(network, Dataset(x, y, tuple(f"class {k}" for k in range(n_classes))), epochs=1000, seed=seed)
    return decide(network, anncli.predict(network, test))


def sklearn(**settings: Any) -> Callable[[Array, Array, Array, int], Array]:
    """scikit-learn's MLPClassifier on standardised inputs; its defaults but for `settings`."""
    import warnings

    from sklearn.neural_network import MLPClassifier
    from sklearn.preprocessing import StandardScaler

    def run(x: Array, y: Array, test: Array, seed: int) -> Array:
        scaler = StandardScaler().fit(x)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = MLPClassifier(random_state=seed, **settings).fit(scaler.transform(x), y)
        return model.predict(scaler.transform(test))

    return run


def fann() -> Callable[[Array, Array, Array, int], Array]:
    """FANN's default trainer (RPROP), 16 symmetric sigmoid hidden units, standardised inputs, 500 epochs, no early stop."""
    from fann_shim import Fann

    library = Fann()

    def run(x: Array, y: Array, test: Array, seed: int) -> Array:
        mean, deviation = x.mean(axis=0), x.std(axis=0)
        scale = np.where(deviation > 0, deviation, 1)
        return library.classify((x - mean) / scale, y, (test - mean) / scale, hidden=16, epochs=500, seed=seed)

    return run


def majority_only(answers: Array, labels: Array) -> bool:
    return len(np.unique(answers)) == 1 and len(np.unique(labels)) > 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rivals", default="sklearn")
    arguments = parser.parse_args()
    engines: dict[str, Callable[[Array, Array, Array, int], Array]] = {"ann": ours}
    rivals = arguments.rivals.split(",")
    if "sklearn" in rivals:
        engines |= {"sklearn": sklearn(), "sklearn early_stopping": sklearn(early_stopping=True)}
    if "fann" in rivals:
        engines["FANN RPROP"] = fann()
    print("| set | rows x inputs, classes | " + " | ".join(f"{name}: error %, s" for name in engines) + " |")
    print("|---" * (2 + len(engines)) + "|")
    means: dict[str, list[float]] = {name: [] for name in engines}
    seconds: dict[str, float] = dict.fromkeys(engines, 0.0)
    collapses = dict.fromkeys(engines, 0)
    for task in load_tasks(arguments.folder, arguments.sets.split(",") if arguments.sets else None):
        cells = []
        runs = list(rounds(task, arguments.folds, arguments.seeds))
        for name, engine in engines.items():
            errors, started = [], time.perf_counter()
            for x, y, test, wanted, seed in runs:
                answers = engine(x, y, test, seed)
                errors.append(100 * float(np.mean(answers != wanted)))
                collapses[name] += majority_only(answers, wanted)
            spent = (time.perf_counter() - started) / len(runs)
            means[name].append(float(np.mean(errors)))
            seconds[name] += spent
            cells.append(f"{np.mean(errors):.2f} ± {np.std(errors):.2f}, {spent:.2f}")
        shape = f"{len(task.inputs)} x {task.inputs.shape[1]}, {int(task.labels.max()) + 1}"
        print(f"| {task.name} | {shape} | " + " | ".join(cells) + " |", flush=True)
    table = np.array(list(means.values()))
    order = table.argsort(axis=0).argsort(axis=0) + 1.0
    for column in range(table.shape[1]):  # equal errors share the mean rank
        for value in np.unique(table[:, column]):
            tied = table[:, column] == value
            order[tied, column] = order[tied, column].mean()
    print("| mean error | | " + " | ".join(f"{m:.2f}" for m in table.mean(axis=1)) + " |")
    print("| mean rank | | " + " | ".join(f"{r:.2f}" for r in order.mean(axis=1)) + " |")
    print("| seconds a run, summed over sets | | " + " | ".join(f"{s:.2f}" for s in seconds.values()) + " |")
    print("| runs that answered one class only | | " + " | ".join(str(c) for c in collapses.values()) + " |")


if __name__ == "__main__":
    main()
