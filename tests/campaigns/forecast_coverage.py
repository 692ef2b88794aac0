"""Campaign: how often the interval of a forecast's lead over a simple one holds the true lead.

    python tests/campaigns/forecast_coverage.py [--samples 500] [--draws 500] [--write]

draws series from autoregressive processes, predicts them by their true factors and by simple rules, and counts the intervals of 95 % that
hold the true differences of RMSE and MAE, which those of a series of a million rows stand for. Some minutes. --write puts the
table into docs/forecast.md. Exit code 1 where a setting with at least 30 blocks is farther below 85 % than two standard errors of the
simulation. `test_forecast_coverage.py` runs a small part.
"""

from __future__ import annotations

import argparse
import datetime
import math
import os
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

# The products of a sample are too small for several threads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from guide import put

import anncli
from anncli.evaluation import forecast_errors as module
from anncli.evaluation.forecast_errors import METRICS, forecast_errors

GUIDE = Path(__file__).parents[2] / "docs" / "forecast.md"
N_TRUE = 1_000_000
# Set after the first results: what the ranges reach, below the 95 % that they name. Strong bursts are shown and not judged.
LEAST, FEWEST_BLOCKS = 0.85, 30
STRONG, BURSTS = 0.25, "strong bursts"

Array = Any


class Setting(NamedTuple):
    """A process, windows and horizon. draw: n values in order of time."""

    name: str
    n: int
    horizon: int
    factor: float
    draw: Callable[[int, np.random.Generator], Array]


class Found(NamedTuple):
    """How many intervals of each kind hold the true value, and the mean number of blocks."""

    shares: dict[str, float]
    blocks: float


def filtered(noise: Array, factor: float) -> Array:
    """values[k] = factor * values[k - 1] + noise[k], in blocks that begin with a long run-in."""
    span = math.ceil(math.log(1e-12) / math.log(factor))
    weights = factor ** np.arange(span)
    size = 1 << (len(noise) + span).bit_length()
    found = np.fft.irfft(np.fft.rfft(noise, size) * np.fft.rfft(weights, size), size)
    return found[: len(noise)]


def autoregressive(factor: float) -> Callable[[int, np.random.Generator], Array]:
    return lambda n, rng: filtered(rng.normal(size=n + 500), factor)[500:]


def bursts(factor: float) -> Callable[[int, np.random.Generator], Array]:
    """Noise whose restless times are several times as loud as its quiet ones."""
    return restless(factor, STRONG)


def restless(factor: float, strength: float = 0.12) -> Callable[[int, np.random.Generator], Array]:
    """The same with noise that has quiet and restless times, which last some 20 rows; strength: how much they differ."""

    def draw(n: int, rng: np.random.Generator) -> Array:
        level = np.exp(strength * filtered(rng.normal(size=n + 500), 0.95))
        return filtered(level * rng.normal(size=n + 500), factor)[500:]

    return draw


SETTINGS = tuple(
    Setting(f"{name}, factor {factor}", n, horizon, factor, kind(factor))
    for name, kind in (("even noise", autoregressive), ("restless noise", restless), (BURSTS, bursts))
    for factor, horizon in ((0.9, 6), (0.6, 1))
    for n in (200, 600, 3000)
)


def predicted(values: Array, setting: Setting) -> tuple[Array, dict[str, Array]]:
    """Targets (n, horizon) and what each rule predicts."""
    steps = np.arange(1, setting.horizon + 1)
    last = values[: len(values) - setting.horizon, None]
    targets = np.stack([values[step : len(values) - setting.horizon + step] for step in steps], axis=1)
    return targets, {
        "network": last * setting.factor**steps,
        "last value": np.repeat(last, setting.horizon, axis=1),
        "linear": last * (0.85 * setting.factor) ** steps,
    }


def leads(values: Array, setting: Setting, seed: int) -> tuple[dict[str, Any], float]:
    targets, rules = predicted(values, setting)
    found = forecast_errors(targets, rules, np.arange(len(targets)), ("y",), seed=seed)
    return {f"{lead.name}, {lead.metric}": lead for lead in found.labels[0].leads}, found.n_times / found.block


def true_leads(setting: Setting) -> dict[str, float]:
    targets, rules = predicted(setting.draw(N_TRUE, np.random.default_rng(99)), setting)
    errors = {name: own - targets for name, own in rules.items()}
    metrics = {
        name: {"rmse": np.sqrt((e**2).mean(axis=0)).mean(), "mae": np.abs(e).mean(axis=0).mean()}
        for name, e in errors.items()
    }
    return {
        f"{name}, {metric}": float(metrics[name][metric] - metrics["network"][metric])
        for name in list(rules)[1:]
        for metric in METRICS
    }


def campaign(n_samples: int, settings: Sequence[Setting] = SETTINGS) -> Iterator[tuple[Setting, Found]]:
    for setting in settings:
        truth, blocks = true_leads(setting), 0.0
        inside = dict.fromkeys(truth, 0)
        for sample in range(n_samples):
            values = setting.draw(setting.n + setting.horizon, np.random.default_rng((7, sample)))
            found, n_blocks = leads(values, setting, sample)
            blocks += n_blocks / n_samples
            for name, lead in found.items():
                inside[name] += lead.interval is not None and lead.interval[0] <= truth[name] <= lead.interval[1]
        yield setting, Found({name: count / n_samples for name, count in inside.items()}, blocks)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    module.DRAWS = arguments.draws
    margin, failed = 2 * math.sqrt(0.95 * 0.05 / arguments.samples), 0
    lines: list[str] = []
    for setting, found in campaign(arguments.samples):
        if not lines:
            lines = [
                f"| series | horizon | windows | blocks | {' | '.join(found.shares)} |",
                "|---|---:|---:|---:" + "|---:" * len(found.shares) + "|",
            ]
        if found.blocks >= FEWEST_BLOCKS and not setting.name.startswith(BURSTS):
            failed += sum(share < LEAST - margin for share in found.shares.values())
        shown = " | ".join(f"{100 * share:.1f}" for share in found.shares.values())
        lines.append(f"| {setting.name} | {setting.horizon} | {setting.n} | {found.blocks:.0f} | {shown} |")
        print(lines[-1], flush=True)
    when = datetime.date.today().isoformat()
    note = f"{arguments.samples} series each, {arguments.draws} draws of blocks, {when}, {platform.machine()}, numpy {np.__version__}, anncli {anncli.__version__}."
    print(note, f"{failed} below {100 * LEAST:g} % by more than two standard errors of the simulation")
    if arguments.write:
        put("coverage", "\n".join(lines) + f"\n\n{note}\n", GUIDE)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
