"""What `ann search` gains over the defaults, and what it costs: both on the same rows, which no search saw.

    python benchmarks/search_gain.py FOLDER [--sets housing.arff.gz,...] [--trials 12] [--epochs 300] [--jobs 2] [--write]

FOLDER holds the files of SETS, which are in the UCI Machine Learning Repository and WEKA's collections. Every set is searched
in the default space with 3 outer and 3 inner folds, once for each strategy; `--choose best` is the same search with
another rule, from the ledger. --write puts the table into benchmarks/search.md.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]

# The file, and the options that it needs besides its name.
SETS: dict[str, str] = {
    "tables/wheat-seeds.csv.gz": "--label last --task classification",
    "tables/breast-cancer.csv.gz": "--label last --missing indicator",
    "glass/glass.arff": "",
    "ionosphere/ionosphere.arff": "",
    "vehicle/vehicle.arff": "",
    "tables/tic-tac-toe.arff.gz": "",
    "tables/servo.arff.gz": "",
    "tables/housing.arff.gz": "",
    "tables/stock.arff.gz": "",
}
STRATEGIES, RULES = ("halving", "random"), ("smallest", "best")
_BEGIN, _END = "<!-- table -->\n", "<!-- end -->\n"


class Line(NamedTuple):
    """One set, strategy and rule: error of the search and of the defaults on the outer folds, the same for the log loss (of
    numbers the mean squared error), and seconds."""

    name: str
    strategy: str
    rule: str
    search: float
    defaults: float
    search_loss: float
    defaults_loss: float
    seconds: float

    @property
    def change(self) -> float:
        """The error over that of the defaults, less 1."""
        return self.search / self.defaults - 1 if self.defaults else 0.0

    @property
    def loss_change(self) -> float:
        """The same for the loss."""
        return self.search_loss / self.defaults_loss - 1


def error(evaluation: dict[str, Any]) -> float:
    """1 - accuracy, or the root of the mean squared error over that of always predicting the mean."""
    if "accuracy" in evaluation:
        return 1 - float(evaluation["accuracy"])
    return float(max(0.0, 1 - evaluation["r2"])) ** 0.5


def loss(evaluation: dict[str, Any]) -> float:
    """What trials are selected by: the log loss, or the squared error."""
    return float(evaluation["log_loss"] if "accuracy" in evaluation else error(evaluation) ** 2)


def search(path: Path, options: str, strategy: str, rule: str, asked: argparse.Namespace, ledger: Path) -> Line:
    command = [
        sys.executable,
        "-m",
        "anncli",
        "search",
        path,
        asked.epochs,
        *shlex.split(options),
        "--trials",
        asked.trials,
    ]
    command += ["--strategy", strategy, "--choose", rule, "--folds", 3, "--outer-folds", 3, "--jobs", asked.jobs]
    command += ["--ledger", ledger, "--seed", asked.seed, "--json", "-q"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    begin = time.monotonic()
    done = subprocess.run([*map(str, command)], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{path}: {done.stderr or done.stdout}")
    found = json.loads(done.stdout)
    seconds = time.monotonic() - begin
    both = found["estimate"], found["defaults"]
    name = path.name.split(".")[0]
    return Line(name, strategy, rule, *map(error, both), *map(loss, both), seconds)


def table(lines: list[Line], asked: argparse.Namespace) -> str:
    """Errors in percent, and their mean ratio."""
    ways = [(strategy, rule) for strategy in STRATEGIES for rule in RULES]
    by = {(line.name, line.strategy, line.rule): line for line in lines}
    names = list(dict.fromkeys(line.name for line in lines))
    head = [
        "set",
        "defaults",
        *(f"{strategy}, {rule}" for strategy, rule in ways),
        *(f"seconds, {s}" for s in STRATEGIES),
    ]
    text = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name in names:
        cells = [f"{100 * by[name, *ways[0]].defaults:.2f}"]
        cells += [f"{100 * by[name, *way].search:.2f}" for way in ways]
        cells += [f"{by[name, strategy, RULES[0]].seconds:.0f}" for strategy in STRATEGIES]
        text.append(f"| {name} | " + " | ".join(cells) + " |")
    for title, field in (("error", "change"), ("loss", "loss_change")):
        changes = [[getattr(by[name, *way], field) for name in names] for way in ways]
        means = [f"{100 * sum(each) / len(each):+.1f} %" for each in changes]
        counts = [f"{sum(x < 0 for x in each)} / {sum(x > 0 for x in each)}" for each in changes]
        text.append(f"| mean change of the {title} | | " + " | ".join(means) + " |" + " |" * len(STRATEGIES))
        text.append(f"| sets better / worse in the {title} | | " + " | ".join(counts) + " |" + " |" * len(STRATEGIES))
    text += [
        "",
        f"{asked.trials} trials, at most {asked.epochs} epochs, 3 outer and 3 inner folds, --seed {asked.seed}, --jobs {asked.jobs}; {datetime.date.today()}, "
        f"{platform.machine()}, {os.cpu_count()} processors, shared with other work, Python {platform.python_version()}.",
    ]
    return "\n".join(text) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="search and defaults on the same rows")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--epochs", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--ledgers", type=Path, help="keep the ledgers in this folder")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    lines: list[Line] = []
    with tempfile.TemporaryDirectory() as ledgers:
        for number, name in enumerate(asked.sets.split(",")):
            for strategy in STRATEGIES:
                for rule in RULES:
                    ledger = (asked.ledgers or Path(ledgers)) / f"{number}-{strategy}"
                    lines.append(search(asked.folder / name, SETS[name], strategy, rule, asked, ledger))
                    print(lines[-1], file=sys.stderr, flush=True)
    text = table(lines, asked)
    print(text)
    if asked.write:
        page = ROOT / "benchmarks/search.md"
        before, rest = page.read_text("utf-8").split(_BEGIN)
        page.write_text(before + _BEGIN + "\n" + text + "\n" + _END + rest.split(_END, 1)[1], "utf-8")


if __name__ == "__main__":
    main()
