"""Faults of a cluster of Dask at random moments: `python tests/campaigns/dask_faults.py` loses workers, hosts, the scheduler and the
command itself, and asks each time whether the command ended as it should within its limit, whether the same command then goes on
with its ledger, and whether all bytes are those of a run in one process.

Two hosts are network namespaces (hosts.py; root only). The scheduler, the command and a worker are on the first, another worker is on
the second. `--tries N` faults of each kind, `--kinds NAME,...`, `--write` puts the table into docs/cluster.md.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from hosts import Hosts, left, why_not

ROOT = Path(__file__).parents[2]
LIMIT = 6.0
PORT = 8786
# Nine trainings of a second or so.
COMMAND = (
    "cv",
    "net.nn",
    "pos.txt",
    "neg.txt",
    "800",
    "--trainer",
    "online",
    "--folds",
    "3",
    "--repeats",
    "3",
    "--force",
)
LEDGER = ("--ledger", "l")
N_TRAININGS = 9
PYTHON = [sys.executable, "-m"]


class Cluster:
    """Scheduler, workers and the command of one try; mark: NAME=VALUE in the environment of all of them."""

    def __init__(self, hosts: Hosts, folder: Path, mark: str) -> None:
        self.hosts, self.folder = hosts, folder
        name, _, value = mark.partition("=")
        self.environment = {
            **os.environ, "PYTHONPATH": str(ROOT), name: value, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
            "DASK_TEMPORARY_DIRECTORY": str(folder),
        }  # fmt: skip
        self.url = f"{hosts.address(1)}:{PORT}"
        self.scheduler = self._start(1, "scheduler", "dask", "scheduler", "--port", str(PORT), "--no-dashboard")
        self._until("scheduler", "Scheduler at")
        self.workers = [self._worker(number) for number in (1, 2)]
        self.command: subprocess.Popen[bytes] | None = None

    def run(self, timeout: float | None = LIMIT) -> subprocess.Popen[bytes]:
        """Begin the command."""
        words = ["--executor", f"dask://{self.url}", "--insecure", "--worker-timeout", str(timeout)]
        with (self.folder / "out").open("wb") as out, (self.folder / "err").open("wb") as err:
            command = [*PYTHON, "anncli", *COMMAND, *LEDGER, *words]
            self.command = subprocess.Popen(
                self.hosts.on(1, command), cwd=self.folder, env=self.environment, stdout=out, stderr=err
            )
        return self.command

    def trainings(self) -> int:
        """How many the ledger holds."""
        path = self.folder / "l"
        return max(0, path.read_bytes().count(b"\n") - 1) if path.exists() else 0

    def wake(self) -> None:
        """Nothing that was stopped may stay so, or it could not be ended."""
        for process in (self.scheduler, *self.workers):
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)

    def _worker(self, number: int) -> subprocess.Popen[bytes]:
        words = ("dask", "worker", f"tcp://{self.url}", "--nthreads", "1", "--no-nanny", "--no-dashboard")
        process = self._start(number, f"worker{number}", *words)
        self._until(f"worker{number}", "Registered to")
        return process

    def _start(self, host: int, name: str, *words: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                self.hosts.on(host, [*PYTHON, *words]), cwd=self.folder, env=self.environment, stdout=log, stderr=log
            )

    def _until(self, name: str, words: str) -> None:
        for _ in range(600):
            if words in (self.folder / f"{name}.log").read_text("utf-8", "replace"):
                return
            time.sleep(0.1)
        raise AssertionError((self.folder / f"{name}.log").read_text("utf-8", "replace"))


class Kind(NamedTuple):
    """A kind of fault. codes: how the command may end; seconds: until then, where it does not go on; mends: after the fault."""

    words: str
    strike: Callable[[Cluster], None]
    codes: tuple[int, ...]
    seconds: float | None = None
    mend: Callable[[Cluster], None] = lambda cluster: None


def _signal(which: str, number: int) -> Callable[[Cluster], None]:
    def strike(cluster: Cluster) -> None:
        if which == "worker":
            process = random.choice(cluster.workers)
        elif which == "scheduler":
            process = cluster.scheduler
        else:
            assert cluster.command is not None
            process = cluster.command
        process.send_signal(number)

    return strike


def _cut_for(seconds: float) -> Callable[[Cluster], None]:
    def strike(cluster: Cluster) -> None:
        cluster.hosts.cut(2)
        time.sleep(seconds)
        cluster.hosts.mend(2)

    return strike


def _both_workers(cluster: Cluster) -> None:
    for worker in cluster.workers:
        worker.kill()


def _mend(cluster: Cluster) -> None:
    cluster.hosts.mend(2)


KINDS = {
    "worker-killed": Kind("a worker is killed", _signal("worker", signal.SIGKILL), (0,)),
    "worker-ended": Kind("a worker is ended by SIGTERM", _signal("worker", signal.SIGTERM), (0,)),
    "worker-stopped": Kind("a worker is stopped (SIGSTOP)", _signal("worker", signal.SIGSTOP), (0,)),
    "cut": Kind("a host is cut off for good", lambda cluster: cluster.hosts.cut(2), (0,), mend=_mend),
    "unplugged": Kind("the cable of a host is pulled", lambda cluster: cluster.hosts.cut(2, True), (0,), mend=_mend),
    "cut-5": Kind("a host is cut off for 5 s", _cut_for(5.0), (0,)),
    "workers-killed": Kind("all workers are killed", _both_workers, (1,), LIMIT + 5),
    "scheduler-killed": Kind("the scheduler is killed", _signal("scheduler", signal.SIGKILL), (1,), 5.0),
    "scheduler-stopped": Kind(
        "the scheduler is stopped (SIGSTOP)", _signal("scheduler", signal.SIGSTOP), (1,), LIMIT + 5
    ),
    "int": Kind("SIGINT to the command", _signal("command", signal.SIGINT), (130,), 5.0),
    "term": Kind("SIGTERM to the command", _signal("command", signal.SIGTERM), (143,), 5.0),
    "kill": Kind("the command is killed", _signal("command", signal.SIGKILL), (-9,), 5.0),
}


class Outcome(NamedTuple):
    """code, seconds: how and when after the fault the command ended; done: trainings in the ledger then; faults: what was wrong."""

    code: int
    seconds: float
    done: int
    faults: list[str]


def write_data(folder: Path) -> None:
    """Two classes of 2,000 rows, and a network."""
    (folder / "net.nn").write_text("anncli: 1\ninputs: 2\nlayers: [3 tanh, 1 logistic]\n")
    for name, sign in (("pos.txt", 1), ("neg.txt", -1)):
        (folder / name).write_text("".join(f"{sign * (k % 17) + k % 5} {k % 13 - sign}\n" for k in range(2000)))


def alone(folder: Path) -> tuple[bytes, list[Any]]:
    """What one process prints, and its ledger."""
    command = [*PYTHON, "anncli", *COMMAND, *LEDGER]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return done.stdout, ledger(folder)


def ledger(folder: Path) -> list[Any]:
    """The trainings of the ledger without their times, by digest."""
    found = [json.loads(line) for line in (folder / "l").read_text().splitlines()[1:]]
    return sorted(({**one, "seconds": [], "total_seconds": 0.0} for one in found), key=lambda one: one["digest"])


def attempt(hosts: Hosts, kind: Kind, right: tuple[bytes, list[Any]], moment: float, number: int) -> Outcome:
    """One fault after `moment` of the trainings; then the same command in one process, with the ledger."""
    mark = f"DASK_FAULT={os.getpid()}-{number}"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_data(folder)
        cluster = Cluster(hosts, folder, mark)
        try:
            before = hosts.bytes_of(2)
            process = cluster.run()
            while cluster.trainings() < 1 + int(moment * (N_TRAININGS - 4)) and process.poll() is None:
                time.sleep(0.05)
            time.sleep(0.3 * (moment * 97 % 1))
            early = process.poll() is not None
            began = time.monotonic()
            kind.strike(cluster)
            code = process.wait(120)
            seconds, done = time.monotonic() - began, cluster.trainings()
            faults = _faults(kind, code, seconds, (folder / "err").read_text("utf-8", "replace"))
            faults += [(folder / "err").read_text("utf-8", "replace")[-300:]] if early else []
            faults += [] if hosts.bytes_of(2) > before + 10_000 else ["nothing went over the network"]
            if code == 0:
                faults += [] if ((folder / "out").read_bytes(), ledger(folder)) == right else ["other bytes"]
            elif done >= N_TRAININGS:
                faults.append("the fault came too late")
            kept = (folder / "l").read_bytes()
            faults += [] if alone(folder) == right else ["other bytes when the command went on"]
            faults += [] if (folder / "l").read_bytes().startswith(kept) else ["the ledger lost a training"]
        finally:
            cluster.wake()
            kind.mend(cluster)
            left(mark, 0.0)
            for child in (cluster.scheduler, *cluster.workers, cluster.command):
                if child is not None:
                    child.wait()
        return Outcome(code, seconds, done, faults)


def _faults(kind: Kind, code: int, seconds: float, errors: str) -> list[str]:
    """What the end of the command does wrong."""
    found = [] if code in kind.codes else [f"exit {code}: {errors.strip()[-300:]}"]
    if kind.seconds is not None and seconds > kind.seconds:
        found.append(f"{seconds:.1f} s, not {kind.seconds:g} s")
    found += [f"a line of somebody else: {line[:100]}" for line in errors.splitlines() if not line.startswith("ann: ")]
    if code in (1, 130, 143) and not re.search(r"ledger", errors.splitlines()[-1] if errors else ""):
        found.append("the last line does not say what was kept")
    return found


def campaign(kinds: list[str], tries: int, seed: int) -> tuple[str, int]:
    """The table, and how many tries went wrong."""
    draw, lines, wrong = random.Random(seed), [], 0
    random.seed(seed)
    with Hosts(2) as hosts, tempfile.TemporaryDirectory() as name:
        write_data(Path(name))
        right = alone(Path(name))
        for kind in kinds:
            outcomes = []
            for number in range(tries):
                outcome = attempt(hosts, KINDS[kind], right, draw.random(), number)
                outcomes.append(outcome)
                print(f"{kind}: {outcome}", file=sys.stderr, flush=True)
            bad = sum(bool(outcome.faults) for outcome in outcomes)
            wrong += bad
            codes = ", ".join(map(str, sorted({outcome.code for outcome in outcomes})))
            longest = max(outcome.seconds for outcome in outcomes)
            done = f"{min(o.done for o in outcomes)} to {max(o.done for o in outcomes)}"
            lines.append(f"| {KINDS[kind].words} | {tries} | {codes} | {longest:.1f} | {done} | {bad} |")
    head = "| fault | tries | exit code | longest time to the end, s | trainings of 9 in the ledger | wrong |\n|---|---|---|---|---|---|"
    return "\n".join([head, *lines]), wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    if reason := why_not():
        print(reason)
        return 0
    if shutil.which("setsid") is None:
        print("needs util-linux")
        return 0
    table, wrong = campaign(asked.kinds.split(","), asked.tries, asked.seed)
    said = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}, {os.cpu_count()} CPUs, Python {platform.python_version()}"
    print(f"{said}, --worker-timeout {LIMIT:g}, seed {asked.seed}\n\n{table}")
    if asked.write:
        guide = ROOT / "docs/cluster.md"
        text = guide.read_text("utf-8")
        begin, end = "<!-- dask faults -->\n", "<!-- end of dask faults -->"
        shown = f"{begin}{said}, `--worker-timeout {LIMIT:g}`, seed {asked.seed}:\n\n{table}\n{end}"
        guide.write_text(re.sub(f"{begin}.*?{end}", lambda match: shown, text, flags=re.DOTALL), "utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
