"""How good the defaults are: error of `anncli.train` with nothing but defaults, beside scikit-learn's and FANN's, set by set.

    python benchmarks/accuracy.py DATA_FOLDER --runs runs.csv                   # all sets, all four programs
    python benchmarks/accuracy.py DATA_FOLDER --runs runs.csv --sets iris,wine --engines ann,ann:scaling=zscore,sklearn

accuracy_sets.py says what DATA_FOLDER holds. A set with a test set of its own is trained once per seed and evaluated on that; the
others are evaluated by stratified folds, where the seed decides folds and training. Every run is appended to the file of --runs as it ends; runs that
are already there are not repeated, so the command can be stopped and called again, also with other engines.

Engines, each with settings of its own after a colon:
  ann      16 tanh units (hidden=N), what `ann init` writes, and the options of `anncli.train`; epochs=N (1000); prior=X sets
           the default penalty to X / number of rows
  sklearn  MLPClassifier on standardised inputs, and its arguments
  fann     FANN's RPROP on standardised inputs, 16 units (hidden=N), epochs=N (500), all of them
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import os
import platform
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np
from accuracy_sets import Task, load_tasks, rounds

import anncli
from anncli.backends.choice import choose_backend
from anncli.dataset.dataset import Dataset
from anncli.inference.predict import decide
from anncli.training.setup import PRIOR_PRECISION

Array = Any
# Training vectors, labels, number of classes, test vectors, seed -> answers.
Engine = Callable[[Array, Array, int, Array, int], Array]
ENGINES = "ann,sklearn,sklearn:early_stopping=True,fann"


class Run(NamedTuple):
    """A line of the file of runs; error in %; one_class: 1 where every answer was the same class."""

    set: str
    engine: str
    seed: int
    fold: int
    error: float
    seconds: float
    one_class: int


def ours(*, hidden: int = 16, epochs: int = 1000, prior: float = PRIOR_PRECISION, **options: Any) -> Engine:
    def run(x: Array, y: Array, n_classes: int, test: Array, seed: int) -> Array:
        output = (1, "logistic") if n_classes == 2 else (n_classes, "softmax")
        network = anncli.Network.create(x.shape[1], [(hidden, "tanh"), output])
        data = Dataset(x, y, tuple(f"class {k}" for k in range(n_classes)))
        anncli.train(network, data, epochs=epochs, seed=seed, prior_precision=prior, **options)
        return decide(network, anncli.predict(network, test))

    return run


def standardised(x: Array, test: Array) -> tuple[Array, Array]:
    mean, deviation = x.mean(axis=0, dtype=np.float64), x.std(axis=0, dtype=np.float64)
    scale = np.where(deviation > 1e-12, deviation, 1)
    return ((x - mean) / scale).astype(np.float32), ((test - mean) / scale).astype(np.float32)


def sklearn(**settings: Any) -> Engine:
    from sklearn.neural_network import MLPClassifier

    def run(x: Array, y: Array, n_classes: int, test: Array, seed: int) -> Array:
        x, test = standardised(x, test)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return MLPClassifier(random_state=seed, **settings).fit(x, y).predict(test)

    return run


def fann(*, hidden: int = 16, epochs: int = 500) -> Engine:
    from fann import classify

    def run(x: Array, y: Array, n_classes: int, test: Array, seed: int) -> Array:
        x, test = standardised(x, test)
        return classify(x, y, n_classes, test, hidden=hidden, epochs=epochs, seed=seed)

    return run


def engine_of(text: str) -> Engine:
    """The engine meant by ann, sklearn:early_stopping=True, ann:scaling=zscore;refit=no ..."""
    name, _, rest = text.partition(":")
    settings: dict[str, Any] = {}
    for item in filter(None, rest.split(";")):
        key, _, value = item.partition("=")
        words = {"True": True, "False": False}
        settings[key] = words[value] if value in words else number(value)
    return {"ann": ours, "sklearn": sklearn, "fann": fann}[name](**settings)


def number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def read_runs(path: Path) -> list[Run]:
    if not path.exists():
        return []
    with open(path, newline="") as file:
        return [
            Run(r["set"], r["engine"], int(r["seed"]), int(r["fold"]), float(r["error"]), float(r["seconds"]), int(r["one_class"]))
            for r in csv.DictReader(file)
        ]  # fmt: skip


def measure(tasks: list[Task], engines: list[str], folds: int, seeds: int, path: Path) -> None:
    """Do the runs that the file does not hold yet, and append them to it."""
    done = {run[:4] for run in read_runs(path)}
    fresh = not path.exists()
    with open(path, "a", newline="") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(Run._fields)
        for task in tasks:
            for r in rounds(task, folds, seeds):
                for text in engines:
                    if (task.name, text, r.seed, r.fold) in done:
                        continue
                    begin = time.perf_counter()
                    answers = engine_of(text)(r.inputs, r.labels, task.n_classes, r.test_inputs, r.seed)
                    seconds = time.perf_counter() - begin
                    error = 100 * float(np.mean(answers != r.test_labels))
                    collapsed = int(len(np.unique(answers)) == 1 and len(np.unique(r.test_labels)) > 1)
                    writer.writerow(Run(task.name, text, r.seed, r.fold, round(error, 4), round(seconds, 3), collapsed))
                    file.flush()
            print(f"{task.name} done", file=sys.stderr, flush=True)


def report(tasks: list[Task], engines: list[str], runs: list[Run], *, times: bool = True) -> str:
    """Markdown: a row per set, then means, ranks and collapses over the sets that every engine has run."""
    found: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        found.setdefault((run.set, run.engine), []).append(run)
    whole = [task for task in tasks if all((task.name, engine) in found for engine in engines)]
    lines = [
        "| set | rows x inputs, classes | evaluated on | " + " | ".join(engines) + " |",
        "|---" * (3 + len(engines)) + "|",
    ]
    for task in whole:
        cells = []
        for engine in engines:
            its = found[task.name, engine]
            errors = np.array([r.error for r in its])
            spent = f", {np.mean([r.seconds for r in its]):.2f} s" if times else ""
            cells.append(f"{errors.mean():.2f} ± {errors.std():.2f}{spent}")
        shape = f"{len(task.inputs)} x {task.inputs.shape[1]}, {task.n_classes}"
        lines.append(f"| {task.name} | {shape} | {task.kind} | " + " | ".join(cells) + " |")
    evaluated = [task for task in whole if task.kind != "whole table"]
    families = sorted({task.family for task in evaluated})
    errors = np.array([[np.mean([r.error for r in found[t.name, e]]) for t in evaluated] for e in engines])
    belongs = np.array([[t.family == family for t in evaluated] for family in families], dtype=float)
    by_family = errors @ (belongs / belongs.sum(axis=1, keepdims=True)).T
    ranks = mean_ranks(errors) @ belongs.T / belongs.sum(axis=1)
    seconds = [sum(np.mean([r.seconds for r in found[t.name, e]]) for t in whole) for e in engines]
    collapses = [sum(r.one_class for t in whole for r in found[t.name, e]) for e in engines]
    n_runs = [sum(len(found[t.name, e]) for t in whole) for e in engines]

    def row(what: str, values: Any, form: str) -> str:
        return f"| {what} | | | " + " | ".join(form.format(v) for v in values) + " |"

    lines += [
        row(f"mean error, {len(evaluated)} sets", errors.mean(axis=1), "{:.2f}"),
        row(f"mean error, {len(families)} families", by_family.mean(axis=1), "{:.2f}"),
        row(f"mean rank, {len(evaluated)} sets", mean_ranks(errors).mean(axis=1), "{:.2f}"),
        row(f"mean rank, {len(families)} families", ranks.mean(axis=1), "{:.2f}"),
        row("seconds, one run of every set", seconds, "{:.1f}"),
        row(
            "runs that predicted one class only", [f"{c} of {n}" for c, n in zip(collapses, n_runs, strict=True)], "{}"
        ),
    ]
    return "\n".join(lines)


def mean_ranks(errors: Array) -> Array:
    """(engines, sets): 1 for the lowest error of a set; equal errors share the mean of their ranks."""
    below = (errors[None, :, :] < errors[:, None, :] - 1e-9).sum(axis=1)
    equal = (abs(errors[None, :, :] - errors[:, None, :]) <= 1e-9).sum(axis=1)
    return below + (equal + 1) / 2


def machine() -> str:
    parts = [f"Python {platform.python_version()}", f"numpy {np.__version__}", f"kernel {choose_backend().name}"]
    with contextlib.suppress(PackageNotFoundError):
        parts.append(f"scikit-learn {version('scikit-learn')}")
    return ", ".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=Path, required=True, help="CSV file that runs are read from and appended to")
    parser.add_argument("--sets", help="comma-separated; default: all")
    parser.add_argument("--skip", default="", help="sets to leave out, comma-separated")
    parser.add_argument("--engines", default=ENGINES, help=f"default: {ENGINES}; settings: NAME:A=1;B=2")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--report-only", action="store_true", help="do no runs, print the table of those in the file")
    parser.add_argument("--no-times", action="store_true")
    given = parser.parse_args()
    engines = given.engines.split(",")
    skipped = given.skip.split(",")
    tasks = [
        task
        for task in load_tasks(given.folder, given.sets.split(",") if given.sets else None)
        if task.name not in skipped
    ]
    if not tasks:
        parser.error(f"no such set in {given.folder}; accuracy_sets.py says what the folder holds")
    if not given.report_only:
        measure(tasks, engines, given.folds, given.seeds, given.runs)
    print(report(tasks, engines, read_runs(given.runs), times=not given.no_times))
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
