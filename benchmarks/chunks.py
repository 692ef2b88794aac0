"""What sums in 64 chunks cost one process, beside the same sums in one piece.

    python benchmarks/chunks.py [--variants avx2,avx512] [--rounds N] [--write]

Processor time of one thread (CPU time of the process), both ways in turns in the same process; the median of the ratios of
neighbours. --write puts the table into benchmarks/chunks.md.
"""

from __future__ import annotations

import argparse
import datetime
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from anncli.backends.base import Problem, Samples, Session
from anncli.backends.chunked_session import open_session
from anncli.backends.native import NativeBackend
from anncli.backends.rules import UpdateRule, UpdateState
from anncli.compiled import _native
from anncli.network.topology import Layer, Topology

Array = npt.NDArray[Any]
RESULT = Path(__file__).with_name("chunks.md")


class Work(NamedTuple):
    """A network, how many rows it sees, and the size of its batches: 0 for the gradient over all rows."""

    name: str
    sizes: tuple[int, ...]
    rows: int
    batch: int = 0


WORKS = (
    Work("28-32-1, gradient (lbfgs, rprop)", (28, 32, 1), 1_000_000),
    Work("e = 28-300-300-1, gradient", (28, 300, 300, 1), 100_000),
    Work("28-1000-970-1, gradient", (28, 1000, 970, 1), 65_536),
    Work("28-32-1, adam, batches of 4,096", (28, 32, 1), 1_000_000, 4_096),
    Work("28-32-1, adam, batches of 16,384", (28, 32, 1), 1_000_000, 16_384),
    Work("e, adam, batches of 4,096", (28, 300, 300, 1), 100_000, 4_096),
)


def measure(work: Work, variant: str, rounds: int) -> tuple[float, float, float]:
    """CPU seconds of an epoch in one piece and in chunks, and the median of the ratios."""
    rng = np.random.default_rng(7)
    layers = [Layer(units, "tanh") for units in work.sizes[1:-1]] + [Layer(work.sizes[-1], "logistic")]
    topology = Topology(work.sizes[0], tuple(layers))
    samples = Samples(
        rng.standard_normal((work.rows, work.sizes[0]), dtype=np.float32),
        (rng.random((work.rows, 1)) < 0.5).astype(np.float32),
    )
    parameters = rng.normal(0, 0.1, topology.n_parameters).astype(np.float32)
    problem, backend = Problem(topology, "binary-cross-entropy"), NativeBackend(1, variant)
    order = rng.permutation(work.rows).astype(np.int32) if work.batch else np.arange(work.rows, dtype=np.int32)
    plain = _epoch(backend.open(problem, samples), parameters, order, work.batch)
    chunked = _epoch(open_session(backend, problem, samples), parameters, order, work.batch)
    times: tuple[list[float], list[float]] = ([], [])
    for epoch in (plain, chunked):
        epoch()
    for _ in range(rounds):
        for epoch, found in zip((plain, chunked), times, strict=True):
            begin = time.process_time()
            epoch()
            found.append(time.process_time() - begin)
    ratios = [b / a for a, b in zip(*times, strict=True)]
    return statistics.median(times[0]), statistics.median(times[1]), statistics.median(ratios)


def _epoch(session: Session, parameters: Array, order: Array, batch: int) -> Callable[[], float]:
    gradient = np.empty_like(parameters)
    if not batch:
        return lambda: session.gradient(parameters, gradient, order)
    rule, point = UpdateRule("adam", 1e-4), parameters.copy()
    state = UpdateState.start(rule, point)
    return lambda: session.sweep(point, rule, state, order, batch)


def processor() -> str:
    """The name of the processor, where the system tells it."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown processor")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variants", default=",".join(name for name in _native.variants() if name != "baseline"))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", default="", help="works whose name has this in it")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    lines = ["| network, work | rows | variant | one piece, s | 64 chunks, s | ratio |", "|---|---|---|---|---|---|"]
    for work in WORKS:
        for variant in given.variants.split(",") if given.only in work.name else ():
            one, many, ratio = measure(work, variant, given.rounds)
            lines.append(f"| {work.name} | {work.rows:,} | {variant} | {one:.3f} | {many:.3f} | {ratio:.3f} |")
            print(lines[-1], file=sys.stderr, flush=True)
    print("\n".join(lines))
    if given.write:
        head = (
            RESULT.read_text(encoding="utf-8").partition("\n| ")[0].rstrip() if RESULT.exists() else "# Sums in chunks"
        )
        said = f"{datetime.date.today()}, {processor()}, one thread, {given.rounds} rounds; CPU seconds of one epoch."
        RESULT.write_text(f"{head}\n\n" + "\n".join(lines) + f"\n\n{said}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
