"""The tables of accuracy.md from the runs that accuracy.py wrote: set by set, and means and ranks over the sets.

python benchmarks/accuracy_report.py DATA_FOLDER runs.csv

Runs of an earlier version, under the engine `ann before`, stand in the tables and have no rank.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from accuracy_sets import Task, held_out, load_tasks

Array = Any

ENGINES = ("ann", "sklearn", "sklearn:early_stopping=True", "logistic", "lightgbm", "fann")
BEFORE = "ann before"
# Its outputs are no probabilities.
_WITHOUT_LOSS = ("fann",)


class Run(NamedTuple):
    """A line of the file of runs; condition: what was done to the training rows, see conditions.py; error in %; log_loss: the
    mean of -log(probability of the right class), at most 16.1; seconds: of the processor; one_class: 1 where the same class
    was predicted for every row."""

    set: str
    condition: str
    engine: str
    seed: int
    fold: int
    error: float
    log_loss: float
    seconds: float
    one_class: int


def read_runs(path: Path) -> list[Run]:
    if not path.exists():
        return []
    kinds = {"seed": int, "fold": int, "error": float, "log_loss": float, "seconds": float, "one_class": int}
    with open(path, newline="") as file:
        return [
            Run(**{name: kinds.get(name, str)(value) for name, value in row.items()}) for row in csv.DictReader(file)
        ]


def report(tasks: list[Task], outside: set[str], engines: list[str], runs: list[Run], condition: str) -> str:
    """Markdown for the sets that every engine with runs has run: a row per set, then means and ranks; `outside`: the sets
    that settings were not chosen by."""
    found: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        if run.condition == condition:
            found.setdefault((run.set, run.engine), []).append(run)
    engines = [engine for engine in engines if any(name == engine for _, name in found)]
    whole = [task for task in tasks if all((task.name, engine) in found for engine in engines)]
    lines = [
        "| set | rows x inputs, classes | evaluated on | " + " | ".join(engines) + " |",
        "|---" * (3 + len(engines)) + "|",
    ]
    for task in whole:
        cells = [_cell(found[task.name, engine], engine) for engine in engines]
        shape = f"{len(task.inputs)} x {task.inputs.shape[1]}, {task.n_classes}"
        mark = " *" if task.name in outside else ""
        lines.append(f"| {task.name}{mark} | {shape} | {task.kind} | " + " | ".join(cells) + " |")
    lines.append("")
    parts = {
        "all": whole,
        "choosing": [t for t in whole if t.name not in outside],
        "held out": [t for t in whole if t.name in outside],
    }
    for name, part in parts.items():
        if part:
            lines += _summary(f"{name}, {len(part)} sets", part, engines, found)
    return "\n".join(lines)


def _cell(its: list[Run], engine: str) -> str:
    """Error in % with its standard deviation over the runs, log loss, and seconds of the processor."""
    errors = np.array([run.error for run in its])
    loss = "" if engine in _WITHOUT_LOSS else f", {np.mean([run.log_loss for run in its]):.3f}"
    return f"{errors.mean():.2f} ± {errors.std():.2f}{loss}, {np.mean([run.seconds for run in its]):.2f} s"


def _summary(title: str, tasks: list[Task], engines: list[str], found: dict[tuple[str, str], list[Run]]) -> list[str]:
    means = {
        field: np.array([[np.mean([getattr(r, field) for r in found[t.name, e]]) for t in tasks] for e in engines])
        for field in ("error", "log_loss", "seconds")
    }
    ranked = [k for k, engine in enumerate(engines) if engine != BEFORE]
    with_loss = [k for k in ranked if engines[k] not in _WITHOUT_LOSS]
    ranks = dict(zip(ranked, mean_ranks(means["error"][ranked]).mean(axis=1), strict=True))
    loss_ranks = dict(zip(with_loss, mean_ranks(means["log_loss"][with_loss]).mean(axis=1), strict=True))
    lines = [
        f"| {title} | mean error | mean rank | mean log loss | mean rank | CPU s, one run of each | one class only |",
        "|---|---|---|---|---|---|---|",
    ]
    for k, engine in enumerate(engines):
        loss = "" if engine in _WITHOUT_LOSS else f"{means['log_loss'][k].mean():.4f}"
        rank, loss_rank = (f"{found_ranks[k]:.2f}" if k in found_ranks else "" for found_ranks in (ranks, loss_ranks))
        its = [run.one_class for task in tasks for run in found[task.name, engine]]
        lines.append(
            f"| {engine} | {means['error'][k].mean():.2f} | {rank} | {loss} | {loss_rank} "
            f"| {means['seconds'][k].sum():.1f} | {sum(its)} of {len(its)} |"
        )
    lines.append("")
    if {"ann", "sklearn"} <= set(engines):
        lines += [*_beside_sklearn(tasks, engines, means), ""]
    return lines


def _beside_sklearn(tasks: list[Task], engines: list[str], means: dict[str, Array]) -> list[str]:
    own, other = engines.index("ann"), engines.index("sklearn")
    ratios = means["seconds"][own] / np.maximum(means["seconds"][other], 0.001)
    rivals = [k for k, engine in enumerate(engines) if engine.partition(":")[0] in ("sklearn", "fann")]
    behind = means["error"][own] - means["error"][rivals].min(axis=0)
    slow = [f"{tasks[k].name} {ratios[k]:.2f}" for k in np.argsort(-ratios)[:3]]
    worst = [
        f"{tasks[k].name} {behind[k]:.2f}" for k in np.argsort(-behind) if len(tasks[k].inputs) >= 500 and behind[k] > 1
    ]
    difference = means["error"][own] - means["error"][other]
    return [
        f"`ann` less `sklearn`: error {difference.mean():+.2f} ± {difference.std() / np.sqrt(len(tasks)):.2f} (standard error over sets); "
        f"CPU seconds of `ann` over those of `sklearn`: median {np.median(ratios):.2f}, most {', '.join(slow)}. "
        f"Behind the best other network by more than a point, with 500 rows or more: {', '.join(worst) or 'nowhere'}.",
    ]


def mean_ranks(errors: Array) -> Array:
    """(engines, sets): 1 for the lowest error of a set; equal errors share the mean of their ranks."""
    below = (errors[None, :, :] < errors[:, None, :] - 1e-9).sum(axis=1)
    equal = (abs(errors[None, :, :] - errors[:, None, :]) <= 1e-9).sum(axis=1)
    return below + (equal + 1) / 2


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    tasks, runs = list(load_tasks(Path(sys.argv[1]))), read_runs(Path(sys.argv[2]))
    for condition in dict.fromkeys(run.condition for run in runs):
        print(f"### {condition}\n\n{report(tasks, held_out(tasks), ['ann', BEFORE, *ENGINES[1:]], runs, condition)}")


if __name__ == "__main__":
    main()
