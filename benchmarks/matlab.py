"""MATLAB's comparison of its training functions on SIN and PARITY, repeated: epochs, CPU time and failures by algorithm.

    python benchmarks/matlab.py                         # both problems, 30 starts
    python benchmarks/matlab.py --problems parity --trainers trainlm,lbfgs --starts 5

The problems and MATLAB's table are in the Neural Network Toolbox User's Guide R2015b, "Choose a Multilayer Neural Network
Training Function": SIN, one period of a sine, 1-5-1 tansig/purelin, mean squared error 0.002; PARITY, three bits, targets
+-1, 3-10-10-1 tansig, 0.001. The guide does not say how many points SIN has: here 41, evenly from -1 to 1. Weights start
as MATLAB draws them (Nguyen & Widrow). A start that is not at the goal after --limit epochs, or where the trainer gives
up before, is a failure and left out of the times.
"""

from __future__ import annotations

import argparse
import os
import time
from typing import Any, NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np

from anncli.backends.base import Problem as BoundProblem
from anncli.backends.base import Samples
from anncli.backends.choice import choose_backend
from anncli.network.initialization import initialize
from anncli.network.topology import Layer, Topology
from anncli.training.names import canonical_trainer
from anncli.training.objective import Objective
from anncli.training.trainers import make_trainer

Array = Any


class Problem(NamedTuple):
    """A set, a network and a goal, with MATLAB's mean time of each trainer as a multiple of the fastest one's."""

    layers: tuple[Layer, ...]
    goal: float
    published: dict[str, float]


PROBLEMS = {
    "sin": Problem(
        (Layer(5, "tanh"), Layer(1, "linear")),
        0.002,
        {
            "trainlm": 1.00, "trainbfg": 4.58, "trainrp": 4.97, "trainscg": 5.34, "traincgb": 5.80, "traincgf": 6.89,
            "traincgp": 7.23, "trainoss": 8.46, "traingdx": 24.29,
        },
    ),
    "parity": Problem(
        (Layer(10, "tanh"), Layer(10, "tanh"), Layer(1, "tanh")),
        0.001,
        {
            "trainrp": 1.00, "trainscg": 1.10, "traincgp": 1.38, "traincgb": 1.42, "traincgf": 1.77, "trainoss": 2.14,
            "trainlm": 3.50, "trainbfg": 5.28, "traingdx": 7.26,
        },
    ),
}  # fmt: skip


class Outcome(NamedTuple):
    """One start: epochs, CPU seconds of training alone, and whether the goal was reached."""

    epochs: int
    seconds: float
    solved: bool


def data_of(name: str) -> tuple[Array, Array]:
    if name == "sin":
        inputs = np.linspace(-1, 1, 41)[:, None]
        return inputs, np.sin(np.pi * inputs)
    bits = np.array([[(i >> k) & 1 for k in range(3)] for i in range(8)]) * 2.0 - 1
    return bits, np.prod(bits, axis=1, keepdims=True)


def run_once(name: str, trainer_name: str, seed: int, limit: int) -> Outcome:
    problem = PROBLEMS[name]
    inputs, targets = (np.ascontiguousarray(a, dtype=np.float32) for a in data_of(name))
    topology = Topology(inputs.shape[1], problem.layers)
    rows, labels = np.arange(len(inputs), dtype=np.int64), np.zeros(len(inputs), dtype=np.int32)
    bound, samples = BoundProblem(topology, "mse"), Samples(inputs, targets)
    objective = Objective(choose_backend().open(bound, samples), bound, samples, rows, labels)
    rng = np.random.default_rng(seed)
    ends = inputs.min(axis=0), inputs.max(axis=0)
    parameters = initialize(topology, "nguyen-widrow", rng, input_low=ends[0], input_high=ends[1])
    trainer = make_trainer(canonical_trainer(trainer_name), None)
    begin = time.process_time()
    trainer.start(objective, parameters)
    spent = time.process_time() - begin
    finished: str | None = None
    for epoch in range(limit + 1):
        if objective.value(parameters) <= problem.goal:
            return Outcome(epoch, spent, True)
        if finished or epoch == limit:
            return Outcome(epoch, spent, False)
        begin = time.process_time()
        finished = trainer.epoch(objective, parameters, rng, limit).finished
        spent += time.process_time() - begin
    raise AssertionError("the loop returns in its last round")


def mean_time(outcomes: list[Outcome]) -> float:
    return float(np.mean([o.seconds for o in outcomes if o.solved] or [np.inf]))


def report(name: str, found: dict[str, list[Outcome]]) -> str:
    """A markdown table, fastest first."""
    published = PROBLEMS[name].published
    order = sorted(found, key=lambda trainer: mean_time(found[trainer]))
    fastest = mean_time(found[order[0]])
    lines = [
        "| trainer | solved | epochs: median, mean, most | ms: mean | min | max | sd | ratio | MATLAB's ratio |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for trainer in order:
        solved = [o for o in found[trainer] if o.solved]
        epochs, ms = (
            np.array([o.epochs for o in solved] or [np.nan]),
            np.array([1000 * o.seconds for o in solved] or [np.nan]),
        )
        deviation = ms.std(ddof=1) if len(ms) > 1 else 0.0
        theirs = f"{published[trainer]:.2f}" if trainer in published else "-"
        lines.append(
            f"| {trainer} | {len(solved)} of {len(found[trainer])} | {np.median(epochs):.0f}, {epochs.mean():.0f}, "
            f"{epochs.max():.0f} | {ms.mean():.1f} | {ms.min():.1f} | {ms.max():.1f} | {deviation:.1f} | "
            f"{ms.mean() / 1000 / fastest:.2f} | {theirs} |"
        )
    shared = [trainer for trainer in order if trainer in published]
    if len(shared) > 2:
        by_time = correlation([mean_time(found[t]) for t in shared], [published[t] for t in shared])
        lines.append(f"\nSpearman's rank correlation of our mean times and MATLAB's: {by_time:.2f}.")
    return "\n".join(lines)


def correlation(ours: list[float], theirs: list[float]) -> float:
    """Spearman's, of lists without ties."""
    a, b = (np.argsort(np.argsort(values)).astype(float) for values in (ours, theirs))
    return float(np.corrcoef(a, b)[0, 1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", default=",".join(PROBLEMS))
    parser.add_argument("--trainers", default=",".join(PROBLEMS["sin"].published))
    parser.add_argument("--starts", type=int, default=30)
    parser.add_argument("--limit", type=int, default=10_000, help="epochs at most")
    given = parser.parse_args()
    for name in given.problems.split(","):
        trainers = given.trainers.split(",")
        found: dict[str, list[Outcome]] = {trainer: [] for trainer in trainers}
        run_once(name, "irprop+", 0, 10)  # the first run of a process pays for imports
        for seed in range(given.starts):
            for trainer in trainers:
                found[trainer].append(run_once(name, trainer, seed, given.limit))
        print(f"{name.upper()}, {given.starts} starts, kernel {choose_backend().name}\n\n{report(name, found)}\n")


if __name__ == "__main__":
    main()
