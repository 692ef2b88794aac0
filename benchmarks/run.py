"""Speed of anncli beside other programs on this machine: `python benchmarks/run.py online|minibatch|fullbatch|parse`.

Prints a markdown table of medians and ratios. Candidates that are not installed are left out.
"""
# ruff: noqa: E402

from __future__ import annotations

import os

# One thread everywhere, before any library starts its own.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import argparse
import platform
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fann
import numpy as np
from measure import Candidate, interleave, repeated, table_head, table_rows
from workloads import Workload, make

from anncli.kernels import describe_kernel
from anncli.training.trainers import make_trainer

# FANN needs so long for the large networks that some rows must do; times are per row.
ONLINE_ROWS = {"a": 699, "b": 2000, "c": 500, "d": 120, "e": 60}
FANN_BATCH_ROWS = {"a": 699, "b": 2000, "c": 1000, "d": 300, "e": 200}


def own_epochs(
    work: Workload, loss: str, trainer_name: str, options: dict[str, Any], threads: int = 1
) -> Callable[[], object]:
    """A call that trains for one more epoch with one of our trainers."""
    objective, parameters = work.objective(loss, threads), work.first_parameters()
    trainer, rng = make_trainer(trainer_name, options), np.random.default_rng(5)
    trainer.start(objective, parameters)
    return lambda: trainer.epoch(objective, parameters, rng)


def online(arguments: argparse.Namespace) -> Iterator[str]:
    """One row at a time with momentum, beside FANN's incremental training."""
    yield from table_head("ns per row")
    for name in arguments.shapes:
        work = make(name, ONLINE_ROWS[name])
        n = len(work.inputs)
        calls = {
            "FANN incremental": fann.epoch_of(work, n, full_batch=False),
            "ann online": own_epochs(work, "mse", "online", {"learning_rate": 0.1, "momentum": 0.9}),
        }
        found = interleave(
            [repeated(k, call, n) for k, call in calls.items() if call], arguments.rounds, arguments.seconds
        )
        yield from table_rows(name, found, 1e9)


def minibatch(arguments: argparse.Namespace) -> Iterator[str]:
    """Adam in batches of 32 and 200 rows, beside scikit-learn and torch."""
    yield from table_head("ms per epoch")
    for name in arguments.shapes:
        work = make(name)
        operations = work.operations_per_row() * len(work.inputs)
        for batch_size in (32, 200):
            candidates = []
            if (fit := sklearn_epoch(work, batch_size)) is not None:
                candidates.append(Candidate("scikit-learn", fit, 1))
            options = {"batch_size": batch_size, "learning_rate": 1e-3}
            own = own_epochs(work, work.classification_loss(), "adam", options, arguments.threads)
            candidates.append(repeated("ann adam", own, 1))
            for fused in (False, True):
                if (epoch := torch_epoch(work, batch_size, fused)) is not None:
                    candidates.append(Candidate("torch fused" if fused else "torch", epoch, 1))
            found = interleave(candidates, arguments.rounds, arguments.seconds)
            yield from table_rows(
                f"{name} {batch_size}", found, 1e3, lambda r, o=operations: f"{o / r.median / 1e9:.1f} GFLOP/s"
            )


def sklearn_epoch(work: Workload, batch_size: int) -> Callable[[], object] | None:
    try:
        from sklearn.neural_network import MLPClassifier
    except ImportError:
        return None
    warnings.filterwarnings("ignore", module="sklearn")
    never = 10**6

    def fit() -> None:
        MLPClassifier(
            work.sizes[1:-1],
            activation="logistic",
            batch_size=batch_size,
            max_iter=1,
            tol=0,
            alpha=0,
            n_iter_no_change=never,
        ).fit(work.inputs, work.labels)

    return fit


def torch_epoch(work: Workload, batch_size: int, fused: bool) -> Callable[[], object] | None:
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    layers: list[Any] = []
    for n_in, n_out in zip(work.sizes, work.sizes[1:], strict=False):
        layers += [torch.nn.Linear(n_in, n_out), torch.nn.Sigmoid()]
    network = torch.nn.Sequential(*layers[:-1])
    single = work.sizes[-1] == 1
    loss = torch.nn.BCEWithLogitsLoss() if single else torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=fused)
    inputs, wanted = torch.from_numpy(work.inputs), torch.from_numpy(work.targets if single else work.labels)

    def epoch() -> None:
        for rows in torch.randperm(len(inputs)).split(batch_size):
            optimizer.zero_grad()
            loss(network(inputs[rows]), wanted[rows]).backward()
            optimizer.step()

    return epoch


def fullbatch(arguments: argparse.Namespace) -> Iterator[str]:
    """Rprop over all rows, beside FANN's RPROP."""
    yield from table_head("ns per row")
    for name in arguments.shapes:
        work = make(name)
        n, some = len(work.inputs), min(FANN_BATCH_ROWS[name], len(work.inputs))
        candidates = []
        if (call := fann.epoch_of(work, some, full_batch=True)) is not None:
            candidates.append(repeated("FANN RPROP", call, some))
        candidates.append(repeated("ann irprop-", own_epochs(work, "mse", "irprop-", {}, arguments.threads), n))
        yield from table_rows(name, interleave(candidates, arguments.rounds, arguments.seconds), 1e9)


def parse(arguments: argparse.Namespace) -> Iterator[str]:
    """A text table of 58 columns into float32, beside numpy.loadtxt."""
    from anncli.formats import read_dataset

    table = np.random.default_rng(0).standard_normal((40_000, 58)).astype(np.float32)
    with tempfile.TemporaryDirectory(prefix="ann-benchmark-") as folder:
        path = Path(folder, "table.txt")
        np.savetxt(path, table, "%.6f")
        megabytes = path.stat().st_size / 1e6
        candidates = [
            Candidate("numpy.loadtxt", lambda: np.loadtxt(path, np.float32), megabytes),
            Candidate("ann", lambda: read_dataset([path], labelled=False), megabytes),
        ]
        yield from table_head("ms per MB")
        found = interleave(candidates, arguments.rounds, arguments.seconds)
        yield from table_rows(f"{megabytes:.0f} MB", found, 1e3, lambda r: f"{1 / r.median:.0f} MB/s")


BENCHMARKS = {"online": online, "minibatch": minibatch, "fullbatch": fullbatch, "parse": parse}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("benchmark", choices=BENCHMARKS)
    parser.add_argument("--shapes", default="abcde", help="which of the networks a b c d e (default all)")
    parser.add_argument("--rounds", type=int, default=9, help="measurements per candidate (default 9)")
    parser.add_argument("--seconds", type=float, default=20, help="stop a comparison after this time (default 20)")
    parser.add_argument("--threads", type=int, default=1, help="threads of our kernel, 0 = as many as pay (default 1)")
    arguments = parser.parse_args()
    versions = (
        f"Python {platform.python_version()}, numpy {np.__version__}, {os.cpu_count()} CPUs ({platform.machine()})"
    )
    print(f"{arguments.benchmark}: kernel {describe_kernel()}; {versions}\n")
    for line in BENCHMARKS[arguments.benchmark](arguments):
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
