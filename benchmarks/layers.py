"""Training steps of layers of all kinds, beside the same networks in torch, in one run: CPU time with one thread, Adam.

    python benchmarks/layers.py [--write]      # needs torch; puts the table into benchmarks/layers.md

Both programs train on the same samples in turn, several rounds each; the best round of each counts. ANN_KERNEL_VARIANT restricts
the instruction sets of ann to one; else every one of this machine is measured. torch uses the best it has. With --threads the
wall time of one and two threads of ann is measured instead, which needs a machine without other work.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from pages import processor, put
from torch import nn

from anncli.arrays import Rows, Tokens
from anncli.backends.base import Problem, Samples
from anncli.backends.native import NativeBackend
from anncli.backends.rules import UpdateRule, UpdateState
from anncli.compiled import _native
from anncli.network.layers.base import Shape
from anncli.network.layers.communicate import Communicate
from anncli.network.topology import Topology

_AGENTS, _IDENTITIES, _WIDTH = 5, 500, 64


class Task(NamedTuple):
    """A network of ann, and the same of torch, on n samples of numbers or tokens."""

    name: str
    inputs: Shape
    layers: list[Any]
    twin: Callable[[], nn.Module] | None
    batches: tuple[int, ...]
    n: int = 512


class Bilinear(nn.Module):
    """Vectors of N components, by einsum, as a user of torch writes it."""

    def __init__(self, below: int, units: int, tensor: np.ndarray[Any, Any]) -> None:
        super().__init__()
        n = len(tensor)
        self.weights = nn.Parameter(torch.randn(units, below, n) * 0.05)
        self.biases = nn.Parameter(torch.zeros(units, n))
        self.register_buffer("tensor", torch.tensor(tensor, dtype=torch.float32))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.reshape(len(x), self.weights.shape[1], -1)
        z = torch.einsum("kij,qpi,npj->nqk", self.tensor, self.weights, x) + self.biases
        return torch.tanh(z).reshape(len(x), -1)


class CommNet(nn.Module):
    """The network of the lever game: groups of agents, each known by a number."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Embedding(_IDENTITIES, _WIDTH)
        self.first, self.between = nn.Linear(2 * _WIDTH, _WIDTH), nn.Linear(_WIDTH, _WIDTH)
        self.second, self.after = nn.Linear(3 * _WIDTH, _WIDTH), nn.Linear(_WIDTH, _WIDTH)
        self.outputs = nn.Linear(_WIDTH, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        def others(h: torch.Tensor) -> torch.Tensor:
            return (h.sum(1, keepdim=True) - h) / (_AGENTS - 1)

        start = self.encoder(x)
        h = torch.relu(self.first(torch.cat([start, others(start)], -1)))
        h = torch.relu(self.between(h))
        h = torch.relu(self.second(torch.cat([h, others(h), start], -1)))
        return self.outputs(torch.relu(self.after(h))).reshape(-1, 5)


def lenet() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10),
    )  # fmt: skip


def larger() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(9216, 128),
        nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip


def bilinear() -> nn.Module:
    tensor = Topology(14, ["2x7 tanh circular", "1 linear"]).layers[0].structure.tensor()  # type: ignore[attr-defined]
    return nn.Sequential(Bilinear(32, 32, tensor), Bilinear(32, 32, tensor), nn.Linear(224, 10))


def dense() -> nn.Module:
    return nn.Sequential(nn.Linear(224, 224), nn.Tanh(), nn.Linear(224, 224), nn.Tanh(), nn.Linear(224, 10))


_PICTURE, _VECTORS = Shape(784, 1, (28, 28, 1)), Shape(224, 1, (32, 7, 1))
TASKS = [
    Task(
        "LeNet-5, 61,706 weights", _PICTURE,
        ["6 tanh convolution 5x5", "mean-pool 2x2", "16 tanh convolution 5x5 valid", "mean-pool 2x2", "120 tanh", "84 tanh", "10 softmax"],
        lenet, (1, 32, 64),
    ),
    Task(
        "32 and 64 filters 3x3, 1,199,882 weights", _PICTURE,
        ["32 relu convolution 3x3 valid", "64 relu convolution 3x3 valid", "max-pool 2x2", "128 relu", "10 softmax"],
        larger, (1, 32, 64), 64,
    ),
    Task("bilinear 32x7-32x7-32x7-10, circular", _VECTORS, ["32x7 tanh circular", "32x7 tanh circular", "10 softmax"], bilinear, (32,)),
    Task("dense 224-224-224-10", _VECTORS, ["224 tanh", "224 tanh", "10 softmax"], dense, (32,)),
    Task(
        "CommNet, groups of 5 agents", Shape(_IDENTITIES, None, None, True),
        ["64 embedding", "64 relu communicate", "64 relu", Communicate(64, "relu", 1), "64 relu", "5 softmax"],
        CommNet, (64,), 2048,
    ),
]  # fmt: skip


def samples_of(task: Task) -> tuple[Samples, torch.Tensor, torch.Tensor]:
    """Random samples for ann, and the same inputs and classes for torch."""
    rng = np.random.default_rng(0)
    if task.inputs.tokens:
        indices = rng.integers(0, _IDENTITIES, task.n * _AGENTS)
        classes = rng.integers(0, 5, len(indices))
        starts = np.arange(task.n + 1) * _AGENTS
        targets = Rows(np.eye(5, dtype=np.float32)[classes], starts)
        tokens = Tokens(indices, np.ones(len(indices), np.float32), starts, _IDENTITIES)
        return (
            Samples(tokens, targets),
            torch.tensor(indices.reshape(-1, _AGENTS)),
            torch.tensor(classes.reshape(-1, _AGENTS)),
        )
    values = rng.normal(size=(task.n, task.inputs.columns)).astype(np.float32)
    classes = rng.integers(0, 10, task.n)
    shape = (-1, 1, 28, 28) if task.inputs is _PICTURE else values.shape
    return (
        Samples(values, np.eye(10, dtype=np.float32)[classes]),
        torch.tensor(values).reshape(shape),
        torch.tensor(classes),
    )


def step_of_ann(task: Task, samples: Samples, batch: int, variant: str, threads: int = 1) -> Callable[[], None]:
    return sweep_of_ann(Topology(task.inputs, task.layers), 0.05, samples, task.n, batch, variant, threads)


def sweep_of_ann(
    topology: Topology, spread: float, samples: Samples, n: int, batch: int, variant: str, threads: int
) -> Callable[[], None]:
    """One pass over the first n samples; spread: the standard deviation of the weights that it starts from."""
    weights = np.random.default_rng(1).normal(0, spread, topology.n_parameters).astype(np.float32)
    backend, problem = NativeBackend(threads, variant), Problem(topology, "cross-entropy")
    refusal = backend.refusal(problem)
    assert refusal is None, refusal
    session, rule = backend.open(problem, samples), UpdateRule("adam", 1e-3)
    state, order = UpdateState.start(rule, weights), np.arange(n, dtype=np.int32)

    def run() -> None:
        session.sweep(weights, rule, state, order, batch)

    return run


def step_of_torch(task: Task, inputs: torch.Tensor, classes: torch.Tensor, batch: int) -> Callable[[], None]:
    assert task.twin is not None
    model = task.twin()
    optimizer, loss = torch.optim.Adam(model.parameters()), nn.CrossEntropyLoss()

    def run() -> None:
        for start in range(0, task.n, batch):
            optimizer.zero_grad()
            loss(model(inputs[start : start + batch]), classes[start : start + batch].reshape(-1)).backward()
            optimizer.step()

    return run


def seconds(run: Callable[[], None], clock: Callable[[], float]) -> float:
    begin = clock()
    run()
    return clock() - begin


def least_times(runs: dict[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """The least CPU time of each, one after the other in every round; a round before them does not count."""
    times = dict.fromkeys(runs, float("inf"))
    for number in range(rounds + 1):
        for name, run in runs.items():
            spent = seconds(run, time.process_time)
            times[name] = min(times[name], spent) if number else times[name]
    return times


def rates(task: Task, batch: int, rounds: int, variants: list[str]) -> dict[str, float]:
    """Samples a second of CPU time, by program."""
    samples, inputs, classes = samples_of(task)
    runs = {variant: step_of_ann(task, samples, batch, variant) for variant in variants}
    runs["torch"] = step_of_torch(task, inputs, classes, batch)
    return {name: task.n / spent for name, spent in least_times(runs, rounds).items()}


def rows(rounds: int, variants: list[str]) -> Iterator[str]:
    yield "| network | batch | " + " | ".join(f"ann {name} | of torch" for name in variants) + " | torch |\n"
    yield "|---|---:|" + "---:|---:|" * len(variants) + "---:|\n"
    for task in TASKS:
        for batch in task.batches:
            found = rates(task, batch, rounds, variants)
            ours = " | ".join(f"{found[name]:,.0f} | {found[name] / found['torch']:.2f}" for name in variants)
            yield f"| {task.name} | {batch} | {ours} | {found['torch']:,.0f} |\n"


def thread_rows(rounds: int, variant: str) -> Iterator[str]:
    yield "| network | batch | one thread, samples/s | two threads, samples/s | gain |\n|---|---:|---:|---:|---:|\n"
    for task in TASKS:
        samples = samples_of(task)[0]
        for batch in (b for b in task.batches if b > 1):
            runs = [step_of_ann(task, samples, batch, variant, threads) for threads in (1, 2)]
            times = [[seconds(run, time.perf_counter) for run in runs] for _ in range(rounds)]
            alone, both = (task.n / min(column) for column in zip(*times, strict=True))
            yield f"| {task.name} | {batch} | {alone:,.0f} | {both:,.0f} | {both / alone:.2f} |\n"


def main() -> None:
    arguments = options().parse_args()
    torch.set_num_threads(1)
    variants = measured_variants()
    made = thread_rows(arguments.rounds, variants[0]) if arguments.threads else rows(arguments.rounds, variants)
    show(__file__, made, arguments.write)


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", action="store_true")
    parser.add_argument("--write", action="store_true")
    return parser


def measured_variants() -> list[str]:
    wanted = os.environ.get("ANN_KERNEL_VARIANT")
    return [wanted] if wanted else [name for name in _native.variants() if name != "baseline"] or ["baseline"]


def show(script: str, table: Iterator[str], writes: bool) -> None:
    """Prints the lines of a table, each when it is measured; writes: puts them into the page of the script too."""
    lines = []
    for line in table:
        print(line, end="", flush=True)
        lines.append(line)
    if writes:
        stamp = f"{date.today()}, torch {torch.__version__.split('+')[0]}, {processor()}"
        put(script, "table", f"\n{stamp}\n\n{''.join(lines)}\n")


if __name__ == "__main__":
    main()
