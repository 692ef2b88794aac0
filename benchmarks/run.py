"""Speed of anncli beside other programs on this machine: `python benchmarks/run.py online`, or another of BENCHMARKS.

Prints a markdown table of medians and ratios, and writes it into README.md with --write. Candidates that are not
installed are left out.
"""
# ruff: noqa: E402

from __future__ import annotations

import os

# One thread everywhere, before any library starts its own; and others at their best: OPENBLAS_CORETYPE makes OpenBLAS believe
# in another processor. Beside our AVX2 kernels it uses its own.
VARIANT = os.environ.get("ANN_KERNEL_VARIANT", "")
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
os.environ |= {"OPENBLAS_CORETYPE": "Haswell" if VARIANT == "avx2" else "", "OPENBLAS_L2_SIZE": ""}

import argparse
import ctypes
import platform
import re
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fann
import numpy as np
from measure import Candidate, cpu_seconds, interleave, repeated, table_head, table_rows
from processes import end_to_end, memory, predict, startup
from workloads import Workload, make

from anncli.compiled import describe_backend

# FANN needs so long for the large networks that some rows must do; times are per row.
ONLINE_ROWS = {"a": 699, "b": 2000, "c": 500, "d": 120, "e": 60}
FANN_BATCH_ROWS = {"a": 699, "b": 2000, "c": 1000, "d": 300, "e": 200}
# Enough epochs that the work of fit() before the first one takes at most a twentieth of its time.
SKLEARN_EPOCHS = {"a": 50, "b": 20, "c": 10, "d": 3, "e": 3}


def own_epochs(work: Workload, loss: str, trainer: str, threads: int = 1, **options: Any) -> Callable[[], object]:
    """A call that trains for one more epoch, as `ann train` and anncli.train() do."""
    epochs = work.training(loss, trainer, threads, **options).epochs(10**9)
    return lambda: next(epochs)


def online(arguments: argparse.Namespace) -> Iterator[str]:
    """One row at a time with momentum, beside FANN's incremental training."""
    yield from table_head("ns per row")
    for name in arguments.shapes:
        work = make(name)
        n, some = len(work.inputs), min(ONLINE_ROWS[name], len(work.inputs))
        candidates = []
        if (call := fann.epoch_of(work, some, full_batch=False)) is not None:
            candidates.append(repeated("FANN incremental", call, some))
        own = own_epochs(work, "mse", "online", learning_rate=0.1, momentum=0.9)
        candidates.append(repeated("ann online", own, n))
        yield from table_rows(name, interleave(candidates, arguments.rounds, arguments.seconds, arguments.clock), 1e9)


def minibatch(arguments: argparse.Namespace) -> Iterator[str]:
    """Adam in batches of 32, 200 and 1,000 rows, beside scikit-learn and torch."""
    yield from table_head("ms per epoch")
    for name in arguments.shapes:
        work = make(name)
        operations = work.operations_per_row() * len(work.inputs)
        for batch_size in (32, 200, 1000):
            candidates = []
            if (fit := sklearn_fit(work, batch_size)) is not None:
                candidates.append(Candidate("scikit-learn", fit, SKLEARN_EPOCHS[name]))
            candidates.append(repeated("ann adam", own_adam(work, batch_size, arguments.threads), 1))
            for fused in (False, True):
                if (epoch := torch_epoch(work, batch_size, fused)) is not None:
                    candidates.append(Candidate("torch fused" if fused else "torch", epoch, 1))
            found = interleave(candidates, arguments.rounds, arguments.seconds, arguments.clock)
            yield from table_rows(
                f"{name} {batch_size}", found, 1e3, lambda r, o=operations: f"{o / r.median / 1e9:.1f} GFLOP/s"
            )


def own_adam(work: Workload, batch_size: int, threads: int) -> Callable[[], object]:
    loss = work.classification_loss()
    return own_epochs(work, loss, "adam", threads, batch_size=batch_size, learning_rate=1e-3)


def sklearn_fit(work: Workload, batch_size: int) -> Callable[[], object] | None:
    """A whole fit() of SKLEARN_EPOCHS; partial_fit() would check its input in every epoch."""
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
            max_iter=SKLEARN_EPOCHS[work.name],
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
        candidates.append(repeated("ann irprop-", own_epochs(work, "mse", "irprop-", arguments.threads), n))
        yield from table_rows(name, interleave(candidates, arguments.rounds, arguments.seconds, arguments.clock), 1e9)


def parse(arguments: argparse.Namespace) -> Iterator[str]:
    """A text table of 58 columns into float32, beside numpy.loadtxt."""
    from anncli.formats.data.assemble import read_dataset

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
        found = interleave(candidates, arguments.rounds, arguments.seconds, arguments.clock)
        yield from table_rows(f"{megabytes:.0f} MB", found, 1e3, lambda r: f"{1 / r.median:.0f} MB/s")


def threads(arguments: argparse.Namespace) -> Iterator[str]:
    """The same training on one thread, on two, and on the fastest number."""
    yield from table_head("ms per epoch")
    for name in arguments.shapes:
        work = make(name)
        for batch_size in (32, 200, 1000):
            counts = {"1 thread": 1, "2 threads": 2, "--threads auto": 0}
            candidates = []
            for label, count in counts.items():
                call = own_adam(work, batch_size, count)
                for _ in range(0 if count else 8):  # the trial of both is over then
                    call()
                candidates.append(repeated(label, call, 1))
            yield from table_rows(
                f"{name} {batch_size}",
                interleave(candidates, arguments.rounds, arguments.seconds, arguments.clock),
                1e3,
            )


def peak(arguments: argparse.Namespace) -> Iterator[str]:
    """How much of what one core can multiply and add is used: training d and e in batches, and the products of others."""
    calls = {"multiply-add loop": loop} if (loop := fma_loop()) else {}
    for name in "de":
        work = make(name)
        for size in (200, 1000):
            calls[f"ann adam, {name} {size}"] = (own_adam(work, size, 1), work.operations_per_row() * len(work.inputs))
    square = np.random.default_rng(0).standard_normal((1024, 1024), dtype=np.float32)
    calls["numpy 1024 x 1024 x 1024"] = (lambda: square @ square, 2 * 1024**3)
    try:
        import torch
    except ImportError:
        pass
    else:
        torch.set_num_threads(1)
        tensor = torch.from_numpy(square)
        calls["torch 1024 x 1024 x 1024"] = (lambda: tensor @ tensor, 2 * 1024**3)
    candidates = [repeated(name, call, units / 1e9) for name, (call, units) in calls.items()]
    found = interleave(candidates, max(arguments.rounds, 15), arguments.seconds, arguments.clock)
    yield from table_head("ms per GFLOP")
    yield from table_rows("1 thread", found, 1e3, lambda r: f"{1 / r.median:.1f} GFLOP/s")


def fma_loop() -> tuple[Callable[[], object], float] | None:
    folder = tempfile.mkdtemp(prefix="ann-benchmark-")
    source = Path(__file__).with_name("peak.c")
    machine = ["-mavx2", "-mfma"] if VARIANT == "avx2" else ["-march=native", "-mprefer-vector-width=512"]
    flags = ["-O2", *machine, "-ffp-contract=fast", "-shared", "-fPIC"]
    try:
        subprocess.run(["gcc", *flags, "-o", f"{folder}/peak.so", str(source)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    run = ctypes.CDLL(f"{folder}/peak.so").peak_run
    run.argtypes, run.restype = [ctypes.c_long], ctypes.c_double
    return lambda: run(1_000_000), run(1_000_000)


CLOCKS = {"wall": time.perf_counter, "cpu": cpu_seconds}
BENCHMARKS: dict[str, Callable[[Any], Iterator[str]]] = {
    "online": online,
    "minibatch": minibatch,
    "fullbatch": fullbatch,
    "peak": peak,
    "threads": threads,
    "startup": startup,
    "parse": parse,
    "end-to-end": end_to_end,
    "predict": predict,
    "memory": memory,
}


def machine() -> str:
    """Processor, versions, and which of its kernels OpenBLAS uses."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.split(": ")[1] for line in lines if line.startswith("model name")), platform.machine())
    parts = [model, f"{os.cpu_count()} CPUs", f"kernel {describe_backend()}", f"Python {platform.python_version()}"]
    for name in ("numpy", "sklearn", "torch"):
        if name in sys.modules:
            parts.append(f"{name} {sys.modules[name].__version__}")
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return ", ".join(parts)
    parts += sorted({f"{i['internal_api']} for {i['architecture']}" for i in threadpool_info() if "architecture" in i})
    return ", ".join(parts)


def write(name: str, lines: list[str]) -> None:
    """Put the table between the marks in README.md that bear the benchmark's name."""
    path, name = Path(__file__).with_name("README.md"), f"{name} {VARIANT}".strip()
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    text = path.read_text(encoding="utf-8")
    block = "\n".join([begin, *lines, end])
    changed, found = re.subn(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: block, text, flags=re.DOTALL)
    if not found:
        sys.exit(f"{path} has no {begin}")
    path.write_text(changed, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("benchmark", choices=BENCHMARKS)
    parser.add_argument("--shapes", default="abcde", help="which of the networks a b c d e (default all)")
    parser.add_argument("--rounds", type=int, default=9, help="measurements per candidate (default 9)")
    parser.add_argument("--seconds", type=float, default=20, help="stop a comparison after this time (default 20)")
    parser.add_argument("--threads", default="1", metavar="N|auto", help="threads of our code (default 1)")
    parser.add_argument("--rows", type=int, default=1_000_000, help="predict, memory: rows of text (default 1,000,000)")
    parser.add_argument(
        "--clock",
        choices=CLOCKS,
        default="wall",
        help="cpu: processor time, for one thread on a machine with other work (default wall)",
    )
    parser.add_argument("--write", action="store_true", help="put the table into README.md too")
    arguments = parser.parse_args()
    arguments.threads = 0 if arguments.threads == "auto" else int(arguments.threads)
    lines, clock = [], arguments.clock
    arguments.clock = CLOCKS[clock]
    if arguments.benchmark == "threads" and clock == "cpu":
        parser.error("threads are about wall time")
    for line in BENCHMARKS[arguments.benchmark](arguments):
        lines.append(line)
        print(line, flush=True)
    lines.append(f"\n{machine()}; {clock} time; {time.strftime('%Y-%m-%d')}.")
    print(lines[-1])
    if arguments.write:
        write(arguments.benchmark, lines)


if __name__ == "__main__":
    main()
