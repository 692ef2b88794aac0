"""Campaign: how often the intervals of metrics hold the true value.

    python tests/campaigns/interval_coverage.py [--samples 1000] [--draws 1000] [--write]

draws samples of rows from known distributions, gives each the intervals of 95 % of all its metrics, and counts those that hold the
value of the distribution, which that of a million rows stands for. Some ten minutes. --write puts the table into
docs/evaluation.md. Exit code 1 where a metric is farther from 93 to 97 % than two standard errors of the simulation.
`test_interval_coverage.py` runs a small part.
"""

from __future__ import annotations

import argparse
import datetime
import math
import os
import platform
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

# The products of a sample are too small for several threads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from guide import put

import anncli
from anncli.evaluation import resampling
from anncli.evaluation.evaluation import evaluate_outputs, with_intervals
from anncli.evaluation.interval import Confidence
from anncli.evaluation.multilabel import evaluate_labels
from anncli.evaluation.prevalence import at_prevalence
from anncli.evaluation.regression import evaluate_numbers

GUIDE = Path(__file__).parents[2] / "docs" / "evaluation.md"
LOWEST, HIGHEST = 0.93, 0.97
N_TRUE = 1_000_000

Array = Any
Sample = tuple[Array, Array, Array | None]


class Setting(NamedTuple):
    """One distribution. draw: outputs, labels or targets, and weights of n rows; evaluate: of such a sample, with intervals or None."""

    name: str
    n: int
    draw: Callable[[int, np.random.Generator], Sample]
    evaluate: Callable[[Sample, Confidence | None], Any]


def two_classes(share: float, shift: float, weighted: bool = False) -> Callable[[int, np.random.Generator], Sample]:
    """Normal scores that are `shift` apart; the logistic function makes probabilities of them that are a little too sure."""

    def draw(n: int, rng: np.random.Generator) -> Sample:
        positive = rng.random(n) < share
        z = 1.3 * shift * (rng.normal(size=n) + shift * (positive - 0.5)) + np.log(share / (1 - share))
        outputs = (1 / (1 + np.exp(-z)))[:, None]
        return outputs, np.where(positive, 0, 1), rng.uniform(0.5, 2, n) if weighted else None

    return draw


def several_classes(
    n_classes: int, shift: float, weighted: bool = False
) -> Callable[[int, np.random.Generator], Sample]:
    """Normal logits, that of the class `shift` higher."""

    def draw(n: int, rng: np.random.Generator) -> Sample:
        labels = rng.integers(0, n_classes, n)
        logits = rng.normal(size=(n, n_classes)) + shift * np.eye(n_classes)[labels]
        outputs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        return outputs, labels, rng.uniform(0.5, 2, n) if weighted else None

    return draw


def labels(n: int, rng: np.random.Generator) -> Sample:
    """Three labels that go together."""
    shared = rng.normal(size=(n, 1))
    z = 1.5 * (shared + rng.normal(size=(n, 3)) + [-0.5, 0.0, 0.5])
    p = 1 / (1 + np.exp(-z))
    return p, (rng.random((n, 3)) < p).astype(float), None


def numbers(n: int, rng: np.random.Generator) -> Sample:
    """Two targets; the errors of the second have heavier tails."""
    targets = rng.normal(size=(n, 2))
    return targets + 0.5 * np.stack([rng.normal(size=n), rng.standard_t(8, size=n)], axis=1), targets, None


def of_classes(sample: Sample, confidence: Confidence | None) -> Any:
    outputs, wanted, weights = sample
    options: dict[str, Any] = {"targets": (1.0, 0.0), "weights": weights}
    return with_intervals(evaluate_outputs(outputs, wanted, **options), outputs, wanted, confidence, **options)


def of_labels(sample: Sample, confidence: Confidence | None) -> Any:
    return with_intervals(evaluate_labels(*sample[:2]), *sample[:2], confidence)


def of_numbers(sample: Sample, confidence: Confidence | None) -> Any:
    return with_intervals(evaluate_numbers(*sample[:2]), *sample[:2], confidence)


SETTINGS = (
    Setting("two classes", 60, two_classes(0.5, 1.5), of_classes),
    Setting("two classes", 150, two_classes(0.3, 1.5), of_classes),
    Setting("two classes", 1000, two_classes(0.1, 1.5), of_classes),
    Setting("two classes, weighted", 150, two_classes(0.4, 1.5, weighted=True), of_classes),
    Setting("four classes", 150, several_classes(4, 1.5), of_classes),
    Setting("seven classes, weighted", 300, several_classes(7, 2.0, weighted=True), of_classes),
    Setting("three labels", 150, labels, of_labels),
    Setting("two numbers", 100, numbers, of_numbers),
    Setting("two numbers", 400, numbers, of_numbers),
)


def values_of(evaluation: Any) -> dict[str, float]:
    """Every metric by the key that its interval has."""
    found = {name: value for name, value in evaluation._asdict().items() if isinstance(value, float)}
    if hasattr(evaluation, "matrix"):
        for field in ("recall", "precision", "f1"):
            found |= {f"{field} of {c}": v for c, v in zip(evaluation.classes, getattr(evaluation, field), strict=True)}
    for entry in (*getattr(evaluation, "labels", ()), *getattr(evaluation, "targets", ())):
        found |= {f"{name} of {entry.name}": value for name, value in entry._asdict().items()}
    return found


def campaign(samples: int, settings: tuple[Setting, ...] = SETTINGS) -> Iterator[tuple[Setting, dict[str, float]]]:
    """Of each setting and metric the fraction of the samples whose interval holds the true value. Metrics of single classes, labels
    and targets are counted together."""
    for k, setting in enumerate(settings):
        rng = np.random.default_rng((2026, k))
        truth = setting.evaluate(setting.draw(N_TRUE, rng), None)
        true, inside, counts = values_of(truth), Counter[str](), Counter[str]()
        for number in range(samples):
            found = setting.evaluate(setting.draw(setting.n, rng), Confidence(0.95, number))
            intervals, values = dict(found.intervals), dict(true)
            if hasattr(found, "tp"):
                there, wanted = at_prevalence(found, 0.02), at_prevalence(truth, 0.02)
                intervals |= {"ppv at 2 %": there.ppv_interval, "npv at 2 %": there.npv_interval}
                values |= {"ppv at 2 %": wanted.ppv, "npv at 2 %": wanted.npv}
            for name, interval in intervals.items():
                metric = name.partition(" of ")[0] + (" of one" if " of " in name else "")
                counts[metric] += 1
                inside[metric] += interval.low <= values[name] <= interval.high
        yield setting, {name: inside[name] / counts[name] for name in counts}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    resampling.DRAWS = arguments.draws
    margin, failed, outside = 2 * math.sqrt(0.95 * 0.05 / arguments.samples), 0, 0
    lines = ["| setting | rows | intervals that hold the true value, % |", "|---|---|---|"]
    for setting, found in campaign(arguments.samples):
        shown = []
        for name, share in found.items():
            outside += not LOWEST <= share <= HIGHEST
            failed += not LOWEST - margin <= share <= HIGHEST + margin
            mark = "" if LOWEST <= share <= HIGHEST else "**"
            shown.append(f"{name} {mark}{100 * share:.1f}{mark}")
        lines.append(f"| {setting.name} | {setting.n} | {', '.join(shown)} |")
        print(lines[-1], flush=True)
    when = datetime.date.today().isoformat()
    note = f"{arguments.samples} samples each, {when}, {platform.machine()}, numpy {np.__version__}, anncli {anncli.__version__}."
    print(note, f"{outside} outside of 93 to 97 %, {failed} by more than two standard errors of the simulation")
    if arguments.write:
        put("coverage", "\n".join(lines) + f"\n\n{note}\n", GUIDE)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
