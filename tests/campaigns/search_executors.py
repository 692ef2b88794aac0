"""Campaign: is `ann search` the same whoever trains, and when it is killed in the middle and goes on?

    python tests/campaigns/search_executors.py [--trials 64] [--seed 1] [--write]

One search on rows of a small table, in this process, in 1, 2 and 4 threads, in 1, 2 and 4 processes, and, where Dask is
installed (pip install '.[dask,search]'), by 1, 2 and 4 workers of a scheduler on this machine. Each once to its end, and once
killed by SIGKILL when its ledger holds a third of the trainings, and begun again with the same command. Compared with the search
in this process: the documents of the ledger up to their order and seconds, the JSON document up to its seconds, and the bytes of the
network. Exit code 1 where one differs. It takes about a minute on an idle machine. --write puts the table into docs/search.md.
`test_search_executors.py` runs a part of it.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "cli"))
_BEGIN, _END = "<!-- search by executors -->\n", "<!-- end -->\n"
ROWS, INPUTS, EPOCHS = 150, 5, 20
# Keys of a JSON document whose values differ from run to run.
_TIMES = ("seconds", "total_seconds")


class Left(NamedTuple):
    """What a search left: digests of its network, of its ledger without order and seconds, of its document without seconds; trainings:
    in the ledger."""

    network: str
    ledger: str
    document: str
    trainings: int


class Run(NamedTuple):
    """One search: its executor and workers; before: trainings in the ledger when it was killed, None where nothing was; left: what
    it left; seconds: wall time of its last command."""

    executor: str
    workers: int
    before: int | None
    left: Left
    seconds: float


def write_rows(path: Path, seed: int) -> None:
    """Two classes that overlap."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat([0, 1], ROWS // 2))
    values = rng.normal(size=(ROWS, INPUTS)) + 0.8 * labels[:, None]
    rows = [",".join([*(f"{x:.5f}" for x in row), "ab"[label]]) for row, label in zip(values, labels, strict=True)]
    path.write_text("\n".join([",".join([*"vwxyz"[:INPUTS], "label"]), *rows]) + "\n")


def command(trials: int, seed: int, executor: Sequence[str]) -> list[str]:
    strategy = "tpe" if find_spec("optuna") else "random"
    return [
        sys.executable, "-m", "anncli", "search", "rows.csv", str(EPOCHS), "--label", "label", "--seed", str(seed),
        "--trials", str(trials), "--strategy", strategy, "--validation", "chosen.csv", "--test", "0.2", "--hidden", "2..8",
        "--learning-rate", "1e-3..0.1", "--l2", "auto/1e-4..0.1", "--output", "out.nn", "--force", "--ledger", "ledger", "--json", *executor,
    ]  # fmt: skip


def left_in(folder: Path, output: str) -> Left:
    documents = [json.loads(line) for line in (folder / "ledger").read_text().splitlines()[1:]]
    ordered = sorted((_without_times(one) for one in documents), key=lambda one: str(one["digest"]))
    return Left(
        hashlib.sha256((folder / "out.nn").read_bytes()).hexdigest()[:12],
        _digest(ordered),
        _digest(_without_times(json.loads(output))),
        len(documents),
    )


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_times(item) for key, item in value.items() if key not in _TIMES}
    return [_without_times(item) for item in value] if isinstance(value, list) else value


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]


def search(folder: Path, arguments: Sequence[str]) -> str:
    """What the command prints."""
    done = subprocess.run(arguments, cwd=folder, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def killed(folder: Path, arguments: Sequence[str], lines: int) -> int:
    """Kill the command when its ledger has so many lines; returns how many trainings the ledger then holds."""
    ledger = folder / "ledger"
    with subprocess.Popen(arguments, cwd=folder, env=environment(), stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and not (ledger.exists() and ledger.read_bytes().count(b"\n") > lines):
            time.sleep(0.01)
        process.kill()
    assert process.returncode != 0, "it ended before it was killed"
    return ledger.read_bytes().count(b"\n") - 1


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANN_") or name == "ANN_KERNELS"}
    return {**kept, "PYTHONPATH": str(ROOT)}


@contextlib.contextmanager
def executors(folder: Path, workers: Sequence[int]) -> Iterator[list[tuple[str, int, list[str]]]]:
    """Name, workers and options of every executor; those of Dask have a cluster each."""
    found = [("in this process", 1, list[str]())]
    for name in ("threads", "processes"):
        found += [(name, n, ["--executor", name, "--jobs", str(n)]) for n in workers]
    with contextlib.ExitStack() as stack:
        if find_spec("distributed"):
            from dask_cluster import local_cluster

            for n in workers:
                cluster = stack.enter_context(local_cluster(folder / f"dask-{n}", n))
                found.append(("Dask", n, ["--executor", cluster.executor]))
        yield found


def campaign(folder: Path, trials: int, seed: int, workers: Sequence[int] = (1, 2, 4)) -> list[Run]:
    """Every executor, to the end and killed; the first run is what the others are held against."""
    runs = []
    with executors(folder, workers) as all_executors:
        for number, (name, n, options) in enumerate(all_executors):
            for is_killed in (False, True):
                own = folder / f"{number}{'-killed' * is_killed}"
                own.mkdir()
                write_rows(own / "rows.csv", seed)
                write_rows(own / "chosen.csv", seed + 1000)
                arguments = command(trials, seed, options)
                before = killed(own, arguments, trials // 3) if is_killed else None
                begin = time.monotonic()
                output = search(own, arguments)
                runs.append(Run(name, n, before, left_in(own, output), time.monotonic() - begin))
                print(runs[-1], flush=True)
    return runs


def different(runs: Sequence[Run]) -> list[Run]:
    """The runs that did not leave what the first one left."""
    return [run for run in runs if run.left != runs[0].left]


def table(runs: Sequence[Run]) -> str:
    head = (
        "| executor | workers | killed with | trainings | ledger | result | network |\n|---|---|---|---|---|---|---|\n"
    )
    rows = [
        f"| {run.executor} | {run.workers} | {'' if run.before is None else f'{run.before} trainings'} | {run.left.trainings} | "
        f"{run.left.ledger} | {run.left.document} | {run.left.network} |\n"
        for run in runs
    ]
    return head + "".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="put the table into docs/search.md")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        runs = campaign(Path(name), asked.trials, asked.seed)
    print(table(runs))
    wrong = different(runs)
    print(f"{len(runs)} searches of {asked.trials} trials, {len(wrong)} of them other than the first")
    if asked.write:
        from guide import circumstances

        path = ROOT / "docs" / "search.md"
        text = path.read_text("utf-8")
        begin, end = text.index(_BEGIN) + len(_BEGIN), text.index(_END, text.index(_BEGIN))
        said = f"{len(runs)} searches of {asked.trials} trials, {circumstances(asked.seed)}; digests:\n\n{table(runs)}"
        path.write_text(text[:begin] + "\n" + said + "\n" + text[end:], "utf-8")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
