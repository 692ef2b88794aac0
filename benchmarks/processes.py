"""Whole processes: start-up, text in and network out, prediction of a large file, and memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from measure import Candidate, interleave, table_head, table_rows
from workloads import SIZES, Workload, make

HERE = Path(__file__).parent
ANN = str(Path(sys.executable).with_name("ann"))

# scikit-learn's way to the same file of answers: read, predict, write.
SKLEARN_PREDICT = """
import pickle, sys
import numpy as np
network = pickle.load(open(sys.argv[1], "rb"))
scores = network.predict_proba(np.loadtxt(sys.argv[2], dtype=np.float32))[:, 1]
with open(sys.argv[3], "w") as file:
    file.writelines(f"{score:.9g}\\t{'pos' if score > 0.5 else 'neg'}\\n" for score in scores.tolist())
"""


def run(command: list[str], output: Path | None = None, input: Path | None = None) -> None:
    """Run to its end; what it prints goes to `output` or nowhere."""
    with open(output or os.devnull, "wb") as out, open(input or os.devnull, "rb") as into:
        subprocess.run(command, check=True, stdin=into, stdout=out, stderr=subprocess.DEVNULL)


# A process starts with the peak of the one that made it, so a small one has to.
MEASURE_PEAK = """
import resource, subprocess, sys
with open(sys.argv[1], "rb") as into:
    subprocess.run(sys.argv[2:], check=True, stdin=into, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak_megabytes(command: list[str], input: Path | None = None) -> float:
    """The largest resident memory of a process, with whatever it prints thrown away."""
    launch = [sys.executable, "-S", "-c", MEASURE_PEAK, str(input or os.devnull), *command]
    found = int(subprocess.run(launch, check=True, capture_output=True, text=True).stdout)
    return found * (1 if sys.platform == "darwin" else 1024) / 1e6


def startup(arguments: Any) -> Iterator[str]:
    """What a command costs before it does anything, beside Python itself and the imports of others."""
    python = sys.executable
    calls = {
        "python -c pass": [python, "-c", "pass"],
        "ann --version": [ANN, "--version"],
        "ann --help": [ANN, "--help"],
        "ann train --help": [ANN, "train", "--help"],
        "import numpy": [python, "-c", "import numpy"],
    }
    for module in ("sklearn.neural_network", "torch"):
        if find_spec(module.split(".")[0]):
            calls[f"import {module}"] = [python, "-c", f"import {module}"]
    candidates = [Candidate(name, partial(run, command), 1) for name, command in calls.items()]
    yield from table_head("ms")
    yield from table_rows("start", interleave(candidates, arguments.rounds, arguments.seconds, arguments.clock), 1e3)


def fann_program(folder: Path) -> str | None:
    """A C program that trains with libfann, compiled where compiler and library are installed."""
    target, source = str(folder / "fann_program"), str(HERE / "fann_program.c")
    try:
        subprocess.run(["gcc", "-O2", "-o", target, source, "-lfloatfann", "-lm"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return target


def write_class_files(work: Workload, folder: Path) -> list[str]:
    """The rows of each class as text."""
    paths = []
    for label in range(work.n_classes):
        path = folder / f"rows-{label}.txt"
        np.savetxt(path, work.inputs[work.labels == label], "%.5f")
        paths.append(str(path))
    return paths


def write_network(work: Workload, path: Path) -> str:
    layers = ", ".join(f"{units} logistic" for units in work.sizes[1:])
    if work.sizes[-1] > 1:
        layers = layers.removesuffix("logistic") + "softmax"
    path.write_text(f"anncli: 1\ninputs: {work.sizes[0]}\nlayers: [{layers}]\n")
    return str(path)


def end_to_end(arguments: Any) -> Iterator[str]:
    """Text in, online training with momentum, network out: `ann train` beside a C program on libfann."""
    yield from table_head("ms")
    for name, epochs in (("a", 10), ("a", 1000), ("b", 10), ("b", 100), ("b", 1000), ("c", 100)):
        if name not in arguments.shapes:
            continue
        with tempfile.TemporaryDirectory(prefix="ann-benchmark-") as place:
            folder, work = Path(place), make(name)
            table = folder / "fann.data"
            with open(table, "w") as file:
                file.write(f"{len(work.inputs)} {work.sizes[0]} 1\n")
                for row, target in zip(work.inputs, work.targets, strict=True):
                    file.write(" ".join(f"{value:.5f}" for value in row) + f"\n{target[0]:.0f}\n")
            candidates = []
            if (program := fann_program(folder)) is not None:
                command = [program, str(table), str(epochs), str(work.sizes[1]), str(folder / "fann.net")]
                candidates.append(Candidate("C program on FANN", partial(run, command), 1))
            own = [ANN, "train", write_network(work, folder / "new.nn"), *write_class_files(work, folder), str(epochs)]
            own += ["--trainer", "online", "--learning-rate", "0.1", "--momentum", "0.9", "--loss", "mse", "--l2", "0"]
            own += ["--scaling", "none", "--validation", "0", "--output", str(folder / "trained.nn")]
            candidates.append(Candidate("ann train", partial(run, own), 1))
            found = interleave(candidates, arguments.rounds, arguments.seconds, arguments.clock)
            yield from table_rows(f"{name}, {epochs} epochs", found, 1e3)


def train_once(work: Workload, folder: Path) -> str:
    """A network of the workload's shape, trained for one epoch on its rows."""
    trained = str(folder / "trained.nn")
    network, files = write_network(work, folder / "new.nn"), write_class_files(work, folder)
    run([ANN, "train", network, *files, "1", "--validation", "0", "--output", trained])
    return trained


def predict(arguments: Any) -> Iterator[str]:
    """Scores and classes of a text file of 28 columns, `ann predict` beside scikit-learn in a script."""
    yield from table_head("ms")
    n = arguments.rows
    for label, hidden in (("28-16-1", (16,)), ("e", SIZES["e"][1:-1])):
        with tempfile.TemporaryDirectory(prefix="ann-benchmark-") as place:
            folder = Path(place)
            work = make("e")._replace(sizes=(28, *hidden, 1))
            table, trained = write_table(folder / "table.txt", n), train_once(work, folder)
            out = folder / "out.txt"
            candidates = [Candidate("ann predict", partial(run, [ANN, "predict", trained, str(table)], out), 1)]
            if find_spec("sklearn"):
                model, script = folder / "model.pickle", folder / "predict.py"
                script.write_text(SKLEARN_PREDICT)
                pickle_sklearn(work, model)
                command = [sys.executable, str(script), str(model), str(table), str(out)]
                candidates.insert(0, Candidate("scikit-learn", partial(run, command), 1))
            found = interleave(candidates, min(arguments.rounds, 5), arguments.seconds, arguments.clock)
            yield from table_rows(f"{label}, {n:,} rows", found, 1e3)


def write_table(path: Path, n: int, columns: int = 28) -> Path:
    """n rows of text: one block of 10,000 again and again."""
    values = np.random.default_rng(3).standard_normal((min(n, 10_000), columns))
    text = "".join(" ".join(f"{value:.6f}" for value in row) + "\n" for row in values)
    with open(path, "w") as file:
        for _ in range(max(1, n // 10_000)):
            file.write(text)
    return path


def pickle_sklearn(work: Workload, path: Path) -> None:
    import pickle
    import warnings

    from sklearn.neural_network import MLPClassifier

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = MLPClassifier(work.sizes[1:-1], activation="logistic", max_iter=1).fit(work.inputs, work.labels)
    path.write_bytes(pickle.dumps(network))


def memory(arguments: Any) -> Iterator[str]:
    """Peak memory of training beside the data as float32, and of prediction from a pipe, which has to stay the same."""
    yield "| command | rows x columns | data as float32, MB | peak, MB | peak - data, MB |"
    yield "|---|---|---|---|---|"
    for n, columns in ((1000, 28), (arguments.rows // 10, 28), (arguments.rows, 28), (arguments.rows // 20, 784)):
        with tempfile.TemporaryDirectory(prefix="ann-benchmark-") as place:
            folder = Path(place)
            work = make("d" if columns == 784 else "e")
            work = work._replace(sizes=(columns, 16, work.sizes[-1]))
            trained, one = train_once(work, folder), write_table(folder / "table.txt", n // work.n_classes, columns)
            files = [str(folder / f"class-{k}.txt") for k in range(work.n_classes)]
            for k, file in enumerate(files):  # no two with the same bytes
                shutil.copy(one, file)
                with open(file, "a") as more:
                    more.write(" ".join([str(k)] * columns) + "\n")
            size = n * columns * 4 / 1e6
            train = [ANN, "train", str(folder / "new.nn"), *files, "2", "--output", trained]
            peak = peak_megabytes(train)
            yield f"| ann train | {n:,} x {columns} | {size:.1f} | {peak:.0f} | {peak - size:.0f} |"
            peak = peak_megabytes([ANN, "predict", trained], one)
            yield f"| ann predict | {n // work.n_classes:,} x {columns} | {size / work.n_classes:.1f} | {peak:.0f} | |"
