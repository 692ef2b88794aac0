"""Forecasts of three series against the last value and a linear autoregression, on the last fifth of their rows, and in folds.

    python benchmarks/forecasts.py FOLDER [--seeds 5] [--write]      the recipes, on rows that chose nothing
    python benchmarks/forecasts.py FOLDER --choose [--write]         how the recipes were chosen: four folds in the order of time, within the
                                                                     first four fifths of the rows
    python benchmarks/forecasts.py FOLDER --rolling [--write]        the recipes in five folds in the order of time, over all rows

FOLDER has monthly-sunspots.csv.gz, daily-min-temperatures.csv.gz and pollution.csv.gz, as github.com/jbrownlee/Datasets has them. Each line is one
command `ann train ... --json` or `ann cv ... --json`; --write puts the table into benchmarks/forecasts.md.
"""

from __future__ import annotations

import argparse
import datetime
import gzip
import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pages import put

HORIZON = 6
HORIZONS = (HORIZON, 12, 24)


class Series(NamedTuple):
    """The file, the options that say what its columns are, the window that --choose has chosen, and those it looked at."""

    file: str
    options: tuple[str, ...]
    window: int
    windows: tuple[int, ...]


SERIES = {
    "sunspots": Series("monthly-sunspots.csv.gz", ("--order", "Month"), 72, (24, 48, 72, 96)),
    "temperature": Series("daily-min-temperatures.csv.gz", ("--order", "Date"), 60, (24, 60, 90)),
    "pollution": Series("pollution.csv.gz", ("--order", "No", "--label", "pm2.5", "--missing", "median"), 24, (24,)),
}
RECIPES = {"one network": (), "five networks": ("--ensemble", "5")}


def compared(table: Path, series: Series, window: int, more: tuple[str, ...], seed: int | None) -> dict[str, Any]:
    """What `ann train` with a seed says about the last fifth, or `ann cv` about its folds."""
    with tempfile.TemporaryDirectory() as folder:
        if seed is None:
            return asked_of("cv", table, series, window, HORIZON, (*more, "--folds", "4"))
        own = ("--test", "0.2", "--seed", str(seed), "-o", f"{folder}/network.nn")
        return asked_of("train", table, series, window, HORIZON, (*more, *own))


def asked_of(
    command: str, table: Path, series: Series, window: int, horizon: int, more: tuple[str, ...]
) -> dict[str, Any]:
    """The key `forecast` of what a command prints as JSON."""
    words = [command, str(table), "--window", str(window), "--horizon", str(horizon), *series.options, *more]
    done = subprocess.run(
        [sys.executable, "-m", "anncli", *words, "--json", "-q"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)["forecast"]
    return found


def line(name: str, window: int | str, recipe: str, seed: str, found: dict[str, Any]) -> str:
    """A row of a table."""
    (label,) = found["labels"]
    errors = [f"{one['rmse']:.4g} / {one['mae']:.4g}" for one in label["predictors"]]
    leads = [
        f"{'**' if lead['value'] > 0 and lead['is_clear'] else ''}{lead['value']:+.3g}"
        f"{'**' if lead['value'] > 0 and lead['is_clear'] else ''} ({lead['interval'][0]:.2g} to {lead['interval'][1]:.2g})"
        for lead in label["leads"]
    ]
    return f"| {name} | {window} | {recipe} | {seed} | {' | '.join([*errors, *leads])} |"


HEAD = """| series | window | recipe | seed | network | last value | autoregression | better than last value, RMSE | MAE | better than autoregression, RMSE | MAE |
|---|---:|---|---:|---|---|---|---|---|---|---|"""


def first_part(path: Path, folder: Path) -> Path:
    """The first four fifths of the rows, in a file of their own."""
    rows = [row for row in gzip.decompress(path.read_bytes()).decode().splitlines() if row]
    found = folder / path.name.removesuffix(".gz")
    found.write_text("\n".join(rows[: 1 + (len(rows) - 1) * 4 // 5]) + "\n")
    return found


def lines(folder: Path, seeds: int, chooses: bool) -> Iterator[str]:
    yield from HEAD.splitlines()
    with tempfile.TemporaryDirectory() as own:
        for name, series in SERIES.items():
            path = folder / series.file
            table = first_part(path, Path(own)) if chooses else path
            for window in series.windows if chooses else (series.window,):
                for recipe, more in RECIPES.items():
                    for seed in [None] if chooses else range(seeds):
                        found = compared(table, series, window, more, seed)
                        yield line(name, window, recipe, "cv" if seed is None else str(seed), found)


def rolling(folder: Path, seeds: int) -> Iterator[str]:
    """Five networks in five folds: all folds together, and the last one, whose rows chose nothing."""
    yield from HEAD.replace("window | recipe", "horizon | windows").splitlines()
    for name, series in SERIES.items():
        for horizon in HORIZONS:
            for seed in range(seeds if horizon == HORIZON else 1):
                more = (*RECIPES["five networks"], "--folds", "5", "--seed", str(seed))
                found = asked_of("cv", folder / series.file, series, series.window, horizon, more)
                for which, errors in (("all five folds", found), ("the last fold", found["folds"][-1])):
                    yield line(name, str(horizon), f"{which}, {errors['windows']:,}", str(seed), errors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--choose", action="store_true")
    which.add_argument("--rolling", action="store_true")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    found = []
    rows = rolling(asked.folder, asked.seeds) if asked.rolling else lines(asked.folder, asked.seeds, asked.choose)
    for text in rows:
        print(text, flush=True)
        found.append(text)
    today = datetime.date.today()
    found += [
        "",
        f"RMSE / MAE in units of the series; {today}, {platform.machine()}, one thread, Python {platform.python_version()}.",
    ]
    if asked.write:
        mark = "choice" if asked.choose else "rolling" if asked.rolling else "table"
        put(__file__, mark, "\n".join(found) + "\n")


if __name__ == "__main__":
    main()
