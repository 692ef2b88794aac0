"""PROBEN1: repeat Prechelt's published training runs and compare the test errors with his tables.

    python benchmarks/proben1.py FOLDER                       # folder of .dt files: multilayer networks, 60 runs each
    python benchmarks/proben1.py FOLDER --network linear --runs 10 --trainer rprop+
    python benchmarks/proben1.py FOLDER --trainer rprop+ --sets cancer1,glass1

Protocol (Prechelt 1994, PROBEN1, TR 21/94, Universitaet Karlsruhe): 50/25/25 % of the rows in file order, full-batch
Rprop on squared errors, validation error every 5 epochs; stop at GL > A, P_5 < 0.1 or 3000 epochs; the test error is
that of the epoch with the lowest validation error. Squared error in %: 100 x the mean over all outputs.
  linear      no hidden layer; weights +-0.01, first steps 0.005..0.02, A = 5: as printed
  multilayer  tables 10 and 11, the pivot architectures without shortcuts; weights +-0.1, first steps 0.05..0.2, A = 2:
              the printed "as for the linear networks" cannot have given the published GL at the end (about 2.3)
proben1_published.csv holds tables 3, 4 and 8 to 11 of the report.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from anncli.backends.base import Problem as BoundProblem
from anncli.backends.base import Samples
from anncli.backends.choice import choose_backend
from anncli.network.topology import Layer, Topology
from anncli.training.objective import Objective
from anncli.training.stopping import STRIP, StripRule
from anncli.training.trainers import make_trainer

Array = npt.NDArray[Any]
EPOCHS = 3000

# Hidden units and output activation (l linear, s softsign) of variants 1, 2 and 3: table 7 of the report.
PIVOT = {
    "building": ("16 l", "16+8 l", "16+8 s"),
    "cancer": ("4+2 l", "8+4 l", "16+8 l"),
    "card": ("32 l", "24 l", "16+8 l"),
    "diabetes": ("32 l", "16+8 l", "32 l"),
    "flare": ("32 s", "32 s", "24 s"),
    "gene": ("4+2 l", "4+2 s", "4+2 s"),
    "glass": ("16+8 l", "16+8 l", "16+8 l"),
    "heart": ("32 l", "32 l", "32 l"),
    "hearta": ("32 l", "16 l", "32 l"),
    "heartac": ("2 l", "8+4 l", "16+8 s"),
    "heartc": ("16+8 l", "8+8 l", "32 l"),
    "horse": ("16+8 l", "16+8 l", "32 l"),
    "soybean": ("16+8 l", "32 l", "16 l"),
    "thyroid": ("16+8 l", "8+4 l", "16+8 l"),
}
APPROXIMATION = ("building", "flare", "hearta", "heartac")


class Protocol(NamedTuple):
    """weights: half-width of the initial weights; step: lowest and highest first step; limit: GL that stops."""

    weights: float
    step: tuple[float, float]
    limit: float


PROTOCOLS = {"linear": Protocol(0.01, (0.005, 0.02), 5.0), "no-shortcut": Protocol(0.1, (0.05, 0.2), 2.0)}


class Problem(NamedTuple):
    """Inputs (N, n_inputs), targets (N, n_outputs), float32, and the rows of the three sets."""

    inputs: Array
    targets: Array
    training: Array
    validation: Array
    test: Array


class Outcome(NamedTuple):
    """Test error in %, wrong answers in % (winner takes all), epochs run, and the epoch whose weights count."""

    test: float
    wrong: float
    epochs: int
    relevant: int


def read_problem(path: Path) -> Problem:
    """A .dt file: seven lines key=value, then one row of inputs and outputs per line."""
    lines = path.read_text().splitlines()
    header = {key: int(value) for key, value in (line.split("=") for line in lines[:7])}
    values = np.array([line.split() for line in lines[7:] if line.strip()], dtype=np.float32)
    n_inputs = header["bool_in"] + header["real_in"]
    counts = [header[f"{name}_examples"] for name in ("training", "validation", "test")]
    if values.shape != (sum(counts), n_inputs + header["bool_out"] + header["real_out"]):
        raise SystemExit(f"{path}: {values.shape[0]} rows of {values.shape[1]} numbers do not fit the header")
    ends = np.cumsum(counts)
    rows = np.arange(len(values), dtype=np.int64)
    inputs, targets = (np.ascontiguousarray(part) for part in (values[:, :n_inputs], values[:, n_inputs:]))
    return Problem(inputs, targets, rows[: ends[0]], rows[ends[0] : ends[1]], rows[ends[1] :])


def topology_of(name: str, network: str, problem: Problem) -> Topology:
    """The network of the tables for a data set."""
    n_outputs = problem.targets.shape[1]
    if network == "linear":
        return Topology(problem.inputs.shape[1], (Layer(n_outputs, "linear"),))
    hidden, output = PIVOT[name[:-1]][int(name[-1]) - 1].split()
    layers = [Layer(int(units), "softsign") for units in hidden.split("+")]
    return Topology(problem.inputs.shape[1], (*layers, Layer(n_outputs, {"l": "linear", "s": "softsign"}[output])))


def run_once(problem: Problem, topology: Topology, protocol: Protocol, trainer_name: str, seed: int) -> Outcome:
    """One training from fresh weights."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(len(problem.inputs), dtype=np.int32)
    bound, samples = BoundProblem(topology, "mse"), Samples(problem.inputs, problem.targets)
    objective = Objective(choose_backend().open(bound, samples), bound, samples, problem.training, labels)
    parameters = rng.uniform(-protocol.weights, protocol.weights, topology.n_parameters).astype(np.float32)
    low, high = protocol.step
    trainer = make_trainer(trainer_name, {"step_init": low, "step_spread": high - low, "step_min": 0.0})
    trainer.start(objective, parameters)
    rules = [StripRule("gl", protocol.limit), StripRule("progress", 0.1)]
    best, lowest, relevant, epoch = parameters.copy(), np.inf, 0, 0
    for epoch in range(1, EPOCHS + 1):
        loss = trainer.epoch(objective, parameters, rng).loss
        validation = objective.value(parameters, problem.validation) if epoch % STRIP == 0 else None
        if validation is not None and validation < lowest:
            best, lowest, relevant = parameters.copy(), validation, epoch
        reasons = [rule.see(loss, validation) for rule in rules]
        if any(reasons):
            break
    outputs = objective.outputs(best, problem.test)
    wanted = problem.targets[problem.test]
    wrong = 100 * float(np.mean(outputs.argmax(axis=1) != wanted.argmax(axis=1)))
    return Outcome(100 * objective.value(best, problem.test), wrong, epoch, relevant)


def run_many(task: tuple[str, str, str, str, list[int]]) -> tuple[str, list[Outcome]]:
    """Several seeds of one data set, in a process of their own."""
    folder, name, network, trainer, seeds = task
    problem = read_problem(Path(folder) / f"{name}.dt")
    topology = topology_of(name, network, problem)
    return name, [run_once(problem, topology, PROTOCOLS[network], trainer, seed) for seed in seeds]


def published(network: str) -> dict[str, dict[str, float]]:
    """Rows of the tables by data set."""
    with open(Path(__file__).with_name("proben1_published.csv"), newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["network"] == network]
    return {
        row["dataset"]: {k: float(v) for k, v in row.items() if k not in ("table", "network", "dataset") and v}
        for row in rows
    }


def report(network: str, found: dict[str, list[Outcome]]) -> str:
    """A markdown table: published and ours, mean and standard deviation, and the distance in published ones."""
    lines = [
        "| data set | published test E% | ours | distance / sd | published wrong % | ours | published epochs | ours |",
        "|---|---|---|---|---|---|---|---|",
    ]
    tables, within, compared = published(network), 0, 0
    for name, outcomes in found.items():
        row, test = tables.get(name, {}), np.array([o.test for o in outcomes])
        wrong, epochs = np.array([o.wrong for o in outcomes]), np.array([o.epochs for o in outcomes])
        graded = name[:-1] in APPROXIMATION
        distance = ""
        if row:
            sd = row.get("test_sd", 0.0)
            distance = (
                f"{abs(test.mean() - row['test_mean']) / sd:.2f}" if sd else f"{test.mean() - row['test_mean']:+.3f} %"
            )
            if not graded:
                compared += 1
                within += abs(test.mean() - row["test_mean"]) <= max(sd, 0.005)
        cells = [
            name, spread(row, "test"), measured(test), distance, "" if graded else spread(row, "cls"),
            "" if graded else measured(wrong), spread(row, "total_ep", 0), measured(epochs, 0),
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    lines.append(
        f"\n{within} of {compared} classification sets within one published standard deviation of the test error."
    )
    return "\n".join(lines)


def spread(row: dict[str, float], what: str, digits: int = 2) -> str:
    if f"{what}_mean" not in row:
        return ""
    return f"{row[f'{what}_mean']:.{digits}f} ± {row.get(f'{what}_sd', 0.0):.{digits}f}"


def measured(values: Array, digits: int = 2) -> str:
    return f"{values.mean():.{digits}f} ± {values.std(ddof=1) if len(values) > 1 else 0.0:.{digits}f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, help="folder of .dt files")
    parser.add_argument("--network", choices=["linear", "no-shortcut"], default="no-shortcut")
    parser.add_argument("--trainer", default="irprop+", help="rprop+, rprop-, irprop+ or irprop-")
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--sets", help="comma-separated; default: all in the folder that the tables have")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    known = [f"{problem}{variant}" for problem in PIVOT for variant in (1, 2, 3)]
    names = given.sets.split(",") if given.sets else [n for n in known if (given.folder / f"{n}.dt").exists()]
    batch = max(1, given.runs // (2 * given.processes))
    tasks = [
        (str(given.folder), name, given.network, given.trainer, list(range(first, min(first + batch, given.runs))))
        for name in names
        for first in range(0, given.runs, batch)
    ]
    # One thread of BLAS per process: the processes already use all cores. Workers inherit it before they load numpy.
    os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
    begin = time.perf_counter()
    found: dict[str, list[Outcome]] = {name: [] for name in names}
    with ProcessPoolExecutor(given.processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        for name, outcomes in pool.map(run_many, tasks):
            found[name] += outcomes
            if sys.stderr.isatty():
                print(f"\r{sum(map(len, found.values()))} of {len(names) * given.runs} runs", end="", file=sys.stderr)
    seconds = time.perf_counter() - begin
    print(report(given.network, found))
    print(
        f"\n{given.trainer}, {given.runs} runs each, {seconds:.0f} s on {given.processes} processes, "
        f"kernel {choose_backend().name}."
    )


if __name__ == "__main__":
    main()
