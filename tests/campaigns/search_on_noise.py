"""Campaign: what does `ann search` report where there is nothing to find?

    python tests/campaigns/search_on_noise.py [--seeds 20] [--write]

Labels that have nothing to do with the inputs, half of them of each class: a network is right half of the time. Every
seed draws new rows and searches them with `--metric accuracy`, so that the figure that selects and the honest one can
be compared. Exit code 1 if the interval of the mean over seeds does not hold 0.5. It takes about a minute. --write
puts the result into docs/search.md. `test_search_campaign.py` runs two seeds.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from anncli.evaluation.distributions import student_quantile

ROOT = Path(__file__).parents[2]
ROWS, INPUTS, EPOCHS, TRIALS = 60, 4, 60, 10
_BEGIN, _END = "<!-- search on noise -->\n", "<!-- end -->\n"


class Run(NamedTuple):
    """One seed: accuracies 0 to 1 that selected a trial, that were estimated for the search, and for the defaults; interval:
    whether that of the estimate holds 0.5."""

    selected: float
    estimated: float
    defaults: float
    holds: bool


def write_noise(path: Path, seed: int) -> None:
    """Rows of normal inputs and labels a and b in random order."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(["a", "b"], ROWS // 2))
    rows = [",".join([*(f"{x:.5f}" for x in values), label]) for values, label in zip(rng.normal(size=(ROWS, INPUTS)), labels, strict=True)]  # fmt: skip
    path.write_text("\n".join([",".join([*"stuv"[:INPUTS], "label"]), *rows]) + "\n")


def search(seed: int, folder: Path) -> Run:
    write_noise(folder / "noise.csv", seed)
    options = [
        "--trials",
        TRIALS,
        "--strategy",
        "random",
        "--metric",
        "accuracy",
        "--choose",
        "best",
        "--seed",
        seed,
        "--json",
        "-q",
    ]
    command = [sys.executable, "-m", "anncli", "search", "noise.csv", EPOCHS, "--label", "label", *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([*map(str, command)], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    kept = found["trials"][found["kept"]]
    low, high = found["estimate"]["intervals"]["accuracy"]
    return Run(kept["value"], found["estimate"]["accuracy"], found["defaults"]["accuracy"], low <= 0.5 <= high)


def mean_interval(values: list[float]) -> tuple[float, float, float]:
    """The mean, and its 95 % interval by Student's t."""
    mean = float(np.mean(values))
    half = student_quantile(0.975, len(values) - 1) * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return mean, mean - half, mean + half


def campaign(seeds: int) -> list[Run]:
    with tempfile.TemporaryDirectory() as folder:
        return [search(seed, Path(folder)) for seed in range(1, seeds + 1)]


def report(runs: list[Run], seconds: float) -> str:
    lines = ["| accuracy | mean | 95 % interval of the mean |", "|---|---|---|"]
    for name, title in (("selected", "that selected the trial"), ("estimated", "honest estimate"), ("defaults", "the defaults, same rows")):  # fmt: skip
        mean, low, high = mean_interval([getattr(run, name) for run in runs])
        lines.append(f"| {title} | {100 * mean:.1f} % | {100 * low:.1f} to {100 * high:.1f} % |")
    holding = sum(run.holds for run in runs)
    lines += [
        "",
        f"{len(runs)} seeds, {ROWS} rows, {INPUTS} inputs, {TRIALS} trials, {EPOCHS} epochs; in {holding} of {len(runs)} the "
        f"interval that the command prints holds 50 %.",
        f"{datetime.date.today()}, {platform.machine()}, Python {platform.python_version()}, {seconds:.0f} s.",
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="search on labels that are noise")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    begin = time.monotonic()
    runs = campaign(asked.seeds)
    text = report(runs, time.monotonic() - begin)
    print(text)
    if asked.write:
        guide = ROOT / "docs/search.md"
        before, rest = guide.read_text("utf-8").split(_BEGIN)
        guide.write_text(before + _BEGIN + "\n" + text + "\n" + _END + rest.split(_END, 1)[1], "utf-8")
    _, low, high = mean_interval([run.estimated for run in runs])
    return 0 if low <= 0.5 <= high else 1


if __name__ == "__main__":
    sys.exit(main())
