"""What two ranks gain over one, and what more of them can be expected to: `python benchmarks/rank_speed.py` (MPICH and mpi4py).

Each training runs for two numbers of epochs, on one rank and on two: the differences are free of reading and starting. Every rank has a
processor of its own, and its processor time is compared with that of one rank on the same one: processors of virtual machines differ. Of the
two ranks the one that gains least counts, because all others wait for it. The messages of a sum are measured between two
hosts, which are network namespaces with real TCP between them (root; else between two processes). --write puts the tables into
benchmarks/ranks.md and docs/cluster.md.
"""

from __future__ import annotations

import argparse
import datetime
import math
import os
import platform
import re
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests/campaigns"))
from hosts import Hosts, why_not
from launchers import environment

ROOT = Path(__file__).parents[1]
MPIRUN = str(Path(sys.executable).parent / "mpirun")
CHUNKS = 64
EXPECTED = (2, 4, 8, 16, 32, 64)


class Work(NamedTuple):
    """A training by lbfgs over all rows: layers, rows, the two numbers of epochs, parameters."""

    layers: str
    rows: int
    epochs: tuple[int, int]
    parameters: int


WORKS = {
    "28-32-1, 1,000,000 rows": Work("32 tanh, 1 logistic", 1_000_000, (2, 32), 961),
    "e = 28-300-300-1, 100,000 rows": Work("300 tanh, 300 tanh, 1 logistic", 100_000, (1, 9), 99_301),
}


class Cost(NamedTuple):
    """Seconds of an epoch of one rank, and of the one of two that gains least, on the same processor; sums that an epoch takes."""

    one: float
    two: float
    sums: float

    @property
    def divided(self) -> float:
        """What the ranks share, of `one`; the rest is done by each of them, or by rank 0 alone."""
        return min(2 * (self.one - self.two), self.one)

    def on(self, ranks: int, message: float) -> float:
        """Expected on so many ranks: the longest share of chunks, the rest, and messages that go through a tree of ranks."""
        longest = math.ceil(CHUNKS / ranks) / CHUNKS
        return self.divided * longest + self.one - self.divided + self.sums * math.ceil(math.log2(ranks)) * message


def write_data(folder: Path, work: Work) -> None:
    rng = np.random.default_rng(11)
    x = rng.standard_normal((work.rows, 28), dtype=np.float32)
    y = (x[:, 0] * x[:, 1] + x[:, 2] > 0).astype(np.float32)
    np.save(folder / "rows.npy", np.column_stack([x, y]))
    (folder / "net.nn").write_text(f"anncli: 1\ninputs: 28\nlayers: [{work.layers}]\n")


def processors() -> list[int]:
    """Those of the ranks."""
    return (sorted(os.sched_getaffinity(0)) * 2)[:2]


def seconds(folder: Path, ranks: int, epochs: int, swap: int = 0) -> tuple[dict[int, float], float]:
    """Processor -> the time that its rank took, and the rows that all summed over; swap: 1 where rank 0 has the other processor."""
    for old in folder.glob("time.*"):
        old.unlink()
    train = "train net.nn rows.npy --label last --scaling none --validation 0 --trainer lbfgs --threads 1 -v -o out.nn"
    # The shell says at its end what its child took.
    first, second = reversed(processors()) if swap else processors()
    pinned = f"taskset -c $((PMI_RANK ? {second} : {first}))"
    script = (
        f'{pinned} {sys.executable} -m anncli {train} {epochs}; code=$?; times > "time.${{PMI_RANK:-0}}"; exit $code'
    )
    done = subprocess.run(
        ["timeout", "-k", "5", "500", MPIRUN, "-n", str(ranks), "bash", "-c", script], cwd=folder, capture_output=True, text=True,
        env=environment(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1"), stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    (folder / "out.nn").unlink()
    taken = {
        on: _taken(path.read_text()) for on, path in zip((first, second), sorted(folder.glob("time.*")), strict=False)
    }
    rows = [float(n.replace(",", "")) for n in re.findall(r"ann: rank \d+ on \S+: ([\d,]+) rows", done.stderr)]
    return taken, sum(rows)


def _taken(told: str) -> float:
    """User and system time of children, the second line of `times`."""
    found = re.findall(r"(\d+)m([\d.]+)s", told.splitlines()[1])
    return sum(60 * int(minutes) + float(rest) for minutes, rest in found)


def cost(folder: Path, work: Work, rounds: int) -> Cost:
    write_data(folder, work)
    (few, many), sums = work.epochs, 0.0
    least: dict[tuple[int, int], float] = {}
    for ranks, swap in [(1, 0), (2, 0), (1, 1), (2, 1)] * rounds:
        (begun, first), (ended, last) = seconds(folder, ranks, few, swap), seconds(folder, ranks, many, swap)
        for on, taken in ended.items():
            each = (taken - begun[on]) / (many - few)
            least[ranks, on] = min(least.get((ranks, on), math.inf), each)
        sums = max(sums, (last - first) / work.rows / (many - few))
    slow = min(processors(), key=lambda on: least[1, on] / least[2, on])
    return Cost(least[1, slow], least[2, slow], sums)


def messages(seconds_each: float) -> tuple[dict[int, float], str]:
    """Parameters -> seconds of the messages of a sum, the smallest of many; and how the processes were connected."""
    with nullcontext() if why_not() else Hosts(2) as hosts:
        words, how = [MPIRUN, "-n", "2"], "shared memory"
        if hosts is not None:
            words, how = hosts.on(1, [*words, *hosts.mpich]), "TCP between two network namespaces"
        script = [sys.executable, str(ROOT / "benchmarks/ranks.py"), "--seconds", str(seconds_each)]
        done = subprocess.run(
            ["timeout", "-k", "5", "500", *words, *script],
            env=environment(),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            raise SystemExit(done.stderr)
        how += f", {hosts.bytes_of(2) / 1e6:,.0f} MB counted" if hosts is not None else ""
    rows = re.findall(r"^\| ([\d,]+) \| ([\d.]+) / ([\d.]+) \| ([\d.]+)", done.stdout, re.MULTILINE)
    return {int(p.replace(",", "")): float(smallest) / 1e3 for p, smallest, _, _ in rows}, how


def message_of(parameters: int, measured: dict[int, float]) -> float:
    """Between the measured sizes, on a straight line."""
    return float(np.interp(parameters, list(measured), list(measured.values())))


def tables(costs: dict[str, Cost], measured: dict[int, float], how: str) -> tuple[str, str]:
    """What was measured, and what follows from it."""
    when = f"{datetime.date.today()}, {os.cpu_count()} processors of {platform.machine()}, load {os.getloadavg()[0]:.0f}, MPICH"
    lines = [
        f"{when}; messages: {how}.",
        "",
        "| training by lbfgs | 1 rank, s | slower of 2, s | gain | sums an epoch |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {c.one:.3f} | {c.two:.3f} | {c.one / c.two:.2f} | {c.sums:.1f} |" for name, c in costs.items()
    ]
    lines += ["", "| parameters | messages of a sum between 2 hosts, ms |", "|---|---|"]
    lines += [f"| {p:,} | {1e3 * taken:.2f} |" for p, taken in measured.items()]
    head = "| training by lbfgs | " + " | ".join(f"{n} ranks" for n in EXPECTED) + " | 128 to 1,024 |"
    expected = [head, "|---" * (len(EXPECTED) + 2) + "|"]
    for name, c in costs.items():
        message = message_of(WORKS[name].parameters, measured)
        expected.append(
            f"| {name} | " + " | ".join(f"{c.one / c.on(n, message):.1f}" for n in EXPECTED) + " | refused |"
        )
    return "\n".join(lines), "\n".join(expected)


def put(page: Path, name: str, text: str) -> None:
    """Into the place of that name in a page."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, after = page.read_text().split(begin)[0], page.read_text().split(end)[1]
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="for each size of messages")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    measured, how = messages(asked.seconds)
    print(how, measured, flush=True)
    costs = {}
    for name, work in WORKS.items():
        with tempfile.TemporaryDirectory() as place:
            costs[name] = cost(Path(place), work, asked.rounds)
        print(name, costs[name], flush=True)
    found, expected = tables(costs, measured, how)
    print(found, expected, sep="\n\n")
    if asked.write:
        put(ROOT / "benchmarks/ranks.md", "speed of ranks", found)
        put(ROOT / "docs/cluster.md", "expected speed", expected)


if __name__ == "__main__":
    main()
