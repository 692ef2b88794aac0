"""How good the defaults are: error and log loss of `anncli.train` with nothing but defaults, beside other programs, set by set.

    python benchmarks/accuracy.py DATA_FOLDER --runs runs.csv                   # all sets, all programs
    python benchmarks/accuracy.py DATA_FOLDER --runs runs.csv --sets iris,wine --engines ann,ann:scaling=zscore,sklearn
    python benchmarks/accuracy.py DATA_FOLDER --runs runs.csv --condition noise=20    # see conditions.py
    python benchmarks/accuracy_report.py DATA_FOLDER runs.csv                   # the tables of accuracy.md

accuracy_sets.py says what DATA_FOLDER holds. A set with a test set of its own is trained once per seed and evaluated on that; the
others are evaluated by stratified folds, where the seed decides folds and training. Every run is appended to the file of --runs
as it ends; runs that are already there are not repeated, so the command can be stopped and called again, also with other
engines.

Engines, each with settings of its own after a colon:
  ann       one layer of tanh units, as many as `ann train` gives to a network that it makes (hidden=N, activation=NAME), and the
            options of `anncli.train`; epochs=N (1000); prior=X sets the default penalty to X / number of rows
  sklearn   MLPClassifier on standardised inputs, or on inputs divided by scale=X, and its arguments
  logistic  LogisticRegression on standardised inputs
  lightgbm  LGBMClassifier
  fann      FANN's RPROP on standardised inputs, 16 units (hidden=N), epochs=N (500), all of them; it gives no probabilities
  realmlp   RealMLP_TD_Classifier of pytabkit
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import os
import platform
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np
from accuracy_report import ENGINES, Run, read_runs, report
from accuracy_sets import Task, held_out, load_named, load_tasks, rounds
from conditions import damaged

import anncli
from anncli.backends.choice import choose_backend
from anncli.dataset.dataset import Dataset
from anncli.training.setup import PRIOR_PRECISION

Array = Any
# Training vectors, labels, number of classes, test vectors, seed -> probabilities (n, classes) of the test vectors.
Engine = Callable[[Array, Array, int, Array, int], Array]


def ours(
    *, hidden: int = 0, activation: str = "tanh", epochs: int = 1000, prior: float = PRIOR_PRECISION, **options: Any
) -> Engine:
    def run(x: Array, y: Array, n_classes: int, test: Array, seed: int) -> Array:
        data = Dataset(x, y, tuple(f"class {k}" for k in range(n_classes)))
        network = anncli.make_network(data, (hidden,) if hidden else None, activation)
        anncli.train(network, data, epochs=epochs, seed=seed, prior_precision=prior, **options)
        outputs = anncli.predict(network, test)
        # Of two classes the first is the positive one.
        return np.concatenate([outputs, 1 - outputs], axis=1) if n_classes == 2 else outputs

    return run


def standardised(x: Array, test: Array) -> tuple[Array, Array]:
    mean, deviation = x.mean(axis=0, dtype=np.float64), x.std(axis=0, dtype=np.float64)
    scale = np.where(deviation > 1e-12, deviation, 1)
    return ((x - mean) / scale).astype(np.float32), ((test - mean) / scale).astype(np.float32)


def sklearn(*, scale: float = 0, **settings: Any) -> Engine:
    from sklearn.neural_network import MLPClassifier

    def run(x: Array, y: Array, n_classes: int, test: Array, seed: int) -> Array:
        x, test = (x / scale, test / scale) if scale else standardised(x, test)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return probabilities_of(MLPClassifier(random_state=seed, **settings).fit(x, y), test, n_classes)

    return run


def logistic(**settings: Any) -> Engine:
    from sklearn.linear_model import LogisticRegression

    def run(x: Array, y: Array, n_classes: int, test: Array, seed: int) -> Array:
        x, test = standardised(x, test)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return probabilities_of(LogisticRegression(max_iter=1000, **settings).fit(x, y), test, n_classes)

    return run


def lightgbm(**settings: Any) -> Engine:
    from lightgbm import LGBMClassifier

    def run(x: Array, y: Array, n_classes: int, test: Array, seed: int) -> Array:
        model = LGBMClassifier(random_state=seed, n_jobs=1, verbose=-1, **settings)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return probabilities_of(model.fit(x, y), test, n_classes)

    return run


def realmlp(**settings: Any) -> Engine:
    from pytabkit import RealMLP_TD_Classifier

    def run(x: Array, y: Array, n_classes: int, test: Array, seed: int) -> Array:
        model = RealMLP_TD_Classifier(device="cpu", random_state=seed, n_threads=1, **settings)
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            return probabilities_of(model.fit(x, y), test, n_classes)

    return run


def probabilities_of(model: Any, test: Array, n_classes: int) -> Array:
    """(n, n_classes), 0 for a class that the training rows do not have."""
    found = np.zeros((len(test), n_classes))
    found[:, model.classes_.astype(int)] = model.predict_proba(test)
    return found


def fann(*, hidden: int = 16, epochs: int = 500) -> Engine:
    from fann import classify

    def run(x: Array, y: Array, n_classes: int, test: Array, seed: int) -> Array:
        x, test = standardised(x, test)
        answers = classify(x, y, n_classes, test, hidden=hidden, epochs=epochs, seed=seed)
        # FANN's outputs are no probabilities.
        return np.eye(n_classes)[answers]

    return run


def engine_of(text: str) -> Engine:
    """The engine meant by ann, sklearn:early_stopping=True, ann:scaling=zscore;refit=no ..."""
    name, _, rest = text.partition(":")
    settings: dict[str, Any] = {}
    for item in filter(None, rest.split(";")):
        key, _, value = item.partition("=")
        words = {"True": True, "False": False}
        settings[key] = words[value] if value in words else number(value)
    makers = {
        "ann": ours,
        "sklearn": sklearn,
        "fann": fann,
        "logistic": logistic,
        "lightgbm": lightgbm,
        "realmlp": realmlp,
    }
    return makers[name](**settings)


def number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def measure(
    tasks: list[Task], engines: list[str], folds: int, seeds: int, path: Path, condition: str, first_folds: int
) -> None:
    """Do the runs that the file does not hold yet, and append them to it."""
    done = {run[:5] for run in read_runs(path)}
    fresh = not path.exists()
    with open(path, "a", newline="") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(Run._fields)
        for task in tasks:
            for r in rounds(task, folds, seeds):
                if r.fold >= first_folds:
                    continue
                x, y, test = damaged(condition, r.inputs, r.labels, r.test_inputs, task.n_classes, r.seed)
                for text in engines:
                    which = (task.name, condition, text, r.seed, r.fold)
                    if which in done:
                        continue
                    begin = time.process_time()
                    scores = engine_of(text)(x, y, task.n_classes, test, r.seed)
                    seconds = round(time.process_time() - begin, 3)
                    error, log_loss, one_class = judged(scores, r.test_labels)
                    writer.writerow(Run(*which, error, log_loss, seconds, one_class))
                    file.flush()
            print(f"{task.name} done", file=sys.stderr, flush=True)


def judged(scores: Array, labels: Array) -> tuple[float, float, int]:
    """Error in %, log loss, and 1 where the same class was predicted for every row, of probabilities (n, classes)."""
    answers, given = scores.argmax(axis=1), scores[np.arange(len(labels)), labels].astype(np.float64)
    log_loss = -np.log(np.clip(given, 1e-7, 1)).mean()
    collapsed = len(np.unique(answers)) == 1 and len(np.unique(labels)) > 1
    return round(100 * float(np.mean(answers != labels)), 4), round(float(log_loss), 5), int(collapsed)


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
    parser.add_argument("--engines", default=",".join(ENGINES), help="default: %(default)s; settings: NAME:A=1;B=2")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--part", choices=("all", "choosing", "held-out"), default="all", help="of the sets, see held_out()"
    )
    parser.add_argument("--condition", default="clean")
    parser.add_argument("--first-folds", type=int, default=100, help="only so many of the folds")
    parser.add_argument("--report-only", action="store_true", help="do no runs, print the table of those in the file")
    given = parser.parse_args()
    engines = given.engines.split(",")
    skipped = given.skip.split(",")
    regular = list(load_tasks(given.folder))
    outside, everything = held_out(regular), [*regular, *load_named(given.folder, (given.sets or "").split(","))]
    wanted = given.sets.split(",") if given.sets else [task.name for task in everything]
    parts = {"all": wanted, "choosing": set(wanted) - outside, "held-out": outside.intersection(wanted)}
    tasks = [task for task in everything if task.name in parts[given.part] and task.name not in skipped]
    if not tasks:
        parser.error(f"no such set in {given.folder}; accuracy_sets.py says what the folder holds")
    if not given.report_only:
        measure(tasks, engines, given.folds, given.seeds, given.runs, given.condition, given.first_folds)
    print(report(tasks, outside, engines, read_runs(given.runs), given.condition))
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
