"""A comparison: candidates called in turn, round after round, so that a noisy machine hits all of them alike."""

from __future__ import annotations

import gc
import resource
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple


class Candidate(NamedTuple):
    """What run() does costs `units` units of work; times are given per unit."""

    name: str
    run: Callable[[], object]
    units: float


class Result(NamedTuple):
    name: str
    median: float
    low: float
    high: float


def cpu_seconds() -> float:
    """Processor time of this process and of those it waited for: other work on the machine does not count into it."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def interleave(
    candidates: list[Candidate], rounds: int, seconds: float, clock: Callable[[], float] = time.perf_counter
) -> list[Result]:
    """Median, quartiles of the seconds per unit by `clock`; at least three rounds, then until the time is up."""
    times: dict[str, list[float]] = {c.name: [] for c in candidates}
    for candidate in candidates:
        candidate.run()
    gc.collect()
    gc.disable()
    begun = time.perf_counter()
    for done in range(rounds):
        for candidate in candidates:
            start = clock()
            candidate.run()
            times[candidate.name].append((clock() - start) / candidate.units)
        if done >= 2 and time.perf_counter() - begun > seconds:
            break
    gc.enable()
    results = []
    for name, found in times.items():
        # Twice, because quantiles() refuses a single measurement.
        low, median, high = statistics.quantiles(found * 2 if len(found) == 1 else found, n=4, method="inclusive")
        results.append(Result(name, median, low, high))
    return results


def repetitions(candidate: Callable[[], object], wanted: float = 0.02) -> int:
    """How often to repeat a short call so that one measurement takes about `wanted` seconds."""
    candidate()
    start = time.perf_counter()
    candidate()
    return max(1, round(wanted / max(1e-7, time.perf_counter() - start)))


def repeated(name: str, call: Callable[[], object], units: float) -> Candidate:
    """A candidate that repeats a short call."""
    times = repetitions(call)

    def run() -> None:
        for _ in range(times):
            call()

    return Candidate(name, run, units * times)


def table_head(unit: str) -> list[str]:
    return [f"| work | candidate | {unit} | quartiles | times as fast as the first |", "|---|---|---|---|---|"]


def table_rows(
    work: str, results: list[Result], scale: float, note: Callable[[Result], str] | None = None
) -> list[str]:
    """Markdown rows; the first result is the one the others are compared with."""
    lines = []
    for r in results:
        extra = f" ({note(r)})" if note else ""
        spread = f"{r.low * scale:.4g} - {r.high * scale:.4g}"
        lines.append(
            f"| {work} | {r.name} | {r.median * scale:.4g}{extra} | {spread} | {results[0].median / r.median:.2f} |"
        )
    return lines
