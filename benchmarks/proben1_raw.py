"""PROBEN1's horse and soybean from the tables that Prechelt made them of, with their gaps, beside his figures.

    python benchmarks/proben1_raw.py TABLES SETS            # tables 10 and 11: multilayer networks, 60 runs each
    python benchmarks/proben1_raw.py TABLES SETS --missing median+indicator --scaling zscore

TABLES holds colic.orig.arff and soybean.arff of WEKA's collection of UCI tables, plain or .gz; SETS holds the .dt files. The
tables are read, encoded and scaled by the functions of `ann train TABLE --label ... --missing ...`, the encoder and the
scaling fitted on the training rows; the training is that of proben1.py, Prechelt's protocol.

proben1_codes.py says how Prechelt coded each column. It only serves to find the rows of his sets in the tables, and so the
same 50 % for training, 25 % for validation and 25 % for test in each of his three orders.

With --commands N a second table follows: N seeds of `ann train` itself on these rows, with its defaults, and with
Prechelt's network, losses and stop rules as far as its options go (initial weights are drawn by --init fan-in).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import proben1
from proben1_codes import RAW, Raw, order_of

from anncli.backends.choice import choose_backend
from anncli.dataset.request import ReadRequest, TableRequest
from anncli.dataset.statistics import fit_scaling
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_files import read_table
from anncli.formats.data.table_sets import TableReader, read_table_sets
from anncli.formats.files.source import ByteSource
from anncli.network.scaling import Scaling
from anncli.training.table_encoder import fit_encoder

SETS = ("training", "validation", "test")


def path_of(folder: Path, name: str) -> Path:
    return next(path for path in (folder / name, folder / f"{name}.gz") if path.exists())


def write_sets(tables: Path, raw: Raw, problem: proben1.Problem, folder: Path) -> dict[str, list[Path]]:
    """The lines of a table as three ARFF files, the rows of each in the order of PROBEN1."""
    path = path_of(tables, raw.file)
    table = read_table(path)
    order = order_of(table, raw, problem)
    lines = b"".join(ByteSource(path).chunks()).decode().split("\n")
    first = min(table.line_of(row) or 0 for row in range(table.n_rows))
    files = {}
    for name in SETS:
        rows = [lines[(table.line_of(order[row]) or 0) - 1] for row in getattr(problem, name)]
        files[name] = [folder / f"{name}.arff"]
        files[name][0].write_text("\n".join([*lines[: first - 1], *rows]) + "\n")
    return files


def problem_of(tables: Path, sets: Path, name: str, missing: str, scaling: str) -> proben1.Problem:
    """A PROBEN1 set with inputs from the raw table."""
    raw, published = RAW[name[:-1]], proben1.read_problem(sets / f"{name}.dt")
    request = TableRequest(label=(raw.label,), ignore=raw.ignore, missing=missing)
    with tempfile.TemporaryDirectory() as folder:
        files = write_sets(tables, raw, published, Path(folder))
        data, rows = read_table_sets(files, TableReader(request, ReadRequest(), Remarks()))
    encoder = fit_encoder(data.table, rows["training"], data.roles, data.kinds, missing)
    inputs = encoder.encode(data.table, "zeros").inputs
    fitted = fit_scaling(scaling, inputs, rows["training"])
    inputs = np.ascontiguousarray(Scaling(*fitted).apply(inputs))
    targets = np.eye(len(data.classes), dtype=np.float32)[data.labels]
    return proben1.Problem(inputs, targets, *(np.asarray(rows[each], dtype=np.int64) for each in SETS))


def run_many(task: tuple[Any, ...]) -> tuple[str, int, list[proben1.Outcome]]:
    """Several seeds of one data set, in a process of their own; also the number of inputs."""
    *place, name, missing, scaling, trainer, network, seeds = task
    problem = problem_of(*place, name, missing, scaling)
    topology = proben1.topology_of(name, network, problem)
    protocol = proben1.PROTOCOLS[network]
    return name, topology.n_inputs, [proben1.run_once(problem, topology, protocol, trainer, seed) for seed in seeds]


def command_of(name: str, missing: str, files: dict[str, list[Path]], seed: int, prechelt: bool) -> list[str]:
    """The words of `ann train` for a set; with `prechelt`, its network is net.nn in the folder of the files."""
    raw = RAW[name[:-1]]
    words = ["train", str(files["training"][0]), "3000", "--json", "--seed", str(seed), "--output", "out.nn"]
    words += ["--validation", str(files["validation"][0]), "--test", str(files["test"][0])]
    words += [part for column in raw.ignore for part in ("--ignore", column)]
    if not prechelt:
        return [*words, "--label", raw.label, "--missing", missing]
    steps = [part for text in ("step_init=0.05", "step_spread=0.15", "step_min=0") for part in ("--option", text)]
    rules = [
        "--loss",
        "mse",
        "--targets",
        "1,0",
        "--stop",
        "gl:2,progress:0.1",
        "--patience",
        "0",
        "--refit",
        "no",
        "--l2",
        "0",
    ]
    return [
        words[0],
        "net.nn",
        *words[1:],
        "--trainer",
        "rprop+",
        *steps,
        *rules,
        "--scaling",
        "minmax",
        "--init",
        "fan-in",
    ]


def run_command(task: tuple[Any, ...]) -> tuple[str, bool, float, float]:
    """One seed of `ann train` in a process of its own; also the test error in % and wrong answers in %."""
    tables, sets, name, missing, seed, prechelt = task
    raw, published = RAW[name[:-1]], proben1.read_problem(sets / f"{name}.dt")
    with tempfile.TemporaryDirectory() as folder:
        files = write_sets(tables, raw, published, Path(folder))
        layers = ", ".join(layer.text() for layer in proben1.topology_of(name, "no-shortcut", published).layers)
        table = f"{{label: {raw.label}, task: classification, missing: {missing}}}"
        (Path(folder) / "net.nn").write_text(f"anncli: 1\ninputs: {{table: {table}}}\nlayers: [{layers}]\n")
        words = [sys.executable, "-m", "anncli", *command_of(name, missing, files, seed, prechelt)]
        done = subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True)
    test = json.loads(done.stdout)["sets"]["test"]
    return name, prechelt, 100 * test["mse"], 100 * (1 - test["accuracy"])


def report_commands(found: list[tuple[str, bool, float, float]]) -> str:
    """A markdown table: what is published, `ann train` with Prechelt's rules, and with its defaults."""
    lines = ["| data set | published test E% | `ann train`, his rules | published wrong % | his rules | defaults |"]
    lines += ["|---|---|---|---|---|---|"]
    rows = proben1.published("no-shortcut")
    for name in dict.fromkeys(run[0] for run in found):
        error, wrong = (np.array([run[k] for run in found if run[:2] == (name, True)]) for k in (2, 3))
        defaults = np.array([run[3] for run in found if run[:2] == (name, False)])
        cells = [name, proben1.spread(rows[name], "test"), proben1.measured(error), proben1.spread(rows[name], "cls")]
        lines.append("| " + " | ".join([*cells, proben1.measured(wrong), proben1.measured(defaults)]) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("tables", type=Path, help="folder of colic.orig.arff and soybean.arff, plain or .gz")
    parser.add_argument("folder", type=Path, help="folder of .dt files")
    parser.add_argument("--network", choices=list(proben1.PROTOCOLS), default="no-shortcut")
    parser.add_argument("--missing", default="indicator")
    parser.add_argument("--scaling", default="minmax")
    parser.add_argument("--trainer", default="rprop+", help="rprop+, rprop-, irprop+ or irprop-")
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--commands", type=int, default=0, help="seeds of `ann train` itself")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
    settings = (given.missing, given.scaling, given.trainer, given.network)
    names = [f"{name}{variant}" for name in RAW for variant in (1, 2, 3)]
    batch = max(1, given.runs // given.processes)
    tasks = [
        (given.tables, given.folder, name, *settings, list(range(first, min(first + batch, given.runs))))
        for name in names
        for first in range(0, given.runs, batch)
    ]
    begin = time.perf_counter()
    found: dict[str, list[proben1.Outcome]] = {name: [] for name in names}
    widths = {}
    with ProcessPoolExecutor(given.processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        for name, widths[name], outcomes in pool.map(run_many, tasks):
            found[name] += outcomes
        place = (given.tables.resolve(), given.folder.resolve())
        seeds = [
            (name, given.missing, seed, own)
            for name in names
            for seed in range(given.commands)
            for own in (True, False)
        ]
        commands = list(pool.map(run_command, [(*place, *each) for each in seeds]))
    print(proben1.report(given.network, found))
    inputs = ", ".join(f"{name} {width}" for name, width in widths.items())
    print(
        f"\nInputs: {inputs}. --missing {given.missing} --scaling {given.scaling}, {given.trainer}, {given.runs} runs each,"
    )
    print(f"{time.perf_counter() - begin:.0f} s on {given.processes} processes, kernel {choose_backend().name}.")
    if commands:
        print(f"\n{report_commands(commands)}\n\n{given.commands} seeds of each command.")


if __name__ == "__main__":
    sys.exit(main())
